"""適用除外 (clause 6): the register, the proposal of one, its evidence, and the decisions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures import actions
from procedures.actions.exemptions import CHANGED_MEANWHILE
from procedures.classification import facts_of, with_facts
from procedures.evidence import content_type
from procedures.models import Exemption, Procedure
from procedures.models.exemption import CITY_GROUNDS, GROUND_CHOICES
from procedures.permissions import (
    check_can_confirm_exemption,
    check_can_edit,
    rights_of,
)
from procedures.policies import policy_in_force
from procedures.rules import (
    BasisLevel,
    Category,
    ExemptionGround,
    Facts,
    PolicyRevision,
    Warning,
    label,
)
from tracking.actions.comments import return_exemption, take_exemption_back
from tracking.exemption_figures import exemptions_by_month
from tracking.exemption_register import outcome, queue_of, register_rows, registered
from tracking.forms.exemption import DECISION_FORMS, ExemptionForm, RegisterFilter
from tracking.forms.fields import add_errors
from tracking.judgement import prospect_of
from tracking.kept_figures import department_figures
from tracking.navigation import registers
from tracking.stats import total

from .exemption_parts import decisions_on, ground_table, month_chart, month_table
from .figures import EVERYTHING
from .procedure import procedure_page, readable
from .team import querystring

ROWS_PER_PAGE = 50
QUEUE_SHOWN = 50
PROPOSED = "適用除外を申し出ました。情報政策課が確認するまで、区分は変わりません。"
CONFIRMED = "適用除外を確認しました。区分は「{category}」です。"
RENEWED = "引き続き適用除外とします。区分は「{category}」です。"
RETURNED = "適用除外の申出を差し戻しました。質問は部局室のDX推進チームに伝わります。"
WITHDRAWN = "適用除外を取り下げました。区分は「{category}」です。"
NO_FILE_ANY_MORE = "根拠資料のファイルが保管場所にありません。管理者に伝えてください。"

# What is done with a decision that was sent, and what is said of it.
_DECISIONS: dict[str, tuple[Callable[..., Procedure], str]] = {
    "confirm": (actions.confirm_exemption, CONFIRMED),
    "renew": (actions.renew_exemption, RENEWED),
    "return": (return_exemption, RETURNED),
    "withdraw": (take_exemption_back, WITHDRAWN),
}


@require_GET
def exemption_list(request: HttpRequest) -> HttpResponse:
    """The register: what waits for this person first, then the figures, then every exemption."""
    on, policy = timezone.localdate(), policy_in_force()
    chosen = RegisterFilter(request.GET, queryset=registered(request.user), on=on)
    page = Paginator(chosen.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    queue = list(queue_of(request.user, on)[: QUEUE_SHOWN + 1])
    office = total(department_figures(on, with_hindrances=False).values())
    months = exemptions_by_month(None, on=on)
    rights = rights_of(request.user)
    context = {
        "registers": registers("exemption_list", rights),
        "filter": chosen,
        "page_obj": page,
        "rows": register_rows(page, policy, on),
        "querystring": querystring(request.GET),
        "queue": register_rows(queue[:QUEUE_SHOWN], policy, on),
        "has_more_waiting": len(queue) > QUEUE_SHOWN,
        "has_queue": rights.is_office_wide or bool(rights.department_ids),
        "is_division": rights.is_division,
        "grounds": ground_table(office, EVERYTHING),
        "months": month_table(months, EVERYTHING),
        "month_chart": month_chart(months),
    }
    return render(request, "tracking/exemption_list.html", context)


@require_http_methods(["GET", "POST"])
def exemption_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Proposes an exemption, changes the proposal that waits, or answers the division's question.

    ``ground`` in the address is the ground that is looked at; htmx asks for it as it is chosen.
    """
    rows = with_facts(Procedure.objects.visible_to(request.user)).select_related("department")
    procedure = get_object_or_404(rows, pk=pk)
    check_can_edit(request.user, procedure)
    exemption = getattr(procedure, "exemption", None)
    facts, policy = facts_of(procedure, ground=ExemptionGround.NONE), policy_in_force()
    initial = _initial(procedure, exemption) | _looked_at(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ExemptionForm(*sent, initial=initial, on=timezone.localdate())
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            actions.propose_exemption(procedure_id=pk, by=request.user, **form.proposal)
        except ValidationError as error:
            add_errors(form, error)
            if getattr(error, "code", None) == "stale":
                exemption, status = _overtaken(form, pk), 409
        else:
            _tell_proposed(request, facts, form.proposal["ground"], policy)
            return redirect("procedure_detail", pk)
    ground = form["ground"].value()
    context = {
        "form": form,
        "procedure": procedure,
        "exemption": exemption,
        "basis": label(facts.basis),
        "is_basis_unknown": facts.basis is BasisLevel.UNKNOWN,
        "choices": _choices(ground, facts, policy),
    }
    return render(request, "tracking/exemption_form.html", context, status=status)


@require_GET
def exemption_evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The evidence of the exemption as a file; it is never shown within a page."""
    readable(request.user, pk)
    exemption = get_object_or_404(Exemption, procedure=pk)
    if not exemption.evidence:
        raise Http404
    try:
        file = default_storage.open(exemption.evidence.name)
    except FileNotFoundError:
        messages.error(request, NO_FILE_ANY_MORE)
        return redirect("procedure_detail", pk)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=exemption.evidence_name,
        content_type=content_type(exemption.evidence.name),
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def exemption_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides the exemption that waits; for the division."""
    return _decide(request, pk, "confirm")


@require_POST
def exemption_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Lets a decided exemption go on until another review; for the division."""
    return _decide(request, pk, "renew")


@require_POST
def exemption_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends a proposal back with a question; for the division."""
    return _decide(request, pk, "return")


@require_POST
def exemption_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes an exemption back and tells the team why; for the division."""
    return _decide(request, pk, "withdraw")


def _decide(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    check_can_confirm_exemption(request.user)
    readable(request.user, pk)
    action, sentence = _DECISIONS[key]
    exemption = Exemption.objects.filter(procedure=pk).select_related("provision").first()
    form = DECISION_FORMS[key](request.POST, exemption=exemption, on=timezone.localdate())
    if form.is_valid():
        try:
            procedure = action(procedure_id=pk, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                return _refused(request, pk, error)
            add_errors(form, error)
        else:
            return _decided(request, procedure, sentence)
    if type(form) not in decisions_on(exemption):  # the page has no place for it any more
        return _refused(request, pk, ValidationError(CHANGED_MEANWHILE))
    return procedure_page(request, pk, decision=form, status=422)


def _refused(request: HttpRequest, pk: int, error: ValidationError) -> HttpResponse:
    """Back to the page, which shows what is stored by now."""
    for message in error.messages:
        messages.error(request, message)
    return redirect("procedure_detail", pk)


def _decided(request: HttpRequest, procedure: Procedure, sentence: str) -> HttpResponse:
    category = label(Category(procedure.category))
    messages.success(request, sentence.format(category=category))
    for warning in procedure.warnings:
        messages.warning(request, label(Warning(warning)))
    return redirect("procedure_detail", procedure.pk)


def _initial(procedure: Procedure, exemption: Exemption | None) -> dict[str, Any]:
    """What the form begins with: the present proposal, else what the procedure knows itself."""
    if exemption is None:
        national = next(
            (one for one in procedure.legal_bases.all() if one.level == BasisLevel.NATIONAL), None
        )
        return {
            "seen": "",
            "law_name": national.name if national else "",
            "law_article": national.article if national else "",
            "national_id": procedure.national_id,
        }
    is_city = exemption.ground in CITY_GROUNDS
    cited = "article" if is_city else "law_article"
    names = ("ground", "law_name", "national_id", "text", "reason")
    return {name: getattr(exemption, name) for name in names} | {
        "seen": exemption.stamp,
        "provision": exemption.provision_id,
        cited: exemption.article,
    }


def _looked_at(request: HttpRequest) -> dict[str, str]:
    ground = request.GET.get("ground", "")
    return {"ground": ground} if ground in dict(GROUND_CHOICES) else {}


def _choices(chosen: Any, facts: Facts, policy: PolicyRevision) -> list[dict[str, Any]]:
    """Each ground with what confirming an exemption on it would do."""
    prospects = [
        (value, text, prospect_of(facts, ExemptionGround(value), policy))
        for value, text in GROUND_CHOICES
    ]
    return [
        {
            "value": value,
            "label": text,
            "is_chosen": value == chosen,
            "holds": prospect.holds,
            "outcome": outcome(prospect, is_confirmed=False),
        }
        for value, text, prospect in prospects
    ]


def _overtaken(form: ExemptionForm, pk: int) -> Exemption | None:
    """What somebody has stored meanwhile; sent once more, ``form`` is about that."""
    exemption = Exemption.objects.filter(procedure=pk).select_related("proposed_by").first()
    form.data = form.data.copy()
    form.data["seen"] = exemption.stamp if exemption else ""
    return exemption


def _tell_proposed(
    request: HttpRequest, facts: Facts, ground: ExemptionGround, policy: PolicyRevision
) -> None:
    messages.success(request, PROPOSED)
    for sentence in prospect_of(facts, ground, policy).warnings:
        messages.warning(request, sentence)
