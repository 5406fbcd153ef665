"""The first different values below the headings of a sheet, as texts."""

from collections.abc import Sequence

from .headings import heading_text
from .mapping import cut
from .raw import RawSheet

SEEN_ROWS = 1_000  # a column that is blank in all of them has no samples


def first_texts(sheet: RawSheet, after: int, most: int, width: int) -> Sequence[tuple[str, ...]]:
    """For each of ``width`` places up to ``most`` different texts from the rows after ``after``."""
    found: list[dict[str, None]] = [{} for _ in range(width)]
    for row in sheet.rows[after : after + SEEN_ROWS]:
        for texts, value in zip(found, row, strict=False):
            if len(texts) < most and value is not None and (text := cut(heading_text(value))):
                texts[text] = None
    return [tuple(texts) for texts in found]
