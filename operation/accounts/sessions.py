"""How long a sign-in lasts: so many hours from its beginning, so many minutes without a request.

When somebody was last seen stands in a signed cookie, not in the database: a page that is only
looked at writes nothing. The cookie is bound to the sign-in; without it the beginning counts.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string
from django.utils.functional import SimpleLazyObject

HEADER = "X-Session-Left"
"""Seconds that the sign-in lasts, and ``final`` where no request prolongs it (session.js)."""

ASKED_BY_PAGES = frozenset({"session", "import_progress", "survey_progress"})
"""Addresses that a page asks by itself: nobody need be sitting there, so they prolong nothing."""

_BEGUN = "signed_in"
_SALT = "operation.sessions"


@dataclass(frozen=True, slots=True)
class Clock:
    """When a sign-in began and when its person was last seen, in seconds since 1970.

    ``mark`` tells one sign-in from another.
    """

    begun: int
    seen: int
    mark: str

    def left(self, now: int) -> int:
        """Seconds that it still lasts; 0 or less where it has ended."""
        return min(self._until_idle() - now, self._until_end() - now)

    def is_final(self) -> bool:
        """Whether it ends then, whatever the person does."""
        return self._until_end() <= self._until_idle()

    def seen_at(self, now: int) -> "Clock":
        """The same after a request."""
        return Clock(self.begun, now, self.mark)

    def _until_end(self) -> int:
        return self.begun + settings.SESSION_SECONDS

    def _until_idle(self) -> int:
        return self.seen + (settings.SESSION_IDLE_SECONDS or settings.SESSION_SECONDS)


class SessionClockMiddleware(AuthenticationMiddleware):
    """Who has signed in, unless the time is over or the account was switched off meanwhile.

    Where nobody asks for ``request.user``, no session is looked up.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Says how long the sign-in lasts from now on."""
        clock: Clock | None = getattr(request, "session_clock", None)
        if clock is None or not request.user.is_authenticated:
            return response
        now = _now()
        if not _is_asked_by_page(request):
            clock = clock.seen_at(now)
            response.set_cookie(
                settings.SEEN_COOKIE_NAME,
                _signer(clock.mark).sign(str(now)),
                max_age=settings.SESSION_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        response.headers[HEADER] = f"{clock.left(now)}{' final' if clock.is_final() else ''}"
        return response


def begin(sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> None:
    """Starts the clock of a new sign-in, by whichever door; hears ``user_logged_in``."""
    now, mark = _now(), get_random_string(16)
    request.session[_BEGUN] = [now, mark]
    request.session_clock = Clock(now, now, mark)


def times(request: HttpRequest) -> dict[str, object]:
    """Context processor: ``session_left`` and ``session_warning``, in seconds, for session.js."""
    clock: Clock | None = getattr(request, "session_clock", None)
    now = _now()
    left = clock.seen_at(now).left(now) if clock else None
    return {"session_left": left, "session_warning": settings.SESSION_WARNING_SECONDS}


def _person(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """As Django tells it; a sign-in whose time is over ends here."""
    user = get_user(request)
    if not user.is_authenticated and SESSION_KEY not in request.session:
        return user
    clock = _clock(request)
    # An account that was switched off has no user, or one that is not active: its backend says.
    if clock is None or clock.left(_now()) <= 0 or not user.is_active:
        request.session.flush()
        request.session_ended = True
        return AnonymousUser()
    request.session_clock = clock
    return user


def _clock(request: HttpRequest) -> Clock | None:
    """The clock of the present sign-in; None where it began before there were any."""
    if _BEGUN not in request.session:
        return None
    begun, mark = request.session[_BEGUN]
    try:
        seen = int(_signer(mark).unsign(request.COOKIES.get(settings.SEEN_COOKIE_NAME, "")))
    except BadSignature:
        seen = begun
    return Clock(begun, seen, mark)


def _signer(mark: str) -> Signer:
    return Signer(salt=f"{_SALT}:{mark}")


def _is_asked_by_page(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name in ASKED_BY_PAGES


def _now() -> int:
    return int(time.time())
