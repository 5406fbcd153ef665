"""The pages of consultations (協議, clause 4): the queue, the question, the talk, the answer."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.editing import Overtaken
from procedures.models import Procedure
from procedures.permissions import can_edit, check_can_edit, rights_of
from procedures.rules import advise_service
from tracking.actions.consultations import (
    ask,
    can_decide,
    can_withdraw,
    check_can_decide,
    check_can_withdraw,
    decide,
    record_talk,
    set_due,
    withdraw,
)
from tracking.consultations import OPEN, State, in_order, is_overdue, visible_to
from tracking.forms.consultations import (
    AskForm,
    ConsultationFilter,
    DecideForm,
    DueForm,
    TalkForm,
    WithdrawForm,
)
from tracking.forms.fields import add_errors, is_key
from tracking.judgement import advice_words
from tracking.models import Consultation
from tracking.navigation import registers
from tracking.services import facts_for_service
from tracking.timeline import timeline_of

from .team import querystring

ROWS_PER_PAGE = 50
NO_PROCEDURE = (
    "どの手続についての協議かが分かりません。手続のページの「使う電子申請サービス」から"
    "「協議を申し込む」を押してください。"
)
ASKED = "「{service}」の協議を申し込みました。情報政策課の順番の表に入っています。"
NOTED = "協議の記録を残しました。"
DUE_SET = "期限を保存しました。"
DECIDED = "協議の結論を「{state}」にしました。部局室にお知らせしました。"
WITHDRAWN = "協議を取り下げました。"


@require_GET
def consultation_list(request: HttpRequest) -> HttpResponse:
    """The queue: the open ones first, by their due date; a team sees its own at first."""
    rights, on = rights_of(request.user), timezone.localdate()
    filterset = ConsultationFilter(
        request.GET, queryset=visible_to(request.user), departments=rights.department_ids
    )
    page = Paginator(filterset.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": filterset,
        "page_obj": page,
        "rows": [(one, is_overdue(one, on)) for one in page],
        "may_decide": can_decide(request.user),
        "querystring": querystring(request.GET),
        "registers": registers("consultation_list", rights),
    }
    return render(request, "tracking/consultation_list.html", context)


@require_http_methods(["GET", "POST"])
def consultation_new(request: HttpRequest) -> HttpResponse:
    """The question about a service for the procedure that the address names."""
    key = request.GET.get("procedure", "")
    if not is_key(key):
        messages.error(request, NO_PROCEDURE)
        return redirect("consultation_list")
    readable = Procedure.objects.visible_to(request.user).select_related("department")
    procedure = get_object_or_404(readable, pk=int(key))
    check_can_edit(request.user, procedure)
    data = request.POST if request.method == "POST" else None
    form = AskForm(
        data, on=timezone.localdate(), initial={"service_id": request.GET.get("service", "")}
    )
    if form.is_valid():
        try:
            consultation = ask(procedure_id=procedure.pk, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, ASKED.format(service=consultation.service))
            return redirect("consultation_detail", consultation.pk)
    context = {
        "form": form,
        "procedure": procedure,
        "advice": advice_words(advise_service(facts_for_service(procedure))),
        "registers": registers("consultation_list", rights_of(request.user)),
    }
    status = 422 if form.is_bound else 200
    return render(request, "tracking/consultation_new.html", context, status=status)


@require_GET
def consultation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One consultation with its talk and what the person may do."""
    return _detail(request, _readable(request, pk))


@require_POST
def consultation_talk(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes down one talk."""
    consultation = _readable(request, pk)
    check_can_edit(request.user, consultation.procedure)
    form = TalkForm(request.POST, auto_id="talk-%s")
    if form.is_valid():
        try:
            record_talk(consultation_id=pk, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _done(request, pk, NOTED)
    return _detail(request, consultation, talk_form=form, status=422)


@require_POST
def consultation_due(request: HttpRequest, pk: int) -> HttpResponse:
    """Until when the division wants to be done."""
    check_can_decide(request.user)
    consultation = _readable(request, pk)
    form, status = DueForm(request.POST, auto_id="due-%s"), 422
    if form.is_valid():
        try:
            set_due(consultation_id=pk, by=request.user, **form.cleaned_data)
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _done(request, pk, DUE_SET)
    return _detail(request, consultation, due_form=form, status=status)


@require_POST
def consultation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the question back, or what was agreed."""
    consultation = _readable(request, pk)
    check_can_withdraw(request.user, consultation)
    form = WithdrawForm(request.POST, auto_id="withdraw-%s")
    if form.is_valid():
        try:
            withdraw(consultation_id=pk, by=request.user, **form.cleaned_data)
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _done(request, pk, WITHDRAWN)
    return _detail(request, consultation, withdraw_form=form, status=422)


@require_http_methods(["GET", "POST"])
def consultation_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer, also on others about the same service that are ticked; several are one act."""
    check_can_decide(request.user)
    consultation = _readable(request, pk)
    others = _others(request, consultation)
    data = request.POST if request.method == "POST" else None
    form = DecideForm(data, consultation=consultation, others=others)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            _, act = decide(
                seen=form.seen,
                outcome=form.cleaned_data["outcome"],
                conditions=form.cleaned_data["conditions"],
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        except ValidationError as error:
            add_errors(form, error)
        else:
            if act is not None:
                return redirect("act_detail", act.pk)
            return _done(
                request, pk, DECIDED.format(state=State(form.cleaned_data["outcome"]).label)
            )
    context = {
        "form": form,
        "consultation": consultation,
        "notes": consultation.notes.select_related("written_by"),
        "registers": registers("consultation_list", rights_of(request.user)),
    }
    return render(request, "tracking/consultation_decide.html", context, status=status)


def _detail(
    request: HttpRequest,
    consultation: Consultation,
    *,
    talk_form: TalkForm | None = None,
    due_form: DueForm | None = None,
    withdraw_form: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the consultation; a form of it that was sent comes back in its place.

    Also where the consultation has ended meanwhile: with what was typed and why it was refused.
    """
    today, user = timezone.localdate(), request.user
    is_open = consultation.state in OPEN
    seen = {"version": consultation.version}
    is_withdrawable = consultation.state in (*OPEN, State.AGREED) or withdraw_form is not None
    may_decide = can_decide(user)
    history = timeline_of(consultation)
    context = {
        "consultation": consultation,
        "procedure": consultation.procedure,
        "is_overdue": is_overdue(consultation, today),
        "is_open": is_open,
        "notes": consultation.notes.select_related("written_by"),
        "talk_form": talk_form or TalkForm(initial={"held_on": today}, auto_id="talk-%s"),
        "may_talk": (is_open or talk_form is not None) and can_edit(user, consultation.procedure),
        "due_form": due_form or DueForm(initial=seen | {"due": consultation.due}, auto_id="due-%s"),
        "may_set_due": (is_open or due_form is not None) and may_decide,
        "may_decide": may_decide and (is_open or consultation.state == State.AGREED),
        "withdraw_form": withdraw_form or WithdrawForm(initial=seen, auto_id="withdraw-%s"),
        "may_withdraw": is_withdrawable and can_withdraw(user, consultation),
        "history": history,
        "history_count": len(history),
        "may_open_import": False,
        "registers": registers("consultation_list", rights_of(user)),
    }
    return render(request, "tracking/consultation_detail.html", context, status=status)


def _readable(request: HttpRequest, pk: int) -> Consultation:
    return get_object_or_404(visible_to(request.user), pk=pk)


def _others(request: HttpRequest, consultation: Consultation) -> QuerySet[Consultation]:
    """The other open ones about the same service, in the order of the queue."""
    around = visible_to(request.user).filter(service=consultation.service_id, state__in=OPEN)
    return in_order(around.exclude(pk=consultation.pk))


def _done(request: HttpRequest, pk: int, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("consultation_detail", pk)


def _overtaken(request: HttpRequest, pk: int, reason: Overtaken) -> HttpResponse:
    """The page as it is by now (409), with the sentence that says who was faster."""
    messages.error(request, str(reason))
    return _detail(request, _readable(request, pk), status=409)
