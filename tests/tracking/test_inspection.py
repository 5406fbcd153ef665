"""The checks of the inspection, one by one, and 確認済: how long it holds, and for whom."""

import random
from datetime import date
from itertools import product
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures.models import FLAG_FIELDS, Department, Procedure, YearlyVolume
from procedures.plausibility import Doubt, YearVolume, questions
from procedures.rules import Answer, Facts, Service, advise_service
from tests import factories
from tests.tracking.inventories import NOW, TODAY
from tests.tracking.sights import (
    DAY,
    DROPPED,
    PERSON,
    SIGHTS,
    TOMORROW,
    YESTERDAY,
    assigned,
    everything,
    made,
    online,
    outside,
    served,
    totals,
)
from tracking.actions.inspection import (
    NO_REASON,
    UNTIL_PAST,
    FindingsChanged,
    dismiss,
    last_day,
    take_back,
    usual_day,
)
from tracking.checks import CHECKS, Severity, years_after
from tracking.inspection import (
    dismissed_keys,
    findings,
    held_dismissals,
    inspected_by,
    open_details,
    open_keys,
    tallies,
    token_of,
)
from tracking.models import Dismissal, MigrationPlan
from tracking.timeline import timeline

pytestmark = pytest.mark.django_db

REASON = "元の資料と照らして、正しいことを確かめたため"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def found_in(procedure: Procedure, on: date = TODAY) -> set[str]:
    """The keys of the checks that find something in it."""
    counted = tallies(Procedure.objects.filter(pk=procedure.pk), CHECKS.values(), on)
    return {tally.check.key for tally in counted if tally.open_count}


# --- The checks --------------------------------------------------------------------------------


def test_every_check_has_its_two_sights_and_there_are_enough():
    assert SIGHTS.keys() == CHECKS.keys()
    assert len(CHECKS) >= 20
    assert {check.severity for check in CHECKS.values()} == set(Severity)


def test_the_gravest_stand_first():
    order = list(Severity)
    found = [order.index(check.severity) for check in CHECKS.values()]
    assert found == sorted(found)


@pytest.mark.parametrize("key", SIGHTS)
def test_a_check_finds_its_row_and_no_other_check_does(key):
    assert found_in(SIGHTS[key].found()) == {key}


@pytest.mark.parametrize("key", SIGHTS)
def test_a_check_leaves_the_nearest_row_alone(key):
    assert key not in found_in(SIGHTS[key].clean())


@pytest.mark.parametrize("key", SIGHTS)
def test_a_finding_says_what_it_is_about_and_what_to_do(key):
    check, procedure = CHECKS[key], SIGHTS[key].found()

    (finding,) = findings(check, [procedure.pk], TODAY)

    assert finding.procedure == procedure
    assert finding.detail
    assert "None" not in finding.detail
    assert check.meaning.endswith("。")
    assert check.remedy.endswith("。")


def test_a_detail_has_the_values():
    procedure = made(volumes={2025: (12_345, None), 2024: (1_000, None)})
    (finding,) = findings(CHECKS["tenfold"], [procedure.pk], TODAY)
    assert finding.detail == "令和7年度（2025年度）は12,345件、前年度は1,000件"


@pytest.mark.parametrize(
    "make",
    [
        lambda: made(plan=online(launched_on=date(2025, 4, 1)), scope="outside"),
        lambda: made(volumes=totals(5, 50), abolished_on=TODAY),
        lambda: made(basis="", abolished_on=TODAY),
        lambda: made(volumes=totals(5, 50, 55)),  # the leap is not in the newest year
        lambda: made(volumes={2023: (5, None), 2025: (50, None)}),  # a year lies between
        lambda: made(volumes=totals(7, 7)),  # of two years only
        lambda: made(plan={"assignee": "係長"}),  # never had an account
        lambda: made(payment=Answer.OFFLINE, plan={"status": "reviewing"}),
        lambda: made(in_person=Answer.ONLINE, issue=DROPPED),
        lambda: made(department=None, name="犬の登録") and made(department=None, name="犬の登録"),
    ],
)
def test_nothing_is_wrong_here(make):
    assert found_in(make()) == set()


def test_somebody_who_may_no_longer_sign_in_is_in_charge_of_nothing():
    assert found_in(assigned(is_active=False)) == {"assignee_gone"}


def test_the_division_may_be_in_charge_anywhere():
    factories.division_person(display_name=PERSON)
    assert found_in(made(plan={"assignee": PERSON})) == set()


@pytest.mark.parametrize("state", ["asked", "discussing", "withdrawn"])
def test_a_consultation_that_is_not_agreed_does_not_let_anything_online(state):
    assert found_in(outside(state)) == {"online_without_consultation"}


@pytest.mark.parametrize("flag", ["designated_service", "legacy_service"])
def test_what_is_designated_or_was_there_before_needs_no_consultation(flag):
    assert found_in(outside(None, **{flag: True})) == set()


def test_an_agreement_on_another_service_or_procedure_is_none():
    procedure = outside(None)
    factories.ConsultationFactory(procedure=procedure, agreed=True)
    factories.ConsultationFactory(service=procedure.plan.service, agreed=True)
    assert found_in(procedure) == {"online_without_consultation"}


def test_a_service_with_a_reason_is_not_against_the_policy():
    plan = served(Service.OTHER) | {"service_reason": "専用の画面が要るため"}
    assert found_in(made(plan=plan)) == set()


def test_a_division_that_has_gone_is_found_too():
    division = factories.DivisionFactory(valid_to=YESTERDAY)
    procedure = made(department=division.department, division=division)
    assert found_in(procedure) == {"unit_gone"}


def test_the_service_is_the_one_that_the_rules_advise():
    services = {kind: factories.ServiceFactory(kind=kind.value) for kind in Service}
    department = factories.DepartmentFactory()
    expected = set()
    for values, kind in product(product((False, True), repeat=len(FLAG_FIELDS)), Service):
        flags = dict(zip(FLAG_FIELDS, values, strict=True))
        plan = {"service": services[kind]}
        procedure = factories.ProcedureFactory(department=department, **flags)
        factories.PlanFactory(procedure=procedure, **plan)
        if advise_service(Facts(**flags)).service is not kind:
            expected.add(procedure.pk)

    found = CHECKS["service_against_policy"].rows(Procedure.objects.all(), TODAY)

    assert set(found.values_list("pk", flat=True)) == expected


def test_slips_of_the_pen_are_those_that_the_input_asks_about():
    doubts = {
        Doubt.TENFOLD: "tenfold",
        Doubt.TENTH: "tenth",
        Doubt.SAME_TOTAL: "same_total",
        Doubt.SHARE_FELL: "share_fell",
    }
    draw = random.Random(20261123)
    department = factories.DepartmentFactory()
    expected: dict[str, set[int]] = {key: set() for key in doubts.values()}
    for _ in range(250):
        procedure = factories.ProcedureFactory(department=department)
        years = []
        for year in range(2022, 2026):
            total = draw.choice([None, 0, 1, 5, 49, 50, 50, 50, 499, 500, 2**62])
            shares = [None, 0, (total or 0) // 2, (total or 0) * 7 // 10, total]
            years.append(YearVolume(year, total, draw.choice(shares)))
        YearlyVolume.objects.bulk_create(
            YearlyVolume(
                procedure=procedure, fiscal_year=one.fiscal_year, total=one.total, online=one.online
            )
            for one in years
        )
        known = [one for one in years if one.total is not None]
        for question in questions(known[-1], years, on=TODAY) if known else ():
            if question.doubt in doubts:
                expected[doubts[question.doubt]].add(procedure.pk)

    for key, procedures in expected.items():
        found = CHECKS[key].rows(Procedure.objects.all(), TODAY)
        assert set(found.values_list("pk", flat=True)) == procedures, key
        assert procedures, f"{key} was never drawn"


def test_a_leap_year_has_its_year_before():
    assert years_after(date(2028, 2, 29), -1) == date(2027, 2, 28)
    assert years_after(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert years_after(date(2026, 3, 1), 2) == date(2028, 3, 1)


# --- Counting ----------------------------------------------------------------------------------


def test_every_count_is_that_of_its_rows():
    everything()
    inventory = Procedure.objects.all()

    for tally in tallies(inventory, CHECKS.values(), TODAY):
        keys = open_keys(tally.check, inventory, TODAY)
        assert tally.open_count == len(keys) == len(set(keys)) > 0, tally.check.key
        assert keys == [
            procedure.pk for procedure in inventory.in_office_order() if procedure.pk in keys
        ]


def test_the_counts_take_the_same_number_of_queries_however_many_rows_there_are(division_person):
    check = CHECKS["without_basis"]
    made(basis="")
    dismiss_all(check, by=division_person)
    with CaptureQueriesContext(connection) as few:
        tallies(Procedure.objects.all(), CHECKS.values(), TODAY)
    for _ in range(10):
        made(basis="", volumes=totals(5, 50))
    dismiss_all(check, by=division_person)
    with CaptureQueriesContext(connection) as many:
        tallies(Procedure.objects.all(), CHECKS.values(), TODAY)

    assert len(many) == len(few) == 3


# --- 確認済 ------------------------------------------------------------------------------------


def dismiss_all(check, *, by, until: date = TODAY, procedures=None, **changes: Any) -> int:
    """確認済 of all that the check finds."""
    seen = open_details(check, procedures or Procedure.objects.all(), TODAY)
    return dismiss(
        **{"check": check, "seen": seen, "reason": REASON, "until": until} | changes, by=by
    )


@pytest.fixture
def late(department):
    """A procedure of ``department`` whose target date has passed."""
    return made(department=department, plan={"target_date": YESTERDAY}, division=only(department))


def only(department: Department):
    """The one division of ``department``."""
    return department.divisions.get()


OVERDUE = CHECKS["overdue"]


def counted(on: date = TODAY) -> tuple[int, int]:
    """How many findings of 期限超過 wait, and how many are 確認済."""
    (tally,) = tallies(Procedure.objects.all(), [OVERDUE], on)
    return tally.open_count, tally.dismissed_count


def test_a_dismissed_finding_waits_for_nobody(late, member):
    assert counted() == (1, 0)

    assert dismiss_all(OVERDUE, by=member) == 1

    assert counted() == (0, 1)
    assert open_keys(OVERDUE, Procedure.objects.all(), TODAY) == []
    dismissal = Dismissal.objects.get()
    assert (dismissal.dismissed_by, dismissal.reason) == (member, REASON)
    assert dismissal.dismissed_at == NOW
    assert dismissed_keys(Procedure.objects.all(), CHECKS.values(), TODAY) == [dismissal.pk]


def test_it_holds_on_its_last_day_and_not_on_the_next(late, member):
    dismiss_all(OVERDUE, by=member, until=TOMORROW)

    assert counted(TOMORROW) == (0, 1)
    assert counted(TOMORROW + DAY) == (1, 0)
    assert dismissed_keys(Procedure.objects.all(), CHECKS.values(), TOMORROW + DAY) == []
    (finding,) = findings(OVERDUE, [late.pk], TOMORROW + DAY)
    assert finding.earlier == Dismissal.objects.get()


def test_it_holds_only_while_the_values_are_the_same(late, member):
    dismiss_all(OVERDUE, by=member)

    MigrationPlan.objects.update(target_date=YESTERDAY - DAY)
    assert counted() == (1, 0)

    MigrationPlan.objects.update(target_date=YESTERDAY)
    assert counted() == (0, 1)


def test_it_is_about_one_check_alone(late, member):
    late.legal_bases.all().delete()
    dismiss_all(OVERDUE, by=member)
    assert found_in(late) == {"without_basis"}


def test_dismissing_again_writes_the_same_row(late, member, division_person):
    dismiss_all(OVERDUE, by=member)
    MigrationPlan.objects.update(target_date=YESTERDAY - DAY)

    dismiss_all(OVERDUE, by=division_person, reason="改めて確かめたため")

    dismissal = Dismissal.objects.get()
    assert (dismissal.dismissed_by, dismissal.reason) == (division_person, "改めて確かめたため")
    assert counted() == (0, 1)
    kinds = list(Dismissal.history.order_by("history_id").values_list("history_type", "by_name"))
    assert kinds == [("+", str(member)), ("~", str(division_person))]


def test_what_was_taken_back_waits_again_and_stays_in_the_history(late, member):
    dismiss_all(OVERDUE, by=member)

    assert take_back(keys=[Dismissal.objects.get().pk], by=member) == 1

    assert counted() == (1, 0)
    last = Dismissal.history.order_by("history_id").last()
    assert (last.history_type, last.reason, last.by_name) == ("-", REASON, str(member))
    said = [change.subject for entry in timeline(late) for change in entry.changes]
    assert "点検「目標日を過ぎている（1年以内）」の確認済" in said


def test_what_is_gone_cannot_be_taken_back_twice(late, member):
    dismiss_all(OVERDUE, by=member)
    key = Dismissal.objects.get().pk
    take_back(keys=[key], by=member)
    assert take_back(keys=[key], by=member) == 0
    assert Dismissal.history.count() == 2


def test_another_team_can_neither_dismiss_nor_take_back(late, member, other_member, reader):
    for stranger in (other_member, reader):
        with pytest.raises(PermissionDenied):
            dismiss_all(OVERDUE, by=stranger)
    assert not Dismissal.objects.exists()

    dismiss_all(OVERDUE, by=member)
    for stranger in (other_member, reader):
        with pytest.raises(PermissionDenied):
            take_back(keys=[Dismissal.objects.get().pk], by=stranger)
    assert counted() == (0, 1)


def test_one_row_of_another_team_stops_the_whole(late, other_department, member):
    made(department=other_department, plan={"target_date": YESTERDAY})
    with pytest.raises(PermissionDenied):
        dismiss_all(OVERDUE, by=member)
    assert not Dismissal.objects.exists()
    assert Dismissal.history.count() == 0


def test_many_at_once_have_one_reason_and_one_moment(department, division_person):
    for _ in range(3):
        made(plan={"target_date": YESTERDAY})
    assert dismiss_all(OVERDUE, by=division_person) == 3
    assert set(Dismissal.objects.values_list("reason", "dismissed_at")) == {(REASON, NOW)}
    assert Dismissal.history.count() == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda: MigrationPlan.objects.update(target_date=YESTERDAY - DAY),
        lambda: MigrationPlan.objects.update(target_date=TOMORROW),
    ],
)
def test_what_changed_since_it_was_seen_is_not_dismissed(late, member, change):
    seen = open_details(OVERDUE, Procedure.objects.all(), TODAY)
    change()
    with pytest.raises(FindingsChanged):
        dismiss_all(OVERDUE, by=member, seen=seen)
    assert not Dismissal.objects.exists()


def test_what_somebody_else_dismissed_meanwhile_is_not_dismissed_again(late, member):
    seen = open_details(OVERDUE, Procedure.objects.all(), TODAY)
    dismiss_all(OVERDUE, by=member)
    with pytest.raises(FindingsChanged):
        dismiss_all(OVERDUE, by=member, seen=seen)


@pytest.mark.parametrize("reason", ["", "  ", "　"])
def test_a_reason_must_be_given(late, member, reason):
    with pytest.raises(ValidationError) as refusal:
        dismiss_all(OVERDUE, by=member, reason=reason)
    assert refusal.value.message_dict == {"reason": [NO_REASON]}


def test_the_day_lies_within_two_years(late, member):
    assert usual_day(TODAY) == date(2027, 11, 23)
    assert last_day(TODAY) == date(2028, 11, 23)
    with pytest.raises(ValidationError) as refusal:
        dismiss_all(OVERDUE, by=member, until=YESTERDAY)
    assert refusal.value.message_dict == {"until": [UNTIL_PAST]}
    with pytest.raises(ValidationError) as refusal:
        dismiss_all(OVERDUE, by=member, until=last_day(TODAY) + DAY)
    assert "2028年11月23日" in refusal.value.message_dict["until"][0]

    assert dismiss_all(OVERDUE, by=member, until=last_day(TODAY)) == 1


def test_the_token_is_that_of_rows_and_values():
    assert token_of({1: "甲", 2: "乙"}) == token_of({2: "乙", 1: "甲"})
    others = [{1: "甲"}, {1: "甲", 2: "丙"}, {1: "甲", 3: "乙"}, {}]
    assert len({token_of(seen) for seen in [{1: "甲", 2: "乙"}, *others]}) == 5


def test_each_person_sees_the_findings_that_are_theirs(late, other_department, member,
                                                       other_member, reader, division_person,
                                                       administrator):  # fmt: skip
    made(department=other_department, plan={"target_date": YESTERDAY})
    made(department=None, plan={"target_date": YESTERDAY})
    seen = {
        person: len(open_keys(OVERDUE, inspected_by(person), TODAY))
        for person in (member, other_member, reader, division_person, administrator)
    }
    assert list(seen.values()) == [1, 1, 0, 3, 3]


def test_every_check_can_be_dismissed(division_person):
    everything()
    inventory = Procedure.objects.all()
    for check in CHECKS.values():
        dismiss_all(check, by=division_person)
        assert open_keys(check, inventory, TODAY) == []
        assert held_dismissals(check, inventory, TODAY)
    assert all(not tally.open_count for tally in tallies(inventory, CHECKS.values(), TODAY))
