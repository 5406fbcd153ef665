"""オンライン化率 on every base side by side: where a person sees why another city says 92 %."""

from collections.abc import Callable
from dataclasses import dataclass

from tracking.figures import Weight
from tracking.online_rates import BASE_NOTES, ONLINE_RATES, WEIGHT_LABELS
from tracking.selections import BASES
from tracking.stats import Figures

from .figures import Card, Rows, cards


@dataclass(frozen=True, slots=True)
class BaseRate:
    """The rate by one weight over one base; ``url`` shows the page with it, "" where it has it."""

    weight_label: str
    card: Card
    url: str


@dataclass(frozen=True, slots=True)
class BaseRow:
    """One base with its sentence, and the rate over it by each weight."""

    label: str
    note: str
    rates: tuple[BaseRate, ...]


def base_rows(
    figures: Figures, rows: Rows, page_url: Callable[[str, Weight], str]
) -> list[BaseRow]:
    """All bases in turn, the policy's own first; ``page_url`` is the page with one of the rates."""
    return [
        BaseRow(
            BASES[base].label,
            BASE_NOTES[base],
            tuple(
                BaseRate(label, _card(base, weight, figures, rows), page_url(base, weight))
                for weight, label in WEIGHT_LABELS.items()
            ),
        )
        for base in BASES
    ]


def _card(base: str, weight: Weight, figures: Figures, rows: Rows) -> Card:
    (card,) = cards([ONLINE_RATES[base, weight]], figures, rows)
    return card
