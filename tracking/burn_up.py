"""How the number of online procedures grows month by month: as it was, planned, expected. Pure.

All lines are of what is in the inventory on the reference date (基準日): what was left out of it
before is in none of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import ceil

from procedures.fiscal_year import fiscal_year

MOST_YEARS = 5
"""So many fiscal years are shown at most; what lies before or after is in the first or last."""
_YEARS_BACK = 2
_ROUNDING = 1e-9  # 0.55 x 100 is 55.000000000000007


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of the target procedures, counted as ``stats.Figures`` counts them.

    Of what is online, by ISO month: ``launches`` and ``promises``; ``slips`` by days from target
    date to launch. ``plans``: the unfinished by ISO day of their target date.
    """

    launches: Mapping[str, int]
    promises: Mapping[str, int]
    slips: Mapping[str, int]
    plans: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Month:
    """How many are online by the end of the month that begins on ``first``.

    ``actual`` is None in months after the reference date (and as of that date in its own month),
    ``forecast`` in those before it.
    """

    first: date
    actual: int | None
    plan: int
    forecast: int | None


@dataclass(frozen=True, slots=True)
class YearGoal:
    """目標 for the end of the fiscal year ``year``: a ``rate`` (0 to 1), so many procedures."""

    year: int
    rate: float
    count: int


@dataclass(frozen=True, slots=True)
class BurnUp:
    """The lines over whole fiscal years around the reference date, with what bounds them.

    ``slip_days`` is the median from target date to launch over the ``slip_count`` procedures that
    have both, None without any. ``before_count`` launches lie before the first month and are in
    it; ``after_count`` target dates lie after the last month and are in it, as are
    ``expected_after_count`` of the forecast. ``late_count`` unfinished ones would be online
    already by target date and slip: the forecast has them in the month of the reference date.
    """

    months: tuple[Month, ...]
    goals: tuple[YearGoal, ...]
    slip_days: int | None
    slip_count: int
    before_count: int
    after_count: int
    expected_after_count: int
    late_count: int


def burn_up(dates: Dates, *, on: date, target: int, goals: Mapping[int, float]) -> BurnUp:
    """The lines on the day ``on``; ``goals`` are rates (0 to 1) of ``target`` by fiscal year.

    ``target`` is the number of target procedures of that day.
    """
    this_month = _month(on)
    slip = median_days(dates.slips)
    expected = [(shifted(date.fromisoformat(day), slip or 0), n) for day, n in dates.plans.items()]
    # What is online was launched by now, whatever its date says.
    launches = _sums((min(month, this_month), n) for month, n in dates.launches.items())
    planned = _sums([*dates.promises.items(), *((day[:7], n) for day, n in dates.plans.items())])
    awaited = launches + _sums((_month(max(day, on)), n) for day, n in expected)
    months = _months(on, launches, planned + awaited)
    rows = zip(
        months,
        _cumulated(launches, months),
        _cumulated(planned, months),
        _cumulated(awaited, months),
        strict=True,
    )
    return BurnUp(
        months=tuple(
            Month(
                date.fromisoformat(f"{month}-01"),
                actual if month <= this_month else None,
                plan,
                forecast if month >= this_month else None,
            )
            for month, actual, plan, forecast in rows
        ),
        goals=tuple(
            YearGoal(year, rate, goal_count(rate, target))
            for year, rate in sorted(goals.items())
            if _year(months[0]) <= year <= _year(months[-1])
        ),
        slip_days=slip,
        slip_count=sum(dates.slips.values()),
        before_count=sum(n for month, n in launches.items() if month < months[0]),
        after_count=sum(n for month, n in planned.items() if month > months[-1]),
        expected_after_count=sum(n for month, n in awaited.items() if month > months[-1]),
        late_count=sum(n for day, n in expected if day < on),
    )


def goal_count(rate: float, target: int) -> int:
    """How many of ``target`` procedures must be online for the rate to be reached."""
    return ceil(rate * target - _ROUNDING)


def median_days(slips: Mapping[str, int]) -> int | None:
    """The median of numbers of days, each given as often as counted; whole days, None for none."""
    days = sorted((int(text), n) for text, n in slips.items() if n)
    count = sum(n for _, n in days)
    if not count:
        return None
    return (_at(days, (count - 1) // 2) + _at(days, count // 2)) // 2


def online_by_year_end(launches: Mapping[str, int], year: int) -> int:
    """How many of ``launches`` (by ISO month) lie before the end of the fiscal year ``year``."""
    return sum(n for month, n in launches.items() if _year(month) <= year)


def shifted(day: date, days: int) -> date:
    """``day`` so many days later, or the last or first day that there is."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _at(days: Iterable[tuple[int, int]], place: int) -> int:
    """What stands at ``place`` when each number is repeated as often as counted."""
    for number, count in days:
        if place < count:
            return number
        place -= count
    raise IndexError(place)


def _months(on: date, launches: Mapping[str, int], planned: Mapping[str, int]) -> list[str]:
    """Whole fiscal years: the last, this and the next one at least, ``MOST_YEARS`` at most."""
    year = fiscal_year(on)
    earliest = _year(min(launches, default=_month(on)))
    first = min(max(earliest, year - _YEARS_BACK), year - 1)
    latest = _year(max(planned, default=_month(on)))
    last = max(min(latest, first + MOST_YEARS - 1), year + 1)
    return [
        f"{year + (month > 12)}-{(month - 1) % 12 + 1:02}"
        for year in range(first, last + 1)
        for month in range(4, 16)
    ]


def _year(month: str) -> int:
    """The fiscal year of an ISO month."""
    return fiscal_year(date.fromisoformat(f"{month}-01"))


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _sums(numbers: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for key, n in numbers:
        sums[key] += n
    return sums


def _cumulated(counts: Mapping[str, int], months: list[str]) -> list[int]:
    """How many by the end of each month; what lies before or after is in the first or last."""
    folded = _sums((min(max(month, months[0]), months[-1]), n) for month, n in counts.items())
    return list(accumulate(folded[month] for month in months))
