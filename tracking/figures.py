"""What every rate of the office means: name, formula, and the sets it is made of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EXCLUDED = ("exempt", "outside", "abolished")
"""What is left out of every rate over the target procedures."""


class Unit(StrEnum):
    """What the numbers of a figure count."""

    PROCEDURES = "手続"
    APPLICATIONS = "件"
    ANSWERS = "項目"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure (指標): numerator ÷ denominator, or with ``is_count`` the numerator alone.

    ``numerator`` and ``denominator`` name the sets of ``selections.SELECTIONS`` that are counted
    or, where ``unit`` says so, whose applications or answers are summed. ``left_out`` are the sets
    beside the denominator, ``within`` sets of which some lie in it. ``formula`` and ``note`` are
    Japanese; the blanks in ``note`` are filled by ``words`` of the page.
    """

    key: str
    label: str
    formula: str
    numerator: str
    denominator: str
    unit: Unit = Unit.PROCEDURES
    left_out: tuple[str, ...] = EXCLUDED
    within: tuple[str, ...] = ()
    note: str = ""
    is_count: bool = False
    alerts: bool = False


_NOT_UNFINISHED = ("online", *EXCLUDED)

RATES = (
    Definition(
        "online",
        "オンライン化率（手続の数）",
        "オンライン化済の対象手続 ÷ 対象手続",
        "online",
        "target",
    ),
    Definition(
        "applications",
        "オンライン化率（年間件数）",
        "オンライン化済の対象手続の年間件数 ÷ 対象手続の年間件数",
        "volume_known_online",
        "volume_known",
        Unit.APPLICATIONS,
        ("volume_unknown", *EXCLUDED),
        note="手続ごとに、分かっている最も新しい年度の年間件数を使います。",
    ),
    Definition(
        "end_to_end",
        "来庁不要率",
        "来庁も郵送も要らずにオンラインで終わる対象手続 ÷ 対象手続",
        "end_to_end",
        "target",
        note="オンライン化済で、7つの項目がどれも「不要」か「オンラインで可」の手続です。"
        "一部だけのオンライン化は含みません。",
    ),
    Definition(
        "usage",
        "オンライン利用率",
        "オンラインで受け付けた件数 ÷ 全件数（オンライン化済の手続、前年度）",
        "usage_known",
        "usage_known",
        Unit.APPLICATIONS,
        ("usage_unknown", "unfinished", *EXCLUDED),
        note="{usage_year}にオンラインで受け付けた件数 ÷ 全件数です。",
    ),
    Definition(
        "priority",
        "優先手続のオンライン化率",
        "オンライン化済の優先手続 ÷ 優先手続",
        "priority_online",
        "priority",
        left_out=("pending", *EXCLUDED),
        within=("priority_overdue",),
        note="方針3(1)で優先とされる手続です。",
    ),
)

QUALITY = (
    Definition(
        "completeness",
        "調査の完了率",
        "回答のある調査項目 ÷ 対象手続の全調査項目",
        "target",
        "target",
        Unit.ANSWERS,
        within=("incomplete",),
        note="回答のある調査項目 ÷ 対象手続の全調査項目です。",
    ),
    Definition(
        "decided",
        "区分の確定率",
        "区分が未調査の項目に左右されない対象手続 ÷ 対象手続",
        "decided",
        "target",
        within=("deciding",),
        note="未調査の項目の回答しだいで優先になりうる手続を除いた割合です。",
    ),
    Definition(
        "fresh",
        "最近の確認率",
        "{confirm_days}日以内に変更か確認のあった対象手続 ÷ 対象手続",
        "fresh",
        "target",
        within=("to_confirm",),
        note="{confirm_days}日以内に変更か「変更なし」の確認があった手続です。",
    ),
    Definition(
        "volume_unknown",
        "年間件数が不明の割合",
        "年間件数の分からない対象手続 ÷ 対象手続",
        "volume_unknown",
        "target",
        note="0件と不明は別のものです。",
    ),
    Definition(
        "exempt",
        "適用除外の割合",
        "適用除外の手続 ÷ 対象手続と適用除外の手続",
        "exempt",
        "in_scope",
        left_out=("outside", "abolished"),
        within=("exemption_proposed",),
        note="方針6。情報政策課が確認した適用除外だけを数えます。",
    ),
)

CONCERNS = (
    Definition(
        "overdue",
        "期限超過",
        "目標日が基準日より前で、オンライン化済でない対象手続",
        "overdue",
        "unfinished",
        left_out=_NOT_UNFINISHED,
        within=("no_target_date",),
        note="目標日が基準日より前の手続です。",
        is_count=True,
        alerts=True,
    ),
    Definition(
        "priority_overdue",
        "優先手続の期限超過",
        "目標日が基準日より前で、オンライン化済でない優先手続",
        "priority_overdue",
        "priority_unfinished",
        left_out=("priority_online", "pending", *EXCLUDED),
        note="方針3(1)の優先手続のうち、目標日が基準日より前の手続です。",
        is_count=True,
        alerts=True,
    ),
    Definition(
        "behind_national",
        "国の期限より遅い計画",
        "国の期限より目標日が遅いか、目標日が未定の対象手続",
        "behind_national",
        "national_due",
        left_out=("no_national_due", *_NOT_UNFINISHED),
        note="国の期限より目標日が遅いか、目標日が未定の手続です。",
        is_count=True,
        alerts=True,
    ),
    Definition(
        "stale",
        "更新停滞",
        "{stale_days}日を超えて変更がなく、オンライン化済でない対象手続",
        "stale",
        "unfinished",
        left_out=_NOT_UNFINISHED,
        note="{stale_days}日を超えて変更のない手続です。",
        is_count=True,
    ),
    Definition(
        "unassigned", "所管未定", "部局室の決まっていない手続", "unassigned", "all",
        left_out=(), is_count=True,
    ),
    Definition(
        "exemption_proposed", "適用除外の確認待ち", "適用除外の申出があり、確認を待つ手続",
        "exemption_proposed", "all", left_out=(), is_count=True,
    ),
    Definition(
        "exemption_review_due",
        "適用除外の見直し時期",
        "確認済の適用除外で、見直しの期日が来たか、条項が失効した手続",
        "exemption_review_due",
        "all",
        left_out=(),
        note="引き続き適用除外とするか、取り下げるかを決める手続です（方針6）。",
        is_count=True,
    ),
    Definition(
        "consulting",
        "協議の結論待ち",
        "方針4によらないサービスの協議の申込みがあり、結論の出ていない手続",
        "consulting",
        "all",
        left_out=(),
        note="情報政策課との協議（方針4）の結論を待つ手続です。",
        is_count=True,
    ),
    Definition(
        "asking",
        "情報政策課への相談",
        "部局室からの相談があり、済になっていない手続",
        "asking",
        "all",
        left_out=(),
        note="部局室のDX推進チームから相談があり、まだ済になっていない手続です。",
        is_count=True,
    ),
)  # fmt: skip

DEFINITIONS: Mapping[str, Definition] = {
    definition.key: definition for definition in (*RATES, *QUALITY, *CONCERNS)
}
"""Every figure by its key, in the order in which a page explains them."""


class Weight(StrEnum):
    """What an online rate counts: kinds of procedures, or applications a year."""

    KINDS = "kinds"
    APPLICATIONS = "applications"
