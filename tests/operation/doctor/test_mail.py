"""The doctor knocks at the mail server as a reminder would, and sends nothing."""

import socket

import pytest
from aiosmtpd.smtp import AuthResult

from operation.doctor import State, mail
from tests.mail_servers import mail_server


@pytest.fixture
def settings_for(settings):
    """``settings_for(server)`` makes the program use it."""

    def use(server, security="none", user="", sender="dx@example.lg.jp"):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = security == "starttls"
        settings.EMAIL_USE_SSL = security == "tls"
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = user, "himitsu" * bool(user)
        settings.DEFAULT_FROM_EMAIL = sender

    return use


def test_without_a_mail_server_nothing_is_wrong(settings):
    settings.EMAIL_HOST = ""
    assert mail.server().state is State.OK


def test_a_server_that_answers_is_sent_nothing(settings_for):
    with mail_server() as server:
        settings_for(server)
        assert mail.server().state is State.OK
        assert server.received == []


def test_a_server_that_is_not_there(settings, settings_for):
    with mail_server() as server:
        settings_for(server)
    answer = mail.server()
    assert answer.state is State.FAIL
    assert "DX_SMTP_HOST" in answer.advice


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_protect_what_is_sent(settings_for, security):
    with mail_server() as server:
        settings_for(server, security)
        answer = mail.server()
    assert answer.state is State.FAIL
    assert "DX_SMTP_SECURITY" in answer.advice


@pytest.mark.parametrize(("is_right", "state"), [(False, State.FAIL), (True, State.WARN)])
def test_a_sign_in(settings_for, is_right, state):
    """Without TLS even the right password is a matter for a warning."""
    options = {
        "authenticator": lambda *args: AuthResult(success=is_right, handled=False),
        "auth_require_tls": False,
    }
    with mail_server(**options) as server:
        settings_for(server, user="dx")
        answer = mail.server()
    assert answer.state is state
    assert "himitsu" not in answer.seen + answer.advice


def test_a_sender_is_needed(settings_for):
    with mail_server() as server:
        settings_for(server, sender="")
        answer = mail.server()
    assert answer.state is State.FAIL
    assert "DX_MAIL_FROM" in answer.advice


def test_something_else_that_listens_there(settings_for, monkeypatch):
    """It takes the connection and says nothing; nobody waits for it for long."""
    monkeypatch.setattr(mail, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings_for(type("Silent", (), {"port": silent.getsockname()[1]}))
        assert mail.server().state is State.FAIL
