"""What a parsed file would do to the inventory, found without writing anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from procedures.classification import facts_of, set_classification
from procedures.models import ImportRow, Procedure, Source, User
from procedures.permissions import NOT_YOUR_DEPARTMENT, UNASSIGNED_IS_FOR_DIVISION, rights_of
from procedures.policies import policy_in_force
from procedures.records import Origin
from procedures.rules import Facts, PolicyRevision
from procedures.spreadsheet.parsed import CellProblem, FileKind, ParsedFile, ParsedRow
from procedures.workers import Report, silent

from .bases import set_bases
from .drafts import Draft
from .garbage import undisturbed
from .inventory_parts import ExemptionPart, LegalBasisPart
from .lookups import Lookups
from .matching import Index, in_bulk
from .parts import Part, blank, parts
from .references import settle
from .similar import find_similar

Outcome = ImportRow.Outcome


@dataclass(frozen=True, slots=True)
class RowDiff:
    """What one row would do; ``changes`` is part → field → [old, new] in JSON values."""

    row: ParsedRow
    outcome: Outcome
    procedure: Procedure | None = None
    changes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    conflicts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    problems: tuple[CellProblem, ...] = ()
    notes: tuple[str, ...] = ()
    similar: tuple[dict[str, Any], ...] = ()
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


@undisturbed()
def compare(
    parsed: ParsedFile,
    *,
    by: User,
    on: date,
    confirms_exemptions: bool = False,
    report: Report = silent,
) -> Diff:
    """The diff of ``parsed`` against the inventory on the day ``on``; reads only."""
    letters = {sheet.name: dict(sheet.letters) for sheet in parsed.sheets}
    is_survey = parsed.kind is FileKind.SURVEY
    drafts = [
        Draft(row, letters[row.sheet], is_survey) for row in parsed.rows if not row.passed_over
    ]
    index = Index()
    comparison = Comparison(by=by, on=on, confirms=confirms_exemptions)
    matched = index.match(drafts, comparison.lookups)
    settled = settle(matched) if is_survey else ()
    procedures = in_bulk([pk for pk in matched if pk not in settled])
    for pk, procedure in procedures.items():
        matched[pk].procedure = procedure
    for part in comparison.parts:
        part.load(list(procedures.values()))
    set_bases(drafts, comparison.parts)
    found = {}
    for number, draft in enumerate(drafts):
        if number % 500 == 0:
            report("台帳と比べています", number, len(drafts))
        found[id(draft.row)] = draft
        if draft.target is None:
            comparison.judge(draft)
    if not is_survey:  # names of the survey repeat by the thousand, and its numbers tell them apart
        find_similar(drafts, index)
    return Diff(
        parsed,
        tuple(
            _diff(found[id(row)])
            if id(row) in found
            else RowDiff(row, Outcome.PASSED_OVER, notes=(row.passed_over,))
            for row in parsed.rows
        ),
        newest_procedure=index.newest,
    )


class Comparison:
    """What all rows of a file are compared with: the person's rights, the names, the parts."""

    def __init__(self, *, by: User, on: date, confirms: bool) -> None:
        self.lookups = Lookups(on)
        self.parts = parts()
        self._confirms = confirms
        self._rights = rights_of(by)
        self._origin = Origin(by, Source.IMPORT)
        self._policy = policy_in_force()

    def judge(self, draft: Draft) -> None:
        """Finds the changes and conflicts of one row, its category after it, or why it is out."""
        if draft.procedure is not None:
            draft.category_before = draft.procedure.category
        for part in self.parts:
            if draft.is_reference and not part.reference_fields:
                continue
            changes = self._changes(draft, part)
            if changes:
                draft.changes[part.key] = changes
        if draft.changes or draft.conflicts:
            self._check_rights(draft)
        if draft.procedure is not None and not draft.changes:
            draft.target = draft.procedure
        elif not draft.problems:
            judge_changes(draft, self.parts, self._policy, self._origin)

    def _changes(self, draft: Draft, part: Part) -> dict[str, list[Any]]:
        base = draft.base[part.key] if draft.base else None
        wanted = part.wanted(draft, self.lookups)
        if draft.is_reference:
            wanted = {name: wanted[name] for name in part.reference_fields if name in wanted}
        if base is not None:
            wanted = _edited(wanted, base, part.together)
        stored = part.state(draft.procedure) if wanted else {}
        changes = {
            name: [now, value]
            for name, value in wanted.items()
            if (now := stored.get(name)) != value
        }
        if base is not None and changes:
            conflicts = _conflicts(changes, base, part.together)
            if conflicts:
                draft.conflicts[part.key] = conflicts
                changes = {name: pair for name, pair in changes.items() if name not in conflicts}
        return part.completed(draft, changes, confirms=self._confirms)

    def _check_rights(self, draft: Draft) -> None:
        """A row of another department, or one that would move there, is not this person's."""
        for owner in owners(draft.procedure, draft.changes, draft.conflicts):
            if not self._rights.covers(owner):
                name = "" if owner is None else self.lookups.department_name(owner)
                draft.reject(
                    "department",
                    NOT_YOUR_DEPARTMENT.format(department=name)
                    if name
                    else UNASSIGNED_IS_FOR_DIVISION,
                )
                return


def owners(
    procedure: Procedure | None,
    changes: Mapping[str, Mapping[str, Any]],
    conflicts: Mapping[str, Mapping[str, Any]],
) -> list[int | None]:
    """The departments whose a row is and would become, None for 所管未定."""
    found = [] if procedure is None else [procedure.department_id]
    moved = changes.get("procedure", {}).get("department_id")
    contested = conflicts.get("procedure", {}).get("department_id")
    if moved is not None or procedure is None:
        found.append(moved[1] if moved else None)
    if contested is not None:
        found.append(contested["file"])
    return found


def judge_changes(
    draft: Draft, chosen: Sequence[Part], policy: PolicyRevision, origin: Origin
) -> None:
    """Puts the draft's changes on objects in memory: its category, and the rules it would break."""
    prepared: dict[str, list[Any]] = {}
    draft.target = draft.procedure or blank(Procedure)
    for part in chosen:
        if not part.is_inventory and draft.facts is None:
            draft.facts = facts_after(draft.target, chosen, prepared)
        changes = draft.changes.get(part.key)
        if not changes:
            continue
        prepared[part.key] = list(part.prepare(draft.target, changes, origin))
        for obj in prepared[part.key]:
            part.check(draft, obj, origin)
    if not draft.problems:
        facts = draft.facts or facts_after(draft.target, chosen, prepared)
        set_classification(draft.target, facts, policy)


def facts_after(
    procedure: Procedure, chosen: Sequence[Part], prepared: Mapping[str, list[Any]]
) -> Facts:
    """The facts of ``procedure`` with the prepared legal basis and exemption (none: as stored)."""
    levels = ground = None
    for part in chosen:
        if isinstance(part, LegalBasisPart):
            levels = part.levels(procedure, prepared.get(part.key, ()))
        elif isinstance(part, ExemptionPart):
            ground = part.ground(procedure, prepared.get(part.key, ()))
    return facts_of(procedure, levels=levels, ground=ground)


def _edited(
    wanted: dict[str, Any], base: Mapping[str, Any], together: Sequence[str]
) -> dict[str, Any]:
    """What the person changed since the export: an untouched cell asks for nothing."""
    edited = {name for name, value in wanted.items() if value != base.get(name)}
    if edited & set(together):
        edited |= set(together)
    return {name: value for name, value in wanted.items() if name in edited}


def _conflicts(
    changes: Mapping[str, list[Any]], base: Mapping[str, Any], together: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The edited fields that somebody else has changed since, to something else."""
    contested = {name for name, (now, _) in changes.items() if now != base.get(name)}
    if contested & set(together):
        contested |= set(together) & set(changes)
    return {
        name: {"base": _shown(base.get(name)), "now": changes[name][0], "file": changes[name][1]}
        for name in changes
        if name in contested
    }


def _shown(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | list) else None


def _diff(draft: Draft) -> RowDiff:
    if draft.problems:
        return RowDiff(
            draft.row,
            Outcome.REJECTED,
            draft.procedure,
            problems=tuple(draft.problems),
            notes=tuple(draft.notes),
            category_before=draft.category_before,
        )
    changed = Outcome.CHANGED if draft.changes or draft.conflicts else Outcome.UNCHANGED
    return RowDiff(
        draft.row,
        Outcome.NEW if draft.procedure is None else changed,
        draft.procedure,
        draft.changes,
        draft.conflicts,
        notes=tuple(draft.notes),
        similar=tuple(draft.similar),
        category_before=draft.category_before,
        category_after=draft.target.category if draft.target else "",
    )
