"""The one place where rows with a history are written: the row, its version and its history row.

Everything above (actions, the import, the classification) decides what to write; this module
writes it. ``simple_history``'s own signals are switched off, so no write has two history rows and
no write has none.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as data_field
from datetime import datetime
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from . import audit
from .changes import Touched
from .models import Procedure
from .models.audit import new_event_key
from .models.history import Source, Versioned
from .models.organisation import User
from .statements import insert_rows, reserve_keys, row_converter, update_rows

UNSAVED = 0
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement


@dataclass(frozen=True, slots=True)
class Origin:
    """Who changes something, through which door, and when."""

    by: User
    source: Source
    import_run: models.Model | None = None
    reason: str = ""
    act: models.Model | None = None
    at: datetime = data_field(default_factory=timezone.now)


class StaleVersion(Exception):
    """Somebody else wrote the row since it was read; nothing was written."""


class Batch:
    """Rows of any models with their history rows, made ready before a lock is taken.

    ``insert`` and ``update`` set keys, versions and moments on the objects and turn them into
    what the driver takes; ``write`` only runs the statements, model by model in the order in
    which they came first.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._event_key = new_event_key()
        self._tables: dict[type[models.Model], _Table] = {}
        self._touched = Touched()

    def insert(self, objects: Sequence[models.Model]) -> None:
        """New rows of one model. Those without a primary key get one now."""
        if not objects:
            return
        model = type(objects[0])
        key_name = model._meta.pk.attname
        keyless = [obj for obj in objects if getattr(obj, key_name) is None]
        if keyless:
            for obj, key in zip(keyless, reserve_keys(model, len(keyless)), strict=True):
                setattr(obj, key_name, key)
        if issubclass(model, Versioned):
            for obj in objects:
                obj.version, obj.changed_at = 1, self._origin.at
        _complete(objects, self._origin.at)
        self._touched.add(objects)
        self._table(objects).insert(objects)

    def update(
        self, objects: Sequence[models.Model], fields: Iterable[str], *, touch: bool = True
    ) -> None:
        """``fields`` of rows of one model as they were read.

        ``touch=False`` leaves ``changed_at`` alone: a recomputation is no sign of life.
        """
        if not objects:
            return
        names = list(dict.fromkeys(fields))
        if isinstance(objects[0], Versioned):
            names.append("version")
            for obj in objects:
                obj.version += 1
                if touch:
                    obj.changed_at = self._origin.at
            if touch:
                names.append("changed_at")
        self._touched.add(objects)
        self._table(objects).update(objects, names)

    def write(self) -> None:
        """Writes everything, once. Raises ``StaleVersion`` when a row is no more as it was read."""
        if not self._tables:
            return
        with transaction.atomic():
            if Procedure in self._tables:
                self._touched.before()
            for table in self._tables.values():
                table.write()
            self._touched.mark()
            _note(self._origin, self._event_key, self._tables.values())

    def _table(self, objects: Sequence[models.Model]) -> "_Table":
        model = type(objects[0])
        if model not in self._tables:
            self._tables[model] = _Table(model, self._origin, self._event_key)
        return self._tables[model]


class _Shape:
    """What all writes of a model have in common: its columns, and what is made of their values."""

    OF_WRITE = (
        "history_date", "history_user_id", "history_change_reason", "change_source", "by_name",
        "import_run_id", "act_id", "event_id",
    )  # fmt: skip
    """The columns of a history row that are the same in all rows of one write."""

    def __init__(self, model: type[models.Model]) -> None:
        self.history = model.history.model
        self.names = [field.attname for field in model._meta.concrete_fields]
        self.places = {name: place for place, name in enumerate(self.names)}
        self.read = itemgetter(*self.names)
        self.convert = row_converter(model, self.names)
        tracked = [field.attname for field in self.history.tracked_fields]
        # History keeps all values of most models, in their order.
        places = [self.places[name] for name in tracked]
        self.tracked = None if tracked == self.names else itemgetter(*places)
        self.history_names = [*tracked, *self.OF_WRITE, "history_type", "row_name"]
        self.convert_write = row_converter(self.history, self.OF_WRITE)
        self.encoder = audit.HistoryEncoder(self.history)
        self.read_encoded = itemgetter(*self.encoder.tracked)


_shape_of = cache(_Shape)


class _Table:
    """The rows of one model in a batch: what is inserted, what is updated, what history says."""

    def __init__(self, model: type[models.Model], origin: Origin, event_key: uuid.UUID) -> None:
        self._model = model
        self._shape = shape = _shape_of(model)
        entry = {
            "history_date": origin.at,
            "history_user_id": origin.by.pk,
            "history_change_reason": origin.reason,
            "change_source": str(origin.source),
            "by_name": str(origin.by),
            "import_run_id": getattr(origin.import_run, "pk", None),
            "act_id": getattr(origin.act, "pk", None),
            "event_id": event_key,
        }
        self._entry = shape.convert_write(tuple(entry[name] for name in shape.OF_WRITE))
        self._encoded_entry = shape.encoder.entry([entry[name] for name in shape.encoder.ENTRY])
        self._inserted: list[tuple[Any, ...]] = []
        self._updated: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._recorded: list[tuple[Any, ...]] = []
        self._digest = sha256()
        self._kinds: Counter[str] = Counter()
        self._about: set[tuple[str, int]] = set()

    def insert(self, objects: Sequence[models.Model]) -> None:
        for obj in objects:
            self._inserted.append(self._values(obj, "+"))
            obj._state.adding = False

    def update(self, objects: Sequence[models.Model], names: Sequence[str]) -> None:
        places = [self._shape.places[name] for name in names]
        key = self._shape.places[self._model._meta.pk.attname]
        rows = self._updated.setdefault(tuple(names), [])
        for obj in objects:
            values = self._values(obj, "~")
            read = (obj.version - 1,) if isinstance(obj, Versioned) else ()
            rows.append((*[values[place] for place in places], values[key], *read))

    def write(self) -> None:
        insert_rows(self._model, self._shape.names, self._inserted)
        keys = [self._model._meta.pk.attname]
        if issubclass(self._model, Versioned):
            keys.append("version")
        for names, rows in self._updated.items():
            if update_rows(self._model, names, keys, rows) != len(rows):
                raise StaleVersion
        self.record()

    def note(self, objects: Sequence[models.Model], kind: str) -> None:
        """The state of rows that are about to go ("-") or to change for the first time ("~")."""
        for obj in objects:
            self._values(obj, kind)

    def record(self) -> None:
        """Writes the history rows alone."""
        insert_rows(self._shape.history, self._shape.history_names, self._recorded)

    def told(self) -> audit.WrittenRows:
        """What was recorded, for the audit log."""
        names = {name for names in self._updated for name in names} - {"version", "changed_at"}
        return audit.WrittenRows(
            model=self._model,
            added=self._kinds["+"],
            changed=self._kinds["~"],
            deleted=self._kinds["-"],
            first_name=self._recorded[0][-1],
            fields=sorted(names, key=self._shape.places.__getitem__),
            about=frozenset(self._about),
            digest=self._digest.digest(),
        )

    def _values(self, obj: models.Model, kind: str) -> tuple[Any, ...]:
        """All values of ``obj`` for the driver; its history row is noted."""
        shape = self._shape
        values = shape.convert(shape.read(obj.__dict__))
        tracked = shape.tracked(values) if shape.tracked else values
        own = (kind, str(obj)[:300])
        self._recorded.append((*tracked, *self._entry, *own))
        self._digest.update(
            shape.encoder.row(shape.read_encoded(obj.__dict__), self._encoded_entry, own)
        )
        self._kinds[kind] += 1
        if len(self._about) < 2:  # one thing is told by its name, more are counted
            self._about.add(_about(obj))
        return values


def _about(obj: models.Model) -> tuple[str, int]:
    """What a row is about: the procedure it belongs to, or else itself."""
    key = getattr(obj, "procedure_id", None)
    model = type(obj) if key is None else Procedure
    return model._meta.label_lower, obj.pk if key is None else key


def _note(origin: Origin, event_key: uuid.UUID, tables: Iterable[_Table]) -> None:
    """The entry of the audit log for what was written; in the transaction of the write."""
    audit.note_write(
        event_key,
        [table.told() for table in tables],
        by=origin.by,
        source=origin.source,
        import_run=origin.import_run,
        act=origin.act,
    )


def _complete(objects: Sequence[models.Model], at: datetime) -> None:
    """What new rows get when they are written: the moment, and the keys of rows made with them."""
    fields = objects[0]._meta.concrete_fields
    moments = [field.attname for field in fields if getattr(field, "auto_now_add", False)]
    relations = [field for field in fields if field.is_relation]
    for obj in objects:
        for name in moments:
            setattr(obj, name, at)
        for field in relations:
            if field.is_cached(obj):
                related = field.get_cached_value(obj)
                # Through __dict__: setting the attribute would forget the related object.
                obj.__dict__[field.attname] = None if related is None else related.pk


def insert(objects: Sequence[models.Model], origin: Origin) -> None:
    """Inserts new rows of one model, each with its history row. Primary keys are set."""
    if not objects:
        return
    batch = Batch(origin)
    with transaction.atomic():  # a key that is reserved for a row goes with the row
        batch.insert(objects)
        batch.write()


def save(obj: models.Model, fields: Iterable[str], origin: Origin, *, touch: bool = True) -> None:
    """Writes ``fields`` of one row as it was read; as ``save_many``."""
    save_many([obj], fields, origin, touch=touch)


def save_many(
    objects: Sequence[models.Model],
    fields: Iterable[str],
    origin: Origin,
    *,
    touch: bool = True,
) -> None:
    """Writes ``fields`` of many rows of one model as they were read, all or none.

    Raises ``StaleVersion`` when one of them has another version by now. ``touch=False`` leaves
    ``changed_at`` alone: a recomputation is no sign of life.
    """
    if not objects:
        return
    batch = Batch(origin)
    batch.update(objects, fields, touch=touch)
    batch.write()


def begin_history(objects: Sequence[models.Model], origin: Origin) -> None:
    """Notes rows of one model as they are, where the history knows nothing of them yet.

    For rows that came in without one, before they change: there is something to go back to then.
    ``origin`` must be of an earlier moment than that of the change.
    """
    if not objects:
        return
    model = type(objects[0])
    noted = model.history.filter(id__in=[obj.pk for obj in objects]).order_by()
    known = set(noted.values_list("id", flat=True))
    unknown = [obj for obj in objects if obj.pk not in known]
    if not unknown:
        return
    event_key = new_event_key()
    table = _Table(model, origin, event_key)
    table.note(unknown, "~")
    with transaction.atomic():
        table.record()
        _note(origin, event_key, [table])


@transaction.atomic
def delete(objects: Sequence[models.Model], origin: Origin) -> None:
    """Deletes rows of one model; their last state stays in the history."""
    if not objects:
        return
    model = type(objects[0])
    event_key = new_event_key()
    table = _Table(model, origin, event_key)
    table.note(objects, "-")
    table.record()
    touched = Touched()
    touched.add(objects)
    touched.before()
    keys = [obj.pk for obj in objects]
    for start in range(0, len(keys), _CHUNK):
        model._default_manager.filter(pk__in=keys[start : start + _CHUNK]).delete()
    touched.mark()
    _note(origin, event_key, [table])


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
