"""The checks of yearly volumes (年間件数); slips of the pen are those of ``plausibility``."""

from collections.abc import Callable, Mapping
from datetime import date

from django.db.models import F, FloatField, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual

from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import Certainty, YearlyVolume
from procedures.plausibility import FACTOR, MANY, SHARE_FALL
from tracking.selections import IS_ONLINE, always, condition, has
from tracking.workflow import Status

from .check import CURRENT, Check, Place, Severity, first_of

_BEFORE_AND_NOW = "{judged__fiscal_year}は{judged__total}件、前年度は{year_before__total}件"


def _number(path: str) -> Cast:
    # As whole numbers, the product of two can be more than a database holds.
    return Cast(path, FloatField())


def _is_multiple(larger: str, smaller: str) -> Q:
    many = Q(**{f"{larger}__total__gte": MANY})
    return (
        CURRENT
        & many
        & Q(GreaterThanOrEqual(_number(f"{larger}__total"), FACTOR * _number(f"{smaller}__total")))
    )


def _same_total() -> Q:
    same = Q(year_before__total=F("judged__total"), two_before__total=F("judged__total"))
    return CURRENT & Q(judged__total__gt=0) & same


def _share_fell() -> Q:
    now, before = _number("judged__total"), _number("year_before__total")
    # Both shares times both totals, so that nothing is divided.
    fall = _number("year_before__online") * now - _number("judged__online") * before
    return (
        CURRENT
        & Q(judged__total__gt=0, year_before__total__gt=0)
        & (Q(judged__total__gte=MANY) | Q(year_before__total__gte=MANY))
        & Q(GreaterThanOrEqual(fall * SHARE_FALL.denominator, now * before * SHARE_FALL.numerator))
    )


def _online_alone(on: date) -> QuerySet[YearlyVolume]:
    years = YearlyVolume.objects.filter(fiscal_year__lt=fiscal_year(on))
    return years.filter(online__gt=0, total__isnull=True)


def _of_unfinished_years(on: date) -> QuerySet[YearlyVolume]:
    """An estimate of such a year is none the worse for it."""
    years = YearlyVolume.objects.filter(fiscal_year__gte=fiscal_year(on))
    return years.filter(total__isnull=False, certainty=Certainty.ACTUAL)


def _found(
    volumes: Callable[[date], QuerySet[YearlyVolume]], name: str
) -> Callable[[date], Mapping[str, Combinable]]:
    """The year and the number ``name`` of the newest of ``volumes``."""

    def found(on: date) -> Mapping[str, Combinable]:
        mine = volumes(on).filter(procedure=OuterRef("pk")).order_by("-fiscal_year")
        return {"found_year": first_of(mine, "fiscal_year"), "found_number": first_of(mine, name)}

    return found


def _online_for_a_year(on: date) -> Q:
    """Since the last complete fiscal year began, or for longer."""
    first_day = date(last_complete_fiscal_year(on), 4, 1)
    return CURRENT & IS_ONLINE & Q(plan__launched_on__lte=first_day)


def _no_online_applications(on: date) -> Q:
    year = Q(judged__fiscal_year=last_complete_fiscal_year(on))
    return _online_for_a_year(on) & year & Q(judged__total__gte=MANY, judged__online=0)


CHECKS = (
    Check(
        "online_volume_not_online",
        Severity.WARNING,
        "オンライン件数があるのにオンライン化済でない",
        "オンラインで受け付けた件数がありますが、状況がオンライン化済でも試行中でもありません。",
        "受け付けていれば状況をオンライン化済にし、いなければオンライン件数を直してください。",
        Place.PLAN,
        always(
            CURRENT & Q(judged__online__gt=0) & ~Q(plan_status__in=(Status.ONLINE, Status.TESTING))
        ),
        "{judged__fiscal_year}は{judged__total}件のうちオンライン{judged__online}件、"
        "状況「{plan_status}」",
    ),
    Check(
        "tenfold",
        Severity.WARNING,
        "件数が前年度の10倍以上",
        "年間件数が前年度の10倍以上になりました。桁の間違いかもしれません。",
        "元の資料で桁を確かめ、間違っていれば件数を直してください。",
        Place.VOLUMES,
        always(_is_multiple("judged", "year_before")),
        _BEFORE_AND_NOW,
    ),
    Check(
        "tenth",
        Severity.WARNING,
        "件数が前年度の10分の1以下",
        "年間件数が前年度の10分の1以下になりました。桁の間違いかもしれません。",
        "元の資料で桁を確かめ、間違っていれば件数を直してください。",
        Place.VOLUMES,
        always(_is_multiple("year_before", "judged")),
        _BEFORE_AND_NOW,
    ),
    Check(
        "total_unknown",
        Severity.WARNING,
        "オンライン件数があるのに年間件数が不明",
        "オンライン件数だけが分かっているため、利用率に数えられません。",
        "その年度の年間件数を入力してください。",
        Place.VOLUMES,
        lambda on: CURRENT & has(_online_alone(on)),
        "{found_year}はオンライン{found_number}件、年間件数は不明",
        _found(_online_alone, "online"),
    ),
    Check(
        "unfinished_year",
        Severity.WARNING,
        "終わっていない年度の実績がある",
        "まだ終わっていない年度の件数が、実績として登録されています。途中の件数かもしれません。",
        "年度を直すか、見込みであれば確度を「概数」にしてください。",
        Place.VOLUMES,
        lambda on: CURRENT & has(_of_unfinished_years(on)),
        "{found_year}に{found_number}件",
        _found(_of_unfinished_years, "total"),
    ),
    Check(
        "more_than_the_country",
        Severity.WARNING,
        "件数が全国の総件数より多い",
        "市の年間件数が、国の調査の全国の総件数を上回っています。",
        "件数の桁と、国の手続IDが合っているかを確かめてください。",
        Place.VOLUMES,
        always(CURRENT & Q(judged__total__gt=F("national_total_volume"))),
        "{judged__fiscal_year}は{judged__total}件、全国で{national_total_volume}件",
    ),
    Check(
        "same_total",
        Severity.HINT,
        "件数が3年続けて同じ",
        "年間件数が3年続けて同じです。前の年度の件数を写しただけかもしれません。",
        "元の資料で件数を確かめ、違っていれば直してください。",
        Place.VOLUMES,
        always(_same_total()),
        "{judged__fiscal_year}まで3年続けて{judged__total}件",
    ),
    Check(
        "share_fell",
        Severity.HINT,
        "オンラインの割合が大きく下がった",
        "オンライン件数の割合が、前年度より30ポイント以上下がりました。",
        "オンライン件数を確かめ、正しければ使われなくなった理由を調べてください。",
        Place.VOLUMES,
        always(_share_fell()),
        "{judged__fiscal_year}は{judged__total}件のうちオンライン{judged__online}件、"
        "前年度は{year_before__total}件のうち{year_before__online}件",
    ),
    Check(
        "online_volume_unknown",
        Severity.HINT,
        "オンライン化から1年たつのに利用の件数が不明",
        "前年度の年間件数かオンライン件数が分からないため、利用率に数えられません。",
        "前年度の年間件数とオンライン件数を入力してください。",
        Place.VOLUMES,
        lambda on: _online_for_a_year(on) & condition("usage_unknown", on),
        "開始日 {plan__launched_on}",
    ),
    Check(
        "nobody_applies_online",
        Severity.HINT,
        "オンラインの申請が1件もない",
        "1年を通じてオンラインで受け付けていますが、オンラインの申請が1件もありません。",
        "申請ページが動くか確かめ、窓口やホームページで案内してください。",
        Place.VOLUMES,
        _no_online_applications,
        "{judged__fiscal_year}は{judged__total}件のうちオンライン0件",
    ),
)
