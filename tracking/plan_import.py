"""The plan's columns of the inventory's list, as a part of the import."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from procedures.bulk_import.drafts import Draft
from procedures.bulk_import.lookups import Lookups
from procedures.bulk_import.parts import Part, blank, json_value, set_changes
from procedures.models import FLAG_FIELDS, ApplicationService, Procedure
from procedures.records import UNSAVED, Origin
from procedures.rules import Facts, Service, advise_service
from procedures.spreadsheet.cell import CLEAR

from .actions.plans import check_requirements, check_service, plan_facts
from .consultations import agreed_pairs
from .models import MigrationPlan
from .services import facts_for_service
from .workflow import Requirement, Status, unmet

ONLINE_BEFORE_IMPORT = "一覧表の取込の前から公開されているため"


class PlanPart(Part):
    """オンライン化計画: status, dates, service, address, who."""

    key = "plan"
    model = MigrationPlan
    following = frozenset({"hold_reason", "checklist_exception"})
    is_inventory = False
    _COPIED = (
        "status", "target_date", "launched_on", "service_reason", "url", "national_due", "assignee",
    )  # fmt: skip
    _FIELDS = (*_COPIED, "service_id", "hold_reason", "checklist_exception")
    # The column at which a requirement's sentence is shown.
    _COLUMNS = {"hold_reason": "note", "checklist_exception": "status"}

    def load(self, procedures: Sequence[Procedure]) -> None:
        self._services = {service.pk: service for service in ApplicationService.objects.all()}
        self._agreed = agreed_pairs(procedure.pk for procedure in procedures)
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
        """What a state requires and a list does not say: 備考 says why a row is on hold."""
        status = changes.get("status", (None, None))[1]
        if status not in (Status.ON_HOLD, Status.ONLINE):
            return changes
        stored = self.state(draft.procedure)
        if status == Status.ON_HOLD:
            note = draft.values.get("note")
            says_why = isinstance(note, str) and not stored["hold_reason"]
            return changes | ({"hold_reason": ["", note]} if says_why else {})
        after = stored | {name: new for name, (_, new) in changes.items()}
        stated = {}
        if not after["checklist_exception"]:
            stated["checklist_exception"] = ["", ONLINE_BEFORE_IMPORT]
        if not after["service_reason"] and self._departs(draft, after["service_id"]):
            stated["service_reason"] = [stored["service_reason"], ONLINE_BEFORE_IMPORT]
        return changes | stated

    def check(self, draft: Draft, obj: models.Model, origin: Origin) -> None:
        on = timezone.localdate(origin.at)
        for check in (
            lambda: check_service(obj, draft.changes[self.key], on=on),
            lambda: check_requirements(obj, draft.facts, on=on, agreed=self._agreed),
        ):
            try:
                check()
            except ValidationError as error:
                for name, sentences in error.message_dict.items():
                    for sentence in sentences:
                        draft.reject(self._COLUMNS.get(name, name), sentence)

    def refuses(self, procedure: Procedure, obj: models.Model, origin: Origin) -> bool:
        """Whether a consultation that the preview counted on is agreed no more."""
        if obj.status != Status.ONLINE:
            return False
        facts, on = facts_for_service(procedure), timezone.localdate(origin.at)
        needs = unmet(plan_facts(obj, facts, on=on, agreed=self._agreed))
        return Requirement.CONSULTATION in needs

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

    def _departs(self, draft: Draft, service_id: int | None) -> bool:
        """Whether the service is of another kind than clause 4 gives to the row as it will be."""
        service = self._services.get(service_id)
        if service is None:
            return False
        changed = draft.changes.get("procedure", {})
        flags = {
            name: changed[name][1] if name in changed else getattr(draft.procedure, name, False)
            for name in FLAG_FIELDS
        }
        return advise_service(Facts(**flags)).service is not Service(service.kind)

    def _of(self, procedure: Procedure | None) -> MigrationPlan | None:
        return self._plans.get(procedure.id) if procedure and procedure.id else None


_NEW_PLAN = MigrationPlan()
