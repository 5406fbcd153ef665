"""Setting the yearly volume of one fiscal year; unknown is not 0."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from procedures import actions
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
