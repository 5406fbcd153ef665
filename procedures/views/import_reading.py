"""How a file is to be read: its columns, its words, the year of its volumes."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from procedures import bulk_import
from procedures.bulk_import.progress import ALREADY
from procedures.forms.columns import MappingForm, groups_of
from procedures.forms.runs import FiscalYearForm
from procedures.forms.words import WordsForm
from procedures.models import ImportRun

from .import_context import load_run, refusals_shown, to_run

NO_COLUMNS = "国の悉皆調査のファイルは列が決まっているため、列の対応を選ぶ必要はありません。"
NO_WORD_CHOSEN = "読み方を一つ以上選んでください。"
NO_SUCH_YEAR = "年度を一覧から選んでください。"
State = ImportRun.State
LOOK = "look"
"""Stands in the address when the person looks at other heading rows."""


@require_http_methods(["GET", "POST"])
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Which column is what (GET), as proposed or as decided (POST)."""
    run = load_run(request, pk)
    bulk_import.check_is_ones_own(run, request.user)
    if run.state not in (State.MAPPING, State.PREVIEWED):
        messages.error(request, ALREADY.format(state=run.get_state_display()))
        return to_run(run)
    groups = groups_of(run.outline, run.mapping)
    if not groups:
        messages.info(request, NO_COLUMNS)
        return to_run(run)
    if request.method == "POST":
        form = MappingForm(groups, layout=request.POST, columns=request.POST)
        if form.is_valid():
            return _decide_columns(request, run, form)
    else:
        form = MappingForm(groups, layout=request.GET if LOOK in request.GET else None)
    status = 422 if request.method == "POST" else 200
    context = {"run": run, "mapping": form}
    return render(request, "procedures/import_mapping.html", context, status=status)


@require_POST
def import_values(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides what unknown values mean."""
    run = load_run(request, pk)
    bulk_import.check_is_ones_own(run, request.user)
    form = WordsForm(request.POST, run.unknown_values)
    if not form.is_valid() or not form.decided:
        messages.error(request, NO_WORD_CHOSEN)
        return to_run(run, anchor="#words")
    with refusals_shown(request):
        with transaction.atomic():
            bulk_import.decide_values(run, form.decided, by=request.user)
            bulk_import.ask_again(run, by=request.user)
        bulk_import.start(run)
    return to_run(run)


@require_POST
def import_year(request: HttpRequest, pk: int) -> HttpResponse:
    """Says to which fiscal year volumes without one belong."""
    run = load_run(request, pk)
    form = FiscalYearForm(request.POST, run)
    bulk_import.check_is_ones_own(run, request.user)
    if not form.is_valid():
        messages.error(request, NO_SUCH_YEAR)
        return to_run(run)
    with refusals_shown(request):
        with transaction.atomic():
            year = form.cleaned_data["fiscal_year"]
            bulk_import.set_fiscal_year(run, year, by=request.user)
            bulk_import.ask_again(run, by=request.user)
        bulk_import.start(run)
    return to_run(run)


def _decide_columns(request: HttpRequest, run: ImportRun, form: MappingForm) -> HttpResponse:
    with refusals_shown(request):
        with transaction.atomic():
            bulk_import.decide_columns(run, form.mappings, by=request.user)
            bulk_import.ask_again(run, by=request.user)
        bulk_import.start(run)
    return to_run(run)
