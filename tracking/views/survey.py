"""国の調査: searching it, one row beside the city's procedures, linking, and the due dates."""

from collections.abc import Iterator, Mapping
from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures import actions
from procedures.editing import Conflict
from procedures.models import Procedure, Source, SurveyProcedure
from procedures.permissions import (
    can_edit,
    can_keep_registers,
    check_can_edit,
    check_can_keep_registers,
    rights_of,
)
from procedures.spreadsheet.cell import UNSTORABLE
from procedures.survey import current_edition
from tracking.actions.survey import NothingToSet, SeenDue, set_dues
from tracking.forms.fields import OUTDATED, is_key
from tracking.forms.survey import LinkForm, SurveySearchForm
from tracking.navigation import registers
from tracking.survey import due_rows, found, missing, procedures_of, summary, to_be_due

from .bulk import NOTHING_CHOSEN
from .figures import rows_url
from .procedure import NO_CHANGE, readable
from .team import querystring

ROWS_PER_PAGE = 50
DUES_PER_PAGE = 100
LINKED = "国の手続ID {national_id} に紐付けました。国の実施状況などの参考値も改めました。"
NOT_IN_SURVEY = (
    "国の調査に国の手続ID「{national_id}」がありません。国の調査が入れ替わったかもしれません。"
    "もう一度探してください。"
)
LINKED_MEANWHILE = (
    "ほかの人が先に、この手続の国の手続IDを変更しました。手続のページで内容を確かめてください。"
)
NOTHING_TO_SET = (
    "設定する手続がありませんでした。画面を表示した後に、計画か国の予定が変わっています。"
    "内容を確かめて、もう一度選んでください。"
)
DUES_CHANGED = (
    "画面を表示した後に、対象の手続の数が変わりました（{count:,}件）。まだ何も設定していません。"
    "内容を確かめて、もう一度押してください。"
)
DUES_SET = "{count:,}件の手続に国の期限を設定しました。"


@require_GET
def survey(request: HttpRequest) -> HttpResponse:
    """Where the city stands to the survey, and its rows by a search; for one procedure, to link."""
    form = SurveySearchForm(request.GET)
    procedure = _wanted(request) if form.is_valid() else None
    rows = found(form.words) if form.is_valid() else SurveyProcedure.objects.none()
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    in_city = procedures_of(row.national_id for row in page)
    context = _shell(request) | {
        "form": form,
        "procedure": procedure,
        "may_link": procedure is not None and can_edit(request.user, procedure),
        "edition": current_edition(),
        "summary": summary(timezone.localdate()),
        "behind_url": rows_url("behind_national"),
        "page_obj": page,
        "rows": [(row, in_city.get(row.national_id, ())) for row in page],
        "querystring": querystring(request.GET),
        "next": request.get_full_path(),
    }
    status = 200 if form.is_valid() else 422
    return render(request, "tracking/survey.html", context, status=status)


@require_GET
def survey_procedure(request: HttpRequest, national_id: str) -> HttpResponse:
    """One procedure of the survey, and the city's procedures that are linked to it."""
    if UNSTORABLE.search(national_id):  # PostgreSQL cannot even look for it
        raise Http404
    row = get_object_or_404(SurveyProcedure, national_id=national_id)
    context = _shell(request) | {
        "row": row,
        "edition": current_edition(),
        "procedures": procedures_of([row.national_id]).get(row.national_id, ()),
    }
    return render(request, "tracking/survey_procedure.html", context)


@require_POST
def survey_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a procedure the national id of a row of the survey, or of another one."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    form = LinkForm(request.POST)
    if not form.is_valid():
        messages.error(request, OUTDATED)
        return redirect("procedure_detail", pk)
    national_id = form.cleaned_data["national_id"]
    if not SurveyProcedure.objects.filter(national_id=national_id).exists():
        messages.error(request, NOT_IN_SURVEY.format(national_id=national_id))
        return redirect(f"{reverse('survey')}?{urlencode({'procedure': pk})}")
    try:
        saved = actions.update_procedure(
            procedure_id=pk,
            sent={"national_id": national_id},
            version=form.cleaned_data["version"],
            by=request.user,
            source=Source.FORM,
        )
    except Conflict:
        messages.error(request, LINKED_MEANWHILE)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        if saved.version == procedure.version:
            messages.info(request, NO_CHANGE)
        else:
            messages.success(request, LINKED.format(national_id=national_id))
    return redirect("procedure_detail", pk)


@require_GET
def survey_missing(request: HttpRequest) -> HttpResponse:
    """The city's procedures whose national id the survey does not have, or no more."""
    rows = missing().select_related("department", "division").in_office_order()
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = _shell(request) | {"page_obj": page, "edition": current_edition()}
    return render(request, "tracking/survey_missing.html", context)


@require_http_methods(["GET", "POST"])
def survey_dues(request: HttpRequest) -> HttpResponse:
    """国の期限 of the linked procedures by what the survey plans: those that lack it or differ."""
    check_can_keep_registers(request.user)
    status, notice = 200, ""
    if request.method == "POST":
        seen, notice = _seen_dues(request.POST)
        status = 409 if "everything" in request.POST else 422
        if not notice:
            try:
                act = set_dues(seen=seen, by=request.user)
            except NothingToSet:
                status, notice = 409, NOTHING_TO_SET
            else:
                messages.success(request, DUES_SET.format(count=act.count))
                return redirect("act_detail", act.pk)
    rows = to_be_due().select_related("department", "division", "plan").in_office_order()
    page = Paginator(rows, DUES_PER_PAGE).get_page(request.GET.get("page"))
    context = _shell(request) | {
        "page_obj": page,
        "rows": due_rows(page),
        "notice": notice,
        "edition": current_edition(),
    }
    return render(request, "tracking/survey_dues.html", context, status=status)


def _shell(request: HttpRequest) -> dict[str, object]:
    """What stands on each of the pages."""
    return {
        "registers": registers("survey", rights_of(request.user)),
        "may_keep": can_keep_registers(request.user),
    }


def _wanted(request: HttpRequest) -> Procedure | None:
    """The procedure of the city for which a row is looked for, if the address names one."""
    key = request.GET.get("procedure", "")
    if not is_key(key):
        return None
    return Procedure.objects.visible_to(request.user).filter(pk=key).first()


def _seen_dues(sent: QueryDict) -> tuple[Mapping[int, SeenDue], str]:
    """What the form means, and a sentence where it means nothing that can be done."""
    if "everything" in sent:
        rows = due_rows(to_be_due().select_related("plan"))
        seen = {row.procedure.pk: SeenDue(row.plan_version, row.due) for row in rows}
        is_same = sent["everything"] == str(len(seen))
        return seen, "" if is_same and seen else DUES_CHANGED.format(count=len(seen))
    seen = dict(_read_tokens(sent))
    return seen, "" if seen else NOTHING_CHOSEN


def _read_tokens(sent: QueryDict) -> Iterator[tuple[int, SeenDue]]:
    for token in sent.getlist("rows"):
        key, _, rest = token.partition(" ")
        version, _, day = rest.partition(" ")
        if is_key(key) and is_key(version) and (due := _day(day)):
            yield int(key), SeenDue(int(version), due)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
