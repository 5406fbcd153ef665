"""What parsing hands on: a file, its sheets and its rows, every row of the list accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FileKind(StrEnum):
    """What kind of file it is by its headings."""

    LIST = "list"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why a row is rejected: ``column`` is the file's own heading, ``cell`` for example D12.

    ``message`` is the whole sentence: where, what, and what to do.
    """

    column: str
    cell: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One row of the list.

    ``values``: column key → Python value, only of the cells that say something. CLEAR asks to
    empty the field; None is "stated as unknown" (件数 and 日付). ``passed_over`` is the reason why
    the row is no procedure, "" for one that is. A row with problems is rejected as a whole.
    """

    sheet: str
    row_number: int
    values: dict[str, object]
    problems: tuple[CellProblem, ...] = ()
    notes: tuple[str, ...] = ()
    passed_over: str = ""


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was made of one sheet.

    ``mapped`` pairs each heading with the column it became, ``letters`` each column key with its
    letter in Excel.
    """

    name: str
    header_row: int
    mapped: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    row_count: int
    notes: tuple[str, ...] = ()
    letters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was understood; ``rows`` holds every non-blank row below the headings.

    ``unknown_values``: key of a coded column → a value that is none of its words, as shown → the
    number of rows that say it. These rows are rejected.
    """

    kind: FileKind
    sheets: tuple[SheetReport, ...]
    rows: tuple[ParsedRow, ...]
    notes: tuple[str, ...] = field(default=())
    unknown_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
