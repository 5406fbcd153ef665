"""What is answered while the database cannot be reached: 503 with a sentence, no bare error."""

import sqlite3
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

RETRY_AFTER = 10  # seconds
# PostgreSQL: it is shut down, it crashed, it starts, its connections or a row are in use.
_STATES = {"57P01", "57P02", "57P03", "53300", "55P03"}
_CONNECTION_CLASS = "08"
_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN}


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an exception that nobody caught (Django's handler500).

    Called while the exception is being handled, which is how it is known here.
    """
    if not is_outage(sys.exc_info()[1]):
        return defaults.server_error(request)
    # Without the request: what a page usually shows of the person would ask the database.
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def is_outage(error: BaseException | None) -> bool:
    """Whether the database was not there or let nobody in, so that a later try may succeed.

    A statement that the database refused is none.
    """
    if isinstance(error, InterfaceError):
        return True  # the connection was closed already
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _CODES
    if isinstance(cause, TimeoutError):
        return True  # the turn to write never came, see operation.fair_sqlite3
    state = getattr(cause, "sqlstate", None)
    # The driver names no state where no answer of the server came at all.
    return state is None or state in _STATES or state.startswith(_CONNECTION_CLASS)
