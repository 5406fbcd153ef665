"""For each check of the inspection a row that it finds, and the nearest that it does not."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import time_machine

from procedures.models import Procedure
from procedures.rules import Answer, Service
from tests import factories
from tests.tracking.inventories import TODAY, TOKYO
from tracking.models import Consultation, Issue, SharedMeasure

DAY = timedelta(days=1)
YESTERDAY, TOMORROW = TODAY - DAY, TODAY + DAY
A_YEAR_AGO = date(2025, 11, 23)
PERSON = "山田 太郎"


def made(
    *,
    plan: dict[str, Any] | None = None,
    volumes: dict[int, tuple[int | None, int | None]] | None = None,
    issue: dict[str, Any] | None = None,
    basis: str = "municipal",
    exemption: dict[str, Any] | None = None,
    certainty: str = "actual",
    **facts: Any,
) -> Procedure:
    """A procedure in which no check finds anything but for what is said of it here."""
    procedure = factories.ProcedureFactory(**facts)
    if basis:
        factories.LegalBasisFactory(procedure=procedure, level=basis)
    if exemption is not None:
        factories.ExemptionFactory(procedure=procedure, **exemption)
    if plan is not None:
        factories.PlanFactory(procedure=procedure, **plan)
    for year, (total, online) in (volumes or {}).items():
        factories.VolumeFactory(
            procedure=procedure, fiscal_year=year, total=total, online=online, certainty=certainty
        )
    if issue is not None:
        factories.IssueFactory(procedure=procedure, **issue)
    return procedure


def online(**changes: Any) -> dict[str, Any]:
    """A plan that is online since April, with an address."""
    return {"online": True, "url": "https://city.example/apply"} | changes


def served(kind: Service = Service.GENERAL, **service: Any) -> dict[str, Any]:
    """A plan with a service."""
    return {"service": factories.ServiceFactory(kind=kind.value, **service)}


def outside(state: str | None, **facts: Any) -> Procedure:
    """Online, for a reason, with a service outside clause 4; its consultation is in ``state``."""
    service = factories.ServiceFactory(kind=Service.OTHER.value)
    plan = online(service=service, service_reason="専用の画面が要るため")
    procedure = made(plan=plan, **facts)
    if state is not None:
        is_agreed = state == Consultation.State.AGREED
        factories.ConsultationFactory(
            procedure=procedure,
            service=service,
            **({"agreed": True} if is_agreed else {"state": state}),
        )
    return procedure


def totals(*values: int) -> dict[int, tuple[int, None]]:
    """The totals of the last years, the last one in 2025."""
    return {2026 - len(values) + place: (total, None) for place, total in enumerate(values)}


def made_on(day: date, **what: Any) -> Procedure:
    """As ``made``, written on an earlier day."""
    with time_machine.travel(datetime.combine(day, time.min, TOKYO), tick=False):
        return made(**what)


def assigned(*, is_active: bool = True, is_of_the_team: bool = True) -> Procedure:
    """A plan in charge of somebody with an account."""
    procedure = made(plan={"assignee": PERSON})
    team = procedure.department if is_of_the_team else factories.DepartmentFactory()
    factories.member_of(team, display_name=PERSON, is_active=is_active)
    return procedure


def waiting(state: SharedMeasure.State) -> Procedure:
    """An issue that waits for a shared measure in ``state``."""
    measure = factories.MeasureFactory(state=state)
    issue = {"aspect": "payment", "kind": "e_payment", "shared_measure": measure}
    return made(payment=Answer.OFFLINE, issue=issue)


def listed(national_id: str, national_ids: str) -> Procedure:
    """A procedure that is linked to an entry of the national list."""
    entry = factories.NationalPriorityFactory(national_ids=national_ids)
    plan = {"target_date": TOMORROW}
    return made(national_priority=entry, national_id=national_id, plan=plan)


def twice(**second: Any) -> Procedure:
    """Two procedures of one name; the first is given."""
    first = made(name="犬の登録")
    made(**{"name": "犬の 登録", "department": first.department} | second)
    return first


def beside_another(*, is_divided: bool) -> Procedure:
    """A procedure without a division, in a department with another one."""
    division = factories.DivisionFactory()
    made(department=division.department, division=division if is_divided else None)
    return made(department=division.department)


def under_review(on: date) -> Procedure:
    """A procedure whose confirmed exemption is to be looked at again on that day."""
    return made(basis="municipal", exemption={"confirmed": True, "review_on": on})


def exempt(basis: str = "municipal", *, confirmed: bool = True, **what: Any) -> Procedure:
    """A procedure with an exemption on the ground of the city's ordinance."""
    return made(basis=basis, exemption={"confirmed": confirmed}, **what)


class Sight(NamedTuple):
    """Makes a row in which only the check finds something, and the nearest in which it does not."""

    found: Callable[[], Procedure]
    clean: Callable[[], Procedure]


DROPPED = {"state": Issue.State.DROPPED, "closed_on": TODAY}
UNCHECKED = {"items_reviewed": False, "checklist_exception": "方針の前からあるため"}
HELD = {"status": "on_hold", "hold_reason": "条例の改正を待つため"}
NATIONAL_DUE = date(2027, 3, 31)
SIGHTS = {
    "overdue_by_a_year": Sight(
        lambda: made(plan={"target_date": A_YEAR_AGO - DAY}),
        lambda: made(plan={"target_date": A_YEAR_AGO}),
    ),
    "behind_national": Sight(
        lambda: made(plan={"national_due": NATIONAL_DUE, "target_date": NATIONAL_DUE + DAY}),
        lambda: made(plan={"national_due": NATIONAL_DUE, "target_date": NATIONAL_DUE}),
    ),
    "service_ended": Sight(
        lambda: made(plan=served(available_until=YESTERDAY)),
        lambda: made(plan=served(available_until=TODAY)),
    ),
    "online_without_consultation": Sight(lambda: outside(None), lambda: outside("agreed")),
    "exemption_mismatch": Sight(lambda: exempt("national"), lambda: exempt("municipal")),
    "abolished_in_future": Sight(
        lambda: made(abolished_on=TOMORROW), lambda: made(abolished_on=TODAY)
    ),
    "unit_gone": Sight(
        lambda: made(department=factories.DepartmentFactory(valid_to=YESTERDAY)),
        lambda: made(department=factories.DepartmentFactory(valid_to=TODAY)),
    ),
    "overdue": Sight(
        lambda: made(plan={"target_date": YESTERDAY}), lambda: made(plan={"target_date": TODAY})
    ),
    "launched_not_online": Sight(
        lambda: made(plan={"status": "testing", "launched_on": TODAY}),
        lambda: made(plan={"status": "testing", "launched_on": TOMORROW}),
    ),
    "online_with_obstacle": Sight(
        lambda: made(in_person=Answer.OFFLINE, plan=online()),
        lambda: made(in_person=Answer.OFFLINE, plan=online(coverage="partly")),
    ),
    "fee_without_method": Sight(
        lambda: made(payment=Answer.OFFLINE, plan=online()),
        lambda: made(
            payment=Answer.OFFLINE,
            plan=online(),
            issue={"aspect": "payment", "kind": "e_payment"},
        ),
    ),
    "online_without_url": Sight(lambda: made(plan=online(url="")), lambda: made(plan=online())),
    "url_not_secure": Sight(
        lambda: made(plan=online(url="http://city.example/apply")),
        lambda: made(plan=online(url="HTTPS://city.example/apply")),
    ),
    "service_against_policy": Sight(
        lambda: made(core_system=True, plan=served(Service.GENERAL)),
        lambda: made(core_system=True, plan=served(Service.MYNAPORTAL)),
    ),
    "priority_without_date": Sight(
        lambda: made(clear=True), lambda: made(clear=True, plan={"target_date": TOMORROW})
    ),
    "assignee_gone": Sight(lambda: assigned(is_of_the_team=False), assigned),
    "online_volume_not_online": Sight(
        lambda: made(volumes={2025: (100, 1)}), lambda: made(volumes={2025: (100, 0)})
    ),
    "tenfold": Sight(lambda: made(volumes=totals(5, 50)), lambda: made(volumes=totals(5, 49))),
    "tenth": Sight(lambda: made(volumes=totals(50, 5)), lambda: made(volumes=totals(50, 6))),
    "total_unknown": Sight(
        lambda: made(volumes={2025: (None, 1)}), lambda: made(volumes={2025: (None, 0)})
    ),
    "unfinished_year": Sight(
        lambda: made(volumes={2026: (10, None)}),
        lambda: made(volumes={2026: (10, None)}, certainty="estimate"),
    ),
    "more_than_the_country": Sight(
        lambda: made(volumes=totals(100), national_total_volume=99),
        lambda: made(volumes=totals(100), national_total_volume=100),
    ),
    "issue_overdue": Sight(
        lambda: made(in_person=Answer.OFFLINE, issue={"due": YESTERDAY}),
        lambda: made(in_person=Answer.OFFLINE, issue={"due": TODAY}),
    ),
    "issue_settled": Sight(
        lambda: made(in_person=Answer.ONLINE, issue={}),
        lambda: made(in_person=Answer.OFFLINE, issue={}),
    ),
    "issue_waits_for_nothing": Sight(
        lambda: waiting(SharedMeasure.State.DONE), lambda: waiting(SharedMeasure.State.PLANNED)
    ),
    "target_before_issue": Sight(
        lambda: made(
            in_person=Answer.OFFLINE, plan={"target_date": TOMORROW}, issue={"due": TOMORROW + DAY}
        ),
        lambda: made(
            in_person=Answer.OFFLINE, plan={"target_date": TOMORROW}, issue={"due": TOMORROW}
        ),
    ),
    "abolished_with_issues": Sight(
        lambda: made(abolished_on=TODAY, in_person=Answer.OFFLINE, issue={}),
        lambda: made(abolished_on=TODAY, in_person=Answer.OFFLINE, issue=DROPPED),
    ),
    "exempt_but_national": Sight(
        lambda: exempt(national_priority=factories.NationalPriorityFactory()), exempt
    ),
    "exemption_basis_unknown": Sight(
        lambda: exempt("unknown", confirmed=False), lambda: exempt("municipal", confirmed=False)
    ),
    "name_twice": Sight(twice, lambda: twice(abolished_on=TODAY)),
    "other_without_note": Sight(
        lambda: made(other=Answer.OFFLINE), lambda: made(other=Answer.OFFLINE, other_note="押印")
    ),
    "another_national_procedure": Sight(
        lambda: listed("20", "10;200"), lambda: listed("200", "10;200")
    ),
    "more_online_than_all": Sight(
        lambda: made(national_total_volume=5, national_online_volume=6),
        lambda: made(national_total_volume=5, national_online_volume=5),
    ),
    "on_hold_for_a_year": Sight(
        lambda: made_on(A_YEAR_AGO - DAY, plan=HELD), lambda: made_on(A_YEAR_AGO, plan=HELD)
    ),
    "checklist_left_open": Sight(
        lambda: made(plan=online(**UNCHECKED)),
        lambda: made(
            plan=online(**UNCHECKED, launched_on=date(2024, 3, 31)), volumes={2025: (100, 5)}
        ),
    ),
    "same_total": Sight(
        lambda: made(volumes=totals(7, 7, 7)), lambda: made(volumes=totals(8, 7, 7))
    ),
    "share_fell": Sight(
        lambda: made(plan={"status": "testing"}, volumes={2024: (50, 40), 2025: (100, 50)}),
        lambda: made(plan={"status": "testing"}, volumes={2024: (50, 40), 2025: (100, 51)}),
    ),
    "online_volume_unknown": Sight(
        lambda: made(plan=online(launched_on=date(2025, 4, 1))),
        lambda: made(plan=online(launched_on=date(2025, 4, 2))),
    ),
    "nobody_applies_online": Sight(
        lambda: made(plan=online(launched_on=date(2025, 4, 1)), volumes={2025: (50, 0)}),
        lambda: made(plan=online(launched_on=date(2025, 4, 1)), volumes={2025: (49, 0)}),
    ),
    "exemption_review_due": Sight(
        lambda: under_review(TODAY), lambda: under_review(TODAY + timedelta(days=1))
    ),
    "exempt_and_planned": Sight(lambda: exempt(plan={"target_date": TOMORROW}), exempt),
    "shared_name": Sight(
        lambda: twice(department=factories.DepartmentFactory()),
        lambda: twice(department=factories.DepartmentFactory(), abolished_on=TODAY),
    ),
    "scope_unknown": Sight(lambda: made(scope="unknown"), lambda: made(scope="inbound")),
    "without_basis": Sight(lambda: made(basis=""), lambda: made(basis="unknown")),
    "without_division": Sight(
        lambda: beside_another(is_divided=True), lambda: beside_another(is_divided=False)
    ),
}


def everything() -> dict[str, Procedure]:
    """One finding of each check."""
    return {key: sight.found() for key, sight in SIGHTS.items()}
