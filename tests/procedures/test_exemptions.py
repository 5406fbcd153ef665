"""Exemptions (clause 6): proposed by a team, decided by the division, counted when it fits."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from procedures import actions
from procedures.actions.exemptions import CHANGED_MEANWHILE
from procedures.models import Exemption, Procedure
from procedures.permissions import DIVISION_ONLY
from procedures.rules import POLICY_2024, BasisLevel, Category, ExemptionGround, Warning
from tests import factories

GROUNDS = [ground for ground in ExemptionGround if ground is not ExemptionGround.NONE]
# Clause 6, written down a second time: which ground exempts a procedure of which basis.
HOLDS = {
    (BasisLevel.MUNICIPAL, ExemptionGround.ORDINANCE_ART7),
    (BasisLevel.MUNICIPAL, ExemptionGround.RULE_ART16),
    (BasisLevel.NATIONAL, ExemptionGround.NATIONAL_LIST),
}


@pytest.fixture
def procedure(department):
    """A municipal procedure of ``department`` in which something hinders."""
    basis = factories.LegalBasisFactory(
        procedure__department=department, procedure__payment="offline"
    )
    return basis.procedure


def propose(procedure, by, ground=ExemptionGround.RULE_ART16, article="第1項", reason="対面が要る"):
    """A proposal with everything that it needs."""
    return actions.propose_exemption(
        procedure_id=procedure.pk, ground=ground, article=article, reason=reason, by=by
    )


def stored(procedure) -> Procedure:
    """The procedure as the database has it."""
    return Procedure.objects.select_related("exemption").get(pk=procedure.pk)


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("basis", list(BasisLevel))
def test_only_a_confirmed_exemption_whose_ground_fits_the_basis_exempts(
    department, member, division_person, basis, ground, is_confirmed
):
    procedure = factories.ProcedureFactory(department=department)
    factories.LegalBasisFactory(procedure=procedure, level=basis.value)

    propose(procedure, member, ground)
    if is_confirmed:
        actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)

    expected = is_confirmed and (basis, ground) in HOLDS
    found = stored(procedure)
    assert (found.category == Category.EXEMPT) is expected
    if is_confirmed and not expected:
        unknown = basis is BasisLevel.UNKNOWN
        assert found.warnings == (
            Warning.EXEMPTION_BASIS_UNKNOWN if unknown else Warning.EXEMPTION_GROUND_MISMATCH,
        )
    else:
        assert found.warnings == ()


def test_the_table_of_this_file_is_the_one_of_the_policy():
    assert {
        (basis, ground)
        for basis, grounds in POLICY_2024.exemption_grounds.items()
        for ground in grounds
    } == HOLDS


def test_a_proposal_exempts_nothing_and_says_who_and_when(procedure, member):
    exemption = propose(procedure, member)

    found = stored(procedure)
    assert found.category == Category.PENDING
    assert found.exemption.state == Exemption.State.PROPOSED
    assert (found.exemption.proposed_by, found.exemption.confirmed_by) == (member, None)
    assert found.exemption.proposed_at == exemption.history.get().history_date
    assert found.version == procedure.version + 1


def test_the_same_proposal_again_writes_nothing(procedure, member, division_person):
    first = propose(procedure, member)
    propose(procedure, division_person)

    found = stored(procedure)
    assert (found.exemption.proposed_by, found.exemption.history.count()) == (member, 1)
    assert found.version == procedure.version + 1
    assert found.exemption.proposed_at == first.proposed_at


def test_a_changed_proposal_is_a_new_one(procedure, member, division_person):
    propose(procedure, member)
    propose(procedure, division_person, reason="別の理由")

    found = stored(procedure).exemption
    assert (found.proposed_by, found.reason) == (division_person, "別の理由")
    assert found.history.count() == 2


def test_confirming_says_by_whom_and_reclassifies(procedure, member, division_person):
    propose(procedure, member)

    actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)

    found = stored(procedure)
    assert (found.category, found.grounds) == (Category.EXEMPT, ("6-rule",))
    assert found.exemption.confirmed_by == division_person
    assert found.obstacles == ("payment",)


def test_withdrawing_reclassifies_and_forgets_who_confirmed(procedure, member, division_person):
    propose(procedure, member)
    actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)

    actions.withdraw_exemption(procedure_id=procedure.pk, by=division_person)

    found = stored(procedure)
    assert (found.category, found.grounds) == (Category.PENDING, ("3(2)",))
    assert found.exemption.state == Exemption.State.WITHDRAWN
    assert (found.exemption.confirmed_by, found.exemption.confirmed_at) == (None, None)
    states = found.exemption.history.order_by("history_id").values_list("state", flat=True)
    assert list(states) == ["proposed", "confirmed", "withdrawn"]


def test_a_withdrawn_exemption_can_be_proposed_again(procedure, member, division_person):
    propose(procedure, member)
    actions.withdraw_exemption(procedure_id=procedure.pk, by=division_person)

    propose(procedure, member)

    assert stored(procedure).exemption.state == Exemption.State.PROPOSED


def test_a_confirmed_exemption_is_not_proposed_over(procedure, member, division_person):
    propose(procedure, member)
    actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)

    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, ExemptionGround.ORDINANCE_ART7)

    assert refused.value.messages == [actions.CONFIRMED_ALREADY]
    assert stored(procedure).category == Category.EXEMPT


@pytest.mark.parametrize("action", [actions.confirm_exemption, actions.withdraw_exemption])
def test_there_must_be_something_to_decide(procedure, member, division_person, action):
    with pytest.raises(ValidationError) as refused:
        action(procedure_id=procedure.pk, by=division_person)
    assert refused.value.messages == [actions.NO_EXEMPTION]

    propose(procedure, member)
    action(procedure_id=procedure.pk, by=division_person)
    with pytest.raises(ValidationError) as refused:
        action(procedure_id=procedure.pk, by=division_person)
    assert refused.value.messages == [actions.NOT_PROPOSED]


@pytest.mark.parametrize("action", [actions.confirm_exemption, actions.withdraw_exemption])
def test_what_is_decided_is_the_proposal_that_was_seen(procedure, member, division_person, action):
    seen = propose(procedure, member).proposed_at
    propose(procedure, member, reason="後から変えた理由")

    with pytest.raises(ValidationError) as refused:
        action(procedure_id=procedure.pk, by=division_person, proposed_at=seen)
    assert refused.value.messages == [CHANGED_MEANWHILE]
    assert stored(procedure).exemption.state == Exemption.State.PROPOSED

    now = stored(procedure).exemption.proposed_at
    action(procedure_id=procedure.pk, by=division_person, proposed_at=now)
    assert stored(procedure).exemption.state != Exemption.State.PROPOSED


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_propose(procedure, person, request):
    propose(procedure, request.getfixturevalue(person))

    assert Exemption.objects.count() == 1


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_propose(procedure, person, request):
    with pytest.raises(PermissionDenied):
        propose(procedure, request.getfixturevalue(person))

    assert not Exemption.objects.exists()


@pytest.mark.parametrize("person", ["member", "other_member", "administrator", "reader"])
@pytest.mark.parametrize("action", [actions.confirm_exemption, actions.withdraw_exemption])
def test_only_the_division_decides(procedure, member, person, action, request):
    propose(procedure, member)

    with pytest.raises(PermissionDenied) as refused:
        action(procedure_id=procedure.pk, by=request.getfixturevalue(person))

    assert str(refused.value) == DIVISION_ONLY
    assert stored(procedure).exemption.state == Exemption.State.PROPOSED


def test_no_exemption_without_a_ground(procedure, member):
    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, ExemptionGround.NONE)

    assert set(refused.value.error_dict) == {"ground"}
