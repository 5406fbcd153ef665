"""利用者: who has an account, whether they can sign in, and what an administrator does about it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from tablib import Dataset

from procedures.actions import (
    NotIssued,
    end_sessions,
    issue_missing_passwords,
    issue_passwords,
    without_password,
)
from procedures.models import User
from procedures.permissions import check_can_keep_accounts
from procedures.reference_data.files import Book
from tracking.navigation import operation

from .lockout import alike, locks, release
from .sign_in_views import sign_ins_of

PAGE = 50
BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDED = "「{person}」さんのログインを、すべての端末で終わらせました。"
RELEASED = "「{name}」のログインの停止を解除しました。"
RELEASED_ALREADY = "その停止は、もう解除されているか、時間がたって終わっています。"
NOBODY_WITHOUT = "初期パスワードが必要な利用者はいません。"


@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    """Everybody, or those who match what is looked for; a constant number of queries."""
    check_can_keep_accounts(request.user)
    wanted = request.GET.get("q", "").replace("\0", "").strip()
    # Without the accounts under whose names the program itself writes.
    people = User.objects.exclude(is_superuser=True, is_active=False)
    people = people.prefetch_related("memberships__department").order_by("-is_active", "username")
    if wanted:
        people = people.filter(
            Q(username__icontains=wanted)
            | Q(display_name__icontains=wanted)
            | Q(memberships__department__name__icontains=wanted)
        ).distinct()
    context = {
        "operation": operation("account_list"),
        "page_obj": Paginator(people, PAGE).get_page(request.GET.get("page")),
        "q": wanted,
        "querystring": f"{urlencode({'q': wanted})}&" if wanted else "",
        "locks": locks(),
        "without_count": without_password().count(),
    }
    return render(request, "operation/account_list.html", context)


@require_GET
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: roles, how it signs in, when it did."""
    check_can_keep_accounts(request.user)
    person = get_object_or_404(User, pk=pk)
    return render(request, "operation/account_detail.html", _context(person))


@require_POST
@never_cache
def account_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the person an initial password and shows it, this once."""
    check_can_keep_accounts(request.user)
    person = get_object_or_404(User, pk=pk)
    try:
        [(person, password)] = issue_passwords([person], by=request.user)
    except NotIssued as reason:
        messages.error(request, str(reason))
        return redirect("account_detail", pk)
    context = _context(person) | {"password": password}
    return render(request, "operation/account_detail.html", context)


@require_POST
@never_cache
def account_passwords(request: HttpRequest) -> HttpResponse:
    """A workbook with an initial password for everybody who has none; it cannot be had again."""
    check_can_keep_accounts(request.user)
    issued = issue_missing_passwords(by=request.user)
    if not issued:
        messages.info(request, NOBODY_WITHOUT)
        return redirect("account_list")
    data = Dataset(headers=["ユーザー名", "氏名", "部局室・役割", "初期パスワード"])
    for person, password in issued:
        posts = "、".join(
            f"{row.department or ''} {row.get_role_display()}".strip()
            for row in person.memberships.all()
        )
        data.append((person.username, person.display_name, posts, password))
    response = HttpResponse(Book().export_data(data), content_type=BOOK)
    name = f"initial-passwords-{timezone.localdate():%Y-%m-%d}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def account_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends all sign-ins of a person."""
    check_can_keep_accounts(request.user)
    person = get_object_or_404(User, pk=pk)
    end_sessions(person, by=request.user)
    messages.success(request, ENDED.format(person=person))
    return redirect("account_detail", pk)


@require_POST
def account_release(request: HttpRequest) -> HttpResponse:
    """Lets a name at an address, or a whole address, try to sign in again."""
    check_can_keep_accounts(request.user)
    username, address = request.POST.get("username", ""), request.POST.get("address", "")
    if release(username=username, address=address, by=request.user):
        messages.success(request, RELEASED.format(name=username or address))
    else:
        messages.info(request, RELEASED_ALREADY)
    return redirect("account_list")


def _context(person: User) -> dict[str, object]:
    return {
        "person": person,
        "posts": person.memberships.select_related("department"),
        "locks": [lock for lock in locks() if lock.username == alike(person.username)],
        "sign_ins": sign_ins_of(person),
        "password": "",
    }
