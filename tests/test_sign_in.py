"""A session that has ended, a form of an earlier sign-in: what is answered, and the way back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from shimonoseki_dx.sign_in import OUTDATED
from tests import factories
from tests.pages import text
from tracking.models import Comment, MigrationPlan

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
ELSEWHERE = [
    "https://example.com/team/",
    "http://testserver.example.com/team/",
    "//example.com/team/",
    "javascript:alert(1)",
    "",
]


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` with a plan."""
    return factories.PlanFactory(procedure__department=department).procedure


def next_of(response) -> str:
    """Where the login leads to."""
    assert response.status_code == 302
    parts = urlsplit(response.url)
    assert parts.path == reverse("login")
    return parse_qs(parts.query)["next"][0]


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client, procedure):
    page = reverse("procedure_detail", args=[procedure.pk]) + "?show=all&q=転入"
    address = reverse("comment_add", args=[procedure.pk])  # cannot be read
    response = client.post(address, headers={"Referer": HERE + page})
    assert next_of(response) == page
    assert not Comment.objects.exists()


@pytest.mark.parametrize("referer", ELSEWHERE)
def test_the_login_never_leads_to_another_site(client, procedure, referer):
    address = reverse("plan_edit", args=[procedure.pk])
    assert next_of(client.post(address, headers={"Referer": referer})) == address


def test_a_page_that_was_asked_for_is_what_the_login_leads_to(client):
    response = client.get("/team/?set=overdue", headers={"Referer": f"{HERE}/guide/"})
    assert next_of(response) == "/team/?set=overdue"


@pytest.fixture
def strict(member):
    """A client that checks tokens, as the program outside of tests does."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    return client


def test_a_form_of_an_earlier_sign_in_is_refused_with_the_way_back(strict, procedure):
    page = reverse("plan_edit", args=[procedure.pk])
    form = {"assignee": "佐藤", "csrfmiddlewaretoken": "x" * 64}
    response = strict.post(page, form, headers={"Referer": HERE + page})
    assert response.status_code == 403
    assert response[OUTDATED] == "true"
    assert f'href="{page}"' in text(response)
    assert "データは変わっていません" in text(response)
    assert MigrationPlan.objects.get().assignee == ""


@pytest.mark.parametrize("referer", ELSEWHERE)
def test_the_refusal_never_leads_to_another_site(strict, procedure, referer):
    page = reverse("plan_edit", args=[procedure.pk])
    response = strict.post(page, {}, headers={"Referer": referer} if referer else {})
    assert response.status_code == 403
    assert "元の画面を開き直す</a>" not in text(response)
    assert "example.com" not in text(response)


def test_other_refusals_are_not_taken_for_an_outdated_page(client, procedure, other_member):
    client.force_login(other_member)
    response = client.post(reverse("plan_edit", args=[procedure.pk]))
    assert response.status_code == 403
    assert OUTDATED not in response.headers


def test_the_page_says_to_its_script_who_has_signed_in(client, member):
    assert "data-user" not in text(client.get(reverse("login")))
    client.force_login(member)
    assert f'data-user="{member.pk}"' in text(client.get("/team/"))
