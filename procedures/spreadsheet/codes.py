"""The coded values of the inventory with their Japanese words: the one we write, those we read."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from procedures.rules import Answer, BasisLevel, ExemptionGround

Value = TypeVar("Value", covariant=True)


class Missing(Enum):
    """Something that a cell announces without saying it."""

    GROUND = "ground"


GROUND_MISSING: Final = Missing.GROUND
"""適用除外 is marked (○, 有), but no ground is named: the ground is still to be asked."""


@dataclass(frozen=True, slots=True)
class Code(Generic[Value]):
    """One value of a coded column: ``label`` is written and offered, ``words`` are read too."""

    value: Value
    label: str
    words: tuple[str, ...] = ()


_NO = ("無", "なし", "無し", "×", "✕", "✖", "x", "いいえ", "否", "0", "-", "false")
_YES = ("有", "あり", "有り", "○", "〇", "◯", "はい", "1", "true")
_UNASKED = ("不明", "?", "未定")

ANSWERS = (
    Code(
        Answer.OFFLINE,
        "要",
        (
            "必要",
            *_YES,
            "要(窓口)",
            "対面のみ",
            "原本",
            "要(オンライン不可)",
            "必要(オンライン不可)",
        ),
    ),
    Code(
        Answer.NOT_NEEDED,
        "不要",
        ("不必要", "対象外", "非該当", "該当なし", "該当しない", *_NO),
    ),
    Code(
        Answer.ONLINE,
        "オンライン可",
        ("電子可", "要(オンライン可)", "必要(オンライン可)", "有(電子)", "要(電子可)"),
    ),
    Code(Answer.UNKNOWN, "未調査", _UNASKED),
)

OTHER_ANSWERS = (
    Code(Answer.NOT_NEEDED, "なし", ("不要", "支障なし", "特になし", "該当なし", *_NO)),
    Code(Answer.OFFLINE, "あり", ("要", "必要", *_YES)),
    Code(Answer.ONLINE, "オンライン可", ("電子可", "解決済", "解決済み")),
    Code(Answer.UNKNOWN, "未調査", _UNASKED),
)

YES_NO = (
    Code(True, "はい", ("該当", "該当する", "対象", "要", "必要", *_YES)),
    Code(
        False,
        "いいえ",
        ("非該当", "該当しない", "該当なし", "対象外", "不要", "未調査", *_NO, *_UNASKED),
    ),
)

APPLICANTS = (
    Code("individual", "個人", ("市民", "住民", "国民", "国民等")),
    Code("corporation", "法人", ("事業者", "企業", "会社", "民間事業者", "民間事業者等")),
    Code("organisation", "団体", ("任意団体",)),
)

PROCEDURE_KINDS = (
    Code("application", "申請", ("申請等", "許可申請", "認可申請", "交付申請")),
    Code("notification", "届出", ("届け出", "届", "届出等")),
    Code("claim", "請求", ("請求等",)),
    Code("booking", "申込", ("申し込み", "申込み", "予約", "利用申込")),
    Code("report", "報告", ("報告等",)),
    Code("other", "その他", ()),
)

SCOPES = (
    Code("inbound", "市民等から市", ("市民から市", "市民等→市", "市民→市", "対象")),
    Code("outside", "対象外", ("市民等から市以外",)),
    Code("unknown", "未確認", ("未調査", *_UNASKED)),
)

STATUSES = (
    Code("not_started", "未着手", ("未実施", "未対応", "未")),
    Code("reviewing", "課題整理中", ("検討中", "課題整理", "検討", "課題検討中")),
    Code("preparing", "準備中", ("準備", "作業中", "構築中", "作成中", "実施中")),
    Code("testing", "試行中", ("試行", "テスト中", "試験中")),
    Code(
        "online",
        "オンライン化済",
        ("オンライン化済み", "完了", "済", "済み", "実施済", "実施済み", "公開中", "公開済"),
    ),
    Code("on_hold", "保留", ("保留中", "中断", "休止")),
)

BASIS_LEVELS = (
    Code(
        BasisLevel.NATIONAL,
        "法令",
        ("国", "国の法令", "法律", "法律等", "政令", "省令", "府令", "府省令", "法律・政令・省令"),
    ),
    Code(
        BasisLevel.PREFECTURAL,
        "県条例等",
        ("県", "県条例", "県規則", "県の条例", "都道府県条例", "都道府県条例等", "県要綱"),
    ),
    Code(
        BasisLevel.MUNICIPAL,
        "市の条例・規則・要綱等",
        (
            *("市", "市条例", "市規則", "市要綱", "市の条例", "市の規則", "市の要綱", "市例規"),
            *("市条例等", "条例", "規則", "要綱", "要領", "例規", "規程", "条例等", "要綱等"),
            *("条例・規則", "条例・規則等", "条例・規則・要綱", "条例・規則・要綱等"),
        ),
    ),
    Code(BasisLevel.UNKNOWN, "未調査", _UNASKED),
)

EXEMPTION_GROUNDS = (
    Code(ExemptionGround.NONE, "なし", ("非該当", "該当なし", "不要", *_NO)),
    Code(
        ExemptionGround.ORDINANCE_ART7,
        "条例第7条",
        ("条例", "条例7条", "第7条", "市条例", "市条例第7条"),
    ),
    Code(
        ExemptionGround.RULE_ART16,
        "施行規則第16条",
        ("規則", "規則第16条", "規則16条", "施行規則", "施行規則16条", "第16条"),
    ),
    Code(
        ExemptionGround.NATIONAL_LIST,
        "国の適用除外",
        ("国", "法令", "国の整理", "法令等", "国の適用除外の整理"),
    ),
)

GROUND_MISSING_WORDS = ("該当", "該当する", "適用除外", *_YES)
"""Words that mark a row as exempt without naming the ground."""


def labels(codes: tuple[Code[str], ...]) -> dict[str, str]:
    """Value → Japanese word, in the order of the table."""
    return {str(code.value): code.label for code in codes}
