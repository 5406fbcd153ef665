"""The rows of the access matrix for the probes, made once for this folder."""

import pytest

from tests.security.probing import pages_of, signed_in
from tests.test_access import furnished


@pytest.fixture(scope="package")
def everything(django_db_setup, django_db_blocker):
    """What ``furnished`` makes: people and rows; a test's own writes are taken back."""
    with django_db_blocker.unblock(), furnished() as made:
        yield made


@pytest.fixture
def people(everything):
    """Those of the office by what the matrix calls them."""
    return everything[0]


@pytest.fixture
def world(everything):
    """The keys of the rows by what the matrix calls them."""
    return everything[1]


@pytest.fixture(scope="package")
def pages(everything, django_db_blocker):
    """The pages of the matrix as an administrator and as a member of a team see them."""
    people, world = everything
    with django_db_blocker.unblock():
        return {
            person: pages_of(signed_in(people[person]), world)
            for person in ("administrator", "member")
        }
