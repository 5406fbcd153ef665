"""The only writers of issues (課題): opened, edited and solved, with permission and history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from procedures import acts
from procedures.actions import lock_procedure
from procedures.classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from procedures.editing import Conflict, merged_changes
from procedures.models import ASPECT_FIELDS, Act, Procedure, Source, User
from procedures.permissions import can_edit, check_can_edit
from procedures.policies import policy_to_write_under
from procedures.records import Origin, insert, save, save_many
from procedures.rules import (
    DESIGNATED_MANAGER_MEASURE,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Classification,
    Facts,
    Measure,
    PolicyRevision,
    classify,
    label,
    measures_for,
)
from tracking.models import OPEN_STATES, Issue, SharedMeasure, subject_of

EDITABLE_FIELDS = ("kind", "measure", "shared_measure_id", "owner", "due", "state")
OUTCOMES = (Answer.ONLINE, Answer.NOT_NEEDED)
UNKNOWN_SUBJECT = "課題にする支障が選ばれていません。手続のページから選び直してください。"
NOT_SURVEYED = (
    "「{subject}」は未調査のため、課題にできません。先に要否を調べて、回答を入力してください。"
)
ABOLISHED = "廃止された手続のため、課題は登録できません。"
NO_OBSTACLE = "「{subject}」の回答は「{answer}」で、支障になっていないため、課題はありません。"
NO_MANAGER = "指定管理者が担当する手続ではないため、指定管理者の課題はありません。"
OPEN_ALREADY = "「{subject}」の課題は、すでに登録されています。"
NOTHING_TO_OPEN = (
    "選んだ手続には、登録できる課題がありません。支障がなくなったか、課題がすでに登録されています。"
)
ENDED_ALREADY = "この課題は、ほかの人が先に「{state}」にして終了しました。何も変えていません。"
KIND_MISFIT = "「{subject}」の対応策の種類は、{kinds}から選んでください。"
MEASURE_MISFIT = (
    "共通の対応策「{measure}」は「{aspect}」についてのものです。「{subject}」の課題には選べません。"
)
MEASURE_ENDED = (
    "共通の対応策「{measure}」は「{state}」のため、待つことができません。"
    "ほかの対応策を選ぶか、空欄にしてください。"
)
SOLVED_ONLY_HERE = "課題を解決にするには、「解決」のページで解決後の回答を選んでください。"
NO_OUTCOME = "「不要」か「必要（オンライン可）」のどちらになったかを選んでください。"
ANSWER_CHANGED = (
    "「{subject}」の回答は、この画面を開いた後に{by}さんが「{answer}」に変えました。"
    "まだ何も保存していません。内容を確かめて、もう一度選んでください。"
)
ANSWER_CHANGED_SINCE = "「{subject}」の回答を、ほかの人が「{answer}」に変えました。"
_CHUNK = 5_000  # keys per query; databases limit the parameters of a statement


@dataclass(frozen=True, slots=True)
class Draft:
    """What every issue about ``aspect`` (empty: the designated manager) that is opened gets."""

    aspect: str
    kind: str
    measure: str = ""
    shared_measure_id: int | None = None
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """What solving an issue has done: the act, and the category before and after it."""

    act: Act
    before: Category
    after: Category


def reviews_for(aspect: str, basis: BasisLevel = BasisLevel.UNKNOWN) -> tuple[Measure, ...]:
    """The reviews of clause 3(2) for ``aspect`` (empty: 指定管理者); at least one."""
    if not aspect:
        return (DESIGNATED_MANAGER_MEASURE,)
    return measures_for(Aspect(aspect), basis)


def after_solving(
    facts: Facts, aspect: str, outcome: Answer, policy: PolicyRevision
) -> Classification:
    """What a procedure with ``facts`` is once ``aspect`` is solved with ``outcome``."""
    return classify(replace(facts, **{aspect: outcome}) if aspect else facts, policy)


def objection_to(procedure: Procedure, aspect: str) -> str:
    """Why ``aspect`` of ``procedure`` is no obstacle to open an issue about; empty where it is."""
    if procedure.abolished_on is not None:
        return ABOLISHED
    if not aspect:
        return "" if procedure.designated_manager else NO_MANAGER
    if aspect in procedure.obstacles:
        return ""
    answer = getattr(procedure, aspect)
    sentence = NOT_SURVEYED if answer == Answer.UNKNOWN else NO_OBSTACLE
    return sentence.format(subject=subject_of(aspect), answer=label(Answer(answer)))


@transaction.atomic
def open_issue(*, procedure_id: int, aspect: str, by: User) -> Issue:
    """Opens the issue about one obstacle with the first review that clause 3(2) names for it.

    Raises ``PermissionDenied``, or ``ValidationError`` where ``aspect`` is not an obstacle or its
    issue is open already; then nothing is written.
    """
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    if aspect and aspect not in ASPECT_FIELDS:
        raise ValidationError(UNKNOWN_SUBJECT)
    if objection := objection_to(procedure, aspect):
        raise ValidationError(objection)
    if procedure.issues.filter(aspect=aspect, state__in=OPEN_STATES).exists():
        raise ValidationError(OPEN_ALREADY.format(subject=subject_of(aspect)))
    kind = reviews_for(aspect, facts_of(procedure).basis)[0].kind
    issue = Issue(procedure=procedure, aspect=aspect, kind=kind)
    insert([issue], Origin(by, Source.FORM))
    return issue


@transaction.atomic
def open_issues(*, procedure_ids: Sequence[int], drafts: Sequence[Draft], by: User) -> Act:
    """Opens one issue for each procedure and draft whose obstacle it has, in one act.

    Procedures that get none, or have an open issue about one of them, are named in the act once
    with the reasons. Raises ``PermissionDenied`` where ``by`` may edit none of them, or
    ``ValidationError`` by field; then nothing is written.
    """
    _hold_measures(draft.shared_measure_id for draft in drafts)
    procedures = _locked(procedure_ids)
    _check_any(by, procedures)
    for draft in drafts:
        _check_kind(draft.aspect, draft.kind)
        _check_shared_measure(draft.aspect, draft.shared_measure_id)
    taken = _open_keys(procedures)
    opened: list[Issue] = []
    left_out: list[dict[str, Any]] = []
    for procedure in procedures:
        reasons = {one: _reason_against(procedure, one.aspect, taken, by) for one in drafts}
        wanted = [draft for draft, reason in reasons.items() if not reason]
        opened += [_issue(procedure, draft) for draft in wanted]
        # Who got an issue need not be told of obstacles that never were there.
        named = [
            reason
            for draft, reason in reasons.items()
            if reason and (not wanted or (procedure.pk, draft.aspect) in taken)
        ]
        if named:
            left_out.append(acts.left(procedure, "".join(dict.fromkeys(named))))
    if not opened:
        raise ValidationError(NOTHING_TO_OPEN)
    subjects = "」「".join(subject_of(draft.aspect) for draft in drafts)
    origin = acts.begin(Act.Kind.ISSUES, f"「{subjects}」の課題を登録", by=by)
    insert(opened, origin)
    count = len({issue.procedure_id for issue in opened})
    return acts.finish(origin, count=count, left_out=left_out)


@transaction.atomic
def update_issue(*, issue_id: int, sent: Mapping[str, Any], version: int, by: User) -> Issue:
    """Writes the fields ``sent`` (attribute → value) of one open issue.

    ``version`` is the one that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` or
    ``ValidationError`` (by field); then nothing is written. Equal values write nothing.
    """
    _hold_measures([sent.get("shared_measure_id")])
    issue = _locked_issue(issue_id, by)
    changes = merged_changes(issue, sent, version)
    if not changes:
        return issue
    _set(issue, changes)
    if not issue.is_open:
        changes["closed_on"] = issue.closed_on = timezone.localdate()
    save(issue, changes, Origin(by, Source.FORM))
    return issue


@transaction.atomic
def solve_issue(*, issue_id: int, outcome: str, note: str, version: int, by: User) -> Solution:
    """Ends an issue as solved, answers its aspect with ``outcome`` and classifies anew, in one act.

    ``version`` is that of the procedure whose answer ``by`` saw. An issue about the designated
    manager answers nothing; its ``outcome`` is empty. Raises ``PermissionDenied``, ``Conflict``
    where somebody else gave another answer meanwhile, or ``ValidationError``; then nothing is
    written.
    """
    issue = _locked_issue(issue_id, by)
    procedure = issue.procedure
    before = Category(procedure.category)
    if outcome not in (OUTCOMES if issue.aspect else ("",)):
        raise ValidationError({"outcome": NO_OUTCOME})
    if issue.aspect:
        merged_changes(procedure, {issue.aspect: outcome}, version)
    name = f"「{procedure.name}」の「{issue.subject}」の課題を解決"
    origin = acts.begin(Act.Kind.SOLUTION, name, by=by, source=Source.FORM)
    write_solved([issue], outcome, note, origin)
    return Solution(acts.finish(origin, count=1), before, Category(procedure.category))


def write_solved(issues: Sequence[Issue], outcome: str, note: str, origin: Origin) -> None:
    """Ends open issues, and answers what they were about, on procedures that are locked.

    For writers that have checked permission and what was seen. Each issue is of another
    procedure, which ``facts_of`` can read. An answer that is there already stays as it is.
    """
    for issue in issues:
        issue.state, issue.closed_on = Issue.State.SOLVED, timezone.localdate(origin.at)
        issue.outcome, issue.outcome_note = outcome, note
    save_many(issues, ["state", "closed_on", "outcome", "outcome_note"], origin)
    answered = [issue for issue in issues if issue.aspect and _answer_of(issue) != outcome]
    policy = policy_to_write_under()
    for issue in answered:
        setattr(issue.procedure, issue.aspect, outcome)
        set_classification(issue.procedure, facts_of(issue.procedure), policy)
    aspects = dict.fromkeys(issue.aspect for issue in answered)
    procedures = [issue.procedure for issue in answered]
    save_many(procedures, [*aspects, *DERIVED_FIELDS], origin)


def lock_issues(issues: Iterable[Issue]) -> list[Issue]:
    """``issues`` as they are while their procedures are locked, each with its procedure.

    Whoever writes an issue holds its procedure. Those that ended meanwhile are among them.
    """
    keys = {issue.pk: issue.procedure_id for issue in issues}
    procedures = {procedure.pk: procedure for procedure in _locked(keys.values())}
    fresh = [row for part in _parts(list(keys)) for row in Issue.objects.filter(pk__in=part)]
    for issue in fresh:
        issue.procedure = procedures[issue.procedure_id]
    return sorted(fresh, key=lambda issue: (issue.procedure.number, issue.pk))


def changed_since(issue: Issue, outcome: str, version: int) -> str:
    """What somebody else answered since ``version`` of the procedure; empty where nothing else."""
    try:
        merged_changes(issue.procedure, {issue.aspect: outcome}, version)
    except Conflict:
        answer = label(Answer(_answer_of(issue)))
        return ANSWER_CHANGED_SINCE.format(subject=issue.subject, answer=answer)
    return ""


def not_yours(by: User, procedure: Procedure) -> str:
    """Why ``by`` may not change ``procedure``; empty where they may."""
    try:
        check_can_edit(by, procedure)
    except PermissionDenied as refusal:
        return str(refusal)
    return ""


def _answer_of(issue: Issue) -> str:
    return getattr(issue.procedure, issue.aspect)


def _issue(procedure: Procedure, draft: Draft) -> Issue:
    return Issue(
        procedure=procedure,
        aspect=draft.aspect,
        kind=draft.kind,
        measure=draft.measure,
        shared_measure_id=draft.shared_measure_id,
        owner=draft.owner,
        due=draft.due,
    )


def _reason_against(
    procedure: Procedure, aspect: str, taken: set[tuple[int, str]], by: User
) -> str:
    """Why no issue about ``aspect`` is opened for ``procedure``; empty where one is."""
    if (procedure.pk, aspect) in taken:
        return OPEN_ALREADY.format(subject=subject_of(aspect))
    return not_yours(by, procedure) or objection_to(procedure, aspect)


def _check_any(by: User, procedures: Sequence[Procedure]) -> None:
    """Raises the sentence about the first of them unless ``by`` may edit one at least."""
    if procedures and not any(can_edit(by, procedure) for procedure in procedures):
        check_can_edit(by, procedures[0])


def _check_kind(aspect: str, kind: str) -> None:
    reviews = reviews_for(aspect)
    if kind not in {review.kind for review in reviews}:
        kinds = "".join(f"「{review.label}」" for review in reviews)
        raise ValidationError({"kind": KIND_MISFIT.format(subject=subject_of(aspect), kinds=kinds)})


def _hold_measures(keys: Iterable[int | None]) -> None:
    """Locks measures that issues join, so that none ends meanwhile; before their procedures."""
    named = {key for key in keys if key is not None}
    list(SharedMeasure.objects.select_for_update().filter(pk__in=named).order_by("pk"))


def _check_shared_measure(aspect: str, measure_id: int | None) -> None:
    if measure_id is None:
        return
    measure = SharedMeasure.objects.get(pk=measure_id)
    if measure.aspect != aspect:
        sentence = MEASURE_MISFIT.format(
            measure=measure, aspect=subject_of(measure.aspect), subject=subject_of(aspect)
        )
        raise ValidationError({"shared_measure": sentence})
    if measure.state != SharedMeasure.State.PLANNED:
        sentence = MEASURE_ENDED.format(measure=measure, state=measure.get_state_display())
        raise ValidationError({"shared_measure": sentence})


def _set(issue: Issue, changes: Mapping[str, Any]) -> None:
    unknown = set(changes) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    if changes.get("state") == Issue.State.SOLVED:
        raise ValidationError({"state": SOLVED_ONLY_HERE})
    for name, value in changes.items():
        setattr(issue, name, value)
    if "kind" in changes:
        _check_kind(issue.aspect, issue.kind)
    if "shared_measure_id" in changes:
        _check_shared_measure(issue.aspect, issue.shared_measure_id)
    changed = {issue._meta.get_field(name).name for name in changes}
    issue.clean_fields(exclude={field.name for field in issue._meta.fields} - changed)


def _locked_issue(issue_id: int, by: User) -> Issue:
    """The open issue with its procedure, which is locked, if ``by`` may edit it."""
    rows = Issue.objects.filter(pk=issue_id)
    procedure = lock_procedure(rows.values_list("procedure_id", flat=True).get())
    check_can_edit(by, procedure)
    issue = rows.get()
    issue.procedure = procedure
    if not issue.is_open:
        raise ValidationError(ENDED_ALREADY.format(state=issue.get_state_display()))
    return issue


def _locked(keys: Iterable[int]) -> list[Procedure]:
    """The procedures, locked, with what their classification reads, by number."""
    locked = Procedure.objects.select_for_update(of=("self",)).order_by("pk")
    rows = with_facts(locked).select_related("department", "exemption")
    found = [row for part in _parts(sorted(set(keys))) for row in rows.filter(pk__in=part)]
    return sorted(found, key=lambda procedure: procedure.number)


def _open_keys(procedures: Sequence[Procedure]) -> set[tuple[int, str]]:
    """Procedure and aspect of the issues that are open."""
    rows = Issue.objects.filter(state__in=OPEN_STATES).values_list("procedure_id", "aspect")
    parts = _parts([procedure.pk for procedure in procedures])
    return {row for part in parts for row in rows.filter(procedure__in=part)}


def _parts(keys: Sequence[int]) -> list[Sequence[int]]:
    return [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
