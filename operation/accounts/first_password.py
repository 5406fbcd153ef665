"""A password that an administrator gave out is changed before anything else is done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django_htmx.http import HttpResponseClientRedirect

STILL_OPEN = frozenset({"password_change", "logout", "admin:logout", "session_extend"})


class FirstPasswordMiddleware(MiddlewareMixin):
    """Leads whoever ``must_change_password`` there, from every page that asks for a sign-in."""

    def process_view(
        self, request: HttpRequest, view_func, view_args, view_kwargs
    ) -> HttpResponse | None:
        # Pages for everybody look at nobody's session (as sign_in.SignInMiddleware).
        if not getattr(view_func, "login_required", True):
            return None
        if not getattr(request.user, "must_change_password", False):
            return None
        if request.resolver_match.view_name in STILL_OPEN:
            return None
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(reverse("password_change"))
        return redirect("password_change")
