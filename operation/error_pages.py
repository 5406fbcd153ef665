"""The pages of refusals and errors: Django's, or JSON for whoever wants that."""

import json

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from operation import outage
from procedures import request_context

BAD_REQUEST = "送信された内容に、読み取れない部分がありました。"
PERMISSION_DENIED = "この操作をする権限がありません。"
NOT_FOUND = "対象のページまたはデータが見つかりませんでした。"
SERVER_ERROR = "プログラムの不具合のため、操作を完了できませんでした。"
UNREACHABLE = "データベースに接続できないため、操作を完了できませんでした。"
_JSON = "application/json"
_LAST_RESORT = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>エラーが発生しました</title></head>
<body><h1>エラーが発生しました</h1><p>{sentence}</p><p>お問い合わせ番号：{number}</p></body></html>
"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _as_wanted(request, defaults.bad_request(request, exception), BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence of the check that refused."""
    page = defaults.permission_denied(request, exception)
    return _as_wanted(request, page, str(exception) or PERMISSION_DENIED)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _as_wanted(request, defaults.page_not_found(request, exception), NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is not there; a bare page where no template can be shown.

    That is so while the static files are not collected: every page fails then, the error's too.
    """
    try:
        page = outage.server_error(request)
    except Exception:
        number = request_context.request_id.get()
        page = HttpResponse(_LAST_RESORT.format(sentence=SERVER_ERROR, number=number), status=500)
    sentence = UNREACHABLE if page.status_code == 503 else SERVER_ERROR
    return _as_wanted(request, page, sentence)


def _as_wanted(request: HttpRequest, page: HttpResponse, sentence: str) -> HttpResponse:
    if request.get_preferred_type(["text/html", _JSON]) == _JSON:
        answer = {"error": sentence, "request_id": request_context.request_id.get()}
        page.content = json.dumps(answer, ensure_ascii=False)
        page.headers["Content-Type"] = _JSON
    return page
