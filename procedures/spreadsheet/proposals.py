"""Which column of the inventory each heading of a sheet most likely is, and how sure that is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from .columns import COLUMNS, alias_rank, column, column_for
from .headings import TopRows, list_places
from .keys import heading_key
from .likeness import are_addresses, fits, is_contradicted, is_possible, least_likeness, likeness
from .mapping import MOST_COLUMNS
from .raw import Merge
from .rows import column_letters
from .trace import is_own_heading

SHOWN_SAMPLES = 3


class Certainty(StrEnum):
    """How a heading was recognised."""

    EXACT = "exact"
    ALIAS = "alias"
    SIMILAR = "similar"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one place of a sheet would be read as: ``key`` is the column, "" for none.

    ``samples`` are the first different values below the heading.
    """

    place: int
    letters: str
    text: str
    key: str
    certainty: Certainty
    samples: tuple[str, ...]


class _Claim(NamedTuple):
    doubt: float
    place: int
    key: str
    certainty: Certainty


_NO_DOUBT, _SOME_DOUBT, _MUCH_DOUBT = 0, 1_000, 2_000  # above each kind lie its own ranks


def propose(sheet: Mapping[str, Any], last_row: int, levels: int) -> tuple[Proposal, ...]:
    """A proposal for each place with a text or a value, from one sheet of `outline`.

    No column is proposed twice. The hidden columns of our own workbooks, which are read anyway,
    are left out. ValueError for a heading row that the outline does not hold.
    """
    texts = heading_texts(sheet, last_row, levels)
    samples = _samples(sheet, last_row, len(texts))
    taken = _settled(_claims(texts, samples))
    return tuple(
        Proposal(
            place,
            column_letters(place),
            text,
            *taken.get(place, ("", Certainty.NONE)),
            samples[place][:SHOWN_SAMPLES],
        )
        for place, text in enumerate(texts)
        if (text or samples[place]) and not is_own_heading(text)
    )


def heading_texts(sheet: Mapping[str, Any], last_row: int, levels: int) -> tuple[str, ...]:
    """The texts over the places of one sheet of `outline`, "" over the others that hold values.

    ValueError for a heading row that the outline does not hold.
    """
    rows = sheet["rows"]
    if levels not in (1, 2) or not levels <= last_row <= len(rows):
        raise ValueError("heading row")
    top = TopRows(rows[:last_row], [Merge(*area) for area in sheet["merges"]])
    texts = top.labels(last_row, levels).texts[:MOST_COLUMNS]
    width = max(len(texts), len(sheet["samples"]), *(len(row) for row in rows))
    return texts + ("",) * (width - len(texts))


def _samples(sheet: Mapping[str, Any], last_row: int, width: int) -> list[tuple[str, ...]]:
    below: list[dict[str, None]] = [{} for _ in range(width)]
    for row in sheet["rows"][last_row:]:
        for place, text in enumerate(row):
            if text:
                below[place][text] = None
    for place, texts in enumerate(sheet["samples"]):
        below[place].update(dict.fromkeys(texts))
    return [tuple(texts) for texts in below]


def _claims(texts: Sequence[str], samples: Sequence[Sequence[str]]) -> Iterable[_Claim]:
    national = list_places(texts).get("national_id")
    for place, text in enumerate(texts):
        if not text or is_own_heading(text):
            continue
        found = column("national_id") if place == national else column_for(text)
        if found is None:
            yield from _similar_claims(place, text, samples[place])
        elif is_contradicted(found, samples[place]):
            # Addresses below the name of a service are those at which one applies with it: surer
            # than a heading URL, which may stand over the pages that tell of the procedure.
            doubt = _NO_DOUBT - 1 if found.key == "service" else _MUCH_DOUBT
            yield _Claim(doubt, place, "url", Certainty.SIMILAR)
        elif (rank := alias_rank(text)) == 0:
            yield _Claim(_NO_DOUBT, place, found.key, Certainty.EXACT)
        elif is_possible(found, samples[place]):
            yield _Claim(_SOME_DOUBT + rank, place, found.key, Certainty.ALIAS)


def _similar_claims(place: int, text: str, samples: Sequence[str]) -> Iterable[_Claim]:
    key = heading_key(text)
    if are_addresses(samples):
        yield _Claim(_MUCH_DOUBT, place, "url", Certainty.SIMILAR)
    for each in COLUMNS:
        score = likeness(key, each.key)
        if score >= least_likeness(each) and fits(each, samples):
            yield _Claim(_MUCH_DOUBT - score, place, each.key, Certainty.SIMILAR)


def _settled(claims: Iterable[_Claim]) -> dict[int, tuple[str, Certainty]]:
    """Place → column, each column once: the surer claim goes first."""
    taken: dict[int, tuple[str, Certainty]] = {}
    keys: set[str] = set()
    for claim in sorted(claims):
        if claim.place not in taken and claim.key not in keys:
            taken[claim.place] = (claim.key, claim.certainty)
            keys.add(claim.key)
    return taken
