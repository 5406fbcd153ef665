"""What the workbook reader does not tell: error cells, hidden rows, odd addresses, date system.

The reader turns error cells into empty ones, and dies of a sheet that spans too far; so each
sheet's XML is walked once before it.
"""

import posixpath
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from .gate import SAVE_AGAIN, Refused

MAX_ROWS = 1_048_576  # Excel's own
MAX_COLUMNS = 16_384  # Excel's own
MAX_SHEETS = 500  # one for each division, and as many again
MAX_MERGES = 20_000  # in a sheet: 5,000 rows with four cells merged in each
MAX_AREA = 6_000_000  # cells from A1 to the last value; the largest real list has 2.9 million

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
    if len(parts) < len(sheets) or len(parts) > MAX_SHEETS:
        raise Refused("broken", f"シートの名前が重なっているか、多すぎます。{SAVE_AGAIN}")
    return parts


def scan(stream: IO[bytes], sheet: str) -> SheetScan:
    """Walk one sheet's XML. Refused for addresses that do not rise."""
    walk = _Walk(sheet)
    try:
        walk.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise Refused("broken", f"シート「{sheet}」が壊れています。{SAVE_AGAIN}") from error
    walk.end_of_cell()
    return walk.found


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


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


class _Walk:
    """The state of one walk; expat calls it once for each element, so it does little."""

    def __init__(self, sheet: str) -> None:
        self.found = SheetScan()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self._sheet = sheet
        self._row = 0
        self._column = 0
        self._row_text = "0"
        self._previous = ""
        self._type: str | None = None
        self._has_formula = False
        self._has_value = False
        self._columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self.end_of_cell()
            self._start_cell(attributes)
        elif name == "v" or name == "is":
            if self._previous in ("c", "f"):
                self._start_value()
        elif name == "f":
            self._has_formula = self._previous == "c" or self._has_formula
        elif name == "row":
            self.end_of_cell()
            self._start_row(attributes)
        elif name == "col" and _is_true(attributes.get("hidden")):
            self._hide_columns(attributes)
        self._previous = name

    def end_of_cell(self) -> None:
        if self._has_formula and not self._has_value:
            self.found.formulas_without_value.append((self._row, self._column))
        self._has_formula = self._has_value = False
        if self._type == "e":
            self.parser.CharacterDataHandler = None

    def _start_row(self, attributes: dict[str, str]) -> None:
        text = attributes.get("r")
        row = self._row + 1 if text is None else self._number(text)
        if not self._row < row <= MAX_ROWS:
            raise self._odd_addresses()
        self._row, self._row_text, self._column = row, str(row), 0
        if _is_true(attributes.get("hidden")):
            self.found.hidden_rows.append(row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        column = self._column + 1 if address is None else self._column_of(address)
        if not self._column < column <= MAX_COLUMNS:
            raise self._odd_addresses()
        self._column = column
        self._type = attributes.get("t")

    def _start_value(self) -> None:
        self._has_value = True
        self.found.last_row = self._row
        if self._column > self.found.last_column:
            self.found.last_column = self._column
        if self._type == "e":
            self.parser.CharacterDataHandler = self._error_text

    def _error_text(self, text: str) -> None:
        place = (self._row, self._column)
        self.found.errors[place] = (self.found.errors.get(place, "") + text).strip()

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        first = self._number(attributes.get("min", ""))
        last = min(self._number(attributes.get("max", "")), MAX_COLUMNS)
        self.found.hidden_columns.extend(range(first, last + 1))

    def _column_of(self, address: str) -> int:
        letters = address.removesuffix(self._row_text)
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = self._column_of_letters(letters)
        return column

    def _column_of_letters(self, letters: str) -> int:
        if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
            raise self._odd_addresses()
        column = 0
        for letter in letters.upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        return column

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROWS))):
            raise self._odd_addresses()
        return int(text)

    def _odd_addresses(self) -> Refused:
        return Refused(
            "addresses",
            f"シート「{self._sheet}」のセルの並びがExcelの決まりと違います。{SAVE_AGAIN}",
        )
