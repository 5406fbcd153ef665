"""The gate: every hostile or mistaken file is refused quickly, with its code and what to do."""

import struct
import time
import zipfile

import pytest

from procedures.spreadsheet import gate
from procedures.spreadsheet.gate import FileFormat, Refused
from procedures.spreadsheet.reading import read_workbook
from tests.procedures.spreadsheet.old_excel import OldSheet, book, container, old_workbook
from tests.procedures.spreadsheet.open_document import (
    ODS_TYPE,
    document,
    manifest,
    ods,
    table,
    texts,
)
from tests.procedures.spreadsheet.packages import (
    SHEET_PART,
    book_of,
    package,
    parts,
    sheet_xml,
    text_cell,
)

ROW = f'<row r="1">{text_cell("A1", "手続名")}</row>'
ODS = {
    "mimetype": ODS_TYPE,
    "content.xml": document(table(texts("手続名"))),
    "META-INF/manifest.xml": manifest(),
}


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
    streams = {"EncryptionInfo": b"\x04", "EncryptedPackage": b"\x01" * 5000}
    return written(tmp_path / "a.xlsx", container(streams))


def encrypted_and_cut_short(tmp_path):
    directory = "EncryptedPackage".encode("utf-16-le").ljust(4096, b"\0")
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + directory
    return written(tmp_path / "a.xlsx", content)


def old_workbook_with_a_password(tmp_path):
    content = book(OldSheet("一覧", b""), has_password=True)
    return written(tmp_path / "a.xls", container({"Workbook": content}))


def old_workbook_cut_in_half(tmp_path):
    content = old_workbook(OldSheet("一覧", b"\0" * 40_000))
    return written(tmp_path / "a.xls", content[: len(content) // 2])


def old_workbook_whose_sectors_follow_each_other_in_a_ring(tmp_path):
    content = bytearray(old_workbook(OldSheet("一覧", b"\0" * 40_000)))
    chain = content.index(struct.pack("<3L", 10, 11, 12))
    struct.pack_into("<L", content, chain, 9)
    return written(tmp_path / "a.xls", bytes(content))


def container_without_a_table(tmp_path):
    return written(tmp_path / "a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000))


def other_container(tmp_path):
    return written(tmp_path / "a.xls", container({"WordDocument": b"\x01" * 5000}))


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


def text_document(tmp_path):
    contents = ODS | {"mimetype": "application/vnd.oasis.opendocument.text"}
    return package(tmp_path / "a.ods", contents)


def ods_with_a_password(tmp_path):
    contents = ODS | {
        "content.xml": b"\0\1\2" * 100,
        "META-INF/manifest.xml": manifest(inside="<manifest:encryption-data/>"),
    }
    return package(tmp_path / "a.ods", contents)


def ods_wrapped_with_a_password(tmp_path):
    contents = {"mimetype": ODS_TYPE, "encrypted-package": b"\0\1\2" * 100}
    return package(tmp_path / "a.ods", contents)


def ods_with_a_doctype(tmp_path):
    content = "<!DOCTYPE a [<!ENTITY b 'c'>]>" + ODS["content.xml"]
    return package(tmp_path / "a.ods", ODS | {"content.xml": content})


def ods_in_utf16(tmp_path):
    content = ODS["content.xml"].encode("utf-16")
    return package(tmp_path / "a.ods", ODS | {"content.xml": content})


def ods_that_unpacks_to_100_mb(tmp_path):
    content = ODS["content.xml"] + " " * 100 * 1024**2
    return package(tmp_path / "a.ods", ODS | {"content.xml": content})


def ods_with_a_bzip2_member(tmp_path):
    return package(tmp_path / "a.ods", ODS, zipfile.ZIP_BZIP2)


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


def utf16_without_its_mark(tmp_path):
    return written(tmp_path / "a.csv", "手続名,課".encode("utf-16-le"))


def csv_with_nul(tmp_path):
    return written(tmp_path / "a.csv", "手続名,課\0\n".encode())


def utf16_with_nul(tmp_path):
    return written(tmp_path / "a.txt", "手続名\t課\0\n".encode("utf-16"))


def html_in_utf16(tmp_path):
    return written(tmp_path / "a.xls", "<html><table></table></html>".encode("utf-16"))


def text_with_no_known_name(tmp_path):
    return written(tmp_path / "a.md", "手続名,課\n".encode())


REFUSALS = [
    (text_named_xlsx, "no_workbook"),
    (empty, "empty"),
    (encrypted, "encrypted"),
    (encrypted_and_cut_short, "encrypted"),
    (old_workbook_with_a_password, "encrypted"),
    (old_workbook_cut_in_half, "broken"),
    (old_workbook_whose_sectors_follow_each_other_in_a_ring, "broken"),
    (container_without_a_table, "broken"),
    (other_container, "no_workbook"),
    (html_named_xlsx, "html"),
    (html_with_doctype, "html"),
    (xml_spreadsheet_2003, "html"),
    (small_file_that_unpacks_to_100_mb, "unpacks_too_large"),
    (sheet_that_unpacks_to_100_mb, "unpacks_too_large"),
    (bzip2_member, "zip_method"),
    (lzma_member, "zip_method"),
    (zip_of_something_else, "no_workbook"),
    (word_document, "no_workbook"),
    (text_document, "no_workbook"),
    (ods_with_a_password, "encrypted"),
    (ods_wrapped_with_a_password, "encrypted"),
    (ods_with_a_doctype, "doctype"),
    (ods_in_utf16, "xml_encoding"),
    (ods_that_unpacks_to_100_mb, "unpacks_too_large"),
    (ods_with_a_bzip2_member, "zip_method"),
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
    (utf16_without_its_mark, "csv_encoding"),
    (csv_with_nul, "csv_encoding"),
    (utf16_with_nul, "csv_encoding"),
    (html_in_utf16, "html"),
    (text_with_no_known_name, "no_workbook"),
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
    assert small_file_that_unpacks_to_100_mb(tmp_path).stat().st_size < 500 * 1024


@pytest.mark.parametrize("make", [encrypted, old_workbook_with_a_password, ods_with_a_password])
def test_encrypted_workbook_is_told_to_lose_its_password(tmp_path, make):
    with pytest.raises(Refused, match="パスワードを外して"):
        gate.look(make(tmp_path), "a.xlsx")


def test_binary_workbook_is_told_the_format_to_save_in(tmp_path):
    with pytest.raises(Refused, match=r"『Excel ブック \(\*\.xlsx\)』で保存し直して"):
        gate.look(binary_workbook(tmp_path), "a.xlsb")


@pytest.mark.parametrize("name", ["一覧.xls", "一覧.xlsx", "名前だけ.csv"])
def test_old_workbook_and_open_document_are_known_by_their_bytes(tmp_path, name):
    old = written(tmp_path / "a", old_workbook(OldSheet("一覧", b"")))
    assert gate.look(old, name) is FileFormat.XLS
    assert gate.look(ods(tmp_path / "b", table(texts("手続名"))), name) is FileFormat.ODS


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("name", ["一覧.CSV", "一覧.txt", "一覧.tsv"])
def test_text_passes_by_its_name(tmp_path, encoding, name):
    path = written(tmp_path / "x", "手続名,課\n".encode(encoding))
    assert gate.look(path, name) is FileFormat.CSV


def test_macros_do_not_keep_a_workbook_out(tmp_path):
    path = with_part(tmp_path, "xl/vbaProject.bin", b"\0\1\2" * 100)
    assert gate.look(path, "a.xlsm") is FileFormat.XLSX


def test_gate_leaves_the_file_as_it_was(tmp_path):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名", "課", "部局室"]]))
    before = path.read_bytes()
    read_workbook(path, path.name)
    assert path.read_bytes() == before
