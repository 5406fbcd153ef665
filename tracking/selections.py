"""The named sets of procedures that figures count and lists show: one definition for both.

A figure's link names the set it counts (``?set=overdue``), so a number on a screen and the rows
behind it cannot differ. Terms: domain.md "Figures".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import Exemption, Procedure, Scope, YearlyVolume
from procedures.rules import Category

from .models import FORECAST, OPEN_STATES, Comment, Issue
from .workflow import STATUS_LABELS, Status


def with_progress(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """Adds ``plan_status`` (未着手 without a plan), ``last_change`` and ``annual_volume``.

    ``annual_volume`` is the newest known yearly volume, null where none is known.
    """
    return procedures.annotate(
        plan_status=Coalesce(F("plan__status"), Value(Status.NOT_STARTED.value)),
        last_change=Greatest(F("changed_at"), Coalesce(F("plan__changed_at"), F("changed_at"))),
        annual_volume=newest_volume("pk"),
    )


def newest_volume(procedure: str, subquery: type[Subquery] = Subquery) -> Subquery:
    """The newest known yearly volume of what ``procedure`` leads to; null where none is known."""
    known = YearlyVolume.objects.filter(procedure=OuterRef(procedure), total__isnull=False)
    return subquery(known.order_by("-fiscal_year").values("total")[:1])


def behind_forecast(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """Those whose target date lies before their ``forecast``, over ``with_progress``.

    The forecast of a procedure is the latest of its open issues.
    """
    issues = Issue.objects.open().with_forecast().filter(procedure=OuterRef("pk"))
    latest = issues.filter(forecast__isnull=False).order_by("-forecast").values("forecast")[:1]
    rows = with_progress(procedures).annotate(forecast=Subquery(latest))
    return rows.filter(UNFINISHED, plan__target_date__lt=F("forecast"))


@dataclass(frozen=True, slots=True)
class Selection:
    """One named set; ``condition`` gives its rows on a day, over ``with_progress``."""

    label: str
    condition: Callable[[date], Q]


IN_FORCE = Q(abolished_on__isnull=True)
IN_SCOPE = ~Q(scope=Scope.OUTSIDE)
# Clause 2 puts every procedure in scope in principle: one not yet looked at counts.
TARGET = IN_FORCE & IN_SCOPE & ~Q(category=Category.EXEMPT.value)
ONLINE = TARGET & Q(plan_status=Status.ONLINE.value)
UNFINISHED = TARGET & ~Q(plan_status=Status.ONLINE.value)
PRIORITY = Q(category=Category.PRIORITY.value)
VOLUME_KNOWN = Q(annual_volume__isnull=False)
NATIONAL_DUE_KNOWN = Q(plan__national_due__isnull=False)
NATIONAL_DUE_UNKNOWN = Q(plan__national_due__isnull=True)


def _always(condition: Q) -> Callable[[date], Q]:
    return lambda on: condition


def _overdue(on: date) -> Q:
    """The target date itself is still in time."""
    return UNFINISHED & Q(plan__target_date__lt=on)


def _behind_national(on: date) -> Q:
    """Clause 5; what is online already is behind nothing."""
    late = Q(plan__target_date__isnull=True) | Q(plan__target_date__gt=F("plan__national_due"))
    return UNFINISHED & NATIONAL_DUE_KNOWN & late


def _stale(on: date) -> Q:
    """The last change lies more than ``STALE_DAYS`` days back: so many whole days without one."""
    return UNFINISHED & Q(last_change__lt=_days_before(on, settings.STALE_DAYS))


def _to_confirm(on: date) -> Q:
    """Neither changed nor confirmed for more than ``CONFIRM_DAYS`` whole days."""
    limit = _days_before(on, settings.CONFIRM_DAYS)
    unconfirmed = Q(confirmed_at__isnull=True) | Q(confirmed_at__lt=limit)
    return TARGET & Q(last_change__lt=limit) & unconfirmed


def _days_before(on: date, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min)) - timedelta(days=days)


def waiting_for(addressee: Comment.Addressee) -> Q:
    """Procedures on which somebody of ``addressee`` has been asked and nobody has said 済."""
    return _has(Comment.objects.filter(addressee=addressee, done_at__isnull=True))


def issues_due_by(day: date) -> Q:
    """The issues still open whose forecast (見込み) is ``day`` or earlier."""
    return Q(state__in=OPEN_STATES) & Q(LessThanOrEqual(FORECAST, day))


def _issue_due(on: date) -> Q:
    day = on + timedelta(days=settings.ISSUE_NOTICE_DAYS)
    return IN_FORCE & _has(Issue.objects.filter(issues_due_by(day)))


def _has(rows: QuerySet) -> Q:
    """Procedures to which one of ``rows`` belongs."""
    # Not Exists: with OuterRef it cannot be counted beside a set that looks at annual_volume.
    return Q(pk__in=rows.order_by().values("procedure"))


def usage_volumes(on: date, path: str = "") -> Q:
    """The volumes that オンライン利用率 counts: both known, in the last complete fiscal year.

    ``path`` leads to the volumes from the rows that are filtered, as "volumes__".
    """
    return Q(
        **{
            f"{path}fiscal_year": last_complete_fiscal_year(on),
            f"{path}total__isnull": False,
            f"{path}online__isnull": False,
        }
    )


def _usage_known(on: date) -> Q:
    return _has(YearlyVolume.objects.filter(usage_volumes(on)))


SELECTIONS: dict[str, Selection] = {
    "all": Selection("台帳の全手続", _always(Q())),
    "target": Selection("対象手続", _always(TARGET)),
    "abolished": Selection("廃止", _always(~IN_FORCE)),
    "outside": Selection("対象外", _always(IN_FORCE & ~IN_SCOPE)),
    "exempt": Selection(
        "適用除外", _always(IN_FORCE & IN_SCOPE & Q(category=Category.EXEMPT.value))
    ),
    "online": Selection("オンライン化済", _always(ONLINE)),
    "unfinished": Selection("オンライン化済でない", _always(UNFINISHED)),
    "priority": Selection("優先", _always(TARGET & PRIORITY)),
    "priority_online": Selection("優先のうちオンライン化済", _always(ONLINE & PRIORITY)),
    "pending": Selection("検討", _always(TARGET & Q(category=Category.PENDING.value))),
    "overdue": Selection("期限超過", _overdue),
    "no_target_date": Selection(
        "目標日が未定", _always(UNFINISHED & Q(plan__target_date__isnull=True))
    ),
    "behind_national": Selection("国の期限より遅い計画", _behind_national),
    "national_due": Selection("国の期限あり", _always(UNFINISHED & NATIONAL_DUE_KNOWN)),
    "no_national_due": Selection("国の期限なし", _always(UNFINISHED & NATIONAL_DUE_UNKNOWN)),
    "stale": Selection("更新停滞", _stale),
    "to_confirm": Selection("確認の時期", _to_confirm),
    "asked": Selection(
        "情報政策課からの依頼・差戻し", _always(waiting_for(Comment.Addressee.TEAM))
    ),
    "asking": Selection("情報政策課への相談", _always(waiting_for(Comment.Addressee.DIVISION))),
    "issue_due": Selection("課題の期限", _issue_due),
    "deciding": Selection(
        "回答で区分が決まる",
        # An obstacle keeps the category where it is, whatever the open answers will be.
        _always(TARGET & ~PRIORITY & ~Q(unanswered="") & Q(obstacles="")),
    ),
    "incomplete": Selection("未調査の項目あり", _always(TARGET & ~Q(unanswered=""))),
    "volume_known": Selection("年間件数あり", _always(TARGET & VOLUME_KNOWN)),
    "volume_unknown": Selection("年間件数が不明", _always(TARGET & ~VOLUME_KNOWN)),
    "volume_known_online": Selection(
        "年間件数ありでオンライン化済", _always(ONLINE & VOLUME_KNOWN)
    ),
    "usage_known": Selection(
        "オンライン化済で前年度の利用率が分かる", lambda on: ONLINE & _usage_known(on)
    ),
    "usage_unknown": Selection(
        "オンライン化済で前年度の件数が不明", lambda on: ONLINE & ~_usage_known(on)
    ),
    "unassigned": Selection("所管未定", _always(Q(department__isnull=True))),
    "exemption_proposed": Selection(
        "適用除外の確認待ち", _always(Q(exemption__state=Exemption.State.PROPOSED))
    ),
    "warned": Selection("注意あり", _always(IN_FORCE & ~Q(warnings=""))),
} | {
    f"status_{status}": Selection(
        f"状況が{STATUS_LABELS[status]}", _always(TARGET & Q(plan_status=status.value))
    )
    for status in Status
}


CONCERNS = ("overdue", "behind_national", "stale")


def condition(key: str, on: date) -> Q:
    """The rows of the set ``key`` on the day ``on``. Raises ``KeyError`` for an unknown one."""
    return SELECTIONS[key].condition(on)


def with_concerns(
    procedures: QuerySet[Procedure],
    on: date,
    keys: Iterable[str] = CONCERNS,
    case: type[Case] = Case,
) -> QuerySet[Procedure]:
    """Adds ``is_overdue`` etc. to ``with_progress`` rows: whether each is in the sets ``keys``."""
    return procedures.annotate(
        **{
            f"is_{key}": case(
                When(condition(key, on), then=True), default=False, output_field=BooleanField()
            )
            for key in keys
        }
    )


def thresholds() -> tuple[int, ...]:
    """The settings that the conditions look at; one that changes makes them other conditions."""
    return settings.STALE_DAYS, settings.CONFIRM_DAYS, settings.ISSUE_NOTICE_DAYS
