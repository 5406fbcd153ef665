"""適用除外の条項: the provisions that the city's exemptions rest on, as the division keeps them."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.actions.provisions import create_provision, delete_provision, update_provision
from procedures.editing import Conflict
from procedures.models import ExemptionProvision
from procedures.permissions import can_keep_registers, check_can_keep_registers, rights_of
from procedures.records import UNSAVED
from tracking.forms.exemption import ProvisionForm
from tracking.forms.fields import VersionField, add_errors
from tracking.navigation import registers

from .procedure import NO_CHANGE

CREATED = "条項「{provision}」を登録しました。適用除外の申出で選べます。"
SAVED = "条項「{provision}」を保存しました。"
DELETED = "条項「{provision}」を削除しました。"


@require_GET
def provision_list(request: HttpRequest) -> HttpResponse:
    """Every provision, those of today and those that have ended, with how many rest on it."""
    on = timezone.localdate()
    provisions = ExemptionProvision.objects.annotate(used_count=Count("exemptions"))
    context = {
        "registers": registers("exemption_list", rights_of(request.user)),
        "rows": [(one, _standing(one, on)) for one in provisions],
        "may_keep": can_keep_registers(request.user),
    }
    return render(request, "tracking/provision_list.html", context)


@require_http_methods(["GET", "POST"])
def provision_new(request: HttpRequest) -> HttpResponse:
    """Writes a provision down."""
    check_can_keep_registers(request.user)
    provision = ExemptionProvision(version=UNSAVED)
    data = request.POST if request.method == "POST" else None
    form = ProvisionForm(data, obj=provision, version=UNSAVED)
    if form.is_valid():
        try:
            provision = create_provision(values=form.sent, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, CREATED.format(provision=provision))
            return redirect("provision_list")
    status = 422 if form.is_bound else 200
    return _page(request, form, None, status)


@require_http_methods(["GET", "POST"])
def provision_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a provision, or says when it ends."""
    check_can_keep_registers(request.user)
    provision = get_object_or_404(ExemptionProvision, pk=pk)
    data = request.POST if request.method == "POST" else None
    form = ProvisionForm(data, obj=provision, version=provision.version)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            saved = update_provision(
                provision_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            provision = get_object_or_404(ExemptionProvision, pk=pk)
            form = ProvisionForm(obj=provision, version=provision.version, conflict=conflict)
            status = 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            is_changed = saved.version != provision.version
            said = SAVED.format(provision=saved) if is_changed else NO_CHANGE
            messages.success(request, said)
            return redirect("provision_list")
    return _page(request, form, provision, status)


@require_POST
def provision_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes away a provision that nothing rests on."""
    check_can_keep_registers(request.user)
    provision = get_object_or_404(ExemptionProvision, pk=pk)
    try:
        version = VersionField().clean(request.POST.get("version"))
        delete_provision(provision_id=pk, version=version, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("provision_edit", pk)
    messages.success(request, DELETED.format(provision=provision))
    return redirect("provision_list")


def _page(
    request: HttpRequest, form: ProvisionForm, provision: ExemptionProvision | None, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "provision": provision,
        "registers": registers("exemption_list", rights_of(request.user)),
        "used_count": provision.exemptions.count() if provision else 0,
    }
    return render(request, "tracking/provision_form.html", context, status=status)


def _standing(provision: ExemptionProvision, on: date) -> str:
    """Whether it can be chosen on the day ``on``, in words."""
    if provision.has_ended(on):
        return "失効"
    if provision.valid_from is not None and provision.valid_from > on:
        return "施行前"
    return "有効"
