"""The sentences that the paper begins with, composed from an edition's figures."""

from procedures.templatetags.inventory import era_day, percent
from tracking.burn_up import goal_count
from tracking.editions import EditionContent
from tracking.stats import Figures, Ratio


def summary(content: EditionContent) -> str:
    """How far the office is, what came since the last edition, and what is late, in a paragraph."""
    if not content.office.counts["target"]:
        return f"{era_day(content.reference_date)}現在、対象手続はまだありません。"
    parts = (
        _progress(content),
        _goal(content),
        _applications(content.ratio("applications")),
        _priority(content.ratio("priority")),
        _late(content.office),
    )
    return "".join(parts)


def data_quality(content: EditionContent) -> str:
    """How far the figures can be relied on: freshness, completeness, unknown volumes."""
    office = content.office
    if not office.counts["target"]:
        return "対象手続がないため、率は計算していません。"
    unknown = content.ratio("volume_unknown")
    volumes = (
        f"年間件数の分からない対象手続が{unknown.numerator:,}件（{percent(unknown.rate)}）あります。"
        if unknown.numerator
        else "年間件数は、すべての対象手続で分かっています。"
    )
    return (
        f"この資料の率は、対象手続のうち{content.settings['confirm_days']}日以内に変更か確認の"
        f"あったもの{percent(content.ratio('fresh').rate)}に基づきます。"
        f"調査項目の{percent(content.ratio('completeness').rate)}に回答があります。{volumes}"
    )


def _progress(content: EditionContent) -> str:
    online = content.ratio("online")
    claim = f"{era_day(content.reference_date)}現在、{_of_which('対象手続', online)}"
    if content.since is None or content.since_office is None:
        return f"{claim}です。"
    before = content.ratio("online", content.since_office)
    since = f"前回（{era_day(content.since)}、{percent(before.rate)}）"
    return f"{claim}で、{since}{_change(online.numerator - before.numerator)}。"


def _of_which(name: str, ratio: Ratio) -> str:
    """「対象手続1,500件のうち30件（2.0%）がオンライン化済」, also for none of them and all."""
    if not ratio.numerator:
        return f"{name}{ratio.denominator:,}件のうちオンライン化済のものは0件"
    if ratio.numerator == ratio.denominator:
        return f"{name}{ratio.denominator:,}件はすべてオンライン化済"
    share = f"{ratio.numerator:,}件（{percent(ratio.rate)}）"
    return f"{name}{ratio.denominator:,}件のうち{share}がオンライン化済"


def _change(difference: int) -> str:
    if not difference:
        return "から件数の増減はありません"
    return f"から{abs(difference):,}件{'増えました' if difference > 0 else '減りました'}"


def _applications(ratio: Ratio) -> str:
    if not ratio.denominator:
        return "年間件数で見た率は、件数が分からないため計算できません。"
    return f"年間件数で見たオンライン化率は{percent(ratio.rate)}です。"


def _priority(ratio: Ratio) -> str:
    if not ratio.denominator:
        return "優先手続に当たるものはありません。"
    return f"{_of_which('優先手続', ratio)}です。"


def _goal(content: EditionContent) -> str:
    goal, online = content.goal_rate, content.ratio("online")
    if goal is None:
        return ""
    left = goal_count(goal, online.denominator) - online.numerator
    where = f"まで、あと{left:,}件です" if left > 0 else "に達しています"
    return f"今年度の目標{percent(goal)}{where}。"


def _late(office: Figures) -> str:
    overdue, urgent = office.counts["overdue"], office.counts["priority_overdue"]
    behind = office.counts["behind_national"]
    if not overdue and not behind:
        return "期限超過の手続も、国の期限より遅い計画もありません。"
    late = f"期限超過は{overdue:,}件{f'（うち優先手続{urgent:,}件）' if urgent else ''}"
    return f"{late}、国の期限より遅い計画は{behind:,}件です。"
