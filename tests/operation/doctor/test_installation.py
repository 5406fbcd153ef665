"""The doctor finds what is set wrongly or missing, and says what to do about it."""

import sys
from datetime import date

import pytest

from operation.doctor import State, installation


@pytest.fixture
def in_order(settings):
    """Settings of an office that are in order; each test changes one thing."""
    settings.DEBUG = False
    settings.INSECURE_HTTP = False
    settings.ALLOWED_HOSTS = ["dx.example.lg.jp"]
    settings.BASE_URL = "https://dx.example.lg.jp"
    settings.EMAIL_HOST = "mail.example.lg.jp"
    return settings


def test_settings_in_order(in_order):
    for look in (installation.protection, installation.hosts, installation.base_url):
        assert look().state is State.OK, look


@pytest.mark.parametrize("name", ["DEBUG", "INSECURE_HTTP"])
def test_what_is_for_ones_own_machine_only_is_a_failure(in_order, name):
    setattr(in_order, name, True)
    answer = installation.protection()
    assert answer.state is State.FAIL
    assert f"DX_{name}" in answer.seen + answer.advice


@pytest.mark.parametrize(
    ("key", "state"), [("x" * 60, State.FAIL), ("abcdefgh", State.FAIL), ("ab3XY" * 12, State.OK)]
)
def test_a_weak_key_is_a_failure_and_is_never_shown(in_order, key, state):
    in_order.SECRET_KEY = key
    answer = installation.secret_key()
    assert answer.state is state
    assert key not in answer.seen + answer.advice


@pytest.mark.parametrize(
    ("hosts", "state"),
    [(["*"], State.FAIL), (["localhost", "127.0.0.1", "[::1]"], State.WARN)],
)
def test_hosts_that_are_too_many_or_none(in_order, hosts, state):
    in_order.ALLOWED_HOSTS = hosts
    assert installation.hosts().state is state


@pytest.mark.parametrize(
    ("url", "host", "state"),
    [
        ("", "mail.example.lg.jp", State.WARN),
        ("", "", State.OK),
        ("dx.example.lg.jp", "", State.FAIL),
        ("https://elsewhere.example.lg.jp", "", State.FAIL),
    ],
)
def test_the_address_of_the_program(in_order, url, host, state):
    in_order.BASE_URL, in_order.EMAIL_HOST = url, host
    assert installation.base_url().state is state


@pytest.mark.parametrize(
    ("version", "day", "state"),
    [
        ((3, 11, 7), "2026-11-26", State.OK),
        ((3, 11, 7), "2027-11-01", State.WARN),
        ((3, 99, 0), "2026-11-26", State.WARN),
    ],
)
def test_a_python_without_security_fixes(monkeypatch, time_machine, version, day, state):
    time_machine.move_to(day)
    monkeypatch.setattr(sys, "version_info", version)
    answer = installation.python()
    assert answer.state is state
    assert ".".join(map(str, version)) in answer.seen


def test_a_django_without_security_fixes(monkeypatch):
    assert installation.framework().state is State.OK
    monkeypatch.setattr(installation, "DJANGO_ENDS", {(5, 2): date(2020, 1, 1)})
    assert installation.framework().state is State.WARN


def test_djangos_own_checks_are_asked(settings, monkeypatch):
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        setattr(settings, name, True)
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECRET_KEY = "aB3-xY9_kLmN" * 6
    assert installation.deployment().state is State.OK
    settings.SECURE_SSL_REDIRECT = False
    answer = installation.deployment()
    assert answer.state is State.WARN
    assert "security.W008" in answer.seen


def test_static_files_that_are_not_those_of_this_version(monkeypatch):
    monkeypatch.setattr(installation.static_files, "are_collected", lambda: True)
    assert installation.static().state is State.OK
    monkeypatch.undo()
    answer = installation.static()  # the suite has collected none
    assert answer.state is State.FAIL
    assert "collectstatic" in answer.advice


def test_pdfs_need_japanese_letters(monkeypatch):
    assert installation.paper().state is State.OK
    monkeypatch.setattr(installation, "_japanese_fonts", lambda: 0)
    assert installation.paper().state is State.WARN
    monkeypatch.setattr(installation.pdf, "is_available", lambda: False)
    assert installation.paper().state is State.OK  # a browser prints


def test_where_nobody_knows_the_fonts_nothing_is_said_of_them(monkeypatch):
    monkeypatch.setattr(installation.shutil, "which", lambda name: None)
    assert installation.paper().state is State.OK
