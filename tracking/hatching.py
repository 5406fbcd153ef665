"""Filled areas of the charts: how each is coloured and hatched inside its rectangle. Pure."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_STEP = 8  # between the lines of a hatching


class Fill(StrEnum):
    """How an area is filled: each has its own hatching, so that colour is never the only sign."""

    SOLID = "solid"
    DIAGONAL = "diagonal"
    BACK_DIAGONAL = "back_diagonal"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    GRID = "grid"
    DOTS = "dots"
    BLANK = "blank"


# Paper and ink, colours of the design tokens.
_COLOURS: dict[Fill, tuple[str, str]] = {
    Fill.SOLID: ("#0017c1", "#0017c1"),
    Fill.DIAGONAL: ("#e8f1fe", "#0031d8"),
    Fill.BACK_DIAGONAL: ("#e6f5ec", "#115a36"),
    Fill.HORIZONTAL: ("#f0f9ff", "#0055ad"),
    Fill.VERTICAL: ("#fbf5e0", "#6e5600"),
    Fill.GRID: ("#f2f2f2", "#4d4d4d"),
    Fill.DOTS: ("#ffffff", "#666666"),
    Fill.BLANK: ("#ffffff", "#333333"),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return round(self.x + self.width, 2)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return round(self.y + self.height, 2)


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle: paper, and the path ``hatch`` in ink on it, inside the box.

    The lines are drawn one by one: browsers print an SVG <pattern> as an image, which made the
    printed dashboard 30 times as large.
    """

    box: Box
    paper: str
    ink: str
    hatch: str


@lru_cache(maxsize=2_048)
def area_of(box: Box, fill: Fill) -> Area:
    """``box`` filled with ``fill``."""
    return Area(box, *_COLOURS[fill], "".join(draw(box) for draw in _HATCHES[fill]))


def _horizontals(box: Box) -> str:
    return "".join(
        f"M{box.x:g} {box.y + box.height * third / 3:g}h{box.width:g}" for third in (1, 2)
    )


def _verticals(box: Box) -> str:
    return "".join(f"M{x:g} {box.y:g}v{box.height:g}" for x in _steps(box.x + _STEP / 2, box.right))


def _diagonals(box: Box) -> str:
    return "".join(
        f"M{x1:g} {box.bottom - rise1:g}L{x2:g} {box.bottom - rise2:g}"
        for x1, rise1, x2, rise2 in _slopes(box)
    )


def _back_diagonals(box: Box) -> str:
    return "".join(
        f"M{x1:g} {box.y + rise1:g}L{x2:g} {box.y + rise2:g}"
        for x1, rise1, x2, rise2 in _slopes(box)
    )


def _dots(box: Box) -> str:
    return "".join(
        f"M{x:g} {box.y + box.height * third / 3 - 1:g}v2"
        for third in (1, 2)
        for x in _steps(box.x + _STEP * third / 3, box.right)
    )


def _slopes(box: Box) -> Iterator[tuple[float, float, float, float]]:
    """Lines at 45 degrees cut at the edges of the box: x and rise of both ends."""
    for foot in _steps(box.x - box.height + _STEP / 2, box.right):
        left, right = max(foot, box.x), min(foot + box.height, box.right)
        yield left, left - foot, right, right - foot


def _steps(start: float, end: float) -> Iterator[float]:
    return (start + _STEP * step for step in range(math.ceil((end - start) / _STEP)))


_HATCHES: dict[Fill, tuple[Callable[[Box], str], ...]] = {
    Fill.SOLID: (),
    Fill.DIAGONAL: (_diagonals,),
    Fill.BACK_DIAGONAL: (_back_diagonals,),
    Fill.HORIZONTAL: (_horizontals,),
    Fill.VERTICAL: (_verticals,),
    Fill.GRID: (_horizontals, _verticals),
    Fill.DOTS: (_dots,),
    Fill.BLANK: (),
}
