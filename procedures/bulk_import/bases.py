"""What our own workbook was made from: the rows as of the versions that its lines name.

The base of the three-way comparison. A line whose procedure has not moved since needs none: what
is stored is what was exported.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models

from procedures.models import Procedure
from procedures.models.history import Versioned
from procedures.spreadsheet.trace import Versions

from .drafts import Draft
from .parts import Part, parts

_CHUNK = 5_000


class UnknownBase(dict):
    """The base of a line that names a version which no history has: nothing counts as untouched."""

    def get(self, field: str, default: Any = None) -> object:
        return _NEVER


_NEVER = object()


def set_bases(drafts: Sequence[Draft], chosen: Sequence[Part]) -> None:
    """Sets ``base`` on the drafts that were exported before their procedure or its plan moved."""
    moved = [draft for draft in drafts if _has_moved(draft, chosen)]
    for start in range(0, len(moved), _CHUNK):
        _set_chunk(moved[start : start + _CHUNK])


def _has_moved(draft: Draft, chosen: Sequence[Part]) -> bool:
    versions = draft.values.get("row_versions")
    if versions is None or draft.procedure is None or "row_id" not in draft.values:
        return False
    return versions != current_versions(draft.procedure, chosen)


def current_versions(procedure: Procedure, chosen: Sequence[Part]) -> Versions:
    """The versions of a stored procedure and of its plan, as an export names them."""
    return Versions(procedure.version, max(part.version_beside(procedure) for part in chosen))


def _set_chunk(drafts: Sequence[Draft]) -> None:
    wanted: dict[int, Versions] = {
        draft.procedure.pk: draft.values["row_versions"] for draft in drafts
    }
    procedures = _as_of_versions(Procedure, {pk: each.procedure for pk, each in wanted.items()})
    moments = {pk: entry.history_date for pk, entry in procedures.items()}
    then = parts()
    for part in then:
        if part.model is Procedure:
            continue
        if issubclass(part.model, Versioned):
            versions = {pk: each.plan for pk, each in wanted.items()}
            part.take(_of_versions(part.model, versions))
        else:
            part.take(_of_moments(part.model, moments))
    for draft in drafts:
        pk = draft.procedure.pk
        if pk not in procedures:
            draft.base = {part.key: UnknownBase() for part in then}
        else:
            procedure = _instance(procedures[pk])
            draft.base = {part.key: part.state(procedure) for part in then}


def _as_of_versions(model: type[models.Model], versions: Mapping[int, int]) -> dict[int, Any]:
    entries = model.history.filter(id__in=versions, version__in=set(versions.values()))
    return {entry.id: entry for entry in entries if versions[entry.id] == entry.version}


def _of_versions(model: type[models.Model], versions: Mapping[int, int]) -> list[models.Model]:
    """The rows of ``model`` when each belonged to its procedure at that version."""
    entries = model.history.filter(
        procedure_id__in=versions, version__in=set(versions.values())
    ).exclude(history_type="-")
    return [_instance(entry) for entry in entries if versions[entry.procedure_id] == entry.version]


def _of_moments(model: type[models.Model], moments: Mapping[int, datetime]) -> list[models.Model]:
    """The rows of ``model`` that each procedure had at that moment.

    Whoever writes such a row writes its procedure in the same moment.
    """
    if not moments:
        return []
    entries = model.history.filter(
        procedure_id__in=moments, history_date__lte=max(moments.values())
    )
    newest: dict[int, Any] = {}
    for entry in entries.order_by("history_id"):
        if entry.history_date <= moments[entry.procedure_id]:
            newest[entry.id] = entry
    return [_instance(entry) for entry in newest.values() if entry.history_type != "-"]


def _instance(entry: Any) -> Any:
    """The row as a history entry has it, in memory."""
    model = entry.instance_type
    names = [field.attname for field in type(entry).tracked_fields]
    return model(**{name: getattr(entry, name) for name in names})
