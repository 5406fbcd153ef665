"""The page that sets the yearly volume (年間件数) of one fiscal year."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from procedures import actions
from procedures.editing import Conflict
from procedures.models import Procedure, YearlyVolume
from procedures.permissions import check_can_edit
from procedures.templatetags.inventory import fiscal_year_label
from tracking.forms.fields import add_errors
from tracking.forms.volumes import VolumeForm

from .procedure import readable

SAVED = "{year}の件数を保存しました。"
NOTHING_KNOWN = "{year}の件数は、どちらも不明のため登録していません。"


@require_http_methods(["GET", "POST"])
def volume_set(request: HttpRequest, pk: int) -> HttpResponse:
    """The volume of one fiscal year; ``?fiscal_year=`` opens that of a stored one."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    sent = request.POST if request.method == "POST" else None
    year = (request.GET if sent is None else sent).get("fiscal_year", "")
    form, status = _form(procedure, year, sent), 422 if sent is not None else 200
    if form.is_valid():
        try:
            volume = actions.set_volume(
                procedure_id=pk,
                fiscal_year=form.cleaned_data["fiscal_year"],
                version=form.cleaned_data["version"],
                by=request.user,
                **form.wanted,
            )
        except Conflict as conflict:
            procedure = readable(request.user, pk)
            year = str(form.cleaned_data["fiscal_year"])
            form, status = _form(procedure, year, conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell(request, volume)
            return redirect("procedure_detail", pk)
    context = {"form": form, "procedure": procedure}
    return render(request, "tracking/volume_form.html", context, status=status)


def _form(
    procedure: Procedure,
    year: str,
    data: QueryDict | None = None,
    *,
    conflict: Conflict | None = None,
) -> VolumeForm:
    volume = None
    if year.isdecimal():
        volume = procedure.volumes.filter(fiscal_year=int(year)).first()
    return VolumeForm(
        data,
        obj=volume or YearlyVolume(procedure=procedure),
        version=procedure.version,
        conflict=conflict,
        initial={"fiscal_year": year},
    )


def _tell(request: HttpRequest, volume: YearlyVolume) -> None:
    sentence = SAVED if volume.pk else NOTHING_KNOWN
    messages.success(request, sentence.format(year=fiscal_year_label(volume.fiscal_year)))
