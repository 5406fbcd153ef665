"""One's own sign-in: how long it lasts, the password, and where else one is signed in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from operation.directory.views import OwnPasswordView
from procedures.actions import change_password, end_sessions
from procedures.models import AuditEvent

from .forms import OwnPasswordForm

SHOWN_SIGN_INS = 10
ENDED_ELSEWHERE = "ほかの端末とブラウザーのログインを終わらせました。この画面はそのまま使えます。"


@require_GET
@never_cache
@login_not_required
def session(request: HttpRequest) -> HttpResponse:
    """Nothing but the header that says how long the sign-in lasts; it prolongs nothing."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


@require_POST
def session_extend(request: HttpRequest) -> HttpResponse:
    """A sign of life: like every request, it prolongs the sign-in. The page stays as it is."""
    return HttpResponse(status=204)


@require_GET
def account_own(request: HttpRequest) -> HttpResponse:
    """The account of whoever asks, and when somebody signed in with it; two queries."""
    context = {
        "sign_ins": sign_ins_of(request.user),
        "posts": request.user.memberships.select_related("department"),
    }
    return render(request, "operation/account_own.html", context)


@require_POST
def account_own_sessions(request: HttpRequest) -> HttpResponse:
    """Ends one's own sign-ins everywhere else."""
    person = end_sessions(request.user, by=request.user)
    update_session_auth_hash(request, person)
    messages.success(request, ENDED_ELSEWHERE)
    return redirect("account_own")


@method_decorator(never_cache, name="dispatch")
class PasswordChange(OwnPasswordView):
    """One's own new password; sign-ins elsewhere end with the old one."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("password_change_done")

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:
        """Through the writer, with history; the view's own form would write past it."""
        chosen = form.cleaned_data["new_password1"]
        person = change_password(self.request.user, chosen, by=self.request.user)
        update_session_auth_hash(self.request, person)
        return redirect(self.get_success_url())


def sign_ins_of(person: Any) -> list[AuditEvent]:
    """The newest sign-ins of ``person``, as the audit log has them."""
    found = AuditEvent.objects.filter(by=person.pk, kind=AuditEvent.Kind.SIGN_IN)
    return list(found.order_by("-at", "-pk")[:SHOWN_SIGN_INS])
