"""The sign-in: no session from before, no word on who has an account, no way in for the rest."""

import re

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.template import engines
from django.test import Client
from django.urls import reverse

from tests.security.probing import all_rows, content, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def sign_in(client, username, password):
    return client.post(reverse("login"), {"username": username, "password": password})


@pytest.mark.evidence
def test_a_session_that_was_there_before_is_not_the_one_afterwards(people, evidence):
    """Session fixation: whoever slips a session to somebody is not in with that person."""
    client = Client()
    session = client.session
    session["mine"] = "attacker"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    sign_in(client, people["member"].username, PASSWORD)
    assert SESSION_KEY in client.session
    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != session.session_key
    attacker = Client()
    attacker.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert attacker.get(reverse("team")).status_code == 302
    victim = Client()
    victim.cookies[settings.SESSION_COOKIE_NAME] = after
    assert victim.get(reverse("team")).status_code == 200
    evidence.says(
        "攻撃の試み",
        "ログインの前に渡されたセッションは、ログインの後には使えない（セッション固定）。",
        "前の番号ではログイン画面に戻され、番号は新しくなった。",
        "新しい番号を別のブラウザーに入れると画面が開く：番号だけで判定していることの確認。",
    )


def test_a_session_ends_with_the_sign_out(people):
    client = signed_in(people["member"])
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post(reverse("logout"))
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert again.get(reverse("team")).status_code == 302


def test_other_sessions_end_with_a_new_password(people):
    here, elsewhere = signed_in(people["member"]), signed_in(people["member"])
    new = "another horse battery 9"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("password_change"), form).status_code == 302
    assert here.get(reverse("team")).status_code == 200
    assert elsewhere.get(reverse("team")).status_code == 302


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(people):
    """Also that of somebody who has left."""
    gone = people["reader"]
    gone.is_active = False
    gone.save()
    told = set()
    for name, password in (
        (people["member"].username, "wrong"),
        ("nobody-of-this-name", "wrong"),
        (gone.username, PASSWORD),
    ):
        response = sign_in(Client(), name, password)
        assert response.status_code == 200
        page = content(response).decode().replace(name, "NAME")
        told.add(re.sub(r'(csrf\w*|X-CSRFToken)(" value=|": )"\w+"', "", page))
    assert len(told) == 1


@pytest.mark.parametrize("person", ["reader", "other_member", "member", "division_person"])
def test_the_admin_lets_nobody_else_write(people, person):
    """Not even who is called staff or superuser by a flag of Django's: the role decides."""
    user = people[person]
    user.is_staff = True
    user.save()
    client = signed_in(user)
    before = all_rows()
    for name in ("procedures_user_add", "procedures_department_add", "tracking_goal_add"):
        response = client.post(reverse(f"admin:{name}"), {"username": "evil", "name": "evil"})
        assert response.status_code in (302, 403), name
    assert all_rows() == before


def test_no_page_of_the_admin_shows_a_password(people, monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    user = people["member"]
    client = signed_in(people["administrator"])
    page = content(client.get(reverse("admin:procedures_user_change", args=[user.pk]))).decode()
    user.refresh_from_db()
    assert user.password not in page
