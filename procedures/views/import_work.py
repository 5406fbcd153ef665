"""What a person asks to be done with an import: read it anew, apply it, take it back, drop it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from procedures import bulk_import

from .import_context import load_run, refusals_shown, to_run

DISCARDED = "取込をやめました。台帳は変わっていません。"


@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a previewed import to be applied: once, however often it is pressed."""
    run = load_run(request, pk)
    with refusals_shown(request):
        bulk_import.ask_to_apply(run, by=request.user, confirmed="confirmed" in request.POST)
        bulk_import.start(run)
    return to_run(run)


@require_POST
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a waiting or stopped import to be read and compared with the inventory of now."""
    run = load_run(request, pk)
    bulk_import.mark_broken_off()
    with refusals_shown(request):
        bulk_import.ask_again(run, by=request.user)
        bulk_import.start(run)
    return to_run(run)


@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for an applied import to be taken back."""
    run = load_run(request, pk)
    with refusals_shown(request):
        bulk_import.ask_to_undo(run, by=request.user)
        bulk_import.start(run)
    return to_run(run)


@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides not to apply a waiting import."""
    run = load_run(request, pk)
    with refusals_shown(request):
        bulk_import.discard(run, by=request.user)
        messages.success(request, DISCARDED)
        return redirect("import_list")
    return to_run(run)
