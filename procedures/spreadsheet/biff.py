"""Old Excel files (.xls): the container of streams and the stream of records, unjudged."""

import struct
from collections.abc import Iterator

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
BOOK_STREAMS = ("Workbook", "Book")  # Excel 97 and later, Excel 95

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_LAST_SECTOR = 0xFFFFFFFA  # above it stand marks, not sectors
_SMALL_STREAM_BYTES = 4096
_SMALL_SECTOR_BYTES = 64
_STREAM, _ROOT = 2, 5
_FIRST_TABLES = struct.Struct("<109L")
_RECORD = struct.Struct("<HH")


class BrokenContainer(Exception):
    """The bytes do not hang together as a container of streams, or as records."""


class Container:
    """A container's streams by name. Raises BrokenContainer at whatever does not fit."""

    def __init__(self, content: bytes) -> None:
        shift = struct.unpack_from("<H", content.ljust(_HEADER_BYTES, b"\0"), 30)[0]
        if not content.startswith(MAGIC) or len(content) < _HEADER_BYTES or shift not in (9, 12):
            raise BrokenContainer
        self._content = content
        self._sector_bytes = 1 << shift
        self._table = self._sector_table()
        directory, small_table = struct.unpack_from("<L8xL", content, 48)
        self._entries, self._small = self._directory(directory)
        self._small_table = _numbers(self._chain(small_table))

    @property
    def names(self) -> set[str]:
        """The names of the streams, whatever storage they are in."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """The content of one of `names`."""
        start, size = self._entries[name]
        is_small = size < _SMALL_STREAM_BYTES
        content = self._small_chain(start) if is_small else self._chain(start)
        if len(content) < size:
            raise BrokenContainer
        return content[:size]

    def _sector(self, number: int) -> bytes:
        place = (number + 1) * self._sector_bytes
        sector = self._content[place : place + self._sector_bytes]
        if not sector:
            raise BrokenContainer
        return sector

    def _sector_table(self) -> list[int]:
        tables = list(_FIRST_TABLES.unpack_from(self._content, 76))
        more, seen = struct.unpack_from("<L", self._content, 68)[0], 0
        while more < _LAST_SECTOR:
            *numbers, more = _numbers(self._sector(more))
            tables += numbers
            seen += 1
            if seen * self._sector_bytes > len(self._content):
                raise BrokenContainer
        used = [number for number in tables if number < _LAST_SECTOR]
        if len(used) * self._sector_bytes > len(self._content):
            raise BrokenContainer
        return _numbers(b"".join(self._sector(number) for number in used))

    def _chain(self, number: int) -> bytes:
        sectors: list[bytes] = []
        while number < _LAST_SECTOR:
            if number >= len(self._table) or len(sectors) > len(self._table):
                raise BrokenContainer
            sectors.append(self._sector(number))
            number = self._table[number]
        return b"".join(sectors)

    def _small_chain(self, number: int) -> bytes:
        sectors: list[bytes] = []
        while number < _LAST_SECTOR:
            if number >= len(self._small_table) or len(sectors) > len(self._small_table):
                raise BrokenContainer
            place = number * _SMALL_SECTOR_BYTES
            sectors.append(self._small[place : place + _SMALL_SECTOR_BYTES])
            number = self._small_table[number]
        return b"".join(sectors)

    def _directory(self, start: int) -> tuple[dict[str, tuple[int, int]], bytes]:
        entries: dict[str, tuple[int, int]] = {}
        small = b""
        content = self._chain(start)
        for place in range(0, len(content) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            name_bytes, kind = struct.unpack_from("<HB", content, place + 64)
            first, size = struct.unpack_from("<LL", content, place + 116)
            name = content[place : place + min(max(name_bytes - 2, 0), 64)]
            if kind == _STREAM:
                entries.setdefault(name.decode("utf-16-le", errors="replace"), (first, size))
            elif kind == _ROOT:
                small = self._chain(first)
        return entries, small


def book_stream(container: Container) -> bytes | None:
    """The stream that holds the sheets; None where the container is no workbook."""
    for name in BOOK_STREAMS:
        if name in container.names:
            return container.stream(name)
    return None


def records(stream: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The records from ``start`` on: what each is, and its content."""
    place = start
    while place + _RECORD.size <= len(stream):
        kind, size = _RECORD.unpack_from(stream, place)
        place += _RECORD.size
        if place + size > len(stream):
            raise BrokenContainer
        yield kind, stream[place : place + size]
        place += size


def _numbers(content: bytes) -> list[int]:
    whole = len(content) // 4
    return list(struct.unpack_from(f"<{whole}L", content))
