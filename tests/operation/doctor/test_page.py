"""The page 「状態」 shows administrators what the quick checks find, the worst first."""

import pytest
from django.urls import reverse

from operation.doctor import State, answers, views
from tests.pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(monkeypatch):
    """``found(*states)`` makes the doctor find these, in this order."""

    def find(*states):
        told = [
            answers.Finding(f"c{n}", f"点検{n}", state, "見たもの", "すること" * (state != "ok"))
            for n, state in enumerate(states)
        ]
        monkeypatch.setattr(views, "examine", lambda depth: told)

    return find


def test_the_worst_comes_first(found, signed_in, administrator):
    found(State.OK, State.WARN, State.FAIL)
    page = text(signed_in(administrator).get(reverse("program_status")))
    places = [page.index(f"点検{n}") for n in (2, 1, 0)]
    assert places == sorted(places)
    assert page.count("すること") == 2


def test_it_shows_what_the_doctor_really_finds(
    signed_in, administrator, django_assert_max_num_queries
):
    client = signed_in(administrator)
    with django_assert_max_num_queries(25):
        page = text(client.get(reverse("program_status")))
    assert "バックアップがありません" in page
    assert "manage.py backup" in page


def test_only_administrators_are_offered_it(signed_in, administrator, division_person):
    way = reverse("account_list")
    assert way in text(signed_in(administrator).get(reverse("issue_list")))
    assert reverse("program_status") in text(signed_in(administrator).get(way))
    assert way not in text(signed_in(division_person).get(reverse("issue_list")))
