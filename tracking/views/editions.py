"""版と資料: the frozen editions, a new one, and one of them as it was frozen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.fiscal_year import fiscal_year
from procedures.permissions import check_can_see_dashboard
from tracking.actions.editions import freeze
from tracking.edition_comparison import figure_changes
from tracking.edition_draft import office_on, previous_edition
from tracking.editions import EditionContent, UnreadableEdition, content_of, is_intact
from tracking.forms.editions import TODAY, ComparisonForm, EditionForm
from tracking.forms.fields import add_errors
from tracking.models import Edition
from tracking.navigation import instruments
from tracking.paper.composing import paper_of
from tracking.past import first_day
from tracking.stats import Figures, Ratio

from .comparison import figure_change

DEFAULT_TITLE = "令和{era}年度 第{number}回 IT推進本部 資料"
FROZEN = "版「{edition}」を確定しました。この版の数字は、これから変わりません。"


@require_GET
def edition_list(request: HttpRequest) -> HttpResponse:
    """Every edition, with the online rate that it says, and the choice of two to compare."""
    check_can_see_dashboard(request.user)
    counts = KeyTransform("counts", KeyTransform("office", "content"))
    editions = list(Edition.objects.for_list().annotate(office_counts=counts))
    context = {
        "editions": [(edition, _online_rate(edition.office_counts)) for edition in editions],
        "form": ComparisonForm(editions=editions, initial=_newest(editions)),
        "instruments": instruments("edition_list"),
    }
    return render(request, "tracking/edition_list.html", context)


@require_http_methods(["GET", "POST"])
def edition_new(request: HttpRequest) -> HttpResponse:
    """The figures of a reference date beside those of the edition before, and freezing them.

    The button ``preview`` shows another day's figures and freezes nothing.
    """
    check_can_see_dashboard(request.user)
    today = timezone.localdate()
    initial = {"title": _default_title(today), "reference_date": today}
    form = EditionForm(request.POST if request.method == "POST" else None, initial=initial)
    is_preview = "preview" in request.POST
    if form.is_valid() and not is_preview:
        try:
            edition = freeze(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, FROZEN.format(edition=edition))
            return redirect("edition_detail", edition.pk)
    day = form.cleaned_data.get("reference_date") if form.is_bound else today
    is_empty = first_day() is None
    context = {"form": form, "is_empty": is_empty, "instruments": instruments("edition_list")}
    context |= _preview(None if is_empty else day)
    status = 422 if form.errors else 200
    return render(request, "tracking/edition_freeze.html", context, status=status)


@require_GET
def edition_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition, from nothing but what was frozen."""
    check_can_see_dashboard(request.user)
    edition = get_object_or_404(Edition.objects.select_related("frozen_by"), pk=pk)
    content = _said_by(edition)
    context = {
        "edition": edition,
        "is_intact": is_intact(edition),
        "paper": content and paper_of(content, edition.digest),
        "previous": Edition.objects.before(edition).for_list().first(),
        "instruments": instruments("edition_list"),
    }
    return render(request, "tracking/edition_detail.html", context)


def _newest(editions: Sequence[Edition]) -> dict[str, str]:
    """The two that people most often want beside each other: the last one, and today."""
    return {"from": str(editions[0].pk), "to": TODAY} if editions else {}


def _said_by(edition: Edition) -> EditionContent | None:
    """What it says; None where somebody has made that unreadable."""
    try:
        return content_of(edition.content)
    except UnreadableEdition:
        return None


def _online_rate(counts: Any) -> Ratio:
    """That of an edition's counts; over nothing where somebody has made them unreadable."""
    try:
        return Figures.from_json({"counts": counts}).ratio("online")
    except (AttributeError, TypeError):
        return Ratio(0, 0)


def _default_title(on: date) -> str:
    """The name that people would give the next edition of the fiscal year."""
    year = fiscal_year(on)
    of_year = (date(year, 4, 1), date(year + 1, 3, 31))
    number = Edition.objects.filter(reference_date__range=of_year).count() + 1
    return DEFAULT_TITLE.format(era=year - 2018, number=number)


def _preview(day: date | None) -> dict[str, Any]:
    """The figures of ``day`` beside those of the edition before it; none of a day without any."""
    if day is None:
        return {"day": None}
    now, since = office_on(day), previous_edition(day)
    before = _said_by(since) if since else None
    changes = figure_changes(before or replace(now, office=Figures()), now)
    return {
        "day": day,
        "since": before and since,
        "figures": [figure_change(one) for one in changes],
    }
