"""The same bytes for the same values, whichever database they come from: what is hashed.

A row is encoded from its Python values, before it is written and after it is read. Values that
equal the field's default are left out, the others named: a field that a table gets later changes
nothing in what was hashed before, as long as old rows get its default.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import compress
from operator import ne
from typing import Any

from django.db import models

from procedures.models import AuditEvent
from procedures.models.procedure import NAME_KEYS

_EVENT_FIELDS = (
    "id", "at", "kind", "what", "by_id", "by_name", "address", "request_id", "source", "count",
    "row_model", "row_key", "digest", "number",
)  # fmt: skip
_REPEATED = (date, datetime, tuple)
_REMEMBERED = 1_000
_PLAIN = (str, int, bool, float, type(None))

encode_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def event_bytes(event: AuditEvent) -> bytes:
    """What of an entry goes into the chain: everything but the hashes themselves."""
    values = {name: getattr(event, name) for name in _EVENT_FIELDS}
    values |= {"id": event.id.hex, "at": _moment(event.at)}
    return encode_json(values).encode()


def row_encoder(model: type[models.Model], names: Sequence[str]) -> Callable[..., bytes]:
    """The function from the values of the attributes ``names`` of a row to its bytes.

    It takes text to be encoded with them, too.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    encoders = [_encoder(fields[name]) for name in names]
    defaults = tuple(
        _default(fields[name], encode) for name, encode in zip(names, encoders, strict=True)
    )
    plain = [_plain(fields[name]) for name in names]
    # Rows have few patterns of types, and each says which values are to be looked at.
    places_of: dict[tuple[type, ...], list[tuple[int, Callable[[Any], Any]]]] = {}

    @lru_cache(_REMEMBERED)  # nor are there many patterns of the values that are there at all
    def named(there: tuple[bool, ...]) -> str:
        return ",".join(compress(names, there))

    def encoded(values: Sequence[Any], text: Sequence[str] = ()) -> bytes:
        kinds = tuple(map(type, values))
        places = places_of.get(kinds)
        if places is None:
            places_of[kinds] = places = [
                (place, encoders[place])
                for place, kind in enumerate(kinds)
                if kind not in (plain[place], type(None))
            ]
        if places:
            values = list(values)
            for place, encode in places:
                values[place] = encode(values[place])
        there = tuple(map(ne, values, defaults))
        return f"{named(there)}{encode_json([*compress(values, there), *text])}\n".encode()

    return encoded


class HistoryEncoder:
    """From what a history row says to its bytes; whoever writes and whoever verifies use it.

    Left out are its own key, the key of the person (which a deleted account takes away; the name
    stays), the key of the entry, by which it is found, and what follows from a name: that is made
    anew when the way of making it changes.
    """

    ENTRY = (
        "act_id", "by_name", "change_source", "history_change_reason", "history_date",
        "import_run_id",
    )  # fmt: skip
    """The columns that are the same in all rows of one write."""
    OWN = ("history_type", "row_name")
    LEFT_OUT = ("history_id", "history_user_id", "event_id")

    def __init__(self, history: type[models.Model]) -> None:
        names = {field.attname for field in history.tracked_fields}
        self.tracked = tuple(sorted(names.difference(NAME_KEYS)))
        self._values = row_encoder(history, self.tracked)
        self._entry = row_encoder(history, self.ENTRY)

    def entry(self, values: Sequence[Any]) -> bytes:
        """The bytes of ``ENTRY``."""
        return self._entry(values)

    def row(self, values: Sequence[Any], entry: bytes, own: Sequence[str]) -> bytes:
        """The bytes of a row: the values of ``tracked``, those of ``entry``, and of ``OWN``."""
        return self._values(values, own) + entry


class _NoDefault:
    """Equals no value."""


def _default(field: models.Field, encode: Callable[[Any], Any]) -> Any:
    if field.has_default() and callable(field.default) and field.default not in (list, dict):
        return _NoDefault()
    default = field.get_default()
    return None if default is None else encode(default)


def _plain(field: models.Field) -> type | None:
    """The type whose values stay as they are; None where each value is looked at."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.BooleanField):
        return bool
    if isinstance(target, models.CharField | models.TextField):
        return str
    return int if isinstance(target, models.IntegerField | models.AutoField) else None


def _encoder(field: models.Field) -> Callable[[Any], Any]:
    """From a value as objects have it, or as the database gives it, to one of JSON."""
    if isinstance(field, models.JSONField):
        return lambda value: json.loads(encode_json(value))

    def encode(value: Any) -> Any:
        return _json_value(field.get_prep_value(value))

    remembered = lru_cache(_REMEMBERED)(encode)  # the same few in thousands of rows

    return lambda value: (remembered if type(value) in _REPEATED else encode)(value)


def _json_value(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
