"""Each request has a number: in its answer, on its page of an error, for every writer of a log."""

import json
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from operation import error_pages
from operation.request_ids import HEADER, RequestIdMiddleware, new_request_id
from procedures import request_context
from shimonoseki_dx import urls as all_urls

PATTERN = re.compile(r"([2-9A-Z]{4})-([2-9A-Z]{4})-([2-9A-Z]{4})")


def fails(request):
    """A view that fails as programs do."""
    raise ZeroDivisionError


def refuses(request):
    """A view that refuses with a sentence."""
    raise PermissionDenied("この手続は担当の部局室だけが変更できます。")


def fails_template(*args, **kwargs):
    """What a template does where the static files are not collected."""
    raise ValueError("Missing staticfiles manifest entry")


fails.login_required = refuses.login_required = False


class Addresses:
    """The program's addresses, and two that end badly; stands where a module would."""

    urlpatterns = [path("fails/", fails), path("refuses/", refuses), *all_urls.urlpatterns]
    handler400, handler403 = all_urls.handler400, all_urls.handler403
    handler404, handler500 = all_urls.handler404, all_urls.handler500


@pytest.fixture
def addresses(settings, client):
    """A client that is shown the page of an error as a browser is."""
    settings.ROOT_URLCONF = Addresses
    client.raise_request_exception = False
    return client


def test_numbers_can_be_read_out_and_are_not_given_twice():
    numbers = {new_request_id() for _ in range(1_000)}
    assert len(numbers) == 1_000
    assert all(PATTERN.fullmatch(number) for number in numbers)
    assert not {"0", "1", "I", "L", "O"} & set("".join(numbers))


@pytest.mark.parametrize("given", ["abcd1234", "A-1b2c3d", "7" * 64])
def test_a_proxys_number_is_taken_over(client, given, settings):
    settings.BEHIND_PROXY = True
    assert client.get("/healthz", headers={HEADER: given})[HEADER] == given


def test_nobody_gives_the_number_where_there_is_no_proxy(client):
    given = "7KQM-X2TD-94RA"
    assert client.get("/healthz", headers={HEADER: given})[HEADER] != given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        "7" * 65,
        "abc def 12",
        "abcd123４",
        "山田太郎山田太郎",
        "abcd1234\n",
        "<b>1234</b>",
    ],
)
def test_what_is_no_number_is_not(client, given, settings):
    settings.BEHIND_PROXY = True
    assert PATTERN.fullmatch(client.get("/healthz", headers={HEADER: given})[HEADER])


def test_the_number_and_the_address_are_known_during_the_request_and_no_longer():
    seen = []

    def view(request):
        seen.extend([request_context.request_id.get(), request_context.address.get()])
        return HttpResponse()

    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.1.2.3", headers={"X-Forwarded-For": "6.6.6.6"}
    )
    response = RequestIdMiddleware(view)(request)
    assert seen == [request.request_id, "10.1.2.3"]
    assert response[HEADER] == request.request_id
    assert request_context.request_id.get() == request_context.address.get() == ""


def test_nothing_is_left_of_a_request_that_failed():
    with pytest.raises(ZeroDivisionError):
        RequestIdMiddleware(fails)(RequestFactory().get("/"))
    assert request_context.request_id.get() == request_context.address.get() == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("/fails/", 500), ("/refuses/", 403), ("/nowhere/", 404)]
)
def test_the_page_of_an_error_shows_the_number_of_its_answer(addresses, reader, address, status):
    addresses.force_login(reader)
    response = addresses.get(address)
    assert response.status_code == status
    page = response.content.decode()
    assert f"data-request-id>{response[HEADER]}<" in page
    assert "情報政策課" in page


def test_so_does_the_page_for_what_cannot_be_read(addresses):
    response = addresses.get("/guide/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert f"data-request-id>{response[HEADER]}<" in response.content.decode()


@pytest.mark.django_db
def test_so_does_the_page_for_a_form_that_is_too_old(addresses, reader):
    addresses.handler.enforce_csrf_checks = True
    addresses.force_login(reader)
    response = addresses.post("/logout/")
    assert response.status_code == 403
    assert f"data-request-id>{response[HEADER]}<" in response.content.decode()


def test_the_page_of_a_500_needs_no_database(addresses):
    """No mark for the database: pytest-django refuses every query here."""
    response = addresses.get("/fails/")
    assert response.status_code == 500
    assert response[HEADER] in response.content.decode()


def test_and_not_even_a_template(addresses, monkeypatch):
    monkeypatch.setattr(error_pages.outage.defaults, "server_error", fails_template)
    response = addresses.get("/fails/")
    page = response.content.decode()
    assert response.status_code == 500
    assert error_pages.SERVER_ERROR in page
    assert response[HEADER] in page
    assert "manifest" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/fails/", 500, error_pages.SERVER_ERROR),
        ("/refuses/", 403, "この手続は担当の部局室だけが変更できます。"),
        ("/nowhere/", 404, error_pages.NOT_FOUND),
    ],
)
def test_whoever_wants_json_gets_both_as_json(addresses, address, status, sentence):
    response = addresses.get(address, headers={"Accept": "application/json"})
    assert response.status_code == status
    assert json.loads(response.content) == {"error": sentence, "request_id": response[HEADER]}


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "", "x"])
def test_browsers_and_htmx_get_the_page(addresses, accept):
    response = addresses.get("/fails/", headers={"Accept": accept})
    assert response["Content-Type"].startswith("text/html")
