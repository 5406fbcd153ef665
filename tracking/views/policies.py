"""方針: what each clause says and what rests on it, its editions, and their way into force."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.actions import policies as writers
from procedures.actions.policies import scheduled_edition
from procedures.editing import Conflict, Overtaken
from procedures.models import PolicyEdition
from procedures.permissions import (
    can_adopt_policy,
    can_keep_registers,
    check_can_adopt_policy,
    check_can_keep_registers,
    rights_of,
)
from procedures.policies import edition_in_force, rules_of
from procedures.rules import Aspect, Clause, label
from tracking.forms.fields import add_errors
from tracking.forms.policies import AdoptionForm, PolicyForm, ReasonForm
from tracking.forms.versioned import SeenVersionForm
from tracking.kept_figures import department_figures
from tracking.navigation import registers
from tracking.policy_changes import moved, moved_entries, steps_of
from tracking.policy_figures import ClauseFigures, clause_figures
from tracking.policy_words import differences, measure_words, parameters
from tracking.stats import total

from .figures import Count, counts, rows_url
from .procedure import NO_CHANGE
from .team import querystring

PAGE = 50
COPIED = "案「{edition}」を作りました。影響を確かめてから、情報政策課長が採用します。"
SAVED = "案「{edition}」を保存しました。"
DISCARDED = "案を削除しました。"
ADOPTED = "「{edition}」を施行しました。区分が変わった手続は{count:,}件です。"
SCHEDULED = "「{edition}」を採用しました。施行日までは、今の版のままです。"
UNSCHEDULED = "「{edition}」の施行を取りやめ、案に戻しました。"
NOTHING_DUE = "施行日の来た版はありません。何も変えていません。"
REVERTED = "「{edition}」に戻しました。すべての手続の区分を、この版で計算し直しました。"
_ORDER = (
    PolicyEdition.State.IN_FORCE,
    PolicyEdition.State.SCHEDULED,
    PolicyEdition.State.DRAFT,
    PolicyEdition.State.FORMER,
)


@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """Each clause with its parameters and what rests on it today, and all editions."""
    editions = sorted(
        PolicyEdition.objects.select_related("adopted_by"),
        key=lambda edition: _ORDER.index(edition.state),
    )
    context = {
        "edition": editions[0],
        "parameters": parameters(rules_of(editions[0])),
        "editions": editions,
        **_figures(clause_figures()),
        **_common(request),
    }
    return render(request, "tracking/policy.html", context)


@require_GET
def policy_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition: what it says, how it differs, what its adoption changed, what can be done."""
    edition = _edition(pk)
    current = edition_in_force()
    context = {
        "edition": edition,
        "parameters": parameters(rules_of(edition)),
        "current": current,
        "differences": differences(rules_of(edition), rules_of(current)),
        "steps": steps_of(edition),
        "seen": SeenVersionForm(initial={"version": edition.version}),
        **_changes(request, edition),
        **_common(request),
    }
    return render(request, "tracking/policy_detail.html", context)


@require_http_methods(["GET", "POST"])
def policy_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft, filled in as an edition is."""
    check_can_keep_registers(request.user)
    source = _edition(pk)
    blank = {"key": "", "effective_from": None, "decision_document": "", "note": ""}
    data = request.POST if request.method == "POST" else None
    form = PolicyForm(data, obj=source, version=source.version, initial=blank)
    if form.is_valid():
        try:
            draft = writers.copy_policy(policy_id=pk, values=form.sent, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, COPIED.format(edition=draft))
            return redirect("policy_detail", draft.pk)
    context = {"form": form, "edition": source, "is_new": True, **_common(request)}
    status = 422 if form.is_bound else 200
    return render(request, "tracking/policy_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that a draft says."""
    check_can_keep_registers(request.user)
    edition = _edition(pk)
    if edition.state != PolicyEdition.State.DRAFT:
        return _refused(request, edition)
    data = request.POST if request.method == "POST" else None
    form, status = _form(edition, data), 200 if data is None else 422
    if form.is_valid():
        try:
            saved = writers.update_policy(
                policy_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            form, status = _form(_edition(pk), conflict=conflict), 409
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        except ValidationError as error:
            add_errors(form, error)
        else:
            is_changed = saved.version != edition.version
            messages.success(request, SAVED.format(edition=saved) if is_changed else NO_CHANGE)
            return redirect("policy_detail", pk)
    context = {"form": form, "edition": edition, "is_new": False, **_common(request)}
    return render(request, "tracking/policy_form.html", context, status=status)


@require_POST
def policy_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes a draft that is as the page showed it."""
    check_can_keep_registers(request.user)
    form = SeenVersionForm(request.POST)
    try:
        version = form.cleaned_data["version"] if form.is_valid() else -1  # no row has that one
        writers.discard_policy(policy_id=pk, version=version, by=request.user)
    except Overtaken as reason:
        return _overtaken(request, pk, reason)
    messages.success(request, DISCARDED)
    return redirect("policy")


@require_http_methods(["GET", "POST"])
def policy_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """The leader of the division puts a draft in force, at once or from its day on."""
    check_can_adopt_policy(request.user)
    edition = _edition(pk)
    if edition.state != PolicyEdition.State.DRAFT:
        return _refused(request, edition)
    data = request.POST if request.method == "POST" else None
    form = AdoptionForm(data, initial={"version": edition.version})
    status = 200 if data is None else 422
    if form.is_valid():
        try:
            adopted = writers.adopt_policy(policy_id=pk, **form.cleaned_data, by=request.user)
        except Overtaken as reason:
            form, status = _adoption_after(request.POST, edition, reason), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            is_in_force = adopted.state == PolicyEdition.State.IN_FORCE
            words = ADOPTED if is_in_force else SCHEDULED
            messages.success(request, words.format(edition=adopted, count=adopted.adopted_count))
            return redirect("policy_detail", pk)
    current = edition_in_force()
    context = {
        "form": form,
        "edition": edition,
        "current": current,
        "differences": differences(rules_of(edition), rules_of(current)),
        **_common(request),
    }
    return render(request, "tracking/policy_adopt.html", context, status=status)


@require_POST
def policy_unschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """The edition that waits for its day is a draft again."""
    check_can_adopt_policy(request.user)
    edition = _edition(pk)
    try:
        writers.unschedule_policy(policy_id=pk, by=request.user)
    except Overtaken as reason:
        return _overtaken(request, pk, reason)
    messages.success(request, UNSCHEDULED.format(edition=edition))
    return redirect("policy_detail", pk)


@require_POST
def policy_apply(request: HttpRequest) -> HttpResponse:
    """Puts the edition in force whose day has come, where no command has done so yet."""
    check_can_keep_registers(request.user)
    applied = writers.apply_scheduled(by=request.user)
    if applied is None:
        messages.info(request, NOTHING_DUE)
        return redirect("policy")
    messages.success(request, ADOPTED.format(edition=applied, count=applied.adopted_count))
    return redirect("policy_detail", applied.pk)


@require_http_methods(["GET", "POST"])
def policy_revert(request: HttpRequest, pk: int) -> HttpResponse:
    """The leader of the division takes the newest adoption back."""
    check_can_adopt_policy(request.user)
    edition = _edition(pk)
    if edition.state != PolicyEdition.State.IN_FORCE or edition.former is None:
        return _refused(request, edition)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            former = writers.revert_policy(policy_id=pk, **form.cleaned_data, by=request.user)
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        messages.success(request, REVERTED.format(edition=former))
        return redirect("policy_detail", former.pk)
    context = {"form": form, "edition": edition, **_common(request)}
    status = 422 if form.is_bound else 200
    return render(request, "tracking/policy_revert.html", context, status=status)


def _edition(pk: int) -> PolicyEdition:
    editions = PolicyEdition.objects.select_related("adopted_by", "former", "adoption")
    return get_object_or_404(editions, pk=pk)


def _form(
    edition: PolicyEdition, data: QueryDict | None = None, *, conflict: Conflict | None = None
) -> PolicyForm:
    return PolicyForm(data, obj=edition, version=edition.version, conflict=conflict)


def _adoption_after(data: QueryDict, edition: PolicyEdition, reason: Overtaken) -> AdoptionForm:
    """What was typed, over the draft as it is now, with what has happened."""
    sent = data.copy()
    sent["version"] = str(edition.version)
    form = AdoptionForm(sent)
    form.full_clean()
    form.add_error("expected_count", str(reason))
    return form


def _common(request: HttpRequest) -> dict[str, Any]:
    """What every page of the policy needs: the tabs, what waits, and who may do what."""
    waiting = scheduled_edition()
    return {
        "registers": registers("policy", rights_of(request.user)),
        "waiting": waiting,
        "is_due": waiting is not None and waiting.effective_from <= timezone.localdate(),
        "may_keep": can_keep_registers(request.user),
        "may_adopt": can_adopt_policy(request.user),
    }


def _changes(request: HttpRequest, edition: PolicyEdition) -> dict[str, Any]:
    """A page of the procedures whose category the adoption changed."""
    if edition.adoption is None:
        return {"page_obj": None}
    page = Paginator(moved_entries(edition.adoption), PAGE).get_page(request.GET.get("page"))
    return {
        "page_obj": page,
        "moved": moved(page.object_list),
        "querystring": querystring(request.GET),
    }


def _figures(found: ClauseFigures) -> dict[str, Any]:
    """What rests on the clauses today, each number with the address of its rows."""
    office = total(department_figures(timezone.localdate(), with_hindrances=False).values())
    return {
        "scope_counts": counts(("target", "exempt", "outside", "abolished"), office),
        "schedule_counts": counts(("national_due", "behind_national", "unassigned"), office),
        "exemption_counts": counts(("exemption_proposed", "warned"), office),
        "grounds": {
            clause.name: Count(
                label(clause), found.grounds.get(clause, 0), rows_url("in_scope", ground=clause)
            )
            for clause in Clause
        },
        "aspects": [
            {
                "label": label(aspect),
                "measures": measure_words(aspect),
                "hindered": Count(
                    "", found.obstacles.get(aspect, 0), rows_url("target", obstacle=aspect)
                ),
                "unanswered": Count(
                    "", found.unanswered.get(aspect, 0), rows_url("target", unanswered=aspect)
                ),
            }
            for aspect in Aspect
        ],
        "advised": [
            Count(label(clause), count, rows_url("target", advised=clause))
            for clause, count in found.advised.items()
        ],
    }


def _refused(request: HttpRequest, edition: PolicyEdition) -> HttpResponse:
    """To the edition, which is not in the state that the page was about."""
    state = edition.get_state_display()
    messages.error(request, writers.IS_NO_MORE.format(edition=edition, state=state))
    return redirect("policy_detail", edition.pk)


def _overtaken(request: HttpRequest, pk: int, reason: Overtaken) -> HttpResponse:
    """To what is there now, with what has happened."""
    messages.error(request, str(reason))
    if PolicyEdition.objects.filter(pk=pk).exists():
        return redirect("policy_detail", pk)
    return redirect("policy")
