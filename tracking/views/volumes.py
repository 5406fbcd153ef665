"""The page that sets the yearly volume (年間件数) of one fiscal year."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from procedures import actions
from procedures.editing import Conflict
from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import Procedure, YearlyVolume
from procedures.permissions import check_can_edit
from procedures.templatetags.inventory import fiscal_year_label
from tracking.forms.fields import add_errors
from tracking.forms.volumes import FiscalYearForm, VolumeForm

from .procedure import readable

SAVED = "{year}の件数を保存しました。"
NOTHING_KNOWN = "{year}の件数は、どちらも不明のため登録していません。"


@require_http_methods(["GET", "POST"])
def volume_set(request: HttpRequest, pk: int) -> HttpResponse:
    """The volume of one fiscal year; ``?fiscal_year=`` chooses it, else the last complete one."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    sent = request.POST if request.method == "POST" else None
    chooser = _chooser(request)
    if not chooser.is_valid():
        return _page(request, procedure, chooser, status=200 if sent is None else 422)
    year = chooser.cleaned_data["fiscal_year"]
    form, status = _form(procedure, year, sent), 200 if sent is None else 422
    if form.is_valid():
        _ask(form, procedure, year)
    if form.is_valid():
        try:
            volume = actions.set_volume(
                procedure_id=pk,
                fiscal_year=year,
                version=form.cleaned_data["version"],
                by=request.user,
                **form.wanted,
            )
        except Conflict as conflict:
            procedure = readable(request.user, pk)
            form, status = _form(procedure, year, conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell(request, volume)
            return redirect("procedure_detail", pk)
    return _page(request, procedure, chooser, form, status)


def _chooser(request: HttpRequest) -> FiscalYearForm:
    """The year that is looked at, or written."""
    given = request.GET if request.method == "GET" else request.POST
    if request.method == "GET" and "fiscal_year" not in given:
        return FiscalYearForm({"fiscal_year": last_complete_fiscal_year(timezone.localdate())})
    return FiscalYearForm(given)


def _form(
    procedure: Procedure,
    year: int,
    data: QueryDict | None = None,
    *,
    conflict: Conflict | None = None,
) -> VolumeForm:
    volume = procedure.volumes.filter(fiscal_year=year).first()
    return VolumeForm(
        data,
        obj=volume or YearlyVolume(procedure=procedure),
        version=procedure.version,
        conflict=conflict,
        initial={"fiscal_year": year},
    )


def _ask(form: VolumeForm, procedure: Procedure, year: int) -> None:
    versions = {procedure.pk: form.cleaned_data["version"]}
    (seen,) = actions.volumes_as_seen([procedure], versions, year).values()
    form.ask(seen, procedure.volumes.all(), year=year, on=timezone.localdate())


def _page(
    request: HttpRequest,
    procedure: Procedure,
    chooser: FiscalYearForm,
    form: VolumeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    year = chooser.cleaned_data.get("fiscal_year")
    others = [volume for volume in procedure.volumes.all() if volume.fiscal_year != year]
    context = {
        "procedure": procedure,
        "chooser": chooser,
        "form": form,
        "year": year,
        "last_year": year and year - 1,
        "last": next((one for one in others if year and one.fiscal_year == year - 1), None),
        "others": others,
    }
    return render(request, "tracking/volume_form.html", context, status=status)


def _tell(request: HttpRequest, volume: YearlyVolume) -> None:
    sentence = SAVED if volume.pk else NOTHING_KNOWN
    messages.success(request, sentence.format(year=fiscal_year_label(volume.fiscal_year)))
