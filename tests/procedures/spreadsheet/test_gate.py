"""The gate: every hostile or mistaken file is refused quickly, with its code and what to do."""

import struct
import time
import zipfile

import pytest

from procedures.spreadsheet import gate
from procedures.spreadsheet.gate import FileFormat, Refused
from procedures.spreadsheet.reading import read_workbook
from tests.procedures.spreadsheet.packages import (
    SHEET_PART,
    book_of,
    package,
    parts,
    sheet_xml,
    text_cell,
)

ROW = f'<row r="1">{text_cell("A1", "手続名")}</row>'
OLE_HEAD = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504


def written(path, content):
    path.write_bytes(content)
    return path


def with_part(tmp_path, name, content, method=zipfile.ZIP_DEFLATED):
    return package(tmp_path / "a.xlsx", parts(sheet_xml(ROW)) | {name: content}, method)


def text_named_xlsx(tmp_path):
    return written(tmp_path / "a.xlsx", "手続名,課\n住民票,市民課\n".encode())


def empty(tmp_path):
    return written(tmp_path / "a.xlsx", b"")


def encrypted(tmp_path):
    directory = "EncryptedPackage".encode("utf-16-le").ljust(128, b"\0")
    return written(tmp_path / "a.xlsx", OLE_HEAD + directory + b"\x01" * 512)


def old_xls(tmp_path):
    return written(tmp_path / "a.xls", OLE_HEAD + "Workbook".encode("utf-16-le").ljust(128, b"\0"))


def other_ole(tmp_path):
    return written(tmp_path / "a.xlsx", OLE_HEAD + "WordDocument".encode("utf-16-le"))


def html_named_xlsx(tmp_path):
    return written(tmp_path / "a.xlsx", b"\xef\xbb\xbf\n<html><table><tr><td>1</td></tr></table>")


def html_with_doctype(tmp_path):
    return written(tmp_path / "a.xls", b"<!DOCTYPE HTML><title>a</title>")


def xml_spreadsheet_2003(tmp_path):
    return written(tmp_path / "a.xlsx", b'<?xml version="1.0"?><Workbook/>')


def small_file_that_unpacks_to_100_mb(tmp_path):
    return with_part(tmp_path, "xl/media/image1.bin", b"\0" * 100 * 1024**2)


def sheet_that_unpacks_to_100_mb(tmp_path):
    contents = parts(sheet_xml(ROW + " " * 100 * 1024**2))
    return package(tmp_path / "a.xlsx", contents)


def bzip2_member(tmp_path):
    return with_part(tmp_path, "xl/a.xml", b"<a/>" * 1000, zipfile.ZIP_BZIP2)


def lzma_member(tmp_path):
    return with_part(tmp_path, "xl/a.xml", b"<a/>" * 1000, zipfile.ZIP_LZMA)


def zip_of_something_else(tmp_path):
    return package(tmp_path / "a.xlsx", {"readme.txt": "手続名"})


def word_document(tmp_path):
    contents = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}
    return package(tmp_path / "a.xlsx", contents)


def open_document(tmp_path):
    contents = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}
    return package(tmp_path / "a.ods", contents)


def binary_workbook(tmp_path):
    return package(tmp_path / "a.xlsb", {"xl/workbook.bin": b"\0"})


def doctype(tmp_path):
    return with_part(tmp_path, SHEET_PART, "<!DOCTYPE a [<!ENTITY b 'c'>]>" + sheet_xml(ROW))


def doctype_across_two_chunks(tmp_path):
    filling = "<!--" + "x" * (gate.CHUNK_BYTES - 10) + "-->"
    return with_part(tmp_path, SHEET_PART, filling + "<!DOCTYPE a>" + sheet_xml(ROW))


def utf16_part(tmp_path):
    return with_part(tmp_path, SHEET_PART, sheet_xml(ROW).encode("utf-16"))


def strict_workbook(tmp_path):
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    return package(tmp_path / "a.xlsx", parts(sheet_xml(ROW), namespace=strict))


def truncated(tmp_path):
    content = package(tmp_path / "a.xlsx", parts(sheet_xml(ROW))).read_bytes()
    return written(tmp_path / "a.xlsx", content[: len(content) // 2])


def wrong_checksum(tmp_path):
    path = package(tmp_path / "a.xlsx", parts(sheet_xml(ROW)), zipfile.ZIP_STORED)
    return written(path, path.read_bytes().replace("手続名".encode(), "手続文".encode()))


def directory_that_understates_a_size(tmp_path):
    path = with_part(tmp_path, "xl/a.xml", b"<a>" + b" " * 5000 + b"</a>")
    content = path.read_bytes()
    size = struct.pack("<L", 5007)
    assert content.count(size) == 2
    return written(path, content.replace(size, struct.pack("<L", 7)))


def backslash_in_a_name(tmp_path):
    return with_part(tmp_path, "xl\\..\\a.xml", "<a/>")


def same_name_twice(tmp_path):
    path = package(tmp_path / "a.xlsx", parts(sheet_xml(ROW)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("XL/workbook.xml", "<workbook/>")
    return path


def thousands_of_members(tmp_path):
    many = {f"xl/media/{number}": b"" for number in range(gate.MAX_MEMBERS)}
    return package(tmp_path / "a.xlsx", parts(sheet_xml(ROW)) | many)


def password_on_a_member(tmp_path):
    content = bytearray(package(tmp_path / "a.xlsx", parts(sheet_xml(ROW))).read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    return written(tmp_path / "a.xlsx", bytes(content))


def csv_with_nul(tmp_path):
    return written(tmp_path / "a.csv", "手続名,課".encode("utf-16"))


REFUSALS = [
    (text_named_xlsx, "no_workbook"),
    (empty, "empty"),
    (encrypted, "encrypted"),
    (old_xls, "old_xls"),
    (other_ole, "no_workbook"),
    (html_named_xlsx, "html"),
    (html_with_doctype, "html"),
    (xml_spreadsheet_2003, "html"),
    (small_file_that_unpacks_to_100_mb, "unpacks_too_large"),
    (sheet_that_unpacks_to_100_mb, "unpacks_too_large"),
    (bzip2_member, "zip_method"),
    (lzma_member, "zip_method"),
    (zip_of_something_else, "no_workbook"),
    (word_document, "no_workbook"),
    (open_document, "unsupported"),
    (binary_workbook, "unsupported"),
    (doctype, "doctype"),
    (doctype_across_two_chunks, "doctype"),
    (utf16_part, "xml_encoding"),
    (strict_workbook, "strict"),
    (truncated, "broken"),
    (wrong_checksum, "broken"),
    (directory_that_understates_a_size, "unpacks_too_large"),
    (backslash_in_a_name, "broken"),
    (same_name_twice, "broken"),
    (thousands_of_members, "too_many_members"),
    (password_on_a_member, "encrypted"),
    (csv_with_nul, "csv_encoding"),
]


@pytest.mark.parametrize(
    ("make", "code"), REFUSALS, ids=lambda value: getattr(value, "__name__", "")
)
def test_bad_file_is_refused_at_the_gate_with_its_code(tmp_path, make, code):
    path = make(tmp_path)
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        gate.look(path, path.name)
    assert caught.value.code == code
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("make", "code"), REFUSALS, ids=lambda value: getattr(value, "__name__", "")
)
def test_refusal_says_in_a_polite_sentence_what_to_do(tmp_path, make, code):
    path = make(tmp_path)
    with pytest.raises(Refused) as caught:
        gate.look(path, path.name)
    assert caught.value.message.endswith("ください。")
    assert str(caught.value) == caught.value.message


def test_bomb_is_as_small_as_the_story_says(tmp_path):
    assert small_file_that_unpacks_to_100_mb(tmp_path).stat().st_size < 300 * 1024


def test_encrypted_workbook_is_told_to_lose_its_password(tmp_path):
    with pytest.raises(Refused, match="パスワードを外して"):
        gate.look(encrypted(tmp_path), "a.xlsx")


def test_old_workbook_is_told_the_format_to_save_in(tmp_path):
    with pytest.raises(Refused, match=r"『Excel ブック \(\*\.xlsx\)』で保存し直して"):
        gate.look(old_xls(tmp_path), "a.xls")


def test_file_above_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "a.xlsx"
    with path.open("wb") as file:
        file.truncate(gate.MAX_FILE_BYTES + 1)
    with pytest.raises(Refused) as caught:
        gate.look(path, path.name)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("name", ["一覧.xlsx", "一覧.xlsm", "名前だけ.csv"])
def test_workbook_is_known_by_its_bytes_whatever_its_name(tmp_path, name):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    assert gate.look(path, name) is FileFormat.XLSX


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_passes_by_its_name(tmp_path, encoding):
    path = written(tmp_path / "x", "手続名,課\n".encode(encoding))
    assert gate.look(path, "一覧.CSV") is FileFormat.CSV


def test_macros_do_not_keep_a_workbook_out(tmp_path):
    path = with_part(tmp_path, "xl/vbaProject.bin", b"\0\1\2" * 100)
    assert gate.look(path, "a.xlsm") is FileFormat.XLSX


def test_gate_leaves_the_file_as_it_was(tmp_path):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名", "課", "部局室"]]))
    before = path.read_bytes()
    read_workbook(path, path.name)
    assert path.read_bytes() == before
