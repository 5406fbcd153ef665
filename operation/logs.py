"""What is logged, and how: one line per entry, as JSON or to be read, and nothing about people.

A log is read by more eyes than the inventory, goes to other machines and is kept elsewhere. So no
name, no address, nothing typed into a form or a search gets into it:

- a request is logged by its route (``/procedures/<int:pk>/``), never by its address with query;
- a person is logged by key;
- of what a library says only its sentence is kept, without the texts it puts into it;
- of an error its type and where it happened are kept, its message only where it is about the
  machine (``_ABOUT_THE_MACHINE``): others quote the value that they choke on.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from traceback import extract_tb
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import LazyObject, empty

from procedures import request_context

logger = logging.getLogger(__name__)

REQUEST = "要求"
SENTENCES = {
    "django.request": "要求の処理中にエラーが起きました。",
    "django.security.csrf": "確認の期限切れ、または別のサイトからの送信を断りました。",
    "django.security.DisallowedHost": (
        "許可されていないホスト名への要求を断りました。"
        "正しいホスト名であれば、DX_ALLOWED_HOSTS に加えてください。"
    ),
    "django.security": "不審な要求を断りました。",
    "axes": "ログインの失敗が記録されました（誰の失敗かは監査ログにあります）。",
}
"""What is logged in place of the messages of these loggers and of those below them."""

_OURS = {"operation", "procedures", "shimonoseki_dx", "tracking"}
_ABOUT_THE_MACHINE = (OperationalError, ImproperlyConfigured, ImportError)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
_CAUSES = 5  # of one error
_QUIET = ("/healthz", "/readyz")  # asked every few seconds


class RequestLogMiddleware:
    """Logs each request once it is answered; static files and probes at level DEBUG."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._get_response(request)
        fields = _request_fields(request, response)
        fields["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
        is_quiet = request.path_info.startswith((settings.STATIC_URL, *_QUIET))
        level = logging.DEBUG if is_quiet and response.status_code < 400 else logging.INFO
        logger.log(level, REQUEST, extra={"fields": fields})
        return response


class JsonFormatter(logging.Formatter):
    """One JSON object on one line: ``entry_of``."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(entry_of(record), ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The same to be read: one line, and the places of an error on lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        entry = entry_of(record)
        errors = entry.pop("errors", [])
        head = [entry.pop(name) for name in ("time", "level", "logger")]
        message, number = entry.pop("message"), entry.pop("request_id")
        rest = [f"{name}={'-' if value is None else value}" for name, value in entry.items()]
        lines = [" ".join([*head, f"[{number or '-'}]", message, *rest]).rstrip()]
        for error in errors:
            lines += [f"  {error['type']} {error['message']}".rstrip()]
            lines += [f"    {place}" for place in error["places"]]
        return "\n".join(lines)


def entry_of(record: logging.LogRecord) -> dict[str, Any]:
    """The entry for a record: time with zone, level, logger, message, request id and more.

    Our own loggers add what they like by ``extra={"fields": {…}}``; others get ``source``, where
    in their code the record was made. ``errors`` come from the first cause to the last.
    """
    at = datetime.fromtimestamp(record.created, timezone.get_default_timezone())
    entry = {
        "time": at.isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": _said(record),
        "request_id": request_context.request_id.get(),
    }
    if _is_ours(record):
        entry |= getattr(record, "fields", {})
    else:
        entry["source"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1]:
        entry["errors"] = list(_errors(record.exc_info[1]))
    return entry


def _request_fields(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    match = request.resolver_match
    return {
        "method": request.method if request.method in _METHODS else "OTHER",
        "route": f"/{match.route}" if match else None,
        "status": response.status_code,
        "user": _key_of_user(request),
    }


def _key_of_user(request: HttpRequest) -> int | None:
    """Whoever was looked up for this request: the log itself asks the database for nobody."""
    user = getattr(request, "user", None)
    is_looked_up = not isinstance(user, LazyObject) or user._wrapped is not empty
    return user.pk if user is not None and is_looked_up else None


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _OURS


def _said(record: logging.LogRecord) -> str:
    if _is_ours(record):
        return record.getMessage()
    name = record.name
    while name:
        if name in SENTENCES:
            return SENTENCES[name]
        name = name.rpartition(".")[0]
    # Without arguments the message may have been put together before, out of anything.
    return _without_texts(record.msg, record.args) if record.args else ""


class _Hidden:
    """Stands for a text in the message of a library."""

    def __repr__(self) -> str:
        return "…"


def _without_texts(message: object, args: object) -> str:
    given = dict(args) if isinstance(args, Mapping) else args
    try:
        if isinstance(given, dict):
            return str(message) % {name: _hidden(value) for name, value in given.items()}
        return str(message) % tuple(map(_hidden, given))
    except (TypeError, ValueError):
        return ""


def _hidden(value: object) -> object:
    return value if isinstance(value, int | float) else _Hidden()


def _errors(error: BaseException | None) -> Iterator[dict[str, Any]]:
    chain = []
    while error is not None and len(chain) < _CAUSES:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for each in reversed(chain):
        yield {
            "type": f"{type(each).__module__}.{type(each).__qualname__}",
            "message": _message(each),
            "places": [
                f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}"
                for frame in extract_tb(each.__traceback__)
            ],
        }


def _message(error: BaseException) -> str:
    if isinstance(error, _ABOUT_THE_MACHINE):
        return str(error)
    return error.strerror or "" if isinstance(error, OSError) else ""
