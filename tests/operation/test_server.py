"""The server believes the proxy alone, and a stop cuts nobody off."""

import contextlib
import http.client
import importlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = textwrap.dedent(
    """
    import json, os, sys, time
    sys.path.insert(0, sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "shimonoseki_dx.settings"
    from operation import server

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            print("asked", flush=True)
            time.sleep(1)
        kept = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST")
        body = json.dumps({name: environ.get(name) for name in kept}).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    server.serve(application, ready=lambda: print("ready", flush=True))
    """
)
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.9;proto=https",
}


class Served:
    """A process that serves ``APPLICATION``; ``ask`` gives what it saw of a request."""

    def __init__(self, **settings: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", APPLICATION, str(ROOT)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"DX_LISTEN": f"127.0.0.1:{self.port}"} | settings,
        )
        self.hear("ready")

    def hear(self, word: str) -> None:
        assert self.process.stdout.readline().strip() == word

    def connect(self, own_address: str = "127.0.0.1") -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=10, source_address=(own_address, 0)
        )

    def ask(self, headers: dict[str, str], own_address: str = "127.0.0.1") -> str:
        with contextlib.closing(self.connect(own_address)) as connection:
            connection.request("GET", "/", headers=headers)
            with connection.getresponse() as response:
                return response.read().decode()


@pytest.fixture
def served(monkeypatch):
    """Starts a server: ``served(DX_BEHIND_PROXY="1")``; it is gone afterwards."""
    monkeypatch.delenv("DX_BEHIND_PROXY", raising=False)
    running = []

    def serve(**settings: str) -> Served:
        running.append(Served(**settings))
        return running[-1]

    yield serve
    for one in running:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()


def test_only_the_proxy_says_who_asks_and_how(served):
    behind = served(DX_BEHIND_PROXY="1")
    from_proxy = behind.ask({"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"})
    assert '"REMOTE_ADDR": "192.0.2.7"' in from_proxy
    assert '"wsgi.url_scheme": "https"' in from_proxy

    appended = behind.ask({"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
    assert '"REMOTE_ADDR": "192.0.2.7"' in appended
    assert "203.0.113.9" not in appended

    past_the_proxy = behind.ask(FORGED, own_address="127.0.0.2")
    assert '"REMOTE_ADDR": "127.0.0.2"' in past_the_proxy
    assert '"wsgi.url_scheme": "http"' in past_the_proxy
    assert "203.0.113.9" not in past_the_proxy
    assert "evil.example" not in past_the_proxy


def test_a_proxy_that_could_never_be_believed_stops_the_start(monkeypatch):
    from shimonoseki_dx import settings as module

    monkeypatch.setenv("DX_PROXY_ADDRESS", "proxy.example.lg.jp")
    with pytest.raises(ImproperlyConfigured, match="must be an IP address"):
        importlib.reload(module)
    monkeypatch.undo()
    importlib.reload(module)


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without telling it")
def test_a_stop_answers_what_was_asked_and_takes_no_more(served, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        server = served(NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"
        idle, slow = server.connect(), server.connect()  # the first one only stays open
        idle.request("GET", "/")
        idle.getresponse().read()
        slow.request("GET", "/slow")
        server.hear("asked")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        with slow.getresponse() as response:
            assert response.status == 200
            assert b"REMOTE_ADDR" in response.read()
        assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
        assert manager.recv(100) == b"STOPPING=1"
    with pytest.raises(ConnectionRefusedError):
        server.ask({})
    idle.close()
    slow.close()


def test_a_request_larger_than_any_import_is_refused(served):
    with contextlib.closing(served().connect()) as connection:
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(100 * 2**20))
        connection.endheaders()
        with connection.getresponse() as response:
            assert response.status == 413
