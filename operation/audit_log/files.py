"""Files that leave the program: each is noted, or it is not handed out."""

from collections.abc import Callable
from email.message import Message

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from procedures import audit
from procedures.models import AuditEvent

TAKEN = "「{name}」を取り出しました。"
TAKEN_UNDER = "「{name}」を取り出しました（条件：{conditions}）。"


class FilesMiddleware:
    """Writes the entry for every file that somebody who has signed in gets as an answer.

    The one GET that writes: who took which list along is what an office asks first when it turns
    up elsewhere. So it is noted for all views in one place, and an answer that cannot be noted is
    not given. What anybody may read (the public table) is not noted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if is_file(response) and not _is_public(request) and request.user.is_authenticated:
            try:
                _note(request, response)
            except BaseException:
                response.close()
                raise
        return response


def is_file(response: HttpResponseBase) -> bool:
    """Whether the answer is something to keep, not a page: attached, or with its rows counted."""
    is_attached = response.headers.get("Content-Disposition", "").startswith("attachment")
    return response.status_code == 200 and (is_attached or hasattr(response, "row_count"))


def _is_public(request: HttpRequest) -> bool:
    """Nobody's session is looked up where nobody has to sign in: caches may keep the answer."""
    match = request.resolver_match
    return match is not None and not getattr(match.func, "login_required", True)


def _note(request: HttpRequest, response: HttpResponseBase) -> None:
    conditions = "、".join(
        f"{name}={value}" for name, values in request.GET.lists() for value in values if value
    )
    what = TAKEN_UNDER if conditions else TAKEN
    audit.note(
        AuditEvent.Kind.EXPORT,
        what.format(name=_name(request, response), conditions=conditions),
        by=request.user,
        count=getattr(response, "row_count", None),
    )


def _name(request: HttpRequest, response: HttpResponseBase) -> str:
    """The name under which the file is kept; where it has none, its address."""
    said = Message()
    said["Content-Disposition"] = response.headers.get("Content-Disposition", "inline")
    return said.get_filename() or request.path
