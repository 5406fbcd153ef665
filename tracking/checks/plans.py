"""The checks of migration plans (オンライン化計画): days, states, services and addresses."""

from datetime import date, datetime, time
from itertools import product

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from procedures.models import FLAG_FIELDS, TeamMembership, User
from procedures.models.organisation import OFFICE_ROLES
from procedures.rules import POLICY_2024, Answer, Aspect, Facts, Service, advise_service
from tracking.models import (
    CHECK_FIELDS,
    OPEN_STATES,
    Consultation,
    Coverage,
    Issue,
    MigrationPlan,
)
from tracking.selections import (
    IS_ONLINE,
    NATIONAL_DUE_UNKNOWN,
    ONLINE,
    PRIORITY,
    TARGET,
    UNFINISHED,
    always,
    condition,
    has,
)
from tracking.workflow import Status

from .check import CURRENT, Check, Place, Severity, years_after

_IN_USE = CURRENT & IS_ONLINE
_NEARLY_THERE = (Status.PREPARING, Status.TESTING, Status.ONLINE)

# Clause 4 itself, asked about every combination of what it looks at.
ADVISED = Case(
    *(
        When(**flags, then=Value(advise_service(Facts(**flags)).service.value))
        for flags in (
            dict(zip(FLAG_FIELDS, values, strict=True))
            for values in product((False, True), repeat=len(FLAG_FIELDS))
        )
    ),
    output_field=CharField(),
)


def _overdue_by_a_year(on: date) -> Q:
    return condition("overdue", on) & Q(plan__target_date__lt=years_after(on, -1))


def _overdue(on: date) -> Q:
    return condition("overdue", on) & Q(plan__target_date__gte=years_after(on, -1))


def _launched(on: date) -> Q:
    return CURRENT & ~IS_ONLINE & Q(plan__launched_on__lte=on)


def _service_ended(on: date) -> Q:
    return CURRENT & Q(plan__service__available_until__lt=on)


def _without_consultation() -> Q:
    """Clause 4, last paragraph: what neither is designated nor was there before needs one."""
    agreed = Consultation.objects.filter(
        procedure=OuterRef("procedure"),
        service=OuterRef("service"),
        state=Consultation.State.AGREED,
    )
    outside = MigrationPlan.objects.filter(~Exists(agreed), service__kind=Service.OTHER.value)
    return _IN_USE & Q(designated_service=False, legacy_service=False) & has(outside)


def _unchanged_for_a_year(on: date) -> Q:
    moment = timezone.make_aware(datetime.combine(years_after(on, -1), time.min))
    return TARGET & Q(plan__changed_at__lt=moment)


def _fee_without_method() -> Q:
    issues = Issue.objects.filter(aspect=Aspect.PAYMENT, state__in=OPEN_STATES)
    return TARGET & Q(payment=Answer.OFFLINE.value, plan_status__in=_NEARLY_THERE) & ~has(issues)


def _assignee_gone() -> Q:
    """Names of people who have an account; whoever never had one may well be in charge."""
    name = Coalesce(NullIf("display_name", Value("")), "username")
    people = User.objects.annotate(shown=name)
    here = Q(department=OuterRef("procedure__department")) | Q(role__in=OFFICE_ROLES)
    still_there = TeamMembership.objects.annotate(
        shown=Coalesce(NullIf("user__display_name", Value("")), "user__username")
    ).filter(here, shown=OuterRef("assignee"), user__is_active=True)
    gone = MigrationPlan.objects.filter(assignee__in=people.values("shown"))
    return UNFINISHED & has(gone.filter(~Exists(still_there)))


CHECKS = (
    Check(
        "overdue_by_a_year",
        Severity.ERROR,
        "目標日を1年より長く過ぎている",
        "目標日から1年が過ぎても、オンライン化済になっていません。計画が実態を表していません。",
        "状況を今の進み具合に合わせ、実現できる目標日に改めてください。",
        Place.PLAN,
        _overdue_by_a_year,
        "目標日 {plan__target_date}、状況「{plan_status}」",
    ),
    Check(
        "behind_national",
        Severity.ERROR,
        "国の期限に間に合わない計画",
        "国の期限があるのに、目標日がそれより遅いか、決まっていません（方針5）。",
        "目標日を国の期限までの日にするか、間に合わない事情を情報政策課に相談してください。",
        Place.PLAN,
        lambda on: condition("behind_national", on),
        "国の期限 {plan__national_due}、目標日 {plan__target_date}",
    ),
    Check(
        "service_ended",
        Severity.ERROR,
        "提供の終わったサービスを使う計画",
        "利用サービスの提供がすでに終わっています。申請の受付が止まっているかもしれません。",
        "今使っているサービスを選び直してください。",
        Place.PLAN,
        _service_ended,
        "{plan__service__name}（{plan__service__available_until}まで）、状況「{plan_status}」",
    ),
    Check(
        "online_without_consultation",
        Severity.ERROR,
        "協議が調っていないサービスで公開している",
        "情報政策課との協議が要るサービス（方針4）でオンライン化済になっていますが、"
        "そのサービスについて調った協議がありません。",
        "情報政策課と協議してください。指定のサービスや方針策定前の専用システムなら、手続のその欄を"
        "改めてください。",
        Place.PLAN,
        always(_without_consultation()),
        "{plan__service__name}、開始日 {plan__launched_on}",
    ),
    Check(
        "overdue",
        Severity.WARNING,
        "目標日を過ぎている（1年以内）",
        "目標日を過ぎても、オンライン化済になっていません。",
        "状況を今の進み具合に合わせるか、目標日を改めてください。",
        Place.PLAN,
        _overdue,
        "目標日 {plan__target_date}、状況「{plan_status}」",
    ),
    Check(
        "launched_not_online",
        Severity.WARNING,
        "開始日を迎えたのにオンライン化済でない",
        "開始日が今日以前ですが、状況がオンライン化済になっていません。率に数えられていません。",
        "始まっていれば状況をオンライン化済にし、まだなら開始日を改めてください。",
        Place.PLAN,
        _launched,
        "開始日 {plan__launched_on}、状況「{plan_status}」",
    ),
    Check(
        "online_with_obstacle",
        Severity.WARNING,
        "オンライン化済なのに支障が残っている",
        "全部がオンライン化済とされていますが、調査の回答には支障が残っています。",
        "支障がなくなっていれば回答を改め、残っていればオンラインの範囲を「一部」にしてください。",
        Place.PLAN,
        # A fee has a check of its own.
        always(
            ONLINE
            & ~Q(plan__coverage=Coverage.PARTLY)
            & ~Q(obstacles__in=("", Aspect.PAYMENT.value))
        ),
        "支障：{obstacles}",
    ),
    Check(
        "fee_without_method",
        Severity.WARNING,
        "手数料をオンラインで納める方法がない",
        "金銭納付がオンライン不可のまま、準備・試行・公開に進んでいます。納め方の課題もありません。",
        "手続のページで金銭納付の課題を登録するか、納められるようになっていれば回答を改めてください。",
        Place.ISSUES,
        always(_fee_without_method()),
        "金銭納付「必要（オンライン不可）」、状況「{plan_status}」",
    ),
    Check(
        "online_without_url",
        Severity.WARNING,
        "オンライン化済なのにURLがない",
        "申請ページのURLが登録されていません。市民への案内や公表の表に載せられません。",
        "計画に申請ページのURLを入力してください。",
        Place.PLAN,
        always(_IN_USE & Q(plan__url="")),
        "{plan__service__name}、開始日 {plan__launched_on}",
    ),
    Check(
        "url_not_secure",
        Severity.WARNING,
        "URLがhttpsで始まらない",
        "申請ページのURLが、暗号化された通信（https）になっていません。",
        "https://で始まるURLに改めてください。",
        Place.PLAN,
        always(CURRENT & Q(plan__url__gt="") & ~Q(plan__url__istartswith="https://")),
        "{plan__url}",
    ),
    Check(
        "service_against_policy",
        Severity.WARNING,
        "方針4と違うサービスを使う理由がない",
        "方針4で使うことになるサービスと種別が違いますが、その理由が計画に書かれていません。",
        "違うサービスを使う理由を入力するか、サービスを選び直すか、手続の特徴を改めてください。",
        Place.PLAN,
        always(
            CURRENT
            & Q(plan__service__isnull=False, plan__service_reason="")
            & ~Q(plan__service__kind=ADVISED)
        ),
        "計画は{plan__service__kind}（{plan__service__name}）、方針4では{advised}",
        lambda on: {"advised": ADVISED},
    ),
    Check(
        "priority_without_date",
        Severity.WARNING,
        "優先なのに目標日がない",
        "優先の手続（方針3(1)）ですが、いつオンライン化するかが決まっていません。",
        "目標日を入力してください。",
        Place.PLAN,
        # With a national due date it is behind that already.
        always(UNFINISHED & PRIORITY & NATIONAL_DUE_UNKNOWN & Q(plan__target_date__isnull=True)),
        "状況「{plan_status}」、目標日は未定",
    ),
    Check(
        "assignee_gone",
        Severity.WARNING,
        "担当者がチームにいない",
        "担当者が、その部局室のDX推進チームから外れているか、利用を停止しています。",
        "新しい担当者を入力するか、引継書から担当を引き継いでください。",
        Place.PLAN,
        always(_assignee_gone()),
        "担当者 {plan__assignee}",
    ),
    Check(
        "on_hold_for_a_year",
        Severity.HINT,
        "保留のまま1年より長く変わらない",
        "保留にした計画が、1年より長く見直されていません。",
        "保留の理由が今も当てはまるか確かめ、計画を改めてください。",
        Place.PLAN,
        lambda on: _unchanged_for_a_year(on) & Q(plan_status=Status.ON_HOLD.value),
        "保留の理由：{plan__hold_reason}",
    ),
    Check(
        "checklist_left_open",
        Severity.HINT,
        "公開前の確認をしないままオンライン化済",
        "方針の後に公開したのに、表記・記載項目・入力の補助の確認（方針2）を省いたままです。",
        "利用者の目で申請ページを確かめ、済んだ項目に印を付けてください。",
        Place.PLAN,
        # What was there before the policy was checked by nobody, and needs not be.
        always(
            _IN_USE
            & Q(plan__launched_on__gte=POLICY_2024.effective_from)
            & ~Q(**{f"plan__{name}": True for name in CHECK_FIELDS})
        ),
        "開始日 {plan__launched_on}、確認しない理由：{plan__checklist_exception}",
    ),
)
