"""Who may not try to sign in for a while: a name at one desk, or a desk that tries many names.

django-axes counts; the desk is ``REMOTE_ADDR``, which the server sets from the proxy that it
trusts, never a header that anybody can write (operation/server.py).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from procedures import audit
from procedures.models import AuditEvent, User
from procedures.permissions import check_can_keep_accounts

RELEASED = "ログインの停止を解除：{name}"


@dataclass(frozen=True, slots=True)
class Lock:
    """What may not be tried before ``until``; without a name, anything from that address."""

    username: str
    address: str
    failure_count: int
    until: datetime


class Handler(AxesDatabaseHandler):
    """Counts as axes does, and over all names of one address besides."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this name at this address, or the address as a whole, has to wait."""
        if counted_name(request, credentials) is None:
            return False  # whom another server vouches for types no password here
        if super().is_locked(request, credentials):
            return True
        return bool(_addresses(_recent().filter(ip_address=request.axes_ip_address)))


def client_address(request: HttpRequest) -> str | None:
    """The desk that asks, as the server gives it."""
    return request.META.get("REMOTE_ADDR") or None


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The name under which a failure counts; None where nobody typed one."""
    username = (credentials or {}).get("username")
    return None if username is None else alike(username)


def alike(username: str) -> str:
    """The same for all names that a directory may take for one: TEAM, ｔｅａｍ, téam and team."""
    letters = unicodedata.normalize("NFKD", username).casefold()
    kept = (one for one in letters if one.isprintable() and not unicodedata.combining(one))
    return "".join("".join(kept).split())[:150]


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The page that says until when, and whom to ask."""
    username = (credentials or {}).get("username") or ""
    here = _recent().filter(ip_address=client_address(request))
    found = [*_addresses(here), *_names(here.filter(username=alike(username)))]
    context = {
        "lock": found[0] if found else None,
        "failure_limit": settings.AXES_FAILURE_LIMIT,
        "username": username,
    }
    return render(request, "registration/lockout.html", context, status=429)


def locks() -> list[Lock]:
    """All that have to wait now, whole addresses first; two queries."""
    return [*_addresses(_recent()), *_names(_recent())]


@transaction.atomic
def release(*, username: str, address: str, by: User) -> bool:
    """Lets ``username`` at ``address`` try again, or the whole address where no name is given.

    False where nothing of the kind waits any more. Raises ``PermissionDenied``.
    """
    check_can_keep_accounts(by)
    if not any((lock.username, lock.address) == (username, address) for lock in locks()):
        return False
    AxesProxyHandler.reset_attempts(ip_address=address, username=username or None)
    audit.note(AuditEvent.Kind.LOCKOUT, RELEASED.format(name=username or address), by=by)
    return True


def _names(tried: QuerySet[AccessAttempt]) -> list[Lock]:
    rows = _counted(tried, "username", "ip_address", limit=settings.AXES_FAILURE_LIMIT)
    return [
        Lock(row["username"] or "", row["ip_address"] or "", row["count"], _end(row["last"]))
        for row in rows
    ]


def _addresses(tried: QuerySet[AccessAttempt]) -> list[Lock]:
    """The addresses from which too many names were tried."""
    if not settings.ADDRESS_FAILURES:
        return []
    rows = _counted(tried, "ip_address", limit=settings.ADDRESS_FAILURES)
    return [Lock("", row["ip_address"] or "", row["count"], _end(row["last"])) for row in rows]


def _counted(tried: QuerySet[AccessAttempt], *names: str, limit: int) -> QuerySet:
    counted = tried.values(*names).annotate(
        count=Sum("failures_since_start"), last=Max("attempt_time")
    )
    return counted.filter(count__gte=limit).order_by(*names)


def _recent() -> QuerySet[AccessAttempt]:
    since = timezone.now() - _waiting_time()
    return AccessAttempt.objects.filter(attempt_time__gte=since).order_by()


def _end(last: datetime) -> datetime:
    return last + _waiting_time()


def _waiting_time() -> timedelta:
    return timedelta(hours=settings.AXES_COOLOFF_TIME)
