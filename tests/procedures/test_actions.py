"""The writers of procedures: who may, what is compared, checked, written, and nothing besides."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from procedures import actions
from procedures.editing import Conflict
from procedures.models import Department, Division, Procedure, Source
from procedures.permissions import DIVISION_ONLY, NOT_YOUR_DEPARTMENT, UNASSIGNED_IS_FOR_DIVISION
from procedures.rules import Answer, Category
from tests import factories

WRITERS = ("member", "division_person", "administrator")
STRANGERS = ("other_member", "reader")


@pytest.fixture
def procedure(department):
    """A procedure of ``department``, surveyed and clear but for the payment."""
    return factories.ProcedureFactory(
        department=department, name="転入届", clear=True, payment=Answer.OFFLINE
    )


def update(procedure, by, **sent):
    """The edit of a person who saw the present version."""
    return actions.update_procedure(
        procedure_id=procedure.pk, sent=sent, version=procedure.version, by=by, source=Source.FORM
    )


@pytest.fixture
def person(request):
    """The person whose fixture a test names."""
    return request.getfixturevalue(request.param)


# --- Changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", WRITERS, indirect=True)
def test_team_division_and_administrator_change_a_procedure(procedure, person):
    saved = update(procedure, person, note="新しい備考")

    stored = Procedure.objects.get()
    assert (stored.note, stored.version, saved.version) == ("新しい備考", 2, 2)
    row = stored.history.get(version=2)
    assert (row.by_name, row.history_user, row.change_source) == (
        str(person),
        person,
        Source.FORM,
    )


@pytest.mark.parametrize("person", STRANGERS, indirect=True)
def test_others_cannot_change_a_procedure(procedure, person):
    with pytest.raises(PermissionDenied) as refused:
        update(procedure, person, note="新しい備考")

    assert str(refused.value) == NOT_YOUR_DEPARTMENT.format(department="市民部")
    assert Procedure.objects.get().note == ""
    assert procedure.history.count() == 1


def test_a_team_cannot_change_a_procedure_without_a_department(member):
    procedure = factories.ProcedureFactory(unassigned=True)

    with pytest.raises(PermissionDenied) as refused:
        update(procedure, member, note="うちの手続です")

    assert str(refused.value) == UNASSIGNED_IS_FOR_DIVISION


def test_an_answer_reclassifies_in_the_same_write(procedure, member):
    assert procedure.category == Category.PENDING

    update(procedure, member, payment=Answer.ONLINE.value)

    stored = Procedure.objects.get()
    assert stored.category == Category.PRIORITY
    assert (stored.grounds, stored.obstacles) == (("3(1)-2",), ())
    assert stored.history.count() == 2


def test_equal_values_write_nothing(procedure, member):
    update(procedure, member, note="", payment=Answer.OFFLINE.value, applicants=())

    stored = Procedure.objects.get()
    assert (stored.version, stored.changed_at) == (1, procedure.changed_at)
    assert stored.history.count() == 1


def test_a_new_name_gets_a_new_key(procedure, member):
    update(procedure, member, name="ＡＢＣ　届")

    assert Procedure.objects.get().name_key == "abc届"


def test_two_people_on_one_field_the_second_is_refused_with_both_values(
    procedure, member, division_person
):
    update(procedure, division_person, note="先")

    with pytest.raises(Conflict) as found:
        update(procedure, member, note="後", name="転入の届出")

    (one,) = found.value.disagreements
    assert (one.mine, one.theirs, one.by_name) == ("後", "先", str(division_person))
    stored = Procedure.objects.get()
    assert (stored.note, stored.name) == ("先", "転入届")


def test_two_people_on_different_fields_both_keep_their_work(procedure, member, division_person):
    update(procedure, division_person, note="先")
    update(procedure, member, name="転入の届出", note="")

    stored = Procedure.objects.get()
    assert (stored.note, stored.name, stored.version) == ("先", "転入の届出", 3)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"payment": "たぶん"}, "payment"),
        ({"kind": "おまじない"}, "kind"),
        ({"division_id": 10**6}, "division"),
        ({"national_priority_id": 10**6}, "national_priority"),
        ({"abolished_on": "いつか"}, "abolished_on"),
    ],
)
def test_an_impossible_value_is_refused_at_its_field(procedure, member, sent, field):
    with pytest.raises(ValidationError) as refused:
        update(procedure, member, **sent)

    assert set(refused.value.error_dict) == {field}
    assert Procedure.objects.get().version == 1


def test_a_name_of_invisible_characters_is_no_name(procedure, member):
    with pytest.raises(ValidationError) as refused:
        update(procedure, member, name="\u200b\u2060")

    assert refused.value.messages == ["手続番号と手続名を入力してください。"]


def test_a_division_of_another_department_is_refused_and_said_whose_it_is(
    procedure, member, other_department
):
    division = factories.DivisionFactory(department=other_department, name="環境政策課")

    with pytest.raises(ValidationError) as refused:
        update(procedure, member, division_id=division.pk)

    assert refused.value.messages == [
        actions.WRONG_DIVISION.format(division="環境政策課", department="市民部", owner="環境部")
    ]


@pytest.mark.parametrize("name", ["category", "version", "department_id", "number", "nonsense"])
def test_only_inventory_facts_can_be_sent(procedure, division_person, name):
    with pytest.raises((ValueError, AttributeError)):
        update(procedure, division_person, **{name: "priority"})

    assert Procedure.objects.get().category == Category.PENDING


# --- Adding ------------------------------------------------------------------------------------


def create(by, department, number="", **values):
    """A new procedure with a name."""
    return actions.create_procedure(
        number=number, department=department, values={"name": "新しい届"} | values, by=by
    )


@pytest.mark.parametrize("person", WRITERS, indirect=True)
def test_team_division_and_administrator_add_a_procedure(department, person):
    procedure = create(person, department, payment=Answer.OFFLINE.value)

    stored = Procedure.objects.get()
    assert stored == procedure
    assert (stored.number, stored.department, stored.version) == ("A-000001", department, 1)
    assert (stored.category, stored.obstacles) == (Category.PENDING, ("payment",))
    assert stored.history.get().by_name == str(person)


@pytest.mark.parametrize("person", STRANGERS, indirect=True)
def test_others_cannot_add_to_the_department(department, person):
    with pytest.raises(PermissionDenied):
        create(person, department)

    assert not Procedure.objects.exists()


def test_only_the_division_adds_without_a_department(member, division_person):
    with pytest.raises(PermissionDenied) as refused:
        create(member, None)

    assert str(refused.value) == UNASSIGNED_IS_FOR_DIVISION
    assert create(division_person, None).department is None


def test_automatic_numbers_go_on_after_the_last_one(department, member):
    factories.ProcedureFactory(number="A-000041", department=department)
    factories.ProcedureFactory(number="A-99", department=department)  # somebody's own numbering
    factories.ProcedureFactory(number="Z-999999", department=department)

    assert [create(member, department).number for _ in range(2)] == ["A-000042", "A-000043"]


def test_a_given_number_is_kept(department, member):
    assert create(member, department, number="市民-7").number == "市民-7"


@pytest.mark.parametrize("number", ["a-1", "A-1"])
def test_a_number_that_is_taken_is_refused_whatever_its_case(department, member, number):
    factories.ProcedureFactory(number="A-1", department=department)

    with pytest.raises(ValidationError) as refused:
        create(member, department, number=number)

    assert refused.value.message_dict == {"number": [actions.NUMBER_TAKEN.format(number=number)]}


def test_a_number_taken_at_the_same_moment_is_passed_over(department, member, monkeypatch):
    factories.ProcedureFactory(number="A-000001", department=department)
    late = iter(["A-000001", "A-000002"])
    monkeypatch.setattr(actions.procedures, "automatic_numbers", lambda: late)

    actions.procedures._insert(
        procedure := factories.ProcedureFactory.build(department=department, name_key="x"),
        "",
        factories.origin(),
    )

    assert Procedure.objects.get(pk=procedure.pk).number == "A-000002"


@pytest.mark.django_db(transaction=True)
def test_twelve_people_who_register_at_once_get_twelve_numbers(department, member):
    start = Barrier(12)

    def register(number: int) -> str:
        start.wait()
        try:
            return create(member, department, name=f"届{number}").number
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        numbers = list(pool.map(register, range(12)))

    assert sorted(numbers) == [f"A-{number:06d}" for number in range(1, 13)]


def test_a_new_procedure_is_checked_like_an_edited_one(department, other_department, member):
    foreign = factories.DivisionFactory(department=other_department)

    for wrong in ({"name": ""}, {"payment": "たぶん"}, {"division_id": foreign.pk}):
        with pytest.raises(ValidationError):
            create(member, department, **wrong)
    with pytest.raises(ValueError, match="category"):
        create(member, department, category="priority")

    assert not Procedure.objects.exists()


# --- Giving a department -----------------------------------------------------------------------


@pytest.mark.parametrize("person", ["division_person", "administrator"], indirect=True)
def test_the_division_gives_procedures_a_department(department, person):
    queue = factories.ProcedureFactory.create_batch(3, unassigned=True)
    division = department.divisions.get()

    count = actions.assign_department(
        procedure_ids=[one.pk for one in queue], department=department, division=division, by=person
    )

    rows = Procedure.objects.all()
    assert count == 3
    assert {(row.department, row.division, row.version) for row in rows} == {
        (department, division, 2)
    }
    assert Procedure.history.filter(change_source=Source.BULK, by_name=str(person)).count() == 3


@pytest.mark.parametrize("person", ["member", *STRANGERS], indirect=True)
def test_others_give_no_department(department, person):
    procedure = factories.ProcedureFactory(unassigned=True)

    with pytest.raises(PermissionDenied) as refused:
        actions.assign_department(
            procedure_ids=[procedure.pk], department=department, division=None, by=person
        )

    assert str(refused.value) == DIVISION_ONLY
    assert Procedure.objects.get().department is None


def test_who_has_the_department_already_is_not_written(department, division_person):
    owned = factories.ProcedureFactory(department=department)
    queued = factories.ProcedureFactory(unassigned=True)

    count = actions.assign_department(
        procedure_ids=[owned.pk, queued.pk],
        department=department,
        division=None,
        by=division_person,
    )

    assert count == 1
    assert owned.history.count() == 1


def test_unassigned_only_leaves_alone_what_somebody_else_has_assigned_meanwhile(
    department, other_department, division_person
):
    taken = factories.ProcedureFactory(department=other_department)
    queued = factories.ProcedureFactory(unassigned=True)

    count = actions.assign_department(
        procedure_ids=[taken.pk, queued.pk],
        department=department,
        division=None,
        by=division_person,
        unassigned_only=True,
    )

    taken.refresh_from_db()
    queued.refresh_from_db()
    assert (count, taken.department, queued.department) == (1, other_department, department)


def test_a_foreign_division_assigns_nothing(department, other_department, division_person):
    queued = factories.ProcedureFactory(unassigned=True)
    foreign = factories.DivisionFactory(department=other_department)

    with pytest.raises(ValidationError):
        actions.assign_department(
            procedure_ids=[queued.pk], department=department, division=foreign, by=division_person
        )

    assert Procedure.objects.get().department is None


# --- Reference data ----------------------------------------------------------------------------


def test_reference_data_is_written_with_history_and_only_when_it_differs(administrator):
    department = Department(code="d", name="新しい部")

    actions.save_reference(department, by=administrator, source=Source.ADMIN)
    actions.save_reference(department, by=administrator, source=Source.ADMIN)
    department.valid_to = date(2027, 3, 31)
    actions.save_reference(department, by=administrator, source=Source.ADMIN)

    rows = list(department.history.order_by("history_id"))
    assert [row.history_type for row in rows] == ["+", "~"]
    assert {row.by_name for row in rows} == {str(administrator)}


def test_the_name_of_a_unit_that_came_in_without_a_history_stays_known(administrator):
    Department.objects.bulk_create([Department(code="d", name="古い部")])
    department = Department.objects.get()
    department.name = "新しい部"
    actions.save_reference(department, by=administrator, source=Source.ADMIN)

    rows = list(department.history.order_by("history_id"))
    assert [row.name for row in rows] == ["古い部", "新しい部"]
    assert rows[0].history_date < rows[1].history_date


def test_deleted_reference_data_stays_in_the_history(department, administrator):
    division = department.divisions.get()

    actions.delete_reference([division], by=administrator, source=Source.ADMIN)

    assert not Division.objects.exists()
    assert Division.history.filter(history_type="-", row_name="市民サービス課").count() == 1


def test_nobody_signs_in_as_the_account_of_the_commands(db):
    account = actions.command_account()

    assert actions.command_account() == account
    assert not account.is_active
    assert not account.has_usable_password()
    assert account.history.get().by_name == str(account)
