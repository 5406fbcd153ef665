"""Sign-ins, those that failed, locks and sign-outs as entries of the audit log.

The only signals that write: Django and django-axes say by them what happened, whichever the door.
"""

from typing import Any

from axes.helpers import get_cool_off
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from procedures import audit, request_context
from procedures.models import AuditEvent, User

SIGNED_IN = "ログインしました。"
SIGNED_OUT = "ログアウトしました。"
FAILED = "{name}でのログインに失敗しました。"
LOCKED = "{name}でのログインを一時停止しました。"
KNOWN_NAME = "ユーザー名「{name}」"
UNKNOWN_NAME = "登録のない名前"


def connect() -> None:
    """Has every sign-in of the program noted."""
    for signal, receiver in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (user_login_failed, _failed),
        (user_locked_out, _locked),
    ):
        signal.connect(receiver, dispatch_uid=f"{__name__}.{receiver.__name__}")


def _signed_in(user: User, **said: Any) -> None:
    audit.note(AuditEvent.Kind.SIGN_IN, SIGNED_IN, by=user)


def _signed_out(user: User | None, **said: Any) -> None:
    if user is not None:
        audit.note(AuditEvent.Kind.SIGN_OUT, SIGNED_OUT, by=user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **said: Any) -> None:
    """Not while a lock lasts: what is refused unseen would fill the log."""
    is_counted = getattr(request, "axes_failures_since_start", None) is not None
    if is_counted or not getattr(request, "axes_locked_out", False):
        what = FAILED.format(name=_named(credentials.get("username")))
        audit.note(AuditEvent.Kind.SIGN_IN_FAILED, what)


def _locked(request: HttpRequest, **said: Any) -> None:
    """Once for each time: axes says it again at every attempt that the lock refuses."""
    # As it was typed: axes counts all spellings of a name as one.
    username = request.axes_credentials.get("username")
    what, address = LOCKED.format(name=_named(username)), request_context.address.get()
    since = timezone.now() - get_cool_off()
    kind = AuditEvent.Kind.LOCKOUT
    if not AuditEvent.objects.filter(kind=kind, at__gte=since, address=address, what=what).exists():
        audit.note(kind, what)


def _named(username: str | None) -> str:
    """The name of an account; anything else may be a password in the wrong field."""
    typed = (username or "").replace("\0", "")
    # A directory takes names in any case, so an attempt on TEAM is one on team.
    known = User.objects.filter(username__iexact=typed).values_list("username", flat=True).first()
    return KNOWN_NAME.format(name=known) if known else UNKNOWN_NAME
