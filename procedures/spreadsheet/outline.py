"""What the mapping page shows of a book: the top of each sheet, and how it would be read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .cell import is_blank, storable
from .columns import column_for
from .headings import TopRows, find_heading, heading_text
from .lists import find_lists, foreign_sheets
from .mapping import MOST_COLUMNS, cut
from .proposals import Certainty, heading_texts, propose
from .raw import RawBook, RawSheet
from .samples import first_texts

SHOWN_ROWS = 30
ROWS_BELOW_HEADING = 10  # are shown, however far down the headings stand
KEPT_SAMPLES = 5  # different values of a column from below the rows shown
MIN_TEXTS = 3  # different ones in a row that could be headings
MIN_KNOWN = 2  # headings that make a row the headings, whatever stands above


def outline(book: RawBook) -> dict[str, Any]:
    """JSON for the mapping page: {"sheets": […]}, each sheet that holds a value and is not ours.

    Of a sheet: ``name``, ``visible``, ``row_count`` (rows with a value), ``rows`` (the first 30
    or more as texts), ``merges`` (those across columns, top left bottom right), ``samples`` (per
    place, from further down), the proposed ``last_row`` and ``levels`` of its headings, and
    ``is_read``, whether it is proposed to be read. Texts and rows are cut.
    """
    sheets = [sheet for sheet in foreign_sheets(book) if any(sheet.rows)]
    outlines = [_outlined(sheet) for sheet in sheets]
    lists = {id(sheet) for sheet, _ in find_lists(book)}
    read = [id(sheet) in lists for sheet in sheets] if lists else _are_read(outlines)
    return {
        "sheets": [
            each | {"is_read": is_read} for each, is_read in zip(outlines, read, strict=True)
        ]
    }


def _outlined(sheet: RawSheet) -> dict[str, Any]:
    last_row, levels = _proposed(sheet)
    shown = max(SHOWN_ROWS, last_row + ROWS_BELOW_HEADING)
    rows = [_texts(row) for row in sheet.rows[:shown]]
    width = min(MOST_COLUMNS, max(map(len, sheet.rows[:shown]), default=0))
    samples = [list(texts) for texts in first_texts(sheet, shown, KEPT_SAMPLES, width)]
    return {
        "name": storable(sheet.name),
        "visible": sheet.visible,
        "row_count": sum(not all(map(is_blank, row)) for row in sheet.rows),
        "rows": rows,
        "merges": [
            [merge.top, merge.left, merge.bottom, merge.right]
            for merge in sheet.merges
            if merge.top <= shown and merge.left <= MOST_COLUMNS and merge.right > merge.left
        ],
        "samples": samples,
        "last_row": last_row,
        "levels": levels,
    }


def _texts(row: Sequence[object]) -> list[str]:
    texts = [cut(heading_text(value)) for value in row[:MOST_COLUMNS]]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _proposed(sheet: RawSheet) -> tuple[int, int]:
    """The likeliest heading row and its levels, even of a sheet with no heading that is known."""
    if heading := find_heading(sheet):
        return heading.last_row, heading.levels
    top = TopRows(sheet.rows[:SHOWN_ROWS], sheet.merges)
    known = [_known_count(texts) for texts in top.texts]
    if max(known, default=0) >= MIN_KNOWN:
        row = known.index(max(known)) + 1
    else:
        row = _fuller_row(top.texts)
    return (row + 1, 2) if _goes_on(sheet, top, row) else (row, 1)


def _known_count(texts: Iterable[str]) -> int:
    return len({found.key for text in texts if (found := column_for(text)) is not None})


def _fuller_row(rows: Sequence[tuple[str, ...]]) -> int:
    """The first row with half as many different texts as the fullest, but more than a title."""
    counts = [len(set(texts) - {""}) for texts in rows]
    enough = max(MIN_TEXTS, max(counts, default=0) / 2)
    by_count = next((number for number, count in enumerate(counts, 1) if count >= enough), 0)
    return by_count or next((number for number, count in enumerate(counts, 1) if count), 1)


def _goes_on(sheet: RawSheet, top: TopRows, row: int) -> bool:
    """Is the row below a second level of headings, below some that are merged across?"""
    if row >= len(top.texts):
        return False
    lower = top.texts[row]
    return _repeats_itself(top.texts[row:]) or any(
        any(lower[merge.left - 1 : merge.right])
        for merge in sheet.merges
        if merge.top == merge.bottom == row and merge.right > merge.left
    )


def _repeats_itself(rows: Sequence[tuple[str, ...]]) -> bool:
    """Does the first row say mostly one text, as no row below it does? Marks do, row by row."""
    lower, *below = rows
    text, count = Counter(filter(None, lower)).most_common(1)[0] if any(lower) else ("", 0)
    is_most = count >= MIN_TEXTS and count * 2 >= sum(map(bool, lower))
    return is_most and not any(text in row for row in below)


def _are_read(sheets: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Of a book without a list: its likeliest sheet, and those whose headings are much the same."""
    if not sheets:
        return []
    best = max(sheets, key=_weight)
    return [sheet["visible"] == best["visible"] and _are_alike(sheet, best) for sheet in sheets]


def _weight(sheet: Mapping[str, Any]) -> tuple[bool, int, int]:
    proposals = propose(sheet, sheet["last_row"], sheet["levels"])
    known = sum(each.certainty is not Certainty.NONE for each in proposals)
    return sheet["visible"], known, sheet["row_count"]


def _are_alike(sheet: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    one, two = (
        set(heading_texts(each, each["last_row"], each["levels"])) - {""} for each in (sheet, other)
    )
    return sheet is other or len(one & two) * 2 > max(len(one), len(two))
