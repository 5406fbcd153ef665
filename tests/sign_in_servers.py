"""The office's own login for tests: the settings for each way in, and the real servers.

Without slapd and python-ldap the LDAP tests are left out; ``run.py test`` says so in one line.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from operation.directory.configuration import LDAP, LOCAL, OIDC, REMOTE, Proxy, SignIn
from procedures.models import Department, DirectoryGroup, Procedure, Role, User
from procedures.records import insert
from tests import factories
from tests.identity_provider.running import IdentityProvider, identity_provider
from tests.ldap_programs import slapd

PROXY_SECRET = "only the proxy knows this, and the program"


def has_ldap() -> bool:
    """Whether the LDAP tests can be run here."""
    return find_spec("ldap") is not None and slapd() is not None


def group(name: str, role: Role, department: Department | None = None) -> DirectoryGroup:
    """A group of the office's login that gives a role."""
    row = DirectoryGroup(name=name, role=role, department=department)
    insert([row], factories.origin())
    return row


def use(changeable: Any, **ways: Any) -> SignIn:
    """Makes ``ways`` (fields of SignIn) those of the fixture ``settings``; local accounts stay."""
    names = {"ldap": LDAP, "provider": OIDC, "proxy": REMOTE}
    sign_in = SignIn(
        ways=(LOCAL, *(names[way] for way in ways if way in names)),
        **ways,
    )
    changeable.SIGN_IN = sign_in
    changeable.AUTHENTICATION_BACKENDS = [
        "axes.backends.AxesStandaloneBackend",
        *sign_in.backends,
    ]
    return sign_in


@pytest.fixture(scope="session")
def running_directory() -> Iterator[Any]:
    """The LDAP server of this run."""
    from tests.directory_server import directory_server

    with directory_server() as server:
        yield server


@pytest.fixture
def directory(running_directory, settings):
    """An LDAP server that knows nobody yet; the program signs in with it."""
    running_directory.clear()
    use(settings, ldap=running_directory.settings)
    return running_directory


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    """The OpenID provider of this run."""
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider, settings):
    """An OpenID provider that knows nobody yet; the program signs in with it."""
    running_provider.clear("http://testserver/login/provider/answer/")
    use(settings, provider=running_provider.settings)
    return running_provider


@pytest.fixture
def proxy(settings):
    """The settings for a proxy that signs people in and says their groups."""
    own = Proxy(PROXY_SECRET, "X-Remote-User", "X-Remote-Groups")
    use(settings, proxy=own)
    return own


def changed(changeable: Any, **changes: Any) -> None:
    """The settings of a test with some fields of SignIn changed."""
    changeable.SIGN_IN = replace(changeable.SIGN_IN, **changes)


def try_to_edit(visitor: Any, procedure: Procedure) -> int:
    """200 where this browser's person saved the procedure's plan; 403 where it was refused.

    Refused are then the page, and a form that is sent past it.
    """
    page = visitor.page
    address = visitor.address + reverse("plan_edit", args=[procedure.pk])
    status = page.goto(address).status
    if status == 200:
        page.get_by_label("担当者").fill(get_random_string(8))  # another one each time
        page.get_by_role("button", name="保存").click()
        page.get_by_text("計画を保存しました。").wait_for()
        return status
    visitor.console_errors.clear()  # the browser logs the 403 itself
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    sent = page.request.post(
        address,
        form={"csrfmiddlewaretoken": cookies[settings.CSRF_COOKIE_NAME], "assignee": "侵入"},
        headers={"Referer": address},
    )
    assert "変更できるのは、その部局室のDX推進チーム" in sent.text()
    return sent.status


def sign_in_unasked(visitor: Any, user: User) -> None:
    """Gives the browser a session of ``user`` without asking the office's login: the control."""
    client = Client()
    client.force_login(user, settings.SIGN_IN.backends[-1])
    name = settings.SESSION_COOKIE_NAME
    visitor.page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": visitor.address}]
    )
