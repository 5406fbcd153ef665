"""The office's figures of today without counting them anew: kept by department, made good by marks.

Every write leaves a mark for the department it touched (``procedures.changes``). Reading counts
the marked departments again, and all of them on another day or under other conditions; what it
found it keeps, unless somebody else was faster. See docs/decisions.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256

from django.db import IntegrityError, OperationalError, transaction

from procedures.models import ChangedDepartment, Procedure

from .models import KeptFigures
from .selections import thresholds
from .stats import (
    BESIDE_HINDRANCES,
    HINDRANCES,
    Figures,
    UnitKey,
    by_department,
    counting_sql,
    figures_by_unit,
    figures_of_departments,
)

_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement

NOBODY = 0
"""``KeptFigures.department_id`` of 所管未定."""


class _Overtaken(Exception):
    """Somebody else has kept newer figures meanwhile."""


@dataclass(frozen=True, slots=True)
class _Marks:
    keys: tuple[int, ...]
    departments: frozenset[int]
    is_everything: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The departments' figures as text: equal to others where all the figures are."""

    texts: tuple[tuple[int | None, str], ...]

    def figures(self) -> dict[int | None, Figures]:
        """The figures by department (None: 所管未定), to be read only."""
        return {key: _read(text) for key, text in self.texts}


@lru_cache(maxsize=256)
def _read(text: str) -> Figures:
    return Figures.from_json(json.loads(text))


def department_figures(on: date, *, with_hindrances: bool = True) -> dict[int | None, Figures]:
    """The figures of each department that has procedures (None: 所管未定) on the day ``on``.

    Without hindrances that part of them is empty: most pages show the others only.
    """
    if not with_hindrances:
        return kept_departments(on).figures()
    return {
        key or None: Figures.from_json(json.loads(row.whole) | json.loads(row.hindered))
        for key, row in _kept(on, without=("divisions",))
    }


def kept_departments(on: date) -> Kept:
    """As ``department_figures`` without hindrances, before anybody reads them."""
    kept = _kept(on, without=("divisions", "hindered"))
    return Kept(tuple((key or None, row.whole) for key, row in kept))


def division_figures(department_id: int | None, on: date) -> dict[int | None, Figures]:
    """The figures of the divisions of one department (None: without a division)."""
    for key, row in _kept(on, without=("whole", "hindered")):
        if key == (department_id or NOBODY):
            return {
                int(division) if division else None: Figures.from_json(part)
                for division, part in json.loads(row.divisions).items()
            }
    return {}


def _kept(on: date, *, without: tuple[str, ...]) -> Iterable[tuple[int, KeptFigures]]:
    # The marks first: figures that were kept meanwhile are then counted once too often.
    marks = _marks()
    kept = {row.department_id: row for row in KeptFigures.objects.defer(*without)}
    definition = definition_of(thresholds())
    is_valid = bool(kept) and all(
        row.on == on and row.definition == definition for row in kept.values()
    )
    if is_valid and not marks.keys:
        return kept.items()
    changed = marks.departments if is_valid and not marks.is_everything else None
    counted = _count(on, definition, changed)
    left = {key: row for key, row in kept.items() if changed is not None and key not in changed}
    replaced = [row.pk for key, row in kept.items() if key not in left]
    _keep(counted, replaced, marks.keys)
    return (left | {row.department_id: row for row in counted}).items()


def _marks() -> _Marks:
    rows = list(ChangedDepartment.objects.values_list("pk", "department_id", "is_everything"))
    return _Marks(
        keys=tuple(key for key, _, _ in rows),
        departments=frozenset(department or NOBODY for _, department, _ in rows),
        is_everything=any(is_everything for _, _, is_everything in rows),
    )


def _count(on: date, definition: str, departments: frozenset[int] | None) -> list[KeptFigures]:
    if departments is None:
        units = figures_by_unit(Procedure.objects.all(), on=on)
    else:
        units = figures_of_departments({key or None for key in departments}, on=on)
    return [
        KeptFigures(
            department_id=department or NOBODY,
            on=on,
            definition=definition,
            whole=json.dumps(whole.as_json(BESIDE_HINDRANCES)),
            hindered=json.dumps(whole.as_json(HINDRANCES)),
            divisions=json.dumps(_by_division(units, department)),
        )
        for department, whole in by_department(units).items()
    ]


def _by_division(
    units: Mapping[UnitKey, Figures], department: int | None
) -> dict[str, dict[str, dict[str, int]]]:
    return {
        str(division or ""): part.as_json()
        for (owner, division), part in units.items()
        if owner == department
    }


def _keep(counted: list[KeptFigures], replaced: list[int], marks: tuple[int, ...]) -> None:
    """Keeps what was counted in place of ``replaced``, which takes the marks away."""
    # A database that is busy, or somebody who was faster: the figures shown are right all the same.
    with suppress(_Overtaken, IntegrityError, OperationalError), transaction.atomic():
        if _delete(KeptFigures, replaced) != len(replaced):
            raise _Overtaken
        if _delete(ChangedDepartment, marks) != len(marks):
            raise _Overtaken
        KeptFigures.objects.bulk_create(counted)


def _delete(model: type[KeptFigures] | type[ChangedDepartment], keys: Sequence[int]) -> int:
    # In parts: where nobody has looked for a year there are as many marks as there were writes.
    parts = (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
    return sum(model.objects.filter(pk__in=part).delete()[0] for part in parts)


@lru_cache(maxsize=8)
def definition_of(_: tuple[int, ...]) -> str:
    """A name of the conditions as they are now: another program or setting has another one."""
    return sha256(counting_sql().encode()).hexdigest()
