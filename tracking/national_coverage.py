"""Which of the national list's procedures the city has (clause 3(1)①): linked, 制度なし or open.

Counts and rows are read here, so that every page says the same.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, Prefetch

from procedures.models import (
    LegalBasis,
    NationalListEdition,
    NationalPriorityProcedure,
    Procedure,
    RefusedLink,
    Scope,
)

from .national_matching import Candidate, ListedItem, Match, Names, ids_of, suggest


class State(StrEnum):
    """How far the city has looked at a procedure of the list."""

    LINKED = "linked"
    ABSENT = "absent"
    OPEN = "open"
    NOT_MUNICIPAL = "not_municipal"


STATE_LABELS = {
    State.LINKED: "紐付け済",
    State.ABSENT: "制度なし",
    State.OPEN: "未対応",
    State.NOT_MUNICIPAL: "市の対象外",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the municipal procedures of the current edition are in which state."""

    linked: int = 0
    absent: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        """All that a city has to do with."""
        return self.linked + self.absent + self.open


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A procedure of the list with those of the city that are linked to it; abolished ones too."""

    item: NationalPriorityProcedure
    procedures: Sequence[Procedure]

    @property
    def state(self) -> State:
        """Whoever is linked must be in force to count."""
        if not self.item.applies_to_city:
            return State.NOT_MUNICIPAL
        is_linked = any(procedure.abolished_on is None for procedure in self.procedures)
        return state_of(is_linked, self.item.absence)


@dataclass(frozen=True, slots=True)
class Suggested:
    """A procedure of the city that may be the item, and why."""

    procedure: Procedure
    match: Match


@dataclass(frozen=True, slots=True)
class ItemSuggestions:
    """An item of the current edition with the likeliest procedures; ``hidden_count`` are more."""

    row: ItemRow
    suggested: Sequence[Suggested]
    hidden_count: int


def state_of(is_linked: bool, absence: str) -> State:
    """The state of a municipal procedure of the list."""
    if is_linked:
        return State.LINKED
    return State.ABSENT if absence else State.OPEN


def coverage() -> Coverage:
    """The figures of the current edition; one query."""
    linked = Exists(Procedure.objects.in_force().filter(national_priority=OuterRef("pk")))
    rows = NationalPriorityProcedure.objects.current().municipal().order_by()
    found = [state_of(*row) for row in rows.values_list(linked, "absence")]
    return Coverage(*(found.count(state) for state in (State.LINKED, State.ABSENT, State.OPEN)))


def coverage_of(rows: Iterable[ItemRow]) -> Coverage:
    """The same of rows that are read already."""
    found = [row.state for row in rows]
    return Coverage(*(found.count(state) for state in (State.LINKED, State.ABSENT, State.OPEN)))


def item_rows(edition: NationalListEdition) -> list[ItemRow]:
    """The procedures of ``edition`` in its order; two queries."""
    linked = Procedure.objects.select_related("department").in_office_order()
    items = edition.procedures.order_by("number")
    items = items.prefetch_related(Prefetch("procedures", linked, to_attr="linked"))
    return [ItemRow(item, item.linked) for item in items]


def suggestions(
    edition: NationalListEdition, *, departments: Collection[int] | None = None, shown: int
) -> list[ItemSuggestions]:
    """The open municipal procedures of ``edition``, then the linked ones, each with whom to link.

    Suggested are procedures that are linked to none, of ``departments`` only (None: all); of each
    item the ``shown`` likeliest. Nobody is suggested again whom a person has refused.
    """
    every = item_rows(edition)
    rows = [row for state in (State.OPEN, State.LINKED) for row in every if row.state is state]
    found: dict[int, list[Match]] = {}
    for match in _matches([row.item for row in rows], departments):
        found.setdefault(match.item, []).append(match)
    top = [match for matches in found.values() for match in matches[:shown]]
    procedures = _procedures([match.candidate for match in top])
    return [
        ItemSuggestions(
            row,
            [
                Suggested(procedures[match.candidate], match)
                for match in found.get(row.item.pk, ())[:shown]
                if match.candidate in procedures
            ],
            max(0, len(found.get(row.item.pk, ())) - shown),
        )
        for row in rows
    ]


def refusals(departments: Collection[int] | None = None) -> list[RefusedLink]:
    """What persons have said is not the same, of the current edition; the latest first."""
    current = NationalPriorityProcedure.objects.current()
    found = RefusedLink.objects.filter(item__in=current).order_by("-refused_at", "-pk")
    if departments is not None:
        found = found.filter(procedure__department__in=departments)
    return list(found.select_related("item", "procedure__department", "refused_by"))


def _matches(
    items: Sequence[NationalPriorityProcedure], departments: Collection[int] | None
) -> list[Match]:
    fields = ("pk", "name", "national_id", "national_priority_id", "department_id", "scope")
    rows = list(Procedure.objects.in_force().order_by("pk").values_list(*fields))
    bases: dict[int, tuple[tuple[str, str], ...]] = {}
    named = LegalBasis.objects.exclude(name="").order_by("pk")
    for pk, name, article in named.values_list("procedure_id", "name", "article"):
        bases[pk] = (*bases.get(pk, ()), (name, article))
    candidates = [
        Candidate(pk, name, bases.get(pk, ()), national_id)
        for pk, name, national_id, item, department, scope in rows
        if item is None
        and scope != Scope.OUTSIDE
        and (departments is None or department in departments)
    ]
    listed = [
        ListedItem(item.pk, item.name, item.legal_basis, ids_of(item.national_ids))
        for item in items
    ]
    # All names there are, so that what is rare stays so when some have been linked.
    names = Names([*(item.name for item in listed), *(name for _, name, *_ in rows)])
    refused = set(RefusedLink.objects.values_list("item_id", "procedure_id"))
    return suggest(listed, candidates, names=names, refused=refused)


def _procedures(keys: Collection[int]) -> dict[int, Procedure]:
    rows = Procedure.objects.select_related("department", "division")
    return rows.prefetch_related("legal_bases").in_bulk(keys)
