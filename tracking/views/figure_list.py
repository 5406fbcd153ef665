"""指標: what every figure means, of what it is made, and where it stands today."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from procedures.permissions import check_can_see_dashboard
from tracking.figures import CONCERNS, QUALITY, RATES, Definition, Weight
from tracking.kept_figures import department_figures
from tracking.navigation import instruments
from tracking.stats import Overview, overview_of

from .base_rates import base_rows
from .dashboard import figure_words
from .figures import EVERYTHING, Card, cards

GROUPS: tuple[tuple[str, str, Sequence[Definition]], ...] = (
    ("rates", "オンライン化の進み具合", RATES),
    ("quality", "数字の確かさ", QUALITY),
    ("concerns", "確認が必要な手続", CONCERNS),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one kind; ``key`` is their place on the page."""

    key: str
    label: str
    cards: Sequence[Card]


@require_GET
def figure_list(request: HttpRequest) -> HttpResponse:
    """Every figure of the office with its formula, its parts and its rows."""
    check_can_see_dashboard(request.user)
    on = timezone.localdate()
    overview = overview_of(department_figures(on, with_hindrances=False), on=on)
    context = {
        "overview": overview,
        "groups": list(_groups(overview)),
        "base_rows": base_rows(overview.office, EVERYTHING, _page_url),
        "instruments": instruments("figure_list"),
    }
    return render(request, "tracking/figure_list.html", context)


def _groups(overview: Overview) -> Iterator[Group]:
    words = figure_words(overview)
    for key, label, definitions in GROUPS:
        yield Group(key, label, cards(definitions, overview.office, **words))


def _page_url(base: str, weight: Weight) -> str:
    """全庁の状況 with that rate."""
    return f"{reverse('dashboard')}?{urlencode({'base': base, 'weight': weight})}"
