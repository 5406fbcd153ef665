"""The rows behind a figure of an earlier day: those that the figure counted then."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.models import Procedure
from procedures.records import delete, save
from procedures.templatetags.inventory import with_era
from tests import factories
from tests.tracking.inventories import NOW, TODAY, build, cases
from tracking.filters import ProcedureFilter, listed
from tracking.forms.days import NO_DAY
from tracking.past import BEFORE_HISTORY, IN_THE_FUTURE, as_of
from tracking.selections import SELECTIONS
from tracking.stats import counts

pytestmark = pytest.mark.django_db
START, DAY = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def on(day):
    return time_machine.travel(NOW.replace(month=day.month, day=day.day), tick=False)


@pytest.fixture
def look(signed_in, division_person):
    client = signed_in(division_person)

    def get(**query):
        return client.get(reverse("past_rows"), {"as_of": DAY.isoformat(), **query})

    return get


@pytest.fixture
def department(db):
    with on(START):
        return factories.DepartmentFactory(name="市民部")


@pytest.fixture
def renamed(department):
    """A procedure of 市民部 that has another name, and a plan, since the summer."""
    with on(START):
        procedure = factories.ProcedureFactory(name="古い名", department=department)
    with on(date(2026, 8, 1)):
        procedure.name = "新しい名"
        save(procedure, ["name"], factories.origin())
        factories.PlanFactory(procedure=procedure, online=True)
    return procedure


def names(response) -> list[str]:
    return [row.state.name for row in response.context["rows"]]


def test_the_rows_are_shown_as_they_were(look, renamed):
    response = look()
    (row,) = response.context["rows"]
    assert (row.state.name, row.status, row.is_still_there) == ("古い名", "未着手", True)
    html = response.content.decode()
    assert "2026年4月1日（令和8年）の終わりの状況です" in html
    assert reverse("procedure_detail", args=[renamed.pk]) in html


def test_a_row_that_is_no_more_says_so(look, renamed):
    delete([renamed.plan], factories.origin())
    delete([renamed], factories.origin())
    response = look()
    assert [row.is_still_there for row in response.context["rows"]] == [False]
    assert "その後削除" in response.content.decode()


def test_a_set_is_that_of_the_day(look, renamed):
    """Overdue in November by a target date that was ahead in April."""
    with on(START):
        plan = factories.PlanFactory(target_date=date(2026, 5, 1))
    assert plan.procedure.name not in names(look(set="overdue"))
    assert names(look(set="overdue", as_of="2026-05-02")) == [plan.procedure.name]
    assert names(look(set="online")) == []
    assert names(look(set="online", as_of="2026-08-01")) == ["新しい名"]


def test_conditions_are_said_and_lead_back_to_the_dashboard_of_that_day(look, renamed, department):
    response = look(set="target", department=department.pk, category="pending")
    assert response.context["words"] == ["集計の対象：対象手続", "部局室：市民部", "区分：検討"]
    back = urlsplit(response.context["dashboard_url"])
    assert back.path == reverse("dashboard")
    assert parse_qs(back.query) == {
        "as_of": [DAY.isoformat()],
        "department": [str(department.pk)],
        "category": ["pending"],
    }
    assert parse_qs(urlsplit(response.context["now_url"]).query) == {
        "set": ["target"],
        "department": [str(department.pk)],
        "category": ["pending"],
    }


def test_nobodys_rows_can_be_asked_for(look, renamed):
    with on(START):
        factories.ProcedureFactory(name="だれの手続", unassigned=True)
    response = look(department="none")
    assert names(response) == ["だれの手続"]
    assert response.context["words"] == ["部局室：所管未定"]


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(inventory=st.lists(cases(), min_size=4, max_size=12), key=st.sampled_from([*SELECTIONS]))
def test_the_list_of_a_set_has_as_many_rows_as_the_figure_of_that_day(db, inventory, key):
    with transaction.atomic():
        units = [factories.DepartmentFactory() for _ in range(3)]
        procedures = build(inventory, units)
        delete(list(procedures[0].volumes.all()), factories.origin())
        for day in (TODAY - timedelta(days=90), TODAY - timedelta(days=1), TODAY):
            with as_of(day):
                rows = ProcedureFilter(
                    {"set": key}, queryset=listed(Procedure.objects.all()), on=day
                ).rows
                assert len(rows) == counts(Procedure.objects.all(), [key], on=day)[key]
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"as_of": ""}, NO_DAY),
        ({"as_of": "きのう"}, NO_DAY),
        ({"as_of": "2026-02-30"}, NO_DAY),
        ({"as_of": "0001-01-01"}, BEFORE_HISTORY.format(first=with_era(START))),
        ({"as_of": "2026-02-28"}, BEFORE_HISTORY.format(first=with_era(START))),
        ({"as_of": "9999-12-31"}, IN_THE_FUTURE),
        ({"as_of": "2026-11-24"}, IN_THE_FUTURE),
        ({"set": "no"}, "選択"),
        ({"department": "9" * 40}, "選択"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_listed(look, renamed, query, sentence):
    response = look(**query)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "古い名" not in response.content.decode()


def test_without_any_procedure_the_page_says_so(look):
    assert "台帳に手続がまだない" in look().content.decode()


def test_the_pages_of_a_long_list(look, department):
    with on(START):
        factories.ProcedureFactory.create_batch(60, department=department)
    assert len(names(look())) == 50
    assert len(names(look(page="2"))) == 10
    assert len(names(look(page="9" * 30))) in {10, 50}


def test_the_page_asks_the_database_as_often_for_many_as_for_one(look, renamed, department):
    def count():
        with CaptureQueriesContext(connection) as captured:
            look()
        return len(captured)

    few = count()
    with on(START):
        factories.PlanFactory.create_batch(30, procedure__department=department)
        factories.PlanFactory.create_batch(3)
    assert count() == few
