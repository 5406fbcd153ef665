"""What moved between two days: the state of every procedure then and later, and what differs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date
from typing import get_args

from django.db import models

from procedures.models import Procedure, Scope
from procedures.models.procedure import ProcedureQuerySet
from procedures.rules import Category, ExemptionGround, label
from procedures.templatetags.inventory import with_era

from .selections import with_progress
from .workflow import STATUS_LABELS, USUAL_WAY, Status

NO_DEPARTMENT = "所管未定"


@dataclass(frozen=True, slots=True)
class RowState:
    """One procedure as it stood on a day, in what the office asks about it.

    Names are those of that day. ``ground`` is that of an exemption in effect, else empty;
    ``annual_volume`` the newest known yearly volume; ``is_in_scope`` as clause 2 has it.
    """

    pk: int
    number: str
    name: str
    department_id: int | None
    department: str
    division_id: int | None
    division: str
    category: str
    status: str
    target_date: date | None
    launched_on: date | None
    national_due: date | None
    is_abolished: bool
    is_in_scope: bool
    ground: str
    annual_volume: int | None

    @property
    def is_target(self) -> bool:
        """Whether rates are taken over it (対象手続)."""
        return not self.is_abolished and self.is_in_scope and self.category != Category.EXEMPT

    @property
    def is_online(self) -> bool:
        """オンライン化済, whether rates count it or not."""
        return self.status == Status.ONLINE

    def is_overdue(self, on: date) -> bool:
        """期限超過: the target date lies before ``on``, and it is not online."""
        is_late = self.target_date is not None and self.target_date < on
        return is_late and self.is_target and not self.is_online

    def as_json(self) -> list[object]:
        """As a plain list, which ``from_json`` takes."""
        return [value.isoformat() if isinstance(value, date) else value for value in astuple(self)]

    @classmethod
    def from_json(cls, stored: list[object]) -> "RowState":
        """What ``as_json`` gave. Raises ``TypeError`` or ``ValueError`` for anything else."""
        values = dict(zip(_FIELDS, stored, strict=True))
        for name in _DATES:
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        if not all(map(isinstance, values.values(), _TYPES)):
            raise TypeError
        for name, words in _WORDS.items():
            if values[name] not in words:
                raise ValueError(values[name])
        return cls(**values)


_FIELDS = tuple(field.name for field in fields(RowState))
_TYPES = tuple(get_args(field.type) or field.type for field in fields(RowState))
_WORDS = {
    "category": frozenset(map(str, Category)),
    "status": frozenset(map(str, Status)),
    "ground": frozenset({"", *map(str, ExemptionGround)}),
}
_DATES = ("target_date", "launched_on", "national_due")


def row_states(procedures: ProcedureQuerySet | None = None) -> tuple[RowState, ...]:
    """``procedures`` (or all) as this connection sees them, in office order and in one query.

    Within ``past.as_of`` as they stood on that day.
    """
    wanted = Procedure.objects.all() if procedures is None else procedures
    rows = with_progress(wanted.in_office_order()).values_list(
        "pk",
        "number",
        "name",
        "department_id",
        "department__name",
        "division_id",
        "division__name",
        "category",
        "plan_status",
        "plan__target_date",
        "plan__launched_on",
        "plan__national_due",
        "abolished_on",
        "scope",
        "exemption__ground",
        "annual_volume",
    )
    return tuple(_state(*row) for row in rows)


def _state(
    pk: int,
    number: str,
    name: str,
    department_id: int | None,
    department: str | None,
    division_id: int | None,
    division: str | None,
    category: str,
    status: str,
    target_date: date | None,
    launched_on: date | None,
    national_due: date | None,
    abolished_on: date | None,
    scope: str,
    ground: str | None,
    annual_volume: int | None,
) -> RowState:
    return RowState(
        pk,
        number,
        name,
        department_id,
        department or "",
        division_id,
        division or "",
        category,
        status,
        target_date,
        launched_on,
        national_due,
        abolished_on is not None,
        scope != Scope.OUTSIDE,
        (ground or "") if category == Category.EXEMPT else "",
        annual_volume,
    )


class Kind(models.TextChoices):
    """What can be told of a procedure between two days, in the order in which it is told."""

    LAUNCHED = "launched", "オンライン化した"
    TAKEN_BACK = "taken_back", "オンライン化を取りやめた"
    ADVANCED = "advanced", "状況が進んだ"
    WENT_BACK = "went_back", "状況が戻った"
    HELD = "held", "保留にした"
    RESUMED = "resumed", "保留を解いた"
    OVERDUE = "overdue", "期限超過になった"
    TARGET_SET = "target_set", "目標日が決まった"
    TARGET_EARLIER = "target_earlier", "目標日が早まった"
    TARGET_LATER = "target_later", "目標日が延びた"
    TARGET_CLEARED = "target_cleared", "目標日が未定になった"
    LAUNCH_DATE = "launch_date", "開始日が変わった"
    NATIONAL_DUE = "national_due", "国の期限が変わった"
    CATEGORY = "category", "区分が変わった"
    EXEMPTED = "exempted", "適用除外になった"
    NOT_EXEMPT = "not_exempt", "適用除外でなくなった"
    GROUND = "ground", "適用除外の根拠が変わった"
    OUT_OF_SCOPE = "out_of_scope", "対象外になった"
    INTO_SCOPE = "into_scope", "対象外でなくなった"
    MOVED = "moved", "所管が移った"
    RENAMED = "renamed", "番号・手続名が変わった"
    VOLUME = "volume", "年間件数が変わった"
    ADDED = "added", "新しく登録した"
    ABOLISHED = "abolished", "廃止した"
    REINSTATED = "reinstated", "廃止でなくなった"
    DELETED = "deleted", "削除した"


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that moved; ``row`` is the procedure as it stands now or, deleted, as it was last.

    ``before`` and ``after`` say in Japanese what was and what is; empty where there is nothing.
    """

    row: RowState
    kind: Kind
    before: str
    after: str


def moves_between(
    before: Iterable[RowState], after: Iterable[RowState], *, before_on: date, after_on: date
) -> tuple[Move, ...]:
    """What moved from ``before`` (the rows on ``before_on``) to ``after``, row by row as there.

    Every difference is told once; of a new or a deleted row that alone. Beside the differences
    it tells which rows have become overdue, for which time alone may be enough. The deleted ones
    stand last.
    """
    earlier = {row.pk: row for row in before}
    moves: list[Move] = []
    for row in after:
        was = earlier.pop(row.pk, None)
        if was is None:
            moves.append(Move(row, Kind.ADDED, "", _summary(row)))
            continue
        if was != row:
            for tell in _TELLERS:
                moves.extend(Move(row, *told) for told in tell(was, row))
        if row.is_overdue(after_on) and not was.is_overdue(before_on):
            moves.append(Move(row, Kind.OVERDUE, "", f"目標日 {with_era(row.target_date)}"))
    moves.extend(Move(row, Kind.DELETED, _summary(row), "") for row in earlier.values())
    return tuple(moves)


_Told = Iterator[tuple[Kind, str, str]]


def _status(was: RowState, row: RowState) -> _Told:
    if was.status != row.status:
        yield _status_kind(Status(was.status), Status(row.status)), _standing(was), _standing(row)
    elif was.launched_on != row.launched_on:
        yield Kind.LAUNCH_DATE, _day(was.launched_on), _day(row.launched_on)


def _status_kind(was: Status, now: Status) -> Kind:
    if now == Status.ONLINE:
        return Kind.LAUNCHED
    if was == Status.ONLINE:
        return Kind.TAKEN_BACK
    if now == Status.ON_HOLD:
        return Kind.HELD
    if was == Status.ON_HOLD:
        return Kind.RESUMED
    is_forward = USUAL_WAY.index(now) > USUAL_WAY.index(was)
    return Kind.ADVANCED if is_forward else Kind.WENT_BACK


def _target_date(was: RowState, row: RowState) -> _Told:
    if was.target_date == row.target_date:
        return
    if was.target_date is None:
        kind = Kind.TARGET_SET
    elif row.target_date is None:
        kind = Kind.TARGET_CLEARED
    else:
        is_later = row.target_date > was.target_date
        kind = Kind.TARGET_LATER if is_later else Kind.TARGET_EARLIER
    yield kind, _day(was.target_date), _day(row.target_date)


def _national_due(was: RowState, row: RowState) -> _Told:
    if was.national_due != row.national_due:
        yield Kind.NATIONAL_DUE, _day(was.national_due), _day(row.national_due)


def _category(was: RowState, row: RowState) -> _Told:
    told = _category_text(was), _category_text(row)
    if was.category != row.category:
        kinds = {was.category: Kind.NOT_EXEMPT, row.category: Kind.EXEMPTED}
        yield kinds.get(Category.EXEMPT, Kind.CATEGORY), *told
    elif was.ground != row.ground:
        yield Kind.GROUND, *told


def _scope(was: RowState, row: RowState) -> _Told:
    if was.is_in_scope != row.is_in_scope:
        kind = Kind.INTO_SCOPE if row.is_in_scope else Kind.OUT_OF_SCOPE
        yield kind, _scope_text(was), _scope_text(row)


def _owner(was: RowState, row: RowState) -> _Told:
    if (was.department_id, was.division_id) != (row.department_id, row.division_id):
        yield Kind.MOVED, _owner_text(was), _owner_text(row)


def _name(was: RowState, row: RowState) -> _Told:
    if (was.number, was.name) != (row.number, row.name):
        yield Kind.RENAMED, f"{was.number} {was.name}", f"{row.number} {row.name}"


def _volume(was: RowState, row: RowState) -> _Told:
    if was.annual_volume != row.annual_volume:
        yield Kind.VOLUME, _volume_text(was), _volume_text(row)


def _abolition(was: RowState, row: RowState) -> _Told:
    if was.is_abolished != row.is_abolished:
        kind = Kind.ABOLISHED if row.is_abolished else Kind.REINSTATED
        yield kind, _force_text(was), _force_text(row)


_TELLERS: tuple[Callable[[RowState, RowState], _Told], ...] = (
    _status,
    _target_date,
    _national_due,
    _category,
    _scope,
    _owner,
    _name,
    _volume,
    _abolition,
)


def _summary(row: RowState) -> str:
    """A row in short, for one that is new or gone."""
    parts = [_category_text(row), _standing(row)]
    if not row.is_in_scope:
        parts.append(_scope_text(row))
    if row.is_abolished:
        parts.append(_force_text(row))
    return "、".join(parts)


def _standing(row: RowState) -> str:
    status = STATUS_LABELS[Status(row.status)]
    return f"{status}、開始日 {_day(row.launched_on)}" if row.launched_on else status


def _day(day: date | None) -> str:
    return with_era(day) or "未定"


def _category_text(row: RowState) -> str:
    name = label(Category(row.category))
    return f"{name}、{label(ExemptionGround(row.ground))}" if row.ground else name


def _scope_text(row: RowState) -> str:
    return "対象" if row.is_in_scope else "対象外"


def _owner_text(row: RowState) -> str:
    return f"{row.department or NO_DEPARTMENT} {row.division}".strip()


def _volume_text(row: RowState) -> str:
    return "不明" if row.annual_volume is None else f"{row.annual_volume:,}件"


def _force_text(row: RowState) -> str:
    return "廃止" if row.is_abolished else "現行"
