"""What a procedure of the city takes from the survey: its reference fields, by its national id."""

from collections.abc import Mapping, Sequence
from typing import Any

from procedures.chunks import chunks
from procedures.models import Procedure, SurveyProcedure
from procedures.records import Origin, save_many

_SOURCES: Mapping[str, str] = {
    "national_state": "state",
    "national_concern": "concern",
    "national_planned_year": "planned_year",
    "national_total_volume": "total_volume",
    "national_online_volume": "online_volume",
}
REFERENCE_FIELDS = tuple(_SOURCES)
"""The fields of a procedure that say what the survey says; nobody types them."""
_NOTHING = SurveyProcedure()


def refer(procedure: Procedure) -> None:
    """Sets the reference fields of a locked procedure to what the survey says of its national id.

    They are empty where the survey has no such id. One query.
    """
    found = None
    if procedure.national_id:
        found = SurveyProcedure.objects.filter(national_id=procedure.national_id).first()
    _set(procedure, found or _NOTHING)


def refer_imported(procedures: Sequence[Procedure], origin: Origin) -> None:
    """As ``refer`` for procedures to which an import has just given a national id, written.

    One whose id the survey does not have stays as the import left it.
    """
    if not procedures:
        return
    ids = sorted({procedure.national_id for procedure in procedures})
    rows = {
        row.national_id: row
        for chunk in chunks(ids)
        for row in SurveyProcedure.objects.filter(national_id__in=chunk)
    }
    write_references([procedure.pk for procedure in procedures], rows, origin)


def write_references(keys: Sequence[int], rows: Mapping[str, Any], origin: Origin) -> int:
    """Has the locked procedures ``keys`` say what ``rows`` (by national id) say of them.

    Returns how many said something else; one whose id is not among ``rows`` stays as it is.
    """
    moved = [
        pk
        for chunk in chunks(keys)
        for pk, national_id, *said in Procedure.objects.filter(pk__in=chunk)
        .order_by("pk")
        .values_list("pk", "national_id", *REFERENCE_FIELDS)
        if national_id in rows and said != _said(rows[national_id])
    ]
    for chunk in chunks(moved):
        procedures = list(Procedure.objects.filter(pk__in=chunk).order_by("pk"))
        for procedure in procedures:
            _set(procedure, rows[procedure.national_id])
        save_many(procedures, REFERENCE_FIELDS, origin, touch=False)
    return len(moved)


def _set(procedure: Procedure, row: Any) -> None:
    for name, value in zip(REFERENCE_FIELDS, _said(row), strict=True):
        setattr(procedure, name, value)


def _said(row: Any) -> list[Any]:
    return [getattr(row, source) for source in _SOURCES.values()]
