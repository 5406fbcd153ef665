"""The two steps of the sign-in at an OpenID provider: there, and back."""

from django.http import HttpRequest, HttpResponse
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from .admission import NotConfirmed
from .provider import endpoints, library_setting


class Request(OIDCAuthenticationRequestView):
    """Leads to the provider, with a state, a nonce and a challenge of this browser's session."""

    get_settings = staticmethod(library_setting)


class Answer(OIDCAuthenticationCallbackView):
    """Takes the provider's answer, once and only in the browser that asked."""

    get_settings = staticmethod(library_setting)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Signs in. Raises ``Unavailable``, ``NotConfirmed`` and ``NotAdmitted``."""
        # The library would sign out whoever is led here with an error in the address.
        if "error" in request.GET:
            raise NotConfirmed("the provider answers with an error")
        if request.GET.get("state", "") not in request.session.get("oidc_states", {}):
            raise NotConfirmed("an answer that this browser did not ask for")
        if request.GET.get("iss", endpoints().issuer) != endpoints().issuer:
            raise NotConfirmed("an answer of another provider")
        return super().get(request)

    def login_failure(self) -> HttpResponse:
        """An answer without what it must have."""
        raise NotConfirmed("the provider's answer is not complete")
