"""支障: what the page says equals brute force over procedures, and opens exactly its rows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations, permutations, product
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.models import ASPECT_FIELDS, Procedure
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Aspect
from tests import factories
from tests.tracking.inventories import (
    CLEAR,
    NOW,
    TODAY,
    Case,
    Obstacle,
    build,
    cases,
    keys_behind,
    rows_behind,
)
from tracking.forms.saved_filters import conditions_of
from tracking.hindrances import Amount
from tracking.models import Issue, SharedMeasure
from tracking.views.leverage import FELT_SHOWN
from tracking.views.offers import Linked

pytestmark = pytest.mark.django_db
URL = "/dashboard/leverage/"
EVERY_SET = [
    frozenset(some)
    for some in chain.from_iterable(combinations(Aspect, size) for size in range(1, 8))
]
FEW = 4  # aspects that differ in the drawn inventories, so that sets of them come about often


def examples(number: int):
    """Hypothesis over a database: each example is rolled back, so the fixtures stay as they are."""
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def inventories() -> st.SearchStrategy[list[Case]]:
    """Of every kind, with obstacles among the first ``FEW`` aspects."""
    answer = st.sampled_from(["not_needed", "not_needed", "online", "offline", "unknown"])
    answers = st.tuples(*[answer] * FEW).map(lambda some: (*some, *CLEAR[FEW:]))
    hindered = st.builds(
        lambda case, answers: replace(case, answers=answers, exemption="", scope="inbound"),
        cases(),
        answers,
    )
    return st.lists(hindered | cases(), min_size=6, max_size=18)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    return [factories.DepartmentFactory() for _ in range(3)]


@pytest.fixture
def desk(signed_in, division_person):
    return signed_in(division_person)


def answers(**given: str) -> tuple[str, ...]:
    """Nothing is needed but what is named."""
    return tuple(given.get(field, "not_needed") for field in ASPECT_FIELDS)


def obstacles(case: Case) -> frozenset[str]:
    return frozenset(
        a for a, one in zip(ASPECT_FIELDS, case.answers, strict=True) if one == "offline"
    )


def is_surveyed(case: Case) -> bool:
    return "unknown" not in case.answers


def amount(found: Iterable[Case]) -> Amount:
    volumes = [case.annual_volume for case in found]
    known = [volume for volume in volumes if volume is not None]
    return Amount(len(volumes), sum(known), len(volumes) - len(known))


def freed(unfinished: list[Case], solved: Iterable[str], *, is_possible: bool) -> list[Case]:
    """Walk through the procedures one by one, strike what is solved, keep those left with none."""
    return [
        case
        for case in unfinished
        if obstacles(case)
        and not any(aspect not in set(solved) for aspect in obstacles(case))
        and (is_possible or is_surveyed(case))
    ]


def score(unfinished: list[Case], order: tuple[str, ...], by: str, *, is_possible: bool):
    """The sums over the steps of what is free after each, the yardstick's first."""
    after = [
        amount(freed(unfinished, order[: n + 1], is_possible=is_possible))
        for n in range(len(order))
    ]
    pairs = [(one.procedure_count, one.application_count) for one in after]
    first = 0 if by == "procedures" else 1
    return sum(pair[first] for pair in pairs), sum(pair[1 - first] for pair in pairs)


def check_rows(linked: Linked) -> None:
    """Each number of an amount opens as many rows as it says, or the rows that it is the sum of."""
    assert len(keys_behind(linked.url)) == linked.amount.procedure_count
    known = [row.annual_volume for row in rows_behind(linked.known_url)]
    assert sum(known) == linked.amount.application_count
    assert len(keys_behind(linked.unknown_url)) == linked.amount.unknown_count


def check_page(context, unfinished: list[Case], by: str, bound: str) -> None:
    """Everything that is computed on the page, for the procedures of its office or department."""
    is_possible = bound == "possible"
    offers = {one.offer.aspects: one.offer for one in context["obstacles"]}
    offers |= {one.aspects: one for one in context["sets"]}
    for solved in EVERY_SET:
        most = amount(freed(unfinished, solved, is_possible=True))
        least = amount(freed(unfinished, solved, is_possible=False))
        if len(solved) > 1 and not most.procedure_count:
            assert solved not in offers
            continue
        assert offers[solved].possible.amount == most
        assert offers[solved].certain.amount == least
    for row in context["obstacles"]:
        assert row.having.amount == amount(c for c in unfinished if row.aspect in obstacles(c))
    open_cases = [case for case in unfinished if not obstacles(case)]
    assert context["free"].amount == amount(filter(is_surveyed, open_cases))
    assert context["unsurveyed"].amount == amount(c for c in open_cases if not is_surveyed(c))
    check_orders(context["orders"], unfinished, by, is_possible=is_possible)


def check_orders(orders, unfinished: list[Case], by: str, *, is_possible: bool) -> None:
    counted = [case for case in unfinished if is_possible or is_surveyed(case)]
    present = {aspect for case in counted for aspect in obstacles(case)}
    in_turn = [aspect for aspect in ASPECT_FIELDS if aspect in present]
    if not in_turn:
        assert orders == []
        return
    found = {order.key: [_aspect(row) for row in order.rows] for order in orders}
    if len(in_turn) <= FEW:
        best = max(
            permutations(in_turn),
            key=lambda order: score(counted, order, by, is_possible=True),
        )
        assert found.get("best", found.get("same")) == list(best)
    assert set(found) in ({"same"}, {"greedy", "best"})
    if len(found) == 2:
        assert found["greedy"] != found["best"]
    for order in orders:
        before = Amount()
        for place, row in enumerate(order.rows, start=1):
            after = amount(freed(counted, found[order.key][:place], is_possible=True))
            assert row.after.amount == after
            assert before + row.step.amount == after
            before = after


def _aspect(row) -> str:
    return QueryDict(urlsplit(row.step.url).query)["obstacle"]


@examples(10)
@given(inventory=inventories())
def test_the_page_says_what_brute_force_finds(units, desk, inventory):
    with transaction.atomic():
        build(inventory, units)
        unfinished = [case for case in inventory if case.is_unfinished]
        for by, bound in product(["procedures", "applications"], ["certain", "possible"]):
            query = {"by": by, "bound": bound, "sets": "all"}
            check_page(desk.get(URL, query).context, unfinished, by, bound)
        for index, value in [*enumerate(str(unit.pk) for unit in units), (None, "none")]:
            query = {"by": by, "bound": bound, "sets": "all", "department": value}
            own = [case for case in unfinished if case.unit == index]
            check_page(desk.get(URL, query).context, own, by, bound)
        transaction.set_rollback(True)


@examples(4)
@given(inventory=inventories(), is_office=st.booleans(), bound=st.sampled_from(["certain", ""]))
def test_every_number_opens_exactly_its_rows(units, desk, inventory, is_office, bound):
    with transaction.atomic():
        build(inventory, units)
        query = {"bound": bound} | ({} if is_office else {"department": units[0].pk})
        context = desk.get(URL, query).context
        for row in context["obstacles"]:
            for linked in (row.having, row.offer.certain, row.offer.possible):
                check_rows(linked)
            assert len(keys_behind(row.untouched_url)) == row.untouched_count
        for offer in context["sets"][:4]:
            check_rows(offer.certain)
            check_rows(offer.possible)
        for row in chain.from_iterable(order.rows for order in context["orders"]):
            check_rows(row.step)
            check_rows(row.after)
        check_rows(context["free"])
        check_rows(context["unsurveyed"])
        for row in context["units"]:
            check_rows(row.free)
            for cell in row.cells:
                assert len(keys_behind(cell.url)) == int(cell.text)
            if row.next_step:
                check_rows(row.next_step)
        rows = rows_behind(context["felt_url"])
        known = [row.pk for row in rows if row.annual_volume is not None]
        assert [one.pk for one, _ in context["felt"]] == known[:FELT_SHOWN]
        transaction.set_rollback(True)


@pytest.fixture
def office(units):
    """Two procedures wait for e-payment alone, one of them perhaps for more; two are free."""
    payment = answers(payment="offline")
    found = [
        Case(unit=0, answers=payment, volumes={2025: (1200, None)}),
        Case(unit=0, answers=answers(payment="offline", deliverable="unknown")),
        Case(unit=1, answers=payment),
        Case(unit=1, answers=answers(payment="offline", in_person="offline")),
        Case(unit=1, volumes={2025: (30, None)}),
        Case(unit=None, volumes={2025: (0, None)}),
        Case(unit=2, answers=answers(payment="unknown")),
        Case(unit=2, answers=payment, status="online", volumes={2025: (9000, None)}),
    ]
    return build(found, units)


def test_what_e_payment_unlocks_is_one_row_of_the_page(desk, office):
    response = desk.get(URL)
    (row,) = [row for row in response.context["obstacles"] if row.aspect == Aspect.PAYMENT]
    assert row.having.amount == Amount(4, 1200, 3)
    assert row.offer.certain.amount == Amount(2, 1200, 1)
    assert row.offer.possible.amount == Amount(3, 1200, 2)
    assert response.context["next_step"] is not None
    html = response.content.decode()
    assert "<strong>「金銭納付」</strong>" in html
    assert "うち件数不明" in html
    listed = desk.get(row.offer.certain.url)
    assert listed.context["page_obj"].paginator.count == 2


def test_free_procedures_stand_on_top_with_what_may_be_free(desk, office):
    context = desk.get(URL).context
    assert context["free"].amount == Amount(2, 30, 0)
    assert context["unsurveyed"].amount == Amount(1, 0, 1)


def test_unknown_volumes_are_said_and_are_no_zero(desk, units):
    build([Case(unit=0, answers=answers(payment="offline")), Case(unit=0)], units)
    html = desk.get(URL).content.decode()
    assert html.count("件数不明") >= 3
    assert "不明<br>" in html


def test_without_any_complete_answer_the_open_questions_are_taken_as_no_obstacle(desk, units):
    build([Case(unit=0, answers=answers(payment="offline", in_person="unknown"))], units)
    response = desk.get(URL)
    assert response.context["form"]["bound"].value() == "possible"
    assert response.context["next_step"].aspects == {Aspect.PAYMENT}
    assert "未調査の項目は支障でないとみなすと" in response.content.decode()
    response = desk.get(URL, {"bound": "certain"})
    assert response.context["next_step"] is None
    assert response.context["orders"] == []


def test_a_pair_is_the_next_step_where_no_single_obstacle_frees_anything(desk, units):
    build([Case(unit=0, answers=answers(payment="offline", in_person="offline"))], units)
    response = desk.get(URL)
    assert response.context["next_step"].aspects == {Aspect.PAYMENT, Aspect.IN_PERSON}
    assert "対面＋金銭納付" in response.content.decode()
    assert "組み合わせて初めて" in response.content.decode()


def test_pairs_are_offered_where_both_matter_and_every_set_that_frees_something_when_asked(
    desk, office
):
    both = {Aspect.PAYMENT, Aspect.IN_PERSON}
    assert [one.aspects for one in desk.get(URL).context["sets"]] == [both]
    response = desk.get(URL, {"sets": "all"})
    # Whatever holds payment frees what it frees: all the 63 larger sets that hold it.
    assert len(response.context["sets"]) == response.context["set_count"] == 63


def test_both_orders_are_shown_where_they_differ(desk, units):
    pair = Case(unit=0, answers=answers(payment="offline", in_person="offline"))
    build([*[pair] * 10, Case(unit=0, answers=answers(deliverable="offline"))], units)
    orders = desk.get(URL).context["orders"]
    assert [order.key for order in orders] == ["greedy", "best"]
    assert [_aspect(row) for row in orders[0].rows] == ["deliverable", "in_person", "payment"]
    assert [_aspect(row) for row in orders[1].rows] == ["in_person", "payment", "deliverable"]
    assert [bar.total.text for bar in orders[1].chart.bars] == ["0", "0", "10", "11"]


def test_the_procedures_that_most_people_feel(desk, units):
    volumes = [*range(5, 26), None, 900]
    found = [Case(unit=0, volumes={} if n is None else {2025: (n, None)}) for n in volumes]
    found[-1] = replace(found[-1], status="online")
    build(found, units)
    felt = desk.get(URL).context["felt"]
    assert [one.annual_volume for one, _ in felt] == list(range(25, 5, -1))


def test_shared_measures_stand_beside_their_obstacle(desk, office):
    measure = factories.MeasureFactory(
        name="電子決済の導入", goes_live_on=TODAY + timedelta(days=90)
    )
    factories.MeasureFactory(name="済んだ決済", state=SharedMeasure.State.DONE)
    factories.IssueFactory(
        procedure=office[0], aspect="payment", kind="e_payment", shared_measure=measure
    )
    context = desk.get(URL).context
    (row,) = [row for row in context["obstacles"] if row.aspect == Aspect.PAYMENT]
    assert [(one.measure, one.lead) for one in row.measures] == [(measure, "情報政策課")]
    assert row.measures[0].waiting.issue_count == 1
    assert row.untouched_count == 3
    elsewhere = desk.get(URL, {"department": office[2].department_id}).context
    (row,) = [row for row in elsewhere["obstacles"] if row.aspect == Aspect.PAYMENT]
    assert row.measures[0].waiting.issue_count == 0


def test_issues_are_opened_for_exactly_the_procedures_without_one(desk, office):
    factories.IssueFactory(procedure=office[0], aspect="payment", kind="e_payment")
    # An issue about what is no obstacle of this one, and one that has ended.
    factories.IssueFactory(procedure=office[2], aspect="in_person")
    (row,) = [r for r in desk.get(URL).context["obstacles"] if r.aspect == Aspect.PAYMENT]
    assert row.untouched_count == 3
    page = desk.get(row.open_url)
    assert sorted(page.context["selection"].keys) == sorted(one.pk for one in office[1:4])
    about = {subject.aspect: subject.count for subject, *_ in page.context["form"].rows}
    assert about["payment"] == 3


def test_an_issue_that_has_ended_leaves_its_obstacle_without_one(desk, units):
    payment = Case(unit=0, answers=answers(payment="offline"), issues=(Obstacle("solved"),))
    build([payment], units)
    assert Issue.objects.get().aspect == "payment"
    (row,) = [r for r in desk.get(URL).context["obstacles"] if r.aspect == Aspect.PAYMENT]
    assert row.untouched_count == 1


def test_a_measure_is_registered_for_the_obstacle_it_was_asked_for(desk):
    form = desk.get(f"{reverse('measure_new')}?aspect=payment").context["form"]
    assert (form["aspect"].value(), form["kind"].value()) == ("payment", "e_payment")
    assert desk.get(f"{reverse('measure_new')}?aspect=nothing").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["department=0", "department=9999999999999999999999", "department=x", "by=x", "bound=x"],
)
def test_an_unknown_choice_shows_its_error_and_no_figures(desk, office, query):
    response = desk.get(f"{URL}?{query}")
    assert response.status_code == 200
    assert response.context["form"].errors
    assert "支障ごとの効果" not in response.content.decode()


def test_the_page_of_a_department_keeps_what_was_chosen(desk, office, units):
    html = desk.get(URL, {"by": "applications"}).content.decode()
    assert f"?by=applications&amp;department={units[0].pk}" in html
    html = desk.get(URL, {"department": units[0].pk}).content.decode()
    assert f"対象：{units[0].name}" in html
    assert f"?department={units[0].pk}&amp;sets=all#sets" in html


@pytest.mark.parametrize("person", ["member", "reader"])
def test_it_is_for_the_division(signed_in, request, person):
    response = signed_in(request.getfixturevalue(person)).get(URL)
    assert response.status_code == 403
    assert DIVISION_ONLY in response.content.decode()


def test_an_empty_inventory_says_to_import(desk):
    assert "台帳に手続がまだありません" in desk.get(URL).content.decode()


def test_the_page_takes_as_many_queries_at_5_and_at_200_procedures(desk, units):
    few = [Case(unit=n % 3, answers=answers(payment="offline")) for n in range(5)]
    build(few, units)
    desk.get(URL)  # counts, what later looks only read
    with CaptureQueriesContext(connection) as at_few:
        desk.get(URL)
    build([replace(few[n % 5], volumes={2025: (n, None)}) for n in range(195)], units)
    desk.get(URL)
    with CaptureQueriesContext(connection) as at_many:
        desk.get(URL)
    assert len(at_many) == len(at_few) <= 12, [query["sql"] for query in at_many]


def test_a_list_is_narrowed_to_what_some_obstacles_alone_hinder(office):
    def found(query: str) -> set[int]:
        return set(keys_behind(f"/procedures/?{query}"))

    keys = [one.pk for one in office]
    assert found("set=hindered&solved=payment") == {keys[0], keys[1], keys[2]}
    assert found("set=hindered&solved=payment&solved=in_person") == set(keys[:4])
    assert found("set=hindered&solved=in_person") == set()
    assert found("set=hindered_surveyed&solved=payment") == {keys[0], keys[2]}
    assert found("solved=in_person") == {keys[4], keys[5], keys[6]}
    assert found("volume=unknown") == {keys[1], keys[2], keys[3], keys[6]}
    assert found("volume=known") == {keys[0], keys[4], keys[5], keys[7]}
    assert found("without_issue=in_person") == {keys[3]}


def test_what_is_chosen_several_times_is_kept_in_saved_conditions(office):
    query = QueryDict("solved=payment&solved=in_person&set=hindered&page=2")
    assert QueryDict(conditions_of(query)).getlist("solved") == ["payment", "in_person"]


def test_an_unknown_obstacle_in_the_address_of_a_list_is_refused(desk, office):
    response = desk.get("/procedures/?solved=nothing")
    assert response.status_code == 200
    assert response.context["filter"].form.errors
    assert Procedure.objects.exists()
    assert not response.context["page_obj"].paginator.count
