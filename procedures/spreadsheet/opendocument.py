"""Reading OpenDocument sheets (.ods): one walk over the XML, repeats counted and not spelt out."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from xml.parsers import expat
from zipfile import ZipFile

from .gate import MAX_UNPACKED_BYTES, SAVE_AGAIN, Refused
from .raw import LARGEST_WHOLE_NUMBER, ErrorValue, Value
from .sheetxml import (
    MAX_AREA,
    MAX_COLUMNS,
    MAX_MERGES,
    MAX_ROWS,
    MAX_SHEETS,
    SheetScan,
    too_many_merges,
    too_wide,
)
from .transfer import SheetHead, Writer

Attributes = dict[str, str]

# An error is known by what is shown: only some programs mark its cell as one.
_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|(?:Err|エラー):\d{3}")
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_NUMBERS = ("float", "percentage", "currency")
_SPACES = re.compile(r"[ \t\r\n]+")
_CELL_CHARACTERS = 32_767  # as much as an Excel cell holds


def read_open_document(path: Path, writer: Writer) -> None:
    """Write the book at ``path``. Refused where it is broken or spans too far."""
    walk = _Walk(writer)
    try:
        with ZipFile(path) as archive, archive.open("content.xml") as stream:
            walk.parser.ParseFile(stream)
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


@dataclass(slots=True)
class _Cell:
    attributes: Attributes
    is_covered: bool
    pieces: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class _Walk:
    """The state of one walk. Whatever is no sheet, row, cell or text of a cell is skipped."""

    def __init__(self, writer: Writer) -> None:
        self.parser = expat.ParserCreate(namespace_separator="|")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._writer = writer
        self._short: dict[str, str] = {}
        self._skipped = 0  # open elements, from the outermost skipped one on
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._date1904 = False
        self._names: set[str] = set()
        self._area = 0
        self._written = 0
        self._sheet: _Sheet | None = None
        self._row: _Row | None = None
        self._cell: _Cell | None = None
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

    def _start(self, name: str, attributes: Attributes) -> None:
        if self._skipped:
            self._skipped += 1
            return
        short = self._short_name(name)
        if (start := self._starts.get(short)) is not None:
            start({self._short_name(key): value for key, value in attributes.items()})
        elif not (short in _PASSED_THROUGH or (self._in_paragraph and short in _RUNS)):
            self._skipped = 1

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif (end := self._ends.get(self._short_name(name))) is not None:
            end()

    def _short_name(self, name: str) -> str:
        short = self._short.get(name)
        if short is None:
            space, _, local = name.rpartition("|")
            short = f"{(space.split(':')[-2:] or [''])[0]}:{local}"
            self._short[name] = short
        return short

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
        self._open_row()
        self._cell = _Cell(attributes, is_covered=False)

    def _start_covered_cell(self, attributes: Attributes) -> None:
        self._open_row()
        self._cell = _Cell(attributes, is_covered=True)

    def _end_cell(self) -> None:
        sheet, row, cell = self._open_sheet(), self._open_row(), self._cell
        if cell is None:
            raise _broken()
        self._cell, self._has_paragraph = None, False
        repeat = _count(cell.attributes, "table:number-columns-repeated")
        first, row.place = row.place + 1, row.place + repeat
        self._note_merge(sheet, cell, first)
        value = None if cell.is_covered else _value(cell)
        if value is None:
            if "table:formula" in cell.attributes and not cell.is_covered and not cell.text:
                sheet.found.formulas_without_value.append((sheet.row_count + 1, first))
            return
        if row.place > MAX_COLUMNS or sheet.row_count + row.repeat > MAX_ROWS:
            reach = SheetScan(last_row=sheet.row_count + row.repeat, last_column=row.place)
            raise too_wide(sheet.name, reach)
        row.cells.extend([None] * (first - 1 - len(row.cells)))
        row.cells.extend([value] * repeat)
        row.characters += len(str(value)) * repeat

    def _note_merge(self, sheet: _Sheet, cell: _Cell, left: int) -> None:
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
        self._add(" " * min(_count(attributes, "text:c"), _CELL_CHARACTERS))

    def _characters(self, text: str) -> None:
        if self._in_paragraph and not self._skipped:
            self._add(_SPACES.sub(" ", text))

    def _add(self, text: str) -> None:
        cell = self._cell
        if cell is None or not self._in_paragraph:
            return
        cell.pieces.append(text)
        cell.length += len(text)
        if cell.length > _CELL_CHARACTERS:
            sheet = self._open_sheet()
            raise Refused(
                "cell_too_long",
                f"シート「{sheet.name}」の{sheet.row_count + 1:,}行目に、長すぎるセルがあります"
                f"（{_CELL_CHARACTERS:,}文字まで）。短くしてから、もう一度選んでください。",
            )


def _value(cell: _Cell) -> Value:
    kind, text = cell.attributes.get("office:value-type"), cell.text
    is_error = cell.attributes.get("calcext:value-type") == "error"
    if is_error or _ERROR.fullmatch(text):
        return ErrorValue(text or "#ERROR!")
    try:
        if kind in _NUMBERS:
            return _number(cell.attributes["office:value"])
        if kind == "date":
            return _date(cell.attributes["office:date-value"])
        if kind == "boolean":
            return cell.attributes["office:boolean-value"] == "true"
    except (KeyError, ValueError, OverflowError):
        return ErrorValue(text or "#VALUE!")  # rejects its row: nobody knows what it was
    if kind == "time":
        return _time(cell.attributes.get("office:time-value", ""), text)
    return cell.attributes.get("office:string-value", text) or None


def _number(text: str) -> Value:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() and abs(number) < LARGEST_WHOLE_NUMBER else number


def _date(text: str) -> Value:
    if "T" not in text:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _time(duration: str, text: str) -> Value:
    if parts := _DURATION.fullmatch(duration):
        return ":".join(part.zfill(2) for part in parts.groups())
    return text or duration or None


def _count(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROWS))):
        raise _broken()
    return max(int(text), 1)


def _is_hidden(attributes: Attributes) -> bool:
    return attributes.get("table:visibility") in ("collapse", "filter")


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
