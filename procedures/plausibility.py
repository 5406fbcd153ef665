"""Whether yearly volumes (年間件数) look like a slip of the pen: questions, no refusals. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from .fiscal_year import fiscal_year


class Doubt(StrEnum):
    """What is asked about the volume of a year."""

    FUTURE_YEAR = "future_year"
    RUNNING_YEAR = "running_year"
    TENFOLD = "tenfold"
    TENTH = "tenth"
    SAME_TOTAL = "same_total"
    SHARE_FELL = "share_fell"
    SHARE_ROSE = "share_rose"
    TOTAL_UNKNOWN = "total_unknown"


ABOUT_THE_YEAR = frozenset({Doubt.FUTURE_YEAR, Doubt.RUNNING_YEAR})
"""The doubts that do not depend on the numbers."""

# Below so many applications a year such leaps happen by themselves.
MANY = 50
FACTOR = 10
SHARE_FALL = Fraction(3, 10)
SHARE_RISE = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class YearVolume:
    """The volume of one fiscal year; None is unknown."""

    fiscal_year: int
    total: int | None = None
    online: int | None = None

    @property
    def online_share(self) -> Fraction | None:
        """The part that came in online (0 to 1), where both are known and there were any."""
        if self.online is None or not self.total:
            return None
        return Fraction(self.online, self.total)


@dataclass(frozen=True, slots=True)
class Question:
    """One doubt about ``new``, whose last year was ``last``; ``sentence`` asks it."""

    doubt: Doubt
    new: YearVolume
    last: YearVolume

    @property
    def sentence(self) -> str:
        """The question in Japanese, with the numbers that it is about."""
        return SENTENCES[self.doubt].format(
            total=_number(self.new.total),
            online=_number(self.new.online),
            last_total=_number(self.last.total),
            share=_percent(self.new.online_share),
            last_share=_percent(self.last.online_share),
        )


SENTENCES: dict[Doubt, str] = {
    Doubt.FUTURE_YEAR: "まだ始まっていない年度です。年度に間違いはありませんか。",
    Doubt.RUNNING_YEAR: "まだ終わっていない年度です。年度途中の件数ではありませんか。",
    Doubt.TENFOLD: (
        "前年度は{last_total}件でした。{total}件はその10倍以上ですが、桁に間違いはありませんか。"
    ),
    Doubt.TENTH: (
        "前年度は{last_total}件でした。{total}件はその10分の1以下ですが、桁に間違いはありませんか。"
    ),
    Doubt.SAME_TOTAL: ("3年続けて同じ{total}件です。前の年度の件数を、そのまま写していませんか。"),
    Doubt.SHARE_FELL: (
        "オンラインの割合が、前年度の{last_share}から{share}に大きく下がります。"
        "オンライン件数に間違いはありませんか。"
    ),
    Doubt.SHARE_ROSE: (
        "オンラインの割合が、前年度の{last_share}から{share}に大きく上がります。"
        "オンライン件数に間違いはありませんか。"
    ),
    Doubt.TOTAL_UNKNOWN: (
        "オンライン件数が{online}件で、年間件数が不明です。年間件数は分かりませんか。"
    ),
}


def questions(new: YearVolume, history: Iterable[YearVolume], *, on: date) -> tuple[Question, ...]:
    """What to ask about ``new`` on the day ``on``, in the order of ``Doubt``; mostly nothing.

    ``history`` are the other years of the same procedure, in any order.
    """
    years = {one.fiscal_year: one for one in history}
    last = years.get(new.fiscal_year - 1, YearVolume(new.fiscal_year - 1))
    before = years.get(new.fiscal_year - 2, YearVolume(new.fiscal_year - 2))
    doubts = {
        Doubt.FUTURE_YEAR: new.fiscal_year > fiscal_year(on),
        Doubt.RUNNING_YEAR: new.fiscal_year == fiscal_year(on),
        Doubt.TENFOLD: _is_multiple(new.total, last.total),
        Doubt.TENTH: _is_multiple(last.total, new.total),
        Doubt.SAME_TOTAL: bool(new.total) and new.total == last.total == before.total,
        Doubt.SHARE_FELL: _share_gap(last, new) >= SHARE_FALL,
        Doubt.SHARE_ROSE: _share_gap(new, last) >= SHARE_RISE,
        Doubt.TOTAL_UNKNOWN: bool(new.online) and new.total is None,
    }
    return tuple(Question(doubt, new, last) for doubt, holds in doubts.items() if holds)


def token_of(asked: Sequence[Question]) -> str:
    """A word that is the same exactly where the same was asked about the same numbers.

    Whoever confirms sends it back, so that other numbers are asked about anew; empty for nothing.
    """
    if not asked:
        return ""
    new, last = asked[0].new, asked[0].last
    numbers = (new.fiscal_year, new.total, new.online, last.total, last.online)
    return "/".join([*(one.doubt for one in asked), *map(str, numbers)])


def _is_multiple(larger: int | None, smaller: int | None) -> bool:
    """Whether ``larger`` is ten times ``smaller`` or more, and not so few that it means nothing."""
    if larger is None or smaller is None:
        return False
    return larger >= MANY and larger >= FACTOR * smaller


def _share_gap(larger: YearVolume, smaller: YearVolume) -> Fraction:
    """By how much the online share of one year exceeds another's; 0 where either says little."""
    if max(larger.total or 0, smaller.total or 0) < MANY:
        return Fraction(0)
    more, less = larger.online_share, smaller.online_share
    return Fraction(0) if more is None or less is None else more - less


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f"{float(share):.0%}"
