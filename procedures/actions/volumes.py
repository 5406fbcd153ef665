"""The writer of yearly volumes (年間件数): one fiscal year of one procedure."""

from typing import Any

from django.db import transaction

from procedures import permissions
from procedures.editing import Conflict, disagreements, rows_as_of
from procedures.merging import merge
from procedures.models import Procedure, Source, User, YearlyVolume
from procedures.records import Origin, insert, save

from .procedures import lock_procedure, write_touched

_FIELDS = ("total", "online", "certainty")


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
    volume = procedure.volumes.filter(fiscal_year=fiscal_year).first()
    volume = volume or YearlyVolume(procedure=procedure, fiscal_year=fiscal_year)
    sent = {"total": total, "online": online, "certainty": certainty}
    changes = _merged(procedure, volume, sent, version)
    if changes:
        _write(procedure, volume, changes, Origin(by, Source.FORM))
    return volume


def _merged(
    procedure: Procedure, volume: YearlyVolume, sent: dict[str, Any], version: int
) -> dict[str, Any]:
    theirs = {name: getattr(volume, name) for name in sent}
    merged = merge(_seen(procedure, volume, theirs, version), sent, theirs)
    if merged.conflicts:
        mine = {conflict.field: conflict.mine for conflict in merged.conflicts}
        raise Conflict(disagreements(volume, mine), merged.changes)
    return merged.changes


def _seen(
    procedure: Procedure, volume: YearlyVolume, theirs: dict[str, Any], version: int
) -> dict[str, Any]:
    """What stood there at ``version``; a year that had no row was unknown."""
    if procedure.version == version:
        return theirs
    rows = rows_as_of(procedure, version, YearlyVolume)
    if rows is None:
        return dict.fromkeys(theirs, object())
    then = [row for row in rows if row.fiscal_year == volume.fiscal_year]
    row = then[0] if then else YearlyVolume()
    return {name: getattr(row, name) for name in theirs}


def _write(
    procedure: Procedure, volume: YearlyVolume, changes: dict[str, Any], origin: Origin
) -> None:
    for name, value in changes.items():
        setattr(volume, name, value)
    volume.clean_fields()
    volume.validate_constraints()
    if volume._state.adding:
        insert([volume], origin)
    else:
        save(volume, changes, origin)
    write_touched(procedure, origin)
