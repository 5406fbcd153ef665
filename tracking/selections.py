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
    FilteredRelation,
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
from procedures.models import ASPECT_FIELDS, Exemption, Procedure, Scope, YearlyVolume
from procedures.rules import Answer, Category, Clause, ExemptionGround
from procedures.rules.classification import EXEMPTION_CLAUSES
from procedures.rules.wording import EXEMPTION_LABELS

from .models import FORECAST, OPEN_STATES, Comment, Consultation, Coverage, Issue
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


def to_count(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """As ``with_progress``, for counting: ``annual_volume`` is looked up once a row."""
    newest = YearlyVolume.objects.filter(procedure=OuterRef("pk"), total__isnull=False)
    year = Subquery(newest.order_by("-fiscal_year").values("fiscal_year")[:1])
    return with_progress(
        procedures.annotate(
            newest=FilteredRelation("volumes", condition=Q(volumes__fiscal_year=year))
        )
    ).annotate(annual_volume=F("newest__total"))


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
EXEMPT = IN_FORCE & IN_SCOPE & Q(category=Category.EXEMPT.value)
ONLINE = TARGET & Q(plan_status=Status.ONLINE.value)
UNFINISHED = TARGET & ~Q(plan_status=Status.ONLINE.value)
IS_ONLINE = Q(plan_status=Status.ONLINE.value)
PRIORITY = Q(category=Category.PRIORITY.value)
ON_NATIONAL_LIST = Q(grounds__contains=Clause.NATIONAL_LIST.value)
# An obstacle keeps the category where it is, whatever the open answers will be.
DECIDING = TARGET & ~PRIORITY & ~Q(unanswered="") & Q(obstacles="")
HINDERED = UNFINISHED & ~Q(obstacles="")
VOLUME_KNOWN = Q(annual_volume__isnull=False)
NATIONAL_DUE_KNOWN = Q(plan__national_due__isnull=False)
NATIONAL_DUE_UNKNOWN = Q(plan__national_due__isnull=True)


def always(condition: Q) -> Callable[[date], Q]:
    """A condition that is the same on every day."""
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


def _answered(*answers: Answer) -> Q:
    """All seven aspects have one of ``answers``."""
    given = [answer.value for answer in answers]
    return Q(**{f"{field}__in": given for field in ASPECT_FIELDS})


def _to_confirm(on: date) -> Q:
    """Neither changed nor confirmed for more than ``CONFIRM_DAYS`` whole days."""
    limit = _days_before(on, settings.CONFIRM_DAYS)
    unconfirmed = Q(confirmed_at__isnull=True) | Q(confirmed_at__lt=limit)
    return TARGET & Q(last_change__lt=limit) & unconfirmed


def _days_before(on: date, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min)) - timedelta(days=days)


def waiting_for(addressee: Comment.Addressee) -> Q:
    """Procedures on which somebody of ``addressee`` has been asked and nobody has said 済."""
    return has(Comment.objects.filter(addressee=addressee, done_at__isnull=True))


def issues_due_by(day: date) -> Q:
    """The issues still open whose forecast (見込み) is ``day`` or earlier."""
    return Q(state__in=OPEN_STATES) & Q(LessThanOrEqual(FORECAST, day))


def _issue_due(on: date) -> Q:
    day = on + timedelta(days=settings.ISSUE_NOTICE_DAYS)
    return IN_FORCE & has(Issue.objects.filter(issues_due_by(day)))


def _review_due(on: date) -> Q:
    """Confirmed, and to be looked at again: its day has come, or its provision has ended."""
    due = Q(exemption__review_on__lte=on) | Q(exemption__provision__valid_to__lt=on)
    return IN_FORCE & Q(exemption__state=Exemption.State.CONFIRMED) & due


def has(rows: QuerySet) -> Q:
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
    return has(YearlyVolume.objects.filter(usage_volumes(on)))


# What rates are taken over; the first is the policy's own, the others are common elsewhere.
BASES: dict[str, Selection] = {
    "target": Selection("対象手続", always(TARGET)),
    "in_scope": Selection("適用除外を含む手続", always(IN_FORCE & IN_SCOPE)),
    "in_force": Selection("現行の全手続", always(IN_FORCE)),
    "priority": Selection("優先", always(TARGET & PRIORITY)),
    "national": Selection("国の優先手続", always(TARGET & ON_NATIONAL_LIST)),
}


OTHER_BASES = tuple(base for base in BASES if base != "target")
EXEMPT_GROUNDS = tuple(EXEMPTION_CLAUSES)
"""The grounds on which an exemption can hold."""


def exempt_on(ground: ExemptionGround) -> str:
    """The name of the set of what is exempt on ``ground``."""
    return f"exempt_{ground.value}"


def _exempt_on(ground: ExemptionGround) -> dict[str, Selection]:
    """What is exempt on ``ground``, and what of it is online nevertheless (clause 6: may)."""
    label = f"適用除外（{EXEMPTION_LABELS[ground]}）"
    rows = EXEMPT & Q(grounds__contains=EXEMPTION_CLAUSES[ground].value)
    return {
        exempt_on(ground): Selection(label, always(rows)),
        f"{exempt_on(ground)}_online": Selection(
            f"{label}でオンライン化済", always(rows & IS_ONLINE)
        ),
    }


def over(base: str, key: str) -> str:
    """The name of the set ``key`` of rates over ``base``: those over the target have plain ones."""
    return key if base == "target" else f"{base}_{key}"


def _over(base: str) -> dict[str, Selection]:
    """The sets of which rates over ``base`` are made."""
    label, rows = BASES[base].label, BASES[base].condition
    return {
        base: BASES[base],
        f"{base}_online": Selection(
            f"{label}のうちオンライン化済", lambda on: rows(on) & IS_ONLINE
        ),
        f"{base}_volume_known": Selection(
            f"{label}のうち年間件数あり", lambda on: rows(on) & VOLUME_KNOWN
        ),
        f"{base}_volume_known_online": Selection(
            f"{label}のうち年間件数ありでオンライン化済",
            lambda on: rows(on) & VOLUME_KNOWN & IS_ONLINE,
        ),
        f"{base}_volume_unknown": Selection(
            f"{label}のうち年間件数が不明", lambda on: rows(on) & ~VOLUME_KNOWN
        ),
    }


SELECTIONS: dict[str, Selection] = (
    {
        "all": Selection("台帳の全手続", always(Q())),
        "target": BASES["target"],
        "abolished": Selection("廃止", always(~IN_FORCE)),
        "outside": Selection("対象外", always(IN_FORCE & ~IN_SCOPE)),
        "exempt": Selection("適用除外", always(EXEMPT)),
        "online": Selection("オンライン化済", always(ONLINE)),
        "unfinished": Selection("オンライン化済でない", always(UNFINISHED)),
        "priority": BASES["priority"],
        "priority_unfinished": Selection(
            "優先のうちオンライン化済でない", always(UNFINISHED & PRIORITY)
        ),
        "priority_overdue": Selection("優先のうち期限超過", lambda on: PRIORITY & _overdue(on)),
        "pending": Selection("検討", always(TARGET & Q(category=Category.PENDING.value))),
        "overdue": Selection("期限超過", _overdue),
        "no_target_date": Selection(
            "目標日が未定", always(UNFINISHED & Q(plan__target_date__isnull=True))
        ),
        "behind_national": Selection("国の期限より遅い計画", _behind_national),
        "national_due": Selection("国の期限あり", always(UNFINISHED & NATIONAL_DUE_KNOWN)),
        "no_national_due": Selection("国の期限なし", always(UNFINISHED & NATIONAL_DUE_UNKNOWN)),
        "stale": Selection("更新停滞", _stale),
        "to_confirm": Selection("確認の時期", _to_confirm),
        "fresh": Selection("最近確認済", lambda on: TARGET & ~_to_confirm(on)),
        "asked": Selection(
            "情報政策課からの依頼・差戻し", always(waiting_for(Comment.Addressee.TEAM))
        ),
        "asking": Selection("情報政策課への相談", always(waiting_for(Comment.Addressee.DIVISION))),
        "issue_due": Selection("課題の期限", _issue_due),
        "deciding": Selection(
            "回答で区分が決まる",
            always(DECIDING),
        ),
        "decided": Selection("区分が確定", always(TARGET & ~DECIDING)),
        "end_to_end": Selection(
            "来庁不要でオンライン化済",
            always(
                ONLINE
                & ~Q(plan__coverage=Coverage.PARTLY)
                & _answered(Answer.ONLINE, Answer.NOT_NEEDED)
            ),
        ),
        "free": Selection(
            "支障がなくオンライン化済でない", always(UNFINISHED & Q(obstacles="", unanswered=""))
        ),
        "hindered": Selection("支障がありオンライン化済でない", always(HINDERED)),
        "hindered_surveyed": Selection(
            "支障があり調査済で未オンライン", always(HINDERED & Q(unanswered=""))
        ),
        "unsurveyed": Selection(
            "支障が未調査で未オンライン",
            always(UNFINISHED & Q(obstacles="") & ~Q(unanswered="")),
        ),
        "incomplete": Selection("未調査の項目あり", always(TARGET & ~Q(unanswered=""))),
        "volume_known": Selection("年間件数あり", always(TARGET & VOLUME_KNOWN)),
        "volume_unknown": Selection("年間件数が不明", always(TARGET & ~VOLUME_KNOWN)),
        "volume_known_online": Selection(
            "年間件数ありでオンライン化済", always(ONLINE & VOLUME_KNOWN)
        ),
        "usage_known": Selection(
            "オンライン化済で前年度の利用率が分かる", lambda on: ONLINE & _usage_known(on)
        ),
        "usage_unknown": Selection(
            "オンライン化済で前年度の件数が不明", lambda on: ONLINE & ~_usage_known(on)
        ),
        "unassigned": Selection("所管未定", always(Q(department__isnull=True))),
        "exemption_proposed": Selection(
            "適用除外の確認待ち", always(Q(exemption__state=Exemption.State.PROPOSED))
        ),
        "exemption_returned": Selection(
            "適用除外の質問に回答待ち", always(Q(exemption__state=Exemption.State.RETURNED))
        ),
        "exemption_review_due": Selection("適用除外の見直し時期", _review_due),
        "exempt_online": Selection("適用除外でオンライン化済", always(EXEMPT & IS_ONLINE)),
        "consulting": Selection(
            "協議の結論待ち", always(has(Consultation.objects.filter(state__in=Consultation.OPEN)))
        ),
        "not_national": Selection("国の優先手続でない", always(TARGET & ~ON_NATIONAL_LIST)),
        "warned": Selection("注意あり", always(IN_FORCE & ~Q(warnings=""))),
    }
    | {
        f"status_{status}": Selection(
            f"状況が{STATUS_LABELS[status]}", always(TARGET & Q(plan_status=status.value))
        )
        for status in Status
    }
    | {key: found for ground in EXEMPT_GROUNDS for key, found in _exempt_on(ground).items()}
    | {key: found for base in OTHER_BASES for key, found in _over(base).items()}
)

CONCERNS = ("overdue", "behind_national", "stale")

ADVISED: dict[Clause, Q] = {
    Clause.SERVICE_DESIGNATED: Q(designated_service=True),
    Clause.SERVICE_LEGACY: Q(designated_service=False, legacy_service=True),
    Clause.SERVICE_FACILITY: Q(
        designated_service=False, legacy_service=False, facility_booking=True
    ),
    Clause.SERVICE_MYNAPORTAL: Q(
        designated_service=False, legacy_service=False, facility_booking=False, core_system=True
    ),
    Clause.SERVICE_GENERAL: Q(
        designated_service=False, legacy_service=False, facility_booking=False, core_system=False
    ),
}
"""Whose service each part of clause 4 gives, as ``rules.advise_service`` says it of one."""


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
