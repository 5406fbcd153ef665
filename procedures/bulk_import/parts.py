"""The tables that a row of the inventory's list fills, each as a part that knows its own columns.

A part says what is stored (``state``), what a row wants (``wanted``), and puts changes on objects
(``prepare``). Comparing, checking for staleness, previewing and applying are the same for all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import models

from procedures.models import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    Certainty,
    Exemption,
    LegalBasis,
    Procedure,
    YearlyVolume,
)
from procedures.records import Origin, insert, save_many
from procedures.rules import Answer, ExemptionGround
from procedures.spreadsheet.cell import CLEAR
from procedures.spreadsheet.keys import name_key

from .drafts import Draft
from .lookups import Lookups

CONFIRMED_EXEMPTION = (
    "確認済の適用除外と内容が違います。変えるには、先に情報政策課が取り下げてください。"
)
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement
TOO_MANY_ONLINE = "オンライン件数（{online}）が年間件数（{total}）より多くなっています。"


class Part:
    """One table filled by an import.

    ``is_inventory`` says whether a change is one of the inventory (台帳). ``reference_fields`` are
    those that the national survey may change of a procedure that the city keeps already.
    """

    key: str
    model: type[models.Model]
    is_inventory = True
    reference_fields: frozenset[str] = frozenset()

    def load(self, procedures: Sequence[Procedure]) -> None:
        """Reads what is stored about ``procedures``; called once before the questions."""

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        """The stored values (JSON) by field, or the defaults for a new procedure."""
        raise NotImplementedError

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        """The values (JSON) that the row asks for; may reject the row."""
        raise NotImplementedError

    def check(self, draft: Draft, obj: models.Model, origin: Origin) -> None:
        """Rejects the row when ``obj``, as it would be written, breaks a rule."""

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin
    ) -> Iterable[models.Model]:
        """The objects with the changes set, in memory."""
        raise NotImplementedError

    def write(self, objects: Sequence[models.Model], fields: set[str], origin: Origin) -> None:
        """Inserts the new ones of ``objects`` and saves ``fields`` of the others."""
        new = [obj for obj in objects if obj._state.adding]
        stored = [obj for obj in objects if not obj._state.adding]
        insert(new, origin)
        save_many(stored, sorted(fields), origin)

    def label(self, field: str) -> tuple[type[models.Model], str]:
        """The model and field whose Japanese name and choices a change reads with."""
        return self.model, field


def stored_rows(
    model: type[models.Model], procedures: Sequence[Procedure]
) -> Iterator[models.Model]:
    """The rows of ``model`` that belong to ``procedures``, however many those are."""
    keys = [procedure.pk for procedure in procedures]
    for start in range(0, len(keys), _CHUNK):
        yield from model._default_manager.filter(procedure__in=keys[start : start + _CHUNK])


def json_value(model: type[models.Model], field: str, value: Any) -> Any:
    """A Python value as it stands in a stored preview."""
    if value is CLEAR:
        value = model._meta.get_field(field).get_default()
    if isinstance(value, tuple | list | frozenset):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def set_json(obj: models.Model, field: str, value: Any) -> None:
    """Sets a value of a stored preview on ``obj``."""
    setattr(obj, field, obj._meta.get_field(field).to_python(value))


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
    FIELDS = (*_COPIED, "department_id", "division_id", "national_priority_id")

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        obj = procedure or Procedure()
        return {name: json_value(Procedure, name, getattr(obj, name)) for name in self.FIELDS}

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            name: json_value(Procedure, name, draft.values[name])
            for name in self._COPIED
            if name in draft.values
        }
        if "national_concern" in wanted:
            wanted["national_concern"] = "\n".join(wanted["national_concern"])
        if wanted.get("other") == Answer.NOT_NEEDED:
            wanted.setdefault("other_note", "")
        wanted |= lookups.units(draft)
        if draft.values.get("national_priority") is CLEAR:
            wanted["national_priority_id"] = None
        elif "national_priority" in draft.values:
            item = lookups.national_priority(draft)
            wanted["national_priority_id"] = item.pk if item else None
        return wanted

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin | None
    ) -> Iterable[Procedure]:
        for name, (_, value) in changes.items():
            set_json(procedure, name, value)
        procedure.name_key = name_key(procedure.name)
        return [procedure]


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

    def load(self, procedures: Sequence[Procedure]) -> None:
        self._bases: dict[int, list[LegalBasis]] = {}
        for basis in stored_rows(LegalBasis, procedures):
            self._bases.setdefault(basis.procedure_id, []).append(basis)

    def levels(self, procedure: Procedure, prepared: Iterable[LegalBasis]) -> list[str]:
        """The levels of all bases of ``procedure`` as they will be."""
        changed = {basis.pk: basis for basis in prepared if basis.pk}
        stored = [changed.get(basis.pk, basis) for basis in self._bases.get(procedure.pk, [])]
        return [basis.level for basis in stored] + [b.level for b in prepared if not b.pk]

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        basis = self._primary(procedure) or LegalBasis()
        return {name: getattr(basis, name) for name in self._FIELDS.values()}

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        return {
            name: json_value(LegalBasis, name, draft.values[key])
            for key, name in self._FIELDS.items()
            if key in draft.values
        }

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin
    ) -> Iterable[LegalBasis]:
        basis = self._primary(procedure) or LegalBasis(procedure=procedure)
        for name, (_, value) in changes.items():
            set_json(basis, name, value)
        return [basis]

    def _primary(self, procedure: Procedure | None) -> LegalBasis | None:
        bases = self._bases.get(procedure.pk, []) if procedure and procedure.pk else []
        return next((basis for basis in bases if basis.is_primary), None)


class VolumePart(Part):
    """年間件数; the fields carry their fiscal year, as "2025.total"."""

    key = "volume"
    model = YearlyVolume
    _FIELDS = {"total_volume": "total", "online_volume": "online"}

    def load(self, procedures: Sequence[Procedure]) -> None:
        self._volumes: dict[int, dict[int, YearlyVolume]] = {}
        for volume in stored_rows(YearlyVolume, procedures):
            self._volumes.setdefault(volume.procedure_id, {})[volume.fiscal_year] = volume

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        return {
            f"{year}.{name}": getattr(volume, name)
            for year, volume in self._of(procedure).items()
            for name in (*self._FIELDS.values(), "certainty")
        }

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        given = {
            name: None if draft.values[key] is CLEAR else draft.values[key]
            for key, name in self._FIELDS.items()
            if key in draft.values
        }
        if not given:
            return {}
        year = draft.values["fiscal_year"]
        stored = self._of(draft.procedure).get(year) or YearlyVolume()
        total, online = (given.get(name, getattr(stored, name)) for name in self._FIELDS.values())
        is_checked = len(given) == len(self._FIELDS)  # within the row, the reader did it
        if not is_checked and None not in (total, online) and online > total:
            draft.reject("online_volume", TOO_MANY_ONLINE.format(online=online, total=total))
        is_estimate = any(draft.values.get(f"{key}_approximate") for key in self._FIELDS)
        given["certainty"] = Certainty.ESTIMATE.value if is_estimate else Certainty.ACTUAL.value
        return {f"{year}.{name}": value for name, value in given.items()}

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin
    ) -> Iterable[YearlyVolume]:
        stored = self._of(procedure)
        volumes: dict[int, YearlyVolume] = {}
        for field, (_, value) in changes.items():
            year, name = int(field.split(".")[0]), field.split(".")[1]
            volume = volumes.setdefault(
                year,
                stored.get(year) or YearlyVolume(procedure=procedure, fiscal_year=year),
            )
            setattr(volume, name, value)
        return volumes.values()

    def write(self, objects: Sequence[models.Model], fields: set[str], origin: Origin) -> None:
        super().write(objects, {field.split(".")[1] for field in fields}, origin)

    def label(self, field: str) -> tuple[type[models.Model], str]:
        return self.model, field.split(".")[1]

    def _of(self, procedure: Procedure | None) -> dict[int, YearlyVolume]:
        return self._volumes.get(procedure.pk, {}) if procedure and procedure.pk else {}


class ExemptionPart(Part):
    """適用除外: comes in as a proposal, unless the administrator confirms with the import."""

    key = "exemption"
    model = Exemption
    _FIELDS = {
        "exemption_ground": "ground",
        "exemption_article": "article",
        "exemption_reason": "reason",
    }

    def load(self, procedures: Sequence[Procedure]) -> None:
        rows = stored_rows(Exemption, procedures)
        self._exemptions = {exemption.procedure_id: exemption for exemption in rows}

    def ground(self, procedure: Procedure, prepared: Iterable[Exemption]) -> str:
        """The ground of the exemption as it will be decided, or none."""
        exemption = next(iter(prepared), None) or self._exemptions.get(procedure.pk)
        if exemption and exemption.state == Exemption.State.CONFIRMED:
            return exemption.ground
        return ExemptionGround.NONE.value

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        exemption = self._exemptions.get(procedure.pk) if procedure else None
        fields = (*self._FIELDS.values(), "state")
        return {name: getattr(exemption, name) if exemption else "" for name in fields}

    def wanted(self, draft: Draft, lookups: Lookups, *, confirms: bool) -> dict[str, Any]:
        if draft.values.get("exemption_ground", CLEAR) in (CLEAR, ExemptionGround.NONE):
            return {}
        wanted = {
            name: json_value(Exemption, name, draft.values[key])
            for key, name in self._FIELDS.items()
            if key in draft.values
        }
        stored = self.state(draft.procedure)
        differs = any(stored[name] != value for name, value in wanted.items())
        if differs and stored["state"] == Exemption.State.CONFIRMED:
            draft.reject("exemption_ground", CONFIRMED_EXEMPTION)
        if confirms:
            wanted["state"] = Exemption.State.CONFIRMED.value
        elif differs:
            wanted["state"] = Exemption.State.PROPOSED.value
        return wanted

    def prepare(
        self, procedure: Procedure, changes: Mapping[str, Sequence[Any]], origin: Origin
    ) -> Iterable[Exemption]:
        exemption = self._exemptions.get(procedure.pk) or Exemption(procedure=procedure)
        for name, (_, value) in changes.items():
            setattr(exemption, name, value)
        if exemption.proposed_at is None or "ground" in changes:
            exemption.proposed_by, exemption.proposed_at = origin.by, origin.at
        if exemption.state == Exemption.State.CONFIRMED:
            exemption.confirmed_by, exemption.confirmed_at = origin.by, origin.at
        return [exemption]

    def write(self, objects: Sequence[models.Model], fields: set[str], origin: Origin) -> None:
        decided = {"proposed_by_id", "proposed_at", "confirmed_by_id", "confirmed_at"}
        super().write(objects, fields | decided, origin)


_REGISTERED: list[type[Part]] = []


def register(part: type[Part]) -> None:
    """Adds a part of another application; it comes after those of the inventory."""
    if part not in _REGISTERED:
        _REGISTERED.append(part)


def parts() -> list[Part]:
    """A new set of all parts, in the order in which they are compared and written."""
    return [ProcedurePart(), LegalBasisPart(), VolumePart(), ExemptionPart()] + [
        part() for part in _REGISTERED
    ]
