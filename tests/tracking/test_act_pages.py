"""The pages of まとめ操作: whose they are, what they name, and the way back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import acts
from procedures.actions import update_procedure
from procedures.models import Procedure, Role, Source
from procedures.rules import Answer
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.test_bulk import seen_of
from tracking.actions.bulk import Edit, apply_edit
from tracking.views.acts import LEFT, PAGE, UNDONE

pytestmark = pytest.mark.django_db


def done(by, *procedures, **answers):
    """A bulk edit that ``by`` has done."""
    return apply_edit(edit=Edit(facts=answers), seen=seen_of(*procedures), by=by)


@pytest.fixture
def procedure(department):
    return factories.ProcedureFactory(department=department, name="犬の登録")


@pytest.fixture
def act(member, procedure):
    """An act of the member's."""
    return done(member, procedure, payment=Answer.ONLINE)


def address(act, name="act_detail"):
    return reverse(name, args=[act.pk])


def test_the_page_says_what_was_done_row_by_row(signed_in, member, act, procedure):
    page = text(signed_in(member).get(address(act), {"next": "/team/?q=犬"}))
    assert "金銭納付を「必要（オンライン可）」に" in page
    assert str(procedure) in page
    assert "未調査" in page
    assert 'href="/team/?q=犬"' in page


def test_the_way_back_leads_to_no_other_site(signed_in, member, act):
    page = text(signed_in(member).get(address(act), {"next": "https://example.com/"}))
    assert "example.com" not in page


def test_an_undo_says_what_was_taken_back_and_what_stayed(signed_in, member, department, act):
    other = factories.ProcedureFactory(department=department)
    both = done(member, *Procedure.objects.all(), deliverable=Answer.ONLINE)
    update_procedure(
        procedure_id=other.pk,
        sent={"deliverable": Answer.OFFLINE},
        version=2,
        by=member,
        source=Source.FORM,
    )
    client = signed_in(member)
    page = text(client.get(address(both), {"next": "/team/"}))
    answer = client.post(address(both, "act_undo"), sent_by(page, "undo"), follow=True)
    page = text(answer)
    assert UNDONE.format(act=both) in page
    assert LEFT.format(count=1) in page
    assert f"通知・交付物：{acts.EDITED_SINCE}" in page
    assert str(other) in page
    assert 'href="/team/"' in page
    assert 'id="undo"' not in page


def test_a_second_undo_is_told_who_was_first(signed_in, member, division_person, act):
    acts.undo(act_id=act.pk, by=division_person)
    answer = signed_in(member).post(address(act, "act_undo"), follow=True)
    assert acts.UNDONE_ALREADY.format(person=division_person) in text(answer)


def test_a_leader_sees_the_acts_of_the_team_and_cannot_undo_them(signed_in, department, act):
    leader = factories.UserFactory(role=Role.LEADER, role__department=department)
    client = signed_in(leader)
    assert str(act) in text(client.get(reverse("act_list")))
    assert 'id="undo"' not in text(client.get(address(act)))
    answer = client.post(address(act, "act_undo"))
    assert answer.status_code == 403
    assert acts.NOT_YOURS_TO_UNDO.format(person=act.by) in text(answer)
    act.refresh_from_db()
    assert act.undone_by is None


def test_colleagues_see_neither_list_nor_page(signed_in, department, act):
    client = signed_in(factories.member_of(department))
    assert "まとめ操作はまだありません" in text(client.get(reverse("act_list")))
    assert client.get(address(act)).status_code == 404
    assert client.post(address(act, "act_undo")).status_code == 404


def test_many_rows_come_in_pages(signed_in, member, department):
    rows = factories.ProcedureFactory.create_batch(PAGE + 1, department=department)
    act = done(member, *rows, payment=Answer.ONLINE)
    client = signed_in(member)
    assert len(client.get(address(act)).context["rows"]) == PAGE
    assert len(client.get(address(act), {"page": 2}).context["rows"]) == 1


def test_both_pages_ask_the_same_number_of_queries_for_any_number_of_rows(
    signed_in, member, department
):
    client = signed_in(member)

    def queries(count: int) -> tuple[int, int]:
        for _ in range(count):
            rows = factories.ProcedureFactory.create_batch(count, department=department)
            act = done(member, *rows, payment=Answer.ONLINE)
        with CaptureQueriesContext(connection) as page:
            assert client.get(address(act)).status_code == 200
        with CaptureQueriesContext(connection) as the_list:
            assert client.get(reverse("act_list")).status_code == 200
        return len(page), len(the_list)

    assert queries(1) == queries(12)


def test_what_was_left_out_stands_on_pages_of_its_own(signed_in, member, act):
    act.left_out = [
        {"procedure": None, "name": f"手続{number}番", "reason": "廃止"}
        for number in range(PAGE + 1)
    ]
    act.save()
    client = signed_in(member)

    first, second = (
        text(client.get(address(act), {"left_page": number, "next": "/team/"})) for number in (1, 2)
    )

    assert f"そのままにした手続とその理由（{PAGE + 1}件）" in first
    assert "left_page=2" in first
    assert (f"手続{PAGE}番" in first, f"手続{PAGE}番" in second) == (False, True)
    assert "手続0番" not in second
    assert 'href="/team/"' in second
