"""The page that edits the legal bases (根拠法令) of a procedure."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from procedures import actions
from procedures.editing import Conflict, Disagreement
from procedures.models import Procedure
from procedures.permissions import check_can_edit
from procedures.rules import BasisLevel, label
from tracking.forms.legal_bases import BasesFormSet, initial_of

from .procedure import readable, tell_saved

NOTHING = ("（根拠法令なし）",)


@require_http_methods(["GET", "POST"])
def bases_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """All legal bases of one procedure, and which of them is the primary one."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    if request.method == "GET":
        return _page(request, procedure, _formset(actions.drafts_of(procedure.legal_bases.all())))
    formset = BasesFormSet(request.POST, prefix="bases")
    if not formset.is_valid():
        return _page(request, procedure, formset, status=422)
    try:
        saved = actions.replace_legal_bases(
            procedure_id=pk, bases=formset.drafts, version=formset.version, by=request.user
        )
    except Conflict as conflict:
        wanted = conflict.disagreements[0]
        fresh = readable(request.user, pk)
        return _page(request, fresh, _formset(wanted.mine), disagreement=wanted, status=409)
    except ValidationError as error:
        return _page(request, procedure, formset, problems=error.messages, status=422)
    tell_saved(request, procedure, saved)
    return redirect("procedure_detail", pk)


def _formset(drafts: Iterable[actions.BasisDraft]) -> BasesFormSet:
    return BasesFormSet(prefix="bases", initial=initial_of(drafts))


def _page(
    request: HttpRequest,
    procedure: Procedure,
    formset: BasesFormSet,
    *,
    disagreement: Disagreement | None = None,
    problems: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "procedure": procedure,
        "formset": formset,
        "version": request.POST.get("version") if status == 422 else procedure.version,
        "problems": problems,
        "disagreement": disagreement,
        "mine": _in_words(disagreement.mine) if disagreement else (),
        "theirs": _in_words(disagreement.theirs) if disagreement else (),
    }
    return render(request, "tracking/bases_edit.html", context, status=status)


def _in_words(drafts: Sequence[actions.BasisDraft]) -> Sequence[str]:
    """Each basis on a line, the primary one marked."""
    return [
        f"{draft.name}{draft.article}（{label(BasisLevel(draft.level))}）"
        f"{'・主たる根拠' if draft.is_primary else ''}"
        for draft in drafts
    ] or NOTHING
