"""国の調査の変更点: what an edition says otherwise, put away with a reason, and taken back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.editing import Overtaken
from procedures.models import SurveyDifference
from procedures.permissions import can_keep_registers, check_can_keep_registers, rights_of
from procedures.survey import current_edition
from tracking.actions.survey import (
    dismiss_differences,
    take_back_differences,
)
from tracking.forms.fields import add_errors, is_key
from tracking.forms.survey import DifferenceFilter, DismissDifferencesForm
from tracking.inspection import token_of
from tracking.navigation import registers
from tracking.survey import difference_rows, open_differences, with_city

from .team import querystring
from .way_back import own_address

ROWS_PER_PAGE = 50
SAMPLE = 10
NOTHING_TO_DISMISS = "確認済にする変更点がありません。ほかの人が先に確認済にしています。"
NOTHING_CHOSEN = "変更点が選ばれていません。左のチェックで選んでから、もう一度押してください。"
CHANGED = (
    "画面を表示した後に、対象の変更点が変わりました（{count:,}件）。まだ何も記録していません。"
    "内容を確かめて、もう一度押してください。"
)
DISMISSED = "{count:,}件の変更点を確認済にしました。"
TAKEN_BACK = "{count:,}件の確認済を取り消しました。もう一度一覧に出ます。"
GONE = "選んだ確認済は、ほかの人が先に取り消しています。"
_NOT_OF_THE_FILTER = ("differences", "everything", "count")


@require_GET
def survey_differences(request: HttpRequest) -> HttpResponse:
    """What waits for somebody: one's own departments' first, then the city's, then the rest."""
    filterset = _filter(request)
    page = Paginator(filterset.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = _shell(request) | {
        "filter": filterset,
        "page_obj": page,
        "rows": difference_rows(page),
        "querystring": querystring(request.GET, *_NOT_OF_THE_FILTER),
        "filter_fields": _filter_fields(request.GET),
    }
    return render(request, "tracking/survey_differences.html", context)


@require_http_methods(["GET", "POST"])
def survey_dismiss(request: HttpRequest) -> HttpResponse:
    """確認済 of the differences that the address means: which, how many, why; and doing it.

    The address is that of their list, with ``differences`` (keys) or with ``everything`` and the
    ``count`` that the list said.
    """
    check_can_keep_registers(request.user)
    seen, notice = _meant(request)
    if not seen:
        is_asked = "everything" in request.GET or "differences" in request.GET
        messages.info(request, NOTHING_TO_DISMISS if is_asked else NOTHING_CHOSEN)
        return redirect(_list_address(request))
    form = DismissDifferencesForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 409 if notice else 200
    if form.is_valid():
        try:
            return _dismiss(request, list(seen), form)
        except Overtaken:
            status, notice = 409, CHANGED.format(count=len(seen))
        except ValidationError as error:
            add_errors(form, error)
    sample = SurveyDifference.objects.filter(pk__in=list(seen)[:SAMPLE])
    context = _shell(request) | {
        "form": form,
        "notice": notice,
        "count": len(seen),
        "token": token_of(seen),
        "sample": difference_rows(with_city(sample, request.user)),
        "list_url": _list_address(request),
    }
    return render(request, "tracking/survey_dismiss.html", context, status=status)


@require_GET
def survey_dismissed(request: HttpRequest) -> HttpResponse:
    """What is 確認済: by whom and why; the division can take it back."""
    rows = SurveyDifference.objects.exclude(dismissed_at=None)
    rows = rows.select_related("dismissed_by", "edition").defer("edition__left_out")
    page = Paginator(rows.order_by("-dismissed_at", "pk"), ROWS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = _shell(request) | {
        "page_obj": page,
        "rows": difference_rows(page),
        "next": request.get_full_path(),
    }
    return render(request, "tracking/survey_dismissed.html", context)


@require_POST
def survey_take_back(request: HttpRequest) -> HttpResponse:
    """Has the ticked differences wait again."""
    check_can_keep_registers(request.user)
    chosen = {int(key) for key in request.POST.getlist("differences") if is_key(key)}
    if not chosen:
        messages.error(request, NOTHING_CHOSEN)
    elif count := take_back_differences(keys=chosen, by=request.user):
        messages.success(request, TAKEN_BACK.format(count=count))
    else:
        messages.info(request, GONE)
    back = own_address(request, request.POST.get("next"))
    return redirect(back or reverse("survey_dismissed"))


def _filter(request: HttpRequest) -> DifferenceFilter:
    waiting = open_differences().select_related("edition").defer("edition__left_out")
    return DifferenceFilter(request.GET, queryset=with_city(waiting, request.user))


def _meant(request: HttpRequest) -> tuple[dict[int, str], str]:
    """The open differences that the address means, and a sentence where they are others by now."""
    rows: QuerySet[SurveyDifference] = _filter(request).rows
    is_everything = "everything" in request.GET
    if not is_everything:
        rows = rows.filter(
            pk__in=[key for key in request.GET.getlist("differences") if is_key(key)]
        )
    seen = {pk: f"{old}>{new}" for pk, old, new in rows.order_by().values_list("pk", "old", "new")}
    is_other = is_everything and request.GET.get("count") != str(len(seen))
    return seen, CHANGED.format(count=len(seen)) if is_other else ""


def _dismiss(request: HttpRequest, keys: list[int], form: DismissDifferencesForm) -> HttpResponse:
    """Raises ``Overtaken`` where ``keys`` are not what the page had shown."""
    seen, _ = _meant(request)
    if form.cleaned_data["seen"] != token_of(seen):
        raise Overtaken
    count = dismiss_differences(keys=keys, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, DISMISSED.format(count=count))
    return redirect(_list_address(request))


def _list_address(request: HttpRequest) -> str:
    query = querystring(request.GET, *_NOT_OF_THE_FILTER).removesuffix("&")
    address = reverse("survey_differences")
    return f"{address}?{query}" if query else address


def _filter_fields(query: QueryDict) -> list[tuple[str, str]]:
    """The filter of the address as hidden fields of a form."""
    left_out = {"page", *_NOT_OF_THE_FILTER}
    return [
        (name, value)
        for name, values in query.lists()
        if name not in left_out
        for value in values
        if value
    ]


def _shell(request: HttpRequest) -> dict[str, object]:
    return {
        "registers": registers("survey", rights_of(request.user)),
        "may_keep": can_keep_registers(request.user),
        "edition": current_edition(),
    }
