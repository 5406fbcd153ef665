"""Whose figures 全庁の状況 compares: those of the departments, or of the divisions of one."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from procedures.models import Department, Division, Procedure
from tracking.dashboard_filter import BY_VALUE, DashboardFilter, View, conditions_in
from tracking.figures import Definition
from tracking.kept_figures import Kept, division_figures, kept_departments
from tracking.stats import (
    Figures,
    Overview,
    UnitKey,
    by_department,
    figures_by_unit,
    goals_by_year,
    overview_of,
    total,
)

from .figures import Scope, scope_of, scope_within


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One department or division of the page."""

    scope: Scope
    figures: Figures


@dataclass(frozen=True, slots=True)
class Compared:
    """The figures of the page: the whole, and each of ``units`` in order.

    ``department`` is the one whose divisions they are, None where departments are compared.
    ``without`` are the names of departments without a procedure. ``made_of`` is what all figures
    were read from where they were kept, None where they were counted. ``procedures`` are those
    of the figures, None where they are of all.
    """

    overview: Overview
    department: Department | None
    units: tuple[UnitFigures, ...]
    without: tuple[str, ...]
    made_of: Kept | None
    procedures: QuerySet[Procedure] | None


def compared(view: View, chosen: DashboardFilter | None) -> Compared:
    """The figures of the procedures that are ``chosen`` (None: all) as ``view`` asks for them.

    Those of today are kept ones while nothing but a department is chosen.
    """
    department = chosen.one_department if chosen else None
    made_of = kept_departments(view.on) if chosen is None and view.past_day is None else None
    if department is None:
        parts = made_of.figures() if made_of else by_department(_counted(view, chosen))
        overview = overview_of(parts, on=view.on)
        shown = _with_procedures(overview)
    else:
        divisions = _divisions(view, chosen, department)
        overview = Overview(view.on, goals_by_year(), total(divisions.values()), ())
        shown = _in_turn(divisions, department)
    is_by_value = view.order == BY_VALUE
    return Compared(
        overview=overview,
        department=department,
        units=tuple(_by_value(shown, view.rate) if is_by_value else shown),
        without=() if department else _without_procedures(overview),
        made_of=made_of,
        procedures=chosen.qs if chosen else None,
    )


def _divisions(
    view: View, chosen: DashboardFilter, department: Department
) -> Mapping[int | None, Figures]:
    if conditions_in(chosen.data).keys() == {"department"} and view.past_day is None:
        return division_figures(department.pk, view.on)
    return {division: found for (_, division), found in _counted(view, chosen).items()}


def _counted(view: View, chosen: DashboardFilter | None) -> dict[UnitKey, Figures]:
    rows = chosen.qs if chosen else Procedure.objects.all()
    return figures_by_unit(rows, on=view.on)


def _with_procedures(overview: Overview) -> list[UnitFigures]:
    """A department without procedures is only named; 所管未定 stands there even without any."""
    return [
        UnitFigures(scope_of(unit.department), unit.figures)
        for unit in overview.departments
        if unit.department is None or unit.figures.counts["all"]
    ]


def _without_procedures(overview: Overview) -> tuple[str, ...]:
    return tuple(
        unit.department.name
        for unit in overview.departments
        if unit.department and not unit.figures.counts["all"]
    )


def _in_turn(parts: Mapping[int | None, Figures], department: Department) -> list[UnitFigures]:
    """The divisions that have procedures, in office order; what has none last."""
    divisions = [*Division.objects.filter(pk__in=[key for key in parts if key]), None]
    return [
        UnitFigures(scope_within(department, one), parts[key])
        for one, key in ((one, one.pk if one else None) for one in divisions)
        if key in parts
    ]


def _by_value(units: list[UnitFigures], rate: Definition) -> list[UnitFigures]:
    """The highest rate first; those without one, and what nobody owns, last."""

    def place(unit: UnitFigures) -> tuple[bool, bool, float]:
        found = unit.figures.ratio_of(rate).rate
        return unit.scope.is_nobody, found is None, -(found or 0)

    return sorted(units, key=place)
