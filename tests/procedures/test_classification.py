"""The bridge between rules and database: what is read, what is stored, how it is checked."""

import pytest
from django.core.management import CommandError, call_command

from procedures.classification import (
    DERIVED_FIELDS,
    classify_and_store,
    differences,
    facts_of,
    set_classification,
    with_facts,
)
from procedures.models import ASPECT_FIELDS, FLAG_FIELDS, Procedure, Source
from procedures.records import Origin
from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    ExemptionGround,
    Facts,
    PolicyRevision,
    Warning,
)
from tests import factories

STRICT = PolicyRevision(
    key="strict",
    effective_from=POLICY_2024.effective_from,
    honours_national_list=True,
    accepted={aspect: {Answer.NOT_NEEDED} for aspect in Aspect},
    exemption_grounds=POLICY_2024.exemption_grounds,
)


@pytest.fixture
def origin(administrator):
    return Origin(administrator, Source.REVISION)


def test_a_new_procedure_is_nothing_known_yet():
    assert facts_of(Procedure(), levels=(), ground=ExemptionGround.NONE) == Facts()


@pytest.mark.parametrize("field", ASPECT_FIELDS)
@pytest.mark.parametrize("answer", list(Answer))
def test_each_answer_reaches_the_rules(field, answer):
    facts = facts_of(Procedure(**{field: answer.value}), levels=(), ground="none")

    assert facts.answers[Aspect(field)] is answer


@pytest.mark.parametrize("field", FLAG_FIELDS)
def test_each_flag_reaches_the_rules(field):
    facts = facts_of(Procedure(**{field: True}), levels=(), ground="none")

    assert {name for name in FLAG_FIELDS if getattr(facts, name)} == {field}


def test_national_listing_basis_and_exemption_are_read_from_the_database(department):
    procedure = factories.ProcedureFactory(
        department=department, national_priority=factories.NationalPriorityFactory()
    )
    factories.LegalBasisFactory(procedure=procedure, level="municipal")
    factories.LegalBasisFactory(procedure=procedure, level="national", is_primary=False)
    factories.ExemptionFactory(procedure=procedure, ground="national_list", confirmed=True)

    facts = facts_of(Procedure.objects.get())

    assert facts.national_priority
    assert facts.basis is BasisLevel.NATIONAL
    assert facts.exemption is ExemptionGround.NATIONAL_LIST


@pytest.mark.parametrize("state", ["proposed", "withdrawn"])
def test_an_exemption_that_is_not_decided_is_none(department, state):
    exemption = factories.ExemptionFactory(procedure__department=department, state=state)

    assert facts_of(exemption.procedure).exemption is ExemptionGround.NONE


def test_every_derived_field_is_set_and_covers_the_rules_result(department):
    procedure = factories.ProcedureFactory(
        department=department, payment="offline", identity_check="not_needed"
    )

    result = set_classification(procedure, facts_of(procedure), POLICY_2024)

    stored = {name: getattr(procedure, name) for name in DERIVED_FIELDS}
    assert stored == {
        "category": result.category.value,
        "grounds": ("3(2)",),
        "obstacles": ("payment",),
        "unanswered": ("attachments", "in_person", "physical_item", "deliverable"),
        "warnings": (),
        "policy_key": POLICY_2024.key,
    }


def test_warnings_are_stored(department):
    exemption = factories.ExemptionFactory(procedure__department=department, confirmed=True)

    assert Procedure.objects.get().warnings == (Warning.EXEMPTION_BASIS_UNKNOWN,)
    assert exemption.procedure.warnings == (Warning.EXEMPTION_BASIS_UNKNOWN,)


def test_another_policy_reclassifies_only_what_it_changes_and_is_no_sign_of_life(
    department, origin
):
    same = factories.ProcedureFactory(department=department)
    moved = factories.ProcedureFactory(department=department, clear=True)
    set_classification(same, facts_of(same), STRICT)
    Procedure.objects.filter(pk=same.pk).update(policy_key=STRICT.key)

    assert classify_and_store(Procedure.objects.all(), origin, STRICT) == 1

    found = Procedure.objects.get(pk=moved.pk)
    assert (found.category, found.policy_key) == (Category.PENDING, "strict")
    assert found.changed_at == moved.changed_at
    assert found.history.get(version=2).change_source == Source.REVISION
    assert same.history.count() == 1


def test_reclassifying_twice_writes_once(department, origin):
    factories.ProcedureFactory(department=department, clear=True)

    assert classify_and_store(Procedure.objects.all(), origin, STRICT) == 1
    assert classify_and_store(Procedure.objects.all(), origin, STRICT) == 0


def test_reading_facts_takes_the_same_number_of_queries_for_any_number_of_rows(
    department, django_assert_num_queries
):
    for number in range(20):
        basis = factories.LegalBasisFactory(procedure__department=department)
        if number % 2:
            factories.ExemptionFactory(procedure=basis.procedure, confirmed=True)

    for rows in (1, 20):
        with django_assert_num_queries(2):
            for procedure in with_facts(Procedure.objects.all())[:rows]:
                facts_of(procedure)


@pytest.mark.parametrize(
    "tampered", [{"category": "priority"}, {"obstacles": ("payment",)}, {"policy_key": "old"}]
)
def test_check_inventory_finds_a_tampered_row_and_reclassify_mends_it(department, tampered, capsys):
    procedure = factories.ProcedureFactory(department=department, name="転入届")
    factories.ProcedureFactory(department=department, clear=True)
    call_command("check_inventory")

    Procedure.objects.filter(pk=procedure.pk).update(**tampered)
    with pytest.raises(CommandError):
        call_command("check_inventory")
    assert "転入届" in capsys.readouterr().out
    assert [row[:2] for row in differences(Procedure.objects.all())] == [
        (procedure, next(iter(tampered)))
    ]

    call_command("reclassify")
    call_command("check_inventory")
    assert not list(differences(Procedure.objects.all()))
