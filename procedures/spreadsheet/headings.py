"""Finding the heading row of a sheet, wherever it is, and the column behind each heading."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .cell import storable
from .columns import COLUMNS, alias_rank, column_for
from .keys import heading_key
from .raw import Merge, RawSheet
from .trace import is_own_heading, trace_column_for

SEARCHED_ROWS = 200  # titles and notes above a real list take a handful
MIN_RECOGNISED = 3  # 手続名 and two more: fewer could be any table

_NATIONAL_OR_OWN = heading_key("手続ID")

LIST_MEANINGS: Mapping[str, str] = {column.key: column.heading for column in COLUMNS}
"""Column key → what the column of a list is called in the inventory."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts over the columns, from one row or two (``levels``); ``last_row`` is Excel's number.

    ``is_merged_down``: the sheet itself joins the two rows, by a heading merged over both.
    """

    last_row: int
    texts: tuple[str, ...]
    levels: int = 1
    is_merged_down: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading row of a list: column key → place (0 is A), and the text over each place.

    ``meanings``: column key → what the column is called in the inventory.
    """

    last_row: int
    places: dict[str, int]
    texts: tuple[str, ...]
    meanings: Mapping[str, str]
    levels: int = 1

    @property
    def mapped(self) -> tuple[tuple[str, str], ...]:
        """Each recognised heading with what it means, in the order of the sheet."""
        by_place = sorted(self.places.items(), key=lambda item: item[1])
        return tuple((self.texts[place], self.meanings[key]) for key, place in by_place)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headings that stand over no known column; those of our own making are not told."""
        known = set(self.places.values())
        return tuple(
            text
            for place, text in enumerate(self.texts)
            if text and place not in known and not is_own_heading(text)
        )

    @property
    def traces(self) -> dict[str, int]:
        """Key → place of the hidden columns that our own workbooks carry."""
        taken, found = set(self.places.values()), dict[str, int]()
        for place, text in enumerate(self.texts):
            if place not in taken and (column := trace_column_for(text)) is not None:
                found.setdefault(column.key, place)
        return found

    @property
    def own_places(self) -> frozenset[int]:
        """The places whose headings are of our own making: nothing that a person wrote."""
        taken = set(self.places.values())
        return frozenset(
            place
            for place, text in enumerate(self.texts)
            if place not in taken and is_own_heading(text)
        )


class TopRows:
    """The first rows of a sheet as texts, and the labels that one or two of them make."""

    def __init__(self, rows: Iterable[Sequence[object]], merges: Iterable[Merge]) -> None:
        self.texts = [tuple(heading_text(value) for value in row) for row in rows]
        self._across: dict[int, list[Merge]] = defaultdict(list)
        self._merged_down: set[int] = set()
        for merge in sorted(merges, key=lambda merge: merge.left):
            self._across[merge.top].append(merge)
            if merge.bottom == merge.top + 1:
                self._merged_down.add(merge.bottom)

    def labels(self, last_row: int, levels: int) -> Labels:
        """The labels whose last row is ``last_row``, read together with the row above for two."""
        lower = self.texts[last_row - 1]
        if levels == 1:
            return Labels(last_row, lower)
        joined = _joined(self._filled_across(last_row - 1), lower)
        return Labels(last_row, joined, 2, last_row in self._merged_down)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(last row, levels) of every row and of every two rows that hold a text each."""
        for number, lower in enumerate(self.texts, start=1):
            if any(lower):
                yield number, 1
                if number > 1 and any(self.texts[number - 2]):
                    yield number, 2

    def _filled_across(self, row: int) -> tuple[str, ...]:
        filled = list(self.texts[row - 1])
        done = 0  # merged cells never overlap; those of a damaged file may
        for merge in self._across.get(row, ()):
            if done < merge.left <= len(filled):
                done = merge.right
                filled.extend([""] * (done - len(filled)))
                for place in range(merge.left, done):
                    filled[place] = filled[merge.left - 1]
        return tuple(filled)


def top_rows(sheet: RawSheet) -> TopRows:
    """The rows of the sheet among which its headings are looked for."""
    return TopRows(sheet.rows[:SEARCHED_ROWS], sheet.merges)


def heading_text(value: object) -> str:
    """The value of a cell as the text of a heading, on one line."""
    return " ".join(storable(value).split())


def find_heading(sheet: RawSheet) -> Heading | None:
    """The heading row that names the most columns; None where no row names 手続名 and two more."""
    best: Heading | None = None
    for labels in candidates(sheet):
        places = list_places(labels.texts)
        if "name" not in places or len(places) < MIN_RECOGNISED:
            continue
        gain = len(places) - (0 if best is None else len(best.places))
        if gain > 0 or (gain == 0 and labels.is_merged_down):
            best = Heading(labels.last_row, places, labels.texts, LIST_MEANINGS, labels.levels)
    return best


def candidates(sheet: RawSheet) -> Iterator[Labels]:
    """Every row that could be the headings, and every two that could be so together."""
    top = top_rows(sheet)
    for last_row, levels in top.pairs():
        if levels == 1 or _could_be_second_level(top.texts[last_row - 2], top.texts[last_row - 1]):
            yield top.labels(last_row, levels)


def _could_be_second_level(upper: tuple[str, ...], lower: tuple[str, ...]) -> bool:
    """Below the heading 手続名 a second level is blank, where a row of data has its name."""
    names = [
        place
        for place, text in enumerate(upper)
        if (found := column_for(text)) is not None and found.key == "name"
    ]
    return not any(place < len(lower) and lower[place] for place in names)


def _joined(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    width = max(len(upper), len(lower))
    above = upper + ("",) * (width - len(upper))
    below = lower + ("",) * (width - len(lower))
    return tuple(_join(*pair) for pair in zip(above, below, strict=True))


def _join(above: str, below: str) -> str:
    if not below or not above:
        return above or below
    if column_for(above + below) is not None:
        return above + below
    if column_for(below) is not None:
        return below
    return above if column_for(above) is not None else f"{above}／{below}"


def list_places(texts: Sequence[str]) -> dict[str, int]:
    """Column key → place. Of two headings for one column the surer wins, then the left one."""
    places: dict[str, int] = {}
    numbers: list[int] = []
    for place, text in enumerate(texts):
        found = column_for(text)
        if found is None:
            continue
        if found.key == "number":
            numbers.append(place)
        held = places.get(found.key)
        if held is None or alias_rank(text) < alias_rank(texts[held]):
            places[found.key] = place
    for place in numbers:
        # 手続ID beside another number is the national one.
        if place != places["number"] and heading_key(texts[place]) == _NATIONAL_OR_OWN:
            places.setdefault("national_id", place)
    return places
