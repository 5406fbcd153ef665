"""組織改正: prepared step by step, looked at beforehand, carried out in one act, taken back."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.acts import can_undo
from procedures.editing import Conflict, Overtaken
from procedures.permissions import check_can_keep_registers, rights_of
from procedures.records import UNSAVED
from tracking.actions.reorganisation import (
    add_steps,
    carry_out,
    create_reorganisation,
    delete_reorganisation,
    outcome_of,
    prepare_again,
    replace_steps,
    steps_of,
    update_reorganisation,
)
from tracking.forms.fields import OUTDATED, add_errors
from tracking.forms.reorganisation import (
    STEP_FORMS,
    ArrangeForm,
    CarryOutForm,
    ReorganisationForm,
    SplitForm,
    StepForm,
)
from tracking.forms.versioned import SeenVersionForm
from tracking.models import Reorganisation
from tracking.navigation import registers
from tracking.structure import KIND_LABELS, Kind, Outcome, Step, work_out
from tracking.structure_changes import (
    department_changes,
    division_changes,
    left_without_team,
    rights_changes,
)
from tracking.structure_figures import figures_around, planned_figures
from tracking.structure_reading import office_on, token_of

CREATED = "組織改正「{name}」の準備を始めました。次に、手順を加えてください。"
SAVED = "組織改正「{name}」を保存しました。"
DELETED = "組織改正「{name}」の準備を取りやめました。"
ADDED = "手順を加えました。"
DECIDED = "分け方を保存しました。"
DONE = "組織改正「{name}」を実施しました。{count}件の手続が新しい組織に移りました。"
AGAIN = "同じ内容の組織改正を準備しました。手順を確かめてください。"
DONE_ALREADY = "この組織改正は、すでに実施されています。"
NOT_A_STEP = "その手順はありません。組織改正のページから、もう一度選んでください。"


@require_GET
def reorganisation_list(request: HttpRequest) -> HttpResponse:
    """Those in preparation and those that were carried out; the newest day first."""
    check_can_keep_registers(request.user)
    context = {
        "rows": list(_readable()),
        "due": Reorganisation.objects.due(timezone.localdate()),
        "registers": registers("reorganisation_list", rights_of(request.user)),
    }
    return render(request, "tracking/reorganisation_list.html", context)


@require_http_methods(["GET", "POST"])
def reorganisation_new(request: HttpRequest) -> HttpResponse:
    """Name and day of one that is to be prepared."""
    check_can_keep_registers(request.user)
    form = _draft_form(request, Reorganisation(version=UNSAVED))
    if form.is_valid():
        try:
            made = create_reorganisation(values=form.sent, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, CREATED.format(name=made))
            return redirect("reorganisation_detail", made.pk)
    return _form_page(request, form, None, 422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def reorganisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, day or note of a draft."""
    check_can_keep_registers(request.user)
    draft = _one(pk)
    if draft.state != Reorganisation.State.DRAFT:
        return _done_already(request, draft)
    form = _draft_form(request, draft)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            update_reorganisation(
                reorganisation_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            form, status = _draft_form(request, _one(pk), conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, SAVED.format(name=form.cleaned_data["name"]))
            return redirect("reorganisation_detail", pk)
    return _form_page(request, form, draft, status)


@require_GET
def reorganisation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft with what it would do; or what was done, with the figures of both structures."""
    check_can_keep_registers(request.user)
    return _detail(request, _one(pk))


@require_http_methods(["GET", "POST"])
def reorganisation_step(request: HttpRequest, pk: int) -> HttpResponse:
    """One more step; ``kind`` of the address says of which kind."""
    check_can_keep_registers(request.user)
    draft = _one(pk)
    if draft.state != Reorganisation.State.DRAFT:
        return _done_already(request, draft)
    try:
        kind = Kind(request.GET.get("kind", ""))
    except ValueError:
        messages.error(request, NOT_A_STEP)
        return redirect("reorganisation_detail", pk)
    form = _step_form(request, draft, kind)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            add_steps(
                reorganisation_id=pk,
                added=form.steps(),
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Overtaken as reason:
            return _overtaken(request, pk, reason)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, ADDED)
            return redirect("reorganisation_detail", pk)
    context = {
        "draft": draft,
        "form": form,
        "title": KIND_LABELS[kind],
        "registers": registers("reorganisation_list", rights_of(request.user)),
    }
    return render(request, "tracking/reorganisation_step.html", context, status=status)


@require_http_methods(["GET", "POST"])
def reorganisation_split(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes where when a department is split; ``step`` of the address is its place."""
    check_can_keep_registers(request.user)
    draft = _one(pk)
    if draft.state != Reorganisation.State.DRAFT:
        return _done_already(request, draft)
    steps, place = steps_of(draft), _place(request)
    if place is None or place >= len(steps) or steps[place].kind != Kind.SPLIT_DEPARTMENT:
        messages.error(request, NOT_A_STEP)
        return redirect("reorganisation_detail", pk)
    office = work_out(office_on(draft.effective_on), steps[:place], draft.effective_on).after
    form = SplitForm(
        request.POST if request.method == "POST" else None,
        office=office,
        step=steps[place],
        initial={"version": draft.version},
    )
    status = 422 if form.is_bound else 200
    if form.is_valid():
        steps[place] = form.decided()
        answer = _replace(request, pk, steps, form.cleaned_data["version"])
        if answer is None:
            messages.success(request, DECIDED)
        return answer or redirect("reorganisation_detail", pk)
    context = {
        "draft": draft,
        "form": form,
        "name": office.name_of(steps[place].unit),
        "registers": registers("reorganisation_list", rights_of(request.user)),
    }
    return render(request, "tracking/reorganisation_split.html", context, status=status)


@require_POST
def reorganisation_arrange(request: HttpRequest, pk: int) -> HttpResponse:
    """One step goes up, down or away."""
    check_can_keep_registers(request.user)
    draft = _one(pk)
    form = ArrangeForm(request.POST)
    steps = steps_of(draft)
    if not form.is_valid() or form.cleaned_data["place"] >= len(steps):
        messages.error(request, OUTDATED)
        return redirect("reorganisation_detail", pk)
    moved = _arranged(steps, form.cleaned_data["place"], form.cleaned_data["move"])
    answer = _replace(request, pk, moved, form.cleaned_data["version"])
    return answer or redirect(f"{reverse('reorganisation_detail', args=[pk])}#steps")


@require_POST
def reorganisation_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft that is not wanted any more."""
    check_can_keep_registers(request.user)
    draft, form = _one(pk), SeenVersionForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(OUTDATED)
        delete_reorganisation(
            reorganisation_id=pk, version=form.cleaned_data["version"], by=request.user
        )
    except Overtaken as reason:
        return _overtaken(request, pk, reason)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reorganisation_detail", pk)
    messages.success(request, DELETED.format(name=draft))
    return redirect("reorganisation_list")


@require_POST
def reorganisation_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes the office what the draft says, if that is still what the person saw."""
    check_can_keep_registers(request.user)
    draft, form = _one(pk), CarryOutForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(OUTDATED)
        act = carry_out(reorganisation_id=pk, **form.cleaned_data, by=request.user)
    except Overtaken as reason:
        return _overtaken(request, pk, reason)
    except ValidationError as error:
        return _detail(request, _one(pk), notice=" ".join(error.messages), status=422)
    messages.success(request, DONE.format(name=draft, count=f"{act.count:,}"))
    return redirect("reorganisation_detail", pk)


@require_POST
def reorganisation_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft like one that was taken back."""
    check_can_keep_registers(request.user)
    _one(pk)
    try:
        made = prepare_again(reorganisation_id=pk, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reorganisation_detail", pk)
    messages.success(request, AGAIN)
    return redirect("reorganisation_detail", made.pk)


def _readable() -> QuerySet[Reorganisation]:
    return Reorganisation.objects.select_related("done_by", "done_as__undone_by")


def _one(pk: int) -> Reorganisation:
    return get_object_or_404(_readable(), pk=pk)


def _detail(
    request: HttpRequest, found: Reorganisation, *, notice: str = "", status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "reorganisation": found,
        "notice": notice,
        "registers": registers("reorganisation_list", rights_of(request.user)),
    }
    if found.state == Reorganisation.State.DONE:
        act = found.done_as
        context |= {
            "steps": steps_of(found),
            "act": act,
            "structures": None if found.is_undone else figures_around(act, today),
            "may_undo": act.undone_by is None and can_undo(request.user, act),
        }
        return render(request, "tracking/reorganisation_done.html", context, status=status)
    outcome = outcome_of(found)
    context |= _preview(found, outcome) | {
        "structures": planned_figures(outcome, today),
        "is_due": found.effective_on <= today,
        "kinds": [(kind.value, label) for kind, label in KIND_LABELS.items()],
    }
    return render(request, "tracking/reorganisation_draft.html", context, status=status)


def _preview(found: Reorganisation, outcome: Outcome) -> dict[str, Any]:
    last = len(outcome.told) - 1
    steps = [
        {
            "place": place,
            "text": text,
            "refused": outcome.refused.get(place, ""),
            "is_split": Kind(stored["kind"]) == Kind.SPLIT_DEPARTMENT,
            "is_first": place == 0,
            "is_last": place == last,
        }
        for place, (text, stored) in enumerate(zip(outcome.told, found.steps, strict=True))
    ]
    return {
        "steps": steps,
        "outcome": outcome,
        "token": token_of(outcome.before),
        "departments": department_changes(outcome),
        "divisions": division_changes(outcome),
        "people": rights_changes(outcome),
        "without_team": left_without_team(outcome),
    }


def _form_page(
    request: HttpRequest, form: ReorganisationForm, draft: Reorganisation | None, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "draft": draft,
        "registers": registers("reorganisation_list", rights_of(request.user)),
    }
    return render(request, "tracking/reorganisation_form.html", context, status=status)


def _draft_form(
    request: HttpRequest, draft: Reorganisation, *, conflict: Conflict | None = None
) -> ReorganisationForm:
    is_sent = request.method == "POST" and conflict is None
    return ReorganisationForm(
        request.POST if is_sent else None, obj=draft, version=draft.version, conflict=conflict
    )


def _step_form(request: HttpRequest, draft: Reorganisation, kind: Kind) -> StepForm:
    initial = {
        "version": draft.version,
        "target": request.GET.get("target", ""),
        "unit": request.GET.get("unit", ""),
        "units": request.GET.getlist("units"),
    }
    return STEP_FORMS[kind](
        request.POST if request.method == "POST" else None,
        office=outcome_of(draft).after,
        steps=steps_of(draft),
        initial=initial,
    )


def _place(request: HttpRequest) -> int | None:
    text = request.GET.get("step", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _arranged(steps: Sequence[Step], place: int, move: str) -> list[Step]:
    arranged = list(steps)
    taken = arranged.pop(place)
    if move != "remove":
        arranged.insert(max(place + (-1 if move == "up" else 1), 0), taken)
    return arranged


def _replace(
    request: HttpRequest, pk: int, steps: Sequence[Step], version: int
) -> HttpResponse | None:
    """Writes the steps; an answer only where that was refused."""
    try:
        replace_steps(reorganisation_id=pk, steps=steps, version=version, by=request.user)
    except Overtaken as reason:
        return _overtaken(request, pk, reason)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reorganisation_detail", pk)
    return None


def _overtaken(request: HttpRequest, pk: int, reason: Overtaken) -> HttpResponse:
    """The page as it is now, with what has happened."""
    return _detail(request, _one(pk), notice=str(reason), status=409)


def _done_already(request: HttpRequest, found: Reorganisation) -> HttpResponse:
    messages.error(request, DONE_ALREADY)
    return redirect("reorganisation_detail", found.pk)
