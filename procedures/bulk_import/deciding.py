"""What a person decides about a preview: contested fields, rows to leave out, who stands in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from procedures.models import ImportRow, ImportRun, Source, User
from procedures.models.organisation import OFFICE_ROLES
from procedures.permissions import rights_of
from procedures.policies import policy_in_force
from procedures.records import Origin
from procedures.rules import PolicyRevision
from procedures.spreadsheet.parsed import ParsedRow

from .comparing import judge_changes
from .drafts import Draft
from .parts import Part, parts
from .progress import ALREADY, NotApplicable
from .runs import check_is_ones_own

Outcome = ImportRow.Outcome
NOW, FILE = "now", "file"
"""The choices about a contested field: as the inventory has it now, or as the file says."""

LEFT_OUT = "取り込まないことにした行です。"
NO_SUCH_CONFLICT = "この食い違いは見つかりません。ページを読み込み直してください。"
GONE = "{row}の手続は、プレビューの後に台帳からなくなりました。もう一度読み直してください。"
NOT_A_DEPUTY = "{person}さんは、この一覧表の部局室の手続を取り込めないため、代理に選べません。"
_DECIDABLE = (Outcome.NEW, Outcome.CHANGED)


@transaction.atomic
def decide(row: ImportRow, part: str, field: str, choice: str, *, by: User) -> ImportRow:
    """Decides one contested field of a waiting preview; may be decided otherwise later.

    Raises ``PermissionDenied``, or ``NotApplicable`` when the run waits no more, there is no such
    conflict, or the choice would break a rule of the row.
    """
    run = _waiting(row.run_id, by)
    row = run.rows.select_for_update(of=("self",)).select_related("procedure").get(pk=row.pk)
    if choice not in (NOW, FILE) or field not in row.conflicts.get(part, {}):
        raise NotApplicable(NO_SUCH_CONFLICT)
    row.conflicts[part][field]["choice"] = choice
    _judge([row], run, by)
    _count_again(run)
    return row


@transaction.atomic
def decide_rest(run: ImportRun, choice: str, *, by: User) -> int:
    """Decides all contested fields that nobody has decided; returns how many rows they stood in."""
    run = _waiting(run.pk, by)
    if choice not in (NOW, FILE):
        raise NotApplicable(NO_SUCH_CONFLICT)
    rows = run.rows.exclude(conflicts={}).select_related("procedure")
    decided = []
    for row in rows:
        open_ones = [
            conflict
            for fields in row.conflicts.values()
            for conflict in fields.values()
            if "choice" not in conflict
        ]
        for conflict in open_ones:
            conflict["choice"] = choice
        if open_ones:
            decided.append(row)
    _judge(decided, run, by)
    _count_again(run)
    return len(decided)


@transaction.atomic
def leave_out(row: ImportRow, is_left_out: bool, *, by: User) -> ImportRow:
    """Leaves a row of a waiting preview out of the import, or takes it in again."""
    run = _waiting(row.run_id, by)
    row = run.rows.select_for_update(of=("self",)).get(pk=row.pk)
    if is_left_out and row.outcome in _DECIDABLE:
        row.left_out_from, row.outcome = row.outcome, Outcome.PASSED_OVER
        row.notes = [*row.notes, LEFT_OUT]
    elif not is_left_out and row.left_out_from:
        row.outcome, row.left_out_from = row.left_out_from, ""
        row.notes = [note for note in row.notes if note != LEFT_OUT]
    row.save(update_fields=["outcome", "left_out_from", "notes"])
    _count_again(run)
    return row


def possible_deputies(run: ImportRun) -> QuerySet[User]:
    """Those who may change all that the person may who brought the list in."""
    people = User.objects.filter(is_active=True).exclude(pk=run.created_by_id)
    wide = people.filter(Q(memberships__role__in=OFFICE_ROLES) | Q(is_superuser=True))
    rights = rights_of(run.created_by)
    if rights.is_office_wide:
        return wide.distinct()
    members = people
    for department_id in rights.department_ids:
        members = members.filter(memberships__department=department_id)
    return people.filter(Q(pk__in=wide.values("pk")) | Q(pk__in=members.values("pk")))


@transaction.atomic
def name_deputy(run: ImportRun, deputy: User | None, *, by: User) -> None:
    """Lets another person, who may import, go on with a waiting run; None takes that back."""
    run = _waiting(run.pk, by)
    if deputy is not None and not possible_deputies(run).filter(pk=deputy.pk).exists():
        raise NotApplicable(NOT_A_DEPUTY.format(person=deputy))
    run.deputy = deputy
    run.save(update_fields=["deputy"])


@transaction.atomic
def set_fiscal_year(run: ImportRun, year: int, *, by: User) -> None:
    """Says to which year volumes without one belong; it counts when the file is read again."""
    run = _waiting(run.pk, by)
    run.fiscal_year = year
    run.save(update_fields=["fiscal_year"])


def _waiting(run_id: int, by: User) -> ImportRun:
    run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    check_is_ones_own(run, by)
    if run.state != ImportRun.State.PREVIEWED:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))
    return run


def _count_again(run: ImportRun) -> None:
    counts = dict(run.rows.values_list("outcome").annotate(Count("pk")).order_by())
    for outcome in Outcome:
        setattr(run, f"{outcome.value}_count", counts.get(outcome.value, 0))
    run.save(update_fields=[f"{outcome.value}_count" for outcome in Outcome])


def _judge(rows: Sequence[ImportRow], run: ImportRun, by: User) -> None:
    """Works the changes of rows out anew with the fields for which the file was chosen.

    Raises ``NotApplicable`` with the sentence when that breaks a rule of one of them.
    """
    gone = [row for row in rows if row.procedure is None]
    if gone:
        raise NotApplicable(GONE.format(row=gone[0]))
    chosen = parts()
    for part in chosen:
        part.load([row.procedure for row in rows])
    policy = policy_in_force()
    for row in rows:
        _judge_row(row, run, chosen, policy, by)


def _judge_row(
    row: ImportRow, run: ImportRun, chosen: Sequence[Part], policy: PolicyRevision, by: User
) -> None:
    draft = Draft(ParsedRow(row.sheet, row.row_number, _values(row)), procedure=row.procedure)
    for part in chosen:
        changes = _with_choices(row, part)
        changes = part.completed(draft, changes, confirms=run.confirms_exemptions)
        if changes:
            draft.changes[part.key] = changes
    judge_changes(draft, chosen, policy, Origin(by, Source.IMPORT))
    if draft.problems:
        raise NotApplicable(" ".join(problem.message for problem in draft.problems))
    row.changes = draft.changes
    is_open = any("choice" not in each for part in row.conflicts.values() for each in part.values())
    row.outcome = Outcome.CHANGED if row.changes or is_open else Outcome.UNCHANGED
    row.category_after = draft.target.category
    row.moves_category = row.category_after != row.category_before
    row.save(update_fields=["conflicts", "changes", "outcome", "category_after", "moves_category"])


def _with_choices(row: ImportRow, part: Part) -> dict[str, list[Any]]:
    """The part's changes as cells and choices say, without what followed from earlier choices."""
    contested = row.conflicts.get(part.key, {})
    kept = {
        name: pair
        for name, pair in row.changes.get(part.key, {}).items()
        if name not in contested and name not in part.following
    }
    chosen = {
        name: [conflict["now"], conflict["file"]]
        for name, conflict in contested.items()
        if conflict.get("choice") == FILE
    }
    return kept | chosen


def _values(row: ImportRow) -> Mapping[str, Any]:
    """What ``completed`` looks at beside the changes: the note, and the ground of an exemption."""
    note = row.changes.get("procedure", {}).get("note", (None, row.procedure.note))[1]
    contested = row.conflicts.get("exemption", {}) | row.changes.get("exemption", {})
    return {"note": note} | ({"exemption_ground": "stated"} if contested else {})
