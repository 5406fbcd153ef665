"""Forged requests: what is sent without the token of the page is refused and writes nothing."""

import pytest

from tests.security.probing import (
    READ,
    SENT,
    address,
    all_rows,
    answer,
    content,
    signed_in,
    taken_back,
)

pytestmark = pytest.mark.django_db
REFUSED = 403
PEOPLE = ("member", "division_person", "administrator")


@pytest.mark.evidence
def test_every_form_without_its_token_is_refused(people, world, evidence):
    """The control: the same requests to a program that does not ask for the token."""
    before = all_rows()
    accepted = 0
    for person in PEOPLE:
        strict = signed_in(people[person], enforce_csrf_checks=True)
        lax = signed_in(people[person], enforce_csrf_checks=False)
        for access in SENT:
            assert answer(strict, access, world).status_code == REFUSED, access.name
            with taken_back(lax):
                accepted += answer(lax, access, world).status_code != REFUSED
    assert all_rows() == before
    count = len(SENT) * len(PEOPLE)
    assert accepted > count / 2
    evidence.says(
        "攻撃の試み",
        "画面のトークンのない送信（CSRF）は、どの宛先でも断られ、何も変わらない。",
        f"送信先{len(SENT)}か所を{len(PEOPLE)}種類の人で、{count}回すべて403。データの変化0件。",
        f"トークンを確かめない設定では、同じ{count}回のうち{accepted}回が受け付けられた。",
    )


@pytest.mark.parametrize("method", ["trace", "put", "delete", "patch"])
def test_methods_that_no_page_uses_write_nothing(people, world, method):
    client = signed_in(people["administrator"])
    before = all_rows()
    for access in READ:
        body = content(getattr(client, method)(address(access, world)))
        # An answer that repeats the request would show its cookies to a script.
        assert client.session.session_key.encode() not in body, access.name
    assert all_rows() == before
