"""Old Excel files (.xls) put together by hand: records, a book of them, a container around it."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

SECTOR = 512
SMALL_SECTOR = 64
SMALL_STREAM = 4096
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
PLAIN, DAY, ERA = range(3)  # places in the list of formats below
ERA_FORMAT = '[$-411]ggge"年"m"月"d"日"'


def record(kind: int, content: bytes = b"") -> bytes:
    """One record."""
    return struct.pack("<HH", kind, len(content)) + content


def text(row: int, column: int, value: str) -> bytes:
    """A cell of text; rows and columns count from 0, as they do in the file."""
    return record(0x0204, struct.pack("<HHH", row, column, PLAIN) + _string(value))


def number(row: int, column: int, value: float, shape: int = PLAIN) -> bytes:
    """A cell with a number, shown as ``shape`` says."""
    return record(0x0203, struct.pack("<HHHd", row, column, shape, value))


def several_numbers(row: int, first: int, *values: int) -> bytes:
    """Neighbouring cells with whole numbers, in one record."""
    cells = b"".join(struct.pack("<HL", PLAIN, value << 2 | 2) for value in values)
    last = struct.pack("<H", first + len(values) - 1)
    return record(0x00BD, struct.pack("<HH", row, first) + cells + last)


def truth(row: int, column: int, value: bool) -> bytes:
    """A cell with TRUE or FALSE."""
    return record(0x0205, struct.pack("<HHHBB", row, column, PLAIN, value, 0))


def error(row: int, column: int, code: int) -> bytes:
    """An error cell."""
    return record(0x0205, struct.pack("<HHHBB", row, column, PLAIN, code, 1))


def formula(row: int, column: int, result: bytes, options: int = 0) -> bytes:
    """A formula (it is 1+1) with its kept result, eight bytes."""
    code = b"\x1e\x01\x00\x1e\x01\x00\x03"
    head = struct.pack("<HHH", row, column, PLAIN) + result
    return record(0x0006, head + struct.pack("<HLH", options, 0, len(code)) + code)


def row_head(row: int, *, hidden: bool) -> bytes:
    """What a row is like."""
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 9, 255, 0, 0, 0x20 * hidden, 15))


def column_head(first: int, last: int, *, hidden: bool) -> bytes:
    """What columns are like."""
    return record(0x007D, struct.pack("<HHHHHH", first, last, 2048, PLAIN, int(hidden), 0))


def merge(top: int, bottom: int, left: int, right: int) -> bytes:
    """One merged area."""
    return record(0x00E5, struct.pack("<HHHHH", 1, top, bottom, left, right))


@dataclass(frozen=True)
class OldSheet:
    """A sheet: its name, its records, and 0 for visible, 1 or 2 for hidden."""

    name: str
    content: bytes
    visibility: int = 0


def book(*sheets: OldSheet, date1904: bool = False, has_password: bool = False) -> bytes:
    """The stream of a book."""
    head = _begin(0x0005)
    if has_password:
        head += record(0x002F, struct.pack("<HHH", 0, 1, 2))
    head += record(0x0042, struct.pack("<H", 1200)) + record(0x0022, struct.pack("<H", date1904))
    head += record(0x041E, struct.pack("<H", 164) + _string(ERA_FORMAT))
    for shape in (0, 14, 164):
        head += record(0x00E0, struct.pack("<HH", 0, shape) + bytes(16))
    contents = [_begin(0x0010) + sheet.content + record(0x000A) for sheet in sheets]
    place = len(head) + sum(4 + 8 + 2 * len(sheet.name) for sheet in sheets) + 4
    for sheet, content in zip(sheets, contents, strict=True):
        name = struct.pack("<BB", len(sheet.name), 1) + sheet.name.encode("utf-16-le")
        head += record(0x0085, struct.pack("<LBB", place, sheet.visibility, 0) + name)
        place += len(content)
    return head + record(0x000A) + b"".join(contents)


def container(streams: Mapping[str, bytes]) -> bytes:
    """A container of the streams, the short ones in its stream of short ones."""
    large = {name: stream for name, stream in streams.items() if len(stream) >= SMALL_STREAM}
    short = {name: stream for name, stream in streams.items() if name not in large}
    starts, small_table, small = _chained(short, SMALL_SECTOR)
    directory_bytes = -(-128 * (len(streams) + 1) // SECTOR) * SECTOR
    inner = {"": bytes(directory_bytes), "small table": _packed(small_table), "small": small}
    sectors = sum(-(-len(stream) // SECTOR) for stream in (*inner.values(), *large.values()))
    tables = 1
    while sectors + tables > tables * SECTOR // 4:
        tables += 1
    places, table, content = _chained(inner | large, SECTOR, tables)
    table = [TABLE] * tables + table
    table += [FREE] * (tables * SECTOR // 4 - len(table))
    entries = [_entry("Root Entry", 5, places["small"], len(small))]
    for name, stream in streams.items():
        entries.append(_entry(name, 2, (starts | places)[name], len(stream)))
    directory = b"".join(entries)
    content = directory + content[len(directory) :]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH6xLLLLL", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, places[""], 0, 4096)
    head += struct.pack("<LLLL", places["small table"], 1 if short else 0, END, 0)
    head += struct.pack("<109L", *range(tables), *[FREE] * (109 - tables))
    return head + _packed(table) + content


def old_workbook(*sheets: OldSheet, date1904: bool = False) -> bytes:
    """A whole file."""
    return container({"Workbook": book(*sheets, date1904=date1904)})


def _begin(kind: int) -> bytes:
    return record(0x0809, struct.pack("<HHHHLL", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _string(value: str) -> bytes:
    return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    head = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1)
    links = struct.pack("<LLL", FREE, FREE, 1 if kind == 5 else FREE)
    return head + links + bytes(36) + struct.pack("<LLL", start, size, 0)


def _chained(
    streams: Mapping[str, bytes], sector: int, first: int = 0
) -> tuple[dict[str, int], list[int], bytes]:
    """Where each stream starts, the table of what follows what, and all of it padded."""
    starts: dict[str, int] = {}
    table: list[int] = []
    content = b""
    for name, stream in streams.items():
        count = -(-len(stream) // sector)
        place = first + len(table)
        starts[name] = place if count else END
        table += [*range(place + 1, place + count), END][:count]
        content += stream.ljust(count * sector, b"\0")
    return starts, table, content


def _packed(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}L", *numbers)
