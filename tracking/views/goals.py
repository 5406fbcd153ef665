"""目標: the online rate that the division wants to have reached by the end of each fiscal year."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from procedures.fiscal_year import fiscal_year
from procedures.permissions import check_can_see_dashboard
from procedures.templatetags.inventory import fiscal_year_label, percent
from tracking.actions.goals import change_goal, delete_goal, set_goal
from tracking.burn_up import online_by_year_end
from tracking.forms.fields import OUTDATED, add_errors
from tracking.forms.goals import ChangeGoalForm, GoalForm, SeenRateForm
from tracking.kept_figures import department_figures
from tracking.models import Goal
from tracking.navigation import instruments
from tracking.stats import Figures, Ratio, total

SET = "{year}の目標を {rate} に設定しました。"
CHANGED = "{year}の目標を {rate} で保存しました。"
DELETED = "{year}の目標を削除しました。"
REACHED, MISSED, UNDER_WAY, AHEAD = "達成", "未達", "今年度（途中）", "これから"


@dataclass(frozen=True, slots=True)
class GoalRow:
    """One fiscal year: its goal, what was online by its end (or is today), and how that stands.

    ``reached`` is None for a year that has not begun.
    """

    year: int
    rate: float
    reached: Ratio | None
    standing: str


@require_http_methods(["GET", "POST"])
def goals(request: HttpRequest) -> HttpResponse:
    """The goals of all fiscal years, and the form that sets one more."""
    check_can_see_dashboard(request.user)
    form = GoalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        year, rate = form.cleaned_data["fiscal_year"], form.cleaned_data["rate"]
        try:
            set_goal(year=year, rate=rate, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _done(request, SET, year, rate)
    on = timezone.localdate()
    office = total(department_figures(on, with_hindrances=False).values())
    context = {
        "form": form,
        "rows": [_row(goal, office, on) for goal in Goal.objects.order_by("fiscal_year")],
        "instruments": instruments("goals"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "tracking/goals.html", context, status=status)


@require_http_methods(["GET", "POST"])
def goal_edit(request: HttpRequest, year: int) -> HttpResponse:
    """Another rate for one fiscal year, or none any more."""
    check_can_see_dashboard(request.user)
    goal = get_object_or_404(Goal, fiscal_year=year)
    form = _change_form(request, goal)
    if form.is_valid():
        rate = form.cleaned_data["rate"]
        try:
            change_goal(year=year, rate=rate, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            return _overtaken(request, error)
        return _done(request, CHANGED, year, rate)
    context = {
        "form": form,
        "delete_form": SeenRateForm(initial={"seen": goal.online_rate}, auto_id="delete-%s"),
        "goal": goal,
        "instruments": instruments("goals"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "tracking/goal_form.html", context, status=status)


@require_POST
def goal_delete(request: HttpRequest, year: int) -> HttpResponse:
    """Takes one goal away."""
    check_can_see_dashboard(request.user)
    form = SeenRateForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(OUTDATED)
        delete_goal(year=year, seen=form.cleaned_data["seen"], by=request.user)
    except ValidationError as error:
        return _overtaken(request, error)
    return _done(request, DELETED, year)


def _change_form(request: HttpRequest, goal: Goal) -> ChangeGoalForm:
    if request.method == "POST":
        return ChangeGoalForm(request.POST)
    return ChangeGoalForm(initial={"rate": goal.online_rate, "seen": goal.online_rate})


def _done(
    request: HttpRequest, sentence: str, year: int, rate: float | None = None
) -> HttpResponse:
    messages.success(request, sentence.format(year=fiscal_year_label(year), rate=percent(rate)))
    return redirect("goals")


def _overtaken(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Back to the list, which shows what is stored by now."""
    messages.error(request, " ".join(error.messages))
    return redirect("goals")


def _row(goal: Goal, office: Figures, on: date) -> GoalRow:
    year, this_year = goal.fiscal_year, fiscal_year(on)
    if year > this_year:
        return GoalRow(year, goal.online_rate, None, AHEAD)
    reached = Ratio(online_by_year_end(office.launches, year), office.counts["target"])
    if reached.rate is not None and reached.rate >= goal.online_rate:
        return GoalRow(year, goal.online_rate, reached, REACHED)
    return GoalRow(year, goal.online_rate, reached, MISSED if year < this_year else UNDER_WAY)
