"""Frozen dataclasses as plain JSON and back, by their type hints. Pure."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """``value`` as what JSON knows: days as ISO text, tuples as lists, dataclasses by field.

    A dataclass with ``as_json`` of its own is asked for it.
    """
    if hasattr(value, "as_json"):
        return value.as_json()
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def from_json(kind: type[T], stored: Any) -> T:
    """What ``to_json`` made of a ``kind``.

    A field that is not stored has its default, one that the dataclass does not have is passed
    over. Raises ``TypeError``, ``ValueError`` or ``KeyError`` for what is no ``kind``.
    """
    return cast("T", _read(kind, stored))


def _read(kind: Any, stored: Any) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        [inner] = [one for one in get_args(kind) if one is not NoneType]
        return None if stored is None else _read(inner, stored)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], one) for one in stored)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(get_args(kind)[1], one) for key, one in stored.items()}
    if hasattr(kind, "from_json"):
        return kind.from_json(stored)
    if is_dataclass(kind):
        return _dataclass(kind, stored)
    if issubclass(kind, date):
        return kind.fromisoformat(stored)
    return kind(stored)


def _dataclass(kind: Any, stored: Any) -> Any:
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], stored[name]) for name in hints if name in stored})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
