"""Which procedure of the inventory a row of a file is about; a guess is said, never taken silently.

By the hidden 台帳ID of our own workbooks, else by number, else by national id, else by the name
within the division.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from procedures.models import Procedure
from procedures.spreadsheet.keys import heading_key, name_key

from .drafts import Draft
from .lookups import Lookups

SAME_TARGET = "{row}行目と同じ手続（{procedure}）に当たります。どちらかの行を除いてください。"
SEVERAL_TARGETS = (
    "同じ{what}の手続が台帳に{count}件あり、どれか決められません。手続番号を入力してください。"
)
NUMBER_OF_ANOTHER = (
    "この番号は別の手続（{procedure}）のものです。ほかの番号にするか、元の番号に戻してください。"
)
MATCHED_BY_NAME = "手続番号がないため、課と手続名が同じ「{procedure}」とみなしました。"
COPIED_ROW = (
    "台帳IDが{row}行目と同じため、その行を写して作った行とみなし、台帳IDを使わずに読みました。"
)
FOREIGN_ID = "台帳IDの手続とは番号も手続名も違うため、台帳IDを使わずに読みました。"
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement


class _Known(NamedTuple):
    """What tells a stored procedure from others."""

    pk: int
    number: str
    national_id: str
    department_id: int | None
    division_id: int | None
    name_key: str
    name: str


class Index:
    """The keys of the whole inventory, read in one query and put in order when asked for."""

    def __init__(self) -> None:
        rows = Procedure.objects.order_by("pk").values_list(*_Known._fields)
        self._known = {row[0]: _Known._make(row) for row in rows.iterator()}

    @property
    def newest(self) -> int:
        """The largest primary key; 0 for an empty inventory."""
        return max(self._known, default=0)

    @cached_property
    def labels(self) -> dict[int, str]:
        """Number and name of each procedure."""
        return {pk: f"{known.number} {known.name}" for pk, known in self._known.items()}

    @cached_property
    def names(self) -> dict[int, str]:
        """The key of each procedure's name."""
        return {pk: known.name_key for pk, known in self._known.items()}

    @cached_property
    def divisions(self) -> dict[int, tuple[int | None, int | None]]:
        """Department and division of each procedure."""
        return {pk: (known.department_id, known.division_id) for pk, known in self._known.items()}

    @cached_property
    def _numbers(self) -> dict[int, str]:
        return {pk: heading_key(known.number) for pk, known in self._known.items()}

    @cached_property
    def _by_number(self) -> dict[str, int]:
        return {number: pk for pk, number in self._numbers.items()}

    @cached_property
    def _by_national_id(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for pk, known in self._known.items():
            if known.national_id:
                found[heading_key(known.national_id)].append(pk)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[int | None, str], list[int]]:
        found: dict[tuple[int | None, str], list[int]] = defaultdict(list)
        for pk, known in self._known.items():
            found[known.division_id, known.name_key].append(pk)
        return found

    def match(self, drafts: Sequence[Draft], lookups: Lookups) -> dict[int, Draft]:
        """The drafts that are about a procedure, by its primary key; the others are new."""
        trusted = self._trusted_ids(drafts)
        matched: dict[int, Draft] = {}
        for draft in drafts:
            pk = trusted.get(id(draft)) or self._find(draft, lookups)
            if pk is None:
                continue
            if pk in matched:
                other = matched[pk].row.row_number
                draft.reject("number", SAME_TARGET.format(row=other, procedure=self.labels[pk]))
            else:
                matched[pk] = draft
        return matched

    def _trusted_ids(self, drafts: Sequence[Draft]) -> dict[int, int]:
        """id(draft) → primary key, where the hidden 台帳ID is to be believed.

        Somebody may have copied a row with its hidden cells to add a procedure, or pasted rows of
        another inventory.
        """
        owners: dict[int, Draft] = {}
        for draft in drafts:
            pk = draft.values.get("row_id")
            if pk not in self._known:
                continue
            held = owners.get(pk)
            if held is None:
                owners[pk] = draft
            elif self._has_number(draft, pk) and not self._has_number(held, pk):
                owners[pk] = draft
                held.notes.append(COPIED_ROW.format(row=draft.row.row_number))
            else:
                draft.notes.append(COPIED_ROW.format(row=held.row.row_number))
        strange = [pk for pk, draft in owners.items() if not self._is_like(draft, pk)]
        for pk in set(strange) - _known_otherwise({pk: owners[pk] for pk in strange}):
            owners.pop(pk).notes.append(FOREIGN_ID)
        for pk, draft in owners.items():
            self._check_number(draft, pk)
        return {id(draft): pk for pk, draft in owners.items()}

    def _has_number(self, draft: Draft, pk: int) -> bool:
        return heading_key(draft.values.get("number", "")) == self._numbers[pk]

    def _is_like(self, draft: Draft, pk: int) -> bool:
        has_name = name_key(draft.values.get("name", "")) == self.names[pk]
        return has_name or self._has_number(draft, pk)

    def _check_number(self, draft: Draft, pk: int) -> None:
        """A changed number must be free."""
        owner = self._by_number.get(heading_key(draft.values.get("number", "")), pk)
        if owner != pk:
            draft.reject("number", NUMBER_OF_ANOTHER.format(procedure=self.labels[owner]))

    def _find(self, draft: Draft, lookups: Lookups) -> int | None:
        """The primary key of the row's procedure, or None for a new one; may reject the row."""
        values = draft.values
        if "number" in values:
            return self._by_number.get(heading_key(values["number"]))
        if draft.problems or "name" not in values:
            return None
        division_id = None
        if "division" in values:
            # Only a look at which one is meant: what is wrong with it is said when it is compared.
            division_id = lookups.units(Draft(draft.row)).get("division_id")
        if "national_id" in values:
            owners = self._by_national_id.get(heading_key(values["national_id"]), [])
            fitting = [pk for pk in owners if division_id in (None, self._known[pk].division_id)]
            return self._only(draft, fitting, "国の手続ID")
        pk = self._only(
            draft, self._by_name.get((division_id, name_key(values["name"])), []), "課・手続名"
        )
        if pk is not None:
            draft.notes.append(MATCHED_BY_NAME.format(procedure=self.labels[pk]))
        return pk

    def _only(self, draft: Draft, found: Sequence[int], what: str) -> int | None:
        if len(found) > 1:
            draft.reject("number", SEVERAL_TARGETS.format(what=what, count=len(found)))
        return found[0] if len(found) == 1 else None


def _known_otherwise(drafts: dict[int, Draft]) -> set[int]:
    """Those that had the row's number or name at an earlier time: renamed since the export."""
    if not drafts:
        return set()
    entries = Procedure.history.filter(id__in=drafts).values_list("id", "number", "name_key")
    return {
        pk
        for pk, number, key in entries
        if heading_key(number) == heading_key(drafts[pk].values.get("number", ""))
        or key == name_key(drafts[pk].values.get("name", ""))
    }


def in_bulk(keys: Sequence[int]) -> dict[int, Procedure]:
    """The procedures of ``keys``, however many those are; those that are gone are missing."""
    found: dict[int, Procedure] = {}
    for start in range(0, len(keys), _CHUNK):
        found |= Procedure.objects.in_bulk(keys[start : start + _CHUNK])
    return found
