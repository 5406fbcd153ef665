"""目標: set, changed and deleted by the division, with a history; nobody's is overwritten."""

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.pages import element, sent_by, text, words
from tests.tracking.inventories import NOW, TODAY, Case, build
from tracking.actions.goals import (
    CHANGED_MEANWHILE,
    DELETED_MEANWHILE,
    OUT_OF_RANGE,
    SET_ALREADY,
    change_goal,
    delete_goal,
    set_goal,
)
from tracking.forms.fields import OUTDATED
from tracking.forms.goals import NO_RATE, NO_YEAR, NOT_A_RATE
from tracking.models import Goal
from tracking.views.goals import AHEAD, CHANGED, DELETED, MISSED, REACHED, SET, UNDER_WAY

pytestmark = pytest.mark.django_db
YEAR = "令和9年度（2027年度）"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def add(client, **changes):
    return client.post(reverse("goals"), {"fiscal_year": "令和9年度", "rate": "80"} | changes)


def rows_of(client) -> list[list[str]]:
    """What the table of goals says, row by row."""
    return client.get(reverse("goals")).context["rows"]


# --- Setting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_a_goal_is_set_shown_and_kept_in_the_history(signed_in, request, person):
    user = request.getfixturevalue(person)
    answer = add(signed_in(user))
    assert answer.url == reverse("goals")
    page = text(signed_in(user).get(answer.url))
    assert SET.format(year=YEAR, rate="80.0%") in page
    goal = Goal.objects.get()
    assert (goal.fiscal_year, goal.online_rate) == (2027, 0.8)
    (entry,) = goal.history.all()
    assert (entry.history_type, entry.by_name, entry.change_source) == ("+", str(user), "form")


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("80", 0.8),
        ("80.5", 0.805),
        ("８０．５％", 0.805),
        (" 80 % ", 0.8),
        ("100", 1.0),
        ("0", 0.0),
        ("55パーセント", 0.55),
        ("33.3", 0.333),
    ],
)
def test_a_rate_is_read_as_people_write_it(signed_in, division_person, written, rate):
    client = signed_in(division_person)
    assert add(client, rate=written).status_code == 302
    assert Goal.objects.get().online_rate == rate
    page = text(client.get(reverse("goal_edit", args=[2027])))
    assert client.post(reverse("goal_edit", args=[2027]), sent_by(page, "goal-form")).url
    assert Goal.objects.get().online_rate == rate
    assert Goal.history.count() == 1, "the same rate again is no change"


@pytest.mark.parametrize("written", ["八十", "100.1", "-1", "1e2", "80.55", "nan", "0.8.1", "1000"])
def test_what_is_no_rate_is_refused_and_stays_in_the_field(signed_in, division_person, written):
    answer = add(signed_in(division_person), rate=written)
    assert answer.status_code == 422
    assert NOT_A_RATE.format(text=written) in text(answer)
    assert sent_by(text(answer), "goal-form")["rate"] == written
    assert not Goal.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fiscal_year": ""}, NO_YEAR),
        ({"rate": ""}, NO_RATE),
        ({"rate": "　"}, NO_RATE),
        ({"fiscal_year": "来年"}, "「来年」は年度として読み取れません"),
        ({"fiscal_year": "3000"}, "「3000」は"),
        ({"fiscal_year": "9" * 3_000}, "は年度として読み取れません"),
        ({"rate": "9" * 3_000}, "は割合として読み取れません"),
    ],
)
def test_what_is_missing_or_wrong_is_said(signed_in, division_person, changes, sentence):
    answer = add(signed_in(division_person), **changes)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not Goal.objects.exists()


def test_a_year_that_has_a_goal_is_not_set_again(signed_in, division_person):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    answer = add(signed_in(division_person), rate="90")
    assert answer.status_code == 422
    assert SET_ALREADY.format(year=YEAR) in text(answer)
    assert Goal.objects.get().online_rate == 0.6
    assert Goal.history.count() == 1


# --- Changing and deleting --------------------------------------------------------------------


def test_a_goal_is_changed(signed_in, division_person):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    client = signed_in(division_person)
    page = text(client.get(reverse("goal_edit", args=[2027])))
    sent = sent_by(page, "goal-form", rate="７５")
    answer = client.post(reverse("goal_edit", args=[2027]), sent)
    assert CHANGED.format(year=YEAR, rate="75.0%") in text(client.get(answer.url))
    assert Goal.objects.get().online_rate == 0.75
    assert [entry.online_rate for entry in Goal.history.order_by("history_id")] == [0.6, 0.75]


def test_a_goal_is_deleted_and_the_history_keeps_it(signed_in, division_person):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    client = signed_in(division_person)
    page = text(client.get(reverse("goal_edit", args=[2027])))
    answer = client.post(reverse("goal_delete", args=[2027]), sent_by(page, "delete-form"))
    assert DELETED.format(year=YEAR) in text(client.get(answer.url))
    assert not Goal.objects.exists()
    last = Goal.history.latest()
    assert (last.history_type, last.online_rate, last.by_name) == ("-", 0.6, str(division_person))


@pytest.mark.parametrize("form", ["goal-form", "delete-form"])
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    signed_in, division_person, administrator, form
):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    client = signed_in(division_person)
    page = text(client.get(reverse("goal_edit", args=[2027])))
    change_goal(year=2027, rate=0.7, seen=0.6, by=administrator)
    address = reverse("goal_edit" if form == "goal-form" else "goal_delete", args=[2027])
    changes = {"rate": "75"} if form == "goal-form" else {}
    answer = client.post(address, sent_by(page, form, **changes))
    assert CHANGED_MEANWHILE.format(year=YEAR, rate="70.0%") in text(client.get(answer.url))
    assert Goal.objects.get().online_rate == 0.7


def test_what_somebody_else_deleted_meanwhile_is_said(signed_in, division_person, administrator):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    delete_goal(year=2027, seen=0.6, by=administrator)
    client = signed_in(division_person)
    answer = client.post(reverse("goal_delete", args=[2027]), {"seen": "0.6"})
    assert DELETED_MEANWHILE.format(year=YEAR) in text(client.get(answer.url))
    with pytest.raises(ValidationError, match=DELETED_MEANWHILE.format(year=YEAR)):
        change_goal(year=2027, rate=0.7, seen=0.6, by=administrator)


@pytest.mark.parametrize("seen", ["", "x", "nan", "1e999"])
def test_an_outdated_page_changes_nothing(signed_in, division_person, seen):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    client = signed_in(division_person)
    answer = client.post(reverse("goal_edit", args=[2027]), {"rate": "70", "seen": seen})
    assert answer.status_code == 422
    assert OUTDATED in text(answer)
    answer = client.post(reverse("goal_delete", args=[2027]), {"seen": seen})
    assert OUTDATED in text(client.get(answer.url))
    assert Goal.objects.get().online_rate == 0.6


@pytest.mark.parametrize("year", [2028, 10**30])
def test_a_year_without_a_goal_is_not_found(signed_in, division_person, year):
    client = signed_in(division_person)
    assert client.get(reverse("goal_edit", args=[year])).status_code == 404
    assert client.post(reverse("goal_delete", args=[year]), {"seen": "0.6"}).status_code == 302


def test_only_the_division_and_administrators_write(member, reader):
    for user in (member, reader):
        with pytest.raises(PermissionDenied):
            set_goal(year=2027, rate=0.6, by=user)
        with pytest.raises(PermissionDenied):
            change_goal(year=2027, rate=0.6, seen=0.6, by=user)
        with pytest.raises(PermissionDenied):
            delete_goal(year=2027, seen=0.6, by=user)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), float("inf")])
def test_the_writers_take_no_rate_that_is_none(division_person, rate):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.6)
    with pytest.raises(ValidationError, match=OUT_OF_RANGE):
        set_goal(year=2028, rate=rate, by=division_person)
    with pytest.raises(ValidationError, match=OUT_OF_RANGE):
        change_goal(year=2027, rate=rate, seen=0.6, by=division_person)
    with pytest.raises(ValidationError):
        set_goal(year=3000, rate=0.5, by=division_person)
    assert Goal.objects.count() == 1


# --- The page ---------------------------------------------------------------------------------


def test_each_goal_stands_beside_what_was_reached(signed_in, division_person, department):
    launched = (TODAY.replace(year=2025, month=3, day=31), TODAY.replace(year=2025, month=4, day=1))
    cases = [
        Case(status="online", target_in=0, launched_ago=(TODAY - day).days) for day in launched
    ]
    build([*cases, Case(), Case()], [department])
    for year, rate in ((2024, 0.3), (2025, 0.5), (2026, 0.6), (2027, 0.9)):
        factories.GoalFactory(fiscal_year=year, online_rate=rate)
    rows = rows_of(signed_in(division_person))
    shown = [(row.year, row.reached and row.reached.rate, row.standing) for row in rows]
    assert shown == [
        (2024, 0.25, MISSED),
        (2025, 0.5, REACHED),
        (2026, 0.5, UNDER_WAY),
        (2027, None, AHEAD),
    ]
    page = words(element(client_page(signed_in(division_person)), "main"))
    assert "令和7年度（2025年度） 50.0% 50.0% 2 ÷ 4 達成" in page


def client_page(client):
    return text(client.get(reverse("goals")))


def test_an_empty_office_has_the_form_and_a_sentence(signed_in, division_person):
    page = client_page(signed_in(division_person))
    assert "目標はまだありません" in page
    assert sent_by(page, "goal-form") == {
        "csrfmiddlewaretoken": sent_by(page, "goal-form")["csrfmiddlewaretoken"],
        "fiscal_year": "",
        "rate": "",
    }


def test_many_goals_cost_the_queries_of_one(signed_in, division_person):
    client = signed_in(division_person)

    def queries() -> int:
        client.get(reverse("goals"))
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("goals"))
        return len(found)

    factories.GoalFactory(fiscal_year=2020)
    before = queries()
    for year in range(2021, 2041):
        factories.GoalFactory(fiscal_year=year)
    assert queries() == before
