"""The writers of yearly volumes (年間件数): a fiscal year of one procedure, or of many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from procedures import permissions
from procedures.editing import Conflict, disagreements
from procedures.merging import merge
from procedures.models import Procedure, Source, User, YearlyVolume
from procedures.records import Batch, Origin

from .procedures import lock_procedure

FIELDS = ("total", "online", "certainty")
_TOO_MANY_ONLINE = next(
    constraint.violation_error_message
    for constraint in YearlyVolume._meta.constraints
    if constraint.name == "volume_online_within_total"
)


@dataclass(frozen=True, slots=True)
class VolumeEdit:
    """What is to stand in a year of one procedure; ``version`` is the procedure's that was seen."""

    procedure_id: int
    version: int
    sent: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VolumesResult:
    """What became of each edit, by the procedure's key; an edit of equal values is nowhere."""

    saved: list[int] = field(default_factory=list)
    conflicts: dict[int, Conflict] = field(default_factory=dict)
    refused: dict[int, ValidationError] = field(default_factory=dict)


@transaction.atomic
def set_volume(
    *,
    procedure_id: int,
    fiscal_year: int,
    total: int | None,
    online: int | None,
    certainty: str,
    version: int,
    by: User,
) -> YearlyVolume:
    """Writes the volume of one fiscal year; None is unknown, which is not 0.

    ``version`` is the procedure's that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` or
    ``ValidationError``; then nothing is written. Equal values write nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    (volume,) = _of_year([procedure], fiscal_year).values()
    (seen,) = volumes_as_seen([procedure], {procedure.pk: version}, fiscal_year).values()
    sent = {"total": total, "online": online, "certainty": certainty}
    changes = _merged(volume, sent, seen)
    _set(volume, changes)
    if changes:
        _write([volume], [procedure], Origin(by, Source.FORM))
    return volume


@transaction.atomic
def set_volumes(*, fiscal_year: int, edits: Sequence[VolumeEdit], by: User) -> VolumesResult:
    """Writes the volumes of one fiscal year of many procedures, each for itself.

    What can be written is written; a row that somebody else changed, or whose values are
    impossible, stays as it is and is named with its ``Conflict`` or ``ValidationError``. Raises
    ``PermissionDenied`` when one of them is not for ``by``; then nothing is written. The number of
    queries grows with the conflicts only.
    """
    procedures = _locked([edit.procedure_id for edit in edits])
    for procedure in procedures.values():
        permissions.check_can_edit(by, procedure)
    volumes = _of_year(procedures.values(), fiscal_year)
    versions = {edit.procedure_id: edit.version for edit in edits}
    seen = volumes_as_seen(procedures.values(), versions, fiscal_year)
    result, changed = VolumesResult(), []
    for edit in edits:
        key = edit.procedure_id
        if key not in procedures:
            continue  # removed meanwhile
        try:
            changes = _merged(volumes[key], edit.sent, seen[key])
            _set(volumes[key], changes)
        except Conflict as conflict:
            result.conflicts[key] = conflict
        except ValidationError as error:
            result.refused[key] = error
        else:
            if changes:
                changed.append(volumes[key])
    result.saved.extend(volume.procedure_id for volume in changed)
    _write(changed, [procedures[key] for key in result.saved], Origin(by, Source.INLINE))
    return result


def volumes_as_seen(
    procedures: Iterable[Procedure], versions: Mapping[int, int], fiscal_year: int
) -> dict[int, dict[str, Any]]:
    """What stood in ``fiscal_year`` of each procedure at the version of it in ``versions``.

    A year that had no row was unknown; where no history has the version, every value differs from
    all others. At most three queries.
    """
    procedures = list(procedures)
    now = _of_year(procedures, fiscal_year)
    seen = {one.pk: _values(now[one.pk]) for one in procedures}
    older = {one.pk: versions[one.pk] for one in procedures if one.version != versions[one.pk]}
    if not older:
        return seen
    seen |= {key: {name: object() for name in FIELDS} for key in older}
    versioned = Procedure.history.filter(id__in=older, version__in=set(older.values()))
    moments = {row.id: row.history_date for row in versioned if row.version == older[row.id]}
    seen |= {key: _values(YearlyVolume()) for key in moments}
    rows = YearlyVolume.history.filter(procedure_id__in=moments, fiscal_year=fiscal_year)
    for row in rows.order_by("history_id"):
        # Every writer of a volume writes its procedure in the same moment.
        if row.history_date <= moments[row.procedure_id]:
            then = YearlyVolume() if row.history_type == "-" else row
            seen[row.procedure_id] = _values(then)
    return seen


def _locked(keys: Sequence[int]) -> dict[int, Procedure]:
    rows = Procedure.objects.select_for_update(of=("self",)).select_related("department")
    return {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}


def _of_year(procedures: Iterable[Procedure], fiscal_year: int) -> dict[int, YearlyVolume]:
    """The volume of each procedure in that year, a new one where there is none."""
    by_key = {one.pk: one for one in procedures}
    stored = YearlyVolume.objects.filter(procedure__in=by_key, fiscal_year=fiscal_year)
    found = {volume.procedure_id: volume for volume in stored}
    return {
        key: found.get(key) or YearlyVolume(procedure=one, fiscal_year=fiscal_year)
        for key, one in by_key.items()
    }


def _values(volume: Any) -> dict[str, Any]:
    return {name: getattr(volume, name) for name in FIELDS}


def _merged(
    volume: YearlyVolume, sent: Mapping[str, Any], seen: Mapping[str, Any]
) -> dict[str, Any]:
    merged = merge(seen, sent, _values(volume))
    if merged.conflicts:
        mine = {conflict.field: conflict.mine for conflict in merged.conflicts}
        raise Conflict(disagreements(volume, mine), merged.changes)
    return merged.changes


def _set(volume: YearlyVolume, changes: Mapping[str, Any]) -> None:
    """Sets ``changes`` in memory; ``ValidationError`` by field where they are impossible.

    The database is not asked, as it is for each row by Django's own checks.
    """
    for name, value in changes.items():
        setattr(volume, name, value)
    volume.clean_fields(exclude={"procedure"})
    if None not in (volume.total, volume.online) and volume.online > volume.total:
        raise ValidationError({"online": _TOO_MANY_ONLINE})


def _write(
    volumes: Sequence[YearlyVolume], procedures: Sequence[Procedure], origin: Origin
) -> None:
    """A change of a volume is a change of its procedure; the category does not rest on it."""
    batch = Batch(origin)
    batch.update([volume for volume in volumes if not volume._state.adding], FIELDS)
    batch.insert([volume for volume in volumes if volume._state.adding])
    batch.update(procedures, ())
    batch.write()
