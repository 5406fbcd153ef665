"""What a process remembers is never out of date: neither by itself nor on 全庁の状況."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from procedures.models import Department
from procedures.records import save
from tests import factories
from tests.pages import text
from tests.tracking.inventories import NOW, Case, build
from tracking.actions.goals import change_goal
from tracking.distribution import distribute
from tracking.models import Goal
from tracking.remembered import Remembered
from tracking.views import dashboard


def test_what_was_made_of_equal_things_is_not_made_again():
    remembered, made = Remembered(most=2), []

    def of(key):
        return remembered.of(key, lambda: made.append(key) or f"made of {key}")

    assert [of("a"), of("a"), of("b"), of("a")] == [
        "made of a",
        "made of a",
        "made of b",
        "made of a",
    ]
    assert made == ["a", "b"]
    of("c")  # b is the one that was used longest ago
    of("a")
    of("b")
    assert made == ["a", "b", "c", "b"]


def test_what_could_not_be_made_is_not_remembered():
    remembered = Remembered(most=2)
    with pytest.raises(ZeroDivisionError):
        remembered.of("a", lambda: 1 // 0)
    assert remembered.of("a", lambda: 1) == 1


@pytest.fixture
def page(signed_in, division_person, department, monkeypatch):
    """``page()`` is 全庁の状況, checked against the one of a process that remembers nothing."""
    factories.GoalFactory(fiscal_year=2026, online_rate=0.6)
    build([Case(status="preparing", target_in=9), Case(status="online"), Case()], [department])

    def read(**query) -> str:
        client = signed_in(division_person)
        shown = _content(client, query)
        with monkeypatch.context() as patch:
            patch.setattr(dashboard, "_DRAWN", Remembered(most=1))
            assert _content(client, query) == shown
        return shown

    with time_machine.travel(NOW, tick=False):
        yield read


def _content(client, query):
    page = text(client.get("/dashboard/", query))
    return page[page.index("<main") : page.index("</main>")]


@pytest.mark.django_db
def test_every_change_shows_at_once(page, department, division_person, administrator):
    seen = [page()]
    assert page() == seen[0]

    def check():
        seen.append(page())
        assert len(set(seen)) == len(seen)
        assert page() == seen[-1]

    build([Case(status="reviewing")], [department])
    check()
    change_goal(year=2026, rate=0.7, seen=0.6, by=division_person)
    check()
    unit = Department.objects.get(pk=department.pk)
    unit.name = "市民生活部"
    save(unit, ["name"], factories.origin())
    check()
    factories.DepartmentFactory(name="新しい部")
    check()
    distribute(name="第1回", due_on=None, departments=[department], by=administrator)
    check()
    with override_settings(CONFIRM_DAYS=1):
        check()
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        check()
    assert Goal.objects.get().online_rate == 0.7


@pytest.mark.django_db
def test_each_way_of_asking_has_a_page_of_its_own(page):
    asked = [{}, {"base": "in_force"}, {"weight": "applications"}, {"order": "value"}]
    shown = [page(**query) for query in (*asked, {"details": "open"}, *asked)]
    assert len(set(shown[:5])) == 5
    assert shown[5:] == shown[:4]
