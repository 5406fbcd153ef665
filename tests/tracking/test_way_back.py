"""The page to which an answer leads back: one of ours, or the usual one."""

import pytest
from django.urls import reverse

from tracking.views.way_back import own_address

OWN = "/procedures/?q=%E7%8A%AC&page=2"
NOT_OURS = [
    None,
    "",
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "http://[",
    "1",  # begins with no slash: not an address
    "home",
    "/procedures/?q=" + "x" * 4_000,
    "/procedures/?q=" + "犬" * 500,  # nine times as long once it is encoded
]


def test_an_address_of_ours_is_kept_as_it_is(rf):
    assert own_address(rf.get("/"), OWN) == OWN


@pytest.mark.parametrize("wanted", NOT_OURS, ids=lambda wanted: str(wanted)[:20])
def test_anything_else_is_no_way_back(rf, wanted):
    assert own_address(rf.get("/"), wanted) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", NOT_OURS[1:], ids=lambda wanted: wanted[:20])
def test_an_answer_leads_to_the_usual_page_instead(signed_in, member, wanted):
    address = reverse("columns_set", args=["team"])

    response = signed_in(member).post(address, {"standard": "1", "next": wanted})

    assert (response.status_code, response["Location"]) == (302, reverse("team"))
