"""New rows that look like a procedure that is there already, or like another row of the file."""

from collections import defaultdict
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from procedures.spreadsheet.keys import name_key

from .drafts import Draft
from .matching import Index

ALIKE = 90  # of 100; at 85 転入届 and 転出届 with their long common endings begin to meet
MOST = 3  # named for one row
LARGEST_DIVISION = 3_000  # names compared with each other; above, only equal ones are found


def find_similar(drafts: Sequence[Draft], index: Index) -> None:
    """Sets ``similar`` on the new drafts that have a near-duplicate in the same division."""
    new: dict[tuple[int | None, int | None], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.procedure is None and not draft.problems and draft.target is not None:
            new[draft.target.department_id, draft.target.division_id].append(draft)
    taken = {draft.procedure.pk for draft in drafts if draft.procedure is not None}
    stored: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    for pk, unit in index.divisions.items():
        if unit in new and pk not in taken:
            stored[unit].append(pk)
    for unit, own in new.items():
        _compare(own, stored[unit], index)


def _compare(drafts: Sequence[Draft], stored: Sequence[int], index: Index) -> None:
    keys = [name_key(draft.values["name"]) for draft in drafts]
    others = [*keys, *(index.names[pk] for pk in stored)]
    is_large = len(others) > LARGEST_DIVISION
    equal: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(others):
        equal[key].append(place)
    for place, (draft, key) in enumerate(zip(drafts, keys, strict=True)):
        found = (
            [(other, 100.0) for other in equal[key]]
            if is_large
            else [
                (other, score)
                for _, score, other in process.extract(
                    key, others, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=MOST + 1
                )
            ]
        )
        for other, score in [each for each in found if each[0] != place][:MOST]:
            draft.similar.append(_named(other, score, drafts, stored, index))


def _named(
    place: int, score: float, drafts: Sequence[Draft], stored: Sequence[int], index: Index
) -> dict[str, object]:
    if place < len(drafts):
        other = drafts[place]
        return {
            "procedure": None,
            "row": other.row.row_number,
            "name": other.values["name"],
            "score": round(score),
        }
    pk = stored[place - len(drafts)]
    return {"procedure": pk, "row": None, "name": index.labels[pk], "score": round(score)}
