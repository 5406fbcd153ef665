"""What adopting a draft edition of the national list would do: to its items, and to procedures."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from procedures.classification import facts_of, with_facts
from procedures.models import (
    NationalListEdition,
    NationalPriorityProcedure,
    Procedure,
    RefusedLink,
)
from procedures.national_list import current_edition
from procedures.policies import policy_in_force
from procedures.rules import Category, classify

from .national_comparison import EditionComparison, Entry, Pairing, compare
from .national_matching import ids_of


@dataclass(frozen=True, slots=True)
class ItemFate:
    """A procedure of the current edition, its pairing, and the city's procedures linked to it."""

    item: NationalPriorityProcedure
    pairing: Pairing
    procedures: Sequence[Procedure]


@dataclass(frozen=True, slots=True)
class Lost:
    """A procedure whose link ends, with its category before and after."""

    procedure: Procedure
    old: Category
    new: Category


@dataclass(frozen=True, slots=True)
class Revision:
    """A draft beside the current edition (None: it is the first).

    ``moves`` is procedure → item of the draft that it will be linked to, None where its link ends.
    """

    draft: NationalListEdition
    current: NationalListEdition | None
    comparison: EditionComparison
    items: Mapping[int, NationalPriorityProcedure]
    fates: Sequence[ItemFate]
    moves: Mapping[int, int | None]
    lost: Sequence[Lost]

    @property
    def moved_count(self) -> int:
        """How many procedures keep a link, to the successor."""
        return len(self.moves) - len(self.lost)

    @property
    def token(self) -> str:
        """The same for two revisions that do the same to the same procedures."""
        told = [
            self.draft.pk,
            self.current and self.current.pk,
            sorted(self.moves.items()),
            [(one.old.number, one.new and one.new.number) for one in self.comparison.pairings],
            sorted(self.items),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def entries_of(items: Sequence[NationalPriorityProcedure]) -> list[Entry]:
    """The items as they are compared."""
    return [
        Entry(
            number=item.number,
            name=item.name,
            legal_basis=item.legal_basis,
            tier=item.tier,
            is_special31=item.is_special31,
            applies_to_city=item.applies_to_city,
            national_ids=ids_of(item.national_ids),
        )
        for item in items
    ]


def decided_of(draft: NationalListEdition, current: NationalListEdition) -> dict[int, int | None]:
    """What a person has said of ``draft``; nothing where it was said of another edition."""
    if draft.succession.get("edition") != current.pk:
        return {}
    return {int(old): new for old, new in draft.succession["pairs"].items()}


def revision_of(draft: NationalListEdition) -> Revision:
    """Compares ``draft`` with the current edition, and finds what becomes of linked procedures."""
    current = current_edition()
    earlier = list(current.procedures.order_by("number")) if current else []
    later = list(draft.procedures.order_by("number"))
    decided = decided_of(draft, current) if current else {}
    comparison = compare(entries_of(earlier), entries_of(later), decided)
    keys = {item.number: item.pk for item in later}
    successors = {
        item.pk: pairing.new and keys[pairing.new.number]
        for item, pairing in zip(earlier, comparison.pairings, strict=True)
    }
    linked = _linked()
    by_item: dict[int, list[Procedure]] = defaultdict(list)
    for procedure in linked:
        by_item[procedure.national_priority_id].append(procedure)
    moves = {one.pk: successors.get(one.national_priority_id) for one in linked}
    return Revision(
        draft=draft,
        current=current,
        comparison=comparison,
        items={item.number: item for item in later},
        fates=[
            ItemFate(item, pairing, by_item[item.pk])
            for item, pairing in zip(earlier, comparison.pairings, strict=True)
        ],
        moves=moves,
        lost=_lost([one for one in linked if moves[one.pk] is None]),
    )


def successors_of(revision: Revision) -> dict[int, NationalPriorityProcedure]:
    """The items of the current edition that go on, by key, with their successors."""
    return {
        fate.item.pk: revision.items[fate.pairing.new.number]
        for fate in revision.fates
        if fate.pairing.new
    }


def carried_absences(revision: Revision) -> list[NationalPriorityProcedure]:
    """The items of the draft with the reasons (制度なし) of those before them, in memory."""
    reasons: dict[int, list[str]] = defaultdict(list)
    for fate in revision.fates:
        if fate.item.absence and fate.pairing.new:
            reasons[fate.pairing.new.number].append(fate.item.absence)
    carried = []
    for number, found in reasons.items():
        item = revision.items[number]
        item.absence = "\n".join(dict.fromkeys(found))
        carried.append(item)
    return carried


def carried_refusals(revision: Revision) -> list[RefusedLink]:
    """What persons refused of the current edition, said of the successors; not saved."""
    successors = successors_of(revision)
    refused = RefusedLink.objects.filter(item__in=successors).order_by("pk")
    carried = {
        (successors[one.item_id].pk, one.procedure_id): RefusedLink(
            item=successors[one.item_id],
            procedure_id=one.procedure_id,
            refused_by_id=one.refused_by_id,
            refused_at=one.refused_at,
        )
        for one in refused
    }
    return [
        one for (item, procedure), one in carried.items() if revision.moves.get(procedure) != item
    ]


def _linked() -> list[Procedure]:
    """All procedures that are linked, whatever to, with what their classification reads."""
    rows = with_facts(Procedure.objects.filter(national_priority__isnull=False))
    return list(rows.select_related("department").in_office_order())


def _lost(procedures: Sequence[Procedure]) -> list[Lost]:
    if not procedures:
        return []
    policy = policy_in_force()
    lost = []
    for procedure in procedures:
        item, procedure.national_priority_id = procedure.national_priority_id, None
        new = classify(facts_of(procedure), policy).category
        procedure.national_priority_id = item
        lost.append(Lost(procedure, Category(procedure.category), new))
    return lost
