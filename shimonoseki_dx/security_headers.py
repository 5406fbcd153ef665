"""What every answer tells the browser besides what Django's own middleware and the CSP say."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Nothing of the device is used, no other site may build our answers in, and what a person saw is
# kept nowhere: the way back in the browser shows nothing once that person has signed out.
HEADERS = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store, private",
}


class SecurityHeadersMiddleware:
    """Adds ``HEADERS`` to each answer that has none of its own, static files included.

    What may be kept says so itself: static files, and the public table.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
