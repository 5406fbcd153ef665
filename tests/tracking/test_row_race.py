"""Many people on one row at the same moment: nobody's work is lost without a word."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.pages import sent_by, text
from tracking.actions import plans
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 12
HTMX = {"HX-Request": "true"}
DATES = [date(2027, 1, 1) + timedelta(days=day) for day in range(PEOPLE)]


@pytest.fixture(params=[True, False], ids=["plan", "no-plan"])
def procedure(request, department):
    """A procedure, with a plan or without one."""
    procedure = factories.ProcedureFactory(department=department)
    if request.param:
        factories.PlanFactory(procedure=procedure, target_date=date(2026, 12, 1))
    return procedure


@pytest.fixture
def answers(procedure, department):
    """``answers()`` lets twelve people save a date each at one moment, all from the same state."""

    def race() -> list[tuple[date, int, str]]:
        address = reverse("row_edit", args=[procedure.pk])
        clients = [Client() for _ in range(PEOPLE)]
        forms = []
        for client, day in zip(clients, DATES, strict=True):
            client.force_login(factories.member_of(department))
            page = text(client.get(address, headers=HTMX))
            change = {"plan-target_date": day.isoformat()}
            forms.append(sent_by(page, f"row-form-{procedure.pk}", **change))
        start = Barrier(PEOPLE, timeout=30)

        def save(client: Client, form: dict) -> tuple[int, str]:
            try:
                start.wait()
                response = client.post(address, form, headers=HTMX)
                return response.status_code, text(response)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(PEOPLE) as pool:
            answered = list(pool.map(save, clients, forms))
        return [(day, *answer) for day, answer in zip(DATES, answered, strict=True)]

    return race


def test_twelve_people_change_one_plan_at_once_one_wins_and_eleven_are_asked(procedure, answers):
    before = MigrationPlan.history.count()

    answered = answers()

    assert Counter(status for _, status, _ in answered) == {200: 1, 409: PEOPLE - 1}
    (winner,) = (day for day, status, _ in answered if status == 200)
    plan = MigrationPlan.objects.get(procedure=procedure)
    assert plan.target_date == winner
    assert MigrationPlan.history.count() == before + 1
    for day, status, page in answered:
        if status == 409:
            assert _in_words(day) in page, "what this person typed"
            assert _in_words(winner) in page, "what is stored now"


def test_without_the_comparison_the_same_race_loses_eleven_dates(procedure, answers, monkeypatch):
    """The control: the test above can fail."""

    def overwrites(obj, sent, version):
        return {name: value for name, value in sent.items() if getattr(obj, name) != value}

    monkeypatch.setattr(plans, "merged_changes", overwrites)
    before = MigrationPlan.history.count()

    answered = answers()

    assert Counter(status for _, status, _ in answered) == {200: PEOPLE}
    assert MigrationPlan.history.count() == before + PEOPLE
    kept = MigrationPlan.objects.get(procedure=procedure).target_date
    assert len([day for day, _, _ in answered if day != kept]) == PEOPLE - 1


def _in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
