"""Taking back what was written, field by field through the history; later edits stay.

An import and an act are taken back alike: the history rows that carry them say what they wrote.
Other applications add the models that stand beside a procedure by ``register``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from .chunks import chunks
from .classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from .display import field_label
from .models import (
    NAME_KEYS,
    Department,
    Division,
    Exemption,
    LegalBasis,
    NationalListEdition,
    NationalPriorityProcedure,
    Procedure,
    RefusedLink,
    Source,
    TeamMembership,
    User,
    YearlyVolume,
)
from .models.history import Versioned
from .national_list import linkable_items
from .policies import policy_to_write_under
from .records import Batch, Origin, delete, insert

USED_SINCE = "登録された後に変更されたり使われたりしたため、削除しませんでした。"
BREAKS_RULE = "元に戻すと決まりに合わなくなるため、今の内容のままにしました（{reason}）。"
NO_MORE_LISTED = (
    "前に紐付いていた国の優先手続は、現行の一覧にありません。今の内容のままにしました。"
)
ANOTHER_ROW = "同じものがほかに登録されています"
# What the policy looks at beside the procedure: a change of it is a change of the procedure.
_FACTS: tuple[type[models.Model], ...] = (LegalBasis, YearlyVolume, Exemption)
# What the division decides on as it stands: taken back as a whole, or not at all.
_DECIDED: tuple[type[models.Model], ...] = (Exemption,)
# What all the others refer to: taken back after them.
_UNITS: tuple[type[models.Model], ...] = (Division, Department)
_BOOKKEEPING = frozenset({"id", "version", "changed_at", *NAME_KEYS, *DERIVED_FIELDS})
_LINK = "national_priority_id"

Rule = Callable[[Sequence[Any], Collection[str]], Mapping[int, str]]
"""What stands against rows whose attributes were set back in memory: key → sentence."""

_NATIONAL = (RefusedLink, NationalPriorityProcedure, NationalListEdition)
_registered: list[type[models.Model]] = [*_FACTS, TeamMembership, User, *_NATIONAL]
_rules: dict[type[models.Model], Rule] = {}


def register(*added: type[models.Model]) -> None:
    """Adds models whose rows are taken back too: those that refer to others before these."""
    _registered.extend(model for model in added if model not in _registered)


def register_rule(model: type[models.Model], rule: Rule) -> None:
    """Adds what rows of ``model`` must meet beside the database's own rules to be set back."""
    _rules[model] = rule


def models_beside() -> tuple[type[models.Model], ...]:
    """The models beside ``Procedure`` whose rows are taken back."""
    return (*_registered, *_UNITS)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written of one row: whether it was added, and the entries around it."""

    first: Any
    last: Any

    @property
    def is_new(self) -> bool:
        return self.first.history_type == "+"


class Undo:
    """The way back of the history rows that match ``wrote`` (field of the history → value).

    ``edited_since`` is the sentence for what somebody changed afterwards, ``used_since`` that for
    what was added and worked on. For callers inside a transaction.
    """

    def __init__(
        self,
        *,
        wrote: Mapping[str, Any],
        origin: Origin,
        edited_since: str,
        used_since: str = USED_SINCE,
    ) -> None:
        self.origin = origin
        self.departments: dict[int, int | None] = {}  # by procedure, as they are now
        self._wrote = wrote
        self._edited_since, self._used_since = edited_since, used_since
        self._beside = models_beside()
        self._added = set(self._keys(Procedure, "id", history_type="+"))
        self._kept: set[int] = set()  # added, and used since
        self._touched: set[int] = set()
        self._lifeless: set[int] = set()  # what was written of them was no sign of life
        self._names: dict[_Key, list[str]] = defaultdict(list)
        self._reasons: dict[_Key, str] = {}
        self._lock()

    def take_back(self) -> None:
        """Writes everything: what belongs to procedures first, then these, then the added ones.

        At last the units of the office, to which nothing that was moved refers by then.
        """
        self._keep_used()
        for model in self._beside:
            if model not in _UNITS:
                # What was added makes room for what was there before.
                self._remove_added_beside(model)
                self._restore_beside(model)
                self._bring_back(model)
        self._restore_procedures()
        self._remove_added()
        for model in _UNITS:
            self._restore_beside(model)
            self._remove_added_beside(model)

    def left(self) -> list[dict[str, Any]]:
        """What stays as it is, by procedure, for a person to look at."""
        keys = sorted({*self._names, *self._reasons}, key=lambda key: (key[0]._meta.label, key[1]))
        names = self._names_of(keys)
        return [
            {
                "procedure": key[1] if key[0] is Procedure else None,
                "name": names.get(key, ""),
                "fields": list(dict.fromkeys(self._names[key])),
                "reason": self._reasons.get(key, self._edited_since),
            }
            for key in keys
        ]

    def refusal(self, row: Any) -> str:
        """Why this row may not be written by the person who undoes; empty where it may."""
        return ""

    def _entries(self, model: type[models.Model]) -> models.QuerySet:
        return model.history.filter(**self._wrote).exclude(change_source=Source.UNDO)

    def _keys(self, model: type[models.Model], name: str, **conditions: Any) -> list[int]:
        entries = self._entries(model).filter(**conditions).order_by()
        return list(entries.values_list(name, flat=True).distinct())

    def _written(self, model: type[models.Model]) -> dict[int, _Written]:
        """The rows of ``model`` that were written, by key; not those of added procedures."""
        written: dict[int, _Written] = {}
        entries = self._entries(model)
        if self._added and (owner := owner_field(model)):
            entries = entries.exclude(**{f"{owner}__in": self._added})
        for entry in entries.order_by("history_id"):
            known = written.get(entry.id)
            written[entry.id] = _Written(known.first if known else entry, entry)
        return written

    def _lock(self) -> None:
        """Locks all rows in the order of their other writers: what has no procedure first."""
        for model in self._beside:
            if not owner_field(model):
                _rows(model, self._keys(model, "id"), is_locked=True)
        keys: set[int] = set()
        for model in filter(owner_field, (Procedure, *self._beside)):
            keys |= {*self._keys(model, owner_field(model))}
        for chunk in chunks(sorted(keys)):
            locked = Procedure.objects.select_for_update().filter(pk__in=chunk).order_by("pk")
            self.departments |= dict(locked.values_list("pk", "department"))

    def _keep_used(self) -> None:
        """Finds the procedures that were added and that somebody has worked on since."""
        for model in filter(owner_field, (Procedure, *self._beside)):
            owner = owner_field(model)
            for chunk in chunks(sorted(self._added)):
                later = model.history.filter(**{f"{owner}__in": chunk}).exclude(**self._wrote)
                self._kept |= set(later.values_list(owner, flat=True))
        for pk in self._kept:
            self._reasons[Procedure, pk] = self._used_since

    def _remove_added_beside(self, model: type[models.Model]) -> None:
        """Rows that were added to procedures which were there before."""
        added = {pk: row.last for pk, row in self._written(model).items() if row.is_new}
        for chunk in chunks(sorted(added)):
            gone = []
            for row in _rows(model, chunk):
                edited = [name for name in _fields(model) if _differs(row, added[row.pk], name)]
                refusal = self.refusal(row)
                if edited or refusal:
                    self._leave(row, edited, refusal or self._edited_since)
                else:
                    gone.append(row)
            self._touch(self._deleted(gone))

    def _deleted(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Deletes ``rows`` but for those that others refer to by now; returns those that went."""
        try:
            with transaction.atomic():
                delete(rows, self.origin)
        except ProtectedError:
            if len(rows) > 1:
                return [row for one in rows for row in self._deleted([one])]
            self._leave(rows[0], (), self._used_since)
            return ()
        return rows

    def _restore_beside(self, model: type[models.Model]) -> None:
        refused: list[tuple[Any, Sequence[str]]] = []
        for restored in self._restored(model):
            for fields, rows in restored.items():
                allowed = self._allowed(model, rows, fields)
                saved = self._saved(allowed, fields)
                self._touch(saved)
                taken = {row.pk for row in saved}
                refused += [(row, fields) for row in allowed if row.pk not in taken]
        self._restore_in_turn(refused)

    def _restore_in_turn(self, refused: Sequence[tuple[Any, Sequence[str]]]) -> None:
        """Rows that the database refused: one may stand where another one was, and go first."""
        while refused:
            still = [(row, fields) for row, fields in refused if not self._saved([row], fields)]
            if len(still) == len(refused):
                break
            left = {row.pk for row, _ in still}
            self._touch(row for row, _ in refused if row.pk not in left)
            refused = still
        for row, fields in refused:
            reason = _broken_rule(row) or ANOTHER_ROW
            self._leave(row, fields, BREAKS_RULE.format(reason=reason))

    def _bring_back(self, model: type[models.Model]) -> None:
        """Rows that were deleted, as they were."""
        if issubclass(model, Versioned):  # its history would have two of one version
            return
        gone = {pk: row for pk, row in self._written(model).items() if row.last.history_type == "-"}
        for chunk in chunks(sorted(pk for pk, row in gone.items() if not row.is_new)):
            before = entries_before(model, {pk: gone[pk].first.history_id for pk in chunk})
            for entry in before.values():
                self._insert(model(**{name: getattr(entry, name) for name in _columns(model)}))

    def _insert(self, row: Any) -> None:
        refusal = self.refusal(row)
        if not refusal:
            try:
                row.clean_fields()  # what it refers to may be gone
                row.validate_constraints()
                insert([row], self.origin)
            except ValidationError as error:
                refusal = BREAKS_RULE.format(reason=" ".join(error.messages))
            except IntegrityError:
                refusal = BREAKS_RULE.format(reason=ANOTHER_ROW)
        if refusal:
            self._leave(row, (), refusal)

    def _allowed(
        self, model: type[models.Model], rows: Sequence[Any], fields: Sequence[str]
    ) -> list[Any]:
        """``rows`` but for those against which the model's registered rule has something."""
        against = _rules[model](rows, fields) if model in _rules else {}
        for row in rows:
            if row.pk in against:
                self._leave(row, fields, BREAKS_RULE.format(reason=against[row.pk]))
        return [row for row in rows if row.pk not in against]

    def _saved(self, rows: Sequence[Any], fields: Sequence[str]) -> Sequence[Any]:
        """Writes ``rows`` but for those that the database refuses; returns those it took."""
        try:
            with transaction.atomic():
                batch = Batch(self.origin)
                batch.update(rows, fields)
                batch.write()
        except IntegrityError:
            for row in filter(_is_versioned, rows):
                row.version -= 1  # as it was read
            if len(rows) > 1:
                return [row for one in rows for row in self._saved([one], fields)]
            return ()
        return rows

    def _restore_procedures(self) -> None:
        restored: dict[int, tuple[tuple[str, ...], Procedure]] = {}
        for found in self._restored(Procedure):
            for fields, rows in found.items():
                restored |= {row.pk: (fields, row) for row in rows}
        keys = sorted({*restored, *self._touched} - self._added)
        policy = policy_to_write_under() if keys else None
        for chunk in chunks(keys):
            batch = Batch(self.origin)
            for stored in with_facts(Procedure.objects.filter(pk__in=chunk)):
                fields, old = restored.get(stored.pk, ((), stored))
                for name in fields:
                    setattr(stored, name, getattr(old, name))
                stored.set_name_keys()
                set_classification(stored, facts_of(stored), policy)
                touch = stored.pk not in self._lifeless
                batch.update([stored], [*fields, *NAME_KEYS, *DERIVED_FIELDS], touch=touch)
            batch.write()

    def _remove_added(self) -> None:
        for chunk in chunks(sorted(self._added - self._kept)):
            for model in filter(owner_field, self._beside):
                delete(list(_named(model).filter(procedure__in=chunk)), self.origin)
            delete(list(Procedure.objects.filter(pk__in=chunk)), self.origin)

    def _restored(self, model: type[models.Model]) -> Iterator[dict[tuple[str, ...], list[Any]]]:
        """The stored rows that were changed, set back in memory, by the fields that were."""
        changed = {pk: row for pk, row in self._written(model).items() if not row.is_new}
        for chunk in chunks(sorted(changed)):
            before = entries_before(model, {pk: changed[pk].first.history_id for pk in chunk})
            grouped: dict[tuple[str, ...], list[Any]] = defaultdict(list)
            for row in _rows(model, chunk, is_locked=True):
                fields = self._set_back(model, row, changed[row.pk].last, before[row.pk])
                if fields:
                    grouped[fields].append(row)
            yield grouped

    def _set_back(
        self, model: type[models.Model], row: Any, entry: Any, before: Any
    ) -> tuple[str, ...]:
        changed = [name for name in _fields(model) if _differs(before, entry, name)]
        moved = {name for name in _fields(model) if _differs(row, entry, name)}
        fields = tuple(name for name in changed if name not in moved)
        refusal = self.refusal(row)
        if refusal and changed:
            self._leave(row, changed, refusal)
            return ()
        if moved and model in _DECIDED:
            self._leave(row, changed, self._edited_since)
            return ()
        if len(fields) < len(changed):
            self._leave(row, [name for name in changed if name in moved], self._edited_since)
        if _LINK in fields and before.national_priority_id not in (None, *self._linkable):
            self._leave(row, [_LINK], NO_MORE_LISTED)
            fields = tuple(name for name in fields if name != _LINK)
        now = {name: getattr(row, name) for name in fields}
        for name in fields:
            setattr(row, name, getattr(before, name))
        if model is Procedure and entry.changed_at == before.changed_at:
            self._lifeless.add(row.pk)
        # An old value beside a later one may be what no row may hold.
        reason = _broken_rule(row) if moved and fields else ""
        if not reason:
            return fields
        self._leave(row, fields, BREAKS_RULE.format(reason=reason))
        for name, value in now.items():
            setattr(row, name, value)
        return ()

    @cached_property
    def _linkable(self) -> frozenset[int]:
        """What counts of the national list: read when the editions are as they will be."""
        return linkable_items()

    def _touch(self, rows: Iterable[Any]) -> None:
        self._touched |= {row.procedure_id for row in rows if isinstance(row, _FACTS)}

    def _leave(self, row: Any, names: Sequence[str], reason: str) -> None:
        model, key = type(row), owner_of(row)
        by_attribute = {field.attname: field.name for field in model._meta.concrete_fields}
        self._names[key] += [field_label(model, by_attribute[name]) for name in names]
        self._reasons[key] = reason

    def _names_of(self, keys: Sequence["_Key"]) -> dict["_Key", str]:
        by_model: dict[type[models.Model], list[int]] = defaultdict(list)
        for model, pk in keys:
            by_model[model].append(pk)
        return {
            (model, row.pk): str(row) if model is Procedure else f"{_title(model)}「{row}」"
            for model, pks in by_model.items()
            for row in _rows(model, pks)
        }


_Key = tuple[type[models.Model], int]
"""The procedure to which a row belongs, or the row itself where it belongs to none."""


def owner_of(row: Any) -> _Key:
    """Model and key of the procedure to which a row belongs, or of itself."""
    owner = owner_field(type(row))
    return (Procedure, getattr(row, owner)) if owner else (type(row), row.pk)


def owner_field(model: type[models.Model]) -> str:
    """The attribute with the key of the row's procedure; empty where rows belong to none."""
    if model is Procedure:
        return "id"
    has_one = any(field.name == "procedure" for field in model._meta.concrete_fields)
    return "procedure_id" if has_one else ""


def _is_versioned(row: Any) -> bool:
    return isinstance(row, Versioned)


def _title(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name)


@cache  # asked for every row, and ``history`` makes a class each time
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model.history.model.tracked_fields)


@cache
def _fields(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(name for name in _columns(model) if name not in _BOOKKEEPING)


def _differs(one: Any, other: Any, name: str) -> bool:
    return getattr(one, name) != getattr(other, name)


def _broken_rule(row: Any) -> str:
    try:
        row.validate_constraints()
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def entries_before(model: type[models.Model], limits: Mapping[int, int]) -> dict[int, Any]:
    """For each key the history row before the one with that history id."""
    entries = model.history.filter(id__in=list(limits))
    # The keys first: a row may have many entries, and only one is wanted.
    keys: dict[int, int] = {}
    for pk, key in entries.order_by("history_id").values_list("id", "history_id"):
        if key < limits[pk]:
            keys[pk] = key
    return {
        row.id: row
        for chunk in chunks(list(keys.values()))
        for row in model.history.filter(history_id__in=chunk)
    }


def _rows(model: type[models.Model], keys: Sequence[int], *, is_locked: bool = False) -> list[Any]:
    rows = _named(model).order_by("pk")
    if is_locked:
        rows = rows.select_for_update(of=("self",))
    return [row for chunk in chunks(list(keys)) for row in rows.filter(pk__in=chunk)]


def _named(model: type[models.Model]) -> models.QuerySet:
    """The rows of ``model`` with the procedure, whose name many have in theirs."""
    rows = model._default_manager.all()
    return rows.select_related("procedure") if owner_field(model) == "procedure_id" else rows
