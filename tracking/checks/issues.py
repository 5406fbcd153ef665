"""The checks of issues (課題), against the answers, the plan and the shared measures."""

from datetime import date, timedelta

from django.db.models import F, OuterRef, Q, QuerySet

from procedures.models import ASPECT_FIELDS
from procedures.rules import Answer
from tracking.models import OPEN_STATES, Issue, SharedMeasure
from tracking.selections import IN_FORCE, UNFINISHED, always, has, issues_due_by

from .check import Check, Place, Severity, first_of, number_of

_SOLVED = (Answer.ONLINE.value, Answer.NOT_NEEDED.value)
_ENDED = (SharedMeasure.State.DONE, SharedMeasure.State.DROPPED)


def _overdue(on: date) -> QuerySet[Issue]:
    """The forecast itself is still in time."""
    return Issue.objects.filter(issues_due_by(on - timedelta(days=1)))


def _settled() -> QuerySet[Issue]:
    """About an aspect that is in nobody's way any more."""
    answered = Q()
    for aspect in ASPECT_FIELDS:
        answered |= Q(**{"aspect": aspect, f"procedure__{aspect}__in": _SOLVED})
    return Issue.objects.open().filter(answered)


def _waiting_for_nothing() -> QuerySet[Issue]:
    return Issue.objects.open().filter(shared_measure__state__in=_ENDED)


def _after_target() -> QuerySet[Issue]:
    issues = Issue.objects.open().with_forecast()
    return issues.filter(forecast__gt=F("procedure__plan__target_date"))


def _of_each(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """``issues`` of one procedure, those that end first first."""
    mine = issues.with_forecast().filter(procedure=OuterRef("pk"))
    return mine.order_by(F("forecast").asc(nulls_last=True), "pk")


CHECKS = (
    Check(
        "issue_overdue",
        Severity.WARNING,
        "課題の見込みが過ぎている",
        "課題の期限か、待っている共通の対応策の利用開始の予定日を過ぎています。",
        "課題の進み具合を確かめ、解決にするか期限を改めてください。",
        Place.ISSUES,
        lambda on: IN_FORCE & has(_overdue(on)),
        "{found_count}件、早いものは{found_day}",
        lambda on: {
            "found_count": number_of(_of_each(_overdue(on)), "procedure"),
            "found_day": first_of(_of_each(_overdue(on)), "forecast"),
        },
    ),
    Check(
        "issue_settled",
        Severity.WARNING,
        "支障がなくなったのに課題が終わっていない",
        "調査の回答では支障がなくなっていますが、その課題が終わっていません。",
        "課題を解決にするか、支障が残っていれば回答を改めてください。",
        Place.ISSUES,
        always(has(_settled())),
        "{found_count}件、「{found_aspect}」の課題",
        lambda on: {
            "found_count": number_of(_of_each(_settled()), "procedure"),
            "found_aspect": first_of(_of_each(_settled()), "aspect"),
        },
    ),
    Check(
        "issue_waits_for_nothing",
        Severity.WARNING,
        "終わった共通の対応策を待つ課題",
        "待っている共通の対応策が導入済か取りやめになりましたが、課題が終わっていません。",
        "使えるようになっていれば課題を解決にし、取りやめならほかの対応策を選んでください。",
        Place.ISSUES,
        always(has(_waiting_for_nothing())),
        "{found_count}件、「{found_measure}」を待つ課題",
        lambda on: {
            "found_count": number_of(_of_each(_waiting_for_nothing()), "procedure"),
            "found_measure": first_of(_of_each(_waiting_for_nothing()), "shared_measure__name"),
        },
    ),
    Check(
        "target_before_issue",
        Severity.WARNING,
        "目標日より後に終わる課題がある",
        "課題の見込みが目標日より後のため、このままでは目標日に間に合いません。",
        "課題を早めるか、目標日を改めてください。",
        Place.PLAN,
        always(UNFINISHED & has(_after_target())),
        "目標日 {plan__target_date}、課題の見込み {found_day}",
        lambda on: {"found_day": first_of(_of_each(_after_target()).reverse(), "forecast")},
    ),
    Check(
        "abolished_with_issues",
        Severity.WARNING,
        "廃止された手続に課題が残っている",
        "手続は廃止されましたが、課題が終わっていません。",
        "課題を取りやめにするか、廃止が間違いであれば廃止日を空欄にしてください。",
        Place.ISSUES,
        lambda on: Q(abolished_on__lte=on) & has(Issue.objects.filter(state__in=OPEN_STATES)),
        "廃止日 {abolished_on}、課題{found_count}件",
        lambda on: {
            "found_count": number_of(
                _of_each(Issue.objects.filter(state__in=OPEN_STATES)), "procedure"
            )
        },
    ),
)
