"""Many keys in parts: databases limit the parameters of a statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_SIZE = 10_000

_Item = TypeVar("_Item")


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """``items`` in their order, in parts that one query may name; none where there are none."""
    for start in range(0, len(items), _SIZE):
        yield items[start : start + _SIZE]
