"""Japanese eras (元号) as a table: which year one means, and whether a day lies within it."""

from dataclasses import dataclass
from datetime import date

FIRST_YEAR = "元"


@dataclass(frozen=True, slots=True)
class Era:
    """One era; ``last`` is None while it goes on."""

    name: str
    letter: str
    first: date
    last: date | None

    def year(self, number: str) -> int:
        """The Gregorian year of 元 or of a number of the era; ValueError for 0."""
        years = 1 if number == FIRST_YEAR else int(number)
        if years < 1:
            raise ValueError(number)
        return self.first.year + years - 1

    def holds(self, day: date) -> bool:
        """Does the day lie within the era?"""
        return self.first <= day and (self.last is None or day <= self.last)


ERAS: tuple[Era, ...] = (
    Era("明治", "m", date(1868, 1, 25), date(1912, 7, 29)),
    Era("大正", "t", date(1912, 7, 30), date(1926, 12, 24)),
    Era("昭和", "s", date(1926, 12, 25), date(1989, 1, 7)),
    Era("平成", "h", date(1989, 1, 8), date(2019, 4, 30)),
    Era("令和", "r", date(2019, 5, 1), None),
)

_BY_MARK = {mark: era for era in ERAS for mark in (era.name, era.name[0], era.letter)}

MARK_PATTERN = "|".join(sorted(_BY_MARK, key=len, reverse=True))
"""Matches the mark of any era in text that went through NFKC and casefold."""


def era_of(mark: str) -> Era:
    """The era of a name, its first character or its letter (lower case); KeyError otherwise."""
    return _BY_MARK[mark]
