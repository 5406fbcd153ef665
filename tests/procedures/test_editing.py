"""Three-way comparison: what was shown, what is stored by now, what is sent."""

import pytest

from procedures.editing import Conflict, merged_changes, rows_as_of
from procedures.merging import FieldConflict, merge
from procedures.models import LegalBasis, Source
from procedures.records import UNSAVED, Origin, delete, save
from tests import factories
from tracking.models import MigrationPlan


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "changes", "conflicts"),
    [
        ("a", "a", "a", {}, ()),
        ("a", "b", "a", {"field": "b"}, ()),
        ("a", "a", "b", {}, ()),
        ("a", "b", "b", {}, ()),
        ("a", "b", "c", {}, (FieldConflict("field", mine="b", theirs="c"),)),
        (None, 0, None, {"field": 0}, ()),
        (None, None, 0, {}, ()),
        (0, None, 1, {}, (FieldConflict("field", mine=None, theirs=1),)),
    ],
)
def test_merge_table(base, mine, theirs, changes, conflicts):
    merged = merge({"field": base}, {"field": mine}, {"field": theirs})

    assert merged.changes == changes
    assert merged.conflicts == conflicts


def test_merge_looks_at_each_field_alone():
    merged = merge(
        {"name": "a", "note": "x"}, {"name": "b", "note": "x"}, {"name": "a", "note": "y"}
    )

    assert merged.changes == {"name": "b"}
    assert merged.conflicts == ()


@pytest.fixture
def edited(department, member):
    """A procedure whose note ``member`` changed in version 2."""
    procedure = factories.ProcedureFactory(department=department, name="転入届", note="はじめ")
    procedure.note = "隣の人が書いた"
    save(procedure, ["note"], Origin(member, Source.FORM))
    return procedure


def test_another_field_than_the_one_that_moved_on_is_merged(edited):
    changes = merged_changes(edited, {"name": "転入の届出", "note": "はじめ"}, version=1)

    assert changes == {"name": "転入の届出"}


def test_the_same_field_is_a_conflict_with_both_values_and_who_and_when(edited, member):
    with pytest.raises(Conflict) as found:
        merged_changes(edited, {"name": "転入の届出", "note": "私が書いた"}, version=1)

    (one,) = found.value.disagreements
    assert (one.field, one.mine, one.theirs) == ("note", "私が書いた", "隣の人が書いた")
    assert one.by_name == str(member)
    assert one.at == edited.history.get(version=2).history_date
    assert found.value.changes == {"name": "転入の届出"}
    assert found.value.mine == {"name": "転入の届出", "note": "私が書いた"}


def test_who_is_the_one_who_last_changed_that_very_field(edited, division_person):
    edited.name = "転入・転居届"
    save(edited, ["name"], Origin(division_person, Source.FORM))

    with pytest.raises(Conflict) as found:
        merged_changes(edited, {"note": "私が書いた"}, version=1)

    assert found.value.disagreements[0].by_name != str(division_person)


def test_a_version_that_no_history_has_makes_each_differing_field_a_conflict(edited):
    with pytest.raises(Conflict) as found:
        merged_changes(edited, {"name": edited.name, "note": "私が書いた"}, version=99)

    assert [one.field for one in found.value.disagreements] == ["note"]


def test_two_who_both_found_no_plan_are_compared_with_an_empty_one(edited):
    plan = factories.PlanFactory(procedure=edited, assignee="先の人")

    with pytest.raises(Conflict) as found:
        merged_changes(plan, {"assignee": "後の人", "url": "https://example.jp/"}, UNSAVED)

    assert [one.field for one in found.value.disagreements] == ["assignee"]
    assert found.value.changes == {"url": "https://example.jp/"}
    assert MigrationPlan.objects.get().url == ""


def test_rows_as_of_gives_the_rows_that_stood_beside_a_version(department):
    procedure = factories.ProcedureFactory(department=department)
    first = factories.LegalBasisFactory(procedure=procedure, name="一番目")
    factories.LegalBasisFactory(procedure=procedure, name="二番目", is_primary=False)
    origin = factories.origin()
    first.name = "一番目（改正）"
    save(first, ["name"], origin)
    delete([first], factories.origin())

    assert rows_as_of(procedure, 1, LegalBasis) == []
    assert [row.name for row in rows_as_of(procedure, 2, LegalBasis)] == ["一番目"]
    assert [row.name for row in rows_as_of(procedure, 3, LegalBasis)] == ["一番目", "二番目"]
    assert rows_as_of(procedure, 99, LegalBasis) is None
