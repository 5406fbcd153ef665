"""What is answered when the sign-in has ended or changed meanwhile, and the way back from there."""

from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

OUTDATED = "X-Page-Outdated"
"""The header that tells a page's script that the page has to be loaded again (drafts.js)."""


class SignInMiddleware(LoginRequiredMiddleware):
    """Asks for the sign-in; afterwards people are at the page whose form they were sending.

    Django would lead them to the form's own address, and many of these cannot be read.
    """

    def process_view(
        self, request: HttpRequest, view_func, view_args, view_kwargs
    ) -> HttpResponse | None:
        # Where nobody has to sign in, nobody's session is looked up: caches may keep the answer.
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        page = "" if request.method in ("GET", "HEAD") else _page_before(request)
        response = (
            redirect_to_login(page, self.get_login_url(view_func))
            if page
            else super().handle_no_permission(request, view_func)
        )
        if getattr(request, "session_ended", False):
            # Its own page says why (operation.accounts.sessions).
            response.headers["Location"] += "&ended=1"
        return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form of an earlier sign-in, with the way back to its page."""
    context = {"page_before": _page_before(request)}
    response = render(request, "403_csrf.html", context, status=403)
    response.headers[OUTDATED] = "true"
    return response


def _page_before(request: HttpRequest) -> str:
    """The page of ours that sent the request, as path and query; "" if it is none of ours."""
    sender = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        sender, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    parts = urlsplit(sender)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
