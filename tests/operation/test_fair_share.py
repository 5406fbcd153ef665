"""Long work: one person's share of the server ends, another person's does not."""

from threading import Event, Thread

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver, resolve, reverse

from operation.fair_share import AT_ONCE, LONG, FairShareMiddleware
from tests import factories
from tests.pages import text
from tests.test_access import addresses

EXPORT = "/procedures/export/"


class Server:
    """A process whose answers wait until they are let go."""

    def __init__(self):
        self.let_go = Event()
        self.started = 0
        self.middleware = FairShareMiddleware(self._answer)

    def ask(self, person, path=EXPORT):
        """The answer to ``person``."""
        request = RequestFactory().get(path)
        request.user, request.resolver_match = person, resolve(path)
        return self.middleware(request)

    def keep_busy(self, person, count):
        """So many requests of ``person`` are at work; the threads that end when they are let go."""
        threads = [Thread(target=self.ask, args=[person]) for _ in range(count)]
        for thread in threads:
            thread.start()
        while self.started < count:
            pass
        return threads

    def _answer(self, request):
        refusal = self.middleware.process_view(request, None, (), {})
        if refusal is not None:
            return refusal
        self.started += 1
        self.let_go.wait(10)
        return HttpResponse("done")


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def busy(server, db):
    """A person all of whose share is at work; and the threads."""
    person = factories.UserFactory()
    threads = server.keep_busy(person, AT_ONCE)
    yield person
    server.let_go.set()
    for thread in threads:
        thread.join()


def test_a_person_whose_share_is_at_work_is_told_to_wait(server, busy):
    answer = server.ask(busy)
    assert answer.status_code == 429
    assert f"1人{AT_ONCE}件まで" in text(answer)


def test_other_people_and_other_pages_are_answered(server, busy):
    server.let_go.set()
    assert server.ask(factories.UserFactory()).content == b"done"
    assert server.ask(busy, "/team/").content == b"done"
    assert server.ask(AnonymousUser()).content == b"done"


def test_the_share_is_free_again_when_the_work_is_done_or_has_failed(server, db):
    server.let_go.set()
    person = factories.UserFactory()

    def fail(request):
        server.middleware.process_view(request, None, (), {})
        raise RuntimeError

    server.middleware.get_response = fail
    for _ in range(AT_ONCE + 1):
        with pytest.raises(RuntimeError):
            server.ask(person)
    server.middleware.get_response = server._answer
    assert server.ask(person).content == b"done"


def test_the_addresses_that_are_limited_are_there():
    assert set(addresses(get_resolver().url_patterns)) >= LONG


def test_the_program_uses_it(signed_in, division_person, monkeypatch):
    monkeypatch.setattr("operation.fair_share.AT_ONCE", 0)
    client = signed_in(division_person)
    assert client.get(reverse("procedure_export")).status_code == 429
    assert client.get(reverse("procedure_list")).status_code == 200
