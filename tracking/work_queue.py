"""What waits for a team: the named sets that it looks at, how many procedures each has, what to do.

The mail that reminds of them names the same sets, in the same order and with the same words.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from .figures import EXCLUDED
from .selections import SELECTIONS
from .stats import Ratio, counts_of_departments

WAITING = {
    "overdue": "状況を今の進み具合に合わせるか、目標日を改めてください（1件1分ほど）。",
    "behind_national": (
        "目標日を国の期限までの日にするか、間に合わない事情を情報政策課に相談してください"
        "（1件2分ほど）。"
    ),
    "asked": "手続のページの「やりとり」を読み、答えたら「済」にしてください（1件2分ほど）。",
    "deciding": "残りの項目に答えると、優先かどうかが決まります（1件2分ほど）。",
    "incomplete": (
        "分かる項目から答えてください（1件2分ほど）。「回答で区分が決まる」手続も含みます。"
    ),
    "issue_due": "課題の進み具合と期限を確かめてください（1件2分ほど）。",
    "to_confirm": (
        "変わりがなければ「変更なし確認」を押してください。並んだ手続をまとめて確認できます"
        "（全部で5分ほど）。"
    ),
}
"""What waits, in the order in which a team looks at it: what to do, and about how long it takes."""
URGENT = {"overdue", "behind_national", "asked", "issue_due"}
LATER = {
    "stale": "長い間、変更がありません。今の進み具合に合わせてください。",
    "warned": "登録の内容に、確かめるところがあります。各行の「注意」を読んでください。",
    "unfinished": "まだオンライン化していない手続です。目標日の近いものから進めてください。",
    "target": "オンライン化の対象になる手続のすべてです。",
}
"""What a team can look at when nothing waits, with a sentence on it."""
QUEUE = WAITING | LATER
_REASONS = {
    "to_confirm": "{confirm}日より長く、変更も確認もありません。",
    "issue_due": "課題の期限が過ぎているか、{notice}日以内に来ます。",
    "deciding": "支障はまだ見つかっていません。",
}
"""Why a procedure is in a set whose name does not say it."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One named set with its count; ``needs_a_look`` where somebody waits or a day has passed."""

    key: str
    label: str
    count: int
    needs_a_look: bool = False


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """What waits for a team that has ``total`` procedures."""

    total: int
    items: tuple[QueueItem, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any(item.count for item in self.items)


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """Where a team stands: what it can look at besides (``items``), and its オンライン化率.

    ``left_out`` is what ``online`` leaves out.
    """

    items: tuple[QueueItem, ...]
    online: Ratio
    left_out: tuple[QueueItem, ...]


def what_to_do(key: str) -> str:
    """What a named set asks of the team, with the reason; "" for one that is not in the queue."""
    reason = _REASONS.get(key, "").format(
        confirm=settings.CONFIRM_DAYS, notice=settings.ISSUE_NOTICE_DAYS
    )
    return reason + QUEUE.get(key, "")


def work_queue(department_ids: Collection[int], on: date) -> WorkQueue:
    """The queue of the team of these departments on the day ``on``, in one query."""
    counts = counts_of_departments(department_ids, ("all", *WAITING), on=on)
    return WorkQueue(counts["all"], _items(WAITING, counts))


def team_figures(department_ids: Collection[int], on: date) -> TeamFigures:
    """The figures of the team of these departments on the day ``on``, in one query."""
    counts = counts_of_departments(department_ids, (*LATER, "online", *EXCLUDED), on=on)
    return TeamFigures(
        items=_items(LATER, counts),
        online=Ratio(counts["online"], counts["target"]),
        left_out=_items(EXCLUDED, counts),
    )


def _items(keys: Collection[str], counts: Mapping[str, int]) -> tuple[QueueItem, ...]:
    return tuple(
        QueueItem(key, SELECTIONS[key].label, counts[key], key in URGENT and counts[key] > 0)
        for key in keys
    )
