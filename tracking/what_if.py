"""What another edition of the policy would change, before anybody adopts it (clause 7)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from django.db.models import Case, CharField, QuerySet, Value, When

from procedures.classification import derived, facts_by_key
from procedures.models import Procedure
from procedures.one_state import one_state
from procedures.rules import (
    Category,
    Classification,
    ClauseFinding,
    Facts,
    PolicyRevision,
    Reclassification,
    Warning,
    describe_change,
    label,
    reclassify,
)

from .figures import EXCLUDED
from .kept_figures import department_figures
from .past import supposing
from .selections import condition, to_count
from .stats import Figures, by_department, figures_by_unit

STANDINGS = ("target", *EXCLUDED)
"""The sets of ``selections`` of which every procedure is in exactly one."""


_Key = TypeVar("_Key")


class Move(NamedTuple):
    """From which category to which; both may be the same."""

    before: Category
    after: Category

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.before}-{self.after}"

    @property
    def is_change(self) -> bool:
        """Whether the categories differ."""
        return self.before is not self.after

    def __str__(self) -> str:
        return f"{label(self.before)} → {label(self.after)}"


MOVES = tuple(Move(before, after) for before in Category for after in Category)
CHANGES = tuple(move for move in MOVES if move.is_change)


TALLY_COLUMNS = ("手続", "うち現行・対象", "年間件数", "件数不明")


@dataclass(frozen=True, slots=True)
class Tally:
    """So many procedures; of those in force and in scope the yearly applications.

    ``unknown_count`` says of how many of the ``in_scope_count`` no volume is known.
    """

    procedure_count: int = 0
    in_scope_count: int = 0
    application_count: int = 0
    unknown_count: int = 0

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """In the order of ``TALLY_COLUMNS``."""
        return (
            self.procedure_count,
            self.in_scope_count,
            self.application_count,
            self.unknown_count,
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.procedure_count + other.procedure_count,
            self.in_scope_count + other.in_scope_count,
            self.application_count + other.application_count,
            self.unknown_count + other.unknown_count,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One procedure under both editions.

    ``standing`` is the one of ``STANDINGS`` in which it is under the earlier one.
    """

    pk: int
    department_id: int | None
    standing: str
    annual_volume: int | None
    result: Reclassification

    @property
    def move(self) -> Move:
        """From which category to which."""
        return Move(self.result.before.category, self.result.after.category)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Why the category changes."""
        return tuple(map(describe_change, self.result.reasons))


@dataclass(frozen=True)
class WhatIf:
    """All procedures of the inventory under ``old`` and under ``new``, in office order."""

    new: PolicyRevision
    old: PolicyRevision
    rows: tuple[Row, ...]

    @property
    def procedure_count(self) -> int:
        """All procedures of the inventory."""
        return len(self.rows)

    @property
    def changed_count(self) -> int:
        """Those of all whose category would change: what an adoption reclassifies."""
        return len(self.changed)

    @cached_property
    def changed(self) -> tuple[Row, ...]:
        """The rows whose category would change."""
        return tuple(row for row in self.rows if row.result.changes_category)

    @cached_property
    def by_standing(self) -> Mapping[str, int]:
        """The changed ones by where they stand now."""
        counts = Counter(row.standing for row in self.changed)
        return {standing: counts[standing] for standing in STANDINGS}

    @cached_property
    def by_move(self) -> Mapping[Move, Tally]:
        """All procedures by category before and after; every move is there."""
        tallies = _tallies((row.move, row) for row in self.rows)
        return {move: tallies.get(move, Tally()) for move in MOVES}

    @property
    def occurring(self) -> tuple[Move, ...]:
        """The changes that some procedure makes."""
        return tuple(move for move in CHANGES if self.by_move[move].procedure_count)

    @cached_property
    def by_department(self) -> Mapping[int | None, Mapping[Move, Tally]]:
        """As ``by_move`` for each department with procedures (None: 所管未定), in office order."""
        parts: dict[int | None, list[Row]] = defaultdict(list)
        for row in self.rows:
            parts[row.department_id].append(row)
        return {key: _tallies((row.move, row) for row in own) for key, own in parts.items()}

    @cached_property
    def by_reason(self) -> Mapping[ClauseFinding, Tally]:
        """The changed ones by each of their reasons, the most frequent first."""
        tallies = _tallies((reason, row) for row in self.changed for reason in row.result.reasons)
        return dict(sorted(tallies.items(), key=lambda item: -item[1].procedure_count))

    @cached_property
    def same_category_count(self) -> int:
        """Those whose category stays while grounds, obstacles or warnings do not."""
        return sum(row.result.changes_basis_only for row in self.rows)

    @cached_property
    def by_warning(self) -> Mapping[Warning, int]:
        """How many would get each warning that they do not have now."""
        counts = Counter(one for row in self.rows for one in row.result.new_warnings)
        return {one: counts[one] for one in Warning if counts[one]}


def together(parts: Mapping[Move, Tally]) -> Tally:
    """The changes of ``parts`` added up, without what stays."""
    return sum((tally for move, tally in parts.items() if move.is_change), Tally())


def what_if(new: PolicyRevision, old: PolicyRevision) -> WhatIf:
    """Every procedure of the inventory classified by ``old`` and by ``new``, in three queries.

    Nothing is written, and what is stored is not looked at.
    """
    procedures = Procedure.objects.in_office_order()
    with one_state():
        facts = facts_by_key(procedures)
        subjects = list(_subjects(procedures))
    results: dict[Facts, Reclassification] = {}
    rows = []
    for pk, department_id, standing, volume in subjects:
        own = facts[pk]
        result = results.get(own)
        if result is None:
            result = results[own] = reclassify(own, new, old)
        rows.append(Row(pk, department_id, _standing(standing, result), volume, result))
    return WhatIf(new, old, tuple(rows))


def figures_before_and_after(
    found: WhatIf, *, on: date, is_in_force: bool
) -> tuple[Mapping[int | None, Figures], Mapping[int | None, Figures]]:
    """The figures of the departments on the day ``on`` under both editions, as elsewhere defined.

    ``is_in_force``: the earlier edition is the one by which the inventory is classified.
    """
    before = (
        department_figures(on)
        if is_in_force
        else _figures({row.pk: row.result.before for row in found.rows}, found.old, on)
    )
    return before, _figures({row.pk: row.result.after for row in found.rows}, found.new, on)


def _figures(
    results: Mapping[int, Classification], policy: PolicyRevision, on: date
) -> dict[int | None, Figures]:
    values = {pk: derived(result, policy.key) for pk, result in results.items()}
    with supposing(values):
        return by_department(figures_by_unit(Procedure.objects.all(), on=on))


def _subjects(
    procedures: QuerySet[Procedure],
) -> Iterator[tuple[int, int | None, str, int | None]]:
    """Key, department, whether it is left out whatever its category, and yearly volume."""
    # What these two sets leave out rests on no category, so no day and no edition matter.
    left_out = Case(
        *(When(condition(key, date.min), then=Value(key)) for key in ("abolished", "outside")),
        default=Value(""),
        output_field=CharField(),
    )
    rows = to_count(procedures).annotate(left_out=left_out)
    return rows.values_list("pk", "department_id", "left_out", "annual_volume").iterator()


def _standing(left_out: str, result: Reclassification) -> str:
    if left_out:
        return left_out
    return "exempt" if result.before.category is Category.EXEMPT else "target"


def _tallies(rows: Iterable[tuple[_Key, Row]]) -> dict[_Key, Tally]:
    """What belongs together added up, in the order in which it comes."""
    groups: dict[_Key, list[Row]] = defaultdict(list)
    for key, row in rows:
        groups[key].append(row)
    return {key: _tally(group) for key, group in groups.items()}


def _tally(rows: list[Row]) -> Tally:
    volumes = [row.annual_volume for row in rows if row.standing in ("target", "exempt")]
    return Tally(
        procedure_count=len(rows),
        in_scope_count=len(volumes),
        application_count=sum(volume or 0 for volume in volumes),
        unknown_count=volumes.count(None),
    )
