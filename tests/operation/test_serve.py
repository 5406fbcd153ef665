"""``run.py serve``: what it refuses, and that it serves, signs in and stops as a real process."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from operation import server, static_files, tables
from operation.management.commands import serve
from operation.tables import Tables
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def started(monkeypatch, settings):
    """A server that would start with the settings of an office; the list says if it did."""
    starts = []
    settings.INSECURE_HTTP, settings.BEHIND_PROXY, settings.DEBUG = False, True, False
    monkeypatch.setattr(tables, "tables", lambda: Tables((), ()))
    monkeypatch.setattr(static_files, "are_collected", lambda: True)
    monkeypatch.setattr(server, "serve", lambda application, ready: starts.append(application))
    return starts


def refusal() -> CommandError:
    with pytest.raises(CommandError) as refused:
        call_command("serve")
    return refused.value


def test_serves_when_everything_is_in_place(started):
    call_command("serve")
    assert len(started) == 1


def test_refuses_to_serve_in_debug(started, settings):
    settings.DEBUG = True
    assert str(refusal()) == serve.IN_DEBUG
    assert not started


def test_refuses_to_serve_where_every_page_would_lead_to_https_in_vain(started, settings):
    settings.BEHIND_PROXY = False
    assert str(refusal()) == serve.NO_HTTPS
    settings.INSECURE_HTTP = True
    call_command("serve")


def test_refuses_to_serve_from_old_tables(started, monkeypatch):
    monkeypatch.setattr(tables, "tables", lambda: Tables(("tracking.0099_x",), ()))
    refused = refusal()
    assert str(refused) == serve.OLD_TABLES.format(1)
    assert refused.returncode == serve.REFUSED
    assert not started


def test_refuses_to_serve_from_the_tables_of_a_later_version(started, monkeypatch):
    monkeypatch.setattr(tables, "tables", lambda: Tables((), ("tracking.0099_x",)))
    assert str(refusal()) == serve.NEWER_TABLES.format("tracking.0099_x")


def test_a_database_that_is_away_is_tried_again(started, monkeypatch):
    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(tables, "tables", away)
    refused = refusal()
    assert "connection refused" in str(refused)
    assert refused.returncode != serve.REFUSED


def test_static_files_are_collected_where_they_are_not(started, monkeypatch):
    collected = []
    monkeypatch.setattr(static_files, "are_collected", lambda: False)
    monkeypatch.setattr(serve, "call_command", lambda *names, **options: collected.append(names))
    call_command("serve")
    assert collected == [("collectstatic",)]
    assert started


def test_static_files_that_cannot_be_collected_are_a_refusal(started, monkeypatch):
    def closed(*names, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(static_files, "are_collected", lambda: False)
    monkeypatch.setattr(serve, "call_command", closed)
    assert "run.py install" in str(refusal())
    assert not started


def test_an_address_that_is_taken_is_a_refusal(started, monkeypatch, settings):
    def taken(application, ready):
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(server, "serve", taken)
    assert str(refusal()).startswith(f"{settings.LISTEN} では受け付けられません")


def test_static_files_count_as_collected_when_each_copy_is_the_same(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert not static_files.are_collected()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert static_files.are_collected()
    copy = next(tmp_path.rglob("*.css"))
    copy.write_bytes(copy.read_bytes()[:-1] + b" ")
    assert not static_files.are_collected()


@pytest.mark.django_db
def test_tables_of_this_version_are_told_from_earlier_and_later_ones(monkeypatch):
    assert tables.tables() == Tables((), ())
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder.applied_migrations

    def without_one_and_with_another(recorder):
        found = applied(recorder)
        newest = max(key for key in found if key[0] == "tracking")
        return {k: v for k, v in found.items() if k != newest} | {("tracking", "9999_x"): None}

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", without_one_and_with_another)
    found = tables.tables()
    assert len(found.pending) == 1
    assert found.newer == ("tracking.9999_x",)


class Browser:
    """Just enough of one: it stands behind the proxy, and keeps cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies = SimpleCookie()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.7",
            "Referer": f"https://127.0.0.1:{self.port}/login/",
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={each.value}" for name, each in self.cookies.items()),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body=urlencode(form or {}), headers=headers)
            with connection.getresponse() as response:
                for line in response.headers.get_all("Set-Cookie", []):
                    assert "Secure" in line
                    self.cookies.load(line)
                return response.status, response.read().decode()

    def cookie(self, part: str) -> str:
        return next(each.value for name, each in self.cookies.items() if part in name)


@pytest.mark.django_db
def test_serve_starts_signs_in_and_stops_within_seconds(office, tmp_path):
    port = free_port()
    names = ("DX_SECRET_KEY", "DX_DATA_DIR", "DATABASE_URL")
    settings = {name: office.settings[name] for name in names if name in office.settings}
    settings |= {"DX_BEHIND_PROXY": "1", "DX_LISTEN": f"127.0.0.1:{port}"}
    file = tmp_path / "office.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("D")}
    environment |= {"DJANGO_SETTINGS_MODULE": "tests.served_settings"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "serve", "--env", str(file)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = [process.stderr.readline(), process.stderr.readline()]
        assert said[0].strip() == serve.COLLECTING
        assert f"http://127.0.0.1:{port}/ で受け付けています" in said[1]
        browser = Browser(port)
        assert browser.ask("GET", "/healthz")[0] == 200
        assert browser.ask("GET", "/login/")[0] == 200
        form = {
            "username": "kanri",
            "password": "correct horse battery",
            "csrfmiddlewaretoken": browser.cookie("csrf"),
        }
        assert browser.ask("POST", "/login/", form)[0] == 302
        status, page = browser.ask("GET", "/team/")
        assert status == 200
        assert "ログアウト" in page
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
    finally:
        process.kill()
        process.communicate()
