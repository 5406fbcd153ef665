"""Gathers what an edition is to say from the inventory as it stood on the reference date.

Nothing here writes; ``actions.editions`` freezes what comes out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import Division, Exemption, Procedure
from procedures.one_state import one_state
from procedures.policies import policy_in_force
from procedures.rules import Aspect, Yardstick
from procedures.rules.wording import ASPECT_LABELS, CATEGORY_LABELS, EXEMPTION_LABELS
from procedures.templatetags.inventory import fiscal_year_label

from .editions import (
    EditionContent,
    EditionDepartment,
    EditionDivision,
    EditionExemption,
    EditionGoal,
    EditionLate,
    EditionMove,
    EditionNextStep,
    EditionObstacle,
    EditionStep,
    content_of,
    rows_of,
)
from .figures import DEFINITIONS, Definition
from .hindrances import Bound, Hindrances, in_turn
from .models import Edition, Goal
from .moves import NO_DEPARTMENT, Kind, RowState, moves_between, row_states
from .past import as_of
from .selections import SELECTIONS, condition, with_progress
from .stats import Figures, UnitKey, by_department, figures_by_unit, overview_of, total
from .workflow import STATUS_LABELS

NO_DIVISION = "課の登録なし"
LATE_LISTED = 20
"""How many of the overdue, and of those behind the national date, an edition names."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be frozen: the content, and every procedure as it stood."""

    content: EditionContent
    rows: tuple[RowState, ...]


def draft(
    *, on: date, title: str = "", decisions: str = "", frozen_by: str = "", since: Edition | None
) -> Draft:
    """What an edition with the reference date ``on`` says; ``since`` is the one before it.

    ``on`` is today or an earlier day that the history knows. Raises ``UnreadableEdition`` where
    ``since`` is no more what was frozen.
    """
    with _standing_on(on):
        units = figures_by_unit(Procedure.objects.all(), on=on)
        rows = row_states()
        content = _content(units, on)
        content = replace(
            content,
            title=title,
            decisions=decisions,
            frozen_by=frozen_by,
            exemptions=_exemptions(on) if since else (),
            exemptions_by_ground=_exemptions_by_ground(on),
            overdue=_late("overdue", "plan__target_date", on),
            behind_national=_late("behind_national", "plan__national_due", on),
        )
    return Draft(_since(content, rows, since) if since else content, rows)


def previous_edition(on: date) -> Edition | None:
    """The edition from which one with the reference date ``on`` counts what moved."""
    return Edition.objects.filter(reference_date__lte=on).defer("rows").first()


def office_on(on: date) -> EditionContent:
    """The figures alone of a ``draft``."""
    with _standing_on(on):
        return _content(figures_by_unit(Procedure.objects.all(), on=on), on)


def _standing_on(on: date) -> AbstractContextManager[None]:
    """Within, every query sees one state of the inventory: that of the end of the day ``on``."""
    return as_of(on) if on < timezone.localdate() else one_state()


def _content(units: Mapping[UnitKey, Figures], on: date) -> EditionContent:
    """The figures of an edition; what it says beside them is empty."""
    departments = _departments(units, on)
    office = total(department.figures for department in departments)
    hindrances = office.hindrances
    bound = hindrances.usual_bound
    policy = policy_in_force()
    return EditionContent(
        office_name=settings.OFFICE_NAME,
        title="",
        reference_date=on,
        frozen_by="",
        policy_key=policy.key,
        policy_effective_from=policy.effective_from,
        settings={
            "stale_days": settings.STALE_DAYS,
            "confirm_days": settings.CONFIRM_DAYS,
            "issue_notice_days": settings.ISSUE_NOTICE_DAYS,
        },
        usage_year=last_complete_fiscal_year(on),
        goal_year=fiscal_year(on),
        goals=tuple(
            EditionGoal(goal.fiscal_year, goal.online_rate)
            for goal in Goal.objects.order_by("fiscal_year")
        ),
        definitions=_definitions(on),
        office=office,
        departments=departments,
        since=None,
        since_title="",
        moves=(),
        move_counts={},
        exemptions=(),
        exemptions_by_ground={},
        free_count=hindrances.free.procedure_count,
        free_applications=hindrances.free.application_count,
        unsurveyed_count=hindrances.unsurveyed.procedure_count,
        obstacles=_obstacles(hindrances),
        order_bound=bound.value,
        next_step=_next_step(hindrances, bound),
        best_order=_best_order(hindrances, bound),
        overdue=(),
        behind_national=(),
        decisions="",
        labels=_labels(),
    )


def _definitions(on: date) -> tuple[Definition, ...]:
    """Every figure, in words with nothing left to fill in."""
    words = {
        "usage_year": fiscal_year_label(last_complete_fiscal_year(on)),
        "stale_days": settings.STALE_DAYS,
        "confirm_days": settings.CONFIRM_DAYS,
    }
    return tuple(
        replace(one, formula=one.formula.format(**words), note=one.note.format(**words))
        for one in DEFINITIONS.values()
    )


def _labels() -> dict[str, dict[str, str]]:
    return {
        "sets": {key: selection.label for key, selection in SELECTIONS.items()},
        "statuses": {status.value: text for status, text in STATUS_LABELS.items()},
        "categories": {category.value: text for category, text in CATEGORY_LABELS.items()},
        "aspects": {aspect.value: text for aspect, text in ASPECT_LABELS.items()},
        "grounds": {ground.value: text for ground, text in EXEMPTION_LABELS.items()},
        "moves": {kind.value: str(kind.label) for kind in Kind},
    }


def _departments(units: Mapping[UnitKey, Figures], on: date) -> tuple[EditionDepartment, ...]:
    names = dict(Division.objects.values_list("pk", "name"))
    order = {pk: place for place, pk in enumerate(names)}
    divisions: dict[int | None, list[EditionDivision]] = {}
    for (department, pk), figures in sorted(
        units.items(), key=lambda unit: order.get(unit[0][1], len(order))
    ):
        name = NO_DIVISION if pk is None else names[pk]
        divisions.setdefault(department, []).append(EditionDivision(pk, name, figures))
    return tuple(
        EditionDepartment(
            id=unit.department.pk if unit.department else None,
            name=unit.department.name if unit.department else NO_DEPARTMENT,
            figures=unit.figures,
            divisions=tuple(divisions.get(unit.department.pk if unit.department else None, ())),
        )
        for unit in overview_of(by_department(units), on=on).departments
    )


def _obstacles(hindrances: Hindrances) -> tuple[EditionObstacle, ...]:
    certain, possible = (hindrances.freed(bound) for bound in Bound)
    return tuple(
        EditionObstacle(
            aspect.value,
            hindrances.having(aspect).procedure_count,
            certain[alone].procedure_count,
            certain[alone].application_count,
            possible[alone].procedure_count,
            possible[alone].application_count,
        )
        for aspect in Aspect
        for alone in [frozenset({aspect})]
    )


def _next_step(hindrances: Hindrances, bound: Bound) -> EditionNextStep | None:
    solved = hindrances.next_step(bound, Yardstick.PROCEDURES)
    if solved is None:
        return None
    freed = hindrances.freed(bound)[solved]
    aspects = tuple(aspect.value for aspect in in_turn(solved))
    return EditionNextStep(aspects, freed.procedure_count, freed.application_count)


def _best_order(hindrances: Hindrances, bound: Bound) -> tuple[EditionStep, ...]:
    return tuple(
        EditionStep(
            step.aspect.value,
            step.freed_procedure_count,
            step.freed_application_count,
            step.effect.procedure_count,
            step.effect.application_count,
        )
        for step in hindrances.leverage(bound, Yardstick.PROCEDURES).best_order
    )


def _exempt(on: date) -> QuerySet[Exemption]:
    """The exemptions that hold."""
    exempt = Procedure.objects.filter(condition("exempt", on))
    return Exemption.objects.filter(state=Exemption.State.CONFIRMED, procedure__in=exempt)


def _exemptions(on: date) -> tuple[EditionExemption, ...]:
    """Those that hold, in office order."""
    rows = _exempt(on).order_by(
        F("procedure__department__order").asc(nulls_last=True), "procedure__number", "pk"
    )
    return tuple(
        EditionExemption(
            number=one.procedure.number,
            name=one.procedure.name,
            department=one.procedure.department.name if one.procedure.department else NO_DEPARTMENT,
            ground=one.ground,
            article=one.article,
            confirmed_on=timezone.localdate(one.confirmed_at),
        )
        for one in rows.select_related("procedure__department")
    )


def _exemptions_by_ground(on: date) -> dict[str, int]:
    return dict(Counter(_exempt(on).order_by("pk").values_list("ground", flat=True)))


def _late(key: str, due: str, on: date) -> tuple[EditionLate, ...]:
    """The first of the set ``key``: what is longest due, by the field ``due``."""
    rows = with_progress(Procedure.objects.all())
    listed = rows.filter(condition(key, on)).order_by(due, "number", "pk")
    return tuple(
        EditionLate(number, name, department or NO_DEPARTMENT, *rest)
        for number, name, department, *rest in listed.values_list(
            "number",
            "name",
            "department__name",
            "category",
            "plan_status",
            "plan__target_date",
            "plan__national_due",
            "annual_volume",
        )[:LATE_LISTED]
    )


def _since(content: EditionContent, rows: Sequence[RowState], since: Edition) -> EditionContent:
    """``content`` with what moved since that edition."""
    before = rows_of(since.rows)
    moves = moves_between(
        before, rows, before_on=since.reference_date, after_on=content.reference_date
    )
    exempted = _newly_exempt(before, rows)
    return replace(
        content,
        since=since.reference_date,
        since_title=since.title,
        since_office=content_of(since.content).office,
        moves=tuple(
            EditionMove(
                move.row.number,
                move.row.name,
                move.row.department or NO_DEPARTMENT,
                move.kind.value,
                move.before,
                move.after,
            )
            for move in moves
        ),
        move_counts=_counted_by_kind(move.kind for move in moves),
        exemptions=tuple(one for one in content.exemptions if one.number in exempted),
    )


def _newly_exempt(before: Iterable[RowState], after: Iterable[RowState]) -> set[str]:
    """The numbers of those that have an exemption in effect and had none."""
    had = {row.pk for row in before if row.ground}
    return {row.number for row in after if row.ground and row.pk not in had}


def _counted_by_kind(kinds: Iterable[Kind]) -> dict[str, int]:
    """How many of each kind moved, in the order in which the kinds are told."""
    found = Counter(kinds)
    return {kind.value: found[kind] for kind in Kind if found[kind]}
