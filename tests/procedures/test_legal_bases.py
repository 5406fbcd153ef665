"""Replacing the legal bases of a procedure: the whole list, one of them primary."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from procedures import actions
from procedures.actions import BasisDraft, drafts_of
from procedures.editing import Conflict
from procedures.models import LegalBasis, Procedure, Source
from procedures.rules import Category
from tests import factories

LAW = BasisDraft(level="national", name="住民基本台帳法", article="第22条", law_kind="act")
RULE = BasisDraft(level="municipal", name="市規則", article="第3条")


@pytest.fixture
def procedure(department):
    """A procedure whose only basis is an ordinance of the city."""
    return factories.LegalBasisFactory(
        procedure__department=department, name="市条例", article="第1条"
    ).procedure


def bases_of(procedure) -> tuple[BasisDraft, ...]:
    """What is stored, as drafts."""
    return drafts_of(LegalBasis.objects.filter(procedure=procedure))


def replace(procedure, by, *bases):
    """The list of a person who saw the present version."""
    return actions.replace_legal_bases(
        procedure_id=procedure.pk, bases=bases, version=procedure.version, by=by
    )


def primary(draft, **changes):
    """``draft`` as the primary basis."""
    return changed(draft, is_primary=True, **changes)


def changed(draft, **changes):
    """``draft`` with changes."""
    return BasisDraft(**{"pk": draft.pk, **draft.values, **changes})


def names_of(procedure) -> list[tuple[str, bool]]:
    """Names of the stored bases, and which is the primary one."""
    return [(basis.name, basis.is_primary) for basis in bases_of(procedure)]


def test_a_basis_is_added_and_the_strongest_level_counts(procedure, member):
    (ordinance,) = bases_of(procedure)
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    assert Procedure.objects.get().category == Category.EXEMPT

    replace(procedure, member, ordinance, LAW)

    found = Procedure.objects.get()
    assert names_of(found) == [("市条例", True), ("住民基本台帳法", False)]
    assert found.category == Category.PENDING  # the ordinance exempts nothing that a law prescribes
    assert found.version == procedure.version + 1


def test_another_basis_becomes_the_primary_one(procedure, member):
    (ordinance,) = bases_of(procedure)

    replace(procedure, member, changed(ordinance, is_primary=False), primary(LAW))

    assert names_of(procedure) == [("住民基本台帳法", True), ("市条例", False)]


def test_primary_moves_between_stored_bases_both_ways(procedure, member):
    other = factories.LegalBasisFactory(procedure=procedure, name="市規則", is_primary=False)
    first, second = bases_of(procedure)

    replaced = replace(procedure, member, changed(first, is_primary=False), primary(second))
    assert names_of(procedure) == [("市規則", True), ("市条例", False)]

    replace(replaced, member, primary(first), changed(second, is_primary=False))
    assert names_of(procedure) == [("市条例", True), ("市規則", False)]
    assert LegalBasis.objects.filter(pk=other.pk).exists()


def test_the_primary_basis_is_removed_and_another_takes_its_place(procedure, member):
    replace(procedure, member, primary(RULE))

    assert names_of(procedure) == [("市規則", True)]


def test_all_bases_can_be_removed(procedure, member):
    replace(procedure, member)

    assert bases_of(procedure) == ()
    assert Procedure.objects.get().version == procedure.version + 1


def test_each_write_stands_in_the_history_under_the_persons_name(procedure, member):
    (ordinance,) = bases_of(procedure)
    replaced = replace(procedure, member, primary(ordinance, article="第2条"), LAW)
    replace(replaced, member, primary(ordinance, article="第2条"))

    rows = LegalBasis.history.filter(by_name=str(member)).order_by("history_id")
    assert [(row.history_type, row.name, row.article) for row in rows] == [
        ("+", "住民基本台帳法", "第22条"),
        ("~", "市条例", "第2条"),
        ("-", "住民基本台帳法", "第22条"),
    ]
    assert {row.change_source for row in rows} == {Source.FORM}


def test_the_same_list_writes_nothing(procedure, member):
    history = LegalBasis.history.count()

    replace(procedure, member, *bases_of(procedure))

    assert LegalBasis.history.count() == history
    assert Procedure.objects.get().version == procedure.version


@pytest.mark.parametrize("primaries", [0, 2])
def test_exactly_one_of_several_is_primary(procedure, member, primaries):
    bases = [changed(LAW, is_primary=primaries > 0), changed(RULE, is_primary=primaries > 1)]

    with pytest.raises(ValidationError) as refused:
        replace(procedure, member, *bases)

    assert refused.value.messages == [actions.NO_PRIMARY]
    assert names_of(procedure) == [("市条例", True)]


@pytest.mark.parametrize("field", ["level", "law_kind"])
def test_an_unknown_code_is_refused_and_nothing_is_written(procedure, member, field):
    (ordinance,) = bases_of(procedure)

    with pytest.raises(ValidationError) as refused:
        replace(procedure, member, primary(ordinance), changed(LAW, **{field: "imperial"}))

    assert set(refused.value.error_dict) == {field}
    assert names_of(procedure) == [("市条例", True)]


def test_two_people_on_the_list_the_second_is_refused_with_both_lists(
    procedure, member, division_person
):
    (ordinance,) = bases_of(procedure)
    replace(procedure, division_person, ordinance, RULE)

    with pytest.raises(Conflict) as found:
        replace(procedure, member, ordinance, LAW)

    (one,) = found.value.disagreements
    assert [draft.name for draft in one.mine] == ["市条例", "住民基本台帳法"]
    assert [draft.name for draft in one.theirs] == ["市条例", "市規則"]
    assert one.by_name == str(division_person)
    assert one.at is not None
    assert [name for name, _ in names_of(procedure)] == ["市条例", "市規則"]


def test_an_untouched_list_does_nothing_even_if_the_stored_one_has_moved_on(
    procedure, member, division_person
):
    seen = bases_of(procedure)
    replace(procedure, division_person, *seen, RULE)

    replace(procedure, member, *seen)

    assert [name for name, _ in names_of(procedure)] == ["市条例", "市規則"]


def test_an_edit_of_other_fields_meanwhile_is_no_conflict(procedure, member, division_person):
    actions.update_procedure(
        procedure_id=procedure.pk,
        sent={"note": "備考"},
        version=procedure.version,
        by=division_person,
        source=Source.FORM,
    )

    replace(procedure, member, *bases_of(procedure), LAW)

    found = Procedure.objects.get()
    assert (found.note, len(bases_of(found))) == ("備考", 2)


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_division_and_administrator_replace_too(procedure, person, request):
    replace(procedure, request.getfixturevalue(person), primary(LAW))

    assert names_of(procedure) == [("住民基本台帳法", True)]


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_replace(procedure, person, request):
    with pytest.raises(PermissionDenied):
        replace(procedure, request.getfixturevalue(person), primary(LAW))

    assert names_of(procedure) == [("市条例", True)]


def test_a_basis_of_another_procedure_is_never_touched(procedure, member):
    foreign = factories.LegalBasisFactory(name="よその条例")
    draft = BasisDraft(level="municipal", name="私の条例", is_primary=True, pk=foreign.pk)

    replace(procedure, member, draft)

    assert names_of(foreign.procedure) == [("よその条例", True)]
    assert names_of(procedure) == [("私の条例", True)]
