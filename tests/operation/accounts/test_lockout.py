"""Lockout by name and address: through the real server, behind a proxy, at once, and its end."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client
from django.urls import reverse
from waitress import create_server

from operation import server
from operation.accounts.lockout import locks, release
from procedures.models import AuditEvent, User
from tests import factories
from tests.pages import text
from tests.ports import free_port

PASSWORD = "correct horse battery"
LOCKED, WRONG, IN = 429, 200, 302
A, B = "10.1.0.1", "10.1.0.2"


@pytest.fixture(autouse=True)
def counting(settings):
    """As in an office; the rest of the suite counts nothing."""
    settings.AXES_ENABLED = True
    settings.ADDRESS_FAILURES = 50


@pytest.fixture
def person(db):
    return factories.member_of(factories.DepartmentFactory(), username="hanako")


def attempt(username, password, address=A, **headers) -> int:
    form = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post("/login/", form, headers=headers).status_code


def fail(username, times, address=A, **headers) -> list[int]:
    return [attempt(username, "wrong", address, **headers) for _ in range(times)]


@pytest.mark.django_db
def test_the_fifth_wrong_password_locks_the_name_at_that_desk_alone(person):
    assert fail("hanako", 5) == [WRONG] * 4 + [LOCKED]
    assert attempt("hanako", PASSWORD) == LOCKED
    assert attempt("hanako", PASSWORD, B) == IN


@pytest.mark.django_db
def test_the_page_says_until_when_and_trying_does_not_move_it(person):
    fail("hanako", 5)
    [lock] = locks()
    fail("hanako", 3)
    assert locks() == [lock]
    form = {"username": "hanako", "password": "wrong"}
    page = text(Client(REMOTE_ADDR=A).post("/login/", form))
    local = lock.until.astimezone()
    assert f"{local.minute:02d}分" in page
    assert "情報政策課" in page


@pytest.mark.django_db
def test_another_spelling_of_a_name_is_no_other_name(administrator):
    """A directory takes them all for the same person."""
    factories.UserFactory(username="Hanako", directory="ldap")
    spellings = ("hanako", "HANAKO", "ｈａｎａｋｏ", "hána ko", "Hanako")
    assert [fail(name, 1)[0] for name in spellings] == [WRONG] * 4 + [LOCKED]
    assert attempt("HaNaKo", PASSWORD) == LOCKED
    what = AuditEvent.objects.get(kind=AuditEvent.Kind.LOCKOUT).what
    assert "「Hanako」" in what
    office = Client()
    office.force_login(administrator)
    person = User.objects.get(username="Hanako")
    assert A in text(office.get(reverse("account_detail", args=[person.pk])))


@pytest.mark.django_db
def test_a_header_that_anybody_can_write_changes_nothing(person):
    forged = {"X-Forwarded-For": "10.9.9.9", "X-Real-IP": "10.9.9.9"}
    answers = [attempt("hanako", "wrong", **{**forged, "X-Forwarded-For": f"10.9.9.{n}"})
               for n in range(5)]  # fmt: skip
    assert answers[-1] == LOCKED  # it does not evade
    assert attempt("hanako", PASSWORD, B, **{"X-Forwarded-For": A}) == IN  # nor lock another


@pytest.mark.django_db
def test_an_unknown_name_is_answered_like_a_known_one(person):
    known = [attempt("hanako", "wrong") for _ in range(6)]
    unknown = [attempt("nobody", "wrong") for _ in range(6)]
    assert known == unknown


@pytest.mark.django_db
def test_an_unknown_name_costs_a_hash_like_a_known_one(person, monkeypatch, settings):
    """Nobody can tell by the time whether there is an account."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given)
    )
    switched_off = factories.UserFactory(username="off", is_active=False)
    without = factories.UserFactory(username="without")
    without.set_unusable_password()
    without.save()
    for name in ("hanako", "nobody", switched_off.username, without.username):
        hashed.clear()
        attempt(name, "wrong")
        assert len(hashed) == 1, name


@pytest.mark.django_db
def test_many_names_from_one_address_lock_the_address(person, settings):
    settings.ADDRESS_FAILURES = 12
    assert {attempt(f"name{n}", "wrong") for n in range(12)} == {WRONG}
    assert attempt("hanako", PASSWORD) == LOCKED
    assert attempt("hanako", PASSWORD, B) == IN
    lock = next(lock for lock in locks() if not lock.username)
    assert (lock.address, lock.failure_count) == (A, 12)


@pytest.mark.django_db
def test_where_all_desks_share_an_address_the_limit_is_switched_off(person, settings):
    settings.ADDRESS_FAILURES = 0
    for n in range(60):
        attempt(f"name{n}", "wrong")
    assert attempt("hanako", PASSWORD) == IN


@pytest.mark.django_db
def test_an_administrator_releases_a_name_and_an_address(person, administrator, settings):
    settings.ADDRESS_FAILURES = 10
    fail("hanako", 5)
    office = Client()
    office.force_login(administrator)
    assert "hanako" in text(office.get(reverse("account_list")))
    office.post(reverse("account_release"), {"username": "hanako", "address": A})
    assert attempt("hanako", PASSWORD) == IN
    note = AuditEvent.objects.filter(kind=AuditEvent.Kind.LOCKOUT, by=administrator).get()
    assert "hanako" in note.what
    for n in range(10):
        attempt(f"name{n}", "wrong")
    assert attempt("hanako", PASSWORD) == LOCKED
    office.post(reverse("account_release"), {"username": "", "address": A})
    assert attempt("hanako", PASSWORD) == IN


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "10.1.0.9", "abc", "\0", "::1%x", "1" * 300])
def test_a_release_of_what_is_not_locked_says_so(administrator, address):
    office = Client()
    office.force_login(administrator)
    form = {"username": "hanako", "address": address}
    page = office.post(reverse("account_release"), form, follow=True)
    assert "もう解除されている" in text(page)


@pytest.mark.django_db
def test_nobody_else_releases(division_person):
    with pytest.raises(PermissionDenied):
        release(username="hanako", address=A, by=division_person)


@pytest.mark.django_db(transaction=True)
def test_two_wrong_passwords_at_once_count_as_two(person):
    def one(_):
        try:
            return attempt("hanako", "wrong")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert sum(AccessAttempt.objects.values_list("failures_since_start", flat=True)) == 4
    assert attempt("hanako", "wrong") == LOCKED


@contextmanager
def serving(settings, *, behind_proxy: bool, proxy: str = "127.0.0.1"):
    """The program behind waitress, told about proxies as ``run.py serve`` tells it."""
    settings.BEHIND_PROXY, settings.PROXY_ADDRESS = behind_proxy, proxy
    port = free_port()
    settings.LISTEN = f"127.0.0.1:{port}"
    sockets = {}

    def application(environ, start_response):
        try:
            return WSGIHandler()(environ, start_response)
        finally:
            connections.close_all()

    running = create_server(application, map=sockets, **server._adjustments())
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        running.close()
        running.task_dispatcher.shutdown(timeout=2)
        for each in list(sockets.values()):
            each.close()
        thread.join(timeout=5)


def through(port, desk, password, *, forged: str = "") -> int:
    """A sign-in as the office's proxy passes it on: it adds the desk to what the desk sent."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    passed_on = ", ".join(filter(None, (forged, desk)))
    headers = {"X-Forwarded-For": passed_on} if passed_on else {}
    connection.request("GET", "/login/", headers=headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    headers |= {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    form = {"username": "hanako", "password": password, "csrfmiddlewaretoken": token}
    connection.request("POST", "/login/", urlencode(form), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def believing_everybody(request) -> str:
    """As a program does that takes the first address that stands in the header."""
    return request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip()


@pytest.mark.evidence
@pytest.mark.django_db(transaction=True)
def test_behind_the_proxy_each_desk_stands_for_itself(person, settings, evidence):
    with serving(settings, behind_proxy=True) as port:
        # The desk writes another address each time; the proxy adds its own behind it.
        answers = [through(port, A, "wrong", forged=f"10.9.9.{n}") for n in range(5)]
        assert answers == [WRONG] * 4 + [LOCKED]
        assert through(port, A, PASSWORD) == LOCKED
        assert through(port, B, PASSWORD) == IN
        assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {A}

    AccessAttempt.objects.all().delete()
    settings.AXES_CLIENT_IP_CALLABLE = believing_everybody
    tried = [fail("hanako", 1, **{"X-Forwarded-For": f"10.9.9.{n}"})[0] for n in range(20)]
    assert LOCKED not in tried
    evidence.says(
        "ログイン",
        "プロキシの後ろで、偽の X-Forwarded-For を毎回変えても、5回の失敗でその端末が止まり、"
        "ほかの端末は止まらない",
        "5回目で停止し、同じ名前でほかの端末からはログインできた",
        f"ヘッダーをそのまま信じると、{len(tried)}回試しても止まらない",
    )


@pytest.mark.django_db(transaction=True)
def test_without_a_proxy_the_header_is_nothing(person, settings):
    with serving(settings, behind_proxy=False) as port:
        answers = [through(port, "", "wrong", forged=f"10.9.9.{n}") for n in range(5)]
        assert answers[-1] == LOCKED
        addresses = set(AccessAttempt.objects.values_list("ip_address", flat=True))
        assert addresses == {"127.0.0.1"}
