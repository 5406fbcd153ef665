"""A new edition of the national list: taken in as a draft, compared, adopted or discarded."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from procedures.editing import Overtaken
from procedures.models import NationalListEdition
from procedures.permissions import check_can_keep_registers, rights_of
from procedures.reference_data.files import Problem, Unusable, read_table
from procedures.reference_data.resources import NationalListResource
from procedures.rules import label
from procedures.spreadsheet.gate import Refused
from tracking.actions.national import (
    GONE,
    adopt_edition,
    discard_draft,
    draft_edition,
    save_succession,
)
from tracking.forms.fields import add_errors
from tracking.forms.national import NewListForm, SuccessionForm
from tracking.national_comparison import FATE_LABELS, Fate
from tracking.national_revision import ItemFate, Revision, decided_of, revision_of
from tracking.navigation import registers

PROBLEMS_SHOWN = 100
NAMED = 5  # procedures of one item
LOST_SHOWN = 100
DRAFTED = (
    "「{edition}」の{count}件を、確認中の版として取り込みました。今の一覧はまだ変わっていません。"
)
NO_DRAFT = "「{edition}」は、すでに「{state}」です。"
SAVED = "新しい一覧での対応を確定しました。"
SUCCESSION_CHANGED = (
    "画面を表示した後に、ほかの人が対応を変えたか、一覧が改定されました。"
    "まだ何も保存していません。今の内容を確かめて、もう一度確定してください。"
)
REVISION_CHANGED = (
    "画面を表示した後に、紐付いた手続か対応が変わりました。まだ改定していません。"
    "今の件数を確かめて、もう一度実行してください。"
)
DISCARDED = "確認中の版「{edition}」を削除しました。"


@require_http_methods(["GET", "POST"])
def national_new(request: HttpRequest) -> HttpResponse:
    """A file with all procedures of a new edition, which becomes a draft."""
    check_can_keep_registers(request.user)
    resource = NationalListResource(by=request.user)
    is_sent = request.method == "POST"
    form = NewListForm(request.POST, request.FILES) if is_sent else NewListForm()
    problems: Sequence[Problem] = ()
    if form.is_valid():
        try:
            table = read_table(
                form.cleaned_data["file"],
                known=resource.get_diff_headers(),
                required=resource.required_headings,
            )
            edition = draft_edition(values=form.values, table=table, by=request.user)
        except Unusable as reason:
            problems = reason.problems
        except Refused as reason:
            form.add_error("file", str(reason))
        except ValidationError as error:
            add_errors(form, error)
        else:
            count = len(table.lines)
            messages.success(request, DRAFTED.format(edition=edition, count=count))
            return redirect("national_compare", edition.pk)
    context = {
        "form": form,
        "problems": problems[:PROBLEMS_SHOWN],
        "problem_count": len(problems),
        "columns": resource.get_import_fields(),
        "required": resource.required_headings,
    }
    return render(request, "tracking/national_new.html", context, status=422 if is_sent else 200)


@require_http_methods(["GET", "POST"])
def national_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft beside the current edition; sent, what becomes of procedures without a namesake."""
    check_can_keep_registers(request.user)
    draft = get_object_or_404(NationalListEdition, pk=pk)
    if draft.state != NationalListEdition.State.DRAFT:
        return _no_draft(request, pk)
    revision = revision_of(draft)
    if request.method == "GET":
        return _comparison(request, revision)
    form = _form(revision, request.POST)
    if not form.is_valid():
        return _comparison(request, revision, form=form, status=422)
    try:
        save_succession(
            edition_id=pk, pairs=form.pairs, seen=form.cleaned_data["seen"], by=request.user
        )
    except Overtaken:
        return _compared_again(request, pk, SUCCESSION_CHANGED)
    except ValidationError as error:
        add_errors(form, error)
        return _comparison(request, revision, form=form, status=422)
    messages.success(request, SAVED)
    return redirect("national_compare", pk)


@require_POST
def national_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes a draft the current edition, if it does what the person has seen."""
    check_can_keep_registers(request.user)
    get_object_or_404(NationalListEdition, pk=pk)
    try:
        act = adopt_edition(edition_id=pk, seen=request.POST.get("seen", ""), by=request.user)
    except Overtaken:
        return _compared_again(request, pk, REVISION_CHANGED)
    except ValidationError as reason:
        return _compared_again(request, pk, " ".join(reason.messages))
    return redirect("act_detail", act.pk)


@require_POST
def national_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes a draft; nothing else changes."""
    check_can_keep_registers(request.user)
    draft = get_object_or_404(NationalListEdition, pk=pk)
    try:
        discard_draft(edition_id=pk, by=request.user)
    except ValidationError:
        return _no_draft(request, pk)
    messages.success(request, DISCARDED.format(edition=draft))
    return redirect("national_list")


def _compared_again(request: HttpRequest, pk: int, notice: str) -> HttpResponse:
    """The draft as it is now, with what came between."""
    draft = NationalListEdition.objects.filter(pk=pk).first()
    if draft is None or draft.state != NationalListEdition.State.DRAFT:
        return _no_draft(request, pk)
    return _comparison(request, revision_of(draft), notice=notice, status=409)


def _no_draft(request: HttpRequest, pk: int) -> HttpResponse:
    edition = NationalListEdition.objects.filter(pk=pk).first()
    text = NO_DRAFT.format(edition=edition, state=edition.get_state_display()) if edition else GONE
    messages.info(request, text)
    return redirect("national_list")


def _form(revision: Revision, data: Any = None) -> SuccessionForm:
    decided = decided_of(revision.draft, revision.current) if revision.current else {}
    return SuccessionForm(data, revision=revision, decided=decided)


def _comparison(
    request: HttpRequest,
    revision: Revision,
    *,
    form: SuccessionForm | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    form = form or _form(revision)
    asked = [fate for fate in revision.fates if fate.pairing.is_asked]
    changed = [fate for fate in revision.fates if _is(fate, Fate.CHANGED)]
    same = [fate for fate in revision.fates if _is(fate, Fate.SAME)]
    context = {
        "registers": registers("national_list", rights_of(request.user)),
        "revision": revision,
        "undecided_count": revision.comparison.undecided_count,
        "form": form,
        "asked": [(_told(fate), form.question(fate.item.number)) for fate in asked],
        "changed": [_told(fate) for fate in changed],
        "same": [_told(fate) for fate in same],
        "added": [revision.items[entry.number] for entry in revision.comparison.added],
        "lost": [
            {"procedure": one.procedure, "old": label(one.old), "new": label(one.new)}
            for one in revision.lost[:LOST_SHOWN]
        ],
        "token": revision.token,
        "notice": notice,
    }
    return render(request, "tracking/national_compare.html", context, status=status)


def _is(fate: ItemFate, wanted: Fate) -> bool:
    return not fate.pairing.is_asked and fate.pairing.fate is wanted


def _told(fate: ItemFate) -> dict[str, Any]:
    """One procedure of the current edition for the screen."""
    return {
        "item": fate.item,
        "pairing": fate.pairing,
        "fate": FATE_LABELS[fate.pairing.fate],
        "procedures": fate.procedures[:NAMED],
        "count": len(fate.procedures),
        "hidden_count": max(0, len(fate.procedures) - NAMED),
    }
