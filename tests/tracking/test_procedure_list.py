"""The office-wide list: everything to read for everyone, 編集 only where the person may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.views.team import ROWS_PER_PAGE

pytestmark = pytest.mark.django_db
LIST = reverse("procedure_list")
QUERIES = 8  # session, person, rights, count, conditions kept, columns, keys, rows


@pytest.fixture
def office(department, other_department):
    """A procedure of each department and one of nobody."""
    return {
        "own": factories.ProcedureFactory(department=department),
        "other": factories.ProcedureFactory(department=other_department),
        "nobody": factories.ProcedureFactory(unassigned=True),
    }


def may_edit(response, procedure) -> bool:
    return f'id="edit-{procedure.pk}"' in text(response)


@pytest.mark.parametrize(
    ("person", "editable"),
    [
        ("reader", set()),
        ("member", {"own"}),
        ("other_member", {"other"}),
        ("division_person", {"own", "other", "nobody"}),
        ("administrator", {"own", "other", "nobody"}),
    ],
)
def test_everyone_reads_everything_and_edits_what_is_theirs(
    signed_in, office, person, editable, request
):
    response = signed_in(request.getfixturevalue(person)).get(LIST)
    assert len(response.context["rows"]) == 3
    assert {name for name, one in office.items() if may_edit(response, one)} == editable


def test_the_button_and_the_server_agree(signed_in, office, member):
    client = signed_in(member)
    page = client.get(LIST)
    for procedure in office.values():
        response = client.get(reverse("row_edit", args=[procedure.pk]))
        assert response.status_code == (200 if may_edit(page, procedure) else 403)


def test_the_list_names_the_department_and_says_where_there_is_none(signed_in, office, reader):
    html = text(signed_in(reader).get(LIST))
    assert "市民部" in words(element(html, f"procedure-{office['own'].pk}"))
    assert "所管未定" in words(element(html, f"procedure-{office['nobody'].pk}"))


def test_the_edit_keeps_the_filter_of_the_list(signed_in, office, member):
    address = f"{LIST}?category=pending&page=1"
    client = signed_in(member)
    html = text(client.get(address))
    edit = dict(element(html, f"edit-{office['own'].pk}").attributes)
    assert edit["href"] == edit["hx-get"]
    form = text(client.get(edit["href"]))
    assert sent_by(form, f"row-form-{office['own'].pk}")["next"] == address


@pytest.mark.parametrize("name", ["team", "procedure_list"])
def test_an_invalid_filter_shows_its_error_and_no_rows(signed_in, office, member, name):
    response = signed_in(member).get(f"{reverse(name)}?status=finished")
    html = text(response)
    assert response.status_code == 200
    assert "finished" in words(element(html, "id_status_error"))
    assert "error-summary" in html
    assert 'id="procedure-' not in html
    assert "条件を直すと、手続が表示されます。" in html


def test_more_than_a_page_is_paged_and_the_filter_goes_along(signed_in, department, reader):
    names = [
        factories.ProcedureFactory(department=department, number=f"{number:03d}").name
        for number in range(ROWS_PER_PAGE + 2)
    ]
    client = signed_in(reader)

    first = client.get(f"{LIST}?category=pending&sort=number")
    assert len(first.context["rows"]) == ROWS_PER_PAGE
    said = " ".join(words_of(first).split())
    assert "27件" in said
    assert "1–25件目" in said
    assert 'href="?category=pending&amp;sort=number&amp;page=2"' in text(first)

    second = client.get(f"{LIST}?category=pending&sort=number&page=2")
    assert [row.name for row in second.context["rows"]] == names[ROWS_PER_PAGE:]
    assert "26–27件目" in words_of(second)


@pytest.mark.parametrize("page", ["0", "99", "x", ""])
def test_a_page_that_there_is_not_is_the_nearest_one(signed_in, office, reader, page):
    response = signed_in(reader).get(f"{LIST}?page={page}")
    assert len(response.context["rows"]) == 3


def test_an_empty_inventory_says_where_procedures_come_from(signed_in, reader):
    assert "管理者が一覧表を取り込むと" in text(signed_in(reader).get(LIST))


def test_the_list_asks_the_database_the_same_at_1_row_and_at_12(signed_in, department, reader):
    client = signed_in(reader)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    def add(count: int) -> None:
        for _ in range(count):
            procedure = factories.ProcedureFactory()
            division = factories.DivisionFactory(department=procedure.department)
            procedure.division = division
            factories.save(procedure, ["division_id"], factories.origin())
            factories.PlanFactory(procedure=procedure, online=True)
            factories.VolumeFactory(procedure=procedure)

    add(1)
    at_one_row = queries()
    add(11)
    assert queries() == at_one_row == QUERIES
    assert QUERIES <= 12


def words_of(response) -> str:
    """Everything that the main part of the page says."""
    return words(element(text(response), "main"))
