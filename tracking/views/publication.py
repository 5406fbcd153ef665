"""公表: the table that anybody may read, and the division's page on which it is made."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from procedures.models import Act
from procedures.permissions import check_can_see_dashboard
from procedures.resources import download
from tracking import publication as table
from tracking.actions.bulk import NothingToWrite, Seen
from tracking.actions.publication import (
    PublicationPlan,
    approve,
    check_can_publish,
    plan_approval,
    plan_withdrawal,
    withdraw,
)
from tracking.forms.bulk import SeenForm, written
from tracking.forms.fields import is_key
from tracking.forms.publication import PublicationFilter, PublicFilter
from tracking.navigation import instruments
from tracking.selections import with_progress

from .bulk import LEFT_OUT_SHOWN, NOTHING_LEFT, ROWS_CHANGED, SAMPLE, Selection, refused
from .team import querystring
from .way_back import own_address

PUBLIC_PAGE = 100
PAGE = 50
KEPT_FOR = 300  # seconds for which a browser or a proxy may answer by itself
_View = Callable[[HttpRequest], HttpResponseBase]


def _public(view: _View) -> _View:
    """For everybody, without a sign-in and without a session; 404 while it is switched off."""

    @login_not_required
    @require_safe
    @cache_control(public=True, max_age=KEPT_FOR)
    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponseBase:
        if not settings.PUBLICATION:
            raise Http404
        return view(request)

    return shown


@_public
def public_table(request: HttpRequest) -> HttpResponseBase:
    """The table as a page."""
    return _page(request.GET)


@_public
def public_csv(request: HttpRequest) -> HttpResponseBase:
    """The whole table as csv."""
    return _csv()


@_public
def public_json(request: HttpRequest) -> HttpResponseBase:
    """The whole table for programs, with what its fields mean."""
    return _json()


@require_GET
def publication_preview(request: HttpRequest) -> HttpResponseBase:
    """What the public would see now, whether the table is switched on or not."""
    check_can_see_dashboard(request.user)
    match request.GET.get("format"):
        case "csv":
            return _csv()
        case "json":
            return _json()
    return _page(request.GET, is_preview=True)


@require_GET
def publication(request: HttpRequest) -> HttpResponse:
    """The procedures that may be published, each as the public sees it, to be ticked."""
    check_can_see_dashboard(request.user)
    on = timezone.localdate()
    filterset = _list(request.GET, on)
    page = Paginator(filterset.rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "instruments": instruments("publication"),
        "is_on": settings.PUBLICATION,
        "published_count": table.published(on).count(),
        "masking_note": table.masking_note(),
        "filter": filterset,
        "page_obj": page,
        "rows": table.candidates(page.object_list, on=on),
        "querystring": querystring(request.GET),
        "next": request.get_full_path(),
    }
    return render(request, "tracking/publication.html", context)


@require_http_methods(["GET", "POST"])
def publication_approve(request: HttpRequest) -> HttpResponse:
    """What approving the chosen procedures would publish (GET), and doing it (POST)."""
    check_can_publish(request.user)
    return _confirm(
        request,
        lambda keys: plan_approval(keys, by=request.user),
        lambda seen: approve(seen=seen, by=request.user),
        is_approval=True,
    )


@require_http_methods(["GET", "POST"])
def publication_withdraw(request: HttpRequest) -> HttpResponse:
    """What withdrawing the chosen procedures would take away (GET), and doing it (POST)."""
    check_can_publish(request.user)
    return _confirm(
        request,
        lambda keys: plan_withdrawal(keys, by=request.user),
        lambda seen: withdraw(procedure_ids=list(seen), by=request.user),
        is_approval=False,
    )


def _page(query: QueryDict, *, is_preview: bool = False) -> HttpResponse:
    on = timezone.localdate()
    form = PublicFilter(query, procedures=table.published(on))
    page = Paginator(form.rows, PUBLIC_PAGE).get_page(query.get("page"))
    preview = reverse("publication_preview")
    context = {
        "title": table.TITLE,
        "office_name": settings.OFFICE_NAME,
        "contact": settings.PUBLICATION_CONTACT,
        "license": settings.PUBLICATION_LICENSE,
        "source": table.SOURCE.format(office=settings.OFFICE_NAME),
        "masking_note": table.masking_note(),
        "on": on,
        "updated_on": table.updated_on(on),
        "form": form,
        "page_obj": page,
        "rows": table.public_rows(page.object_list, on=on),
        "querystring": querystring(query),
        "is_preview": is_preview,
        "page_url": preview if is_preview else reverse("public_table"),
        "csv_url": f"{preview}?format=csv" if is_preview else reverse("public_csv"),
        "json_url": f"{preview}?format=json" if is_preview else reverse("public_json"),
    }
    # Without the request: who has signed in sees the same, and no session is looked up.
    return HttpResponse(render_to_string("tracking/public_table.html", context))


def _whole(on: date) -> list[table.PublicRow]:
    return table.public_rows(table.published(on).order_by(*table.OFFICE_ORDER), on=on)


def _csv() -> HttpResponseBase:
    on = timezone.localdate()
    rows = _whole(on)
    return download(
        lambda file: table.write_csv(file, rows),
        file_name=f"{table.TITLE}_{on.isoformat()}.csv",
        content_type="text/csv; charset=utf-8",
        row_count=len(rows),
    )


def _json() -> HttpResponse:
    on = timezone.localdate()
    rows = _whole(on)
    answer = JsonResponse(
        table.as_json(rows, on=on), json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    answer.row_count = len(rows)  # a file, too, for the audit log
    return answer


def _list(query: QueryDict, on: date) -> PublicationFilter:
    return PublicationFilter(query, queryset=with_progress(table.publishable(on)))


def _selection(request: HttpRequest) -> Selection:
    """Which procedures the address means: the ticked ones, or all of the list as it is filtered."""
    list_url = own_address(request, request.GET.get("next")) or reverse("publication")
    on = timezone.localdate()
    is_everything = bool(request.GET.get("everything"))
    if is_everything:
        rows = _list(QueryDict(urlsplit(list_url).query), on).rows
    else:
        ticked = {int(pk) for pk in request.GET.getlist("procedures") if is_key(pk)}
        rows = table.publishable(on).filter(pk__in=ticked)
    return Selection(list(rows.values_list("pk", flat=True)), is_everything, list_url)


def _confirm(
    request: HttpRequest,
    planned: Callable[[Collection[int]], PublicationPlan],
    write: Callable[[Seen], Act],
    *,
    is_approval: bool,
) -> HttpResponse:
    """Shows what would happen, or does it to exactly the rows that were shown."""
    selection = _selection(request)
    if not selection.keys:
        return refused(request, selection)
    if request.method == "GET":
        return _preview(request, selection, planned(selection.keys), is_approval=is_approval)
    sent = SeenForm(request.POST)
    seen = sent.cleaned_data["seen"] if sent.is_valid() else {}
    notice = ROWS_CHANGED.format(expected=len(seen), count=len(selection.keys))
    if set(seen) == set(selection.keys):
        try:
            act = write(seen)
        except NothingToWrite:
            notice = NOTHING_LEFT
        else:
            back = urlencode({"next": selection.list_url})
            return redirect(f"{reverse('act_detail', args=[act.pk])}?{back}")
    plan = planned(selection.keys)
    return _preview(request, selection, plan, is_approval=is_approval, notice=notice)


def _preview(
    request: HttpRequest,
    selection: Selection,
    plan: PublicationPlan,
    *,
    is_approval: bool,
    notice: str = "",
) -> HttpResponse:
    rows = table.candidates_of([procedure.pk for procedure in plan.rows], on=timezone.localdate())
    warnings = Counter(warning for row in rows for warning in row.warnings)
    context: dict[str, Any] = {
        "selection": selection,
        "plan": plan,
        "is_approval": is_approval,
        "is_on": settings.PUBLICATION,
        "notice": notice,
        "count": len(selection.keys),
        "warnings": sorted(warnings.items()) if is_approval else (),
        "rows": sorted(rows, key=lambda row: not row.warnings)[:SAMPLE],
        "left_out": plan.left_out[:LEFT_OUT_SHOWN],
        "seen": written(plan.seen),
    }
    status = 409 if notice else 200
    return render(request, "tracking/publication_confirm.html", context, status=status)
