"""Which backups are no longer needed: PURE."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta


def superfluous(
    made: Mapping[str, datetime], *, now: datetime, keep_days: int, keep_months: int
) -> list[str]:
    """The names of ``made`` (name → moment) that may go, the oldest first.

    Kept are those of the last ``keep_days`` days, the newest of each of the last ``keep_months``
    months in which there are any, and the newest of all, whatever the numbers and the clock say.
    The moments carry the office's time zone: a month is one of its calendar.
    """
    by_age = sorted(made, key=lambda name: (made[name], name))
    since = now - timedelta(days=keep_days)
    kept = {name for name in by_age if made[name] >= since} | set(by_age[-1:])
    newest_of_month = {(made[name].year, made[name].month): name for name in by_age}
    kept |= set(_last(newest_of_month.values(), keep_months))
    return [name for name in by_age if name not in kept]


def _last(names: Iterable[str], count: int) -> list[str]:
    return list(names)[-count:] if count else []
