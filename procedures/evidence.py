"""根拠資料: which files may stand as evidence of an exemption, and where they are kept.

A file is kept under the hash of its content: the same one twice is one, another one never takes
its place. Nothing is ever removed, since the history points at it.
"""

import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage

from procedures.digests import sha256_of

MAX_BYTES = 10 * 1024 * 1024
FOLDER = "exemptions"
TOO_LARGE = "根拠資料「{name}」は{size}MBあります。10MB以下のファイルにしてください。"
EMPTY = "根拠資料「{name}」は空のファイルです。内容のあるファイルを選んでください。"
NOT_TAKEN = (
    "根拠資料「{name}」は受け付けられません。PDF、画像（PNG・JPEG）、Word（.docx）、"
    "Excel（.xlsx）のどれかにしてください。"
)
NOT_WHAT_IT_SAYS = (
    "根拠資料「{name}」の中身は、拡張子「{ending}」のファイルではありません。"
    "元のソフトで保存し直したファイルを選んでください。"
)
_LONGEST_NAME = 120


def _begins(*signatures: bytes) -> Callable[[BinaryIO], bool]:
    longest = max(map(len, signatures))
    return lambda file: file.read(longest).startswith(signatures)


def _holds(member: str) -> Callable[[BinaryIO], bool]:
    """An Office document: an archive with this file, which is not unpacked."""

    def is_document(file: BinaryIO) -> bool:
        try:
            with zipfile.ZipFile(file) as archive:
                return member in archive.namelist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            return False

    return is_document


_JPEG = ("image/jpeg", _begins(b"\xff\xd8\xff"))
_KINDS: dict[str, tuple[str, Callable[[BinaryIO], bool]]] = {
    ".pdf": ("application/pdf", _begins(b"%PDF-")),
    ".png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _holds("word/document.xml"),
    ),
    ".xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _holds("xl/workbook.xml"),
    ),
}
"""By ending: the content type, and whether a file is what the ending says."""
ENDINGS = tuple(_KINDS)


def keep(file: File) -> tuple[str, str]:
    """Keeps ``file``; returns where it is stored and the name that people read.

    Raises ``ValidationError`` for one that is too large, empty or of no kind that is taken.
    """
    name = clean_name(file.name or "")
    ending = _check(file, name)
    place = f"{FOLDER}/{sha256_of(file)}{ending}"
    if not default_storage.exists(place):
        place = default_storage.save(place, file)
    return place, name


def clean_name(name: str) -> str:
    """The last part of a file's name without what no name may have; shortened before its ending."""
    path = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/"))
    stem, ending = (_plain(part) for part in (path.stem.strip("."), path.suffix))
    return f"{(stem or '資料')[:_LONGEST_NAME]}{ending[:10]}"


def content_type(place: str) -> str:
    """What the file kept at ``place`` is served as."""
    return _KINDS[PurePosixPath(place).suffix][0]


def _check(file: File, name: str) -> str:
    """The ending of a file that may be kept."""
    if not file.size:
        raise ValidationError(EMPTY.format(name=name))
    if file.size > MAX_BYTES:
        raise ValidationError(TOO_LARGE.format(name=name, size=-(-file.size // 2**20)))
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _KINDS:
        raise ValidationError(NOT_TAKEN.format(name=name))
    file.seek(0)
    if not _KINDS[ending][1](file.file):
        raise ValidationError(NOT_WHAT_IT_SAYS.format(name=name, ending=ending))
    return ending


def _plain(text: str) -> str:
    """``text`` without control and format characters, which make a name look like another one."""
    shown = (one for one in text if not unicodedata.category(one).startswith("C"))
    return " ".join("".join(shown).split())
