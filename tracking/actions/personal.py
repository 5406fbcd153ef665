"""What people set up for themselves: the only writer of it. See docs/decisions/0015."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet

from procedures.models import Department, User
from procedures.permissions import rights_of
from tracking.models import ColumnChoice, SavedFilter
from tracking.models.personal import NAME_TAKEN

NOT_YOUR_TEAM = (
    "条件を共有できるのは、自分がDX推進チームに入っている部局室とだけです。"
    "共有しないで保存することはできます。"
)
NOT_YOUR_FILTER = (
    "「{name}」を削除できるのは、保存した{user}さんだけです。要らなくなった場合は、"
    "{user}さんに伝えてください。"
)


def chosen_columns(user: User, shown_on: str) -> tuple[str, ...] | None:
    """The keys of the columns that ``user`` has chosen for a list, in order; None for none."""
    choices = ColumnChoice.objects.filter(user=user, shown_on=shown_on)
    return next(iter(choices.values_list("columns", flat=True)), None)


def choose_columns(*, user: User, shown_on: str, columns: Sequence[str]) -> None:
    """Keeps which columns ``user`` sees in a list, in that order."""
    ColumnChoice.objects.update_or_create(
        user=user, shown_on=shown_on, defaults={"columns": tuple(columns)}
    )


def choose_standard_columns(*, user: User, shown_on: str) -> None:
    """Gives ``user`` the standard columns of a list again."""
    ColumnChoice.objects.filter(user=user, shown_on=shown_on).delete()


def saved_filters(user: User) -> QuerySet[SavedFilter]:
    """保存した条件 that ``user`` may use: one's own, and what is shared with one's teams."""
    teams = rights_of(user).department_ids
    return SavedFilter.objects.filter(Q(user=user) | Q(department__in=teams))


def save_filter(
    *, user: User, shown_on: str, name: str, query: str, department: Department | None
) -> SavedFilter:
    """Keeps the conditions of a list under a name, shared with the team of ``department``.

    Raises ``PermissionDenied`` for a team that ``user`` is not in, and ``ValidationError`` where
    ``user`` has conditions of that name for that list already.
    """
    if department is not None and department.pk not in rights_of(user).department_ids:
        raise PermissionDenied(NOT_YOUR_TEAM)
    values = {"query": query, "department": department}
    saved, is_new = SavedFilter.objects.get_or_create(
        user=user, shown_on=shown_on, name=name, defaults=values
    )
    if not is_new:
        raise ValidationError({"name": NAME_TAKEN})
    return saved


def delete_filter(saved: SavedFilter, *, user: User) -> None:
    """Drops conditions of one's own, for whomever they are shared with too."""
    if saved.user_id != user.pk:
        raise PermissionDenied(NOT_YOUR_FILTER.format(name=saved.name, user=saved.user))
    saved.delete()
