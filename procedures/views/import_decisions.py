"""What a person decides about a preview: contested fields, rows to leave out, who stands in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from procedures import bulk_import
from procedures.forms.runs import DeputyForm
from procedures.import_display import Reader
from procedures.models import ImportRow

from .import_context import counters, load_row, load_run, refusals_shown, sent_filter, to_run

DEPUTY_NAMED = "{person}さんも、この取込を進められるようになりました。"
NO_DEPUTY = "代わりに取り込める人を、いないことにしました。"
NO_SUCH_DEPUTY = "代わりに取り込める人を一覧から選んでください。"
REST_DECIDED = "残りの食い違いを決めました（{count}行）。"


@require_POST
def import_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides one contested field: ``decision`` is its part, its field and the choice."""
    row = load_row(request, pk)
    part, field, choice = [*request.POST.get("decision", "").split(), "", "", ""][:3]
    try:
        row = bulk_import.decide(row, part, field, choice, by=request.user)
    except bulk_import.NotApplicable as reason:
        return _answer(request, row, str(reason))
    return _answer(request, row)


@require_POST
def import_leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Leaves a row out of the import (``leave`` is 1), or takes it in again."""
    row = load_row(request, pk)
    try:
        row = bulk_import.leave_out(row, request.POST.get("leave") == "1", by=request.user)
    except bulk_import.NotApplicable as reason:
        return _answer(request, row, str(reason))
    return _answer(request, row)


@require_POST
def import_decide_rest(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides all contested fields that are left in the same way."""
    run = load_run(request, pk)
    with refusals_shown(request):
        choice = request.POST.get("choice", "")
        count = bulk_import.decide_rest(run, choice, by=request.user)
        messages.success(request, REST_DECIDED.format(count=count))
    return to_run(run, sent_filter(request))


@require_POST
def import_deputy(request: HttpRequest, pk: int) -> HttpResponse:
    """Names the person who may go on with the import, or nobody."""
    run = load_run(request, pk)
    bulk_import.check_is_ones_own(run, request.user)
    form = DeputyForm(request.POST, run)
    if not form.is_valid():
        messages.error(request, NO_SUCH_DEPUTY)
        return to_run(run)
    deputy = form.cleaned_data["deputy"]
    with refusals_shown(request):
        bulk_import.name_deputy(run, deputy, by=request.user)
        messages.success(request, DEPUTY_NAMED.format(person=deputy) if deputy else NO_DEPUTY)
    return to_run(run)


def _answer(request: HttpRequest, row: ImportRow, refusal: str = "") -> HttpResponse:
    """The row and the counts that moved with it; without htmx, the page at that row."""
    if not request.htmx:
        if refusal:
            messages.error(request, refusal)
        return to_run(row.run, sent_filter(request), f"#row-{row.pk}")
    row.run.refresh_from_db()
    row.refresh_from_db()
    context = counters(row.run, request) | {
        "item": Reader().whole(row),
        "refusal": refusal,
        "is_answer": True,
    }
    status = 409 if refusal else 200
    return render(request, "procedures/_import_answer.html", context, status=status)
