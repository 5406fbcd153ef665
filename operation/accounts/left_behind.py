"""What people who go have in hand: plans, issues, questions to them, conditions they share."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from procedures.models import Department, User
from tracking.models import Comment, Issue, MigrationPlan, SavedFilter


@dataclass(frozen=True, slots=True)
class InDepartment:
    """How many plans and open issues of a department have a person in charge."""

    department: Department
    plan_count: int
    issue_count: int


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What stays with a name; ``filter_count`` are conditions that a team goes on seeing."""

    in_departments: tuple[InDepartment, ...] = ()
    waiting_count: int = 0
    filter_count: int = 0

    def __bool__(self) -> bool:
        return bool(self.in_departments or self.waiting_count or self.filter_count)


def left_behind(
    people: Sequence[User], *, leaving: Mapping[int, Collection[int]]
) -> dict[int, LeftBehind]:
    """By key of ``people`` what they leave, where it is anything; five queries.

    ``leaving`` names by key the departments that somebody leaves who stays in the office; whoever
    is not in it leaves all of them. Plans and issues know people by their names.
    """
    names = {str(person) for person in people}
    plans = _in_charge(
        MigrationPlan.objects.filter(procedure__abolished_on=None), "assignee", names
    )
    issues = _in_charge(Issue.objects.open(), "owner", names)
    keys = [person.pk for person in people]
    waiting = _per_person(Comment.objects.waiting().filter(mentioned__in=keys), "mentioned")
    shared = SavedFilter.objects.filter(user__in=keys, department__isnull=False)
    filters = _per_person(shared, "user")
    departments = Department.objects.in_bulk()
    found = {}
    for person in people:
        places = sorted({*plans[str(person)], *issues[str(person)]} & departments.keys())
        if person.pk in leaving:
            places = [key for key in places if key in leaving[person.pk]]
        left = LeftBehind(
            tuple(
                InDepartment(departments[key], plans[str(person)][key], issues[str(person)][key])
                for key in places
            ),
            waiting[person.pk],
            filters[person.pk],
        )
        if left:
            found[person.pk] = left
    return found


def _in_charge(rows, field: str, names: Collection[str]) -> dict[str, Counter[int]]:
    """name → department → how many rows; those of no department have nobody to hand them over."""
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    groups = (
        rows.order_by()
        .filter(**{f"{field}__in": names})
        .values_list(field, "procedure__department")
    )
    for name, department, count in groups.annotate(Count("pk")):
        counted[name][department] = count
    return counted


def _per_person(rows, field: str) -> Counter[int]:
    return Counter(dict(rows.order_by().values_list(field).annotate(Count("pk"))))
