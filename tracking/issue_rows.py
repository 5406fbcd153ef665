"""An issue as its procedure's page and the lists show it: what waits, until when, what is to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from procedures.models import Act, Procedure, User
from procedures.permissions import can_edit, rights_of
from procedures.rules import Answer, label

from .actions.issues import OUTCOMES
from .judgement import Hindrance
from .models import Issue, SharedMeasure

ORDER = (F("forecast").asc(nulls_last=True), "procedure__number", "pk")


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One issue (of ``shown``) on the day it is shown.

    ``answer`` is the present answer of the procedure in words (empty: the issue is about none),
    ``settled`` the code of it where it stands in nobody's way any more: then the issue can end.
    ``undo_act`` is the key of the act that solved it, where that can still be taken back.
    """

    issue: Issue
    procedure: Procedure
    forecast: date | None
    waits_on: SharedMeasure | None
    is_late: bool
    answer: str
    settled: str
    may_edit: bool
    undo_act: int | None


@dataclass(frozen=True, slots=True)
class PathStep:
    """What must change, with the open issue about it, if there is one."""

    hindrance: Hindrance
    issue: Issue | None


def shown(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """What a row shows of each issue, with a constant number of queries."""
    return issues.with_forecast().select_related(
        "shared_measure__department", "procedure__department"
    )


def with_acts(issues: QuerySet[Issue], user: User) -> QuerySet[Issue]:
    """Adds ``act``: the act that wrote each issue last, if ``user`` can take it back, or null."""
    entries = Issue.history.model.objects.filter(id=OuterRef("pk")).order_by("-history_id")
    standing = Act.objects.filter(pk=OuterRef("last_act"), undone_at__isnull=True)
    if not rights_of(user).is_office_wide:
        standing = standing.filter(by=user)
    rows = issues.annotate(last_act=Subquery(entries.values("act_id")[:1]))
    return rows.annotate(act=Subquery(standing.values("pk")[:1]))


def issue_rows(issues: Iterable[Issue], *, user: User, on: date) -> list[IssueRow]:
    """The rows for the screen; asks the database nothing more."""
    return [_row(issue, user, on) for issue in issues]


def steps(path: Iterable[Hindrance], issues: Iterable[Issue]) -> list[PathStep]:
    """``path`` with the open ones of ``issues``."""
    by_aspect = {issue.aspect: issue for issue in issues if issue.is_open}
    return [PathStep(hindrance, by_aspect.get(hindrance.code)) for hindrance in path]


def issues_context(procedure: Procedure, path: Iterable[Hindrance], user: User, on: date) -> Any:
    """What the page of ``procedure`` shows of its issues, in one query."""
    issues = list(with_acts(shown(procedure.issues.all()), user).order_by(*ORDER))
    for issue in issues:
        issue.procedure = procedure
    rows = issue_rows(issues, user=user, on=on)
    return {
        "path": steps(path, issues),
        "manager_issue": next((one for one in issues if one.is_open and not one.aspect), None),
        "open_issues": [row for row in rows if row.issue.is_open],
        "closed_issues": [row for row in rows if not row.issue.is_open],
    }


def _row(issue: Issue, user: User, on: date) -> IssueRow:
    procedure, measure = issue.procedure, issue.shared_measure
    answer = Answer(getattr(procedure, issue.aspect)) if issue.aspect else None
    return IssueRow(
        issue=issue,
        procedure=procedure,
        forecast=issue.forecast,
        waits_on=measure if measure and measure.state == SharedMeasure.State.PLANNED else None,
        is_late=issue.is_open and issue.forecast is not None and issue.forecast < on,
        answer=label(answer) if answer else "",
        settled=answer.value if issue.is_open and answer in OUTCOMES else "",
        may_edit=can_edit(user, procedure),
        undo_act=getattr(issue, "act", None) if issue.state == Issue.State.SOLVED else None,
    )
