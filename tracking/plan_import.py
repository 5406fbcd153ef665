"""The plan's columns of the inventory's list, as a part of the import."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from procedures.bulk_import.drafts import Draft
from procedures.bulk_import.lookups import Lookups
from procedures.bulk_import.parts import Part, blank, json_value, set_changes
from procedures.models import ApplicationService, Procedure
from procedures.records import UNSAVED, Origin
from procedures.spreadsheet.cell import CLEAR

from .actions.plans import check_requirements
from .models import MigrationPlan
from .workflow import Status

ONLINE_BEFORE_IMPORT = "一覧表の取込の前から公開されているため"


class PlanPart(Part):
    """オンライン化計画: status, dates, service, address, who."""

    key = "plan"
    model = MigrationPlan
    following = frozenset({"hold_reason", "checklist_exception"})
    is_inventory = False
    _COPIED = ("status", "target_date", "launched_on", "url", "national_due", "assignee")
    _FIELDS = (*_COPIED, "service_id", "hold_reason", "checklist_exception")
    # The column at which a requirement's sentence is shown.
    _COLUMNS = {"hold_reason": "note", "checklist_exception": "status"}

    def load(self, procedures: Sequence[Procedure]) -> None:
        self._services = {service.pk: service for service in ApplicationService.objects.all()}
        super().load(procedures)

    def take(self, rows: Iterable[MigrationPlan]) -> None:
        self._plans = {plan.procedure_id: plan for plan in rows}

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        stored = (self._of(procedure) or _NEW_PLAN).__dict__
        return {name: json_value(MigrationPlan, name, stored[name]) for name in self._FIELDS}

    def version_beside(self, procedure: Procedure) -> int:
        plan = self._of(procedure)
        return plan.version if plan else UNSAVED

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        values = draft.values
        wanted: dict[str, Any] = {
            name: json_value(MigrationPlan, name, values[name])
            for name in self._COPIED
            if name in values
        }
        if values.get("service") is CLEAR:
            wanted["service_id"] = None
        elif "service" in values:
            service = lookups.service(draft)
            if service:
                wanted["service_id"] = service.pk
        return wanted

    def completed(
        self, draft: Draft, changes: dict[str, list[Any]], *, confirms: bool
    ) -> dict[str, list[Any]]:
        """What the list has no column for and a state requires: 備考 says why a row is on hold."""
        status = changes.get("status", (None, None))[1]
        stored = self.state(draft.procedure) if status else {}
        if status == Status.ON_HOLD and not stored["hold_reason"]:
            note = draft.values.get("note")
            if isinstance(note, str):
                return changes | {"hold_reason": ["", note]}
        if status == Status.ONLINE and not stored["checklist_exception"]:
            return changes | {"checklist_exception": ["", ONLINE_BEFORE_IMPORT]}
        return changes

    def check(self, draft: Draft, obj: models.Model, origin: Origin) -> None:
        try:
            check_requirements(obj, draft.facts, on=timezone.localdate(origin.at))
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                for sentence in sentences:
                    draft.reject(self._COLUMNS.get(name, name), sentence)

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin
    ) -> Iterable[MigrationPlan]:
        plan = self._of(procedure)
        if plan is None:
            plan = blank(MigrationPlan)
            plan.procedure, plan.version = procedure, UNSAVED
        set_changes(plan, changes)
        plan.service = self._services.get(plan.service_id)
        return [plan]

    def _of(self, procedure: Procedure | None) -> MigrationPlan | None:
        return self._plans.get(procedure.id) if procedure and procedure.id else None


_NEW_PLAN = MigrationPlan()
