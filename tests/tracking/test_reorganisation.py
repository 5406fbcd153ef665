"""組織改正: units merged, split, moved and renamed in one act; nothing is lost, all goes back."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures import acts
from procedures.acts import entries_of
from procedures.classification import facts_of, set_classification
from procedures.editing import Overtaken
from procedures.models import Act, Department, Division, Procedure, Role, TeamMembership, User
from procedures.permissions import can_edit
from procedures.records import insert, save
from procedures.rules import POLICY_2024, ExemptionGround
from tests import factories
from tracking.actions.reorganisation import (
    OFFICE_CHANGED,
    add_steps,
    carry_out,
    create_reorganisation,
    outcome_of,
    prepare_again,
    replace_steps,
    steps_of,
)
from tracking.models import Issue, MigrationPlan, Reorganisation, SharedMeasure
from tracking.past import as_of
from tracking.stats import by_department, figures_by_unit, overview_of, total
from tracking.structure import NAME_TWICE, Kind, Step, next_ref
from tracking.structure_figures import figures_around, planned_figures
from tracking.structure_reading import token_of
from tracking.timeline import timeline
from tracking.workflow import Status

pytestmark = pytest.mark.django_db
TABLES = (Department, Division, TeamMembership, SharedMeasure, Procedure, MigrationPlan, Issue)
BOOKKEEPING = {"version"}
TODAY = timezone.localdate


def dump() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that a reorganisation may write, but for the counting of writes."""
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in _left_out(model)}
            for row in model.objects.order_by("pk").values()
        ]
        for model in TABLES
    }


def _left_out(model: type) -> set[str]:
    # A measure is changed by its transfer, and by its way back.
    return BOOKKEEPING | ({"changed_at"} if model is SharedMeasure else set())


def office_figures() -> Any:
    return total(figures_by_unit(Procedure.objects.all(), on=TODAY()).values())


def many_procedures(
    department: Department, divisions: list[Division | None], count: int
) -> list[Procedure]:
    """Procedures in turn in each of ``divisions``; every third one online, some hindered."""
    answers = ["not_needed", "online", "offline", "unknown"]
    rows = [
        Procedure(
            number=f"{department.code}-{n}",
            name=f"手続{n}の申請",
            department=department,
            division=divisions[n % len(divisions)],
            scope="inbound",
            in_person=answers[n % 4],
            payment=answers[n // 4 % 4],
        )
        for n in range(count)
    ]
    for row in rows:
        row.set_name_keys()
    for row in rows:
        facts = facts_of(row, levels=(), ground=ExemptionGround.NONE)
        set_classification(row, facts, POLICY_2024)
    insert(rows, factories.origin())
    service = factories.ServiceFactory()
    plans = [
        MigrationPlan(
            procedure=row,
            status=Status.ONLINE.value,
            service=service,
            launched_on=date(2026, 4, 1),
            plain_wording_checked=True,
            items_reviewed=True,
            input_help_checked=True,
        )
        for row in rows[::3]
    ]
    insert(plans, factories.origin())
    return rows


def drafted(by: User, *steps: Step, on: date | None = None) -> Reorganisation:
    draft = create_reorganisation(
        values={"name": "令和9年度の組織改正", "effective_on": on or TODAY(), "note": ""}, by=by
    )
    add_steps(reorganisation_id=draft.pk, added=steps, version=draft.version, by=by)
    draft.refresh_from_db()
    return draft


def carried_out(draft: Reorganisation, by: User) -> Act:
    return carry_out(reorganisation_id=draft.pk, **shown(draft), by=by)


def shown(draft: Reorganisation) -> dict[str, Any]:
    """What the page shows of a draft, and sends back when it is carried out."""
    outcome = outcome_of(draft)
    return {
        "version": draft.version,
        "count": outcome.moved_count,
        "seen": token_of(outcome.before),
    }


def ref(row: Any) -> str:
    return str(row.pk)


def merge(target: Department, *sources: Department) -> Step:
    return Step(Kind.MERGE_DEPARTMENTS, units=tuple(map(ref, sources)), target=ref(target))


@pytest.fixture
def three(division_person):
    """市民部 and 福祉部 with divisions and 300 procedures each, and 環境部 without."""
    units = []
    for name in ("市民部", "福祉部"):
        unit = factories.DepartmentFactory(name=name)
        divisions = [
            factories.DivisionFactory(department=unit, name=f"{name}{one}") for one in "一二"
        ]
        many_procedures(unit, [*divisions, None], 300)
        units.append(unit)
    return (*units, factories.DepartmentFactory(name="環境部"))


def test_merge_of_two_departments_keeps_totals_rights_follow_and_undo_restores(
    three, division_person
):
    citizens, welfare, stranger_department = three
    member = factories.member_of(citizens)
    both = factories.member_of(citizens)
    TeamMembership.objects.create(user=both, role=Role.LEADER, department=welfare)
    stranger = factories.member_of(stranger_department)
    measure = factories.MeasureFactory(department=welfare)
    before, figures = dump(), office_figures()

    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="市民福祉部"),
        Step(Kind.MERGE_DEPARTMENTS, units=(ref(citizens), ref(welfare)), target="n1"),
    )
    assert planned_figures(outcome_of(draft), TODAY()).is_equal
    act = carried_out(draft, division_person)

    new = Department.objects.get(name="市民福祉部")
    assert act.count == 600 == Procedure.objects.filter(department=new).count()
    assert not Procedure.objects.filter(department__in=(citizens, welfare)).exists()
    assert set(Division.objects.values_list("department", flat=True)) == {new.pk}
    citizens.refresh_from_db()
    assert citizens.valid_to == TODAY() - timedelta(days=1)
    assert citizens.successor == new
    assert new.valid_from == TODAY()
    assert office_figures() == figures
    one = Procedure.objects.first()
    assert can_edit(_fresh(member), one)
    assert not can_edit(_fresh(stranger), one)
    roles = TeamMembership.objects.filter(user=both).values_list("department", "role")
    assert list(roles) == [(new.pk, Role.LEADER)]
    measure.refresh_from_db()
    assert measure.department == new
    around = figures_around(act, TODAY())
    assert around.is_equal
    assert [(row.name, row.figures.counts["all"]) for row in around.old.rows] == [
        ("市民部", 300),
        ("福祉部", 300),
    ]
    assert [row.name for row in around.new.rows] == ["市民福祉部"]

    undone = acts.undo(act_id=act.pk, by=division_person)
    assert undone.undo_left == []
    assert dump() == before
    assert office_figures() == figures
    assert Reorganisation.objects.get().is_undone
    assert can_edit(_fresh(member), Procedure.objects.filter(department=citizens).first())


def test_split_of_a_department_keeps_totals_rights_follow_and_undo_restores(three, division_person):
    citizens, _, stranger_department = three
    first, second = citizens.divisions.all()
    everywhere, chosen = factories.member_of(citizens), factories.member_of(citizens)
    stranger = factories.member_of(stranger_department)
    measure = factories.MeasureFactory(department=citizens)
    before, figures = dump(), office_figures()

    split = Step(
        Kind.SPLIT_DEPARTMENT,
        unit=ref(citizens),
        targets=("n1", "n2"),
        divisions={ref(first): "n1", ref(second): "n2"},
        people={ref(chosen): ("n2",)},
        measures={ref(measure): "n2"},
        rest="n1",
    )
    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="窓口部"),
        Step(Kind.NEW_DEPARTMENT, unit="n2", name="くらし部"),
        split,
    )
    act = carried_out(draft, division_person)

    counter, living = (Department.objects.get(name=name) for name in ("窓口部", "くらし部"))
    assert act.count == 300
    assert Procedure.objects.filter(department=counter).count() == 200
    assert set(living.procedures.values_list("division", flat=True)) == {second.pk}
    assert office_figures() == figures
    here, there = counter.procedures.first(), living.procedures.first()
    assert can_edit(_fresh(everywhere), here)
    assert can_edit(_fresh(everywhere), there)
    assert not can_edit(_fresh(chosen), here)
    assert can_edit(_fresh(chosen), there)
    assert not can_edit(_fresh(stranger), here)
    assert figures_around(act, TODAY()).is_equal

    assert acts.undo(act_id=act.pk, by=division_person).undo_left == []
    assert dump() == before


def test_undo_names_what_was_changed_since_and_keeps_it(three, division_person):
    citizens, welfare, _ = three
    act = carried_out(drafted(division_person, merge(welfare, citizens)), division_person)
    renamed = Department.objects.get(pk=welfare.pk)
    renamed.name = "市民福祉部"
    save(renamed, ["name"], factories.origin())
    moved = Procedure.objects.filter(number__startswith=citizens.code).first()
    moved.department, moved.division = three[2], None
    save(moved, ["department_id", "division_id"], factories.origin())

    undone = acts.undo(act_id=act.pk, by=division_person)

    moved.refresh_from_db()
    assert moved.department == three[2]
    assert [left["name"] for left in undone.undo_left] == [str(moved)]
    assert citizens.procedures.count() == 299
    assert Department.objects.get(pk=welfare.pk).name == "市民福祉部"


def test_a_new_unit_that_is_used_by_now_stays(department, division_person):
    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="新設部"),
        Step(Kind.MERGE_DEPARTMENTS, units=(ref(department),), target="n1"),
    )
    act = carried_out(draft, division_person)
    new = Department.objects.get(name="新設部")
    factories.ProcedureFactory(department=new)

    undone = acts.undo(act_id=act.pk, by=division_person)

    assert [left["name"] for left in undone.undo_left] == ["部局室「新設部」"]
    assert Department.objects.filter(pk=new.pk).exists()
    department.refresh_from_db()
    assert department.valid_to is None


def test_a_rename_keeps_the_row_and_earlier_days_keep_the_name(department, division_person):
    # As the shipped lists are: without a history.
    Department.history.filter(id=department.pk).delete()
    other = factories.DepartmentFactory(name="福祉部")
    procedure = factories.ProcedureFactory(department=other)
    procedure.department = department
    save(procedure, ["department_id"], factories.origin())
    draft = drafted(
        division_person, Step(Kind.RENAME_DEPARTMENT, unit=ref(department), name="市民生活部")
    )
    act = carried_out(draft, division_person)

    assert Department.objects.get(pk=department.pk).name == "市民生活部"
    assert act.count == 0
    (change,) = timeline(procedure)[0].changes
    assert (change.old, change.new) == ("福祉部", "市民部")
    Department.history.filter(name="市民生活部").update(
        history_date=timezone.now() + timedelta(days=1)
    )
    with as_of(TODAY()):
        parts = by_department(figures_by_unit(Procedure.objects.all(), on=TODAY()))
        names = [str(row.department) for row in overview_of(parts, on=TODAY()).departments]
    assert "市民部" in names
    assert "市民生活部" not in names


def test_the_timeline_names_the_departments_of_the_move_itself(three, division_person):
    citizens, welfare, _ = three
    draft = drafted(
        division_person,
        Step(Kind.RENAME_DEPARTMENT, unit=ref(welfare), name="市民福祉部"),
        merge(welfare, citizens),
    )
    carried_out(draft, division_person)
    procedure = Procedure.objects.filter(number__startswith=citizens.code).first()
    (change,) = timeline(procedure)[0].changes
    assert (change.old, change.new) == ("市民部", "市民福祉部")


def test_equal_divisions_are_a_question_until_they_are_merged(department, division_person):
    other = factories.DepartmentFactory(name="環境部")
    (mine,) = department.divisions.all()
    theirs = factories.DivisionFactory(department=other, name=mine.name)
    procedure = factories.ProcedureFactory(department=other, division=theirs)
    before = dump()
    draft = drafted(division_person, merge(department, other))
    (question,) = outcome_of(draft).questions
    assert question.sentence == NAME_TWICE.format(
        department="市民部", name="市民サービス課", count=2
    )
    with pytest.raises(ValidationError):
        carried_out(draft, division_person)
    assert dump() == before

    added = [Step(Kind.MERGE_DIVISIONS, units=(ref(theirs),), target=ref(mine))]
    add_steps(reorganisation_id=draft.pk, added=added, version=draft.version, by=division_person)
    draft.refresh_from_db()
    act = carried_out(draft, division_person)
    procedure.refresh_from_db()
    assert (procedure.department, procedure.division) == (department, mine)
    assert acts.undo(act_id=act.pk, by=division_person).undo_left == []
    assert dump() == before


def test_a_division_takes_the_name_that_another_one_gives_up(department, division_person):
    older = factories.DivisionFactory(department=department, name="窓口課")
    (first, second) = (older, department.divisions.get(name="市民サービス課"))
    before = dump()
    for giver, taker in ((first, second), (second, first)):
        name = Division.objects.get(pk=giver.pk).name
        draft = drafted(
            division_person,
            Step(Kind.RENAME_DIVISION, unit=ref(giver), name="新しい課"),
            Step(Kind.RENAME_DIVISION, unit=ref(taker), name=name),
        )
        act = carried_out(draft, division_person)
        assert Division.objects.get(pk=taker.pk).name == name
        assert acts.undo(act_id=act.pk, by=division_person).undo_left == []
        assert dump() == before


def test_only_on_its_day_with_the_confirmed_number_and_by_the_division(
    department, division_person, member
):
    factories.ProcedureFactory(department=department)
    other = factories.DepartmentFactory()
    draft = drafted(division_person, merge(other, department), on=TODAY() + timedelta(days=1))
    with pytest.raises(ValidationError):
        carried_out(draft, division_person)
    draft.effective_on = TODAY()
    save(draft, ["effective_on"], factories.origin())
    with pytest.raises(Overtaken):
        carry_out(reorganisation_id=draft.pk, **shown(draft) | {"count": 2}, by=division_person)
    older = shown(draft) | {"version": draft.version - 1}
    with pytest.raises(Overtaken):
        carry_out(reorganisation_id=draft.pk, **older, by=division_person)
    with pytest.raises(PermissionDenied):
        carried_out(draft, member)
    act = carried_out(draft, division_person)
    with pytest.raises(ValidationError):
        carried_out(draft, division_person)
    with pytest.raises(PermissionDenied):
        acts.undo(act_id=act.pk, by=member)


def test_of_two_about_the_same_unit_the_second_is_looked_at_anew(department, division_person):
    unit = department.divisions.get()
    factories.ProcedureFactory(department=department, division=unit)
    targets = [ref(factories.DepartmentFactory()) for _ in range(2)]
    steps = [Step(Kind.MOVE_DIVISIONS, units=(ref(unit),), target=target) for target in targets]
    first, second = (drafted(division_person, step) for step in steps)
    page = shown(second)
    carried_out(first, division_person)
    with pytest.raises(Overtaken, match=OFFICE_CHANGED):
        carry_out(reorganisation_id=second.pk, **page, by=division_person)
    assert carried_out(second, division_person).count == 1


def test_a_unit_that_is_yet_to_come_keeps_its_name_and_goes_along(
    department, other_department, division_person
):
    earlier = TODAY() - timedelta(days=30)
    later = factories.DivisionFactory(department=department, name="新課", valid_from=TODAY())
    new = Step(Kind.NEW_DIVISION, unit="n1", target=ref(department), name="新課")
    with pytest.raises(ValidationError, match="「新課」がすでにあります"):
        drafted(division_person, new, on=earlier)
    carried_out(drafted(division_person, merge(other_department, department)), division_person)
    later.refresh_from_db()
    assert later.department == other_department
    with pytest.raises(ValidationError, match="終わる"):  # by today, if not on that day
        drafted(division_person, merge(other_department, department), on=earlier)


def test_what_was_taken_back_can_be_prepared_again(department, division_person):
    draft = drafted(
        division_person,
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="新設部"),
        Step(Kind.MERGE_DEPARTMENTS, units=(ref(department),), target="n1"),
    )
    act = carried_out(draft, division_person)
    with pytest.raises(ValidationError):
        prepare_again(reorganisation_id=draft.pk, by=division_person)
    acts.undo(act_id=act.pk, by=division_person)
    again = prepare_again(reorganisation_id=draft.pk, by=division_person)
    assert steps_of(again) == steps_of(draft)
    carried_out(again, division_person)
    assert Department.objects.filter(name="新設部").count() == 1


def test_carrying_out_asks_the_same_number_of_queries_for_few_and_for_many(division_person):
    def queries(rows: int) -> int:
        one, other = factories.DepartmentFactory(), factories.DepartmentFactory()
        divisions = factories.DivisionFactory.create_batch(2, department=one)
        many_procedures(one, divisions, rows)
        draft = drafted(division_person, merge(other, one))
        with CaptureQueriesContext(
            connection,
        ) as found:
            carried_out(draft, division_person)
        return len(found)

    queries(3)
    assert queries(3) == queries(200)


KINDS = st.sampled_from(list(Kind))


@st.composite
def _step(draw: st.DrawFn) -> tuple[Kind, list[int], str]:
    return (
        draw(KINDS),
        draw(st.lists(st.integers(0, 7), min_size=4, max_size=4)),
        draw(st.sampled_from(["総務課", "窓口課", "市民部", "新設部", "管理課"])),
    )


def _made(office: Any, drawn: tuple[Kind, list[int], str], steps: list[Step]) -> Step | None:
    """A step of what was drawn that names units of ``office``; None where there are too few."""
    kind, picks, name = drawn
    departments = [key for key, unit in office.departments.items() if not unit.has_ended]
    divisions = [key for key, unit in office.divisions.items() if not unit.has_ended]
    if not divisions or len(departments) < 2:
        return None
    one, two = (departments[pick % len(departments)] for pick in picks[:2])
    part, other = (divisions[pick % len(divisions)] for pick in picks[2:])
    if kind == Kind.NEW_DEPARTMENT:
        return Step(kind, unit=next_ref(steps), name=name)
    if kind == Kind.NEW_DIVISION:
        return Step(kind, unit=next_ref(steps), target=one, name=name)
    if kind == Kind.RENAME_DEPARTMENT:
        return Step(kind, unit=one, name=name)
    if kind == Kind.MERGE_DEPARTMENTS:
        return Step(kind, units=(one,), target=two)
    if kind == Kind.SPLIT_DEPARTMENT:
        own = {unit.ref for unit in office.own_divisions(one)}
        measures = dict.fromkeys(office.measures_of(one), two)
        return Step(kind, unit=one, targets=tuple(dict.fromkeys((one, two, departments[0]))),
                    divisions=dict.fromkeys(own, two), measures=measures, rest=two)  # fmt: skip
    if kind == Kind.RENAME_DIVISION:
        return Step(kind, unit=part, name=name)
    if kind == Kind.END_DIVISION:
        return Step(kind, unit=part)
    if kind == Kind.MOVE_DIVISIONS:
        return Step(kind, units=(part,), target=one)
    return Step(kind, units=(part,), target=other)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=st.lists(_step(), min_size=1, max_size=6))
def test_nothing_is_lost_whatever_the_steps_and_everything_goes_back(random_office, drawn):
    by = random_office
    draft = create_reorganisation(
        values={"name": "試験", "effective_on": TODAY(), "note": ""}, by=by
    )
    for one in drawn:
        outcome, steps = outcome_of(draft), steps_of(draft)
        step = _made(outcome.after, one, steps)
        if step is None:
            continue
        replace_steps(
            reorganisation_id=draft.pk, steps=[*steps, step], version=draft.version, by=by
        )
        draft.refresh_from_db()
        if not outcome_of(draft).is_settled:
            replace_steps(reorganisation_id=draft.pk, steps=steps, version=draft.version, by=by)
            draft.refresh_from_db()
    if not draft.steps:
        return
    before, figures = dump(), office_figures()
    outcome = outcome_of(draft)
    assert planned_figures(outcome, TODAY()).is_equal
    act = carried_out(draft, by)

    assert office_figures() == figures
    for row in Procedure.objects.select_related("division", "department"):
        assert row.division is None or row.division.department_id == row.department_id
        assert row.department is None or row.department.valid_to is None
    planned = {key: count for key, count in outcome.after.count_by_department().items() if key}
    names = {unit: outcome.after.departments[unit].name for unit in planned}
    found = by_department(figures_by_unit(Procedure.objects.all(), on=TODAY()))
    assert {
        (names[unit], count) for unit, count in planned.items()
    } == {
        (Department.objects.get(pk=key).name, part.counts["all"])
        for key, part in found.items() if key
    }  # fmt: skip
    assert figures_around(act, TODAY()).is_equal
    assert entries_of(act, Procedure).count() == act.count
    assert acts.undo(act_id=act.pk, by=by).undo_left == []
    assert dump() == before


@pytest.fixture
def random_office(division_person):
    """Three departments with divisions of equal names, people in several, measures, procedures."""
    units = [factories.DepartmentFactory(name=name) for name in ("市民部", "福祉部", "環境部")]
    for number, unit in enumerate(units):
        divisions = [
            factories.DivisionFactory(department=unit, name=name)
            for name in ("総務課", f"事業{number}課")
        ]
        many_procedures(unit, [*divisions, None], 4)
        factories.MeasureFactory(department=unit)
        member = factories.member_of(unit)
        TeamMembership.objects.create(user=member, role=Role.LEADER, department=units[number - 1])
    factories.ProcedureFactory(unassigned=True)
    return division_person


def _fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)
