"""Procedures as rows of the import's own columns: what goes out and comes back changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import IO, Any

from django.db.models import QuerySet

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
from procedures.spreadsheet.columns import Column, ColumnKind, column
from procedures.spreadsheet.keys import name_key
from procedures.spreadsheet.trace import TRACE_COLUMNS, Versions
from procedures.spreadsheet.writing import write_csv, write_rows

from .workflow import Status

CHUNK = 2_000  # rows in memory at a time
LONGEST_TEXT = 32_000  # a cell takes 32,767 characters, signs of our own among them

_FACTS = ("number", "name", "applicants", "kind", "scope", *ASPECT_FIELDS, *FLAG_FIELDS)
_TEXTS = ("name_kana", "summary", "other_note", "national_id", "note")
_PLANNED = (
    "status", "target_date", "launched_on", "service_reason", "national_due", "url", "assignee",
)  # fmt: skip
_PATHS: Mapping[str, str] = {
    "row_id": "pk",
    **{key: key for key in (*_FACTS, *_TEXTS, "version")},
    **{key: key for key in ("department_id", "division_id", "national_priority_id")},
    **{f"exemption_{key}": f"exemption__{key}" for key in ("state", "ground", "article", "reason")},
    **{key: f"plan__{key}" for key in (*_PLANNED, "service_id")},
    "plan_version": "plan__version",
}
"""What the row is made of → where it is stored."""

_BASIS = {"basis_level": "level", "basis_name": "name", "basis_article": "article"}
_CHECKED_TEXTS = (
    *("name_kana", "summary", "national_id", "note", "basis_name", "basis_article"),
    *("exemption_article", "exemption_reason", "service_reason", "url", "assignee"),
)
_READ_BACK: Mapping[ColumnKind, Callable[[object], str]] = {
    ColumnKind.TEXT: normalise.text_prose,
    ColumnKind.CODE: normalise.code,
    ColumnKind.URL: normalise.url,
}
_LONGEST_MARK = 12  # characters of 同上 or （空） in any spelling, without blanks


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One kind of file; ``write`` puts procedures, as they are on a day, into an open file."""

    content_type: str
    write: Callable[[IO[bytes], QuerySet[Procedure], date], None]


def rows_of(procedures: QuerySet[Procedure], known: Lookups) -> Iterator[dict[str, Any]]:
    """One row per procedure, in the order of ``procedures``, as ``writing`` takes them.

    The number of queries does not depend on the rows (within ``CHUNK`` of them). Yearly volumes
    are those of the newest year whose total is known, the legal basis is the primary one, a
    withdrawn exemption is left out. ``row_id`` and ``row_versions`` say which procedure it is and
    as of when. A cell that would not be read back as what is stored stays empty, which the import
    takes for "as it is": a unit of the office that is no more, a service or a priority procedure
    that its name or number does not find, text such as 同上 or （空）.
    """
    names = _Names(known)
    stored = procedures.values_list(*_PATHS.values()).iterator(chunk_size=CHUNK)
    while chunk := [dict(zip(_PATHS, values, strict=True)) for values in islice(stored, CHUNK)]:
        keys = [row["row_id"] for row in chunk]
        volumes, bases = _volumes(keys), _bases(keys)
        for row in chunk:
            row |= volumes.get(row["row_id"], {})
            row |= bases.get(row["row_id"], {})
            row["row_versions"] = str(Versions(row["version"], row["plan_version"] or 0))
            row["status"] = row["status"] or Status.NOT_STARTED
            _leave_out_what_is_not_read_back(row)
            names.put_into(row)
            yield row


def write_workbook(
    target: IO[bytes],
    procedures: QuerySet[Procedure],
    known: Lookups,
    *,
    distribution: int | None = None,
) -> None:
    """A workbook of ``procedures``; each row carries the number of its ``distribution``."""
    rows = rows_of(procedures, known)
    hidden = _ROW_TRACE
    if distribution is not None:
        rows = ({**row, "distribution": distribution} for row in rows)
        hidden = TRACE_COLUMNS
    write_rows(
        target,
        rows,
        departments=known.unit_names,
        services=known.service_names,
        hidden=hidden,
    )


class _Names:
    """The names in the office's lists by which a reader finds the same row again."""

    def __init__(self, known: Lookups) -> None:
        self._departments = {unit.pk: unit.name for unit in known.departments.values()}
        self._divisions: dict[int, str] = {}
        for units in known.divisions.values():
            owners = [unit.department_id for unit in units]
            self._divisions |= {
                unit.pk: unit.name for unit in units if owners.count(unit.department_id) == 1
            }
        self._services = {
            service.pk: service.name
            for service in known.services.values()
            if known.services[name_key(service.name)] == service
        }
        self._national = {item.pk: str(item.number) for item in known.national}

    def put_into(self, row: dict[str, Any]) -> None:
        """Name the units, the service and the priority procedure of the row."""
        department, division = row["department_id"], row["division_id"]
        if department in self._departments and (division is None or division in self._divisions):
            row["department"] = self._departments[department]
            row["division"] = self._divisions.get(division)
        row["service"] = self._services.get(row["service_id"])
        row["national_priority"] = self._national.get(row["national_priority_id"])


def _volumes(keys: list[int]) -> dict[int, dict[str, Any]]:
    """By procedure: the volume of the newest year whose total is known."""
    known = YearlyVolume.objects.filter(procedure__in=keys, total__isnull=False)
    values = known.order_by("fiscal_year").values_list(
        "procedure_id", "fiscal_year", "total", "certainty", "online"
    )
    return {
        procedure: {
            "fiscal_year": year,
            "total_volume": total,
            "total_volume_approximate": certainty == Certainty.ESTIMATE,
            "online_volume": online,
        }
        for procedure, year, total, certainty, online in values
    }


def _bases(keys: list[int]) -> dict[int, dict[str, Any]]:
    """By procedure: its primary legal basis."""
    primary = LegalBasis.objects.filter(procedure__in=keys, is_primary=True)
    values = primary.values_list("procedure_id", *_BASIS.values())
    return {procedure: dict(zip(_BASIS, basis, strict=True)) for procedure, *basis in values}


def _leave_out_what_is_not_read_back(row: dict[str, Any]) -> None:
    if row["exemption_state"] in (None, Exemption.State.WITHDRAWN):
        row["exemption_ground"] = row["exemption_article"] = row["exemption_reason"] = None
    # The note stands in the cell of the answer, which says of the two what it must.
    if not _comes_back(row["other_note"], normalise.text_prose):
        row["other"] = None
    for key, read in _CHECKED:
        text = row.get(key)
        if text and (not _comes_back(text, read) or _is_mark(text)):
            row[key] = None


def _comes_back(text: str, read: Callable[[object], str]) -> bool:
    if read is normalise.text_prose and text.isprintable() and text == text.strip():
        return len(text) <= LONGEST_TEXT  # nothing in it that reading would change or refuse
    try:
        return len(text) <= LONGEST_TEXT and read(text) == text
    except normalise.CellError:
        return False


def _is_mark(text: str) -> bool:
    if text.isprintable() and len("".join(text.split())) > _LONGEST_MARK:
        return False
    return normalise.is_clear(text) or normalise.is_ditto(text)


_CHECKED: tuple[tuple[str, Callable[[object], str]], ...] = tuple(
    (key, _READ_BACK[column(key).kind]) for key in _CHECKED_TEXTS
)
_ROW_TRACE: tuple[Column, ...] = tuple(
    each for each in TRACE_COLUMNS if each.key in ("row_id", "row_versions")
)


def _write_xlsx(target: IO[bytes], procedures: QuerySet[Procedure], on: date) -> None:
    write_workbook(target, procedures, Lookups(on))


def _write_csv(target: IO[bytes], procedures: QuerySet[Procedure], on: date) -> None:
    write_csv(target, rows_of(procedures, Lookups(on)), hidden=_ROW_TRACE)


FORMATS: Mapping[str, FileFormat] = {
    "xlsx": FileFormat(XLSX, _write_xlsx),
    "csv": FileFormat("text/csv; charset=utf-8", _write_csv),
}
"""The kinds of file in which procedures go out, by the ending of their names."""
