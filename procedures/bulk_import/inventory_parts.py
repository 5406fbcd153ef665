"""The inventory's own tables as parts of an import: procedure, legal basis, volume, exemption."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from procedures.models import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    NAME_KEYS,
    Certainty,
    Exemption,
    LegalBasis,
    Procedure,
    YearlyVolume,
)
from procedures.models.exemption import suggested_review
from procedures.records import Origin
from procedures.rules import Answer, ExemptionGround
from procedures.spreadsheet.cell import CLEAR

from .drafts import Draft
from .lookups import Lookups
from .parts import Changes, Part, blank, json_value, register, set_changes

CONFIRMED_EXEMPTION = (
    "確認済の適用除外と内容が違います。変えるには、先に情報政策課が取り下げてください。"
)
TOO_MANY_ONLINE = "オンライン件数（{online}）が年間件数（{total}）より多くなっています。"


@register
class ProcedurePart(Part):
    """手続 itself."""

    key = "procedure"
    model = Procedure
    _COPIED = (
        "number", "name", "name_kana", "summary", "applicants", "kind", "scope",
        *ASPECT_FIELDS, "other_note", *FLAG_FIELDS, "national_id", "national_state",
        "national_concern", "national_planned_year", "national_total_volume",
        "national_online_volume", "survey_note", "note",
    )  # fmt: skip
    reference_fields = frozenset(
        {
            "national_state",
            "national_concern",
            "national_planned_year",
            "national_total_volume",
            "national_online_volume",
        }
    )
    together = ("department_id", "division_id")
    FIELDS = (*_COPIED, "department_id", "division_id", "national_priority_id")

    def load(self, procedures: Iterable[Procedure]) -> None:
        """The procedures themselves are what is stored."""

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        return _NEW_STATE if procedure is None else _state(procedure)

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        values = draft.values
        wanted = _copied(values, self._COPIED)
        if wanted.get("other") == Answer.NOT_NEEDED:
            wanted.setdefault("other_note", "")
        wanted |= lookups.units(draft)
        if values.get("national_priority") is CLEAR:
            wanted["national_priority_id"] = None
        elif "national_priority" in values:
            item = lookups.national_priority(draft)
            wanted["national_priority_id"] = item.pk if item else None
        return wanted

    def references(self, draft: Draft) -> dict[str, Any]:
        """What ``wanted`` says of the reference fields."""
        return _copied(draft.values, self.reference_fields)

    def prepare(self, procedure: Procedure, changes: Changes, origin: Origin) -> list[Procedure]:
        set_changes(procedure, changes)
        procedure.set_name_keys()
        return [procedure]

    def written(self, fields: Iterable[str]) -> set[str]:
        return {*fields, *NAME_KEYS}


def _copied(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    copied = {name: json_value(Procedure, name, values[name]) for name in names if name in values}
    if "national_concern" in copied:
        copied["national_concern"] = "\n".join(copied["national_concern"])
    return copied


def _state(procedure: Procedure) -> dict[str, Any]:
    stored = procedure.__dict__
    return {
        name: list(value) if type(value := stored[name]) is tuple else value
        for name in ProcedurePart.FIELDS
    }


_NEW_STATE = _state(Procedure())


@register
class LegalBasisPart(Part):
    """The primary 根拠法令."""

    key = "legal_basis"
    model = LegalBasis
    _FIELDS = {
        "basis_level": "level",
        "basis_name": "name",
        "basis_article": "article",
        "law_number": "law_number",
        "law_kind": "law_kind",
    }

    def take(self, rows: Iterable[LegalBasis]) -> None:
        self._bases: dict[int, list[LegalBasis]] = {}
        for basis in rows:
            self._bases.setdefault(basis.procedure_id, []).append(basis)

    def levels(self, procedure: Procedure, prepared: Iterable[LegalBasis]) -> list[str]:
        """The levels of all bases of ``procedure`` as they will be."""
        stored = self._bases.get(procedure.id)
        if not stored:
            return [basis.level for basis in prepared]
        changed = {basis.id: basis for basis in prepared if basis.id}
        known = [changed.get(basis.id, basis) for basis in stored]
        return [basis.level for basis in known] + [b.level for b in prepared if not b.id]

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        stored = (self._primary(procedure) or _NEW_BASIS).__dict__
        return {name: stored[name] for name in self._FIELDS.values()}

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        values = draft.values
        return {
            name: json_value(LegalBasis, name, values[key])
            for key, name in self._FIELDS.items()
            if key in values
        }

    def prepare(self, procedure: Procedure, changes: Changes, origin: Origin) -> list[LegalBasis]:
        basis = self._primary(procedure) or _child(LegalBasis, procedure)
        set_changes(basis, changes)
        return [basis]

    def _primary(self, procedure: Procedure | None) -> LegalBasis | None:
        bases = self._bases.get(procedure.id, ()) if procedure and procedure.id else ()
        return next((basis for basis in bases if basis.is_primary), None)


_NEW_BASIS = LegalBasis()


@register
class VolumePart(Part):
    """年間件数; the fields carry their fiscal year, as "2025.total"."""

    key = "volume"
    model = YearlyVolume
    _FIELDS = {"total_volume": "total", "online_volume": "online"}

    def take(self, rows: Iterable[YearlyVolume]) -> None:
        self._volumes: dict[int, dict[int, YearlyVolume]] = {}
        for volume in rows:
            self._volumes.setdefault(volume.procedure_id, {})[volume.fiscal_year] = volume

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        return {
            f"{year}.{name}": getattr(volume, name)
            for year, volume in self._of(procedure).items()
            for name in (*self._FIELDS.values(), "certainty")
        }

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        values = draft.values
        given = {
            name: None if values[key] is CLEAR else values[key]
            for key, name in self._FIELDS.items()
            if key in values
        }
        if not given:
            return {}
        is_estimate = any(values.get(f"{key}_approximate") for key in self._FIELDS)
        given["certainty"] = Certainty.ESTIMATE.value if is_estimate else Certainty.ACTUAL.value
        return {f"{values['fiscal_year']}.{name}": value for name, value in given.items()}

    def check(self, draft: Draft, obj: YearlyVolume, origin: Origin) -> None:
        if None not in (obj.total, obj.online) and obj.online > obj.total:
            draft.reject(
                "online_volume", TOO_MANY_ONLINE.format(online=obj.online, total=obj.total)
            )

    def prepare(self, procedure: Procedure, changes: Changes, origin: Origin) -> list[YearlyVolume]:
        stored = self._of(procedure)
        volumes: dict[int, YearlyVolume] = {}
        for field, (_, value) in changes.items():
            year, name = int(field.split(".")[0]), field.split(".")[1]
            if year not in volumes:
                volumes[year] = stored.get(year) or _child(
                    YearlyVolume, procedure, fiscal_year=year
                )
            setattr(volumes[year], name, value)
        return list(volumes.values())

    def written(self, fields: Iterable[str]) -> set[str]:
        return {field.split(".")[1] for field in fields}

    def label(self, field: str) -> tuple[type[YearlyVolume], str]:
        return self.model, field.split(".")[1]

    def _of(self, procedure: Procedure | None) -> dict[int, YearlyVolume]:
        return self._volumes.get(procedure.id, {}) if procedure and procedure.id else {}


@register
class ExemptionPart(Part):
    """適用除外: comes in as a proposal, unless it is confirmed with the import."""

    key = "exemption"
    model = Exemption
    following = frozenset({"state"})
    _FIELDS = {
        "exemption_ground": "ground",
        "exemption_article": "article",
        "exemption_law_name": "law_name",
        "exemption_national_id": "national_id",
        "exemption_reason": "reason",
    }

    def take(self, rows: Iterable[Exemption]) -> None:
        self._exemptions = {exemption.procedure_id: exemption for exemption in rows}

    def ground(self, procedure: Procedure, prepared: Iterable[Exemption]) -> str:
        """The ground of the exemption as it will be decided, or none."""
        exemption = next(iter(prepared), None) or self._exemptions.get(procedure.id)
        if exemption and exemption.state == Exemption.State.CONFIRMED:
            return exemption.ground
        return ExemptionGround.NONE.value

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        exemption = self._exemptions.get(procedure.id) if procedure else None
        fields = (*self._FIELDS.values(), "state")
        return {name: getattr(exemption, name) if exemption else "" for name in fields}

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        values = draft.values
        if values.get("exemption_ground", CLEAR) in (CLEAR, ExemptionGround.NONE):
            return {}
        return {
            name: json_value(Exemption, name, values[key])
            for key, name in self._FIELDS.items()
            if key in values
        }

    def completed(
        self, draft: Draft, changes: dict[str, list[Any]], *, confirms: bool
    ) -> dict[str, list[Any]]:
        names_ground = draft.values.get("exemption_ground", CLEAR) not in (
            CLEAR,
            ExemptionGround.NONE,
        )
        stored = self.state(draft.procedure)["state"] if names_ground else ""
        if changes and stored == Exemption.State.CONFIRMED:
            draft.reject("exemption_ground", CONFIRMED_EXEMPTION)
        wanted = stored
        if names_ground and confirms:
            wanted = Exemption.State.CONFIRMED.value
        elif changes:
            wanted = Exemption.State.PROPOSED.value
        return changes if wanted == stored else {**changes, "state": [stored, wanted]}

    def prepare(self, procedure: Procedure, changes: Changes, origin: Origin) -> list[Exemption]:
        exemption = self._exemptions.get(procedure.id) or _child(Exemption, procedure)
        for name, (_, value) in changes.items():
            setattr(exemption, name, value)
        exemption.question = ""  # what a list says of it answers the question
        if changes.keys() & {"ground", "article"}:
            exemption.provision_id = None
        if exemption.proposed_at is None or changes.keys() - self.following:
            exemption.proposed_by, exemption.proposed_at = origin.by, origin.at
        if exemption.state == Exemption.State.CONFIRMED:
            exemption.confirmed_by, exemption.confirmed_at = origin.by, origin.at
            exemption.review_on = suggested_review(timezone.localdate(origin.at))
        return [exemption]

    def written(self, fields: Iterable[str]) -> set[str]:
        decided = {"confirmed_by_id", "confirmed_at", "review_on", "question", "provision_id"}
        return {*fields, "proposed_by_id", "proposed_at"} | decided


def _child(model: Any, procedure: Procedure, **values: Any) -> Any:
    """A new row of ``procedure``, which may be new too: its key follows when both are written."""
    obj = blank(model)
    model._meta.get_field("procedure").set_cached_value(obj, procedure)
    obj.__dict__.update(values, procedure_id=procedure.id)
    return obj
