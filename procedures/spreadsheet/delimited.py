"""Reading comma-separated and tab-separated text: its encoding, its delimiter, its rows."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from .gate import UTF16_MARKS, Refused
from .headings import SEARCHED_ROWS, find_heading
from .raw import CELL_CHARACTERS, RawSheet, Value
from .sheetxml import MAX_AREA, MAX_COLUMNS, MAX_FILLED_COLUMNS
from .transfer import SheetHead, Writer

PROOF_OF_UTF8 = 8  # characters: Shift_JIS text fails as UTF-8 at its first or second
DELIMITERS = (",", "\t")  # the first one where neither shows itself

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF32_MARK = b"\xff\xfe\0\0"  # begins like the one of UTF-16

# Bytes that Shift_JIS does not assign; Python's cp932 lets them pass.
_UNASSIGNED_IN_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")


def read_delimited(path: Path, writer: Writer) -> None:
    """Write the text file at ``path`` as a book of one sheet. Refused names the line at fault."""
    text = _decoded(path.read_bytes())
    csv.field_size_limit(CELL_CHARACTERS)
    delimiter = _delimiter(text)
    writer.sheet(SheetHead("CSV", True, False, [], [], [], []))
    cells = 0
    reader = _reader(text, delimiter)
    try:
        for row in reader:
            cells += len(row) or 1
            if cells > MAX_AREA or len(row) > MAX_FILLED_COLUMNS:
                raise _too_wide()
            writer.row([_value(cell) for cell in row])
    except csv.Error as error:
        raise Refused(
            "csv_quotes",
            f'ファイルの{reader.line_num}行目のあたりで、引用符（"）の対応が取れていないか、'
            "セルが長すぎます。その行を直してから、もう一度選んでください。",
        ) from error


def _reader(text: str, delimiter: str):  # type: ignore[no-untyped-def]  # csv does not name its type
    return csv.reader(_lines(text, delimiter), delimiter=delimiter, strict=True)


def _lines(text: str, delimiter: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if line.count(delimiter) > MAX_COLUMNS:
            raise _too_wide()  # before a list of millions of cells is made of it
        yield line


def _delimiter(text: str) -> str:
    """The delimiter by which the first rows show the most known headings, then the most cells."""
    return max(DELIMITERS, key=lambda delimiter: _promise(text, delimiter))


def _promise(text: str, delimiter: str) -> tuple[int, int]:
    rows: list[tuple[Value, ...]] = []
    try:
        for row in _reader(text, delimiter):
            rows.append(tuple(row[:MAX_FILLED_COLUMNS]))
            if len(rows) == SEARCHED_ROWS:
                break
    except (csv.Error, Refused):
        pass  # the rows before still tell; what is wrong is said by the reading itself
    heading = find_heading(RawSheet("", rows))
    return len(heading.places) if heading else 0, sum(len(row) for row in rows)


def _value(cell: str) -> Value:
    # A csv that guards text from being taken for a formula puts ' before it.
    if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@"):
        return cell[1:]
    return cell or None


def _decoded(content: bytes) -> str:
    if content.startswith(UTF16_MARKS) and not content.startswith(_UTF32_MARK):
        return _decoded_utf16(content)
    if b"\0" in content:
        raise _odd_encoding(content[: content.index(b"\0")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        failed_at = _first_failure(content)
    readable = content[:failed_at].decode("utf-8", errors="ignore")
    has_proof = sum(not char.isascii() for char in readable) >= PROOF_OF_UTF8
    if has_proof or content.startswith(_UTF8_MARK):
        raise _odd_encoding(content[:failed_at])
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError as error:
        raise _odd_encoding(content[: error.start]) from None
    if odd := _UNASSIGNED_IN_CP932.search(text):
        raise _odd_encoding(text[: odd.start()].encode("cp932"))
    return text


def _first_failure(content: bytes) -> int:
    # Not the error of utf-8-sig: it counts from behind the mark.
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _decoded_utf16(content: bytes) -> str:
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError as error:
        # A failure at the last byte of a cut file still lies behind its last whole character.
        readable = content[: error.start].decode("utf-16", errors="ignore")
        raise _odd_encoding(readable.encode(errors="ignore"), "UTF-16として") from None
    if "\0" in text:
        readable = text[: text.index("\0")]
        raise _odd_encoding(readable.encode(errors="ignore"), "UTF-16として")
    return text


def _odd_encoding(readable: bytes, tried: str = "UTF-8としてもShift_JISとしても") -> Refused:
    line = readable.count(b"\n") + 1
    return Refused(
        "csv_encoding",
        f"ファイルの{line}行目に、{tried}読み取れない文字があります。"
        "Excelで『CSV UTF-8 (コンマ区切り)』として保存し直してください。",
    )


def _too_wide() -> Refused:
    return Refused("too_wide", "ファイルの行や列が多すぎます。部局ごとに分けてください。")
