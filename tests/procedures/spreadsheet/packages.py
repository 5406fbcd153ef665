"""Files for the spreadsheet tests: plain lists, and packages put together by hand, part by part."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from procedures.spreadsheet.parsing import ParsedFile, ParsedRow, parse
from procedures.spreadsheet.raw import RawBook, RawSheet
from procedures.spreadsheet.reading import read_workbook

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_PART = "xl/worksheets/sheet1.xml"
HEAD = ("手続番号", "手続名", "部局室", "課", "本人確認")


def sheet_xml(data: str, *, before: str = "", after: str = "") -> str:
    """A worksheet part whose rows are ``data``."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'


def text_cell(address: str, text: str) -> str:
    """One cell of text."""
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def parts(sheet: str, *, properties: str = "", namespace: str = MAIN) -> dict[str, str]:
    """The parts of the smallest workbook, with one sheet named 一覧."""
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{namespace}" xmlns:r="{OFFICE}">{properties}'
            '<sheets><sheet name="一覧" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        SHEET_PART: sheet,
    }


def package(
    path: Path, contents: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED
) -> Path:
    """An archive of the contents, packed as quickly as can be: some unpack to 100 MB."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def book_of(path: Path, *sheets: tuple[str, Iterable[Sequence[Any]]]) -> Path:
    """A workbook of the sheets, each a name and its rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def raw(*rows: Sequence[Any], name: str = "一覧", **options: Any) -> RawSheet:
    """A sheet as it comes from the reader."""
    return RawSheet(name=name, rows=[tuple(row) for row in rows], **options)


def parsed(*sheets: RawSheet) -> ParsedFile:
    """The sheets understood, with 2025 as the last complete fiscal year."""
    return parse(RawBook(sheets), default_fiscal_year=2025)


def parsed_file(path: Path) -> ParsedFile:
    """A file read and understood."""
    return parse(read_workbook(path, path.name), default_fiscal_year=2025)


def rows_of(
    *rows: Sequence[Any], head: Sequence[Any] = HEAD, **options: Any
) -> tuple[ParsedRow, ...]:
    """The rows below ``head``, understood."""
    return parsed(raw(head, *rows, **options)).rows


def one(head: Sequence[Any], *cells: Any, **options: Any) -> ParsedRow:
    """The only row of a list, understood."""
    (row,) = rows_of(cells, head=head, **options)
    return row
