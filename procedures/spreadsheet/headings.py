"""Finding the heading row of a sheet, wherever it is, and the column behind each heading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .cell import storable
from .columns import COLUMNS, alias_rank, column_for
from .keys import heading_key
from .raw import RawSheet

SEARCHED_ROWS = 200  # titles and notes above a real list take a handful
MIN_RECOGNISED = 3  # 手続名 and two more: fewer could be any table

_MEANINGS = {column.key: column.heading for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts over the columns, from one row or two; ``last_row`` is Excel's number.

    ``is_merged_down``: the sheet itself joins the two rows, by a heading merged over both.
    """

    last_row: int
    texts: tuple[str, ...]
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

    @property
    def mapped(self) -> tuple[tuple[str, str], ...]:
        """Each recognised heading with what it means, in the order of the sheet."""
        by_place = sorted(self.places.items(), key=lambda item: item[1])
        return tuple((self.texts[place], self.meanings[key]) for key, place in by_place)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headings that stand over no known column."""
        known = set(self.places.values())
        return tuple(text for place, text in enumerate(self.texts) if text and place not in known)


def find_heading(sheet: RawSheet) -> Heading | None:
    """The heading row that names the most columns; None where no row names 手続名 and two more."""
    best: Heading | None = None
    for labels in candidates(sheet):
        places = _places(labels.texts)
        if "name" not in places or len(places) < MIN_RECOGNISED:
            continue
        gain = len(places) - (0 if best is None else len(best.places))
        if gain > 0 or (gain == 0 and labels.is_merged_down):
            best = Heading(labels.last_row, places, labels.texts, _MEANINGS)
    return best


def candidates(sheet: RawSheet) -> Iterator[Labels]:
    """Every row that could be the headings, and every two that could be so together."""
    rows = sheet.rows[:SEARCHED_ROWS]
    texts = [tuple(_text(value) for value in row) for row in rows]
    for number, lower in enumerate(texts, start=1):
        yield Labels(number, lower)
        if number > 1 and _could_be_second_level(texts[number - 2], lower):
            upper = _filled_across(sheet, number - 1, texts[number - 2])
            yield Labels(number, _joined(upper, lower), _is_merged_down(sheet, number))


def _text(value: object) -> str:
    return " ".join(storable(value).split())


def _could_be_second_level(upper: tuple[str, ...], lower: tuple[str, ...]) -> bool:
    """Below the heading 手続名 a second level is blank, where a row of data has its name."""
    names = [
        place
        for place, text in enumerate(upper)
        if (found := column_for(text)) is not None and found.key == "name"
    ]
    if any(place < len(lower) and lower[place] for place in names):
        return False
    return any(upper) and any(lower)


def _is_merged_down(sheet: RawSheet, lower_row: int) -> bool:
    return any(merge.top == lower_row - 1 and merge.bottom == lower_row for merge in sheet.merges)


def _filled_across(sheet: RawSheet, row: int, texts: tuple[str, ...]) -> tuple[str, ...]:
    filled = list(texts)
    done = 0  # merged cells never overlap; those of a damaged file may
    for merge in sorted(sheet.merges, key=lambda merge: merge.left):
        if merge.top == row and done < merge.left <= len(filled):
            done = merge.right
            filled.extend([""] * (done - len(filled)))
            for place in range(merge.left, done):
                filled[place] = filled[merge.left - 1]
    return tuple(filled)


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


def _places(texts: tuple[str, ...]) -> dict[str, int]:
    """Column key → place. Of two headings for one column the surer wins, then the left one."""
    places: dict[str, int] = {}
    for place, text in enumerate(texts):
        found = column_for(text)
        if found is None:
            continue
        held = places.get(found.key)
        if held is None or alias_rank(text) < alias_rank(texts[held]):
            places[found.key] = place
    _place_national_id(texts, places)
    return places


def _place_national_id(texts: tuple[str, ...], places: dict[str, int]) -> None:
    # 手続ID beside another number is the national one.
    for place, text in enumerate(texts):
        is_free = place not in places.values() and "national_id" not in places
        if is_free and heading_key(text) == heading_key("手続ID"):
            places["national_id"] = place
