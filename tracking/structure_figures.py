"""Figures on two structures of the office: before and after a reorganisation, equal as a whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.db.models import QuerySet

from procedures.acts import entries_of
from procedures.chunks import chunks
from procedures.models import Act, Department, Procedure

from .moves import NO_DEPARTMENT
from .stats import Figures, UnitKey, by_department, figures_by_unit, total
from .structure import Outcome
from .structure_reading import ref_of

_NEWEST = 2**63  # beyond every key: a unit that is still to come


class _Named(Protocol):
    """What a department is called, and where it stands."""

    name: str
    order: int


@dataclass(frozen=True, slots=True)
class NamedFigures:
    """The figures of one department; ``is_changed`` where the two structures differ in it."""

    name: str
    figures: Figures
    is_changed: bool = False

    @property
    def volume(self) -> int:
        """The known yearly applications of the target procedures."""
        return self.figures.volumes["volume_known"]


@dataclass(frozen=True, slots=True)
class Structure:
    """The departments that have procedures on one structure, in office order, and the whole."""

    rows: tuple[NamedFigures, ...]

    @property
    def whole(self) -> NamedFigures:
        """All departments together."""
        return NamedFigures("合計", total(row.figures for row in self.rows))


@dataclass(frozen=True, slots=True)
class TwoStructures:
    """The same procedures on the ``old`` and on the ``new`` structure."""

    old: Structure
    new: Structure

    @property
    def is_equal(self) -> bool:
        """Whether nothing was lost or counted twice: every figure of the whole is the same."""
        return self.old.whole.figures == self.new.whole.figures


def planned_figures(outcome: Outcome, on: date) -> TwoStructures:
    """The figures of the day ``on`` as they are, and as they will be; two queries."""
    units = figures_by_unit(Procedure.objects.all(), on=on)
    return _two(
        _by_ref(units),
        outcome.before.departments,
        _moved(units, outcome),
        outcome.after.departments,
    )


def figures_around(act: Act, on: date) -> TwoStructures:
    """The figures of the day ``on`` as they are, and with every procedure where ``act`` found it.

    What came in since stands in both where it is. Departments have the names of each time. Two
    queries more for each department from which procedures went.
    """
    rows = Procedure.objects.all()
    moved = entries_of(act, Procedure).order_by()
    parts = [_by_ref(figures_by_unit(rows.exclude(pk__in=moved.values("id")), on=on))]
    for department, keys in _found_in(moved).items():
        for chunk in chunks(keys):
            own = rows.filter(pk__in=chunk)
            found = total(figures_by_unit(own, on=on).values())
            parts.append({ref_of(department): found})
    new, names = _by_ref(figures_by_unit(rows, on=on)), _departments()
    return _two(_added(parts), names | _units_before(act), new, names)


def _by_ref(units: Mapping[UnitKey, Figures]) -> dict[str, Figures]:
    return {ref_of(key): figures for key, figures in by_department(units).items()}


def _moved(units: Mapping[UnitKey, Figures], outcome: Outcome) -> dict[str, Figures]:
    def department(unit: UnitKey) -> str:
        place = ref_of(unit[0]), ref_of(unit[1])
        return outcome.after.places.get(place, place)[0]

    return _added({department(unit): figures} for unit, figures in units.items())


def _found_in(moved: QuerySet) -> dict[int | None, list[int]]:
    """By department the procedures that an act found there: ``moved`` is what it wrote of them."""
    limits = dict(moved.values_list("id", "history_id"))
    found: dict[int, int | None] = {}
    entries = Procedure.history.filter(id__in=moved.values("id")).order_by("history_id")
    for pk, key, department in entries.values_list("id", "history_id", "department_id"):
        if key < limits[pk]:
            found[pk] = department
    keys: dict[int | None, list[int]] = defaultdict(list)
    for pk, department in found.items():
        keys[department].append(pk)
    return keys


def _added(parts: Iterable[Mapping[str, Figures]]) -> dict[str, Figures]:
    found: dict[str, list[Figures]] = defaultdict(list)
    for part in parts:
        for ref, figures in part.items():
            found[ref].append(figures)
    return {ref: total(figures) for ref, figures in found.items()}


def _departments() -> dict[str, _Named]:
    return {ref_of(unit.pk): unit for unit in Department.objects.all()}


def _units_before(act: Act) -> dict[str, _Named]:
    """Each department that ``act`` changed as it found it."""
    written = list(entries_of(act, Department).exclude(history_type="+"))
    limits = {row.id: row.history_id for row in written}
    found: dict[str, _Named] = {}
    for row in Department.history.filter(id__in=limits).order_by("history_id"):
        if row.history_id < limits[row.id]:
            found[ref_of(row.id)] = row
    return found


def _two(
    old: Mapping[str, Figures],
    old_units: Mapping[str, _Named],
    new: Mapping[str, Figures],
    new_units: Mapping[str, _Named],
) -> TwoStructures:
    changed = {ref for ref in {*old, *new} if old.get(ref) != new.get(ref)}
    return TwoStructures(_structure(old, old_units, changed), _structure(new, new_units, changed))


def _structure(
    figures: Mapping[str, Figures], units: Mapping[str, _Named], changed: set[str]
) -> Structure:
    def place(ref: str) -> tuple[bool, int, int]:
        if not ref:  # 所管未定 stands last
            return True, 0, 0
        # Of two in one place of the order the newer one stands second.
        return False, units[ref].order, int(ref) if ref.isdecimal() else _NEWEST

    return Structure(
        tuple(
            NamedFigures(units[ref].name if ref else NO_DEPARTMENT, figures[ref], ref in changed)
            for ref in sorted(figures, key=place)
        )
    )
