"""How long the requests took, kind by kind. Standard library only."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from pathlib import Path

EMPTY = "empty page"
"""What every page costs: signed in, the whole frame, one sentence in it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One answer: what was asked for, its status (0: none came) and how long it took."""

    kind: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """Of all requests of one kind, or of all; in seconds."""

    kind: str
    count: int
    median: float
    p95: float
    p99: float
    slowest: float


def lines(requests: Iterable[Request]) -> list[Line]:
    """One line per kind, the empty page first, all together last."""
    kinds = defaultdict(list)
    for each in requests:
        kinds[each.kind].append(each.seconds)
    names = sorted(kinds, key=lambda kind: (kind != EMPTY, kind))
    everything = [seconds for each in kinds.values() for seconds in each]
    return [*(_line(name, kinds[name]) for name in names), _line("all", everything)]


def failures(requests: Iterable[Request]) -> list[Request]:
    """Those with no answer, or with another one than the page or the news of a conflict."""
    return [each for each in requests if each.status not in (HTTPStatus.OK, HTTPStatus.CONFLICT)]


def table(of: Sequence[Line]) -> str:
    """The lines as text, in milliseconds, each beside the empty page of the same run."""
    empty = of[0]
    head = f"{'':<22}{'requests':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'slowest':>9}"
    rows = [f"{head}{'p50':>8}{'p95':>7}  x empty page"]
    for line in of:
        times = (line.median, line.p95, line.p99, line.slowest)
        ratios = f"{line.median / empty.median:>8.1f}{line.p95 / empty.p95:>7.1f}"
        cells = "".join(f"{1_000 * seconds:>9.0f}" for seconds in times)
        rows.append(f"{line.kind:<22}{line.count:>9,}{cells}{ratios}")
    return "\n".join(rows)


def kept(file: Path) -> list[Request]:
    """The requests that ``keep`` wrote."""
    return [Request(*json.loads(line)) for line in file.read_text().splitlines()]


def keep(requests: Iterable[Request], file: Path) -> None:
    """Writes the requests, one a line."""
    rows = ([each.kind, each.status, each.seconds] for each in requests)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _line(kind: str, seconds: list[float]) -> Line:
    ordered = sorted(seconds)
    percentiles = (ordered[ceil(share * len(ordered)) - 1] for share in (0.5, 0.95, 0.99))
    return Line(kind, len(ordered), *percentiles, ordered[-1])
