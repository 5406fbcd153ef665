"""The only writers of the goals (目標) that the division sets for each fiscal year."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from procedures.models import Source, User
from procedures.permissions import check_can_see_dashboard
from procedures.records import Origin, delete, insert, save
from procedures.templatetags.inventory import fiscal_year_label, percent
from tracking.models import Goal

SET_ALREADY = "{year}の目標は、すでに設定されています。変える場合は、表の「変更」を押してください。"
CHANGED_MEANWHILE = (
    "{year}の目標は、ほかの人が先に {rate} に変えました。何も変えていません。"
    "確かめてから、もう一度操作してください。"
)
DELETED_MEANWHILE = "{year}の目標は、ほかの人が先に削除しました。何も変えていません。"
OUT_OF_RANGE = "目標は、0% から 100% までにしてください。"


@transaction.atomic
def set_goal(*, year: int, rate: float, by: User) -> Goal:
    """Sets the goal ``rate`` (0 to 1) for a fiscal year that has none.

    Raises ``PermissionDenied`` or ``ValidationError`` (by field); then nothing is written.
    """
    check_can_see_dashboard(by)
    _check_rate(rate)
    goal = Goal(fiscal_year=year, online_rate=rate)
    goal.clean_fields()
    try:
        with transaction.atomic():
            insert([goal], Origin(by, Source.FORM))
    except IntegrityError:  # it is there already, or somebody set it at the same moment
        sentence = SET_ALREADY.format(year=fiscal_year_label(year))
        raise ValidationError({"fiscal_year": sentence}) from None
    return goal


@transaction.atomic
def change_goal(*, year: int, rate: float, seen: float, by: User) -> None:
    """Makes ``rate`` the goal of a fiscal year; ``seen`` is the rate that ``by`` saw there.

    Raises ``PermissionDenied`` or ``ValidationError``; then nothing is written. The rate that is
    stored already writes nothing.
    """
    check_can_see_dashboard(by)
    _check_rate(rate)
    goal = _as_seen(year, seen)
    if rate == goal.online_rate:
        return
    goal.online_rate = rate
    save(goal, ["online_rate"], Origin(by, Source.FORM))


@transaction.atomic
def delete_goal(*, year: int, seen: float, by: User) -> None:
    """Takes the goal of a fiscal year away; the history keeps it. Raises as ``change_goal``."""
    check_can_see_dashboard(by)
    delete([_as_seen(year, seen)], Origin(by, Source.FORM))


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ValidationError({"rate": OUT_OF_RANGE})


def _as_seen(year: int, seen: float) -> Goal:
    """The goal, locked; ``ValidationError`` where it is another one than ``seen`` by now."""
    goal = Goal.objects.select_for_update().filter(fiscal_year=year).first()
    if goal is None:
        raise ValidationError(DELETED_MEANWHILE.format(year=fiscal_year_label(year)))
    if goal.online_rate != seen:
        sentence = CHANGED_MEANWHILE.format(
            year=fiscal_year_label(year), rate=percent(goal.online_rate)
        )
        raise ValidationError(sentence)
    return goal
