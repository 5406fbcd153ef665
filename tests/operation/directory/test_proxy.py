"""Sign-in by a proxy's word: only with the secret, only at its address."""

import pytest
from django.urls import reverse

from operation.directory.admission import NOT_CONFIRMED
from operation.directory.configuration import Proxy
from procedures.models import Role, User
from tests import factories
from tests.operation.directory.pages import sign_in
from tests.pages import text
from tests.sign_in_servers import PROXY_SECRET, changed, group

pytestmark = pytest.mark.django_db
ADDRESS = reverse("sign_in_by_proxy")


def headers(user: str = "hanako", secret: str = PROXY_SECRET, groups: str = "DX-市民部") -> dict:
    """As a proxy writes them: UTF-8, which the server hands on as Latin-1."""
    said = {"X-Remote-User": user, "X-Proxy-Secret": secret, "X-Remote-Groups": groups}
    return {name: value.encode().decode("latin-1") for name, value in said.items()}


@pytest.fixture(autouse=True)
def team(department):
    """The group of 市民部's team."""
    return group("DX-市民部", Role.MEMBER, department)


def test_whom_the_proxy_names_is_signed_in(client, proxy):
    response = client.post(ADDRESS, {"next": "/team/?sort=name"}, headers=headers())
    assert (response.status_code, response.url) == (302, "/team/?sort=name")
    user = User.objects.get(directory="remote")
    assert (user.username, user.directory_id) == ("hanako", "hanako")
    assert user.memberships.get().department.name == "市民部"


def test_an_address_that_is_locked_for_its_passwords_still_comes_in_by_the_proxy(
    client, proxy, settings
):
    settings.AXES_ENABLED, settings.ADDRESS_FAILURES = True, 2
    for name in ("a", "b"):
        sign_in(client, name, "wrong")
    assert sign_in(client, "c", "wrong").status_code == 429
    assert client.post(ADDRESS, headers=headers()).status_code == 302


def test_nobody_is_led_to_another_site_afterwards(client, proxy):
    response = client.post(ADDRESS, {"next": "https://example.com/"}, headers=headers())
    assert response.url == reverse("home")


@pytest.mark.parametrize(
    "said",
    [
        headers(secret=""),
        headers(secret="guessed"),
        headers(secret="秘密"),
        headers(user=" "),
        {"X-Remote-User": "kanri"},
        {},
    ],
    ids=["empty secret", "wrong secret", "wrong letters", "no name", "a name alone", "nothing"],
)
def test_a_request_that_came_past_the_proxy_signs_nobody_in(client, proxy, said):
    factories.administrator(username="kanri", directory="remote", directory_id="kanri")
    response = client.post(ADDRESS, headers=said)
    assert response.status_code == 400
    assert NOT_CONFIRMED in text(response)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["/", "/team/", reverse("login")])
def test_the_headers_count_nowhere_else(client, proxy, address):
    client.get(address, headers=headers())
    client.post(reverse("login"), {"username": "hanako", "password": "x"}, headers=headers())
    assert "_auth_user_id" not in client.session


def test_they_count_nothing_where_the_way_is_not_switched_on(client):
    assert client.post(ADDRESS, headers=headers()).status_code == 404
    assert client.get("/team/", headers=headers()).status_code == 302
    assert not User.objects.filter(username="hanako").exists()


def test_a_page_that_is_only_asked_for_signs_nobody_in(client, proxy):
    assert client.get(ADDRESS, headers=headers()).status_code == 405


@pytest.mark.parametrize("name", ["CITY\\hanako", "hanako@CITY.LG.JP", "hanako"])
def test_the_realm_stands_in_the_key_and_not_in_the_name(client, proxy, name):
    client.post(ADDRESS, headers=headers(user=name))
    user = User.objects.get(directory="remote")
    assert (user.username, user.directory_id) == ("hanako", name.lower())


def test_without_a_header_for_groups_administrators_keep_the_roles(client, proxy, settings):
    changed(settings, proxy=Proxy(PROXY_SECRET, "X-Remote-User"))
    assert client.post(ADDRESS, headers=headers()).status_code == 403
    factories.division_person(username="hanako", directory="remote")
    assert client.post(ADDRESS, headers=headers()).status_code == 302
    assert User.objects.get(username="hanako").memberships.get().role == Role.DIVISION
