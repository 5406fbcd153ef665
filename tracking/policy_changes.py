"""What a revision of the policy did to procedures, as the history tells it, with both results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from procedures.acts import entries_of
from procedures.classification import facts_of
from procedures.display import Names
from procedures.models import Act, Department, PolicyEdition, Procedure, Source
from procedures.policies import edition_then, rules_of
from procedures.rules import Aspect, Category, Clause, Warning, label
from procedures.rules.wording import CLAUSE_NUMBERS

from .judgement import Judgement, judge
from .moves import NO_DEPARTMENT

HINDERED_BY = "支障：{aspects}"
UNANSWERED = "未調査：{aspects}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored result, with the reasons for it in words."""

    category: Category
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """One procedure whose category an act of revision changed, as it was then."""

    procedure_id: int
    name: str
    department: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Revised:
    """The newest revision, where it changed the category of one procedure.

    ``judgement`` is that of the edition ``former`` on the facts of now.
    """

    at: datetime
    before: Category
    after: Category
    policy: PolicyEdition
    former: PolicyEdition
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Step:
    """One moment at which an edition came into another state."""

    at: datetime
    by_name: str
    state: str
    reason: str


def moved_entries(act: Act) -> QuerySet:
    """The history rows with which ``act`` changed a category, each with the one ``before`` it."""
    earlier = Procedure.history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
    before = earlier.order_by("-history_id")
    entries = entries_of(act, Procedure).annotate(
        before=Subquery(before.values("history_id")[:1]),
        category_before=Subquery(before.values("category")[:1]),
    )
    return entries.exclude(category_before=F("category")).order_by("id")


def moved(entries: Iterable[Any]) -> list[Moved]:
    """A page of ``moved_entries`` in words, in two queries."""
    entries = list(entries)
    before = Procedure.history.in_bulk([entry.before for entry in entries], field_name="history_id")
    names = Names()
    return [
        Moved(
            entry.id,
            entry.name,
            names.of(Department, entry.department_id) if entry.department_id else NO_DEPARTMENT,
            _standing(before[entry.before]),
            _standing(entry),
        )
        for entry in entries
    ]


def revised(procedure: Procedure) -> Revised | None:
    """What the newest revision did to the category of ``procedure``; None where nothing."""
    entries = procedure.history.order_by("-history_id")
    revision = {"change_source": Source.REVISION, "act__kind": Act.Kind.POLICY}
    entry = entries.filter(**revision).first()
    before = entry and entries.filter(history_id__lt=entry.history_id).first()
    if not before or before.category == entry.category:
        return None
    policy = edition_then(entry.policy_key, entry.history_date)
    former = edition_then(before.policy_key, entry.history_date)
    if not (policy and former):
        return None
    return Revised(
        at=entry.history_date,
        before=Category(before.category),
        after=Category(entry.category),
        policy=policy,
        former=former,
        judgement=judge(facts_of(procedure), None, rules_of(former)),
    )


def steps_of(edition: PolicyEdition) -> list[Step]:
    """Every state that ``edition`` has been in, the newest last; one query."""
    steps: list[Step] = []
    for entry in edition.history.order_by("history_id"):
        state = entry.get_state_display()
        if not steps or steps[-1].state != state:
            steps.append(
                Step(entry.history_date, entry.by_name, state, entry.history_change_reason or "")
            )
    return steps


def _standing(entry: Any) -> Standing:
    """From the derived fields of a history row."""
    reasons = [f"{CLAUSE_NUMBERS[clause]} {label(clause)}" for clause in map(Clause, entry.grounds)]
    if entry.category == Category.PENDING:
        for words, aspects in ((HINDERED_BY, entry.obstacles), (UNANSWERED, entry.unanswered)):
            if aspects:
                reasons.append(words.format(aspects="、".join(label(Aspect(a)) for a in aspects)))
    reasons += [label(Warning(warning)) for warning in entry.warnings]
    return Standing(Category(entry.category), tuple(reasons))
