"""Sign-in at a real OpenID provider; and tokens that are not for us, of now, or of this person."""

import re
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from operation.directory import provider as backend
from operation.directory.admission import NOT_CONFIRMED, UNAVAILABLE
from procedures.models import Role, TeamMembership, User
from tests import factories
from tests.identity_provider.running import PASSWORD
from tests.operation.directory.pages import sign_in
from tests.pages import text
from tests.sign_in_servers import changed, group

pytestmark = pytest.mark.django_db
START, ANSWER = reverse("sign_in_at_provider"), reverse("sign_in_answer")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def at_provider(address: str, username: str, password: str = PASSWORD) -> str:
    """Signs in there as a browser would; the address to which the provider leads back."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        form = {"username": username, "password": password}
        form["csrfmiddlewaretoken"] = TOKEN.search(page.text)[1]
        form["next"] = parse_qs(urlsplit(page.url).query)["next"][0]
        sent = browser.post(page.url, form, allow_redirects=False, timeout=10)
        assert sent.status_code == 302, "not signed in there"
        asked = browser.get(
            f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{sent.headers['Location']}",
            allow_redirects=False,
            timeout=10,
        )
        return asked.headers["Location"]


def back(client: Client, address: str) -> HttpResponse:
    """The browser at the address to which the provider led."""
    parts = urlsplit(address)
    assert parts.path == ANSWER
    return client.get(f"{parts.path}?{parts.query}")


def come(client: Client, username: str = "hanako", target: str = "") -> HttpResponse:
    """All of it: there, and back."""
    client.logout()
    start = client.get(START, {"next": target} if target else {})
    return back(client, at_provider(start.url, username))


@pytest.fixture
def hanako(provider, department):
    """A person in the group of 市民部's team."""
    provider.set_person("hanako", "DX-市民部", key=7)
    group("DX-市民部", Role.MEMBER, department)


def test_a_person_signs_in_and_is_in_the_team(client, provider, hanako):
    response = come(client, target="/team/?sort=name")
    assert (response.status_code, response.url) == (302, "/team/?sort=name")
    user = User.objects.get(username="hanako")
    assert (user.display_name, user.email) == ("庁内 花子", "hanako@example.lg.jp")
    assert user.directory_id == f"{provider.settings.issuer} 7"
    assert user.memberships.get().department.name == "市民部"
    assert client.get("/team/").status_code == 200


def test_the_page_leads_there_with_state_nonce_and_challenge(client, provider):
    query = parse_qs(urlsplit(client.get(START).url).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= query.keys()


def test_nobody_is_led_to_another_site_afterwards(client, hanako):
    assert come(client, target="https://example.com/").url == reverse("home")


def test_an_answer_counts_once_and_in_the_browser_that_asked(client, hanako):
    answer = at_provider(client.get(START).url, "hanako")
    assert back(Client(), answer).status_code == 400
    assert back(client, answer).status_code == 302
    client.logout()
    assert back(client, answer).status_code == 400


def test_a_code_of_another_browser_does_not_count_with_ones_own_state(client, hanako):
    stolen = parse_qs(urlsplit(at_provider(Client().get(START).url, "hanako")).query)["code"][0]
    state = parse_qs(urlsplit(client.get(START).url).query)["state"][0]
    response = client.get(ANSWER, {"state": state, "code": stolen})
    assert response.status_code == 400
    assert "_auth_user_id" not in client.session


def test_moved_to_another_group_the_old_teams_rights_are_gone(
    client, provider, hanako, other_department
):
    group("DX-環境部", Role.MEMBER, other_department)
    come(client)
    provider.set_person("hanako", "DX-環境部", key=7)
    come(client)
    rows = TeamMembership.objects.filter(user__username="hanako")
    assert [row.department for row in rows] == [other_department]


def test_the_same_subject_under_another_name_is_the_same_person(client, provider, hanako):
    come(client)
    provider.set_person("hanayo", "DX-市民部", key=7, name="庁内 花代")
    come(client, "hanayo")
    assert User.objects.get(directory="oidc").username == "hanayo"


def test_the_mail_address_makes_nobody_the_same_person(client, hanako, department):
    local = factories.member_of(department, username="someone", email="hanako@example.lg.jp")
    come(client)
    assert User.objects.get(username="hanako").pk != local.pk


def test_a_local_account_of_the_same_name_is_not_taken_over(client, hanako):
    factories.administrator(username="hanako")
    response = come(client)
    assert response.status_code == 403
    assert "別のアカウントに" in text(response)
    assert "_auth_user_id" not in client.session


def test_without_a_group_the_page_says_so(client, provider):
    provider.set_person("taro")
    response = come(client, "taro")
    assert response.status_code == 403
    assert "グループに入っていません" in text(response)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"error": "access_denied", "state": "x"},
        {"code": "x"},
        {"state": "x"},
        {"code": "\0", "state": "\0"},
        {"code": "x", "state": "x", "iss": "https://example.com"},
    ],
)
def test_an_answer_that_nobody_asked_for_signs_nobody_in_or_out(client, provider, reader, query):
    client.force_login(reader, "operation.directory.local.LocalBackend")
    response = client.get(ANSWER, query)
    assert response.status_code == 400
    assert NOT_CONFIRMED in text(response)
    assert client.session["_auth_user_id"] == str(reader.pk)


def test_a_name_and_a_password_never_reach_the_provider(client, provider):
    response = client.post(
        reverse("login") + "?code=x&state=y", {"username": "hanako", "password": "x"}
    )
    assert response.status_code == 200
    assert NOT_CONFIRMED not in text(response)


def test_a_provider_that_is_away_leaves_local_accounts_alone(client, provider, settings):
    changed(settings, provider=replace(provider.settings, issuer="http://127.0.0.1:1/o"))
    factories.UserFactory(username="kanri")
    response = client.get(START)
    assert response.status_code == 503
    assert UNAVAILABLE in text(response)
    assert sign_in(client, "kanri", "correct horse battery").status_code == 302


def test_a_document_of_another_issuer_is_not_believed(client, provider, settings):
    # The same server under another name: what it says of itself is not what the office set.
    elsewhere = provider.settings.issuer.replace("127.0.0.1", "localhost")
    assert requests.get(f"{elsewhere}/.well-known/openid-configuration", timeout=10).ok
    changed(settings, provider=replace(provider.settings, issuer=elsewhere))
    assert client.get(START).status_code == 503


def test_a_session_ends_when_the_account_is_switched_off(client, hanako):
    come(client)
    User.objects.filter(username="hanako").update(is_active=False)
    assert client.get("/team/").status_code == 302


def test_after_the_sign_out_the_page_says_that_the_providers_goes_on(client, provider, hanako):
    come(client)
    response = client.post(reverse("logout"), follow=True)
    assert f'href="{provider.origin}/o/logout/"' in text(response)


# --- Tokens -----------------------------------------------------------------------------------

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def believes(provider, monkeypatch):
    """``believes(claims…)`` says whether a token with them, changed from a right one, counts."""
    own = provider.settings
    public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {
        "kid": "1",
        "alg": "RS256",
    }
    monkeypatch.setattr(
        backend.ProviderBackend,
        "retrieve_matching_jwk",
        lambda self, token: jwt.PyJWK(public),
    )

    def believed(*, key=KEY, algorithm="RS256", nonce="n", without=(), **changes) -> bool:
        now = int(time.time())
        claims = {
            "iss": own.issuer, "sub": "7", "aud": own.client_id, "iat": now, "exp": now + 300,
            "nonce": "n",
        } | changes  # fmt: skip
        kept = {name: value for name, value in claims.items() if name not in without}
        token = jwt.encode(kept, key, algorithm=algorithm, headers={"kid": "1"})
        try:
            backend.ProviderBackend().verify_token(token, nonce=nonce)
        except backend.NOT_BELIEVED:
            return False
        return True

    return believed


def test_a_right_token_is_believed(believes, provider):
    client_id = provider.settings.client_id
    assert believes()
    assert believes(aud=[client_id])
    assert believes(aud=[client_id, "other"], azp=client_id)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "other"},
        {"aud": ["dx", "other"]},
        {"aud": ["dx", "other"], "azp": "other"},
        {"azp": "other"},
        {"iss": "https://example.com"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"nonce": "of another sign-in"},
        {"without": ["nonce"]},
        {"without": ["aud"]},
        {"without": ["iss"]},
        {"without": ["exp"]},
        {"without": ["sub"]},
        {"without": ["iat"]},
        pytest.param({"key": OTHER_KEY}, id="key"),
        {"algorithm": "RS512"},
        {"algorithm": "none", "key": None},
        {"algorithm": "HS256", "key": "the program's own secret" * 2},
    ],
    ids=str,
)
def test_a_token_that_is_not_ours_is_not_believed(believes, change):
    assert not believes(**change)


def test_groups_that_were_left_out_of_the_token_are_not_taken_for_none():
    claims = {"iss": "i", "sub": "s", "_claim_names": {"groups": "src1"}}
    with pytest.raises(backend.NotConfirmed):
        backend._groups(claims, "groups")
    assert backend._groups({"groups": ["a", 1, None, {"b": 2}]}, "groups") == {"a"}
    assert backend._groups({"groups": "one"}, "groups") == {"one"}


def test_what_the_provider_says_of_another_person_is_not_believed(provider, monkeypatch):
    own = backend.ProviderBackend()
    monkeypatch.setattr(own, "get_userinfo", lambda *rest: {"sub": "8", "groups": ["DX"]})
    with pytest.raises(backend.NotConfirmed):
        own.get_or_create_user("", "", {"iss": "i", "sub": "7"})
