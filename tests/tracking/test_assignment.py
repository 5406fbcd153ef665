"""The queue of procedures without a department, and giving them one in bulk."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import actions
from procedures.models import Procedure, Source
from procedures.permissions import DIVISION_ONLY
from tests import factories
from tracking.forms.assignment import NOTHING_TICKED
from tracking.views.assignment import PAGE

ADDRESS = "/unassigned/"
QUERIES = 11


@pytest.fixture
def queue(db):
    """Three procedures that nobody owns, two of them about dogs."""
    return [
        factories.ProcedureFactory(unassigned=True, name=name, number=f"Q-{number}")
        for number, name in enumerate(["犬の登録", "犬の死亡届", "墓地の使用許可"], start=1)
    ]


@pytest.fixture
def post(signed_in, division_person):
    """``post(search, **values)`` sends the form of the queue as the division."""

    def send(search="", user=division_person, **values):
        return signed_in(user).post(ADDRESS + search, values)

    return send


def owners() -> dict[str, str | None]:
    """Number → name of the department."""
    return dict(Procedure.objects.order_by("number").values_list("number", "department__name"))


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_the_queue_shows_what_nobody_owns(signed_in, queue, department, person, request):
    owned = factories.ProcedureFactory(department=department, name="よその手続")
    factories.LegalBasisFactory(procedure=queue[0], name="狂犬病予防法", article="第4条")

    text = signed_in(request.getfixturevalue(person)).get(ADDRESS).content.decode()

    for procedure in queue:
        assert f'name="procedures" value="{procedure.pk}"' in text
        assert procedure.name in text
    assert "狂犬病予防法第4条" in text
    assert owned.name not in text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["member", "reader"])
def test_others_have_no_queue(signed_in, queue, department, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(
        ADDRESS, {"procedures": queue[0].pk, "department": department.pk}
    )

    assert response.status_code == 403
    assert DIVISION_ONLY in response.content.decode()
    assert set(owners().values()) == {None}


def test_ticked_procedures_get_the_department_and_leave_the_queue(
    post, client, queue, department, division_person
):
    division = department.divisions.get()

    response = post(
        procedures=[queue[0].pk, queue[2].pk], department=department.pk, division=division.pk
    )

    assert response.status_code == 302
    assert said(response) == ["2件の所管を「市民部　市民サービス課」に決めました。"]
    assert owners() == {"Q-1": "市民部", "Q-2": None, "Q-3": "市民部"}
    assert Procedure.objects.get(number="Q-1").division == division
    row = queue[0].history.get(version=2)
    assert (row.change_source, row.by_name) == (Source.BULK, str(division_person))
    text = client.get(ADDRESS).content.decode()
    assert "犬の死亡届" in text
    assert f'name="procedures" value="{queue[0].pk}"' not in text


def test_the_team_edits_what_its_department_was_given(post, signed_in, queue, department, member):
    address = reverse("facts_edit", args=[queue[0].pk])
    assert signed_in(member).get(address).status_code == 403

    post(procedures=[queue[0].pk], department=department.pk)

    assert signed_in(member).get(address).status_code == 200


def test_nothing_ticked_is_said(post, queue, department):
    response = post(department=department.pk)

    assert response.status_code == 422
    assert NOTHING_TICKED in response.content.decode()


def test_a_missing_department_is_said_and_the_ticks_stay(post, queue):
    response = post(procedures=[queue[1].pk])

    text = response.content.decode()
    assert response.status_code == 422
    assert "部局室を選んでください。" in text
    assert text.count('を選ぶ" checked') == 1
    assert set(owners().values()) == {None}


def test_a_division_of_another_department_is_refused(post, queue, department, other_department):
    foreign = factories.DivisionFactory(department=other_department, name="環境政策課")

    response = post(procedures=[queue[0].pk], department=department.pk, division=foreign.pk)

    assert response.status_code == 422
    assert "課「環境政策課」は市民部にはありません。" in response.content.decode()
    assert set(owners().values()) == {None}


@pytest.mark.parametrize("wrong", [{"department": "999999"}, {"procedures": ["x"]}])
def test_an_impossible_choice_is_refused(post, queue, department, wrong):
    values = {"procedures": [queue[0].pk], "department": department.pk} | wrong

    assert post(**values).status_code == 422
    assert set(owners().values()) == {None}


def test_a_department_that_has_ended_is_not_offered(post, signed_in, queue, division_person):
    ended = factories.DepartmentFactory(name="昔の部", valid_to=date(2020, 3, 31))

    assert "昔の部" not in signed_in(division_person).get(ADDRESS).content.decode()
    assert post(procedures=[queue[0].pk], department=ended.pk).status_code == 422


def test_what_somebody_else_assigned_meanwhile_is_left_alone_and_said(
    post, queue, department, other_department, administrator
):
    actions.assign_department(
        procedure_ids=[queue[0].pk], department=other_department, division=None, by=administrator
    )

    response = post(procedures=[queue[0].pk, queue[1].pk], department=department.pk)

    assert owners() == {"Q-1": "環境部", "Q-2": "市民部", "Q-3": None}
    assert said(response) == [
        "1件の所管を「市民部」に決めました。",
        "選んだ2件のうち1件は、ほかの人が先に所管を決めていたため、変えていません。",
    ]


# --- Search and all that match -----------------------------------------------------------------


def test_the_search_is_the_address(signed_in, queue, division_person):
    text = signed_in(division_person).get(ADDRESS, {"q": "犬"}).content.decode()

    assert "犬の登録" in text
    assert "墓地" not in text


def test_an_invalid_search_shows_its_error_and_no_rows(signed_in, queue, division_person):
    text = signed_in(division_person).get(ADDRESS, {"q": "犬" * 101}).content.decode()

    assert "error-summary" in text
    assert "犬の登録" not in text


def test_a_search_that_finds_nothing_says_what_to_do(signed_in, queue, division_person):
    text = signed_in(division_person).get(ADDRESS, {"q": "猫"}).content.decode()

    assert "当てはまる手続はありません" in text


def test_an_empty_queue_says_so(signed_in, division_person):
    assert "所管未定の手続はありません" in signed_in(division_person).get(ADDRESS).content.decode()


def test_all_that_match_are_asked_about_first_with_their_number_and_a_sample(
    post, queue, department
):
    response = post("?q=犬", everything="on", department=department.pk)

    text = response.content.decode()
    assert response.status_code == 200
    assert "<strong>2件</strong>" in text
    assert "犬の登録" in text
    assert "墓地" not in text
    assert 'name="expected" value="2"' in text
    assert set(owners().values()) == {None}


def test_all_that_match_are_assigned_once_the_number_is_confirmed(post, queue, department):
    response = post("?q=犬", everything="on", expected=2, department=department.pk)

    assert response.status_code == 302
    assert response["Location"].startswith(f"{ADDRESS}?q=")
    assert owners() == {"Q-1": "市民部", "Q-2": "市民部", "Q-3": None}


def test_all_that_match_reach_beyond_one_page_and_not_beyond_the_search(post, department):
    for number in range(PAGE + 5):
        factories.ProcedureFactory(unassigned=True, name=f"犬の届{number}")
    kept = factories.ProcedureFactory(unassigned=True, name="墓地の届")

    post("?q=犬", everything="on", expected=PAGE + 5, department=department.pk)

    assert list(Procedure.objects.unassigned()) == [kept]


def test_another_number_than_the_confirmed_one_asks_again(post, queue, department):
    factories.ProcedureFactory(unassigned=True, name="犬の鑑札の再交付")

    response = post("?q=犬", everything="on", expected=2, department=department.pk)

    text = response.content.decode()
    assert response.status_code == 409
    assert "検索に当てはまる手続が2件から3件に変わりました。" in text
    assert 'name="expected" value="3"' in text
    assert set(owners().values()) == {None}


def test_a_broken_search_assigns_nothing(post, queue, department):
    response = post("?q=" + "犬" * 101, everything="on", expected=3, department=department.pk)

    assert response.status_code == 409
    assert set(owners().values()) == {None}


# --- Pages and queries -------------------------------------------------------------------------


def test_the_queue_is_shown_in_pages_that_keep_the_search(signed_in, division_person):
    for number in range(PAGE + 1):
        factories.ProcedureFactory(unassigned=True, name=f"犬の届{number}", number=f"D-{number:03}")

    client = signed_in(division_person)
    first = client.get(ADDRESS, {"q": "犬"}).content.decode()
    second = client.get(ADDRESS, {"q": "犬", "page": 2}).content.decode()

    assert first.count('name="procedures"') == PAGE
    assert second.count('name="procedures"') == 1
    assert f"D-{PAGE:03}" in second
    assert "q=%E7%8A%AC&amp;page=2" in first


def test_the_queue_takes_the_same_number_of_queries_at_1_and_at_12_rows(
    signed_in, division_person, department
):
    client = signed_in(division_person)
    counts = []
    for rows in (1, 11):
        for _ in range(rows):
            procedure = factories.ProcedureFactory(unassigned=True)
            factories.LegalBasisFactory(procedure=procedure)
            factories.DivisionFactory(department=department)
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            client.get(ADDRESS)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= QUERIES


@pytest.mark.parametrize("key", ["9" * 19, "9" * 5_000, "-1", "²"])
def test_what_cannot_be_a_procedure_is_refused(signed_in, division_person, department, key):
    sent = {"procedures": key, "department": department.pk}

    response = signed_in(division_person).post(ADDRESS, sent)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
