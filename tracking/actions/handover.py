"""担当の引継ぎ: handing a person's plans and issues to another, and the sheet that goes with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)

from procedures import acts
from procedures.models import Act, Department, Procedure, TeamMembership, User
from procedures.permissions import check_can_hand_over, rights_of
from procedures.records import Batch
from tracking.models import Comment, Issue, MigrationPlan
from tracking.selections import SELECTIONS, condition, with_concerns, with_progress
from tracking.stats import Figures, Ratio, counts
from tracking.workflow import STATUS_LABELS, Status

NOT_YOUR_SHEET = (
    "この引継書は「{department}」のものです。見られるのは、その部局室のDX推進チームと"
    "情報政策課です。"
)
NOBODY_NAMED = "引き継ぐ先の人の名前を入力してください。"
SAME_PERSON = "引き継ぐ先が、今の担当者と同じです。別の人の名前を入力してください。"
ACT_LABEL = "{department}：{source}さんから{target}さんへ"


class HoldingsChanged(Exception):
    """What the person is in charge of is no more what was shown; nothing was written."""

    MESSAGE = (
        "確かめている間に、引き継ぐ計画や課題が変わりました。下の内容を確かめて、もう一度押して"
        "ください。"
    )


@dataclass(frozen=True, slots=True)
class Charge:
    """How many plans and open issues of a department have ``name`` as the person in charge."""

    name: str
    plan_count: int
    issue_count: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """The plans and open issues of a department that one person is in charge of."""

    plans: list[MigrationPlan]
    issues: list[Issue]

    @property
    def counts(self) -> tuple[int, int]:
        """How many plans and how many issues."""
        return len(self.plans), len(self.issues)

    @property
    def procedures(self) -> list[Procedure]:
        """Whose they are, each once, by number."""
        found = {row.procedure_id: row.procedure for row in (*self.plans, *self.issues)}
        return sorted(found.values(), key=lambda procedure: (procedure.number, procedure.pk))


def charges(department: Department) -> list[Charge]:
    """Everybody who is in charge of something in ``department``, by name; two queries."""
    plans = _counts(_plans(department), "assignee")
    issues = _counts(_issues(department), "owner")
    names = sorted({*plans, *issues} - {""})
    return [Charge(name, plans.get(name, 0), issues.get(name, 0)) for name in names]


def holdings(department: Department, name: str) -> Holdings:
    """What ``name`` is in charge of in ``department``; two queries."""
    plans = _plans(department).filter(assignee=name).select_related("procedure")
    issues = _issues(department).filter(owner=name).select_related("procedure")
    return Holdings(list(plans.order_by("pk")), list(issues.order_by("pk")))


@transaction.atomic
def hand_over(
    *, department: Department, source: str, target: str, counts: tuple[int, int], by: User
) -> Act:
    """Makes ``target`` the person in charge of all that ``source`` has in ``department``.

    ``counts`` are those of the ``Holdings`` that ``by`` saw. Raises ``PermissionDenied``,
    ``ValidationError`` by field, ``HoldingsChanged`` or ``StaleVersion``; then nothing is written.
    """
    check_can_hand_over(by, department)
    _check_target(source, target)
    _lock(department, source)
    held = holdings(department, source)
    if held.counts != counts or not any(counts):
        raise HoldingsChanged
    label = ACT_LABEL.format(department=department, source=source, target=target)
    origin = acts.begin(Act.Kind.HANDOVER, label, by=by)
    batch = Batch(origin)
    for plan in held.plans:
        plan.assignee = target
    for issue in held.issues:
        issue.owner = target
    batch.update(held.plans, ["assignee"])
    batch.update(held.issues, ["owner"])
    batch.write()
    return acts.finish(origin, count=len(held.procedures))


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A procedure in work: how far along it is, its open issues (with their ``forecast``, the next
    one first), and what waits for an answer.
    """

    procedure: Procedure
    plan: MigrationPlan | None
    status_label: str
    issues: list[Issue]
    waiting: list[Comment]


@dataclass(frozen=True, slots=True)
class PersonInCharge:
    """The procedures in work of one person; those of nobody have an empty ``name``."""

    name: str
    rows: list[SheetRow]


@dataclass(frozen=True, slots=True)
class Sheet:
    """引継書 of a department on a day.

    In work is what is not online yet and has been begun: a state, a date, a person, an open issue
    or a question. ``untouched_count`` says how many are not online and have nothing of these.
    """

    figures: Figures
    people: list[PersonInCharge]
    untouched_count: int
    accounts: list[TeamMembership]

    @property
    def online(self) -> Ratio:
        """オンライン化率."""
        return self.figures.ratio("online")

    @property
    def priority(self) -> Ratio:
        """オンライン化率 of the priority procedures."""
        return self.figures.ratio("priority")


def check_can_see_sheet(user: User, department: Department) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may see the hand-over sheet of ``department``."""
    if not rights_of(user).covers(department.pk):
        raise PermissionDenied(NOT_YOUR_SHEET.format(department=department))


def sheet(department: Department, on: date) -> Sheet:
    """The hand-over sheet of ``department`` on the day ``on``, in six queries."""
    own = Procedure.objects.filter(department=department)
    numbers = Figures(Counter(counts(own, SELECTIONS, on=on)))
    rows = [_sheet_row(procedure) for procedure in _in_work(own, on)]
    accounts = department.memberships.filter(user__is_active=True).select_related("user")
    return Sheet(
        figures=numbers,
        people=_by_person(rows),
        untouched_count=numbers.counts["unfinished"] - len(rows),
        accounts=list(accounts.order_by("role", "user__display_name", "pk")),
    )


def _plans(department: Department) -> QuerySet[MigrationPlan]:
    """Abolished procedures keep the name of who had them: there is nothing left to do."""
    return MigrationPlan.objects.filter(
        procedure__department=department, procedure__abolished_on__isnull=True
    )


def _issues(department: Department) -> QuerySet[Issue]:
    return Issue.objects.open().filter(procedure__department=department)


def _counts(rows: QuerySet, name: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(name).annotate(Count("pk")))


def _check_target(source: str, target: str) -> None:
    if not target:
        raise ValidationError({"target": NOBODY_NAMED})
    if target == source:
        raise ValidationError({"target": SAME_PERSON})
    for model, name in ((MigrationPlan, "assignee"), (Issue, "owner")):
        model._meta.get_field(name).run_validators(target)


def _lock(department: Department, name: str) -> None:
    """Locks the procedures, as every writer of plans and issues does before it reads them."""
    plans = _plans(department).filter(assignee=name).values("procedure")
    issues = _issues(department).filter(owner=name).values("procedure")
    held = Procedure.objects.filter(Q(pk__in=plans) | Q(pk__in=issues))
    list(held.select_for_update().order_by("pk").values_list("pk"))


def _in_work(procedures: QuerySet[Procedure], on: date) -> QuerySet[Procedure]:
    by_forecast = F("forecast").asc(nulls_last=True)
    issues = Issue.objects.open().with_forecast().order_by(by_forecast, "pk")
    comments = Comment.objects.waiting().select_related("written_by", "mentioned")
    is_begun = (
        ~Q(plan_status=Status.NOT_STARTED.value)
        | Q(plan__assignee__gt="")
        | Q(plan__target_date__isnull=False)
        | Exists(issues.filter(procedure=OuterRef("pk")))
        | Exists(comments.filter(procedure=OuterRef("pk")))
    )
    is_to_confirm = When(condition("to_confirm", on), then=True)
    return (
        with_concerns(with_progress(procedures), on)
        .annotate(is_to_confirm=Case(is_to_confirm, default=False, output_field=BooleanField()))
        .filter(condition("unfinished", on), is_begun)
        .select_related("department", "division", "plan")
        .prefetch_related(
            Prefetch("issues", issues, to_attr="open_issues"),
            Prefetch("comments", comments, to_attr="waiting_comments"),
        )
        .in_office_order()
    )


def _sheet_row(procedure: Procedure) -> SheetRow:
    return SheetRow(
        procedure=procedure,
        plan=getattr(procedure, "plan", None),
        status_label=STATUS_LABELS[Status(procedure.plan_status)],
        issues=procedure.open_issues,
        waiting=procedure.waiting_comments,
    )


def _by_person(rows: Iterable[SheetRow]) -> list[PersonInCharge]:
    def name_of(row: SheetRow) -> str:
        return row.plan.assignee if row.plan else ""

    # Nobody's stand last; within a person the office's order stays.
    ordered = sorted(rows, key=lambda row: (name_of(row) == "", name_of(row)))
    return [PersonInCharge(name, list(own)) for name, own in groupby(ordered, key=name_of)]
