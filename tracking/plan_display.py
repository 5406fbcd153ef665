"""What pages say of a plan and a BPR sheet beside their fields: conditions, outcome, areas."""

from dataclasses import dataclass
from datetime import date

from procedures.models import Procedure
from procedures.rules import Facts, Finding, describe_end_to_end, end_to_end

from .actions.plans import plan_facts
from .consultations import agreed_pairs
from .models import REVIEW_AREAS, Coverage, MigrationPlan, WorkReview
from .workflow import REQUIREMENT_LABELS, STATUS_LABELS, Status, standings

PARTLY = "一部だけがオンラインです。"
WILL_BE_PARTLY = "オンライン化するのは一部だけの予定です。"
COVERAGE_UNKNOWN = "全部をオンラインでできるか、一部だけかが、まだ入力されていません。"
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class StatusNeeds:
    """One status with the words of each requirement and whether the plan meets it now."""

    status: Status
    label: str
    is_present: bool
    is_open: bool
    needs: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """Whether people still have to come (来庁); ``is_end_to_end`` where they need not any more."""

    sentences: tuple[str, ...]
    is_end_to_end: bool


@dataclass(frozen=True, slots=True)
class ReviewedArea:
    """One area of the BPR sheet (clause 2 ②) as it is written."""

    label: str
    finding: str
    decision: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class ReviewedWork:
    """The whole BPR sheet as it is written, its areas in the policy's order."""

    areas: tuple[ReviewedArea, ...]

    @property
    def done_count(self) -> int:
        """How many of the areas are done."""
        return sum(area.is_done for area in self.areas)


def status_needs(plan: MigrationPlan, facts: Facts, *, on: date) -> tuple[StatusNeeds, ...]:
    """What every status asks for, and what of it ``plan`` has on the day ``on``."""
    agreed = agreed_pairs([plan.procedure_id])
    looked_at = plan_facts(plan, facts, on=on, agreed=agreed)
    return tuple(
        StatusNeeds(
            status=standing.status,
            label=STATUS_LABELS[standing.status],
            is_present=standing.status is looked_at.status,
            is_open=standing.is_open,
            needs=tuple((REQUIREMENT_LABELS[need], is_met) for need, is_met in standing.needs),
        )
        for standing in standings(looked_at)
    )


def completion(plan: MigrationPlan | None, facts: Facts) -> Completion:
    """来庁不要で完結: what the answers and the plan's coverage give, now or once it is online."""
    is_online = plan is not None and plan.status == Status.ONLINE
    coverage = plan.coverage if plan else ""
    result = end_to_end(facts)
    said = describe_end_to_end(result, is_online=is_online)
    if coverage == Coverage.PARTLY:
        partly = PARTLY if is_online else WILL_BE_PARTLY
        return Completion((partly,) if result.verdict is Finding.HOLDS else (partly, said), False)
    if is_online and not coverage:
        unsure = () if result.verdict is Finding.HOLDS else (said,)
        return Completion((COVERAGE_UNKNOWN, *unsure), False)
    return Completion((said,), is_online and result.verdict is Finding.HOLDS)


def reviewed_work(review: WorkReview | None) -> ReviewedWork:
    """The BPR sheet; empty areas where nothing is written yet."""
    review = review or WorkReview()
    return ReviewedWork(
        tuple(
            ReviewedArea(area.label, *(getattr(review, name) for name in area.fields))
            for area in REVIEW_AREAS
        )
    )


def assignees_of(procedure: Procedure) -> list[str]:
    """Who is in charge of plans in the department of ``procedure``, to choose a name from."""
    plans = MigrationPlan.objects.filter(procedure__department=procedure.department_id)
    names = plans.exclude(assignee="").order_by("assignee").values_list("assignee", flat=True)
    return list(names.distinct()[:_MOST_NAMES])
