"""A number for each request: in its answer, on every line that is logged of it, in the audit log.

Whoever sees an error reads the number out to those who run the program, and they find it in the
log. So it is made of letters and digits that are not taken for each other.
"""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from procedures import request_context

HEADER = "X-Request-ID"
_FROM_A_PROXY = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS, _GROUP = 3, 4


class RequestIdMiddleware:
    """Gives ``request.request_id`` and sets both variables of ``procedures.request_context``.

    A number that a proxy in front (``DX_BEHIND_PROXY``) has given already is taken over if it looks
    like one. The address is the server's (``REMOTE_ADDR``): which proxies are believed is the
    server's to say.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = _given(request) or new_request_id()
        number = request_context.request_id.set(request.request_id)
        address = request_context.address.set(request.META.get("REMOTE_ADDR", ""))
        try:
            response = self._get_response(request)
        finally:
            request_context.request_id.reset(number)
            request_context.address.reset(address)
        response.headers[HEADER] = request.request_id
        return response


def new_request_id() -> str:
    """A number such as ``7KQM-X2TD-94RA``; no two are alike in an office's time."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


def _given(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "") if settings.BEHIND_PROXY else ""
    return given if _FROM_A_PROXY.fullmatch(given) else ""
