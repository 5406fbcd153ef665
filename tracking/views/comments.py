"""やりとり: what waits for a person, and writing in the talk on a procedure."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tracking.actions.comments import (
    add_comment,
    around,
    check_can_comment,
    close_comment,
    messages_for,
    reopen_comment,
    said_to,
)
from tracking.forms.comments import CommentForm
from tracking.forms.fields import add_errors
from tracking.models import Comment

from .procedure import procedure_page, readable
from .way_back import own_address

PAGE = 50
WRITTEN = "やりとりに書き込みました。"
CLOSED = "やりとりを済にしました。"
REOPENED = "やりとりを、回答を待つ状態に戻しました。"


@require_GET
def comment_list(request: HttpRequest) -> HttpResponse:
    """What waits for the person, the longest waiting first; with ``?show=all`` all around them."""
    shows_all = request.GET.get("show") == "all"
    comments = around(request.user) if shows_all else said_to(request.user)
    page = Paginator(comments, PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": messages_for(page, request.user),
        "shows_all": shows_all,
        "querystring": "show=all&" if shows_all else "",
        "next": request.get_full_path(),
    }
    return render(request, "tracking/comment_list.html", context)


@require_POST
def comment_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes in the talk on one procedure."""
    procedure = readable(request.user, pk)
    check_can_comment(request.user, procedure)
    form = CommentForm(request.POST, procedure=procedure, by=request.user)
    if form.is_valid():
        try:
            add_comment(procedure_id=pk, by=request.user, **form.values)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, WRITTEN)
            return redirect(_talk_of(pk))
    return procedure_page(request, pk, comment_form=form, status=422)


@require_POST
def comment_done(request: HttpRequest, pk: int) -> HttpResponse:
    """済: what the comment asked for is done."""
    return _mark(request, pk, close_comment, CLOSED)


@require_POST
def comment_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes 済 back."""
    return _mark(request, pk, reopen_comment, REOPENED)


def _mark(
    request: HttpRequest, pk: int, action: Callable[..., Comment], sentence: str
) -> HttpResponse:
    comment = get_object_or_404(Comment, pk=pk)
    try:
        action(comment_id=pk, by=request.user)
    except ValidationError as error:
        messages.info(request, error.messages[0])
    else:
        messages.success(request, sentence)
    return redirect(_next(request, comment))


def _next(request: HttpRequest, comment: Comment) -> str:
    """Where the person came from, if that is a page of ours; else the talk."""
    return own_address(request, request.POST.get("next")) or _talk_of(comment.procedure_id)


def _talk_of(procedure_id: int) -> str:
    return f"{reverse('procedure_detail', args=[procedure_id])}#comments"
