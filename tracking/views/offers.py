"""How obstacles are shown: what solving them frees, each number with the address of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from procedures.rules import Step, Yardstick, label
from tracking.charts import Fill, Series, StackedBarChart, StackedRow, stacked_bar_chart
from tracking.filters import KNOWN, UNKNOWN
from tracking.hindrances import Amount, Aspects, Bound, Hindrances, in_turn

from .figures import EVERYTHING, Scope

KEYS = {Bound.CERTAIN: "hindered_surveyed", Bound.POSSIBLE: "hindered"}
"""The sets whose rows count in each bound."""
SERIES = (
    Series("今すでに支障のない手続", Fill.GRID),
    Series("前の手順までに支障がなくなる", Fill.DIAGONAL),
    Series("この手順で支障がなくなる", Fill.SOLID),
)


@dataclass(frozen=True, slots=True)
class Linked:
    """An amount with the addresses of its rows, of those with a known volume, and of the others."""

    amount: Amount
    url: str
    known_url: str
    unknown_url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What solving some obstacles would free: at least, and at most."""

    aspects: Aspects
    certain: Linked
    possible: Linked

    @property
    def label(self) -> str:
        """The obstacles in Japanese."""
        return words(self.aspects)

    @property
    def is_open(self) -> bool:
        """Whether unanswered questions make a difference."""
        return self.certain.amount != self.possible.amount


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One step of an order: what it frees by itself, and all that is free after it."""

    label: str
    step: Linked
    after: Linked


@dataclass(frozen=True, slots=True)
class Order:
    """An order of solving; ``key`` is its id on the page."""

    key: str
    title: str
    note: str
    rows: tuple[OrderRow, ...]
    chart: StackedBarChart


GREEDY = "いつも、次にもっとも多く支障がなくなるものを選ぶ順"
BEST = "最後まで見通して、早いうちに多く支障がなくなる順"
GREEDY_NOTE = (
    "手順ごとに、その時点でもっとも多くの支障がなくなるものを選びます。"
    "組み合わせて初めて効く支障は後になります。"
)
BEST_NOTE = (
    "考えられるすべての順番のうち、各手順の後に支障のない手続の合計がもっとも大きくなるものです。"
)
SAME = "解決する順番（どちらの決め方でも同じです）"
SAME_NOTE = (
    "手順ごとにもっとも多くの支障がなくなるものを選んでも、最後まで見通しても、同じ順番になります。"
)


def words(aspects: Aspects) -> str:
    """Obstacles as 「対面＋金銭納付」, in the order of the survey."""
    return "＋".join(label(aspect) for aspect in in_turn(aspects))


def linked(amount: Amount, key: str, scope: Scope, **more: str | Sequence[str]) -> Linked:
    """``amount`` with its rows: those of the set ``key`` under the conditions ``more``."""
    rows = EVERYTHING.of(scope, **more)
    return Linked(
        amount,
        rows.of(sort="-volume").url(key),
        rows.of(volume=KNOWN, sort="-volume").url(key),
        rows.of(volume=UNKNOWN).url(key),
    )


def rows_freed(amount: Amount, bound: Bound, scope: Scope, solved: Aspects, **more: str) -> Linked:
    """``amount``, which solving ``solved`` frees in one of the bounds, with its rows."""
    names = [aspect.value for aspect in in_turn(solved)]
    return linked(amount, KEYS[bound], scope, solved=names, **more)


def offers(hindrances: Hindrances, scope: Scope) -> dict[Aspects, Offer]:
    """Of each set of obstacles that frees something, if only perhaps."""
    certain, possible = (hindrances.freed(bound) for bound in Bound)
    return {
        solved: Offer(
            solved,
            rows_freed(certain[solved], Bound.CERTAIN, scope, solved),
            rows_freed(most, Bound.POSSIBLE, scope, solved),
        )
        for solved, most in possible.items()
        if most.procedure_count or len(solved) == 1
    }


def pairs_worth_more(found: Mapping[Aspects, Offer]) -> list[Offer]:
    """The pairs of obstacles that free more than either of the two, if only perhaps."""

    def count(aspects: Aspects) -> int:
        return found[aspects].possible.amount.procedure_count

    pairs = (one for one in found.values() if len(one.aspects) == 2)
    return [
        pair
        for pair in pairs
        if all(count(pair.aspects) > count(frozenset({one})) for one in pair.aspects)
    ]


def ranked(found: Iterable[Offer], bound: Bound, by: Yardstick) -> list[Offer]:
    """The most worthwhile first: by what is freed in ``bound``, then in the other one."""
    other = Bound.POSSIBLE if bound == Bound.CERTAIN else Bound.CERTAIN
    return sorted(
        found,
        key=lambda one: (amount_of(one, bound).weight(by), amount_of(one, other).weight(by)),
        reverse=True,
    )


def amount_of(offer: Offer, bound: Bound) -> Amount:
    """What ``offer`` frees in one of the bounds."""
    return (offer.certain if bound == Bound.CERTAIN else offer.possible).amount


def orders(hindrances: Hindrances, scope: Scope, bound: Bound, by: Yardstick) -> list[Order]:
    """The greedy and the best order, or one where they agree; none where nothing is in the way."""
    found = hindrances.leverage(bound, by)
    greedy, best = found.greedy_order, found.best_order
    if not best:
        return []
    chosen = [("greedy", GREEDY, GREEDY_NOTE, greedy), ("best", BEST, BEST_NOTE, best)]
    if [step.aspect for step in greedy] == [step.aspect for step in best]:
        chosen = [("same", SAME, SAME_NOTE, best)]
    freed = hindrances.freed(bound)
    made = []
    for key, title, note, steps in chosen:
        rows = _order_rows(steps, freed, bound, scope)
        chart = _chart(key, title, rows, hindrances.free, by)
        made.append(Order(key, title, note, rows, chart))
    return made


def _order_rows(
    steps: Sequence[Step], freed: Mapping[Aspects, Amount], bound: Bound, scope: Scope
) -> tuple[OrderRow, ...]:
    rows = []
    unknown_before = 0
    for place, step in enumerate(steps, start=1):
        solved = step.effect.aspects
        after = freed[solved]
        by_itself = Amount(
            step.freed_procedure_count,
            step.freed_application_count,
            after.unknown_count - unknown_before,
        )
        # What a step frees are the rows that have its obstacle and none that is solved later.
        rows.append(
            OrderRow(
                f"{place} {label(step.aspect)}",
                rows_freed(by_itself, bound, scope, solved, obstacle=step.aspect.value),
                rows_freed(after, bound, scope, solved),
            )
        )
        unknown_before = after.unknown_count
    return tuple(rows)


def _chart(
    key: str, title: str, rows: Sequence[OrderRow], free: Amount, by: Yardstick
) -> StackedBarChart:
    def number(amount: Amount) -> int:
        return amount.weight(by)[0]

    bars = [StackedRow("はじめ", (number(free), 0, 0))]
    for row in rows:
        step, after = number(row.step.amount), number(row.after.amount)
        bars.append(StackedRow(row.label, (number(free), after - step, step)))
    return stacked_bar_chart(
        f"{key}-chart",
        title,
        f"手順ごとの、支障のない手続の{label(by)}。数字は隣の表にあります。",
        SERIES,
        bars,
    )
