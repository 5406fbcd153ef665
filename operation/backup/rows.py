"""Every table as open text: a line of JSON for each row, the same on every database.

Keys are the English names of the columns, moments are UTC with microseconds, codes are lists.
The SHA-256 of a file is therefore a digest over the rows, whatever database they are in.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.models import Session
from django.db import models

from procedures.models import User

CHUNK = 2_000
_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    ((datetime, date, time), lambda value: value.isoformat()),
    ((Decimal, UUID), str),
    ((bytes, memoryview), lambda value: base64.b64encode(value).decode("ascii")),
)
_AS_THEY_ARE = (
    models.BooleanField,
    models.CharField,
    models.FileField,
    models.FloatField,
    models.IntegerField,
    models.JSONField,
    models.TextField,
)


def exported_models() -> list[type[models.Model]]:
    """The models of all tables but the sessions, in the order of their tables' names."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model is not Session and model._meta.managed and not model._meta.proxy
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def lines(model: type[models.Model], *, with_passwords: bool) -> Iterator[bytes]:
    """All rows in the order of their keys, streamed; passwords are locked unless they are asked."""
    fields = model._meta.concrete_fields
    columns = [field.column for field in fields]
    locked = {"password": UNUSABLE_PASSWORD_PREFIX} if model is User and not with_passwords else {}
    stored = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    for values in stored.iterator(chunk_size=CHUNK):
        yield _line(dict(zip(columns, values, strict=True)) | locked)


def reader(model: type[models.Model]) -> Callable[[bytes], tuple[Any, ...]]:
    """The function from a line to the values of the model's fields, in their order.

    It raises ``ValueError``, ``KeyError`` or ``ValidationError`` for a line of something else.
    """
    fields = [(field.column, _from_json(field)) for field in model._meta.concrete_fields]

    def read(line: bytes) -> tuple[Any, ...]:
        row = json.loads(line)
        return tuple(convert(row[column]) for column, convert in fields)

    return read


def schema(model: type[models.Model]) -> Mapping[str, Any]:
    """What the table and its columns are called and hold, in words."""
    return {
        "table": model._meta.db_table,
        "title": str(model._meta.verbose_name),
        "columns": [_column(field) for field in model._meta.concrete_fields],
    }


def _line(row: Mapping[str, Any]) -> bytes:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=_plain)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: Any) -> str:
    for kinds, form in _FORMS:
        if isinstance(value, kinds):
            return form(value)
    raise TypeError(f"No form in JSON for {type(value).__name__}.")


def _from_json(field: models.Field) -> Callable[[Any], Any]:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    # Subclasses of their own (codes) may read otherwise than they are written.
    if type(target).__module__.startswith("django.") and isinstance(target, _AS_THEY_ARE):
        return lambda value: value
    return target.to_python


def _column(field: models.Field) -> Mapping[str, Any]:
    said: dict[str, Any] = {
        "name": field.column,
        "title": str(field.verbose_name),
        "type": field.get_internal_type(),
        "null": field.null,
    }
    if field.choices:
        said["choices"] = {str(code): str(label) for code, label in field.flatchoices}
    if field.is_relation:
        said["refers_to"] = field.related_model._meta.db_table
    return said
