"""The services of clause 4 through the days: which can be used when, and who uses them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.db.models import Count

from procedures.classification import facts_of
from procedures.models import ApplicationService, Department, Procedure, User
from procedures.rules import ExemptionGround, Facts
from procedures.templatetags.inventory import with_era

from .selections import IN_FORCE
from .workflow import STATUS_LABELS, Status

ENDED = (
    "「{service}」は{day}で利用が終わっています。新しくは選べません。別のサービスを選んでください。"
)
NOT_YET = (
    "「{service}」が使えるのは{day}からで、目標日に間に合いません。"
    "別のサービスを選ぶか、目標日を改めてください。"
)
WILL_END = (
    "{day}に利用が終わりますが、{count:,}件の計画がこのサービスです。移る先を決めてください。"
)
PLANS_LEFT = (
    "{day}に利用が終わりましたが、{count:,}件の計画がこのサービスのままです。計画を改めてください。"
)


class Availability(StrEnum):
    """Where a service stands on a day."""

    NOW = "now"
    NOT_YET = "not_yet"
    ENDED = "ended"


AVAILABILITY_LABELS: dict[Availability, str] = {
    Availability.NOW: "利用可",
    Availability.NOT_YET: "まだ",
    Availability.ENDED: "終了",
}


def facts_for_service(procedure: Procedure) -> Facts:
    """The facts at which clause 4 looks: neither legal bases nor an exemption are; no query."""
    return facts_of(procedure, levels=(), ground=ExemptionGround.NONE)


def availability(service: ApplicationService, on: date) -> Availability:
    """Whether ``service`` can be used on the day ``on``; both its days are days of use."""
    if service.available_until is not None and service.available_until < on:
        return Availability.ENDED
    if service.available_from is not None and service.available_from > on:
        return Availability.NOT_YET
    return Availability.NOW


def objection_to(service: ApplicationService, *, on: date, target_date: date | None) -> str:
    """Why a plan cannot newly take ``service``; empty where it can.

    It must be in use on the day ``on`` or on the target date; without one it may begin later.
    """
    state = availability(service, on)
    if state is Availability.ENDED:
        return ENDED.format(service=service, day=with_era(service.available_until))
    is_too_late = target_date is not None and target_date < (service.available_from or on)
    if state is Availability.NOT_YET and is_too_late:
        return NOT_YET.format(service=service, day=with_era(service.available_from))
    return ""


def offered_services(
    days: Iterable[date | None],
    *,
    also: int | None = None,
    among: Iterable[ApplicationService] | None = None,
) -> list[tuple[int, str]]:
    """Key and name of the services in use on one of ``days`` (None: no day), and of ``also``.

    The first day is today: what has not begun or has ended by then says so. ``among`` are the
    services to look at, all of them where it is not given.
    """
    today, *later = days
    found = []
    for service in ApplicationService.objects.all() if among is None else among:
        states = [availability(service, day) for day in (today, *filter(None, later))]
        is_usable = Availability.NOW in states and states[0] is not Availability.ENDED
        if is_usable or service.pk == also:
            found.append((service.pk, _marked(service, states[0])))
    return found


def _marked(service: ApplicationService, state: Availability) -> str:
    if state is Availability.NOT_YET:
        return f"{service}（{with_era(service.available_from)}から）"
    if state is Availability.ENDED:
        return f"{service}（利用終了）"
    return str(service)


@dataclass(frozen=True, slots=True)
class Use:
    """How many plans use a service, by department (None: 所管未定) and by status.

    Abolished procedures are left out, as in the list behind the numbers (``set=in_force``).
    """

    by_status: dict[Status, int] = field(default_factory=dict)
    by_department: dict[Department | None, dict[Status, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())

    @property
    def statuses(self) -> list[tuple[str, str, int]]:
        """Code, label and number of the statuses that there are, in their usual order."""
        return [
            (status.value, STATUS_LABELS[status], self.by_status[status])
            for status in Status
            if status in self.by_status
        ]

    @property
    def lines(self) -> list["UseLine"]:
        """The departments in the office's order, each with the numbers of ``statuses``."""
        return [
            UseLine(
                department,
                tuple((code, counts.get(Status(code), 0)) for code, _, _ in self.statuses),
            )
            for department, counts in self.by_department.items()
        ]


@dataclass(frozen=True, slots=True)
class UseLine:
    """One department (None: 所管未定) that uses a service, with its number of each status."""

    department: Department | None
    cells: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All its plans with the service."""
        return sum(count for _, count in self.cells)


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One service as it stands on a day; ``warning`` where its end leaves plans behind."""

    service: ApplicationService
    state: Availability
    label: str
    use: Use
    warning: str


def catalogue(
    services: Iterable[ApplicationService], *, user: User, on: date
) -> list[CatalogueRow]:
    """``services`` with who uses them; two queries, however many there are."""
    services = list(services)
    used = _use([service.pk for service in services], user)
    return [_row(service, used.get(service.pk, Use()), on) for service in services]


def _row(service: ApplicationService, use: Use, on: date) -> CatalogueRow:
    state = availability(service, on)
    return CatalogueRow(service, state, AVAILABILITY_LABELS[state], use, _warning(service, use, on))


def _warning(service: ApplicationService, use: Use, on: date) -> str:
    if service.available_until is None or not use.total:
        return ""
    sentence = PLANS_LEFT if availability(service, on) is Availability.ENDED else WILL_END
    return sentence.format(day=with_era(service.available_until), count=use.total)


def _use(service_ids: list[int], user: User) -> dict[int, Use]:
    plans = Procedure.objects.visible_to(user).filter(IN_FORCE, plan__service__in=service_ids)
    counted = (
        plans.order_by()
        .values_list("plan__service", "department", "plan__status")
        .annotate(Count("pk"))
    )
    departments = {unit.pk: unit for unit in Department.objects.all()}
    order = {pk: place for place, pk in enumerate(departments)}  # None comes last
    rows = sorted(counted, key=lambda row: order.get(row[1], len(order)))
    found: dict[int, Use] = {}
    for service, department, status, count in rows:
        use, status = found.setdefault(service, Use()), Status(status)
        use.by_status[status] = use.by_status.get(status, 0) + count
        use.by_department.setdefault(departments.get(department), {})[status] = count
    return found
