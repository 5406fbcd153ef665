"""人事異動: a list is chosen, what it would do is shown, and it is carried out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.editing import Overtaken
from procedures.models import Department, User
from procedures.permissions import check_can_keep_accounts
from procedures.reference_data import tickets
from procedures.reference_data.files import Problem, Table, Unusable
from procedures.spreadsheet.gate import Refused

from .forms import ConfirmForm, TransferForm
from .left_behind import left_behind
from .people_list import current_list, read, with_reasons
from .transfer import Entry, Fate, Transfer, carry_out, compare, words_of
from .views import BOOK

SHOWN = 300
CHANGED_MEANWHILE = (
    "確認した後に利用者や役割が変わったため、何も書き込まずに止めました。"
    "今の内容と比べ直しましたので、もう一度確認してください。"
)
SAY_SURE = (
    "有効な利用者の3分の1より多くを無効にする一覧です。正しい一覧か確かめて、下の欄に印を付けて"
    "から、もう一度押してください。まだ何も変わっていません。"
)
DONE = "人事異動を反映しました（{act}）。新しい利用者には、初期パスワードを発行してください。"


@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest) -> HttpResponse:
    """The form, and the preview of a list; nothing is written."""
    check_can_keep_accounts(request.user)
    if request.method == "GET":
        return _form(request, TransferForm())
    form = TransferForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        table = read(form.cleaned_data["file"])
        found = _compare(request, table, is_whole=form.is_whole)
        return _preview(request, found)
    except Unusable as reason:
        return _form(request, form, problems=reason.problems, status=422)
    except (Refused, tickets.Invalid) as reason:
        form.add_error("file", str(reason))
        return _form(request, form, status=422)


@require_POST
def transfer_carry_out(request: HttpRequest) -> HttpResponse:
    """Does what the person has seen, if it would still do the same."""
    check_can_keep_accounts(request.user)
    form = ConfirmForm(request.POST)
    try:
        table, digest = _redeem(request)
    except tickets.Invalid as reason:
        messages.error(request, str(reason))
        return redirect("transfer")
    form.full_clean()
    is_whole, is_sure = (bool(form.cleaned_data.get(name)) for name in ("is_whole", "sure"))
    try:
        act = carry_out(
            table,
            is_whole=is_whole,
            on=timezone.localdate(),
            seen=digest,
            is_sure=is_sure,
            by=request.user,
        )
    except Overtaken:
        found = _compare(request, table, is_whole=is_whole)
        if found.digest == digest and found.switches_off_many and not is_sure:
            return _preview(request, found, notice=SAY_SURE, status=422)
        return _preview(request, found, notice=CHANGED_MEANWHILE, status=409)
    messages.success(request, DONE.format(act=act.label))
    return redirect("account_list")


@require_POST
def transfer_returned(request: HttpRequest) -> HttpResponse:
    """The list as it was sent, with what has to be corrected beside each row."""
    check_can_keep_accounts(request.user)
    try:
        table, _ = _redeem(request)
    except tickets.Invalid as reason:
        messages.error(request, str(reason))
        return redirect("transfer")
    found = _compare(request, table, is_whole=request.POST.get("is_whole") == "True")
    return _book(with_reasons(table, found.problems), "transfer-to-correct")


@require_GET
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Everybody who has an account, with their roles: to be corrected and sent back."""
    check_can_keep_accounts(request.user)
    people = User.objects.filter(is_active=True).prefetch_related("memberships__department")
    return _book(current_list(people.order_by("username")), "people")


def _compare(request: HttpRequest, table: Table, *, is_whole: bool) -> Transfer:
    return compare(table, is_whole=is_whole, on=timezone.localdate(), by=request.user)


def _redeem(request: HttpRequest) -> tuple[Table, str]:
    return tickets.redeem(request.POST.get("ticket", ""), by=request.user, model=User)


def _book(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=BOOK)
    file_name = f"{name}-{timezone.localdate():%Y-%m-%d}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _form(
    request: HttpRequest,
    form: TransferForm,
    *,
    problems: tuple[Problem, ...] = (),
    found: Transfer | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "problems": problems[:SHOWN],
        "problem_count": len(problems),
        "ticket": "",
        "is_whole": bool(found and found.is_whole),
    }
    if found:
        context["ticket"] = tickets.issue(found.table, "", to=request.user, model=User)
    return render(request, "operation/transfer.html", context, status=status)


def _preview(
    request: HttpRequest, found: Transfer, *, notice: str = "", status: int = 200
) -> HttpResponse:
    if found.problems:
        form = TransferForm(initial={"scope": "whole" if found.is_whole else "some"})
        return _form(request, form, problems=found.problems, found=found, status=422)
    ticket = tickets.issue(found.table, found.digest, to=request.user, model=User)
    leaving = found.counts[Fate.LEAVES]
    initial = {"ticket": ticket, "is_whole": found.is_whole}
    context = {
        "found": found,
        "counts": [(fate.value, found.counts[fate]) for fate in Fate],
        "sections": _sections(found),
        "form": ConfirmForm(initial=initial, leaving=leaving, active=found.active_count),
        "notice": notice,
    }
    return render(request, "operation/transfer_preview.html", context, status=status)


def _sections(found: Transfer) -> list[dict[str, Any]]:
    """What happens, by fate, with what people leave behind."""
    going = [one for one in found.changed if one.fate in (Fate.LEAVES, Fate.MOVES)]
    moving = {one.person.pk: one.left_departments for one in going if one.fate is Fate.MOVES}
    left = left_behind([one.person for one in going], leaving=moving)
    departments = Department.objects.in_bulk()

    def told(entry: Entry) -> dict[str, Any]:
        return {
            "entry": entry,
            "before": words_of(entry.before, departments),
            "after": words_of(entry.after, departments),
            "left": left.get(entry.person.pk),
        }

    return [
        {
            "fate": fate.value,
            "is_leaving": fate is Fate.LEAVES,
            "rows": [told(one) for one in rows[:SHOWN]],
            "count": len(rows),
            "hidden_count": max(0, len(rows) - SHOWN),
        }
        for fate in Fate
        if (rows := [one for one in found.changed if one.fate is fate])
    ]
