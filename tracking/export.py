"""Procedures as rows of the import's own columns: what goes out and comes back changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO

from django.db.models import Prefetch, QuerySet

from procedures.bulk_import.lookups import Lookups
from procedures.models import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    Certainty,
    Exemption,
    LegalBasis,
    Procedure,
    YearlyVolume,
)
from procedures.resources import XLSX
from procedures.spreadsheet import normalise
from procedures.spreadsheet.columns import ColumnKind, column
from procedures.spreadsheet.keys import name_key
from procedures.spreadsheet.writing import write_csv, write_rows

from .models import MigrationPlan

CHUNK = 2_000  # rows in memory at a time
LONGEST_TEXT = 32_000  # a cell takes 32,767 characters, signs of our own among them

_ANSWERS = tuple(name for name in ASPECT_FIELDS if name != "other")
_FACTS = ("number", "name", "applicants", "kind", "scope", *_ANSWERS, *FLAG_FIELDS)
_TEXTS = ("name_kana", "summary", "national_id", "note")
_PLAN_DATES = ("target_date", "launched_on", "national_due")
_READ_BACK: Mapping[ColumnKind, Callable[[object], str]] = {
    ColumnKind.TEXT: normalise.text_prose,
    ColumnKind.NAME_KEY: normalise.text_prose,
    ColumnKind.CODE: normalise.code,
    ColumnKind.URL: normalise.url,
}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One kind of file; ``write`` puts procedures, as they are on a day, into an open file."""

    content_type: str
    write: Callable[[IO[bytes], QuerySet[Procedure], date], None]


def rows_of(procedures: QuerySet[Procedure], known: Lookups) -> Iterator[dict[str, object]]:
    """One row per procedure, in the order of ``procedures``, as ``writing`` takes them.

    The number of queries does not depend on the rows (within ``CHUNK`` of them). Yearly volumes
    are those of the newest year whose total is known, the legal basis is the primary one, a
    withdrawn exemption is left out. A cell that would not be read back as what is stored stays
    empty, which the import takes for "as it is": a unit of the office that is no more, a service
    or a priority procedure that its name or number does not find, text such as 同上 or （空）.
    """
    volumes = YearlyVolume.objects.filter(total__isnull=False).order_by("-fiscal_year")
    bases = LegalBasis.objects.filter(is_primary=True)
    fetched = procedures.select_related(
        "department", "division", "national_priority", "exemption", "plan__service"
    ).prefetch_related(
        Prefetch("volumes", volumes, to_attr="known_volumes"),
        Prefetch("legal_bases", bases, to_attr="primary_bases"),
    )
    for procedure in fetched.iterator(chunk_size=CHUNK):
        yield {
            **{name: getattr(procedure, name) for name in _FACTS},
            **{key: _readable(key, getattr(procedure, key)) for key in _TEXTS},
            **_other(procedure),
            **_units(procedure, known),
            **_national_priority(procedure, known),
            **_basis(procedure.primary_bases),
            **_volume(procedure.known_volumes),
            **_exemption(getattr(procedure, "exemption", None)),
            **_plan(getattr(procedure, "plan", None) or MigrationPlan(), known),
        }


def _readable(key: str, text: str) -> str:
    """``text`` where a cell of the column gives it back, else nothing."""
    is_mark = normalise.is_clear(text) or normalise.is_ditto(text)
    return text if not is_mark and _comes_back(text, _READ_BACK[column(key).kind]) else ""


def _comes_back(text: str, read: Callable[[object], str]) -> bool:
    try:
        return len(text) <= LONGEST_TEXT and read(text) == text
    except normalise.CellError:
        return False


def _other(procedure: Procedure) -> dict[str, object]:
    if not _comes_back(procedure.other_note, normalise.text_prose):
        return {}
    return {"other": procedure.other, "other_note": procedure.other_note}


def _units(procedure: Procedure, known: Lookups) -> dict[str, object]:
    department, division = procedure.department, procedure.division
    if department is None or known.departments.get(name_key(department.name)) != department:
        return {}
    if division is None:
        return {"department": department.name}
    namesakes = known.divisions.get(name_key(division.name), [])
    if [unit for unit in namesakes if unit.department_id == department.pk] != [division]:
        return {}
    return {"department": department.name, "division": division.name}


def _national_priority(procedure: Procedure, known: Lookups) -> dict[str, object]:
    item = procedure.national_priority
    return {"national_priority": str(item.number)} if item in known.national else {}


def _basis(bases: list[LegalBasis]) -> dict[str, object]:
    return {
        key: value
        for basis in bases
        for key, value in (
            ("basis_level", basis.level),
            ("basis_name", _readable("basis_name", basis.name)),
            ("basis_article", _readable("basis_article", basis.article)),
        )
    }


def _volume(volumes: list[YearlyVolume]) -> dict[str, object]:
    if not volumes:
        return {}
    newest = volumes[0]
    return {
        "fiscal_year": newest.fiscal_year,
        "total_volume": newest.total,
        "total_volume_approximate": newest.certainty == Certainty.ESTIMATE,
        "online_volume": newest.online,
    }


def _exemption(exemption: Exemption | None) -> dict[str, object]:
    if exemption is None or exemption.state == Exemption.State.WITHDRAWN:
        return {}
    return {
        "exemption_ground": exemption.ground,
        "exemption_article": _readable("exemption_article", exemption.article),
        "exemption_reason": _readable("exemption_reason", exemption.reason),
    }


def _plan(plan: MigrationPlan, known: Lookups) -> dict[str, object]:
    service = plan.service
    is_found = service is not None and known.services.get(name_key(service.name)) == service
    return {
        "status": plan.status,
        **{name: getattr(plan, name) for name in _PLAN_DATES},
        "service": service.name if is_found else "",
        "url": _readable("url", plan.url),
        "assignee": _readable("assignee", plan.assignee),
    }


def _write_xlsx(target: IO[bytes], procedures: QuerySet[Procedure], on: date) -> None:
    known = Lookups(on)
    write_rows(
        target,
        rows_of(procedures, known),
        departments=known.unit_names,
        services=known.service_names,
    )


def _write_csv(target: IO[bytes], procedures: QuerySet[Procedure], on: date) -> None:
    write_csv(target, rows_of(procedures, Lookups(on)))


FORMATS: Mapping[str, FileFormat] = {
    "xlsx": FileFormat(XLSX, _write_xlsx),
    "csv": FileFormat("text/csv; charset=utf-8", _write_csv),
}
"""The kinds of file in which procedures go out, by the ending of their names."""
