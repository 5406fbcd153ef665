"""The writers of rows: version, history, all or none."""

import pytest
from django.db import IntegrityError

from procedures.models import Department, ImportRun, Procedure, Source
from procedures.records import (
    UNSAVED,
    Origin,
    StaleVersion,
    delete,
    insert,
    save,
    save_many,
    snapshot,
)
from tests import factories


@pytest.fixture
def origin(member):
    return Origin(member, Source.FORM, reason="調査のため")


def test_insert_writes_the_row_its_version_and_one_history_row(department, origin):
    procedure = factories.ProcedureFactory.build(department=department)
    factories.ProcedureFactory.complete(procedure)

    insert([procedure], origin)

    stored = Procedure.objects.get()
    assert (stored.pk, stored.version, stored.changed_at) == (procedure.pk, 1, origin.at)
    (row,) = stored.history.all()
    assert (row.history_type, row.version, row.change_source) == ("+", 1, Source.FORM)
    assert row.history_date == origin.at
    assert row.history_change_reason == "調査のため"


def test_a_history_row_has_the_names_of_person_and_row_as_text(department, member, origin):
    procedure = factories.ProcedureFactory(department=department)
    procedure.name = "転入届"
    save(procedure, ["name"], origin)
    person = str(member)

    delete([procedure], origin)
    member.memberships.all().delete()
    member.delete()

    row = Procedure.history.get(history_type="-")
    assert row.by_name == person
    assert row.row_name == f"{procedure.number} 転入届"
    assert row.history_user is None


def test_a_history_row_names_the_import_it_belongs_to(department, administrator):
    run = ImportRun.objects.create(
        created_by=administrator, file_name="一覧.xlsx", file_size=1, state="previewed"
    )
    procedure = factories.ProcedureFactory.build(department=department)
    factories.ProcedureFactory.complete(procedure)

    insert([procedure], Origin(administrator, Source.IMPORT, import_run=run))

    assert procedure.history.get().import_run == run


def test_insert_and_save_many_of_nothing_write_nothing(origin, django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([], origin)
        save_many([], ["name"], origin)
        delete.__wrapped__([], origin)


def test_save_writes_only_the_named_fields_and_raises_the_version(department, origin):
    procedure = factories.ProcedureFactory(department=department, note="前")
    procedure.name, procedure.note = "新しい名前", "後"

    save(procedure, ["note"], origin)

    stored = Procedure.objects.get()
    assert stored.name != "新しい名前"
    assert (stored.note, stored.version, stored.changed_at) == ("後", 2, origin.at)
    assert procedure.version == 2


def test_save_of_a_row_that_somebody_else_wrote_is_refused_and_writes_nothing(department, origin):
    mine = factories.ProcedureFactory(department=department, note="はじめ")
    theirs = Procedure.objects.get()
    theirs.note = "先の人"
    save(theirs, ["note"], origin)
    mine.note = "後の人"

    with pytest.raises(StaleVersion):
        save(mine, ["note"], origin)

    stored = Procedure.objects.get()
    assert (stored.note, stored.version) == ("先の人", 2)
    assert stored.history.count() == 2


def test_save_of_a_deleted_row_is_refused(department, origin):
    procedure = factories.ProcedureFactory(department=department)
    Procedure.objects.get().delete()

    with pytest.raises(StaleVersion):
        save(procedure, ["note"], origin)


def test_save_without_touch_is_no_sign_of_life(department, origin):
    procedure = factories.ProcedureFactory(department=department)
    before = procedure.changed_at

    save(procedure, ["category"], origin, touch=False)

    stored = Procedure.objects.get()
    assert (stored.version, stored.changed_at) == (2, before)


def test_save_many_writes_all_with_a_history_row_each(department, origin):
    procedures = factories.ProcedureFactory.create_batch(3, department=department)
    for number, procedure in enumerate(procedures):
        procedure.note = f"{number}"

    save_many(procedures, ["note"], origin)

    rows = Procedure.objects.order_by("pk")
    assert [(row.note, row.version) for row in rows] == [("0", 2), ("1", 2), ("2", 2)]
    assert Procedure.history.filter(history_type="~", change_source=Source.FORM).count() == 3


def test_save_many_writes_none_when_one_row_has_moved_on(department, origin):
    procedures = factories.ProcedureFactory.create_batch(3, department=department, note="前")
    theirs = Procedure.objects.get(pk=procedures[1].pk)
    theirs.note = "先の人"
    save(theirs, ["note"], origin)
    for procedure in procedures:
        procedure.note = "後の人"

    with pytest.raises(StaleVersion):
        save_many(procedures, ["note"], origin)

    assert list(Procedure.objects.order_by("pk").values_list("note", flat=True)) == [
        "前",
        "先の人",
        "前",
    ]
    assert Procedure.history.filter(history_type="~").count() == 1


def test_save_many_writes_none_when_one_row_breaks_a_constraint(department, origin):
    procedures = factories.ProcedureFactory.create_batch(2, department=department)
    procedures[0].note, procedures[1].name = "後", ""

    with pytest.raises(IntegrityError):
        save_many(procedures, ["note", "name"], origin)

    assert not Procedure.history.filter(history_type="~").exists()
    assert not Procedure.objects.filter(note="後").exists()


def test_delete_keeps_the_last_state_in_the_history(origin):
    department = factories.DepartmentFactory(name="廃止される部")

    department_id = department.pk
    delete([department], origin)

    assert not Department.objects.filter(pk=department_id).exists()
    last = Department.history.get(history_type="-")
    assert (last.id, last.name) == (department_id, "廃止される部")


def test_snapshot_gives_the_values_of_a_version(department, origin):
    procedure = factories.ProcedureFactory(department=department, note="一")
    for note in ("二", "三"):
        procedure.note = note
        save(procedure, ["note"], origin)

    assert [snapshot(procedure, version, ["note"]) for version in (1, 2, 3, 4)] == [
        {"note": "一"},
        {"note": "二"},
        {"note": "三"},
        None,
    ]


def test_snapshot_of_what_is_not_stored_yet_is_an_empty_row(department):
    plan = factories.PlanFactory(procedure__department=department, assignee="担当")

    assert snapshot(plan, UNSAVED, ["assignee", "status"]) == {
        "assignee": "",
        "status": "not_started",
    }


def test_a_password_never_stands_in_the_history(reader):
    insert([factories.DepartmentFactory.build()], factories.origin())

    assert "password" not in {field.name for field in type(reader).history.model._meta.fields}
