"""Files that mean harm, or look as if they did: one small function for each kind."""

import io
import random
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.procedures.spreadsheet.old_excel import OldSheet, book, container, old_workbook, text
from tests.procedures.spreadsheet.open_document import ODS_TYPE, cell, document, ods, table, texts
from tests.procedures.spreadsheet.packages import (
    HEAD,
    MAIN,
    OFFICE,
    SHEET_PART,
    package,
    parts,
    sheet_xml,
    text_cell,
)

STRINGS_PART = "xl/sharedStrings.xml"
LAUGHS = (
    "<!DOCTYPE a ["
    + '<!ENTITY e0 "はは">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LONG = "長" * 32_767
MEGABYTE = 1024**2


def line(row: int, values: Iterable[str]) -> str:
    """One row of text, from column A on."""
    cells = "".join(text_cell(f"{letters(n)}{row}", value) for n, value in enumerate(values, 1))
    return f'<row r="{row}">{cells}</row>'


def letters(column: int) -> str:
    """A column's letters; A is 1."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


ROWS = line(1, HEAD) + line(2, ("1", "住民票", "市民部", "市民課", "要"))


def xlsx(
    folder: Path, data: str = ROWS, *, more: Mapping[str, str | bytes] | None = None, **xml: str
) -> Path:
    """A workbook whose one sheet has the rows, with more parts or other ones."""
    return package(folder / "a.xlsx", parts(sheet_xml(data, **xml)) | (more or {}))


def with_strings(folder: Path, strings: str, data: str, *, before: str = "") -> Path:
    """A workbook with a table of strings."""
    contents = parts(sheet_xml(data))
    relation = f'<Relationship Id="rId9" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    rels = "xl/_rels/workbook.xml.rels"
    contents[rels] = contents[rels].replace("</Relationships>", f"{relation}</Relationships>")
    contents[STRINGS_PART] = f'{before}<sst xmlns="{MAIN}" count="4294967295">{strings}</sst>'
    return package(folder / "a.xlsx", contents)


def with_sheets(folder: Path, count: int, *, shared_part: bool = False) -> Path:
    """A workbook of many sheets."""
    contents = parts(sheet_xml(ROWS))
    sheets, relations = "", ""
    for number in range(2, count + 1):
        relation = f"rId{number}" if not shared_part else "rId1"
        sheets += f'<sheet name="第{number}" sheetId="{number}" r:id="{relation}"/>'
        relations += (
            f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
        if not shared_part:
            contents[f"xl/worksheets/sheet{number}.xml"] = sheet_xml(ROWS)
    rels = "xl/_rels/workbook.xml.rels"
    contents[rels] = contents[rels].replace("</Relationships>", f"{relations}</Relationships>")
    workbook = contents["xl/workbook.xml"]
    contents["xl/workbook.xml"] = workbook.replace("</sheets>", f"{sheets}</sheets>")
    return package(folder / "a.xlsx", contents)


def written(folder: Path, name: str, content: bytes) -> Path:
    """A file of the bytes."""
    path = folder / name
    path.write_bytes(content)
    return path


# Archives


def bomb_by_size(folder: Path) -> Path:
    filling = random.Random(1).randbytes(2 * MEGABYTE)  # does not shrink: its ratio is modest
    many = {f"xl/media/{number}": filling[:100_000] + bytes(3 * MEGABYTE) for number in range(101)}
    return xlsx(folder, more=many)


def bomb_by_ratio(folder: Path) -> Path:
    return xlsx(folder, ROWS + " " * 50 * MEGABYTE)


def bomb_of_entries_that_share_their_bytes(folder: Path) -> Path:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts(sheet_xml(ROWS)).items():
            archive.writestr(name, content)
        archive.writestr("xl/media/0", bytes(MEGABYTE))
        first = archive.infolist()[-1]
        for number in range(1, 1000):
            other = zipfile.ZipInfo(f"xl/media/{number}")
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(other, field, getattr(first, field))
            archive.filelist.append(other)
    return written(folder, "a.xlsx", file.getvalue())


def archive_within_the_archive(folder: Path) -> Path:
    inner = bomb_by_ratio(folder).read_bytes()
    return xlsx(folder, more={"xl/embeddings/a.xlsx": inner})


def bzip2_member(folder: Path) -> Path:
    contents = parts(sheet_xml(ROWS + " " * MEGABYTE))
    return package(folder / "a.xlsx", contents, zipfile.ZIP_BZIP2)


def encrypted_archive(folder: Path) -> Path:
    content = bytearray(xlsx(folder).read_bytes())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        found = content.find(mark)
        while found >= 0:
            content[found + place] |= 1
            found = content.find(mark, found + 1)
    return written(folder, "a.xlsx", bytes(content))


def path_that_climbs_out(folder: Path) -> Path:
    return xlsx(folder, more={"xl/../../../etc/cron.d/a": "x"})


def path_from_the_root(folder: Path) -> Path:
    return xlsx(folder, more={"/etc/cron.d/a": "x"})


def path_with_backslashes(folder: Path) -> Path:
    return xlsx(folder, more={"..\\..\\a.exe": "x"})


def two_members_of_one_name(folder: Path) -> Path:
    path = xlsx(folder, more={"xl/worksheets/sheet9.xml": sheet_xml(ROWS)})
    content = path.read_bytes()
    return written(folder, "a.xlsx", content.replace(b"sheet9.xml", b"sheet1.xml"))


def names_that_differ_in_header_and_directory(folder: Path) -> Path:
    content = xlsx(folder).read_bytes()
    return written(folder, "a.xlsx", content.replace(b"sheet1.xml", b"sheet2.xml", 1))


def zip_that_is_no_workbook(folder: Path) -> Path:
    return package(folder / "a.xlsx", {"手続.txt": "手続名"})


def empty_zip(folder: Path) -> Path:
    return written(folder, "a.xlsx", b"PK\x05\x06" + bytes(18))


# XML


def laughs_in_the_strings(folder: Path) -> Path:
    data = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    return with_strings(folder, "<si><t>&e9;</t></si>", data, before=LAUGHS)


def laughs_in_a_sheet_of_another_ending(folder: Path) -> Path:
    contents = parts(LAUGHS + sheet_xml(f'<row r="1">{text_cell("A1", "&e9;")}</row>'))
    contents["xl/worksheets/sheet1.dat"] = contents.pop(SHEET_PART)
    rels = "xl/_rels/workbook.xml.rels"
    contents[rels] = contents[rels].replace("sheet1.xml", "sheet1.dat")
    return package(folder / "a.xlsx", contents)


def laughs_in_an_open_document(folder: Path) -> Path:
    return open_document(folder, LAUGHS + document(table(texts("&e9;"))))


def outside_entity_in_a_sheet(folder: Path) -> Path:
    sheet = OUTSIDE + sheet_xml(f'<row r="1">{text_cell("A1", "&e;")}</row>')
    return xlsx(folder, more={SHEET_PART: sheet})


def outside_entity_in_the_workbook(folder: Path) -> Path:
    return xlsx(folder, more={"xl/workbook.xml": OUTSIDE + parts("")["xl/workbook.xml"]})


def outside_entity_in_an_open_document(folder: Path) -> Path:
    return open_document(folder, OUTSIDE + document(table(texts("&e;"))))


def nested_elements_in_a_sheet(folder: Path) -> Path:
    return xlsx(folder, ROWS, after=_nested())


def nested_elements_in_the_workbook(folder: Path) -> Path:
    workbook = parts("")["xl/workbook.xml"].replace("</workbook>", f"{_nested()}</workbook>")
    return xlsx(folder, more={"xl/workbook.xml": workbook})


def nested_elements_in_an_open_document(folder: Path) -> Path:
    return open_document(folder, document(table(texts(*HEAD) + _nested())))


def _nested() -> str:
    # What stands between keeps the ratio below the gate's, as a careful attacker would.
    noise = random.Random(2)
    names = [f"a{noise.randrange(10**6)}" for _ in range(300_000)]
    opened = "".join(f"<{name}>" for name in names)
    return opened + "".join(f"</{name}>" for name in reversed(names))


def open_document(folder: Path, content: str) -> Path:
    """An OpenDocument file of the content."""
    return package(folder / "a.ods", {"mimetype": ODS_TYPE, "content.xml": content})


# Sheets


def two_cells_at_the_corners(folder: Path) -> Path:
    return xlsx(folder, line(1, ["手続名"]) + _last_cell())


def _last_cell() -> str:
    return f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'


def all_columns_used(folder: Path) -> Path:
    names = (*HEAD, *(f"列{number}" for number in range(len(HEAD), 16_384)))
    return xlsx(folder, "".join(line(row, names) for row in range(1, 21)))


def rows_out_of_order(folder: Path) -> Path:
    return xlsx(folder, line(1, HEAD) + line(3, ("1", "住民票")) + line(2, ("2", "戸籍")))


def cells_out_of_order(folder: Path) -> Path:
    return xlsx(folder, f'<row r="1">{text_cell("B1", "x")}{text_cell("A1", "y")}</row>')


def cell_of_another_row(folder: Path) -> Path:
    return xlsx(folder, f'<row r="1">{text_cell("A7", "x")}</row>')


def dimension_that_is_too_large(folder: Path) -> Path:
    return xlsx(folder, before='<dimension ref="A1:XFD1048576"/>')


def dimension_that_is_too_small(folder: Path) -> Path:
    return xlsx(folder, before='<dimension ref="A1"/>')


def formatted_empty_rows(folder: Path) -> Path:
    rest = "".join(
        f'<row r="{row}" ht="18" customHeight="1"><c r="A{row}" s="0"/><c r="B{row}" s="0"/>'
        f'<c r="C{row}" s="0"/><c r="D{row}" s="0"/><c r="E{row}" s="0"/></row>'
        for row in range(3, 1_048_577)
    )
    return xlsx(folder, ROWS + rest)


def hidden_empty_rows(folder: Path) -> Path:
    rest = "".join(f'<row r="{row}" hidden="1"/>' for row in range(3, 1_048_577))
    return xlsx(folder, ROWS + rest)


def cells_of_the_longest_text(folder: Path) -> Path:
    return xlsx(
        folder,
        line(1, HEAD) + line(2, ("1", "住民票", "", "", "", *[_prose(n) for n in range(90)])),
    )


def _prose(seed: int) -> str:
    chance = random.Random(seed)
    return "".join(map(chr, chance.choices(range(0x4E00, 0x9000), k=32_767)))


def cell_longer_than_excels(folder: Path) -> Path:
    return xlsx(folder, line(1, HEAD) + line(2, ("1", LONG + "い")))


def control_characters(folder: Path) -> Path:
    return xlsx(folder, line(1, HEAD) + line(2, ("1", "住民\x01票_x0000_", "市民部")))


def null_in_a_sheet(folder: Path) -> Path:
    return xlsx(folder, line(1, HEAD) + line(2, ("1", "住民\0票")))


def numbers_beyond_all_numbers(folder: Path) -> Path:
    values = "".join(f"<c><v>{value}</v></c>" for value in ("1e999", "-1e999", "nan", "1e300"))
    return xlsx(folder, line(1, HEAD) + f'<row r="2">{values}</row>')


def duplicated_headings(folder: Path) -> Path:
    return xlsx(folder, line(1, (*HEAD, *HEAD)) + line(2, ("1", "住民票", "市民部", "", "", "2")))


def millions_of_strings(folder: Path) -> Path:
    strings = "".join(f"<si><t>{number}</t></si>" for number in range(2_000_000))
    return with_strings(folder, strings, ROWS)


def long_string_used_everywhere(folder: Path) -> Path:
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 100_001)
    )
    return with_strings(folder, f"<si><t>{LONG}</t></si>", cells)


def hundreds_of_sheets(folder: Path) -> Path:
    return with_sheets(folder, 400)


def more_sheets_than_are_read(folder: Path) -> Path:
    return with_sheets(folder, 600)


def sheets_that_share_one_part(folder: Path) -> Path:
    return with_sheets(folder, 300, shared_part=True)


def merged_areas_by_the_hundred_thousand(folder: Path) -> Path:
    areas = "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 100_001))
    return xlsx(folder, after=f"<mergeCells>{areas}</mergeCells>")


def validations_by_the_hundred_thousand(folder: Path) -> Path:
    rules = "".join(
        f'<dataValidation type="list" sqref="A{n}"><formula1>"要,不要"</formula1></dataValidation>'
        for n in range(1, 200_001)
    )
    return xlsx(folder, after=f"<dataValidations>{rules}</dataValidations>")


def comments_by_the_hundred_thousand(folder: Path) -> Path:
    comments = "".join(
        f'<comment ref="A{n}"><text><t>覚え</t></text></comment>' for n in range(1, 200_001)
    )
    part = f'<comments xmlns="{MAIN}"><commentList>{comments}</commentList></comments>'
    return xlsx(folder, more={"xl/comments1.xml": part})


def sheet_that_spans_millions_of_cells(folder: Path) -> Path:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="AN{row}"><v>1</v></c></row>'
        for row in range(1, 120_001)
    )
    return xlsx(folder, rows)


def more_rows_than_any_list(folder: Path) -> Path:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(3, 200_000)
    )
    return xlsx(folder, ROWS + rows)


def formulas_that_were_never_calculated(folder: Path) -> Path:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><f>ROW()</f></c></row>' for row in range(3, 200_000)
    )
    return xlsx(folder, ROWS + rows)


def error_cells_by_the_hundred_thousand(folder: Path) -> Path:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="e"><v>#REF!</v></c></row>' for row in range(3, 200_000)
    )
    return xlsx(folder, ROWS + rows)


def elements_that_mean_nothing(folder: Path) -> Path:
    noise = random.Random(6)
    few = "".join(f"<b{noise.randrange(10**5)}/>" for _ in range(500_000))
    return xlsx(folder, ROWS, after=few * 9)


def macros(folder: Path) -> Path:
    return xlsx(folder, more={"xl/vbaProject.bin": random.Random(3).randbytes(50_000)})


def strict_workbook(folder: Path) -> Path:
    return package(folder / "a.xlsx", parts(sheet_xml(ROWS), namespace=STRICT))


# OpenDocument and old Excel


def open_document_of_millions_of_cells(folder: Path) -> Path:
    noise = random.Random(4)
    rows = (texts(*(str(noise.randrange(10**6)) for _ in range(40))) for _ in range(19_000))
    return ods(folder / "a.ods", table(texts(*HEAD) + "".join(rows)))


def open_document_of_millions_of_empty_cells(folder: Path) -> Path:
    noise = random.Random(4)
    cells = "".join(
        f'<table:table-cell table:style-name="ce{noise.randrange(10**4)}"/>' for _ in range(10**6)
    )
    return ods(folder / "a.ods", table(f"<table:table-row>{cells * 2}</table:table-row>"))


def open_document_of_spans(folder: Path) -> Path:
    noise = random.Random(4)
    spans = "".join(f'<text:span text:a="{noise.randrange(10**6)}"/>' for _ in range(500_000))
    return ods(folder / "a.ods", table(texts(*HEAD) + texts(spans * 5)))


def open_document_of_repeated_long_text(folder: Path) -> Path:
    cells = cell(LONG, 'table:number-columns-repeated="1000"')
    return ods(folder / "a.ods", table(f"<table:table-row>{cells}</table:table-row>" * 10))


def old_book_whose_macros_go_in_a_ring(folder: Path) -> Path:
    stream = book(OldSheet("一覧", _old_rows()))
    streams = {
        "Workbook": stream.ljust(8192, b"\0"),
        "_VBA_PROJECT_CUR": bytes(6000),
        "dir": bytes(6000),
    }
    content = bytearray(container(streams))
    start = struct.unpack_from(
        "<L", content, content.index("dir".encode("utf-16-le") + bytes(4)) + 116
    )
    place = content.index(struct.pack("<2L", start[0] + 1, start[0] + 2))
    struct.pack_into("<L", content, place + 4, start[0])
    return written(folder, "a.xls", bytes(content))


def _old_rows() -> bytes:
    rows = (HEAD, ("1", "住民票", "市民部", "市民課", "要"))
    return b"".join(text(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))


def old_book_whose_sectors_go_in_a_ring(folder: Path) -> Path:
    content = bytearray(old_workbook(OldSheet("一覧", bytes(40_000))))
    struct.pack_into("<L", content, content.index(struct.pack("<3L", 10, 11, 12)), 9)
    return written(folder, "a.xls", bytes(content))


def old_book_of_two_far_cells(folder: Path) -> Path:
    return written(
        folder, "a.xls", old_workbook(OldSheet("一覧", text(0, 0, "x") + text(65_535, 255, "x")))
    )


def old_book_of_millions_of_records(folder: Path) -> Path:
    content = old_workbook(
        OldSheet("一覧", _old_rows() + struct.pack("<HH", 0x1234, 0) * 1_500_000)
    )
    return written(folder, "a.xls", content)


# Text


def nothing(folder: Path) -> Path:
    return written(folder, "a.xlsx", b"")


def page_in_shift_jis(folder: Path) -> Path:
    page = "<html><meta charset=Shift_JIS><table><tr><td>手続名</td></tr></table></html>"
    return written(folder, "a.xlsx", page.encode("cp932"))


def csv_line_of_50_mb(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n").encode() + b"x" * 50 * MEGABYTE)


def csv_line_of_29_mb(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n").encode() + "手".encode() * 10_000_000)


def csv_line_of_commas(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n").encode() + b"," * 29 * MEGABYTE)


def csv_whose_quote_never_ends(folder: Path) -> Path:
    head = ",".join(HEAD) + '\n1,"住民票'
    return written(folder, "a.csv", head.encode() + b"\nabc,def" * 3_700_000)


def csv_of_two_million_lines(folder: Path) -> Path:
    lines = "\n".join(map(str, range(2_000_000)))
    return written(folder, "a.csv", f"手続名\n{lines}\n".encode())


def csv_with_nul(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n1,住民\0票\n").encode())


def csv_with_control_characters(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n1,住民\x01\x1b票\n").encode())


def csv_in_utf16_of_odd_length(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(HEAD) + "\n1,住民票\n").encode("utf-16") + b"\n")


def csv_of_all_columns(folder: Path) -> Path:
    return written(folder, "a.csv", (",".join(map(str, range(16_384))) + "\n").encode() * 100)


def csv_of_random_bytes(folder: Path) -> Path:
    return written(folder, "a.csv", random.Random(5).randbytes(5 * MEGABYTE))
