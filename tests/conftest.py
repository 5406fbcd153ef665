"""Fixtures of the whole suite: departments and people of each role."""

import os

import pytest
from django.db import connection

from tests import factories, offices, tables
from tests.evidence import Evidence
from tests.sign_in_servers import (  # noqa: F401 - fixtures
    directory,
    has_ldap,
    provider,
    proxy,
    running_directory,
    running_provider,
)

# Playwright runs an event loop in the test's thread; the database calls beside it are our own.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
# ``run.py test`` says in one line what it takes to run these.
collect_ignore = (
    [] if has_ldap() else ["operation/directory/test_ldap.py", "browser/test_directory_ldap.py"]
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database of the suite, whose tables ``settings`` has made from the models."""
    with django_db_blocker.unblock():
        tables.mark_as_newest()


@pytest.fixture
def department(db):
    """A department with one division of its own (``department.divisions``)."""
    department = factories.DepartmentFactory(name="市民部")
    factories.DivisionFactory(department=department, name="市民サービス課")
    return department


@pytest.fixture
def other_department(db):
    """Another department."""
    return factories.DepartmentFactory(name="環境部")


@pytest.fixture
def member(department):
    """A member of the DX team of ``department``."""
    return factories.member_of(department, username="member")


@pytest.fixture
def other_member(other_department):
    """A member of the DX team of ``other_department``."""
    return factories.member_of(other_department, username="other")


@pytest.fixture
def division_person(db):
    """A person of the information policy division."""
    return factories.division_person(username="joho")


@pytest.fixture
def administrator(db):
    """An administrator."""
    return factories.administrator(username="kanri")


@pytest.fixture
def reader(db):
    """A person who has signed in and has no role."""
    return factories.UserFactory(username="reader")


@pytest.fixture(scope="session")
def furnished_office():
    """What ``office`` copies: to make the tables takes as long as most of what is done there."""
    with offices.office() as office:
        office.call("tests.office_work:set_up")
        yield office


@pytest.fixture
def office(furnished_office):
    """An office of its own for processes, with one department and two administrators."""
    with offices.office(furnished_office) as office:
        yield office


@pytest.fixture
def signed_in(client):
    """Signs a person in: ``signed_in(user)`` gives the client."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def evidence(request):
    """Keeps what a test saw for the page of evidence: ``evidence.says(area, …)``."""
    engine = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    return Evidence(request.node.nodeid, engine)
