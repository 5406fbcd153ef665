"""The catalogue of services (clause 4): the list with who uses each, one service, its edit."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.actions import add_service, change_service, service_state
from procedures.editing import Conflict
from procedures.models import ApplicationService
from procedures.permissions import can_keep_registers, check_can_keep_registers, rights_of
from tracking.consultations import in_order, is_overdue, visible_to
from tracking.forms.fields import add_errors
from tracking.forms.services import ServiceForm
from tracking.navigation import registers
from tracking.services import catalogue
from tracking.timeline import timeline_of

from .procedure import NO_CHANGE

ADDED = "サービス「{service}」を登録しました。"
SAVED = "サービス「{service}」を保存しました。"


@require_GET
def service_list(request: HttpRequest) -> HttpResponse:
    """Every service with its state today and the plans that use it."""
    services = ApplicationService.objects.all()
    context = {
        "rows": catalogue(services, user=request.user, on=timezone.localdate()),
        "may_keep": can_keep_registers(request.user),
        "registers": registers("service_list", rights_of(request.user)),
    }
    return render(request, "tracking/service_list.html", context)


@require_GET
def service_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One service: its facts, who uses it, the consultations about it, its history."""
    service = get_object_or_404(ApplicationService, pk=pk)
    on = timezone.localdate()
    (row,) = catalogue([service], user=request.user, on=on)
    consultations = in_order(visible_to(request.user).filter(service=service))
    history = timeline_of(service)
    context = {
        "service": service,
        "row": row,
        "consultations": [(one, is_overdue(one, on)) for one in consultations],
        "history": history,
        "history_count": len(history),
        "may_open_import": False,
        "may_keep": can_keep_registers(request.user),
        "registers": registers("service_list", rights_of(request.user)),
    }
    return render(request, "tracking/service_detail.html", context)


@require_http_methods(["GET", "POST"])
def service_new(request: HttpRequest) -> HttpResponse:
    """A service that the catalogue does not have yet."""
    check_can_keep_registers(request.user)
    data = request.POST if request.method == "POST" else None
    form = ServiceForm(data, obj=ApplicationService(), version=0)
    if form.is_valid():
        try:
            service = add_service(values=form.sent, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, ADDED.format(service=service))
            return redirect("service_detail", service.pk)
    return _form(request, form, None, 422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def service_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts of one service; 409 with both values where somebody was faster."""
    check_can_keep_registers(request.user)
    service = get_object_or_404(ApplicationService, pk=pk)
    data = request.POST if request.method == "POST" else None
    form = ServiceForm(data, obj=service, version=service_state(service))
    status = 422 if form.is_bound else 200
    if form.is_valid():
        before = service_state(service)
        try:
            saved = change_service(
                service_id=pk,
                sent=form.sent,
                seen=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            service = get_object_or_404(ApplicationService, pk=pk)
            form = ServiceForm(obj=service, version=service_state(service), conflict=conflict)
            status = 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            is_changed = service_state(saved) != before
            messages.success(request, SAVED.format(service=saved) if is_changed else NO_CHANGE)
            return redirect("service_detail", pk)
    return _form(request, form, service, status)


def _form(
    request: HttpRequest, form: ServiceForm, service: ApplicationService | None, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "service": service,
        "registers": registers("service_list", rights_of(request.user)),
    }
    return render(request, "tracking/service_form.html", context, status=status)
