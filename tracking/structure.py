"""組織改正 worked out: steps over the units of the office → what becomes of units and people.

A unit is named by a reference: its key as text, or 「n1」, 「n2」 … where a step makes it. The
steps are taken in turn; what no step settles is a question, and while there is one nothing is done.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Any

LEADER = "leader"
"""The role that wins where a person has two in one department."""

Place = tuple[str, str]
"""A department and a division of it; empty where a procedure has none."""


class Kind(StrEnum):
    """What a step does."""

    NEW_DEPARTMENT = "new_department"
    RENAME_DEPARTMENT = "rename_department"
    MERGE_DEPARTMENTS = "merge_departments"
    SPLIT_DEPARTMENT = "split_department"
    NEW_DIVISION = "new_division"
    RENAME_DIVISION = "rename_division"
    MOVE_DIVISIONS = "move_divisions"
    MERGE_DIVISIONS = "merge_divisions"
    END_DIVISION = "end_division"


KIND_LABELS: Mapping[Kind, str] = {
    Kind.NEW_DEPARTMENT: "部局室を新しく置く",
    Kind.RENAME_DEPARTMENT: "部局室の名称を変える",
    Kind.MERGE_DEPARTMENTS: "部局室を統合する",
    Kind.SPLIT_DEPARTMENT: "部局室を分ける",
    Kind.NEW_DIVISION: "課を新しく置く",
    Kind.RENAME_DIVISION: "課の名称を変える",
    Kind.MOVE_DIVISIONS: "課を別の部局室へ移す",
    Kind.MERGE_DIVISIONS: "課を統合する",
    Kind.END_DIVISION: "課を廃止する",
}

_WORDS: Mapping[Kind, str] = {
    Kind.NEW_DEPARTMENT: "「{name}」を新しく置く",
    Kind.RENAME_DEPARTMENT: "{unit}を「{name}」に改める",
    Kind.MERGE_DEPARTMENTS: "{units}を{target}に統合する",
    Kind.SPLIT_DEPARTMENT: "{unit}を{targets}に分ける",
    Kind.NEW_DIVISION: "{department}に「{name}」を新しく置く",
    Kind.RENAME_DIVISION: "{unit}を「{name}」に改める",
    Kind.MOVE_DIVISIONS: "{units}を{department}へ移す",
    Kind.MERGE_DIVISIONS: "{units}を{target}に統合する",
    Kind.END_DIVISION: "{unit}を廃止する",
}
_OF_DEPARTMENTS = frozenset(kind for kind in Kind if kind.endswith(("department", "departments")))
NO_UNIT = "（ない組織）"

NOT_THERE = (
    "この手順で使う部局室か課が、この時点ではありません（前の手順で終わるか、手順を消したか、"
    "実施日にないためです）。この手順を消して、作り直してください。"
)
ENDED = "「{name}」は、前の手順で終わるか、実施日にはない組織です。この手順を消してください。"
NAMELESS = "名称を入力してください。"
NAME_TAKEN = (
    "「{name}」という部局室がすでにあります。今の部局室を残す場合は、新しく置かずに統合先に"
    "選んでください。"
)
DIVISION_TAKEN = "「{department}」には「{name}」がすでにあります。別の名称にしてください。"
SAME_NAME = "「{name}」は今の名称と同じです。新しい名称を入力してください。"
NOTHING_CHOSEN = "対象の部局室か課が選ばれていません。一つ以上選んでください。"
TARGET_IS_SOURCE = (
    "「{name}」が、統合元と統合先の両方に選ばれています。どちらか一方にしてください。"
)
THERE_ALREADY = "「{name}」は、すでに「{department}」の課です。選択から外してください。"
TOO_FEW_TARGETS = (
    "分けた後の部局室を二つ以上選んでください（元の部局室を残す場合は、それも数えます）。"
)
NOT_A_TARGET = "割り振りの先が、分けた後の部局室にありません。割り振りを決め直してください。"
TOO_YOUNG = "「{name}」が置かれた日より後の実施日にしてください。"

NAME_TWICE = (
    "「{department}」に「{name}」が{count}つできます。一つに統合するか、名称を変える手順を加えて"
    "ください。"
)
PLACE_TAKEN = (
    "新しく置く「{name}」は、「{department}」に今ある課と同じ名称です。今の課を残して使うか、"
    "別の名称にしてください。"
)
NAMES_SWAPPED = (
    "課どうしで名称か部局室を入れ替える内容になっています。二つの組織改正に分けて、一つずつ実施して"
    "ください。"
)
DIVISION_UNDECIDED = "「{department}」の「{name}」が移る先が決まっていません。"
ROWS_UNDECIDED = "「{department}」で課のない手続{count}件が移る先が決まっていません。"
MEASURE_UNDECIDED = "「{department}」が進める共通の対応策「{name}」が移る先が決まっていません。"


class Contradiction(Exception):
    """A step cannot be taken as things stand by then; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Which fields count depends on its kind.

    ``unit`` is renamed, split or ended, or is the reference of a new unit; ``units`` are merged
    or moved, to ``target``; ``name`` is a new name, ``after`` the department behind which a new
    one stands. Of a split: ``targets`` (with ``unit`` itself where it stays), and to which of them
    each of ``divisions``, each person of ``people`` (to some, or to all where it says nothing),
    each of ``measures`` and the ``rest`` goes. Of what was carried out: ``text`` says it in words,
    ``made`` is the key that a new unit got.
    """

    kind: Kind
    unit: str = ""
    units: tuple[str, ...] = ()
    target: str = ""
    name: str = ""
    after: str = ""
    targets: tuple[str, ...] = ()
    divisions: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""
    made: int | None = None
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a plain dictionary, without what is empty."""
        values = {part.name: _plain(getattr(self, part.name)) for part in fields(self)}
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Step":
        """What ``as_json`` gave, also once it has been through a database."""
        values = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        people = {person: tuple(chosen) for person, chosen in stored.get("people", {}).items()}
        return cls(**values | {"kind": Kind(stored["kind"]), "people": people})


def _plain(value: Any) -> Any:
    """As JSON has it: no tuples."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


@dataclass(slots=True)
class Unit:
    """A department, or a division of ``department``; ``has_ended`` on the day or by a step."""

    ref: str
    name: str
    order: int = 0
    department: str = ""
    valid_from: date | None = None
    has_ended: bool = False
    successor: str = ""


@dataclass(slots=True)
class Office:
    """The units with what lies in them: where ``places`` of today lead, who is where, measures.

    ``counts`` are the procedures at the places of today, ``members`` the roles of each person by
    department, ``measures`` the departments that lead planned ones; ``names`` are those of people
    and ``titles`` those of measures.
    """

    departments: dict[str, Unit] = field(default_factory=dict)
    divisions: dict[str, Unit] = field(default_factory=dict)
    counts: Mapping[Place, int] = field(default_factory=dict)
    places: dict[Place, Place] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def own_divisions(self, department: str) -> list[Unit]:
        """The divisions of a department that have not ended, in order."""
        return sorted(
            (
                unit
                for unit in self.divisions.values()
                if unit.department == department and not unit.has_ended
            ),
            key=lambda unit: unit.order,
        )

    def count_by_department(self) -> dict[str, int]:
        """How many procedures each department has by now."""
        return self._counted(lambda place: place[0])

    def count_by_place(self) -> dict[Place, int]:
        """How many procedures each place has by now."""
        return self._counted(lambda place: place)

    def people_of(self, department: str) -> list[str]:
        """Who is in the team of a department by now."""
        return [person for person, roles in self.members.items() if department in roles]

    def measures_of(self, department: str) -> list[str]:
        """The planned measures that a department leads by now."""
        return [key for key, lead in self.measures.items() if lead == department]

    def name_of(self, ref: str) -> str:
        """Of a department."""
        return self.departments[ref].name if ref in self.departments else NO_UNIT

    def name_of_division(self, ref: str) -> str:
        """With its department: several have one of the same name."""
        if ref not in self.divisions:
            return NO_UNIT
        return f"{self.name_of(self.divisions[ref].department)} {self.divisions[ref].name}"

    def _counted(self, key: Callable[[Place], Any]) -> dict[Any, int]:
        found: dict[Any, int] = defaultdict(int)
        for place, count in self.counts.items():
            found[key(self.places[place])] += count
        return dict(found)


@dataclass(frozen=True, slots=True)
class Question:
    """What is open: a sentence, with the split that it is about, or the divisions of one name."""

    sentence: str
    step: int | None = None
    divisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the steps make of ``before``: each in words, and the sentence of each that cannot be."""

    before: Office
    after: Office
    told: tuple[str, ...]
    refused: Mapping[int, str]
    questions: tuple[Question, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether it can be carried out."""
        return not self.refused and not self.questions

    @property
    def moves(self) -> dict[Place, Place]:
        """Where the procedures go that do not stay where they are."""
        return {old: new for old, new in self.after.places.items() if old != new}

    @property
    def moved_count(self) -> int:
        """How many procedures that are."""
        return sum(self.before.counts.get(old, 0) for old in self.moves)

    @property
    def renamings(self) -> list[str]:
        """The divisions that were there and change, each before whoever takes its place.

        Raises ``CycleError`` where they take each other's.
        """
        return list(TopologicalSorter(self._leaves_before()).static_order())

    def _leaves_before(self) -> dict[str, set[str]]:
        """For each division that changes those that must have left its new place."""
        old, new = self.before.divisions, self.after.divisions
        holders = {
            (unit.department, unit.name): ref for ref, unit in old.items() if not unit.has_ended
        }
        graph: dict[str, set[str]] = {}
        for ref, unit in old.items():
            if new[ref] != unit:
                holder = holders.get((new[ref].department, new[ref].name))
                is_other = holder not in (None, ref) and not new[ref].has_ended
                graph[ref] = {holder} if holder and is_other else set()
        return graph


def work_out(before: Office, steps: Sequence[Step], on: date) -> Outcome:
    """What the office is after ``steps`` on the day ``on``; a refused one changes nothing."""
    after = deepcopy(before)
    refused: dict[int, str] = {}
    told: list[str] = []
    for number, step in enumerate(steps):
        told.append(_told(after, step))
        try:
            _TAKE[step.kind](after, step, on)
        except Contradiction as reason:
            refused[number] = str(reason)
    outcome = Outcome(before, after, tuple(told), refused)
    questions = (*_open_names(outcome), *_left_behind(outcome, steps))
    return replace(outcome, questions=questions)


def next_ref(steps: Iterable[Step]) -> str:
    """A reference for a unit that one more step makes."""
    taken = {step.unit for step in steps if step.unit.startswith("n")}
    number = 1 + max((int(ref[1:]) for ref in taken), default=0)
    return f"n{number}"


def _told(office: Office, step: Step) -> str:
    """A step in words, with the names that units have before it."""
    name_of = office.name_of if step.kind in _OF_DEPARTMENTS else office.name_of_division

    def quoted(refs: Iterable[str]) -> str:
        return "".join(f"「{name_of(ref)}」" for ref in refs)

    return _WORDS[step.kind].format(
        name=step.name,
        unit=quoted([step.unit]),
        units=quoted(step.units),
        target=quoted([step.target]),
        targets=quoted(step.targets),
        department=f"「{office.name_of(step.target)}」",
    )


def _new_department(office: Office, step: Step, on: date) -> None:
    _check_department_name(office, step.name)
    order = _order_after(office.departments.values(), office.departments.get(step.after))
    office.departments[step.unit] = Unit(step.unit, step.name, order, valid_from=on)


def _rename_department(office: Office, step: Step, on: date) -> None:
    unit = _living(office.departments, step.unit)
    if unit.name == step.name:
        raise Contradiction(SAME_NAME.format(name=step.name))
    _check_department_name(office, step.name)
    unit.name = step.name


def _merge_departments(office: Office, step: Step, on: date) -> None:
    target = _living(office.departments, step.target)
    sources = _chosen(office.departments, step.units, target)
    for source in sources:
        _check_can_end(source, on)
    for source in sources:
        for division in _going_along(office, source.ref):
            _arrive(office, division, target.ref)
        _lead(office, source.ref, target.ref)
        _transfer(office, source.ref, lambda place: (target.ref, place[1]))
        for roles in office.members.values():
            if source.ref in roles:
                _join(roles, target.ref, roles.pop(source.ref))
        source.has_ended, source.successor = True, target.ref


def _split_department(office: Office, step: Step, on: date) -> None:
    source = _living(office.departments, step.unit)
    targets = [_living(office.departments, ref).ref for ref in step.targets]
    stays = source.ref in targets
    if len(set(targets)) < 2:
        raise Contradiction(TOO_FEW_TARGETS)
    if not stays:
        _check_can_end(source, on)
    named = [*step.divisions.values(), *step.measures.values(), step.rest]
    named += [ref for chosen in step.people.values() for ref in chosen]
    if not set(filter(None, named)) <= set(targets):
        raise Contradiction(NOT_A_TARGET)
    home = step.rest or source.ref
    for division in _going_along(office, source.ref):
        # One that has ended holds procedures without a living division.
        chosen = home if division.has_ended else step.divisions.get(division.ref, "")
        _arrive(office, division, chosen or source.ref)
    _transfer(office, source.ref, lambda place: (_department_at(office, place, home), place[1]))
    for measure in office.measures_of(source.ref):
        office.measures[measure] = step.measures.get(measure) or source.ref
    for person, roles in office.members.items():
        if source.ref in roles:
            role = roles.pop(source.ref)
            for target in step.people.get(person) or targets:
                _join(roles, target, role)
    source.has_ended = not stays


def _new_division(office: Office, step: Step, on: date) -> None:
    department = _living(office.departments, step.target)
    own = office.own_divisions(department.ref)
    _check_named(step.name)
    if any(unit.name == step.name for unit in own):
        sentence = DIVISION_TAKEN.format(department=department.name, name=step.name)
        raise Contradiction(sentence)
    order = _order_after(own, None)
    office.divisions[step.unit] = Unit(
        step.unit, step.name, order, department=department.ref, valid_from=on
    )


def _rename_division(office: Office, step: Step, on: date) -> None:
    unit = _living(office.divisions, step.unit)
    _check_named(step.name)
    if unit.name == step.name:
        raise Contradiction(SAME_NAME.format(name=step.name))
    unit.name = step.name


def _move_divisions(office: Office, step: Step, on: date) -> None:
    target = _living(office.departments, step.target)
    divisions = _chosen(office.divisions, step.units)
    for division in divisions:
        if division.department == target.ref:
            sentence = THERE_ALREADY.format(name=division.name, department=target.name)
            raise Contradiction(sentence)
    for division in divisions:
        _arrive(office, division, target.ref)
        _empty(office, division.ref, (target.ref, division.ref))


def _merge_divisions(office: Office, step: Step, on: date) -> None:
    target = _living(office.divisions, step.target)
    sources = _chosen(office.divisions, step.units, target)
    for source in sources:
        _check_can_end(source, on)
    for source in sources:
        _empty(office, source.ref, (target.department, target.ref))
        source.has_ended, source.successor = True, target.ref


def _end_division(office: Office, step: Step, on: date) -> None:
    unit = _living(office.divisions, step.unit)
    _check_can_end(unit, on)
    _empty(office, unit.ref, (unit.department, ""))
    unit.has_ended = True


_TAKE: Mapping[Kind, Callable[[Office, Step, date], None]] = {
    Kind.NEW_DEPARTMENT: _new_department,
    Kind.RENAME_DEPARTMENT: _rename_department,
    Kind.MERGE_DEPARTMENTS: _merge_departments,
    Kind.SPLIT_DEPARTMENT: _split_department,
    Kind.NEW_DIVISION: _new_division,
    Kind.RENAME_DIVISION: _rename_division,
    Kind.MOVE_DIVISIONS: _move_divisions,
    Kind.MERGE_DIVISIONS: _merge_divisions,
    Kind.END_DIVISION: _end_division,
}


def _living(units: Mapping[str, Unit], ref: str) -> Unit:
    if ref not in units:
        raise Contradiction(NOT_THERE)
    if units[ref].has_ended:
        raise Contradiction(ENDED.format(name=units[ref].name))
    return units[ref]


def _chosen(
    units: Mapping[str, Unit], refs: Sequence[str], target: Unit | None = None
) -> list[Unit]:
    """The units of a step, each once, none of them its ``target``."""
    chosen = [_living(units, ref) for ref in dict.fromkeys(refs)]
    if not chosen:
        raise Contradiction(NOTHING_CHOSEN)
    if target in chosen:
        raise Contradiction(TARGET_IS_SOURCE.format(name=target.name))
    return chosen


def _check_named(name: str) -> None:
    if not name:
        raise Contradiction(NAMELESS)


def _check_department_name(office: Office, name: str) -> None:
    _check_named(name)
    if any(unit.name == name and not unit.has_ended for unit in office.departments.values()):
        raise Contradiction(NAME_TAKEN.format(name=name))


def _check_can_end(unit: Unit, on: date) -> None:
    """A unit ends on the day before, which must not be before it began."""
    if unit.valid_from is not None and unit.valid_from >= on:
        raise Contradiction(TOO_YOUNG.format(name=unit.name))


def _order_after(units: Iterable[Unit], after: Unit | None) -> int:
    """The same place in the order as ``after``: of two in one place the newer one stands second."""
    if after is not None:
        return after.order
    return max((unit.order for unit in units), default=0) + 1


def _going_along(office: Office, department: str) -> list[Unit]:
    """The divisions that leave with their department: of ended ones those with procedures."""
    held = office.count_by_place()
    own = [unit for unit in office.divisions.values() if unit.department == department]
    own = [unit for unit in own if not unit.has_ended or (department, unit.ref) in held]
    return sorted(own, key=lambda unit: unit.order)


def _arrive(office: Office, division: Unit, department: str) -> None:
    """Puts a division behind those of another department."""
    if division.department != department:
        division.order = _order_after(office.own_divisions(department), None)
        division.department = department


def _department_at(office: Office, place: Place, otherwise: str) -> str:
    """Where the division of ``place`` is by now."""
    division = office.divisions.get(place[1])
    return division.department if division else otherwise


def _transfer(office: Office, department: str, to: Callable[[Place], Place]) -> None:
    """Whatever lies in ``department`` by now goes where ``to`` says."""
    office.places = {
        origin: to(place) if place[0] == department else place
        for origin, place in office.places.items()
    }


def _empty(office: Office, division: str, to: Place) -> None:
    """Whatever lies in ``division`` by now goes to ``to``."""
    office.places = {
        origin: to if place[1] == division else place for origin, place in office.places.items()
    }


def _lead(office: Office, source: str, target: str) -> None:
    for measure in office.measures_of(source):
        office.measures[measure] = target


def _join(roles: dict[str, str], department: str, role: str) -> None:
    if roles.get(department) != LEADER:
        roles[department] = role


def _open_names(outcome: Outcome) -> Iterator[Question]:
    """Divisions that would have one name in one department, or take each other's."""
    before, after = outcome.before, outcome.after
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref, unit in after.divisions.items():
        if not unit.has_ended:
            named[unit.department, unit.name].append(ref)
    held = {
        (unit.department, unit.name): ref
        for ref, unit in before.divisions.items()
        if not unit.has_ended
    }
    for (department, name), refs in named.items():
        title = after.name_of(department)
        if len(refs) > 1:
            sentence = NAME_TWICE.format(department=title, name=name, count=len(refs))
            yield Question(sentence, divisions=tuple(refs))
        elif refs[0] not in before.divisions and (department, name) in held:
            yield Question(PLACE_TAKEN.format(department=title, name=name))
    try:
        _ = outcome.renamings
    except CycleError:
        yield Question(NAMES_SWAPPED)


def _left_behind(outcome: Outcome, steps: Sequence[Step]) -> Iterator[Question]:
    """What would stay in a department that these steps end."""
    after, before = outcome.after, outcome.before
    splits = {
        step.unit: number for number, step in enumerate(steps) if step.kind == Kind.SPLIT_DEPARTMENT
    }
    counts = after.count_by_place()
    for ref, unit in after.departments.items():
        if not unit.has_ended or (ref in before.departments and before.departments[ref].has_ended):
            continue
        at = splits.get(ref)
        for division in after.own_divisions(ref):
            sentence = DIVISION_UNDECIDED.format(department=unit.name, name=division.name)
            yield Question(sentence, step=at)
        left = sum(
            count
            for place, count in counts.items()
            if place[0] == ref
            and (place[1] not in after.divisions or after.divisions[place[1]].has_ended)
        )
        if left:
            yield Question(ROWS_UNDECIDED.format(department=unit.name, count=left), step=at)
        for measure in after.measures_of(ref):
            sentence = MEASURE_UNDECIDED.format(
                department=unit.name, name=after.titles.get(measure, "")
            )
            yield Question(sentence, step=at)
