"""The page for the moments in which the database cannot be reached."""

import sqlite3

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from django.urls import reverse

from operation import outage


class Refused(Exception):
    """As the driver of PostgreSQL raises it: with the state that the server gave, or none."""

    def __init__(self, sqlstate):
        super().__init__("as PostgreSQL says it")
        self.sqlstate = sqlstate


def caused(cause):
    """As Django wraps what a driver raises."""
    error = OperationalError("…")
    error.__cause__ = cause
    return error


def of_sqlite(code):
    error = sqlite3.OperationalError("…")
    error.sqlite_errorcode = code
    return caused(error)


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        *(caused(Refused(state)) for state in (None, "08006", "57P01", "57P03", "53300", "55P03")),
        caused(TimeoutError()),
        of_sqlite(sqlite3.SQLITE_BUSY),
        of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT),
        of_sqlite(sqlite3.SQLITE_CANTOPEN),
    ],
)
def test_a_database_that_is_not_there_is_an_outage(error):
    assert outage.is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ZeroDivisionError(),
        caused(Refused("40P01")),
        of_sqlite(sqlite3.SQLITE_ERROR),
    ],
)
def test_a_mistake_of_the_program_is_none(error):
    assert not outage.is_outage(error)


def answer_to(error, client):
    """What is answered where every query raises ``error``."""

    def execute(*arguments):
        raise error

    client.raise_request_exception = False
    with connection.execute_wrapper(execute):
        return client.get(reverse("team"))


def test_the_page_says_what_to_do_and_asks_the_database_nothing(signed_in, member):
    answer = answer_to(caused(Refused("57P01")), signed_in(member))
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == str(outage.RETRY_AFTER)
    assert "データベースに接続できません" in page
    assert "しばらくして" in page


def test_any_other_error_is_500_as_before(signed_in, member):
    answer = answer_to(caused(Refused("42P01")), signed_in(member))
    assert answer.status_code == 500
    assert "エラーが発生しました" in answer.content.decode()


def test_a_server_that_nobody_runs_is_an_outage(django_db_blocker):
    """What the driver really raises."""
    if connection.vendor != "postgresql":
        settings = connections["default"].settings_dict | {"NAME": "/nowhere/to/be/found"}
    else:
        settings = connections["default"].settings_dict | {"PORT": "1"}
    nowhere = type(connections["default"])(settings, "nowhere")
    with django_db_blocker.unblock(), pytest.raises(OperationalError) as caught:
        nowhere.ensure_connection()
    assert outage.is_outage(caught.value)
