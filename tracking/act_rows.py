"""What an act wrote, row by row, as its page shows it: read from the history."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from procedures.acts import entries_of
from procedures.display import Names
from procedures.models import Act, Procedure, User
from procedures.undoing import entries_before, models_beside, owner_field

from .models import SharedMeasure
from .timeline import Change, changes_between, note_on


@dataclass(frozen=True, slots=True)
class ActRow:
    """What the act changed of one procedure, or of a row that belongs to none (no key then)."""

    procedure_id: int | None
    name: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


def written_procedures(act: Act) -> list[int]:
    """The keys of the procedures of which the act wrote something."""
    return sorted(
        {
            pk
            for model in _models()
            if (owner := owner_field(model))
            for pk in entries_of(act, model).values_list(owner, flat=True)
        }
    )


def rows_of(act: Act, keys: Sequence[int]) -> list[ActRow]:
    """The procedures ``keys`` in their order; those that are gone by now are left out."""
    names = Names(SharedMeasure, User)
    changes: dict[int, list[Change]] = defaultdict(list)
    notes: dict[int, list[str]] = defaultdict(list)
    for model in filter(owner_field, _models()):
        for entry, older in _pairs(act, model, **{f"{owner_field(model)}__in": keys}):
            owner = getattr(entry, owner_field(model))
            changes[owner] += changes_between(model, entry, older, names)
            notes[owner] += filter(None, [note_on(entry, older)])
    stored = Procedure.objects.in_bulk(keys)
    return [
        ActRow(pk, str(stored[pk]), tuple(changes[pk]), tuple(notes[pk]))
        for pk in keys
        if pk in stored
    ]


def rows_beside(act: Act) -> list[ActRow]:
    """What the act changed that belongs to no procedure, as a shared measure."""
    names = Names(SharedMeasure, User)
    return [
        ActRow(
            None,
            f"{model._meta.verbose_name}「{entry.row_name}」",
            tuple(changes_between(model, entry, older, names)),
        )
        for model in _models()
        if not owner_field(model)
        for entry, older in _pairs(act, model)
    ]


def _models() -> tuple[type[models.Model], ...]:
    return (Procedure, *models_beside())


def _pairs(act: Act, model: type[models.Model], **conditions: Any) -> Iterator[tuple[Any, Any]]:
    """Each history row that the act wrote with the one before it of the same row, if any."""
    entries = list(entries_of(act, model).filter(**conditions))
    limits: dict[int, int] = {}
    for entry in entries:
        limits.setdefault(entry.id, entry.history_id)
    before = entries_before(model, limits) if limits else {}
    for entry in entries:
        yield entry, before.get(entry.id)
        before[entry.id] = entry
