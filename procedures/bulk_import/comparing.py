"""What a parsed file would do to the inventory, found without writing anything."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from procedures.classification import facts_of, set_classification
from procedures.models import ImportRow, Procedure, Source, User
from procedures.records import Origin
from procedures.spreadsheet.keys import heading_key, name_key
from procedures.spreadsheet.parsed import CellProblem, FileKind, ParsedFile, ParsedRow

from .drafts import Draft
from .lookups import Lookups
from .parts import ExemptionPart, LegalBasisPart, Part, parts

Outcome = ImportRow.Outcome

SAME_TARGET = "{row}行目と同じ手続（{procedure}）に当たります。どちらかの行を除いてください。"
SEVERAL_TARGETS = (
    "同じ{what}の手続が台帳に{count}件あり、どれか決められません。手続番号を入力してください。"
)
MATCHED_BY_NAME = "手続番号がないため、課と手続名が同じ「{procedure}」とみなしました。"


@dataclass(frozen=True, slots=True)
class RowDiff:
    """What one row would do; ``changes`` is part → field → [old, new] in JSON values."""

    row: ParsedRow
    outcome: Outcome
    procedure: Procedure | None = None
    changes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    problems: tuple[CellProblem, ...] = ()
    notes: tuple[str, ...] = ()
    category_before: str = ""
    category_after: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """What the whole file would do, row by row in the file's order."""

    parsed: ParsedFile
    rows: tuple[RowDiff, ...]
    newest_procedure: int  # primary key; 0 for an empty inventory

    @property
    def counts(self) -> dict[Outcome, int]:
        """Rows per outcome; their sum is the number of rows in the file."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in Outcome}


def compare(parsed: ParsedFile, *, by: User, on: date, confirms_exemptions: bool = False) -> Diff:
    """The diff of ``parsed`` against the inventory on the day ``on``; reads only."""
    lookups = Lookups(on)
    letters = {sheet.name: dict(sheet.letters) for sheet in parsed.sheets}
    is_survey = parsed.kind is FileKind.SURVEY
    drafts = [
        Draft(row, letters[row.sheet], is_survey) for row in parsed.rows if not row.passed_over
    ]
    for draft in drafts:
        draft.problems += draft.row.problems
        draft.notes += draft.row.notes
    index = _Index()
    procedures = _match(drafts, lookups, index)
    chosen = parts()
    for part in chosen:
        part.load(procedures)
    origin = Origin(by, Source.IMPORT)
    before = {procedure.pk: procedure.category for procedure in procedures}
    found = {
        id(draft.row): _diff(draft, chosen, lookups, origin, confirms_exemptions, before)
        for draft in drafts
    }
    return Diff(
        parsed,
        tuple(
            found.get(id(row)) or RowDiff(row, Outcome.PASSED_OVER, notes=(row.passed_over,))
            for row in parsed.rows
        ),
        newest_procedure=max(index.names, default=0),
    )


def _diff(
    draft: Draft,
    chosen: Sequence[Part],
    lookups: Lookups,
    origin: Origin,
    confirms: bool,
    before: dict[int, str],
) -> RowDiff:
    _find_changes(draft, chosen, lookups, origin, confirms)
    category_before = before.get(draft.procedure.pk, "") if draft.procedure else ""
    if draft.problems:
        return RowDiff(
            draft.row,
            Outcome.REJECTED,
            draft.procedure,
            problems=tuple(draft.problems),
            notes=tuple(draft.notes),
            category_before=category_before,
        )
    changed = Outcome.CHANGED if draft.changes else Outcome.UNCHANGED
    return RowDiff(
        draft.row,
        Outcome.NEW if draft.procedure is None else changed,
        draft.procedure,
        draft.changes,
        notes=tuple(draft.notes),
        category_before=category_before,
        category_after=draft.target.category if draft.target else "",
    )


def _find_changes(
    draft: Draft, chosen: Sequence[Part], lookups: Lookups, origin: Origin, confirms: bool
) -> None:
    prepared: dict[str, list[Any]] = {}
    draft.target = draft.procedure or Procedure()
    for part in chosen:
        if not part.is_inventory and draft.facts is None:
            draft.facts = facts_after(draft.target, chosen, prepared)
        if draft.is_reference and not part.reference_fields:
            continue
        stored = part.state(draft.procedure)
        changes = {
            name: [stored.get(name), value]
            for name, value in part.wanted(draft, lookups, confirms=confirms).items()
            if stored.get(name) != value
            and (not draft.is_reference or name in part.reference_fields)
        }
        if changes:
            draft.changes[part.key] = changes
        if changes and not draft.problems:
            prepared[part.key] = list(part.prepare(draft.target, changes, origin))
            for obj in prepared[part.key]:
                part.check(draft, obj, origin)
    if not draft.problems:
        set_classification(draft.target, draft.facts or facts_after(draft.target, chosen, prepared))


def facts_after(
    procedure: Procedure, chosen: Sequence[Part], prepared: dict[str, list[Any]]
) -> Any:
    """The facts of ``procedure`` with the prepared legal basis and exemption (none: as stored)."""
    bases = next(part for part in chosen if isinstance(part, LegalBasisPart))
    exemptions = next(part for part in chosen if isinstance(part, ExemptionPart))
    return facts_of(
        procedure,
        levels=bases.levels(procedure, prepared.get(bases.key, [])),
        ground=exemptions.ground(procedure, prepared.get(exemptions.key, [])),
    )


def _match(drafts: Sequence[Draft], lookups: Lookups, index: "_Index") -> list[Procedure]:
    """Finds the procedure of each draft: by number, else national id, else name in the division."""
    matched: dict[int, Draft] = {}
    for draft in drafts:
        pk = index.find(draft, lookups)
        if pk is None:
            continue
        if pk in matched:
            other = matched[pk].row.row_number
            draft.reject("number", SAME_TARGET.format(row=other, procedure=index.names[pk]))
        else:
            matched[pk] = draft
    procedures = Procedure.objects.in_bulk(list(matched))
    for pk, draft in matched.items():
        draft.procedure = procedures[pk]
    return list(procedures.values())


class _Index:
    """The keys of the whole inventory, read in one query."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._by_number: dict[str, int] = {}
        self._by_national_id: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
        self._by_name: dict[tuple[int | None, str], list[int]] = defaultdict(list)
        rows = Procedure.objects.order_by("pk").values_list(
            "pk", "number", "national_id", "division_id", "name_key", "name"
        )
        for pk, number, national_id, division_id, key, name in rows:
            self.names[pk] = f"{number} {name}"
            self._by_number[heading_key(number)] = pk
            self._by_name[division_id, key].append(pk)
            if national_id:
                self._by_national_id[heading_key(national_id)].append((pk, division_id))

    def find(self, draft: Draft, lookups: Lookups) -> int | None:
        """The primary key of the row's procedure, or None for a new one; may reject the row."""
        values = draft.values
        if "number" in values:
            return self._by_number.get(heading_key(values["number"]))
        if draft.problems or "name" not in values:
            return None
        # Only a look at which division is meant: what is wrong with it is said when it is compared.
        division_id = lookups.units(Draft(draft.row)).get("division_id")
        if "national_id" in values:
            owners = self._by_national_id.get(heading_key(values["national_id"]), [])
            fitting = [pk for pk, owner in owners if division_id in (None, owner)]
            return self._only(draft, fitting, "国の手続ID")
        pk = self._only(
            draft, self._by_name.get((division_id, name_key(values["name"])), []), "課・手続名"
        )
        if pk is not None:
            draft.notes.append(MATCHED_BY_NAME.format(procedure=self.names[pk]))
        return pk

    def _only(self, draft: Draft, found: Sequence[int], what: str) -> int | None:
        if len(found) > 1:
            draft.reject("number", SEVERAL_TARGETS.format(what=what, count=len(found)))
        return found[0] if len(found) == 1 else None
