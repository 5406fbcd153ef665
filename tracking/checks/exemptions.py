"""The checks of exemptions (適用除外, clause 6)."""

from django.db.models import Q

from procedures.models import Exemption, LegalBasis
from procedures.rules import BasisLevel, Category, Warning
from tracking.models import OPEN_STATES, Issue
from tracking.selections import IS_ONLINE, always, condition, has

from .check import CURRENT, Check, Place, Severity

_CLAIMED = (Exemption.State.PROPOSED, Exemption.State.CONFIRMED)


def _basis_unknown() -> Q:
    known = LegalBasis.objects.exclude(level=BasisLevel.UNKNOWN.value)
    return CURRENT & Q(exemption__state__in=_CLAIMED) & ~has(known)


def _exempt_and_planned() -> Q:
    planned = Q(plan__target_date__isnull=False) | has(Issue.objects.filter(state__in=OPEN_STATES))
    return CURRENT & Q(category=Category.EXEMPT.value) & ~IS_ONLINE & planned


CHECKS = (
    Check(
        "exemption_mismatch",
        Severity.ERROR,
        "適用除外の根拠が根拠法令と合わない",
        "確認済の適用除外の根拠が、手続の根拠区分に使えないものです（方針6）。除外になりません。",
        "根拠法令の区分を直すか、情報政策課が適用除外を取り下げてください。",
        Place.EXEMPTION,
        always(CURRENT & Q(warnings__contains=Warning.EXEMPTION_GROUND_MISMATCH.value)),
        "適用除外の根拠は{exemption__ground}",
    ),
    Check(
        "exempt_but_national",
        Severity.WARNING,
        "国の優先手続なのに適用除外",
        "国の優先手続一覧にある手続（方針3(1)①）が、適用除外になっています。",
        "除外を続けてよいか、情報政策課が根拠を確かめてください。",
        Place.EXEMPTION,
        always(CURRENT & Q(warnings__contains=Warning.EXEMPT_BUT_NATIONAL_PRIORITY.value)),
        "国の一覧の{national_priority__name}、適用除外の根拠は{exemption__ground}",
    ),
    Check(
        "exemption_basis_unknown",
        Severity.WARNING,
        "適用除外の申出があるのに根拠区分が不明",
        "適用除外にできるかは根拠法令の区分で決まりますが（方針6）、それが分かりません。",
        "根拠法令とその区分を入力してください。",
        Place.BASES,
        always(_basis_unknown()),
        "適用除外の根拠は{exemption__ground}",
    ),
    Check(
        "exemption_review_due",
        Severity.WARNING,
        "適用除外の見直しの時期",
        "確認済の適用除外で、見直しの期日が来たか、条項が失効しています。",
        "情報政策課が、引き続き適用除外とするか、取り下げるかを決めてください。",
        Place.EXEMPTION,
        lambda on: condition("exemption_review_due", on),
        "適用除外の根拠は{exemption__ground}、見直しの期日は{exemption__review_on}",
    ),
    Check(
        "exempt_and_planned",
        Severity.HINT,
        "適用除外なのに目標日や課題がある",
        "適用除外の手続に計画が要りませんが、目標日か、終わっていない課題があります。",
        "進めないなら目標日を消して課題を取りやめにし、進めるなら適用除外を見直してください。",
        Place.PLAN,
        always(_exempt_and_planned()),
        "適用除外の根拠は{exemption__ground}、目標日 {plan__target_date}",
    ),
)
