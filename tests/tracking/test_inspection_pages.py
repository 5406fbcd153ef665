"""The pages of the inspection: counts and their rows, 確認済 of one or many, who sees what."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.models import Procedure
from procedures.permissions import INSPECTION_IS_FOR_TEAMS
from tests import factories
from tests.pages import element, sent_by, text, words
from tests.tracking.inventories import NOW, TODAY
from tests.tracking.test_inspection import SIGHTS, dismiss_all, everything, made
from tracking.actions.inspection import NO_REASON, FindingsChanged
from tracking.checks import CHECKS
from tracking.forms.fields import OUTDATED
from tracking.inspection import inspected_by, open_keys
from tracking.models import Dismissal, MigrationPlan
from tracking.navigation import instruments
from tracking.views.inspection import (
    DISMISSED,
    FINDINGS_CHANGED,
    GONE,
    NOTHING_CHOSEN,
    NOTHING_TO_DISMISS,
    TAKEN_BACK,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/dashboard/inspection/"
DISMISS, LISTED, TAKE_BACK = f"{ADDRESS}dismiss/", f"{ADDRESS}dismissed/", f"{ADDRESS}take-back/"
OVERDUE = CHECKS["overdue"]
YESTERDAY = TODAY - timedelta(days=1)
REASON = "書面で確かめたため"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def late(department):
    """A procedure of ``department`` whose target date has passed."""
    return made(
        department=department,
        division=department.divisions.get(),
        name="犬の登録",
        plan={"target_date": YESTERDAY},
    )


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


def counts_of(response) -> dict[str, tuple[int, int]]:
    """What the summary says of each check that has found something."""
    return {
        tally.check.key: (tally.open_count, tally.dismissed_count)
        for group in response.context["groups"]
        for tally in group.tallies
    }


def shown(response) -> list[int]:
    """The procedures of a list of findings."""
    return [finding.procedure.pk for finding, _ in response.context["rows"]]


def confirmed(client, address: str, **changes):
    """Sends the form of the page at ``address`` with a reason."""
    page = text(client.get(address))
    return client.post(address, sent_by(page, "dismiss-form", reason=REASON, **changes))


# --- The counts --------------------------------------------------------------------------------


def test_every_number_opens_exactly_its_rows(signed_in, division_person):
    client = signed_in(division_person)
    everything()
    for number, key in enumerate(SIGHTS):
        if number % 3 == 0:
            dismiss_all(CHECKS[key], by=division_person)
    page = client.get(ADDRESS)

    counted = counts_of(page)

    assert counted.keys() == CHECKS.keys()
    for key, (open_count, dismissed_count) in counted.items():
        address = f"{ADDRESS}?check={key}"
        assert (f'href="{address}"' in text(page)) == bool(open_count)
        assert client.get(address).context["page_obj"].paginator.count == open_count
        address = f"{LISTED}?check={key}"
        assert (f'href="{address}"' in text(page)) == bool(dismissed_count)
        assert client.get(address).context["page_obj"].paginator.count == dismissed_count
        assert open_count + dismissed_count > 0


def test_where_nothing_is_found_the_page_says_so(signed_in, division_person):
    client = signed_in(division_person)
    made()
    page = text(client.get(ADDRESS))
    assert f"{len(CHECKS)}の点検項目のすべてで、見直しの要る手続は見つかりませんでした。" in page
    assert OVERDUE.title in page
    assert "見つかりませんでした" in text(client.get(f"{ADDRESS}?check=overdue"))


def test_the_filter_narrows_counts_and_rows(signed_in, division_person, late, other_department):
    other = made(department=other_department, plan={"target_date": YESTERDAY})
    nobody = made(department=None, plan={"target_date": YESTERDAY})
    client = signed_in(division_person)
    division = late.division_id
    for query, rows in (
        ("", [late, other, nobody]),
        (f"department={late.department_id}", [late]),
        (f"division={division}", [late]),
        ("department=none", [nobody]),
        (f"department={other_department.pk}&division={division}", []),
    ):
        page = client.get(f"{ADDRESS}?{query}")
        assert counts_of(page).get("overdue", (0, 0)) == (len(rows), 0)
        address = f"{query}&check=overdue" if query else "check=overdue"
        link = f'href="{ADDRESS}?{address}"'
        assert (link in text(page).replace("&amp;", "&")) == bool(rows)
        found = client.get(f"{ADDRESS}?{address}")
        assert shown(found) == [row.pk for row in rows]


def test_only_the_chosen_severity_is_counted(signed_in, division_person, late):
    made(basis="")
    client = signed_in(division_person)
    assert counts_of(client.get(f"{ADDRESS}?severity=hint")).keys() == {"without_basis"}
    assert counts_of(client.get(f"{ADDRESS}?severity=warning")).keys() == {"overdue"}


@pytest.mark.parametrize(
    "query",
    [
        "department=999999",
        "department=x",
        "division=99999999999999999999",
        "severity=grave",
        "check=nothing",
    ],
)
@pytest.mark.parametrize("address", [ADDRESS, LISTED])
def test_a_wrong_condition_is_named_and_shows_nothing(
    signed_in, division_person, late, address, query
):
    response = signed_in(division_person).get(f"{address}?{query}")
    assert response.status_code == 200
    assert "error-summary" in text(response)
    assert late.name not in text(response)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999"])
def test_a_page_that_is_not_there_is_the_nearest_one(signed_in, division_person, late, page):
    response = signed_in(division_person).get(f"{ADDRESS}?check=overdue&page={page}")
    assert shown(response) == [late.pk]


# --- The rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", SIGHTS)
def test_a_row_leads_to_its_procedure_and_to_where_it_is_mended(signed_in, division_person, key):
    procedure = SIGHTS[key].found()
    client = signed_in(division_person)
    response = client.get(f"{ADDRESS}?check={key}")
    page = text(response)

    assert procedure.pk in shown(response)
    assert reverse("procedure_detail", args=[procedure.pk]) in page
    assert CHECKS[key].remedy in page
    for finding, address in response.context["rows"]:
        assert finding.detail in words(element(page, "main"))
        assert client.get(address).status_code == 200


def test_many_rows_stand_on_several_pages(signed_in, division_person, department):
    for _ in range(51):
        made(department=department, plan={"target_date": YESTERDAY})
    client = signed_in(division_person)
    first = client.get(f"{ADDRESS}?check=overdue")
    second = client.get(f"{ADDRESS}?check=overdue&page=2")
    assert shown(first) + shown(second) == open_keys(OVERDUE, Procedure.objects.all(), TODAY)
    assert "check=overdue&amp;page=2" in text(first)


def test_a_dismissal_that_has_lapsed_is_named_on_its_row(signed_in, member, late):
    dismiss_all(OVERDUE, by=member, until=TODAY)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        page = signed_in(member).get(f"{ADDRESS}?check=overdue")
        assert "を過ぎました。理由：" in text(page)
    client = signed_in(member)
    MigrationPlan.objects.update(target_date=YESTERDAY - timedelta(days=1))
    assert "内容が変わりました。理由：" in text(client.get(f"{ADDRESS}?check=overdue"))


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}?check=overdue", LISTED])
def test_a_page_takes_the_same_number_of_queries_however_many_rows_it_has(
    signed_in, division_person, late, address
):
    client = signed_in(division_person)
    made(basis="")
    dismiss_all(CHECKS["without_basis"], by=division_person)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(10):
        made(plan={"target_date": YESTERDAY})
        made(basis="")
    dismiss_all(CHECKS["without_basis"], by=division_person)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few) <= 12


# --- Who sees what -----------------------------------------------------------------------------


def test_a_team_sees_the_findings_of_its_own_departments(signed_in, member, late, other_department):
    other = made(department=other_department, plan={"target_date": YESTERDAY}, name="ほかの手続")
    client = signed_in(member)
    page = client.get(f"{ADDRESS}?check=overdue")
    assert shown(page) == [late.pk]
    assert other.name not in text(page)
    assert "department" not in page.context["filter"].form.fields
    assert not page.context["instruments"]
    assert f'href="{ADDRESS}"' in text(client.get(reverse("team")))


def test_a_team_of_two_departments_chooses_between_them(signed_in, member, late, other_department):
    member.memberships.create(role="member", department=other_department)
    third = factories.DepartmentFactory()
    made(department=third, plan={"target_date": YESTERDAY})
    made(department=other_department, plan={"target_date": YESTERDAY})
    client = signed_in(member)
    assert len(shown(client.get(f"{ADDRESS}?check=overdue"))) == 2
    query = f"check=overdue&department={late.department_id}"
    assert shown(client.get(f"{ADDRESS}?{query}")) == [late.pk]
    refused = client.get(f"{ADDRESS}?check=overdue&department={third.pk}")
    assert "error-summary" in text(refused)


def test_the_division_has_the_inspection_among_its_instruments(signed_in, division_person):
    page = signed_in(division_person).get(ADDRESS)
    (current,) = [item for item in instruments("inspection") if item.is_current]
    assert current.url == ADDRESS
    assert 'aria-current="page">点検</a>' in text(page)


def test_a_reader_is_told_whose_page_it_is(signed_in, reader, late):
    response = signed_in(reader).get(ADDRESS)
    assert response.status_code == 403
    assert INSPECTION_IS_FOR_TEAMS in text(response)


# --- 確認済 ------------------------------------------------------------------------------------


def test_one_row_is_dismissed_from_the_list(signed_in, member, late, department):
    made(department=department, plan={"target_date": YESTERDAY})
    client = signed_in(member)
    address = f"{DISMISS}?check=overdue&procedure={late.pk}"
    assert address in text(client.get(f"{ADDRESS}?check=overdue")).replace("&amp;", "&")

    response = confirmed(client, address, until="2027-03-31")

    assert response.status_code == 302
    assert response.url == f"{ADDRESS}?check=overdue"
    assert said(response) == [DISMISSED.format(title=OVERDUE.title, count="1")]
    dismissal = Dismissal.objects.get()
    assert (dismissal.procedure, dismissal.reason) == (late, REASON)
    page = text(client.get(LISTED))
    for part in (late.name, OVERDUE.title, REASON, str(member), "2027年3月31日（令和9年）"):
        assert part in page


def test_all_that_the_list_shows_is_dismissed_at_once(signed_in, division_person, late):
    made(plan={"target_date": YESTERDAY})
    made(department=late.department, division=late.division, plan={"target_date": YESTERDAY})
    client = signed_in(division_person)
    query = f"check=overdue&department={late.department_id}"

    response = confirmed(client, f"{DISMISS}?{query}")

    assert said(response) == [DISMISSED.format(title=OVERDUE.title, count="2")]
    assert sorted(urlsplit(response.url).query.split("&")) == sorted(query.split("&"))
    assert Dismissal.objects.count() == 2
    assert counts_of(client.get(ADDRESS))["overdue"] == (1, 2)


def test_what_changed_after_the_page_was_shown_is_asked_about_anew(signed_in, member, late):
    client = signed_in(member)
    address = f"{DISMISS}?check=overdue"
    form = sent_by(text(client.get(address)), "dismiss-form", reason=REASON)
    made(department=late.department, division=late.division, plan={"target_date": YESTERDAY})

    response = client.post(address, form)

    assert response.status_code == 409
    assert FINDINGS_CHANGED.format(count=2) in text(response)
    assert REASON in text(response)
    assert not Dismissal.objects.exists()
    again = client.post(address, sent_by(text(response), "dismiss-form"))
    assert said(again) == [DISMISSED.format(title=OVERDUE.title, count="2")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, NO_REASON),
        ({"until": ""}, "期限を入力してください。"),
        ({"until": "2026-11-22"}, "今日以後の日"),
        ({"until": "2028-11-24"}, "2028年11月23日"),
        ({"until": "9999-99-99"}, "年月日で入力"),
        ({"seen": None}, OUTDATED),
        ({"reason": "あ\x00"}, "理由"),
    ],
)
def test_what_is_missing_is_said_at_its_field(signed_in, member, late, changes, sentence):
    client = signed_in(member)
    form = sent_by(text(client.get(f"{DISMISS}?check=overdue")), "dismiss-form", reason=REASON)
    sent = {name: value for name, value in (form | changes).items() if value is not None}
    response = client.post(f"{DISMISS}?check=overdue", sent)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Dismissal.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "check=nothing",
        "check=overdue&procedure=0",
        "check=overdue&procedure=x",
        "check=overdue&procedure=999999999999999999999",
        "check=tenfold",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_means_nothing_leads_back(signed_in, member, late, query, method):
    response = getattr(signed_in(member), method)(f"{DISMISS}?{query}")
    assert response.status_code == 302
    assert said(response) == [NOTHING_TO_DISMISS]
    assert not Dismissal.objects.exists()


def test_what_was_dismissed_at_the_same_moment_leads_back(signed_in, member, late, monkeypatch):
    client = signed_in(member)
    address = f"{DISMISS}?check=overdue"
    form = sent_by(text(client.get(address)), "dismiss-form", reason=REASON)

    def overtaken(**_):
        dismiss_all(OVERDUE, by=member)
        raise FindingsChanged

    monkeypatch.setattr("tracking.views.inspection.dismiss", overtaken)
    response = client.post(address, form)

    assert response.status_code == 302
    assert said(response) == [NOTHING_TO_DISMISS]


def test_another_team_finds_nothing_to_dismiss(signed_in, other_member, late):
    client = signed_in(other_member)
    response = client.post(
        f"{DISMISS}?check=overdue&procedure={late.pk}",
        {"reason": REASON, "until": "2027-03-31", "seen": "x"},
    )
    assert said(response) == [NOTHING_TO_DISMISS]
    assert not Dismissal.objects.exists()


def test_ticked_ones_are_taken_back_and_the_list_stays_filtered(signed_in, member, late):
    dismiss_all(OVERDUE, by=member)
    client = signed_in(member)
    address = f"{LISTED}?check=overdue"
    key = Dismissal.objects.get().pk
    form = sent_by(text(client.get(address)), "take-back", dismissals=[str(key)])

    response = client.post(TAKE_BACK, form)

    assert response.url == address
    assert said(response) == [TAKEN_BACK.format(count="1")]
    assert open_keys(OVERDUE, inspected_by(member), TODAY) == [late.pk]
    assert said(client.post(TAKE_BACK, form))[-1] == GONE


@pytest.mark.parametrize("keys", [[], ["x"], ["-1"], ["9" * 30]])
def test_nothing_ticked_is_said(signed_in, member, late, keys):
    dismiss_all(OVERDUE, by=member)
    response = signed_in(member).post(TAKE_BACK, {"dismissals": keys, "next": "//evil.example/"})
    assert response.url == LISTED
    assert said(response) == [NOTHING_CHOSEN]
    assert Dismissal.objects.exists()


def test_another_team_cannot_take_back(signed_in, member, other_member, late):
    dismiss_all(OVERDUE, by=member)
    client = signed_in(other_member)
    assert late.name not in text(client.get(LISTED))
    response = client.post(TAKE_BACK, {"dismissals": [Dismissal.objects.get().pk]})
    assert response.status_code == 403
    assert Dismissal.objects.exists()
