"""The national survey (行政手続等の悉皆調査) as published: one edition's headings and words.

Editions change their spelling and shift their codes, so a value is known by its label; the code
before it serves only where the label is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from procedures.rules import Answer

Meaning = TypeVar("Meaning", covariant=True)


@dataclass(frozen=True, slots=True)
class SurveyWord(Generic[Meaning]):
    """One value of a coded column of the survey: "1 実施済" is code 1, label 実施済."""

    code: str
    label: str
    meaning: Meaning


class Omission(StrEnum):
    """What became of the attachments (添付書類等提出の撤廃/省略状況)."""

    DONE = "done"
    OPEN = "open"


class Concern(StrEnum):
    """What the survey worried about; only two concerns say something of the survey answers."""

    PAPER_ORIGINALS = "paper_originals"
    BY_NATURE = "by_nature"
    ANY = "any"


class Actor(StrEnum):
    """Who applies or receives (手続主体, 手続の受け手)."""

    CITIZENS = "国民等"
    BUSINESSES = "民間事業者等"
    AGENCIES = "独立行政法人等"
    LOCAL = "地方等"
    STATE = "国"


MEANINGS: Mapping[str, str] = {
    "national_id": "国の手続ID",
    "name": "手続名",
    "basis_name": "根拠法令",
    "law_number": "法令番号",
    "basis_article": "条項",
    "sort": "対象区分",
    "actor": "申請者",
    "receiver": "対象区分",
    "state": "国の実施状況",
    "concern": "国の懸念点",
    "planned": "国の実施予定年度",
    "identity": "本人確認",
    "fee": "金銭納付",
    "fee_methods": "金銭納付",
    "total": "全国の総件数",
    "online": "全国のオンライン件数",
    "documents": "添付書類",
    "omission": "添付書類",
    "submission": "添付書類",
}
"""What each column of the survey becomes in the inventory."""

NO_DOCUMENTS = "添付書類なし"
APPLICATIONS = "申請等"
NOT_GIVEN = frozenset({"", "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition: its headings by what they hold, and the words of its coded columns."""

    name: str
    headings: Mapping[str, str]
    required: frozenset[str]
    identity: tuple[SurveyWord[Answer], ...]
    fee: tuple[SurveyWord[bool], ...]
    fee_methods: tuple[SurveyWord[Answer], ...]
    omission: tuple[SurveyWord[Omission], ...]
    submission: tuple[SurveyWord[Answer], ...]
    state: tuple[SurveyWord[str], ...]
    concern: tuple[SurveyWord[Concern], ...]


EDITION_2025_07 = Edition(
    name="2025年7月版",
    headings={
        "national_id": "手続ID",
        "name": "手続名",
        "basis_name": "法令名",
        "law_number": "法令番号",
        "basis_article": "根拠条項号",
        "sort": "手続類型",
        "actor": "手続主体",
        "receiver": "手続の受け手",
        "state": "オンライン化の実施状況",
        "concern": "オンライン化の実施予定及び検討時の懸念点",
        "planned": "オンライン化実施時期",
        "identity": "申請等における本人確認手法",
        "fee": "手数料等の納付有無",
        "fee_methods": "手数料等の納付方法",
        "total": "総手続件数",
        "online": "オンライン手続件数",
        "documents": "申請時に添付させる書類",
        "omission": "添付書類等提出の撤廃/省略状況",
        "submission": "添付書類等の提出方法",
    },
    required=frozenset({"national_id", "name", "basis_name", "basis_article", "actor", "state"}),
    identity=(
        SurveyWord("1", "押印＋印鑑証明", Answer.OFFLINE),
        SurveyWord("2", "押印", Answer.OFFLINE),
        SurveyWord("3", "署名", Answer.OFFLINE),
        SurveyWord("4", "本人確認書類の提示・提出", Answer.OFFLINE),
        SurveyWord("5", "その他", Answer.OFFLINE),
        SurveyWord("6", "本人確認不要", Answer.NOT_NEEDED),
    ),
    fee=(
        SurveyWord("1", "手数料等無し", False),
        SurveyWord("2", "手数料等有り", True),
    ),
    fee_methods=(
        SurveyWord("1-1", "行政機関の窓口", Answer.OFFLINE),
        SurveyWord("1-2", "銀行の窓口", Answer.OFFLINE),
        SurveyWord("1-3", "ペイジー(ATM)", Answer.OFFLINE),
        SurveyWord("1-4", "コンビニ等代理施設", Answer.OFFLINE),
        SurveyWord("1-5", "その他オフラインでの納付方法", Answer.OFFLINE),
        SurveyWord("2-1", "ペイジー(ネットバンキング)", Answer.ONLINE),
        SurveyWord("2-2", "ペイジー(ダイレクト方式)", Answer.ONLINE),
        SurveyWord("2-3", "クレジットカード払い", Answer.ONLINE),
        SurveyWord("2-4", "二次元コード決済", Answer.ONLINE),
        SurveyWord("2-5", "インターネットバンキング", Answer.ONLINE),
        SurveyWord("2-6", "その他オンラインでの納付方法", Answer.ONLINE),
    ),
    omission=(
        SurveyWord("1", "撤廃・省略済", Omission.DONE),
        SurveyWord("2", "撤廃・省略予定", Omission.OPEN),
        SurveyWord("3", "撤廃・省略不可", Omission.OPEN),
        SurveyWord("4", "その他", Omission.OPEN),
    ),
    submission=(
        SurveyWord("0", "電子・原紙を選択可能", Answer.ONLINE),
        SurveyWord("1", "電子での提出のみ", Answer.ONLINE),
        SurveyWord("2", "原紙での提出のみ", Answer.OFFLINE),
        SurveyWord("3", "一部電子、一部原紙での提出", Answer.UNKNOWN),
        SurveyWord("4", "その他", Answer.UNKNOWN),
    ),
    state=(
        SurveyWord("1", "実施済", "online"),
        SurveyWord("2", "未実施", "not_started"),
        SurveyWord("3", "適用除外", "exempt"),
        SurveyWord("4", "その他", "unknown"),
        SurveyWord("5", "一部実施済", "partly"),
    ),
    concern=(
        SurveyWord("0", "オンライン化実施予定", Concern.ANY),
        SurveyWord("1", "制度改正が必要であり、制度改正のための時間確保が困難", Concern.ANY),
        SurveyWord("2", "制度改正が必要であり、制度改正の業務上の優先順位が高くない", Concern.ANY),
        SurveyWord("3", "電子化に必要なシステムが省庁内に備わっていない", Concern.ANY),
        SurveyWord(
            "4",
            "一部の必要書類の原本が紙であり、電子化してもオンライン処理が完結しない",
            Concern.PAPER_ORIGINALS,
        ),
        SurveyWord("5", "性質上、電子化すべきでない", Concern.BY_NATURE),
        SurveyWord("6", "オンライン化の費用対効果が小さい又は不明", Concern.ANY),
        SurveyWord("7", "上記に該当しない", Concern.ANY),
    ),
)

EDITIONS = (EDITION_2025_07,)
