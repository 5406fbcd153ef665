"""The pages of sign-in and sign-out, with the ways in that the settings name."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from procedures.models import DirectoryKind

from .admission import REFUSALS, NotAdmitted, Unavailable
from .configuration import LDAP, LOCAL, OIDC, REMOTE
from .forms import SignInForm

KEPT_ELSEWHERE = (
    "庁内アカウントでログインしている方のパスワードは、この台帳では変えられません。"
    "庁内の端末にログインするときのパスワードを変えてください。"
)
_LEFT = "left"  # the query's name for how the person who has just signed out had signed in


class SignInView(LoginView):
    """The sign-in page; its form is for names with a password."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        """Where the person was going; "" where that is this very page."""
        target = super().get_redirect_url()
        return "" if target == reverse("login") else target

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the ways in, and what is left to end after a sign-out."""
        ways = settings.SIGN_IN.ways
        context = super().get_context_data(**kwargs)
        return context | {
            "refusal": kwargs.get("refusal", ""),
            "by_provider": OIDC in ways,
            "by_proxy": REMOTE in ways,
            "by_directory": LDAP in ways,
            # An administrator's own account always gets in, also when the office's login is down.
            "form_is_aside": LDAP not in ways and LOCAL not in ways,
            "end_session": self._end_session(),
        }

    def _end_session(self) -> str:
        """Where the provider's own session ends, for whoever has just left ours; "" for nobody."""
        if self.request.GET.get(_LEFT) != DirectoryKind.OIDC or not settings.SIGN_IN.provider:
            return ""
        from .provider import endpoints

        try:
            return endpoints().end_session
        except Unavailable:
            return ""


class SignOutView(LogoutView):
    """Ends the sign-in here; the page after it says that the provider's goes on."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Signs out."""
        directory = getattr(request.user, "directory", "")
        response = super().post(request, *args, **kwargs)
        if directory == DirectoryKind.OIDC:
            return redirect(reverse("login", query={_LEFT: directory}))
        return response


class OwnPasswordView(PasswordChangeView):
    """Changes the password of an account of this program."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Raises ``PermissionDenied`` for whoever signs in with the office's own login."""
        if getattr(request.user, "directory", ""):
            raise PermissionDenied(KEPT_ELSEWHERE)
        return super().dispatch(request, *args, **kwargs)


@login_not_required
@require_GET
@never_cache
def sign_in_at_provider(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the provider."""
    if settings.SIGN_IN.provider is None:
        raise Http404
    # The library is there only where the office installed it.
    from .provider_views import Request

    try:
        return Request.as_view()(request)
    except REFUSALS as refusal:
        return _refused(request, refusal)


@login_not_required
@require_GET
@never_cache
def sign_in_answer(request: HttpRequest) -> HttpResponse:
    """Takes the browser back from the provider; signs in whom its answer names."""
    if settings.SIGN_IN.provider is None:
        raise Http404
    from .provider_views import Answer

    try:
        return Answer.as_view()(request)
    except REFUSALS as refusal:
        return _refused(request, refusal)


@login_not_required
@require_POST
@never_cache
def sign_in_by_proxy(request: HttpRequest) -> HttpResponse:
    """Signs in whom the proxy names."""
    if settings.SIGN_IN.proxy is None:
        raise Http404
    try:
        user = authenticate(request, is_by_proxy=True)
    except REFUSALS as refusal:
        return _refused(request, refusal)
    login(request, user)
    view = SignInView()
    view.setup(request)
    return redirect(view.get_success_url())


def _refused(request: HttpRequest, refusal: Exception) -> HttpResponse:
    """The sign-in page with the reason; nothing of what came is kept."""
    view = SignInView()
    view.setup(request)
    context = view.get_context_data(form=SignInForm(request), refusal=str(refusal))
    statuses = {NotAdmitted: 403, Unavailable: 503}
    response = view.render_to_response(context)
    response.status_code = statuses.get(type(refusal), 400)
    return response
