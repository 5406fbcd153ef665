"""Reading OpenDocument sheets (.ods): one walk over the XML, repeats counted and not spelt out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import ZipFile

from .gate import MAX_UNPACKED_BYTES, SAVE_AGAIN, Refused
from .opendocumentcell import Attributes, Cell, cell_value
from .raw import CELL_CHARACTERS, Value
from .sheetxml import (
    MAX_AREA,
    MAX_COLUMNS,
    MAX_MERGES,
    MAX_ROWS,
    MAX_SHEETS,
    PIECE_BYTES,
    SheetScan,
    cell_too_long,
    check_reach,
    marks,
    refuse_definitions,
    too_many_cells,
    too_many_merges,
    too_wide,
)
from .transfer import SheetHead, Writer

_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
# Each takes some ten times as long as in an xlsx, where larger lists have their place.
MAX_CELLS = 700_000  # as they stand in the file: 15,000 rows of 45 columns
MAX_MARKS = 5_000_000  # tags and attributes: as many cells with seven each


def read_open_document(path: Path, writer: Writer) -> None:
    """Write the book at ``path``. Refused where it is broken or spans too far."""
    walk = _Walk(writer)
    try:
        with ZipFile(path) as archive, archive.open("content.xml") as stream:
            walk.through(stream)
    except expat.ExpatError as error:
        raise _broken() from error


def _broken() -> Refused:
    return Refused("broken", f"ファイルが壊れているため読み取れません。{SAVE_AGAIN}")


@dataclass(slots=True)
class _Sheet:
    name: str
    visible: bool
    found: SheetScan = field(default_factory=SheetScan)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    rows: list[tuple[int, list[Value]]] = field(default_factory=list)  # how often, what
    row_count: int = 0
    column_count: int = 0


@dataclass(slots=True)
class _Row:
    repeat: int
    is_hidden: bool
    cells: list[Value] = field(default_factory=list)
    place: int = 0
    characters: int = 0


class _ShortNames(dict[str, str]):
    """What the parser calls an element or attribute → as it is called in the standard."""

    def __missing__(self, name: str) -> str:
        space, _, local = name.rpartition("|")
        short = self[name] = f"{space.split(':')[-2:][0]}:{local}"
        return short


class _Walk:
    """The state of one walk. Whatever is no sheet, row, cell or text of a cell is skipped."""

    def __init__(self, writer: Writer) -> None:
        self._parser = expat.ParserCreate(namespace_separator="|")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = refuse_definitions
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._writer = writer
        self._short = _ShortNames()
        self._skipped = 0  # open elements, from the outermost skipped one on
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._date1904 = False
        self._names: set[str] = set()
        self._area = 0
        self._written = 0
        self._sheet: _Sheet | None = None
        self._row: _Row | None = None
        self._cell: Cell | None = None
        self._is_covered = False
        self._cell_count = 0
        self._in_paragraph = self._has_paragraph = False
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "style:style": self._start_style,
            "style:table-properties": self._table_properties,
            "table:null-date": self._null_date,
            "table:table": self._start_sheet,
            "table:table-column": self._column,
            "table:table-row": self._start_row,
            "table:table-cell": self._start_cell,
            "table:covered-table-cell": self._start_covered_cell,
            "text:p": self._start_paragraph,
            "text:s": self._spaces,
            "text:tab": lambda _: self._add("\t"),
            "text:line-break": lambda _: self._add("\n"),
        }
        self._ends: dict[str, Callable[[], None]] = {
            "table:table": self._end_sheet,
            "table:table-row": self._end_row,
            "table:table-cell": self._end_cell,
            "table:covered-table-cell": self._end_cell,
            "text:p": self._end_paragraph,
        }

    def through(self, stream: IO[bytes]) -> None:
        """Walk all of it."""
        mark_count = 0
        while piece := stream.read(PIECE_BYTES):
            mark_count += marks(piece)
            if mark_count > MAX_MARKS:
                raise too_many_cells()
            self._parser.Parse(piece)
        self._parser.Parse(b"", True)

    def _start(self, name: str, attributes: Attributes) -> None:
        if self._skipped:
            self._skipped += 1
            return
        names = self._short
        short = names[name]
        if (start := self._starts.get(short)) is not None:
            start({names[key]: value for key, value in attributes.items()})
        elif not (short in _PASSED_THROUGH or (self._in_paragraph and short in _RUNS)):
            self._skipped = 1

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif (end := self._ends.get(self._short[name])) is not None:
            end()

    # Styles and settings

    def _start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get("style:name", "")

    def _table_properties(self, attributes: Attributes) -> None:
        if attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)

    def _null_date(self, attributes: Attributes) -> None:
        self._date1904 = attributes.get("table:date-value", "").startswith("1904-01-01")

    # Sheets and columns

    def _start_sheet(self, attributes: Attributes) -> None:
        if self._sheet is not None:  # a table in a cell
            self._skipped = 1
            return
        name = attributes.get("table:name", "")
        if name in self._names or len(self._names) == MAX_SHEETS:
            raise Refused("broken", f"シートの名前が重なっているか、多すぎます。{SAVE_AGAIN}")
        self._names.add(name)
        style = attributes.get("table:style-name")
        self._sheet = _Sheet(name, visible=style not in self._hidden_styles)

    def _column(self, attributes: Attributes) -> None:
        sheet, count = self._open_sheet(), _count(attributes, "table:number-columns-repeated")
        first, sheet.column_count = sheet.column_count + 1, sheet.column_count + count
        if _is_hidden(attributes):
            sheet.found.hidden_columns.extend(
                range(first, min(sheet.column_count, MAX_COLUMNS) + 1)
            )

    def _end_sheet(self) -> None:
        sheet = self._open_sheet()
        self._area += sheet.found.area
        self._writer.sheet(
            SheetHead(
                sheet.name,
                sheet.visible,
                self._date1904,
                sheet.merges,
                sheet.found.hidden_rows,
                sheet.found.hidden_columns,
                sheet.found.formulas_without_value,
            )
        )
        for repeat, row in sheet.rows:
            if row:
                for _ in range(repeat):
                    self._writer.row(row)
            else:
                self._writer.empty_rows(repeat)
        self._sheet = None

    def _open_sheet(self) -> _Sheet:
        if self._sheet is None:
            raise _broken()
        return self._sheet

    # Rows

    def _start_row(self, attributes: Attributes) -> None:
        self._open_sheet()
        repeat = _count(attributes, "table:number-rows-repeated")
        self._row = _Row(repeat, _is_hidden(attributes))

    def _end_row(self) -> None:
        sheet, row = self._open_sheet(), self._open_row()
        first, last = sheet.row_count + 1, sheet.row_count + row.repeat
        sheet.row_count = last
        sheet.rows.append((row.repeat, row.cells))
        self._row = None
        if not row.cells:
            return
        self._written += row.characters * row.repeat
        sheet.found.last_row = last
        sheet.found.last_column = max(sheet.found.last_column, len(row.cells))
        sheet.found.filled_row_count += row.repeat
        check_reach(sheet.name, sheet.found)
        if self._area + sheet.found.area > MAX_AREA or self._written > MAX_UNPACKED_BYTES:
            raise too_wide(sheet.name, sheet.found)
        if row.is_hidden:
            sheet.found.hidden_rows.extend(range(first, last + 1))

    def _open_row(self) -> _Row:
        if self._row is None:
            raise _broken()
        return self._row

    # Cells

    def _start_cell(self, attributes: Attributes) -> None:
        if self._row is None:
            raise _broken()
        self._cell_count += 1
        if self._cell_count > MAX_CELLS:
            raise too_many_cells()
        self._cell = Cell(attributes)

    def _start_covered_cell(self, attributes: Attributes) -> None:
        self._start_cell(attributes)
        self._is_covered = True

    def _end_cell(self) -> None:
        sheet, row, cell, is_covered = self._sheet, self._row, self._cell, self._is_covered
        if sheet is None or row is None or cell is None:
            raise _broken()
        self._cell, self._has_paragraph, self._is_covered = None, False, False
        repeat = _count(cell.attributes, "table:number-columns-repeated")
        first, row.place = row.place + 1, row.place + repeat
        if _SPANS & cell.attributes.keys():
            self._note_merge(sheet, cell, first)
        value = None if is_covered else cell_value(cell)
        if value is None:
            if "table:formula" in cell.attributes and not is_covered and not cell.text:
                sheet.found.formulas_without_value.append((sheet.row_count + 1, first))
            return
        if row.place > MAX_COLUMNS or sheet.row_count + row.repeat > MAX_ROWS:
            reach = SheetScan(last_row=sheet.row_count + row.repeat, last_column=row.place)
            raise too_wide(sheet.name, reach)
        row.cells += [None] * (first - 1 - len(row.cells)) + [value] * repeat
        row.characters += len(str(value)) * repeat

    def _note_merge(self, sheet: _Sheet, cell: Cell, left: int) -> None:
        rows = _count(cell.attributes, "table:number-rows-spanned")
        columns = _count(cell.attributes, "table:number-columns-spanned")
        if rows == columns == 1:
            return
        top = sheet.row_count + 1
        bottom, right = min(top + rows - 1, MAX_ROWS), min(left + columns - 1, MAX_COLUMNS)
        if top <= bottom and left <= right:
            sheet.merges.append((top, left, bottom, right))
        if len(sheet.merges) > MAX_MERGES:
            raise too_many_merges(sheet.name)

    # Text

    def _start_paragraph(self, _: Attributes) -> None:
        if self._cell is None or self._in_paragraph:
            self._skipped = 1
            return
        self._in_paragraph = True
        if self._has_paragraph:
            self._add("\n")
        self._has_paragraph = True

    def _end_paragraph(self) -> None:
        self._in_paragraph = False

    def _spaces(self, attributes: Attributes) -> None:
        self._add(" " * min(_count(attributes, "text:c"), CELL_CHARACTERS))

    def _characters(self, text: str) -> None:
        if self._in_paragraph and not self._skipped:
            self._add(_SPACES.sub(" ", text))

    def _add(self, text: str) -> None:
        cell = self._cell
        if cell is None or not self._in_paragraph:
            return
        cell.pieces.append(text)
        cell.length += len(text)
        if cell.length > CELL_CHARACTERS:
            raise cell_too_long(self._open_sheet().name, self._open_sheet().row_count + 1)


def _count(attributes: Attributes, name: str) -> int:
    text = attributes.get(name)
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROWS))):
        raise _broken()
    return max(int(text), 1)


def _is_hidden(attributes: Attributes) -> bool:
    return attributes.get("table:visibility") in ("collapse", "filter")


_SPANS = {"table:number-rows-spanned", "table:number-columns-spanned"}
_PASSED_THROUGH = frozenset(
    {
        "office:document-content",
        "office:automatic-styles",
        "office:body",
        "office:spreadsheet",
        "table:calculation-settings",
        "table:table-columns",
        "table:table-header-columns",
        "table:table-column-group",
        "table:table-rows",
        "table:table-header-rows",
        "table:table-row-group",
    }
)
# Not text:ruby-text: furigana is no part of the text.
_RUNS = frozenset(
    f"text:{name}"
    for name in (
        "span",
        "a",
        "ruby",
        "ruby-base",
        "meta",
        "date",
        "time",
        "sheet-name",
        "file-name",
        "title",
        "author-name",
        "page-number",
        "page-count",
    )
)
