"""What lies between two editions, or one and today: each difference explained by its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .editions import EditionContent, EditionObstacle
from .figures import Definition
from .moves import Move, RowState, moves_between
from .stats import Ratio


class Reason(StrEnum):
    """Why オンライン化率 can be another, in the order in which the reasons are told."""

    BECAME_ONLINE = "became_online"
    NO_MORE_ONLINE = "no_more_online"
    NEW_TARGETS = "new_targets"
    LEFT_TARGETS = "left_targets"


REASON_LABELS = {
    Reason.BECAME_ONLINE: "オンライン化した",
    Reason.NO_MORE_ONLINE: "オンライン化を取りやめた",
    Reason.NEW_TARGETS: "新たに対象になった",
    Reason.LEFT_TARGETS: "対象から外れた",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: what it says, and every procedure as it stood."""

    content: EditionContent
    rows: tuple[RowState, ...]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure then and now, as each side defined it; ``definition`` is the later one."""

    definition: Definition
    before: Ratio
    after: Ratio


@dataclass(frozen=True, slots=True)
class Step:
    """One reason why オンライン化率 is another: its rows, and the rate before and after them."""

    reason: Reason
    rows: tuple[RowState, ...]
    before: Ratio
    after: Ratio


@dataclass(frozen=True, slots=True)
class DepartmentChange:
    """One department's online rate then and now; None where there was or is no such department.

    ``name`` is the later one, ``former_name`` the earlier where it was another, else empty.
    """

    name: str
    former_name: str
    before: Ratio | None
    after: Ratio | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class GroundChange:
    """How many exemptions in effect rest on a ground, then and now."""

    label: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ObstacleChange:
    """One obstacle then and now."""

    label: str
    before: EditionObstacle
    after: EditionObstacle


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides beside each other; ``steps`` lead from the earlier online rate to the later."""

    figures: tuple[FigureChange, ...]
    steps: tuple[Step, ...]
    departments: tuple[DepartmentChange, ...]
    moves: tuple[Move, ...]
    grounds: tuple[GroundChange, ...]
    obstacles: tuple[ObstacleChange, ...]


def compare(before: Side, after: Side) -> Comparison:
    """What lies between two sides, whichever is older."""
    return Comparison(
        figures=figure_changes(before.content, after.content),
        steps=steps_between(before.rows, after.rows),
        departments=_departments(before, after),
        moves=moves_between(
            before.rows,
            after.rows,
            before_on=before.content.reference_date,
            after_on=after.content.reference_date,
        ),
        grounds=_grounds(before.content, after.content),
        obstacles=_obstacles(before.content, after.content),
    )


def steps_between(before: Iterable[RowState], after: Iterable[RowState]) -> tuple[Step, ...]:
    """How the online rate over some rows became that over others, reason by reason.

    Each step begins at the rate at which the one before it ended, and no procedure stands in two.
    Those that left stand as they were.
    """
    then = {row.pk: row for row in before if row.is_target}
    now = {row.pk: row for row in after if row.is_target}
    stayed = [(then[pk], row) for pk, row in now.items() if pk in then]
    launched = [row for was, row in stayed if row.is_online and not was.is_online]
    taken_back = [row for was, row in stayed if was.is_online and not row.is_online]
    joined = [row for pk, row in now.items() if pk not in then]
    left = [row for pk, row in then.items() if pk not in now]
    reasons = (
        (Reason.BECAME_ONLINE, launched, len(launched), 0),
        (Reason.NO_MORE_ONLINE, taken_back, -len(taken_back), 0),
        (Reason.NEW_TARGETS, joined, _online_count(joined), len(joined)),
        (Reason.LEFT_TARGETS, left, -_online_count(left), -len(left)),
    )
    ratio = Ratio(_online_count(then.values()), len(then))
    steps = []
    for reason, rows, online, targets in reasons:
        following = Ratio(ratio.numerator + online, ratio.denominator + targets)
        steps.append(Step(reason, tuple(rows), ratio, following))
        ratio = following
    return tuple(steps)


def _online_count(rows: Iterable[RowState]) -> int:
    return sum(row.is_online for row in rows)


def figure_changes(before: EditionContent, after: EditionContent) -> tuple[FigureChange, ...]:
    """Every figure that both sides have, in the words of the later one."""
    had = {definition.key for definition in before.definitions}
    return tuple(
        FigureChange(definition, before.ratio(definition.key), after.ratio(definition.key))
        for definition in after.definitions
        if definition.key in had
    )


def _departments(before: Side, after: Side) -> tuple[DepartmentChange, ...]:
    """In the later office order; those that are no more stand last."""
    then = {unit.id: unit for unit in before.content.departments}
    now = {unit.id: unit for unit in after.content.departments}
    rows_then, rows_now = _by_department(before.rows), _by_department(after.rows)
    changes = []
    for pk in dict.fromkeys([*now, *then]):
        was, one = then.get(pk), now.get(pk)
        names = [unit.name for unit in (one, was) if unit]
        changes.append(
            DepartmentChange(
                name=names[0],
                former_name=names[-1] if names[-1] != names[0] else "",
                before=was and before.content.ratio("online", was.figures),
                after=one and after.content.ratio("online", one.figures),
                steps=steps_between(rows_then.get(pk, ()), rows_now.get(pk, ())),
            )
        )
    return tuple(changes)


def _by_department(rows: Sequence[RowState]) -> dict[int | None, list[RowState]]:
    found: dict[int | None, list[RowState]] = {}
    for row in rows:
        found.setdefault(row.department_id, []).append(row)
    return found


def _grounds(before: EditionContent, after: EditionContent) -> tuple[GroundChange, ...]:
    labels = {**before.labels["grounds"], **after.labels["grounds"]}
    then, now = before.exemptions_by_ground, after.exemptions_by_ground
    return tuple(
        GroundChange(label, then.get(ground, 0), now.get(ground, 0))
        for ground, label in labels.items()
        if ground in then or ground in now
    )


def _obstacles(before: EditionContent, after: EditionContent) -> tuple[ObstacleChange, ...]:
    then = {obstacle.aspect: obstacle for obstacle in before.obstacles}
    return tuple(
        ObstacleChange(after.labels["aspects"][one.aspect], then[one.aspect], one)
        for one in after.obstacles
        if one.aspect in then
    )
