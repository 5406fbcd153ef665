"""Every answer of a row's edit: the page with it is the page as it loads afterwards."""

from datetime import timedelta

import pytest
from django.test.html import Element
from django.urls import reverse
from django.utils import timezone

from procedures.rules import Answer
from tests import factories
from tests.pages import element, same_page, swapped, text
from tests.tracking.desks import HTMX, Desk

pytestmark = pytest.mark.django_db
LATE = {"plan-target_date": str(timezone.localdate() - timedelta(days=1))}


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` in which only the payment hinders."""
    return factories.ProcedureFactory(
        department=department, name="転入の届出", clear=True, payment=Answer.OFFLINE
    )


@pytest.fixture
def neighbour(procedure):
    """The next row of the same list."""
    return factories.ProcedureFactory(department=procedure.department)


@pytest.fixture(params=["team", "list"])
def desk(request, client, member, neighbour):
    """A member of the team at the team's page, and at the list of the whole office."""
    return Desk(client, member, request.param)


def page_of(desk) -> str:
    return text(desk.client.get(desk.next))


def row_of(procedure) -> str:
    return f"procedure-{procedure.pk}"


def without_htmx(node: Element) -> Element:
    """The element as a page without script has it: no attributes of htmx, no hidden ``next``."""
    node.attributes = [one for one in node.attributes if not one[0].startswith("hx-")]
    for child in node.children:
        if isinstance(child, Element):
            without_htmx(child)
    return node


def test_an_open_edit_changes_its_row_only(desk, procedure):
    old = page_of(desk)
    same_page(old, desk.opens(procedure), row_of(procedure), page_of(desk), but=[row_of(procedure)])


def test_an_open_edit_is_that_of_the_page_without_script(desk, procedure):
    opened = element(swapped(page_of(desk), desk.opens(procedure), row_of(procedure)), "main")
    where = {"shown_on": desk.page, "next": desk.next}
    plain = text(desk.client.get(reverse("row_edit", args=[procedure.pk]), where))
    form = f"row-form-{procedure.pk}"
    mine, theirs = (without_htmx(element(page, form)) for page in (opened, plain))
    for one in (mine, theirs):
        one.children = [child for child in one.children if "csrfmiddlewaretoken" not in str(child)]
    assert mine == theirs


def test_cancelling_gives_the_page_back(desk, procedure):
    old = swapped(page_of(desk), desk.opens(procedure), row_of(procedure))
    where = {"shown_on": desk.page, "next": desk.next}
    answer = desk.client.get(reverse("row", args=[procedure.pk]), where, headers=HTMX)
    same_page(old, answer, row_of(procedure), page_of(desk))


@pytest.mark.parametrize(
    "changes",
    [
        {"answers-payment": "online"},
        LATE | {"plan-status": "preparing"},
        {"plan-status": "on_hold", "plan-hold_reason": "国の様式を待つため"},
        {},
    ],
    ids=["category", "overdue", "hold", "nothing"],
)
def test_a_save_gives_the_page_as_it_loads_afterwards_with_its_counters(desk, procedure, changes):
    before = page_of(desk)
    opened = swapped(before, desk.opens(procedure), row_of(procedure))
    answer = desk.edits(procedure, **changes)
    assert answer.status_code == 200
    same_page(opened, answer, row_of(procedure), page_of(desk))


def test_a_second_save_on_the_same_page_does_too(desk, procedure, neighbour):
    page = swapped(page_of(desk), desk.edits(procedure, **LATE), row_of(procedure))
    answer = desk.edits(neighbour, **LATE)
    same_page(page, answer, row_of(neighbour), page_of(desk))


def test_a_conflict_changes_its_row_only(desk, department, procedure, client):
    opened = desk.opens(procedure)
    page = swapped(page_of(desk), opened, row_of(procedure))
    other = Desk(type(client)(), factories.member_of(department), desk.page)
    other.edits(procedure, **{"plan-target_date": "2031-01-31"})
    answer = desk.saves(procedure, opened, **{"plan-target_date": "2031-03-31"})
    assert answer.status_code == 409
    # What the other person changed is counted on this page when it is loaded or saved next.
    same_page(page, answer, row_of(procedure), page_of(desk), but=[row_of(procedure), "queue"])


def test_a_refused_save_changes_its_row_only_and_the_next_one_gives_the_fresh_page(desk, procedure):
    opened = desk.opens(procedure)
    page = swapped(page_of(desk), opened, row_of(procedure))
    refused = desk.saves(procedure, opened, **LATE | {"plan-status": "on_hold"})
    assert refused.status_code == 422
    same_page(page, refused, row_of(procedure), page_of(desk), but=[row_of(procedure)])

    page = swapped(page, refused, row_of(procedure))
    reason = {"plan-hold_reason": "国の様式を待つため"}
    saved = desk.saves(procedure, text(refused), **reason)
    same_page(page, saved, row_of(procedure), page_of(desk))


def test_a_row_that_is_not_yours_any_more_leaves_the_page_as_it_is(
    desk, procedure, other_department
):
    opened = desk.opens(procedure)
    page = swapped(page_of(desk), opened, row_of(procedure))
    type(procedure).objects.filter(pk=procedure.pk).update(department=other_department)
    refused = desk.saves(procedure, opened, **LATE)
    assert refused.status_code == 403
    same_page(page, refused, row_of(procedure), page)
