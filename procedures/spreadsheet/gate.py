"""The gate: looks at a file's bytes, before any reader does, and refuses what could do harm."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from . import biff

MAX_FILE_BYTES = 30 * 1024 * 1024  # three times the largest real list (75,071 rows, 10 MB)
MAX_UNPACKED_BYTES = 200 * 1024 * 1024  # the same list unpacks to 119 MB
MAX_RATIO = 100  # real workbooks pack 5 to 20 times; deflate can do 1,000
RATIO_COUNTS_FROM_BYTES = 8 * 1024 * 1024  # below this, any ratio is harmless
MAX_MEMBERS = 2_000  # a workbook of 200 sheets with drawings has some 1,000 parts
MAX_DIRECTORY_BYTES = 512 * 1024  # what the list of that many parts needs, read whole by zipfile
CHUNK_BYTES = 256 * 1024  # memory that unpacking takes, whatever the file claims

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
TEXT_ENDINGS = (".csv", ".tsv", ".txt")

SAVE_AGAIN = "Excelで開き、『Excel ブック (*.xlsx)』で保存し直してください。"


class FileFormat(StrEnum):
    """The formats that are read; xlsm is xlsx, its macros ignored, and csv may have tabs."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"


class Refused(Exception):
    """A file that is not read: ``code`` for programs, ``message`` for people (what to do)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def look(path: Path, filename: str) -> FileFormat:
    """The format of the file by its bytes; Refused where no reader should see it.

    An archive is unpacked once, in pieces and into nothing, to count what it really holds.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty", "ファイルが空です。中身のあるファイルを選び直してください。")
    if size > MAX_FILE_BYTES:
        raise Refused(
            "too_large",
            f"ファイルが大きすぎます（{MAX_FILE_BYTES // 1024**2}MBまで）。"
            "画像や使っていないシートを除くか、部局ごとに分けてください。",
        )
    with path.open("rb") as file:
        head = file.read(2048)
        if head.startswith(b"PK\x03\x04"):
            return _look_into_archive(file, size)
        if head.startswith(biff.MAGIC):
            return _look_into_container(head + file.read())
        return _look_at_text(head, filename)


_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED_FLAG = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_STRICT_NAMESPACE = b"http://purl.oclc.org/ooxml/"
_REQUIRED_PARTS = ("[Content_Types].xml", "xl/workbook.xml")
_MANIFEST = "META-INF/manifest.xml"
_LOOKED_AT_FIRST = ("mimetype", _MANIFEST)
_ODS_TYPES = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
_ENCRYPTED = "EncryptedPackage"  # the stream of a workbook with a password
_FILEPASS, _END = 0x2F, 0x0A  # records of old Excel files


def _look_into_container(content: bytes) -> FileFormat:
    try:
        container = biff.Container(content)
        stream = biff.book_stream(container)
        if _ENCRYPTED in container.names or (stream and _has_password(stream)):
            raise _encrypted()
    except biff.BrokenContainer as error:
        # Cut short, it still says what it is: without its password it would not be read either.
        raise _encrypted() if _ENCRYPTED.encode("utf-16-le") in content else _broken() from error
    if stream is None:
        raise _no_workbook()
    return FileFormat.XLS


def _has_password(stream: bytes) -> bool:
    for kind, _ in biff.records(stream):
        if kind in (_FILEPASS, _END):
            return kind == _FILEPASS
    return False


def _encrypted() -> Refused:
    return Refused(
        "encrypted",
        "パスワードの付いたファイルです。パスワードを外してから、もう一度選んでください。",
    )


def _no_workbook() -> Refused:
    return Refused("no_workbook", f"Excelのブックではないため読み取れません。{SAVE_AGAIN}")


def _look_at_text(head: bytes, filename: str) -> FileFormat:
    is_utf16 = head.startswith(UTF16_MARKS)
    if is_utf16:
        head = head[: len(head) // 2 * 2].decode("utf-16", errors="ignore").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if re.match(rb"<!doctype html|<html|<table|<\?xml|<meta", start):
        raise Refused("html", f"名前はExcelのようですが、中身はWebページかXMLです。{SAVE_AGAIN}")
    if not filename.lower().endswith(TEXT_ENDINGS):
        raise _no_workbook()
    if b"\0" in head:
        raise Refused(
            "csv_encoding",
            "ファイルの文字コードが読み取れません。"
            "Excelで『CSV UTF-8 (コンマ区切り)』として保存し直してください。",
        )
    return FileFormat.CSV


def _look_into_archive(file: BinaryIO, size: int) -> FileFormat:
    _check_directory_size(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _broken() from error
    file_format = _check_members(members)
    watched = _watched_open_document if file_format is FileFormat.ODS else _watched
    unpacked = 0
    for member in sorted(members, key=lambda member: member.filename not in _LOOKED_AT_FIRST):
        for chunk in watched(member, _unpacked(file, member)):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED_BYTES:
                raise _bomb()
    return file_format


def _check_directory_size(file: BinaryIO, size: int) -> None:
    tail_bytes = min(size, _END_OF_DIRECTORY.size + 0xFFFF)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END_OF_DIRECTORY.size:
        raise _broken()
    fields = _END_OF_DIRECTORY.unpack_from(tail, place)
    members, directory_bytes = fields[4], fields[5]
    if members > MAX_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise Refused(
            "too_many_members", f"ブックの中の部品が多すぎます。画像や図形を除き、{SAVE_AGAIN}"
        )


def _check_members(members: list[zipfile.ZipInfo]) -> FileFormat:
    names = [member.filename for member in members]
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise Refused(
            "encrypted",
            "パスワードの付いた圧縮ファイルです。パスワードを外したブックを選んでください。",
        )
    if any(member.compress_type not in _METHODS for member in members):
        raise Refused("zip_method", f"Excelが使わない方法で圧縮されています。{SAVE_AGAIN}")
    if len(members) > MAX_MEMBERS or len({name.lower() for name in names}) < len(names):
        raise _broken()
    if any("\\" in name or name.startswith("/") or ".." in name.split("/") for name in names):
        raise _broken()
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise _bomb()
    return _format_by_parts(names)


def _format_by_parts(names: list[str]) -> FileFormat:
    if "xl/workbook.bin" in names:
        raise Refused("unsupported", f"バイナリ形式（.xlsb）のブックです。{SAVE_AGAIN}")
    if "mimetype" in names and "encrypted-package" in names:
        raise _encrypted()
    if "mimetype" in names and "content.xml" in names:
        return FileFormat.ODS
    has_sheet = any(name.startswith("xl/worksheets/") for name in names)
    if not has_sheet or any(part not in names for part in _REQUIRED_PARTS):
        raise _no_workbook()
    return FileFormat.XLSX


def _unpacked(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's content in pieces; Refused when it is not what the directory says."""
    # Not zipfile's own reader: it stops at the size that the directory claims.
    _go_to_content(file, member)
    total, checksum = 0, 0
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    left = member.compress_size
    while left > 0:
        packed = file.read(min(CHUNK_BYTES, left))
        if not packed:
            raise _broken()
        left -= len(packed)
        for chunk in _inflated(inflate, packed) if member.compress_type else (packed,):
            total += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
            if total > member.file_size or _is_bomb(total, member.compress_size):
                raise _bomb()
            yield chunk
    if total != member.file_size or checksum != member.CRC:
        raise _broken()


def _go_to_content(file: BinaryIO, member: zipfile.ZipInfo) -> None:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise _broken()
    name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)[-2:]
    file.seek(name_bytes + extra_bytes, 1)


def _inflated(inflate: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    try:
        while packed:
            yield inflate.decompress(packed, CHUNK_BYTES)
            packed = inflate.unconsumed_tail
    except zlib.error as error:
        raise _broken() from error


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > packed * MAX_RATIO


def _watched(member: zipfile.ZipInfo, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks; Refused when a part that readers parse holds what none should see."""
    name = member.filename
    if not name.endswith((".xml", ".rels")) or name.startswith(("customXml/", "docProps/")):
        yield from chunks
        return
    tail = b""
    for chunk in chunks:
        seen = tail + chunk
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
            raise odd_definition()
        if b"\0" in chunk:
            raise Refused("xml_encoding", f"ブックの中の文字コードが読み取れません。{SAVE_AGAIN}")
        if name == "xl/workbook.xml" and _STRICT_NAMESPACE in seen:
            raise Refused("strict", f"『Strict Open XML』形式のブックです。{SAVE_AGAIN}")
        tail = seen[-len(_STRICT_NAMESPACE) :]
        yield chunk


def _watched_open_document(member: zipfile.ZipInfo, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if member.filename == "content.xml":
        yield from _watched(member, chunks)
        return
    tail = b""
    for chunk in chunks:
        seen = tail + chunk
        if member.filename == "mimetype" and seen.strip() not in _ODS_TYPES:
            raise _no_workbook()
        if member.filename == _MANIFEST and b"encryption-data" in seen:
            raise _encrypted()
        tail = seen[-len(_ODS_TYPES[-1]) :]
        yield chunk


def odd_definition() -> Refused:
    """The refusal of XML that defines something: entities are how a small file grows."""
    return Refused("doctype", f"ブックの中に、Excelが書かない定義があります。{SAVE_AGAIN}")


def _broken() -> Refused:
    return Refused("broken", f"ファイルが壊れているため読み取れません。{SAVE_AGAIN}")


def _bomb() -> Refused:
    return Refused(
        "unpacks_too_large",
        "開くと極端に大きくなるファイルのため、読み取りを止めました。"
        f"使っていない行・列・シートを削除し、{SAVE_AGAIN}",
    )
