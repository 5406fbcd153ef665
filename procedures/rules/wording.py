"""The one table of Japanese words for everything that the rules engine can say."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .classification import ClauseFinding, Finding, Reason
from .end_to_end import EndToEnd
from .facts import (
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ExemptionGround,
    MeasureKind,
    Service,
    Warning,
)
from .leverage import Yardstick

Labelled = (
    Aspect
    | Answer
    | BasisLevel
    | ExemptionGround
    | Category
    | Service
    | Warning
    | Clause
    | Finding
    | MeasureKind
    | Yardstick
)
"""What has words of its own; a `Reason` is worded by `describe`, with what it rests on."""


def label(member: Labelled) -> str:
    """The Japanese label; for a `Warning` a whole sentence, for a `Clause` its summary."""
    return LABELS[type(member)][member]


def describe(finding: ClauseFinding) -> str:
    """One Japanese sentence that says why a condition is met, is not, or cannot be judged."""
    sentences = SENTENCES_ON_OTHER if finding.aspect == Aspect.OTHER else SENTENCES
    return _filled(sentences[finding.reason], finding)


def describe_change(finding: ClauseFinding) -> str:
    """One Japanese sentence that says how an edition of the policy finds otherwise than another.

    `finding` is one of `Reclassification.reasons`.
    """
    return _filled(CHANGE_SENTENCES[finding.reason], finding)


def describe_end_to_end(result: EndToEnd, *, is_online: bool) -> str:
    """One Japanese sentence on whether people still have to come (来庁), or will have to."""
    sentences = END_TO_END_SENTENCES if is_online else END_TO_END_PROSPECTS
    aspects = result.remaining or result.unanswered
    return sentences[result.verdict].format(aspects="".join(f"「{label(one)}」" for one in aspects))


def _filled(sentence: str, finding: ClauseFinding) -> str:
    return sentence.format(
        aspect=_label_or_blank(finding.aspect),
        answer=_label_or_blank(finding.answer),
        ground=_label_or_blank(finding.ground),
        basis=_label_or_blank(finding.basis),
    )


def _label_or_blank(member: Labelled | None) -> str:
    return "" if member is None else label(member)


ASPECT_LABELS: Mapping[Aspect, str] = {
    Aspect.IDENTITY_CHECK: "本人確認",
    Aspect.ATTACHMENTS: "添付書類",
    Aspect.IN_PERSON: "対面",
    Aspect.PHYSICAL_ITEM: "現物確認",
    Aspect.DELIVERABLE: "通知・交付物",
    Aspect.PAYMENT: "金銭納付",
    Aspect.OTHER: "その他の支障",
}

ANSWER_LABELS: Mapping[Answer, str] = {
    Answer.NOT_NEEDED: "不要",
    Answer.ONLINE: "必要（オンライン可）",
    Answer.OFFLINE: "必要（オンライン不可）",
    Answer.UNKNOWN: "未調査",
}

BASIS_LABELS: Mapping[BasisLevel, str] = {
    BasisLevel.NATIONAL: "法令",
    BasisLevel.PREFECTURAL: "県条例等",
    BasisLevel.MUNICIPAL: "市の条例・規則・要綱等",
    BasisLevel.UNKNOWN: "未調査",
}

EXEMPTION_LABELS: Mapping[ExemptionGround, str] = {
    ExemptionGround.NONE: "なし",
    ExemptionGround.ORDINANCE_ART7: "条例第7条",
    ExemptionGround.RULE_ART16: "施行規則第16条",
    ExemptionGround.NATIONAL_LIST: "国の適用除外",
}

CATEGORY_LABELS: Mapping[Category, str] = {
    Category.PRIORITY: "優先",
    Category.PENDING: "検討",
    Category.EXEMPT: "適用除外",
}

SERVICE_LABELS: Mapping[Service, str] = {
    Service.MYNAPORTAL: "マイナポータル",
    Service.GENERAL: "汎用電子申請(LGWAN)",
    Service.FACILITY: "公共施設予約",
    Service.OTHER: "その他",
}

FINDING_LABELS: Mapping[Finding, str] = {
    Finding.HOLDS: "該当",
    Finding.FAILS: "非該当",
    Finding.UNKNOWN: "不明",
}

WARNING_SENTENCES: Mapping[Warning, str] = {
    Warning.EXEMPTION_BASIS_UNKNOWN: (
        "適用除外の登録がありますが、根拠区分が未調査のため、除外できるか判断できません。"
        "根拠法令を入力してください。"
    ),
    Warning.EXEMPTION_GROUND_MISMATCH: (
        "適用除外の根拠が、手続の根拠区分と合っていません。"
        "適用除外の根拠か根拠区分のどちらかを確認してください。"
    ),
    Warning.EXEMPT_BUT_NATIONAL_PRIORITY: (
        "国の優先手続一覧にある手続が、適用除外になっています。除外を続けてよいか確認してください。"
    ),
}

CLAUSE_SUMMARIES: Mapping[Clause, str] = {
    Clause.NATIONAL_LIST: "国の優先手続一覧にある",
    Clause.NO_HINDRANCE: "オンライン化の支障がない",
    Clause.REVIEW: "支障を整理して解決策を考える",
    Clause.REVIEW_CONTENT: "手続の条件・手順・書類を減らせるか見直す",
    Clause.REVIEW_IDENTITY: "本人確認を電子化する",
    Clause.REVIEW_IN_PERSON: "対面・現物確認を別の方法に替える",
    Clause.REVIEW_ATTACHMENTS: "添付書類を電子化する",
    Clause.REVIEW_PAYMENT: "納付を電子化する",
    Clause.REVIEW_DESIGNATED_MANAGER: "指定管理者と進め方を検討する",
    Clause.SERVICE_MYNAPORTAL: "基幹系システムの事務はマイナポータル",
    Clause.SERVICE_GENERAL: "ほかに当てはまらなければ汎用電子申請",
    Clause.SERVICE_FACILITY: "市の施設の利用申込は公共施設予約",
    Clause.SERVICE_DESIGNATED: "国・県等が指定したサービス",
    Clause.SERVICE_LEGACY: "方針より前から使っている専用システム",
    Clause.EXEMPTION: "適用除外",
    Clause.EXEMPTION_ORDINANCE: "条例第7条による適用除外",
    Clause.EXEMPTION_RULE: "施行規則第16条による適用除外",
    Clause.EXEMPTION_NATIONAL: "国の整理による適用除外",
}

CLAUSE_NUMBERS: Mapping[Clause, str] = {
    Clause.NATIONAL_LIST: "方針3(1)①",
    Clause.NO_HINDRANCE: "方針3(1)②",
    Clause.REVIEW: "方針3(2)",
    Clause.REVIEW_CONTENT: "方針3(2)",
    Clause.REVIEW_IDENTITY: "方針3(2)",
    Clause.REVIEW_IN_PERSON: "方針3(2)",
    Clause.REVIEW_ATTACHMENTS: "方針3(2)",
    Clause.REVIEW_PAYMENT: "方針3(2)",
    Clause.REVIEW_DESIGNATED_MANAGER: "方針3(2)",
    Clause.SERVICE_MYNAPORTAL: "方針4",
    Clause.SERVICE_GENERAL: "方針4",
    Clause.SERVICE_FACILITY: "方針4",
    Clause.SERVICE_DESIGNATED: "方針4",
    Clause.SERVICE_LEGACY: "方針4",
    Clause.EXEMPTION: "方針6",
    Clause.EXEMPTION_ORDINANCE: "方針6",
    Clause.EXEMPTION_RULE: "方針6",
    Clause.EXEMPTION_NATIONAL: "方針6",
}
"""The number under which a reader finds the clause in the policy."""

MEASURE_LABELS: Mapping[MeasureKind, str] = {
    MeasureKind.CONTENT_REVIEW: "条件・手順・書類がそもそも必要かの見直し",
    MeasureKind.PUBLIC_IDENTIFICATION: "マイナンバーカードによる公的個人認証",
    MeasureKind.REMOTE_INTERVIEW: "リモート面談",
    MeasureKind.DATED_IMAGE: "日時入りの写真・画像での確認",
    MeasureKind.WORK_FLOW_REVIEW: "業務の流れの見直し",
    MeasureKind.DATA_LINKAGE: "行政機関どうしの情報連携",
    MeasureKind.END_OF_PHYSICAL_SUBMISSION: "現物提出の取りやめ",
    MeasureKind.DIGITAL_EQUIPMENT: "電子データ用のディスプレイ・保存機器の導入",
    MeasureKind.E_PAYMENT: "電子決済によるオンライン納付",
    MeasureKind.DESIGNATED_MANAGER_REVIEW: "指定管理者のシステムの安全性と費用対効果の検討",
}

STATUTE_LIMIT = "法令に定めのある部分は、見直しの対象になりません。"

YARDSTICK_LABELS: Mapping[Yardstick, str] = {
    Yardstick.PROCEDURES: "手続数",
    Yardstick.APPLICATIONS: "年間件数",
}

SENTENCES: Mapping[Reason, str] = {
    Reason.LISTED: "国の優先手続一覧に載っています。",
    Reason.NOT_LISTED: "国の優先手続一覧には載っていません。",
    Reason.LIST_NOT_HONOURED: (
        "国の優先手続一覧に載っていますが、この版の方針では優先の理由になりません。"
    ),
    Reason.ANSWER_ACCEPTED: "「{aspect}」は「{answer}」で、オンライン化の支障になりません。",
    Reason.ANSWER_HINDERS: "「{aspect}」は「{answer}」で、オンライン化の支障になっています。",
    Reason.ANSWER_MISSING: "「{aspect}」は未調査ですので、要否を確認してください。",
    Reason.EXEMPTION_HOLDS: (
        "適用除外（{ground}）が決まっていて、根拠区分「{basis}」の手続に使えます。"
    ),
    Reason.EXEMPTION_NOT_DECIDED: "適用除外は決まっていません。",
    Reason.EXEMPTION_GROUND_MISMATCH: (
        "適用除外（{ground}）は、根拠区分「{basis}」の手続には使えませんので、"
        "除外の根拠か根拠区分を確認してください。"
    ),
    Reason.EXEMPTION_BASIS_UNKNOWN: (
        "適用除外（{ground}）は、根拠区分が未調査のため判断できませんので、"
        "根拠法令を入力してください。"
    ),
}

SENTENCES_ON_OTHER: Mapping[Reason, str] = {
    **SENTENCES,
    Reason.ANSWER_ACCEPTED: "ほかにオンライン化の支障はありません。",
    Reason.ANSWER_HINDERS: "ほかにオンライン化の支障があります。",
    Reason.ANSWER_MISSING: "ほかに支障があるか未調査ですので、有無を確認してください。",
}
"""The same for `Aspect.OTHER`, which asks for further obstacles, not for what is needed."""

CHANGE_SENTENCES: Mapping[Reason, str] = {
    Reason.LISTED: "国の優先手続一覧に載っていることが、この版では優先の理由になります。",
    Reason.LIST_NOT_HONOURED: (
        "国の優先手続一覧に載っていますが、この版では優先の理由になりません。"
    ),
    Reason.ANSWER_ACCEPTED: (
        "「{aspect}」が「{answer}」ですが、この版ではオンライン化の支障になりません。"
    ),
    Reason.ANSWER_HINDERS: (
        "「{aspect}」が「{answer}」のため、この版ではオンライン化の支障になります。"
    ),
    Reason.EXEMPTION_HOLDS: (
        "適用除外（{ground}）が、この版では根拠区分「{basis}」の手続に使えます。"
    ),
    Reason.EXEMPTION_GROUND_MISMATCH: (
        "適用除外（{ground}）が、この版では根拠区分「{basis}」の手続に使えません。"
    ),
    Reason.EXEMPTION_BASIS_UNKNOWN: (
        "適用除外（{ground}）が、この版では根拠区分が未調査の手続に使えません。"
    ),
}
"""Why another edition decides otherwise; the other reasons are the same under every edition."""

END_TO_END_SENTENCES: Mapping[Finding, str] = {
    Finding.HOLDS: "来庁不要で完結します。",
    Finding.FAILS: "{aspects}のために、来庁や郵送が残っています。",
    Finding.UNKNOWN: "{aspects}が未調査のため、来庁不要で完結するかは分かりません。",
}

END_TO_END_PROSPECTS: Mapping[Finding, str] = {
    Finding.HOLDS: "オンライン化すると、来庁不要で完結します。",
    Finding.FAILS: "{aspects}が残ったままオンライン化すると、来庁や郵送も残ります。",
    Finding.UNKNOWN: "{aspects}が未調査のため、来庁不要で完結するようになるかは分かりません。",
}
"""The same before the procedure is online."""

LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    Aspect: ASPECT_LABELS,
    Answer: ANSWER_LABELS,
    BasisLevel: BASIS_LABELS,
    ExemptionGround: EXEMPTION_LABELS,
    Category: CATEGORY_LABELS,
    Service: SERVICE_LABELS,
    Warning: WARNING_SENTENCES,
    Clause: CLAUSE_SUMMARIES,
    Finding: FINDING_LABELS,
    MeasureKind: MEASURE_LABELS,
    Yardstick: YARDSTICK_LABELS,
}
