"""The edit of one row in its list: who may, what it answers, what it refuses, without script."""

from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from django.urls import reverse
from django.utils import timezone

from procedures.models import Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT, UNASSIGNED_IS_FOR_DIVISION
from procedures.rules import Answer, Category
from tests import factories
from tests.pages import element, sent_by, text, words
from tests.tracking.desks import HTMX, Desk, written
from tracking.actions.plans import plan_of
from tracking.forms.fields import OUTDATED
from tracking.forms.rows import BAD_DATE, BAD_URL
from tracking.models import CHECK_FIELDS, MigrationPlan
from tracking.views.rows import LEFT_THE_LIST, UNCHANGED
from tracking.workflow import SENTENCES, Requirement, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` in which only the payment hinders."""
    return factories.ProcedureFactory(
        department=department, name="転入の届出", clear=True, payment=Answer.OFFLINE
    )


def without_traces(tbody):
    """A row after an edit, less what tells of the edit: its message, its mark, the focus."""
    tbody.attributes = [one for one in tbody.attributes if one[0] != "data-focus-id"]
    row, *messages = [child for child in tbody.children if not isinstance(child, str)]
    row.attributes = [one for one in row.attributes if one != ("class", "is-saved")]
    tbody.children = [row]
    assert all(("class", "is-saved") in message.attributes for message in messages)
    return tbody


def online() -> dict:
    """What the form needs for going online."""
    return {
        "plan-status": "online",
        "plan-service_id": str(factories.ServiceFactory().pk),
        "plan-launched_on": str(timezone.localdate()),
        **{f"plan-{name}": "on" for name in CHECK_FIELDS},
    }


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_edit(client, procedure, person, request):
    desk = Desk(client, request.getfixturevalue(person), page="list")
    assert desk.edits(procedure, **{"plan-target_date": "2027-05-01"}).status_code == 200
    plan = plan_of(procedure)
    assert plan.target_date == date(2027, 5, 1)
    assert plan.history.get().change_source == Source.INLINE


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_nobody_else_edits_another_departments_row(
    client, desk, procedure, person, method, headers, request
):
    sent = sent_by(desk.opens(procedure), f"row-form-{procedure.pk}")
    sent |= {"plan-target_date": "2027-05-01", "answers-payment": "online"}
    before = written()
    client.force_login(request.getfixturevalue(person))

    response = getattr(client, method)(
        reverse("row_edit", args=[procedure.pk]), sent, headers=headers
    )

    assert response.status_code == 403
    assert NOT_YOUR_DEPARTMENT.format(department="市民部") in text(response)
    assert written() == before
    assert not MigrationPlan.objects.exists()
    assert Procedure.objects.get().payment == Answer.OFFLINE


def test_a_procedure_of_no_department_is_not_the_teams(client, member):
    procedure = factories.ProcedureFactory(unassigned=True)
    client.force_login(member)
    response = client.get(reverse("row_edit", args=[procedure.pk]))
    assert response.status_code == 403
    assert UNASSIGNED_IS_FOR_DIVISION in text(response)


def test_a_row_that_does_not_exist_is_not_found(client, member):
    client.force_login(member)
    for name in ("row", "row_edit"):
        assert client.get(reverse(name, args=[999])).status_code == 404


# --- What it answers --------------------------------------------------------------------------


def test_the_edit_opens_in_the_row_with_what_is_stored(desk, procedure):
    service = factories.ServiceFactory()
    factories.PlanFactory(
        procedure=procedure,
        status="on_hold",
        target_date=date(2027, 3, 31),
        service=service,
        hold_reason="一行目\n二行目",
    )
    html = desk.opens(procedure)
    sent = sent_by(html, f"row-form-{procedure.pk}")
    assert sent["plan-status"] == "on_hold"
    assert sent["plan-target_date"] == "2027-03-31"
    assert sent["plan-service_id"] == str(service.pk)
    assert sent["plan-hold_reason"] == "一行目\r\n二行目"
    assert sent["answers-payment"] == "offline"
    assert sent["plan-version"] == sent["answers-version"] == "1"
    assert html.count("data-autofocus") == 1
    assert f'id="edit-{procedure.pk}"' not in html  # the open form has no second 編集


def test_the_category_changes_at_once_and_the_answer_says_why(desk, procedure):
    response = desk.edits(procedure, **{"answers-payment": "online"})

    assert response.status_code == 200
    assert Procedure.objects.get().category == Category.PRIORITY
    row = words(element(text(response), f"procedure-{procedure.pk}"))
    assert "区分が「検討」から「優先」になりました：方針3(1)② オンライン化の支障がない" in row
    assert f'data-focus-id="edit-{procedure.pk}"' in text(response)
    assert 'data-toast="success"' in text(response)


def test_a_category_that_falls_says_what_stands_in_the_way(desk, department):
    procedure = factories.ProcedureFactory(department=department, clear=True)
    response = desk.edits(
        procedure, **{"answers-in_person": "offline", "answers-payment": "unknown"}
    )
    assert (
        "区分が「優先」から「検討」になりました：方針3(2) 支障を整理して解決策を考える、"
        "支障は対面、未調査は金銭納付。"
    ) in text(response)


@pytest.mark.parametrize("page", ["team", "list"])
@pytest.mark.parametrize(
    "change",
    [
        {"answers-payment": "online"},
        {"plan-target_date": "2020-01-31", "plan-status": "preparing"},
        {"plan-status": "on_hold", "plan-hold_reason": "国の様式を待つため"},
        {},
    ],
    ids=["category", "overdue", "hold", "nothing"],
)
def test_the_answer_is_the_row_of_a_freshly_loaded_list(client, member, procedure, page, change):
    desk = Desk(client, member, page)
    answer = element(text(desk.edits(procedure, **change)), f"procedure-{procedure.pk}")
    assert without_traces(answer) == desk.reads(procedure)


def test_cancelling_puts_the_row_of_a_fresh_list_back_and_writes_nothing(desk, procedure):
    before = written()
    desk.opens(procedure)
    response = desk.client.get(
        reverse("row", args=[procedure.pk]),
        {"shown_on": "team", "next": desk.next},
        headers=HTMX,
    )
    row = element(text(response), f"procedure-{procedure.pk}")
    assert ("data-focus-id", f"edit-{procedure.pk}") in row.attributes
    assert without_traces(row) == desk.reads(procedure)
    assert written() == before


def test_the_counters_of_the_team_come_along_as_a_fresh_page_has_them(desk, procedure):
    before = element(text(desk.client.get(desk.next)), "queue")
    late = str(timezone.localdate() - timedelta(days=1))
    answer = element(text(desk.edits(procedure, **{"plan-target_date": late})), "queue")
    assert ("hx-swap-oob", "true") in answer.attributes
    answer.attributes = [one for one in answer.attributes if one[0] != "hx-swap-oob"]
    after = element(text(desk.client.get(desk.next)), "queue")
    assert answer == after
    assert after != before


def test_the_office_list_has_no_counters_to_renew(client, division_person, procedure):
    desk = Desk(client, division_person, page="list")
    response = desk.edits(procedure, **{"plan-target_date": "2027-05-01"})
    assert 'id="queue"' not in text(response)


def test_a_save_without_changes_says_so_and_writes_no_history(desk, procedure):
    note = "一行目\n　二行目"
    factories.PlanFactory(
        procedure=procedure,
        online=True,
        url="https://example.jp/a?b=1#c",
        hold_reason=note,
        checklist_exception=note,
    )
    before = written()
    response = desk.edits(procedure)
    assert UNCHANGED.format(name="転入の届出") in text(response)
    assert written() == before


def test_a_row_that_leaves_the_filter_stays_with_a_note_until_the_page_is_loaded_again(
    client, member, procedure
):
    desk = Desk(client, member, query="?category=pending")
    stays = desk.edits(procedure, **{"plan-target_date": "2027-05-01"})
    assert LEFT_THE_LIST not in text(stays)

    leaves = desk.edits(procedure, **{"answers-payment": "online"})

    row = element(text(leaves), f"procedure-{procedure.pk}")
    assert LEFT_THE_LIST in words(row)
    assert "優先" in words(row)
    assert f'id="procedure-{procedure.pk}"' not in text(client.get(desk.next))


# --- What is refused --------------------------------------------------------------------------


def test_going_online_with_nothing_says_what_is_missing_at_its_fields(desk, procedure):
    before = written()
    response = desk.edits(procedure, **{"plan-status": "online", "answers-payment": "online"})

    assert response.status_code == 422
    html = text(response)
    for requirement in (Requirement.SERVICE, Requirement.LAUNCHED_ON, Requirement.CHECKLIST):
        field, sentence = SENTENCES[requirement]
        assert sentence in html
        name = "service_id" if field == "service" else field
        errors = element(html, f"id_{procedure.pk}_plan-{name}_error")
        assert words(errors) == sentence
    assert written() == before


def test_nothing_typed_is_lost_when_a_save_is_refused(desk, procedure):
    typed = {
        "plan-status": "on_hold",
        "plan-target_date": "2027-05-01",
        "plan-url": "https://example.jp/",
        "answers-payment": "online",
        "answers-other_note": "一行目\r\n二行目",
        f"plan-{CHECK_FIELDS[1]}": "on",
    }
    response = desk.edits(procedure, **typed)
    assert response.status_code == 422
    again = sent_by(text(response), f"row-form-{procedure.pk}")
    for name, value in typed.items():
        assert again.get(name) == value, name

    reason = {"plan-hold_reason": "国の様式を待つため"}
    assert desk.saves(procedure, text(response), **reason).status_code == 200
    plan = plan_of(procedure)
    assert (plan.status, plan.target_date) == (Status.ON_HOLD, date(2027, 5, 1))
    assert (plan.url, plan.items_reviewed) == ("https://example.jp/", True)
    assert Procedure.objects.get().other_note == "一行目\n二行目"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("plan-target_date", "2027-02-30", BAD_DATE),
        ("plan-launched_on", "令和9年", BAD_DATE),
        ("plan-url", "申請はこちら", BAD_URL),
        ("plan-version", None, OUTDATED),
        ("plan-version", "-1", OUTDATED),
        ("answers-version", "9" * 30, OUTDATED),
        ("plan-status", "finished", "finished"),
        ("plan-status", None, OUTDATED),
        ("answers-payment", "", OUTDATED),
        ("plan-service_id", "9999", "9999"),
        ("answers-payment", "maybe", "maybe"),
        ("plan-hold_reason", "\u202e", "U+202E"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(desk, procedure, field, value, sentence):
    before = written()
    response = desk.edits(procedure, **{field: value})
    assert response.status_code == 422
    assert sentence in text(response)
    assert written() == before


def test_a_service_no_longer_in_use_is_offered_only_where_it_is_chosen(desk, procedure, department):
    past = timezone.localdate() - timedelta(days=1)
    old = factories.ServiceFactory(name="昔のサービス", available_until=past)
    assert "昔のサービス" not in desk.opens(procedure)

    factories.PlanFactory(procedure=procedure, service=old)

    assert sent_by(desk.opens(procedure), f"row-form-{procedure.pk}")["plan-service_id"] == str(
        old.pk
    )
    assert desk.edits(procedure, **{"plan-target_date": "2027-05-01"}).status_code == 200
    assert plan_of(procedure).service == old


# --- Without script ---------------------------------------------------------------------------


@pytest.fixture
def plain(desk, procedure):
    """The page that 編集 opens without script."""
    response = desk.client.get(
        reverse("row_edit", args=[procedure.pk]), {"shown_on": "team", "next": "/team/?q=転入"}
    )
    assert response.status_code == 200
    return text(response)


def test_the_edit_is_a_whole_page_that_leads_back_to_its_list(desk, procedure, plain):
    assert "<h1>計画と回答の編集</h1>" in plain
    assert "hx-post" not in plain[plain.index("<main") : plain.index("</main>")]
    response = desk.saves(procedure, plain, headers=None, **{"answers-payment": "online"})
    assert response.status_code == 302
    assert unquote(response["Location"]) == "/team/?q=転入"
    page = text(desk.client.get("/team/?q=転入"))
    assert "区分が「検討」から「優先」になりました" in page


def test_without_a_list_the_edit_leads_to_the_procedures_page(desk, procedure):
    address = reverse("row_edit", args=[procedure.pk])
    page = text(desk.client.get(address))
    response = desk.saves(procedure, page, headers=None, **{"answers-payment": "online"})
    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk])


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:a()"])
def test_nobody_is_sent_elsewhere(desk, procedure, plain, elsewhere):
    response = desk.saves(procedure, plain, headers=None, next=elsewhere)
    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk])


def test_errors_come_as_pages_too(desk, procedure, plain):
    refused = desk.saves(procedure, plain, headers=None, **{"plan-status": "on_hold"})
    assert refused.status_code == 422
    assert "<h1>" in text(refused)
    assert SENTENCES[Requirement.HOLD_REASON][1] in text(refused)


def test_caches_keep_page_and_fragment_apart(desk, procedure):
    for name in ("row", "row_edit"):
        response = desk.client.get(reverse(name, args=[procedure.pk]))
        assert "HX-Request" in response["Vary"]


def test_each_row_has_a_form_and_ids_of_its_own(desk, procedure, department):
    second = factories.ProcedureFactory(department=department)
    html = desk.opens(procedure) + desk.opens(second)
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_going_online_with_everything(desk, procedure):
    assert desk.edits(procedure, **online()).status_code == 200
    assert plan_of(procedure).status == Status.ONLINE
