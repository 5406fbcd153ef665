"""The one place where rows with a history are written: the row, its version and its history row.

Everything above (actions, the import, the classification) decides what to write; this module
writes it. ``simple_history``'s own signals are switched off, so no write has two history rows and
no write has none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from .models.history import Source, Versioned
from .models.organisation import User

UNSAVED = 0
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """Who changes something, through which door, and when."""

    by: User
    source: Source
    import_run: models.Model | None = None
    reason: str = ""
    at: datetime = field(default_factory=timezone.now)


class StaleVersion(Exception):
    """Somebody else wrote the row since it was read; nothing was written."""


@transaction.atomic
def insert(objects: Sequence[models.Model], origin: Origin) -> None:
    """Inserts new rows of one model, each with its history row. Primary keys are set."""
    if not objects:
        return
    _stamp(objects, origin, version=1)
    model = type(objects[0])
    model._default_manager.bulk_create(objects, batch_size=_BATCH)
    _write_history(objects, "+", origin)


@transaction.atomic
def save(obj: models.Model, fields: Iterable[str], origin: Origin, *, touch: bool = True) -> None:
    """Writes ``fields`` of one row as it was read.

    Raises ``StaleVersion`` when the row has another version by now. ``touch=False`` leaves
    ``changed_at`` alone: a recomputation is no sign of life.
    """
    names = list(fields)
    rows = type(obj)._default_manager.filter(pk=obj.pk)
    if isinstance(obj, Versioned):
        rows = rows.filter(version=obj.version)
        obj.version += 1
        names.append("version")
        if touch:
            obj.changed_at = origin.at
            names.append("changed_at")
    if rows.update(**{name: getattr(obj, name) for name in names}) != 1:
        raise StaleVersion
    _write_history([obj], "~", origin)


@transaction.atomic
def save_many(
    objects: Sequence[models.Model],
    fields: Iterable[str],
    origin: Origin,
    *,
    touch: bool = True,
) -> None:
    """Writes ``fields`` of many rows of one model as they were read, all or none.

    Raises ``StaleVersion`` when one of them has another version by now.
    """
    if not objects:
        return
    model = type(objects[0])
    names = list(fields)
    if isinstance(objects[0], Versioned):
        _check_versions(model, objects)
        names += ["version", "changed_at"]
        for obj in objects:
            obj.version += 1
            if touch:
                obj.changed_at = origin.at
    # An upsert on the primary key: one statement per batch instead of one CASE per row and field.
    model._default_manager.bulk_create(
        objects,
        batch_size=_BATCH,
        update_conflicts=True,
        update_fields=names,
        unique_fields=["pk"],
    )
    _write_history(objects, "~", origin)


@transaction.atomic
def delete(objects: Sequence[models.Model], origin: Origin) -> None:
    """Deletes rows of one model; their last state stays in the history."""
    if not objects:
        return
    _write_history(objects, "-", origin)
    model = type(objects[0])
    model._default_manager.filter(pk__in=[obj.pk for obj in objects]).delete()


def snapshot(obj: Versioned, version: int, fields: Iterable[str]) -> dict[str, Any] | None:
    """The values of ``fields`` as of ``version``, or None where no history row has it.

    ``UNSAVED`` is the version of a row that is not stored yet: the values of a new one.
    """
    if version == UNSAVED:
        obj = type(obj)(version=UNSAVED)
    if obj.version == version:
        return {name: getattr(obj, name) for name in fields}
    row = obj.history.filter(version=version).first()
    return None if row is None else {name: getattr(row, name) for name in fields}


def _stamp(objects: Sequence[models.Model], origin: Origin, *, version: int) -> None:
    for obj in objects:
        if isinstance(obj, Versioned):
            obj.version = version
            obj.changed_at = origin.at


def _check_versions(model: type[models.Model], objects: Sequence[models.Model]) -> None:
    read = {obj.pk: obj.version for obj in objects}
    rows = model._default_manager.select_for_update().order_by("pk")
    stored: dict[Any, int] = {}
    keys = list(read)
    for start in range(0, len(keys), _BATCH):
        stored.update(rows.filter(pk__in=keys[start : start + _BATCH]).values_list("pk", "version"))
    if stored != read:
        raise StaleVersion


def _write_history(objects: Sequence[models.Model], kind: str, origin: Origin) -> None:
    history_model = type(objects[0]).history.model
    names = [tracked.attname for tracked in history_model.tracked_fields]
    history_model.objects.bulk_create(
        [
            history_model(
                history_date=origin.at,
                history_user=origin.by,
                history_change_reason=origin.reason,
                history_type=kind,
                change_source=origin.source,
                by_name=str(origin.by),
                row_name=str(obj)[:300],
                import_run_id=getattr(origin.import_run, "pk", None),
                **{name: getattr(obj, name) for name in names},
            )
            for obj in objects
        ],
        batch_size=_BATCH,
    )
