"""Sign-ins, those that fail, locks and sign-outs in the audit log."""

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from procedures.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind
PASSWORD = "a-long-password-of-today"


@pytest.fixture
def person(settings):
    settings.AXES_ENABLED = True
    person = factories.UserFactory(username="hanako", display_name="下関 花子")
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(client, username, password, address="10.0.0.7"):
    data = {"username": username, "password": password}
    return client.post(reverse("login"), data, REMOTE_ADDR=address)


def told(*kinds: str) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(kind__in=kinds).order_by("number")
    return [(event.kind, event.what) for event in events]


def test_a_sign_in_and_a_sign_out_are_noted_with_person_and_address(client, person):
    sign_in(client, "hanako", PASSWORD)
    client.post(reverse("logout"), REMOTE_ADDR="10.0.0.7")

    events = AuditEvent.objects.filter(kind__in=[Kind.SIGN_IN, Kind.SIGN_OUT]).order_by("number")
    assert [event.kind for event in events] == [Kind.SIGN_IN, Kind.SIGN_OUT]
    assert {(event.by, event.by_name, event.address) for event in events} == {
        (person, "下関 花子", "10.0.0.7")
    }


def test_a_failure_names_the_account_that_was_tried(client, person):
    sign_in(client, "hanako", "wrong")

    (event,) = AuditEvent.objects.filter(kind=Kind.SIGN_IN_FAILED)
    assert event.what == "ユーザー名「hanako」でのログインに失敗しました。"
    assert (event.by, event.address) == (None, "10.0.0.7")


def test_a_password_typed_as_a_name_is_not_kept(client, person):
    sign_in(client, PASSWORD, "")
    sign_in(client, PASSWORD, "x")
    sign_in(client, "\0", "x")

    assert not AuditEvent.objects.filter(what__contains=PASSWORD).exists()
    assert {what for _, what in told(Kind.SIGN_IN_FAILED)} <= {
        "登録のない名前でのログインに失敗しました。"
    }


def test_a_lock_is_noted_once_and_what_it_refuses_is_not(client, person):
    for _ in range(django_settings.AXES_FAILURE_LIMIT + 6):
        sign_in(client, "hanako", "wrong")

    assert len(told(Kind.SIGN_IN_FAILED)) == django_settings.AXES_FAILURE_LIMIT
    assert told(Kind.LOCKOUT) == [
        (Kind.LOCKOUT, "ユーザー名「hanako」でのログインを一時停止しました。")
    ]
