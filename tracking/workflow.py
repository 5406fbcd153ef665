"""The states of a migration plan and what each requires, as one table. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from procedures.spreadsheet.codes import STATUSES, labels


class Status(StrEnum):
    """状況 of a plan. Any move is allowed; what a state requires stands in ``REQUIREMENTS``."""

    NOT_STARTED = "not_started"
    REVIEWING = "reviewing"
    PREPARING = "preparing"
    TESTING = "testing"
    ONLINE = "online"
    ON_HOLD = "on_hold"


STATUS_LABELS: dict[Status, str] = {
    Status(value): label for value, label in labels(STATUSES).items()
}

USUAL_WAY: tuple[Status, ...] = (
    Status.NOT_STARTED,
    Status.REVIEWING,
    Status.PREPARING,
    Status.TESTING,
    Status.ONLINE,
)
"""The order in which a plan usually moves; any other move is allowed too, and each is recorded."""


class Requirement(StrEnum):
    """What a plan must have before it may be in a state."""

    SERVICE = "service"
    SERVICE_REASON = "service_reason"
    LAUNCHED_ON = "launched_on"
    LAUNCH_NOT_IN_FUTURE = "launch_not_in_future"
    CHECKLIST = "checklist"
    CONSULTATION = "consultation"
    HOLD_REASON = "hold_reason"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What the requirements look at; ``on`` is the day of the decision."""

    status: Status
    on: date
    has_service: bool = False
    departs_from_advice: bool = False
    service_reason: str = ""
    launched_on: date | None = None
    checks_done: bool = False
    checklist_exception: str = ""
    needs_consultation: bool = False
    consultation_agreed: bool = False
    hold_reason: str = ""


REQUIREMENTS: dict[Status, tuple[Requirement, ...]] = {
    Status.NOT_STARTED: (),
    Status.REVIEWING: (),
    Status.PREPARING: (Requirement.SERVICE_REASON,),
    Status.TESTING: (Requirement.SERVICE_REASON,),
    Status.ONLINE: (
        Requirement.SERVICE,
        Requirement.SERVICE_REASON,
        Requirement.CONSULTATION,
        Requirement.LAUNCHED_ON,
        Requirement.LAUNCH_NOT_IN_FUTURE,
        Requirement.CHECKLIST,
    ),
    Status.ON_HOLD: (Requirement.HOLD_REASON,),
}

_IS_MET: dict[Requirement, Callable[[PlanFacts], bool]] = {
    Requirement.SERVICE: lambda plan: plan.has_service,
    Requirement.SERVICE_REASON: lambda plan: (
        not plan.departs_from_advice or bool(plan.service_reason.strip())
    ),
    Requirement.LAUNCHED_ON: lambda plan: plan.launched_on is not None,
    Requirement.LAUNCH_NOT_IN_FUTURE: lambda plan: (
        plan.launched_on is None or plan.launched_on <= plan.on
    ),
    Requirement.CHECKLIST: lambda plan: plan.checks_done or bool(plan.checklist_exception.strip()),
    Requirement.CONSULTATION: lambda plan: not plan.needs_consultation or plan.consultation_agreed,
    Requirement.HOLD_REASON: lambda plan: bool(plan.hold_reason.strip()),
}

REQUIREMENT_LABELS: dict[Requirement, str] = {
    Requirement.SERVICE: "利用サービスが決まっている（方針4）",
    Requirement.SERVICE_REASON: "方針4と違うサービスなら、その理由がある（方針4）",
    Requirement.LAUNCHED_ON: "開始日が決まっている",
    Requirement.LAUNCH_NOT_IN_FUTURE: "開始日が今日より後でない",
    Requirement.CHECKLIST: "公開前の確認3項目が済んでいるか、確認しない理由がある（方針2）",
    Requirement.CONSULTATION: "協議の要るサービスなら、情報政策課との協議が調っている（方針4）",
    Requirement.HOLD_REASON: "保留の理由がある",
}

# The field of the plan at which the sentence belongs, and the sentence.
SENTENCES: dict[Requirement, tuple[str, str]] = {
    Requirement.SERVICE: (
        "service",
        "オンライン化済にするには、利用サービスを選んでください（方針4）。",
    ),
    Requirement.SERVICE_REASON: (
        "service_reason",
        "方針4で使うことになるサービスと種別が違います。準備中から先に進めるには、"
        "違うサービスを使う理由を入力するか、サービスを選び直してください（方針4）。",
    ),
    Requirement.LAUNCHED_ON: (
        "launched_on",
        "オンライン化済にするには、開始日を入力してください。",
    ),
    Requirement.LAUNCH_NOT_IN_FUTURE: (
        "launched_on",
        "開始日が今日より後です。オンライン化済にするのは開始日からにしてください。",
    ),
    Requirement.CHECKLIST: (
        "checklist_exception",
        "オンライン化済にするには、公開前の確認3項目をすべて確認するか、"
        "確認しない理由を入力してください（方針2）。",
    ),
    Requirement.CONSULTATION: (
        "service",
        "このサービスを使うには、情報政策課との協議が必要です（方針4）。"
        "この手続とサービスについての協議が調うと、オンライン化済にできます。協議は、手続のページの"
        "「使う電子申請サービス」から申し込めます。国・県等の指定サービスや方針策定前の"
        "専用システムに当たる場合は、手続のその欄を「はい」にしてください。",
    ),
    Requirement.HOLD_REASON: (
        "hold_reason",
        "保留にするには、その理由を入力してください。",
    ),
}


def unmet(plan: PlanFacts) -> tuple[Requirement, ...]:
    """The requirements of the plan's state that are not met, in the table's order."""
    return tuple(need for need in REQUIREMENTS[plan.status] if not _IS_MET[need](plan))


@dataclass(frozen=True, slots=True)
class Standing:
    """One status and what it requires of a plan: each requirement and whether it is met."""

    status: Status
    needs: tuple[tuple[Requirement, bool], ...]

    @property
    def is_open(self) -> bool:
        """Whether the plan may be in the status as it is."""
        return all(is_met for _, is_met in self.needs)


def standings(plan: PlanFacts) -> tuple[Standing, ...]:
    """What every status requires of ``plan``, whatever its own status is."""
    return tuple(
        Standing(status, tuple((need, _IS_MET[need](plan)) for need in REQUIREMENTS[status]))
        for status in Status
    )
