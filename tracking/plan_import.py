"""The plan's columns of the inventory's list, as a part of the import."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from procedures.bulk_import.drafts import Draft
from procedures.bulk_import.lookups import Lookups
from procedures.bulk_import.parts import Part, json_value, set_json, stored_rows
from procedures.models import Procedure
from procedures.records import UNSAVED, Origin
from procedures.spreadsheet.cell import CLEAR

from .actions import check_requirements
from .models import MigrationPlan
from .workflow import Status

ONLINE_BEFORE_IMPORT = "一覧表の取込の前から公開されているため"


class PlanPart(Part):
    """オンライン化計画: status, dates, service, address, who."""

    key = "plan"
    model = MigrationPlan
    is_inventory = False
    _COPIED = ("status", "target_date", "launched_on", "url", "national_due", "assignee")
    _FIELDS = (*_COPIED, "service_id", "hold_reason", "checklist_exception")
    # The column at which a requirement's sentence is shown.
    _COLUMNS = {"hold_reason": "note", "checklist_exception": "status"}

    def load(self, procedures: Sequence[Procedure]) -> None:
        rows = stored_rows(MigrationPlan, procedures)
        self._plans = {plan.procedure_id: plan for plan in rows}
        self._services: dict[int, Any] = {}

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        plan = self._of(procedure) or MigrationPlan()
        return {name: json_value(MigrationPlan, name, getattr(plan, name)) for name in self._FIELDS}

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            name: json_value(MigrationPlan, name, draft.values[name])
            for name in self._COPIED
            if name in draft.values
        }
        if draft.values.get("service") is CLEAR:
            wanted["service_id"] = None
        elif "service" in draft.values:
            service = lookups.service(draft)
            if service:
                self._services[service.pk] = service
                wanted["service_id"] = service.pk
        return wanted | self._reasons(draft, wanted.get("status"))

    def _reasons(self, draft: Draft, status: str | None) -> dict[str, Any]:
        """What the list has no column for and a state requires: 備考 says why a row is on hold."""
        stored = self.state(draft.procedure)
        if status == stored["status"]:
            return {}
        if status == Status.ON_HOLD and not stored["hold_reason"]:
            note = draft.values.get("note")
            return {"hold_reason": note} if isinstance(note, str) else {}
        if status == Status.ONLINE and not stored["checklist_exception"]:
            return {"checklist_exception": ONLINE_BEFORE_IMPORT}
        return {}

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
        plan = self._of(procedure) or MigrationPlan(procedure=procedure, version=UNSAVED)
        for name, (_, value) in changes.items():
            set_json(plan, name, value)
        if plan.service_id in self._services:
            plan.service = self._services[plan.service_id]
        return [plan]

    def _of(self, procedure: Procedure | None) -> MigrationPlan | None:
        return self._plans.get(procedure.pk) if procedure and procedure.pk else None
