"""Three-way comparison of a row's fields: what was shown, what is now there, what is sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that two people changed to different values."""

    field: str
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """``changes`` can be written as they are; ``conflicts`` need a person's choice."""

    changes: dict[str, Any]
    conflicts: tuple[FieldConflict, ...]


def merge(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merge:
    """Merges the fields of ``mine``; ``base`` is what its author saw, ``theirs`` what is stored.

    A field that the author left as it was does nothing, even if the record moved on; a field that
    only the author changed is applied; the same new value on both sides is no conflict.
    """
    changes: dict[str, Any] = {}
    conflicts: list[FieldConflict] = []
    for field, value in mine.items():
        if value == base[field] or value == theirs[field]:
            continue
        if theirs[field] == base[field]:
            changes[field] = value
        else:
            conflicts.append(FieldConflict(field, mine=value, theirs=theirs[field]))
    return Merge(changes, tuple(conflicts))
