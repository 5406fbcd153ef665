"""Open redirects: whatever an address or a form names, nobody is led to another site."""

from itertools import cycle
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from tests.browser.conftest import PASSWORD
from tests.security.probing import (
    MATRIX,
    THOROUGH,
    Page,
    address,
    all_rows,
    content,
    is_html,
    signed_in,
    taken_back,
)

pytestmark = pytest.mark.django_db
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "http://testserver@evil.example/",
    "/\t/evil.example/",
    "javascript:alert('evil.example')",
    "data:text/html,evil.example",
)
# Every name by which a page is told where to go, and what people would try besides.
NAMES = ("next", "back", "url", "return", "redirect", "redirect_to", "list_url")


def leads_away(place: str) -> bool:
    """Whether a browser that reads ``place`` on a page of ours leaves the program."""
    # A browser takes \\ for / and leaves tabs and line breaks out.
    plain = "".join(one for one in place.strip() if one not in "\t\r\n").replace("\\", "/")
    parts = urlsplit(plain if not plain.startswith("///") else plain[1:])
    if parts.scheme in ("javascript", "data", "vbscript"):
        return True
    return "evil.example" in parts.netloc or (bool(parts.scheme) and not parts.netloc)


@pytest.mark.parametrize("place", ELSEWHERE)
def test_the_places_that_are_tried_lead_away(place):
    assert leads_away(place)


@pytest.mark.evidence
def test_no_address_and_no_form_leads_to_another_site(people, world, evidence):
    """Every line of the matrix with every name; the ``Location`` and all links of the answer."""
    client = signed_in(people["administrator"])
    tried = 0
    before = all_rows()
    places = cycle(ELSEWHERE)
    for access in MATRIX:
        for place in ELSEWHERE if THOROUGH else [next(places)]:
            wanted = dict.fromkeys(NAMES, place)
            with taken_back(client):
                query = urlencode(wanted | access.data)
                response = getattr(client, access.method)(
                    f"{address(access, world)}?{query}", wanted if access.method == "post" else None
                )
                body = content(response)
            tried += 1
            assert not leads_away(response.headers.get("Location", "")), (access.name, place)
            if is_html(response) and "evil.example" in body.decode():
                for _, given in Page(body.decode()).elements:
                    for name in ("href", "action", "formaction", "src"):
                        assert not leads_away(given.get(name, "")), (access.name, place)
    assert all_rows() == before
    naive = sum(1 for place in ELSEWHERE if not _refused_by_a_plain_check(place))
    assert naive
    evidence.says(
        "攻撃の試み",
        "戻り先を表す項目に外部の宛先を入れても、外へは移動しない（オープンリダイレクト）。",
        f"{tried}回の要求（項目名{len(NAMES)}種×宛先{len(ELSEWHERE)}種）で、外への移動・リンク0件。",
        f"「/で始まる」だけを確かめる検査では、{len(ELSEWHERE)}種のうち{naive}種を通してしまう。",
    )


def _refused_by_a_plain_check(place: str) -> bool:
    """What programs do who look at the first character only: the control."""
    return not place.startswith("/")


@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_sign_in_leads_home_instead(people, place, method):
    form = {"username": people["member"].username, "password": PASSWORD}
    client = Client()
    if method == "post":
        response = client.post(reverse("login"), form | {"next": place})
    else:
        response = client.post(f"{reverse('login')}?{urlencode({'next': place})}", form)
    assert response.status_code == 302
    assert response.url == reverse("home")


@pytest.mark.parametrize("place", ELSEWHERE)
def test_the_sign_out_leads_to_the_sign_in(people, place):
    response = signed_in(people["member"]).post(reverse("logout"), {"next": place})
    assert response.url == reverse("login")
