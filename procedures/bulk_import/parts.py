"""A table that a row of the inventory's list fills, as a part that knows its own columns.

A part says what is stored (``state``), what the cells of a row want (``wanted``) and what follows
from that (``completed``), and puts changes on objects (``prepare``). Comparing, checking for
staleness, previewing and applying are the same for all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from procedures.models import Procedure
from procedures.models.fields import CodesField
from procedures.records import UNSAVED, Origin
from procedures.spreadsheet.cell import CLEAR

from .drafts import Draft
from .lookups import Lookups

Changes = Mapping[str, Sequence[Any]]
"""field → [old, new], JSON values."""

_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement
_PLAIN = (str, int, bool, type(None))
_JSON_FIELDS = (
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)


class Part:
    """One table filled by an import.

    ``is_inventory`` says whether a change is one of the inventory (台帳). ``reference_fields`` are
    those that the national survey may change of a procedure that the city keeps already.
    ``together`` names fields of which one is nothing without the others, ``following`` those that
    no cell says and ``completed`` adds.
    """

    key: str
    model: type[models.Model]
    is_inventory = True
    reference_fields: frozenset[str] = frozenset()
    together: tuple[str, ...] = ()
    following: frozenset[str] = frozenset()

    def load(self, procedures: Sequence[Procedure]) -> None:
        """Reads what is stored about ``procedures``; called once before the questions."""
        self.take(stored_rows(self.model, procedures))

    def take(self, rows: Iterable[Any]) -> None:
        """Keeps ``rows`` of the part's model as what is stored, or as what was at some time."""

    def state(self, procedure: Procedure | None) -> dict[str, Any]:
        """The stored values (JSON) by field, or the defaults for a new procedure."""
        raise NotImplementedError

    def version_beside(self, procedure: Procedure) -> int:
        """The version of the part's own row, where it has one that is not the procedure's."""
        return UNSAVED

    def wanted(self, draft: Draft, lookups: Lookups) -> dict[str, Any]:
        """The values (JSON) that the cells of the row ask for; may reject the row."""
        raise NotImplementedError

    def completed(
        self, draft: Draft, changes: dict[str, list[Any]], *, confirms: bool
    ) -> dict[str, list[Any]]:
        """``changes`` with what follows from them; may reject the row."""
        return changes

    def check(self, draft: Draft, obj: models.Model, origin: Origin) -> None:
        """Rejects the row when ``obj``, as it would be written, breaks a rule."""

    def prepare(
        self, procedure: Procedure, changes: Changes, origin: Origin
    ) -> Iterable[models.Model]:
        """The objects with the changes set, in memory."""
        raise NotImplementedError

    def refuses(self, procedure: Procedure, obj: models.Model, origin: Origin) -> bool:
        """Whether ``obj``, prepared as the preview showed it, breaks a rule by now."""
        return False

    def written(self, fields: Iterable[str]) -> set[str]:
        """The attributes to write where ``fields`` of a change are set on stored objects."""
        return set(fields)

    def label(self, field: str) -> tuple[type[models.Model], str]:
        """The model and field whose Japanese name and choices a change reads with."""
        return self.model, field


def stored_rows(model: type[models.Model], procedures: Sequence[Procedure]) -> Iterator[Any]:
    """The rows of ``model`` that belong to ``procedures``, however many those are."""
    keys = [procedure.pk for procedure in procedures]
    for start in range(0, len(keys), _CHUNK):
        yield from model._default_manager.filter(procedure__in=keys[start : start + _CHUNK])


def blank(model: type[models.Model]) -> Any:
    """A new object with the model's defaults; a copy, which costs a twentieth of making one."""
    obj = model.__new__(model)
    obj.__dict__.update(_template(model).__dict__, _state=ModelState())
    return obj


def partly_read(model: type[models.Model], names: Sequence[str], values: Sequence[Any]) -> Any:
    """A stored object of which ``names`` were read; its other attributes are when asked for."""
    obj = model.__new__(model)
    obj.__dict__.update(zip(names, values, strict=True), _state=ModelState())
    obj._state.adding, obj._state.db = False, DEFAULT_DB_ALIAS
    return obj


def json_value(model: type[models.Model], field: str, value: Any) -> Any:
    """A Python value as it stands in a stored preview."""
    if type(value) in _PLAIN:
        return value
    if value is CLEAR:
        value = _template(model).__dict__[field]
    if isinstance(value, tuple | list | frozenset):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def set_changes(obj: models.Model, changes: Changes) -> None:
    """Sets the new values of a stored preview on ``obj``."""
    readers = _readers(type(obj))
    for name, (_, value) in changes.items():
        read = readers[name]
        setattr(obj, name, read(value) if read else value)


@cache
def _template(model: type[models.Model]) -> models.Model:
    return model()


@cache
def _readers(model: type[models.Model]) -> dict[str, Callable[[Any], Any] | None]:
    """For each attribute the function from its JSON value, None where that is the value itself."""
    return {
        field.attname: None if _is_json(field) else field.to_python
        for field in model._meta.concrete_fields
    }


def _is_json(field: models.Field) -> bool:
    return isinstance(field, _JSON_FIELDS) and not isinstance(field, CodesField)


_REGISTERED: list[type[Part]] = []


def register(part: type[Part]) -> type[Part]:
    """Adds a part; they are compared and written in the order in which they were added."""
    if part not in _REGISTERED:
        _REGISTERED.append(part)
    return part


def parts() -> list[Part]:
    """A new set of all parts."""
    return [part() for part in _REGISTERED]
