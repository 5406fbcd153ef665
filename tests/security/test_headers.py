"""What every answer tells the browser: no frames, no guessing of types, no copies, our host."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client, override_settings
from django.urls import reverse

from tests.security.probing import READ, SENT, answer, content, is_html, signed_in

pytestmark = pytest.mark.django_db
HTTPS = {"SECURE_SSL_REDIRECT": True, "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What a request may say of the host besides Host itself; nobody believes it.
TOLD = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
FORBIDDEN_IN_CSP = ("unsafe-inline", "unsafe-eval", "http:", "https:", "*")


def check_headers(response, name):
    for header, value in EVERYWHERE.items():
        assert response.headers.get(header) == value, (name, header)
    assert "camera=()" in response.headers["Permissions-Policy"], name
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy, name
    assert "default-src 'none'" in policy, name
    assert not any(word in policy.split() for word in FORBIDDEN_IN_CSP), name


@pytest.mark.evidence
def test_every_answer_carries_the_headers(people, world, evidence, monkeypatch):
    """Pages, fragments, files, answers to forms, refusals, pages that are not there.

    None names the host that the request only claims, and nothing that a person sees is kept: the
    way back in the browser shows nothing to whoever sits down after the sign-out.
    """
    # Templates of other packages (the admin) may leave a variable out.
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    client = signed_in(people["administrator"], headers=TOLD)
    answers = {f"{access.method} {access.name}": answer(client, access, world) for access in READ}
    answers |= {
        f"{access.method} {access.name}": answer(Client(), access, world) for access in SENT
    }
    answers["404"] = client.get("/nowhere/")
    answers["403"] = signed_in(people["reader"]).get(reverse("dashboard"))
    answers["405"] = client.put(reverse("team"))
    answers["csrf"] = signed_in(people["member"], enforce_csrf_checks=True).post(reverse("bulk"))
    answers["host"] = client.get("/", headers={"host": "evil.example"})
    answers["admin"] = client.get("/admin/")
    for name, response in answers.items():
        body = content(response)
        if not name.endswith(("healthz", "readyz")):  # a word for machines, before all else
            check_headers(response, name)
        assert "no-store" in response.headers["Cache-Control"], name
        assert "evil.example" not in response.headers.get("Location", ""), name
        assert not is_html(response) or b"evil.example" not in body, name
        if response.has_header("Content-Disposition"):
            assert response.headers["Content-Disposition"].startswith("attachment"), name
        else:
            kind = response.headers.get("Content-Type", "text/html").split(";")[0]
            assert kind in ("text/html", "text/plain", "application/json", "text/csv"), name
    with override_settings(MIDDLEWARE=_without("shimonoseki_dx.security_headers")):
        bare = signed_in(people["administrator"]).get(reverse("team"))
    missing = [name for name in (*EVERYWHERE, "Permissions-Policy") if not bare.has_header(name)]
    assert missing
    evidence.says(
        "攻撃の試み",
        "どの応答も、別のサイトの枠に入らず、内容の種類を推測させず、外の部品を読み込ませない。",
        f"画面・ファイル・断り・エラーの{len(answers)}の応答すべてに、CSPなど"
        f"{len(EVERYWHERE) + 2}種のヘッダーがある。",
        f"ヘッダーを付ける部品を外すと、{'・'.join(missing)}がなくなる。",
    )


def _without(part: str) -> list[str]:
    return [one for one in settings.MIDDLEWARE if not one.startswith(part)]


def test_static_files_carry_the_headers_too(client, settings, tmp_path):
    (tmp_path / "picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.STATIC_ROOT, settings.WHITENOISE_AUTOREFRESH = tmp_path, True
    response = Client().get("/static/picture.svg")
    content(response)
    assert response.status_code == 200
    check_headers(response, "static")


def test_what_the_public_reads_may_be_kept(settings, client):
    settings.PUBLICATION = True
    response = client.get(reverse("public_table"))
    assert "public" in response.headers["Cache-Control"]
    assert "no-store" not in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil", "a b"]
)
def test_another_host_is_refused_without_being_repeated(client, host):
    response = client.get(reverse("login"), headers={"host": host})
    assert response.status_code == 400
    assert "evil" not in content(response).decode()


def test_cookies_are_for_this_program_and_no_script(client, people):
    with override_settings(**HTTPS, AXES_ENABLED=False):
        page = client.get(reverse("login"), secure=True)
        assert page.cookies
        answer = client.post(
            reverse("login"),
            {"username": people["member"].username, "password": "correct horse battery"},
            secure=True,
        )
    session = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    for cookie in (*page.cookies.values(), *answer.cookies.values()):
        assert cookie["secure"], cookie.key
        assert not cookie["domain"], cookie.key
        assert cookie["samesite"] in ("Lax", "Strict"), cookie.key


@pytest.mark.parametrize(("plain_http", "prefix"), [("", "__Host-dx_"), ("1", "dx_")])
def test_names_of_cookies_bind_them_to_this_host_where_https_is_used(plain_http, prefix):
    program = (
        "import shimonoseki_dx.settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    )
    environment = os.environ | {"DX_INSECURE_HTTP": plain_http}
    names = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert names == [f"{prefix}session", f"{prefix}csrf"]


def test_plain_http_leads_to_https():
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31_536_000):
        assert Client().get("/login/").url.startswith("https://testserver/")
        assert (
            "max-age=31536000"
            in Client().get("/login/", secure=True).headers["Strict-Transport-Security"]
        )


def test_pages_that_fail_tell_nothing_of_the_program(people, monkeypatch):
    monkeypatch.setattr("tracking.views.pages.home_of", lambda rights: 1 / 0)
    client = signed_in(people["member"], raise_request_exception=False)
    response = client.get("/")
    assert response.status_code == 500
    told = content(response).decode()
    for word in ("Traceback", "ZeroDivision", "settings", "SECRET", ".py", "Django/", "Exception"):
        assert not re.search(word, told), word
