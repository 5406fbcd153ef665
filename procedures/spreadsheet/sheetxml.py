"""What the workbook reader does not tell: error cells, hidden rows, odd addresses, date system.

The reader turns error cells into empty ones, and dies of a sheet that spans too far; so each
sheet's XML is walked once before it.
"""

import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import IO, NoReturn
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from .gate import SAVE_AGAIN, Refused, odd_definition
from .raw import CELL_CHARACTERS

MAX_ROWS = 1_048_576  # Excel's own
MAX_COLUMNS = 16_384  # Excel's own
MAX_SHEETS = 500  # one for each division, and as many again
MAX_MERGES = 20_000  # in a sheet: 5,000 rows with four cells merged in each
MAX_AREA = 4_000_000  # cells from A1 to the last value; the largest real list has 2.9 million
MAX_FILLED_ROWS = 150_000  # rows with a value in a book; the same list has 75,072
MAX_FILLED_COLUMNS = 1_000  # columns up to the last value; it has 39, a calendar of a year 370

PIECE_BYTES = 1024 * 1024  # what a parser is given at a time
MAX_MARKS = 4_000_000  # tags and attributes for the parser: 500,000 cells not written plainly

# How Excel and most programs write a row. Rows without any value go by together, however many;
# in the others: 1 the row, 2 its cells, 3 the letters of the last cell with a value.
_PLAIN_ROW = re.compile(
    rb"""
    (?:
        <row(?:\ [a-zA-Z][\w:]*="[^"<]*")*+\ ?
        (?: /> | >(?:<c\ r="[A-Z]{1,3}[0-9]+"(?:\ s="[0-9]+")?(?:\ ?/>|></c>))*+</row> )
    )++
    |
    <row\ r="([1-9][0-9]{0,6})"(?:\ (?!hidden="(?:1|true|on)")[a-zA-Z][\w:]*="[^"<]*")*+\ ?>
    (
        (?: \s*+<c\ r="(?:
            ([A-Z]{1,3})\1"(?:\ s="[0-9]+")?(?:\ t="(?:s|str|inlineStr|n|b)")?>
            (?:
                (?:<f(?:\ [^<>]*)?>[^<]*+(?:</f>|(?<=/>)))?+<v>[^<]*+</v>
                | <is><t[^<>]*+>[^<]*+</t></is>
            )</c>
            | [A-Z]{1,3}\1"(?:\ s="[0-9]+")?(?:\ ?/>|></c>)
        ) )++
    )\s*+</row>
    """,
    re.VERBOSE,
)
_ADDRESS = re.compile(rb'<c r="([A-Z]+)')

_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(slots=True)
class SheetScan:
    """What one walk over a sheet's XML found; rows and columns count from 1."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas_without_value: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0
    filled_row_count: int = 0

    @property
    def area(self) -> int:
        """The cells from A1 to the last one with a value."""
        return self.last_row * self.last_column


def uses_1904(archive: ZipFile) -> bool:
    """Does the workbook count its days from 1904?"""
    properties = _root(archive, "xl/workbook.xml").find("{*}workbookPr")
    return properties is not None and _is_true(properties.get("date1904"))


def sheet_parts(archive: ZipFile) -> dict[str, str]:
    """Sheet name → its part in the archive. Refused for names that are not one each."""
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
        for relation in _root(archive, "xl/_rels/workbook.xml.rels").findall("{*}Relationship")
    }
    sheets = _root(archive, "xl/workbook.xml").findall("{*}sheets/{*}sheet")
    parts = {
        sheet.get("name", ""): targets.get(sheet.get(_RELATIONSHIP), "").lstrip("/")
        for sheet in sheets
    }
    if len(parts) < len(sheets) or len(parts) > MAX_SHEETS or _share_a_part(parts):
        raise Refused("broken", f"シートの名前が重なっているか、多すぎます。{SAVE_AGAIN}")
    return parts


def scan(stream: IO[bytes], sheet: str) -> SheetScan:
    """Walk one sheet's XML. Refused for addresses that do not rise."""
    walk = _Walk(sheet)
    try:
        walk.through(stream)
    except expat.ExpatError as error:
        raise Refused("broken", f"シート「{sheet}」が壊れています。{SAVE_AGAIN}") from error
    return walk.found


def check_reach(sheet: str, found: SheetScan) -> None:
    """Refused where a sheet's values are too many to be a list, or lie too far apart."""
    if found.filled_row_count > MAX_FILLED_ROWS:
        raise too_many_rows()
    if found.area > MAX_AREA or found.last_column > MAX_FILLED_COLUMNS:
        raise too_wide(sheet, found)


def too_many_rows() -> Refused:
    """The refusal of a book with more than ``MAX_FILLED_ROWS`` rows."""
    return Refused(
        "too_many_rows",
        f"行が多すぎます（{MAX_FILLED_ROWS:,}行まで）。"
        "部局ごとのファイルに分けて、一つずつ選んでください。",
    )


def too_many_cells() -> Refused:
    """The refusal of a book that takes too long to walk through."""
    return Refused(
        "too_many_cells",
        f"セルや書式が多すぎます。使っていない行・列・シートを削除し、{SAVE_AGAIN}",
    )


def cell_too_long(sheet: str, row: int) -> Refused:
    """The refusal of a cell with more than ``CELL_CHARACTERS``."""
    return Refused(
        "cell_too_long",
        f"シート「{sheet}」の{row:,}行目に、長すぎるセルがあります"
        f"（{CELL_CHARACTERS:,}文字まで）。短くしてから、もう一度選んでください。",
    )


def too_wide(sheet: str, found: SheetScan) -> Refused:
    """The refusal of a sheet whose values lie too far apart."""
    return Refused(
        "too_wide",
        f"シート「{sheet}」は値のある範囲が広すぎます"
        f"（{found.last_row:,}行×{found.last_column:,}列）。"
        "離れた場所の値や使っていない行・列・シートを削除して、保存し直してください。",
    )


def too_many_merges(sheet: str) -> Refused:
    """The refusal of a sheet with more than ``MAX_MERGES`` merged areas."""
    return Refused(
        "too_many_merges",
        f"シート「{sheet}」は結合セルが多すぎます。結合を解いて、保存し直してください。",
    )


def _root(archive: ZipFile, part: str) -> Element:
    try:
        root: Element = fromstring(archive.read(part))
    except (KeyError, ParseError) as error:
        raise Refused("broken", f"ブックの目次が壊れています。{SAVE_AGAIN}") from error
    return root


def _share_a_part(parts: dict[str, str]) -> bool:
    # Read once for each sheet, one large part would be a large file many times over.
    return len(set(parts.values())) < len(parts)


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def marks(piece: bytes) -> int:
    """How much work a piece of XML is: about its tags and attributes."""
    return piece.count(b"<") + piece.count(b"=")


def refuse_definitions(*_: object) -> NoReturn:
    """What an XML parser calls at a DOCTYPE."""
    raise odd_definition()


@cache
def _column_number(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - ord("A") + 1
    return column


class _Walk:
    """The state of one walk.

    Rows of plain values, as nearly all are, are known by their pattern; the XML parser, which
    takes three times as long, gets the rest and calls `start` once for each element.
    """

    def __init__(self, sheet: str) -> None:
        self.found = SheetScan()
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = refuse_definitions
        self._sheet = sheet
        self._row = 0
        self._column = 0
        self._row_text = "0"
        self._is_hidden = False
        self._previous = ""
        self._type: str | None = None
        self._has_formula = False
        self._has_value = False
        self._merge_count = 0
        self._mark_count = 0

    def through(self, stream: IO[bytes]) -> None:
        """Walk all of it."""
        rest = b""
        while piece := stream.read(PIECE_BYTES):
            whole, mark, rest = (rest + piece).rpartition(b">")
            if not mark:  # no text of a workbook is that long
                whole, rest = rest, b""
            self._walk_piece(whole + mark)
        self._parser.Parse(rest, True)
        self._end_of_cell()
        self.found.formulas_without_value = [
            place for place in self.found.formulas_without_value if place[0] <= self.found.last_row
        ]

    def _walk_piece(self, piece: bytes) -> None:
        place = 0
        for row in _PLAIN_ROW.finditer(piece):
            if row.start() > place:
                self._parse(piece[place : row.start()])
            place = row.end()
            self._plain_row(row)
        self._parse(piece[place:])

    def _parse(self, piece: bytes) -> None:
        self._mark_count += marks(piece)
        if self._mark_count > MAX_MARKS:
            raise too_many_cells()
        self._parser.Parse(piece)

    def _plain_row(self, plain: re.Match[bytes]) -> None:
        self._end_of_cell()
        if not plain[1]:
            return
        row = int(plain[1])
        if not self._row < row <= MAX_ROWS:
            raise self._odd_addresses()
        self._row = row
        columns = [_column_number(letters) for letters in _ADDRESS.findall(plain[2])]
        if columns != sorted(set(columns)) or columns[-1] > MAX_COLUMNS:
            raise self._odd_addresses()
        if plain[3]:
            self._reach(row, _column_number(plain[3]))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._end_of_cell()
            self._start_cell(attributes)
        elif name == "v" or name == "is":
            if self._previous in ("c", "f"):
                self._start_value()
        elif name == "f":
            self._has_formula = self._previous == "c" or self._has_formula
        elif name == "row":
            self._end_of_cell()
            self._start_row(attributes)
        elif name == "col" and _is_true(attributes.get("hidden")):
            self._hide_columns(attributes)
        elif name == "mergeCell":
            self._count_merge()
        self._previous = name

    def _end_of_cell(self) -> None:
        if self._has_formula and not self._has_value:
            self.found.formulas_without_value.append((self._row, self._column))
        self._has_formula = self._has_value = False
        if self._type == "e":
            self._parser.CharacterDataHandler = None

    def _start_row(self, attributes: dict[str, str]) -> None:
        text = attributes.get("r")
        row = self._row + 1 if text is None else self._number(text)
        if not self._row < row <= MAX_ROWS:
            raise self._odd_addresses()
        self._row, self._row_text, self._column = row, str(row), 0
        self._is_hidden = _is_true(attributes.get("hidden"))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        column = self._column + 1 if address is None else self._column_of(address)
        if not self._column < column <= MAX_COLUMNS:
            raise self._odd_addresses()
        self._column = column
        self._type = attributes.get("t")

    def _start_value(self) -> None:
        self._has_value = True
        self._reach(self._row, self._column)
        if self._is_hidden:  # noted where there is something to see: a million rows may be empty
            self.found.hidden_rows.append(self._row)
            self._is_hidden = False
        if self._type == "e":
            self._parser.CharacterDataHandler = self._error_text

    def _reach(self, row: int, column: int) -> None:
        found = self.found
        if row == found.last_row and column <= found.last_column:
            return
        found.filled_row_count += row != found.last_row
        found.last_row, found.last_column = row, max(column, found.last_column)
        check_reach(self._sheet, found)

    def _count_merge(self) -> None:
        self._merge_count += 1
        if self._merge_count > MAX_MERGES:
            raise too_many_merges(self._sheet)

    def _error_text(self, text: str) -> None:
        place = (self._row, self._column)
        self.found.errors[place] = (self.found.errors.get(place, "") + text).strip()

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        first = self._number(attributes.get("min", ""))
        last = min(self._number(attributes.get("max", "")), MAX_COLUMNS)
        self.found.hidden_columns.extend(range(first, last + 1))

    def _column_of(self, address: str) -> int:
        letters = address.removesuffix(self._row_text)
        if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
            raise self._odd_addresses()
        return _column_number(letters.upper().encode())

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROWS))):
            raise self._odd_addresses()
        return int(text)

    def _odd_addresses(self) -> Refused:
        return Refused(
            "addresses",
            f"シート「{self._sheet}」のセルの並びがExcelの決まりと違います。{SAVE_AGAIN}",
        )
