"""国の調査の版: a file comes in, how far the work is, what came of it, starting it again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from procedures import survey as surveys
from procedures.import_display import progress_words
from procedures.models import SurveyEdition
from procedures.permissions import check_can_keep_registers, rights_of
from procedures.survey.editions import STOPPED
from tracking.forms.survey import SurveyFileForm
from tracking.navigation import registers

EDITIONS_PER_PAGE = 20


@require_http_methods(["GET", "POST"])
def survey_load(request: HttpRequest) -> HttpResponse:
    """Takes in a file of the survey (POST), and lists the editions that there have been."""
    check_can_keep_registers(request.user)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SurveyFileForm(*data)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            edition = surveys.receive(
                file, file_name=file.name, name=form.cleaned_data["name"], by=request.user
            )
        except surveys.NotLoadable as reason:
            form.add_error(None, str(reason))
            status = 409
        else:
            surveys.start(edition)
            return redirect("survey_edition", edition.pk)
    editions = SurveyEdition.objects.defer("left_out").select_related("loaded_by")
    page = Paginator(editions, EDITIONS_PER_PAGE).get_page(request.GET.get("page"))
    context = _shell(request) | {
        "form": form,
        "page_obj": page,
        "editions": [(edition, _state(edition)) for edition in page],
    }
    return render(request, "tracking/survey_load.html", context, status=status)


@require_GET
def survey_edition(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition as it stands: at work, stopped, refused, or what came of it."""
    edition = _edition(request, pk)
    has_stopped = surveys.has_stopped(edition)
    context = _shell(request) | {
        "edition": edition,
        "state": _state(edition),
        "is_working": edition.is_working and not has_stopped,
        "stopped": STOPPED if has_stopped else "",
    }
    context |= progress_words(edition)
    return render(request, "tracking/survey_edition.html", context)


@require_GET
def survey_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the work is, as a part of the page; when it is over, the page is loaded again."""
    edition = _edition(request, pk)
    if not request.htmx:
        return redirect("survey_edition", pk)
    if not edition.is_working or surveys.has_stopped(edition):
        return HttpResponseClientRefresh()
    context = {"edition": edition} | progress_words(edition)
    return render(request, "tracking/_survey_progress.html", context)


@require_POST
def survey_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a stopped edition to be read anew."""
    edition = _edition(request, pk)
    try:
        surveys.ask_again(edition, by=request.user)
    except surveys.NotLoadable as reason:
        messages.error(request, str(reason))
    else:
        surveys.start(edition)
    return redirect("survey_edition", pk)


def _edition(request: HttpRequest, pk: int) -> SurveyEdition:
    check_can_keep_registers(request.user)
    return get_object_or_404(SurveyEdition.objects.select_related("loaded_by"), pk=pk)


def _state(edition: SurveyEdition) -> str:
    """Its state; work that has stopped is broken off, whatever its record says."""
    if surveys.has_stopped(edition):
        return str(SurveyEdition.State.BROKEN_OFF.label)
    return edition.get_state_display()


def _shell(request: HttpRequest) -> dict[str, object]:
    return {"registers": registers("survey", rights_of(request.user))}
