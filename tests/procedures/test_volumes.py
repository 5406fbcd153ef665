"""Setting the yearly volume of one fiscal year; unknown is not 0."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures import actions
from procedures.actions import VolumeEdit, set_volumes
from procedures.editing import Conflict
from procedures.models import Procedure, Source, YearlyVolume
from tests import factories


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` without volumes."""
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def counted(procedure, administrator):
    """The procedure with a volume of 2025: 100, of which 10 online."""
    set_volume(procedure, administrator, total=100, online=10)
    procedure.refresh_from_db()
    return procedure


def set_volume(procedure, by, year=2025, total=None, online=None, certainty="actual"):
    """The volume of a person who saw the present version."""
    return actions.set_volume(
        procedure_id=procedure.pk,
        fiscal_year=year,
        total=total,
        online=online,
        certainty=certainty,
        version=procedure.version,
        by=by,
    )


@pytest.mark.parametrize(
    ("total", "online"), [(100, 20), (100, None), (None, 20), (0, 0), (0, None)]
)
def test_a_volume_is_stored_as_given_and_unknown_stays_unknown(procedure, member, total, online):
    set_volume(procedure, member, total=total, online=online)

    found = YearlyVolume.objects.get()
    assert (found.fiscal_year, found.total, found.online) == (2025, total, online)
    assert found.history.get().by_name == str(member)
    assert Procedure.objects.get().version == procedure.version + 1


def test_a_year_of_which_nothing_is_known_is_not_stored(procedure, member):
    assert set_volume(procedure, member).pk is None

    assert not YearlyVolume.objects.exists()
    assert Procedure.objects.get().version == procedure.version


def test_a_known_volume_can_become_unknown_again(counted, member):
    set_volume(counted, member)

    found = YearlyVolume.objects.get()
    assert (found.total, found.online) == (None, None)


def test_each_year_stands_alone(procedure, member):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=100)

    set_volume(procedure, member, year=2025, total=7)

    rows = YearlyVolume.objects.order_by("fiscal_year").values_list("fiscal_year", "total")
    assert list(rows) == [(2024, 100), (2025, 7)]


def test_equal_values_write_nothing(procedure, member):
    volume = factories.VolumeFactory(procedure=procedure, total=100)

    set_volume(procedure, member, total=100)

    assert volume.history.count() == 1
    assert Procedure.objects.get().version == procedure.version


def test_more_online_than_all_is_refused(procedure, member):
    with pytest.raises(ValidationError) as refused:
        set_volume(procedure, member, total=10, online=11)

    assert refused.value.messages == ["オンライン件数は年間件数以下にしてください。"]
    assert not YearlyVolume.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"), [({"total": -1}, "total"), ({"year": 1900}, "fiscal_year")]
)
def test_an_impossible_number_is_refused_at_its_field(procedure, member, wrong, field):
    with pytest.raises(ValidationError) as refused:
        set_volume(procedure, member, **{"total": 1} | wrong)

    assert set(refused.value.error_dict) == {field}


def test_two_people_on_one_number_the_second_is_refused_with_both(counted, member, division_person):
    set_volume(counted, division_person, total=120, online=10)

    with pytest.raises(Conflict) as found:
        set_volume(counted, member, total=130, online=12)

    (one,) = found.value.disagreements
    assert (one.field, one.mine, one.theirs) == ("total", 130, 120)
    assert one.by_name == str(division_person)
    assert found.value.changes == {"online": 12}
    stored = YearlyVolume.objects.get()
    assert (stored.total, stored.online) == (120, 10)


def test_two_people_who_both_enter_a_new_year(procedure, member, division_person):
    set_volume(procedure, division_person, total=120)

    with pytest.raises(Conflict) as found:
        set_volume(procedure, member, total=130)

    assert [(one.mine, one.theirs) for one in found.value.disagreements] == [(130, 120)]


def test_two_people_on_different_numbers_of_one_year_both_keep_their_work(
    counted, member, division_person
):
    set_volume(counted, division_person, total=120, online=10)

    set_volume(counted, member, total=100, online=12)

    stored = YearlyVolume.objects.get()
    assert (stored.total, stored.online) == (120, 12)


def test_an_edit_of_the_procedure_meanwhile_is_no_conflict(procedure, member, division_person):
    actions.update_procedure(
        procedure_id=procedure.pk,
        sent={"note": "備考"},
        version=procedure.version,
        by=division_person,
        source=Source.FORM,
    )

    set_volume(procedure, member, total=5)

    assert YearlyVolume.objects.get().total == 5
    assert Procedure.objects.get().note == "備考"


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_division_and_administrator_set_volumes_too(procedure, person, request):
    set_volume(procedure, request.getfixturevalue(person), total=1)

    assert YearlyVolume.objects.get().total == 1


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_set_volumes(procedure, person, request):
    with pytest.raises(PermissionDenied):
        set_volume(procedure, request.getfixturevalue(person), total=1)

    assert not YearlyVolume.objects.exists()


def edit(procedure, version=None, **sent) -> VolumeEdit:
    """An edit by somebody who saw the present version, or ``version``."""
    return VolumeEdit(procedure.pk, version or procedure.version, sent)


def stored(year=2025) -> dict[int, tuple[int | None, int | None]]:
    rows = YearlyVolume.objects.filter(fiscal_year=year)
    return {row.procedure_id: (row.total, row.online) for row in rows}


def test_many_rows_are_written_each_for_itself(department, counted, member, division_person):
    new = factories.ProcedureFactory(department=department)
    same, wrong = (factories.ProcedureFactory(department=department) for _ in range(2))
    set_volume(counted, division_person, total=120, online=10)

    result = set_volumes(
        fiscal_year=2025,
        edits=[
            edit(counted, total=130, online=10),
            edit(new, total=7, online=0, certainty="estimate"),
            edit(same, total=None, online=None, certainty="actual"),
            edit(wrong, total=10, online=11),
        ],
        by=member,
    )

    assert result.saved == [new.pk]
    (conflict,) = result.conflicts[counted.pk].disagreements
    assert (conflict.mine, conflict.theirs) == (130, 120)
    assert set(result.refused[wrong.pk].error_dict) == {"online"}
    assert stored() == {counted.pk: (120, 10), new.pk: (7, 0)}
    volume = YearlyVolume.objects.get(procedure=new)
    assert (volume.history.get().by_name, volume.certainty) == (str(member), "estimate")
    new.refresh_from_db()
    assert (new.version, new.history.count()) == (2, 2)
    same.refresh_from_db()
    assert (same.version, wrong.version) == (1, 1)


def test_a_row_of_another_department_stops_all_of_them(procedure, member):
    foreign = factories.ProcedureFactory()

    with pytest.raises(PermissionDenied):
        set_volumes(
            fiscal_year=2025, edits=[edit(procedure, total=1), edit(foreign, total=1)], by=member
        )

    assert not YearlyVolume.objects.exists()


def test_an_edit_of_something_else_meanwhile_is_no_conflict_in_a_sheet(
    counted, member, division_person
):
    version = counted.version
    set_volume(counted, division_person, total=100, online=12)

    result = set_volumes(
        fiscal_year=2025, edits=[edit(counted, version, total=130, online=10)], by=member
    )

    assert result.saved == [counted.pk]
    assert stored() == {counted.pk: (130, 12)}


def test_a_version_that_no_history_knows_asks_about_every_difference(counted, member):
    result = set_volumes(
        fiscal_year=2025, edits=[edit(counted, 99, total=100, online=12)], by=member
    )

    (one,) = result.conflicts[counted.pk].disagreements
    assert (one.field, one.mine, one.theirs) == ("online", 12, 10)


def test_a_year_that_was_unknown_when_it_was_seen_and_is_filled_now(
    procedure, member, division_person
):
    set_volume(procedure, division_person, total=120)

    result = set_volumes(fiscal_year=2025, edits=[edit(procedure, total=130)], by=member)

    assert list(result.conflicts) == [procedure.pk]


@pytest.mark.parametrize("is_stale", [False, True])
def test_many_rows_take_as_many_queries_as_one(department, member, is_stale):
    def queries(count: int) -> int:
        rows = factories.ProcedureFactory.create_batch(count, department=department)
        if is_stale:
            for row in rows:
                actions.update_procedure(
                    procedure_id=row.pk,
                    sent={"note": "備考"},
                    version=row.version,
                    by=member,
                    source=Source.FORM,
                )
        with CaptureQueriesContext(connection) as captured:
            result = set_volumes(
                fiscal_year=2025, edits=[edit(row, total=5) for row in rows], by=member
            )
        assert len(result.saved) == count
        return len(captured)

    queries(1)  # remembers the rights of the person
    assert queries(1) == queries(12)
