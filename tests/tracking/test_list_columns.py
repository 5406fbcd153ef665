"""The columns of a list: what each says, which a person sees, and sorting by their headings."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures.models import ASPECT_FIELDS, Procedure
from tests import factories
from tests.pages import element, same_page, sent_by, text, words
from tracking.actions.personal import choose_columns
from tracking.filters import SORTS
from tracking.forms.columns import TOO_FAR
from tracking.list_columns import BY_KEY, COLUMNS, NAME, NUMBER, STANDARD
from tracking.models import ColumnChoice, MigrationPlan
from tracking.views.columns import SAVED, STANDARD_AGAIN

pytestmark = pytest.mark.django_db
TEAM, LIST = reverse("team"), reverse("procedure_list")
CHOICE = reverse("columns_set", args=["team"])


@pytest.fixture
def procedure(department):
    """A procedure of which every column has something to say."""
    procedure = factories.ProcedureFactory(
        department=department,
        division=department.divisions.get(),
        name="転入の届出",
        clear=True,
        payment="offline",
        in_person="unknown",
    )
    factories.PlanFactory(
        procedure=procedure,
        online=True,
        service=factories.ServiceFactory(name="ぴったり試験"),
        launched_on=date(2026, 4, 1),
        target_date=date(2026, 3, 31),
        national_due=date(2026, 9, 30),
        assignee="試験 花子",
        coverage="partly",
        url="https://example.jp/apply",
    )
    factories.VolumeFactory(procedure=procedure, total=12345)
    factories.IssueFactory(procedure=procedure)
    return procedure


@pytest.fixture
def read(signed_in, member):
    """``read(address)`` gives what the member sees there."""

    def open_page(address=TEAM):
        response = signed_in(member).get(address)
        assert response.status_code == 200
        return text(response)

    return open_page


def headings_of(html: str) -> list[str]:
    """The headings of the table, less those of ticks and actions."""
    head = html.split("<thead>")[1].split("</thead>")[0]
    found = [re.sub("<[^>]*>", "", part).strip() for part in head.split("</th>")]
    return [label for label in found if label and label not in {"選ぶ", "操作"}]


def labels(*keys: str) -> list[str]:
    return [NUMBER.label, NAME.label, *(BY_KEY[key].label for key in keys)]


# --- The table of columns ---------------------------------------------------------------------


def test_the_columns_are_told_apart_and_sort_by_what_there_is():
    assert len({column.key for column in COLUMNS}) == len({one.label for one in COLUMNS})
    assert set(STANDARD) <= set(BY_KEY)
    assert set(ASPECT_FIELDS) <= set(BY_KEY)
    assert {column.sort for column in (NUMBER, NAME, *COLUMNS)} <= {"", *SORTS}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("department", "市民部"),
        ("division", "市民サービス課"),
        ("category", "検討"),
        ("status", "オンライン化済"),
        ("target", "2026/3/31"),
        ("service", "ぴったり試験"),
        ("volume", "12,345"),
        ("assignee", "試験 花子"),
        ("launched", "2026/4/1"),
        ("national_due", "2026/9/30"),
        ("coverage", "一部"),
        ("payment", "要"),
        ("in_person", "未調査"),
        ("attachments", "オンライン可"),
        ("identity_check", "不要"),
        ("other", "なし"),
        ("issues", "1"),
        ("url", "開く ：転入の届出の申請ページ"),
    ],
)
def test_a_column_says_what_is_stored(read, member, procedure, key, said):
    choose_columns(user=member, shown_on="team", columns=[key])
    html = read()
    assert headings_of(html) == labels(key)
    row = words(element(html, f"procedure-{procedure.pk}"))
    assert said in row.split(procedure.name, 1)[1]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_a_column_has_something_to_say_of_a_procedure_of_which_nothing_is_known(
    read, member, department, column
):
    bare = factories.ProcedureFactory(department=department)
    choose_columns(user=member, shown_on="list", columns=[column.key])
    row = element(read(LIST), f"procedure-{bare.pk}")
    cells = [cell for cell in row.children[0].children if not isinstance(cell, str)]
    assert words(cells[3])
    assert ("data-label", column.label) in cells[3].attributes


def test_the_day_of_the_last_confirmation(read, member, procedure):
    choose_columns(user=member, shown_on="team", columns=["confirmed"])
    moment = timezone.make_aware(timezone.datetime(2026, 11, 3, 23, 30))
    Procedure.objects.update(confirmed_at=moment, confirmed_by=member)
    assert "2026/11/3" in words(element(read(), f"procedure-{procedure.pk}"))


def test_what_people_write_is_text_and_not_html(read, member, department):
    choose_columns(user=member, shown_on="team", columns=["assignee", "division"])
    nasty = "<b>{name}</b>{}%s&amp;"
    division = factories.DivisionFactory(department=department, name=nasty)
    procedure = factories.ProcedureFactory(department=department, division=division, name=nasty)
    factories.PlanFactory(procedure=procedure, assignee=nasty)
    html = read(f"{TEAM}?q=&next={{pk}}")
    assert "<b>" not in html
    assert words(element(html, f"procedure-{procedure.pk}")).count("<b>{name}</b>{}%s&amp;") >= 3


def test_the_open_answers_that_decide_the_category_are_called_so(read, department):
    decides = factories.ProcedureFactory(department=department, clear=True, payment="unknown")
    stuck = factories.ProcedureFactory(
        department=department, clear=True, payment="unknown", in_person="offline"
    )
    html = read()
    assert "回答すると区分が決まる項目：金銭納付" in words(element(html, f"procedure-{decides.pk}"))
    assert "未調査：金銭納付" in words(element(html, f"procedure-{stuck.pk}"))


def test_the_number_of_queries_does_not_depend_on_columns_or_rows(
    signed_in, member, procedure, department
):
    client = signed_in(member)
    choose_columns(user=member, shown_on="team", columns=list(BY_KEY))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(TEAM).status_code == 200
        return len(captured)

    before = queries()
    for _ in range(9):
        factories.IssueFactory(
            procedure=factories.PlanFactory(procedure__department=department, online=True).procedure
        )
    assert queries() == before


# --- Sorting ----------------------------------------------------------------------------------


def heading(html: str, label: str):
    head = html.split("<thead>")[1].split("</thead>")[0]
    (found,) = [part for part in head.split("<th ") if f">{label}<" in part]
    return found


def test_a_heading_sorts_upwards_then_downwards_and_keeps_the_filter(read, procedure):
    html = read(f"{TEAM}?q=転入&page=1")
    assert 'href="?q=%E8%BB%A2%E5%85%A5&amp;sort=name"' in heading(html, "手続名")
    assert "aria-sort" not in html

    html = read(f"{TEAM}?q=転入&sort=name")
    assert 'aria-sort="ascending"' in heading(html, "手続名")
    assert "sort=-name" in heading(html, "手続名")
    assert html.count("aria-sort") == 1

    html = read(f"{TEAM}?sort=-name")
    assert 'aria-sort="descending"' in heading(html, "手続名")
    assert 'href="?sort=name"' in heading(html, "手続名")
    assert '<a class="button button--text button--small" href="?">組織順に戻す</a>' in html


@pytest.mark.parametrize("sort", ["random", "--name", "-", "name,pk"])
def test_an_order_that_there_is_not_shows_its_error_and_no_rows(read, procedure, sort):
    html = read(f"{TEAM}?sort={sort}")
    assert "error-summary" in html
    assert 'id="procedure-' not in html


# --- The choice -------------------------------------------------------------------------------


def chosen(member) -> list[tuple[str, tuple[str, ...]]]:
    return list(ColumnChoice.objects.filter(user=member).values_list("shown_on", "columns"))


def test_the_standard_columns_are_shown_until_somebody_chooses(read, procedure):
    usual = [key for key in STANDARD if key != "department"]
    assert headings_of(read()) == labels(*usual)
    assert headings_of(read(LIST)) == labels(*STANDARD)
    sent = sent_by(read(CHOICE), "columns-form")
    assert [key for key in BY_KEY if sent.get(f"show-{key}")] == usual
    assert [sent[f"place-{key}"] for key in usual] == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_person_chooses_columns_and_their_order_for_one_list(
    read, client, member, other_member, procedure
):
    everything_off = {f"show-{key}": None for key in BY_KEY}
    sent = sent_by(read(f"{CHOICE}?next=/team/?q=転入"), "columns-form", **everything_off)
    sent |= {"show-status": "on", "place-status": "2", "show-url": "on", "place-url": ""}
    sent |= {"show-assignee": "on", "place-assignee": "1"}
    response = client.post(CHOICE, sent)
    assert response.status_code == 302
    assert chosen(member) == [("team", ("assignee", "status", "url"))]
    html = text(client.get(response["Location"]))
    assert SAVED in html
    assert headings_of(html) == labels("assignee", "status", "url")
    assert headings_of(read(LIST)) == labels(*STANDARD)
    client.force_login(other_member)
    assert not chosen(other_member)


def test_no_column_at_all_is_a_choice_too(read, client, member, procedure):
    nothing = {f"show-{key}": None for key in BY_KEY}
    client.post(CHOICE, sent_by(read(CHOICE), "columns-form", **nothing))
    assert chosen(member) == [("team", ())]
    assert headings_of(read()) == labels()


def test_the_standard_comes_back(read, client, member, procedure):
    choose_columns(user=member, shown_on="team", columns=["url"])
    assert "標準に戻す" in read(CHOICE)
    response = client.post(CHOICE, {"standard": "on"})
    assert response["Location"] == TEAM
    assert not chosen(member)
    assert STANDARD_AGAIN in read()


def test_a_place_that_is_no_place_is_asked_for_again(read, client, member):
    sent = sent_by(read(CHOICE), "columns-form", **{"place-status": "0"})
    response = client.post(CHOICE, sent)
    assert response.status_code == 422
    assert TOO_FAR in text(response)
    assert not chosen(member)


def test_a_column_that_is_no_more_is_left_out(read, member, procedure):
    choose_columns(user=member, shown_on="team", columns=["gone", "status"])
    assert headings_of(read()) == labels("status")
    assert 'name="show-gone"' not in read(CHOICE)


def test_a_list_that_there_is_not_has_no_columns(signed_in, member):
    assert signed_in(member).get("/columns/dashboard/").status_code == 404


def test_nobody_is_sent_elsewhere(read, client):
    read(CHOICE)
    response = client.post(CHOICE, {"standard": "on", "next": "https://example.com/"})
    assert response["Location"] == TEAM


# --- What can be done in a row ----------------------------------------------------------------


def test_a_row_offers_what_applies_to_it(read, department):
    settled = factories.ProcedureFactory(department=department, clear=True)
    unsure = factories.ProcedureFactory(department=department)
    quiet = factories.ProcedureFactory(department=department, clear=True)
    long_ago = timezone.now() - timedelta(days=200)
    Procedure.objects.filter(pk=quiet.pk).update(changed_at=long_ago)
    html = read()

    def offers(procedure) -> list[bool]:
        row = words(element(html, f"procedure-{procedure.pk}"))
        return [act in row for act in ("編集", "質問に答える", "変更なし確認")]

    assert offers(settled) == [True, False, False]
    assert offers(unsure) == [True, True, False]
    assert offers(quiet) == [True, False, True]


@pytest.mark.parametrize(
    ("key", "act", "place"),
    [("asked", "やりとりを見る", "#comments"), ("issue_due", "課題を見る", "#issues")],
)
def test_in_a_set_that_is_worked_off_on_the_procedures_page_the_row_leads_there(
    read, procedure, key, act, place
):
    factories.CommentFactory(procedure=procedure)
    factories.IssueFactory(procedure=procedure, aspect="payment", due=timezone.localdate())
    address = reverse("procedure_detail", args=[procedure.pk]) + place
    html = read(f"{TEAM}?set={key}")
    assert act in words(element(html, f"procedure-{procedure.pk}"))
    assert f'href="{address}"' in html
    assert act not in read()


def test_rows_can_be_ticked_where_they_may_be_edited(read, signed_in, reader, procedure):
    foreign = factories.ProcedureFactory()
    html = read(LIST)
    box = f'<input type="checkbox" name="procedures" value="{procedure.pk}" form="bulk"'
    assert box in html
    assert f'name="procedures" value="{foreign.pk}"' not in html
    assert "check-cell" not in text(signed_in(reader).get(LIST))


def old(procedure) -> None:
    """Makes the procedure and its plan ones that nobody has touched for long."""
    long_ago = timezone.now() - timedelta(days=200)
    Procedure.objects.update(changed_at=long_ago)
    MigrationPlan.objects.update(changed_at=long_ago)


def confirmation(html: str) -> tuple[str, dict[str, str]]:
    """Where 変更なし確認 of the only row leads, and what a browser sends with it."""
    row = html.split("<tbody")[1]
    address, seen = (
        row.split(f'{name}="')[1].split('"')[0] for name in ("formaction", '"seen" value')
    )
    return address, sent_by(html, "confirm") | {"seen": seen}


def test_a_row_is_confirmed_from_the_list_by_its_button(read, client, procedure):
    old(procedure)
    address, sent = confirmation(read(f"{TEAM}?set=to_confirm"))
    response = client.post(address, sent)
    assert response["Location"] == f"{TEAM}?set=to_confirm"
    assert Procedure.objects.get().confirmed_at is not None


@pytest.mark.parametrize("query", ["", "?figures=open"])
def test_the_answer_to_a_confirmation_is_the_page_as_it_loads_afterwards(
    read, client, procedure, query
):
    old(procedure)
    before = read(TEAM + query)
    address, sent = confirmation(before)
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{TEAM}{query}"}
    answer = client.post(address, sent, headers=here)
    same_page(before, answer, f"procedure-{procedure.pk}", read(TEAM + query))


def test_a_confirmation_of_what_somebody_changed_meanwhile_is_an_error(read, client, procedure):
    old(procedure)
    address, sent = confirmation(read())
    Procedure.objects.update(version=9)
    answer = client.post(address, sent, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert 'data-toast="error"' in text(answer)
    assert Procedure.objects.get().confirmed_at is None
