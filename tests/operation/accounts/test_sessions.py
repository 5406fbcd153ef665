"""How long a sign-in lasts, what prolongs it, and what a page can do after its end."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from operation.accounts.sessions import ASKED_BY_PAGES, HEADER
from tests import factories
from tests.pages import text

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
MINUTE = 60
SEEN = django_settings.SEEN_COOKIE_NAME


@pytest.fixture(autouse=True)
def hours(settings):
    """Ten hours, and one without a request."""
    settings.SESSION_SECONDS, settings.SESSION_IDLE_SECONDS = 600 * MINUTE, 60 * MINUTE


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(client, reader, clock):
    """Somebody who has just signed in."""
    client.force_login(reader)
    assert client.get("/account/").status_code == 200
    return client


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def test_without_a_request_it_ends(desk, clock):
    clock.shift(timedelta(minutes=60))
    assert not is_in(desk)
    assert not Session.objects.exists()


def test_every_request_prolongs_it(desk, clock):
    for _ in range(5):
        clock.shift(timedelta(minutes=59))
        assert is_in(desk)


def test_after_its_hours_it_ends_whatever_the_person_does(desk, clock):
    for _ in range(12):
        clock.shift(timedelta(minutes=49))
        assert is_in(desk)
    clock.shift(timedelta(minutes=12))
    assert not is_in(desk)


def test_what_a_page_asks_by_itself_does_not_prolong_it(desk, clock):
    for _ in range(6):
        clock.shift(timedelta(minutes=9))
        assert desk.get("/session/").status_code == 204
    clock.shift(timedelta(minutes=6))
    assert desk.get("/session/").status_code == 401
    assert not is_in(desk)


def test_the_button_prolongs_it(desk, clock):
    clock.shift(timedelta(minutes=59))
    assert desk.post("/session/extend/").status_code == 204
    clock.shift(timedelta(minutes=59))
    assert is_in(desk)


def test_every_answer_says_how_long_it_lasts(desk, clock):
    assert desk.get("/account/")[HEADER] == str(60 * MINUTE)
    clock.shift(timedelta(minutes=20))
    assert desk.get("/session/")[HEADER] == str(40 * MINUTE)
    for _ in range(11):
        desk.get("/account/")
        clock.shift(timedelta(minutes=50))
    assert desk.get("/account/")[HEADER] == f"{30 * MINUTE} final"


def test_the_page_holds_what_its_script_needs(desk):
    page = text(desk.get("/account/"))
    assert 'data-session-left="3600" data-session-warning="300"' in page
    assert "session.js" in page
    assert "session.js" not in text(Client().get("/login/"))


def test_no_idle_limit_where_the_office_wants_none(desk, clock, settings):
    settings.SESSION_IDLE_SECONDS = 0
    clock.shift(timedelta(minutes=599))
    assert is_in(desk)
    clock.shift(timedelta(minutes=1))
    assert not is_in(desk)


def test_signed_in_the_sign_in_page_leads_on_and_never_to_itself(desk):
    assert desk.get("/login/?next=/login/").url == reverse("home")


def test_without_the_cookie_the_time_since_the_sign_in_counts(desk, clock):
    clock.shift(timedelta(minutes=50))
    assert is_in(desk)
    del desk.cookies[SEEN]
    clock.shift(timedelta(minutes=9))
    assert is_in(desk)
    del desk.cookies[SEEN]
    clock.shift(timedelta(minutes=1))
    assert not is_in(desk)


@pytest.mark.parametrize("forged", ["9999999999", "9999999999:abc", "", "\x00", "x" * 5000])
def test_a_forged_cookie_prolongs_nothing(desk, clock, forged):
    desk.cookies[SEEN] = forged
    clock.shift(timedelta(minutes=60))
    assert not is_in(desk)


def test_the_cookie_of_another_sign_in_prolongs_nothing(desk, clock, reader):
    clock.shift(timedelta(minutes=59))
    other = Client()
    other.force_login(reader)
    other.get("/account/")
    desk.cookies[SEEN] = other.cookies[SEEN].value
    clock.shift(timedelta(minutes=1))
    assert not is_in(desk)


def test_the_cookie_is_for_the_server_alone(desk, settings):
    cookie = desk.cookies[SEEN]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_looking_at_pages_writes_nothing_to_the_database(desk, clock):
    clock.shift(timedelta(minutes=30))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert is_in(desk)
    writes = [q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "PRAGMA"))]
    assert writes == []


def test_a_page_for_everybody_looks_at_no_session(client, reader):
    client.force_login(reader)
    assert HEADER not in client.get("/healthz").headers


def test_the_session_has_another_key_after_the_sign_in(client, reader):
    reader.set_password("correct horse battery")
    reader.save()
    client.get("/login/")
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    form = {"username": reader.username, "password": "correct horse battery"}
    client.post("/login/", form)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_after_its_end_the_login_says_so_and_leads_back(desk, clock):
    clock.shift(timedelta(minutes=60))
    response = desk.get("/procedures/?q=abc")
    query = parse_qs(urlsplit(response.url).query)
    assert query == {"next": ["/procedures/?q=abc"], "ended": ["1"]}
    assert "ログインが切れました" in text(desk.get(response.url))
    assert "ログインが切れました" not in text(desk.get("/login/"))


def test_a_form_sent_after_its_end_writes_nothing_and_leads_back_to_its_page(desk, clock):
    clock.shift(timedelta(minutes=60))
    referer = {"Referer": "http://testserver/account/"}
    response = desk.post("/account/sessions/", headers=referer)
    assert response.url == "/login/?next=/account/&ended=1"


def test_everything_that_a_page_asks_by_itself_is_known():
    """A new element that polls must not keep a sign-in alive for ever."""
    polled = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for tag in re.findall(r"<[^>]*hx-trigger=\"[^\"]*every [^\"]*\"[^>]*>", path.read_text()):
            polled |= set(re.findall(r"hx-get=\"{% url '(\w+)'", tag))
    assert polled
    assert polled | {"session"} == ASKED_BY_PAGES
    assert resolve(reverse("session")).url_name == "session"


def test_a_session_from_before_there_was_a_clock_ends(client, reader):
    client.force_login(reader)
    session = client.session
    del session["signed_in"]
    session.save()
    assert not is_in(client)


def test_the_own_page_shows_the_sign_ins_in_a_constant_number_of_queries(
    client, reader, django_assert_max_num_queries
):
    factories.member_of(factories.DepartmentFactory())
    client.force_login(reader)
    with django_assert_max_num_queries(6):
        assert is_in(client)
