"""Exemptions (clause 6): proposed by a team, decided by the division, counted when it fits."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from procedures import actions
from procedures.actions.exemptions import (
    CHANGED_MEANWHILE,
    NO_ARTICLE,
    NO_LAW,
    NOT_CONFIRMED,
    WITHDRAWN_ALREADY,
    last_review,
)
from procedures.models import Exemption, LegalBasis, Procedure
from procedures.models.exemption import suggested_review
from procedures.permissions import DIVISION_ONLY
from procedures.rules import POLICY_2024, BasisLevel, Category, ExemptionGround, Warning
from tests import factories

State = Exemption.State
GROUNDS = [ground for ground in ExemptionGround if ground is not ExemptionGround.NONE]
# Clause 6, written down a second time: which ground exempts a procedure of which basis.
HOLDS = {
    ("municipal", "ordinance_art7"),
    ("municipal", "rule_art16"),
    ("national", "national_list"),
}


@pytest.fixture
def procedure(department):
    """A municipal procedure of ``department`` in which something hinders."""
    basis = factories.LegalBasisFactory(
        procedure__department=department, procedure__payment="offline"
    )
    return basis.procedure


def propose(procedure, by, ground=ExemptionGround.RULE_ART16, **changes):
    """A proposal with everything that it needs."""
    said = {"article": "第1項", "law_name": "試験法", "reason": "対面が要る"} | changes
    return actions.propose_exemption(procedure_id=procedure.pk, ground=ground, by=by, **said)


def stored(procedure) -> Procedure:
    """The procedure as the database has it."""
    return Procedure.objects.select_related("exemption").get(pk=procedure.pk)


def ask(procedure, by, **changes):
    """A question of the division."""
    return actions.return_proposal(
        procedure_id=procedure.pk, question="何号ですか", by=by, **changes
    )


ACTS = {
    "confirm": actions.confirm_exemption,
    "renew": actions.renew_exemption,
    "return": lambda **sent: actions.return_proposal(question="何号ですか", **sent),
    "withdraw": actions.withdraw_exemption,
}
# From each state what the division can do, and where that leads.
LEADS = {
    ("proposed", "confirm"): "confirmed",
    ("proposed", "return"): "returned",
    ("proposed", "withdraw"): "withdrawn",
    ("returned", "withdraw"): "withdrawn",
    ("confirmed", "renew"): "confirmed",
    ("confirmed", "withdraw"): "withdrawn",
}


def bring_to(state, procedure, member, division_person, ground=ExemptionGround.RULE_ART16):
    """Brings the exemption of ``procedure`` to ``state`` as people do."""
    if state == "none":
        return
    propose(procedure, member, ground)
    act = {"returned": "return", "confirmed": "confirm", "withdrawn": "withdraw"}.get(state)
    if act:
        ACTS[act](procedure_id=procedure.pk, by=division_person)


# --- The truth table ---------------------------------------------------------------------------


@pytest.mark.once
def test_the_truth_table_of_clause_6(department, member, division_person):
    """Basis × ground × state: only a confirmed exemption whose ground fits the basis exempts."""
    cells = list(product(BasisLevel, GROUNDS, [*State.values, "none"]))
    for basis, ground, state in cells:
        procedure = factories.ProcedureFactory(department=department)
        factories.LegalBasisFactory(procedure=procedure, level=basis.value)
        bring_to(state, procedure, member, division_person, ground)

        is_confirmed, fits = state == "confirmed", (basis.value, ground.value) in HOLDS
        found = stored(procedure)
        cell = (basis, ground, state)
        assert (found.category == "exempt") is (is_confirmed and fits), cell
        expected = ()
        if is_confirmed and not fits:
            unknown = basis.value == "unknown"
            expected = ("exemption_basis_unknown" if unknown else "exemption_ground_mismatch",)
        assert found.warnings == expected, cell
    assert len(cells) == 4 * 3 * 5


def test_the_table_of_this_file_is_the_one_of_the_policy():
    assert {
        (basis.value, ground.value)
        for basis, grounds in POLICY_2024.exemption_grounds.items()
        for ground in grounds
    } == HOLDS


def test_another_basis_makes_a_confirmed_exemption_hold_no_more(procedure, member, division_person):
    bring_to("confirmed", procedure, member, division_person)
    (draft,) = actions.drafts_of(LegalBasis.objects.all())

    actions.replace_legal_bases(
        procedure_id=procedure.pk,
        bases=[replace(draft, level="national")],
        version=Procedure.objects.get().version,
        by=member,
    )

    assert stored(procedure).warnings == (Warning.EXEMPTION_GROUND_MISMATCH,)
    assert stored(procedure).category == Category.PENDING


# --- Proposing ---------------------------------------------------------------------------------


def test_a_proposal_exempts_nothing_and_says_who_and_when(procedure, member):
    exemption = propose(procedure, member)

    found = stored(procedure)
    assert found.category == Category.PENDING
    assert found.exemption.state == State.PROPOSED
    assert (found.exemption.proposed_by, found.exemption.confirmed_by) == (member, None)
    assert found.exemption.proposed_at == exemption.history.get().history_date
    assert found.version == procedure.version + 1


def test_the_same_proposal_again_writes_nothing(procedure, member, division_person):
    first = propose(procedure, member, seen="")
    propose(procedure, division_person, seen="")  # the same form, pressed twice

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


def test_nobody_proposes_over_what_they_have_not_seen(procedure, member, division_person):
    propose(procedure, member)

    with pytest.raises(ValidationError, match=CHANGED_MEANWHILE):
        propose(procedure, division_person, reason="別の理由", seen="")

    found = stored(procedure).exemption
    assert found.reason == "対面が要る"
    propose(procedure, division_person, reason="別の理由", seen=found.stamp)
    assert stored(procedure).exemption.reason == "別の理由"


def test_proposing_again_answers_the_question(procedure, member, division_person):
    bring_to("returned", procedure, member, division_person)
    assert stored(procedure).exemption.question == "何号ですか"

    propose(procedure, member)

    found = stored(procedure).exemption
    assert (found.state, found.question) == (State.PROPOSED, "")
    states = found.history.order_by("history_id").values_list("state", "question")
    assert list(states) == [("proposed", ""), ("returned", "何号ですか"), ("proposed", "")]


def test_a_withdrawn_exemption_can_be_proposed_again(procedure, member, division_person):
    bring_to("withdrawn", procedure, member, division_person)

    propose(procedure, member)

    assert stored(procedure).exemption.state == State.PROPOSED


def test_a_confirmed_exemption_is_not_proposed_over(procedure, member, division_person):
    bring_to("confirmed", procedure, member, division_person)

    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, ExemptionGround.ORDINANCE_ART7)

    assert refused.value.messages == [actions.CONFIRMED_ALREADY]
    assert stored(procedure).category == Category.EXEMPT


def test_a_national_exemption_carries_law_article_and_id(procedure, member):
    propose(procedure, member, ExemptionGround.NATIONAL_LIST, national_id="DP24009650")

    found = stored(procedure).exemption
    assert (found.law_name, found.article, found.national_id) == ("試験法", "第1項", "DP24009650")
    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, ExemptionGround.NATIONAL_LIST, law_name="", article="")
    assert refused.value.message_dict == {"law_name": [NO_LAW], "law_article": [NO_ARTICLE]}


def test_what_belongs_to_another_ground_is_left_away(procedure, member):
    provision = factories.ProvisionFactory()
    propose(procedure, member, national_id="DP1")
    found = stored(procedure).exemption
    assert (found.law_name, found.national_id) == ("", "")

    propose(procedure, member, ExemptionGround.NATIONAL_LIST, provision_id=provision.pk)
    assert stored(procedure).exemption.provision is None


def test_a_city_exemption_needs_a_provision_of_today_or_an_article(procedure, member):
    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, article="")
    assert refused.value.message_dict == {"article": [NO_ARTICLE]}

    today = timezone.localdate()
    own = factories.ProvisionFactory(ground="rule_art16", valid_from=today, valid_to=today)
    other = factories.ProvisionFactory(ground="ordinance_art7")
    ended = factories.ProvisionFactory(ground="rule_art16", valid_to=today - timedelta(days=1))
    ahead = factories.ProvisionFactory(ground="rule_art16", valid_from=today + timedelta(days=1))
    for wrong in (None, other.pk, ended.pk, ahead.pk, 2**70):
        with pytest.raises(ValidationError) as refused:
            propose(procedure, member, provision_id=wrong)
        assert set(refused.value.error_dict) == {"provision"}
    assert not Exemption.objects.exists()

    propose(procedure, member, article="", provision_id=own.pk)
    found = stored(procedure).exemption
    assert (found.provision, found.article) == (own, own.article)


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_propose(procedure, person, request):
    propose(procedure, request.getfixturevalue(person))

    assert Exemption.objects.count() == 1


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_propose(procedure, person, request):
    with pytest.raises(PermissionDenied):
        propose(procedure, request.getfixturevalue(person))

    assert not Exemption.objects.exists()


def test_no_exemption_without_a_ground(procedure, member):
    with pytest.raises(ValidationError) as refused:
        propose(procedure, member, ExemptionGround.NONE)

    assert set(refused.value.error_dict) == {"ground"}


# --- Deciding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*State.values, "none"])
def test_each_decision_leads_from_its_states_alone(department, member, division_person, state):
    otherwise = {"renew": NOT_CONFIRMED, "withdraw": WITHDRAWN_ALREADY}
    for act, decide in ACTS.items():
        procedure = factories.LegalBasisFactory(procedure__department=department).procedure
        bring_to(state, procedure, member, division_person)
        before = Exemption.history.count()
        if (state, act) in LEADS:
            decide(procedure_id=procedure.pk, by=division_person)
            found = stored(procedure)
            assert found.exemption.state == LEADS[state, act]
            assert (found.category == Category.EXEMPT) is (LEADS[state, act] == "confirmed")
            continue
        with pytest.raises(ValidationError) as refused:
            decide(procedure_id=procedure.pk, by=division_person)
        sentence = otherwise.get(act, actions.NOT_PROPOSED)
        assert refused.value.messages == [actions.NO_EXEMPTION if state == "none" else sentence]
        assert Exemption.history.count() == before


def test_confirming_says_by_whom_and_until_when(procedure, member, division_person):
    bring_to("confirmed", procedure, member, division_person)

    found = stored(procedure)
    assert (found.category, found.grounds) == (Category.EXEMPT, ("6-rule",))
    assert found.exemption.confirmed_by == division_person
    assert found.exemption.review_on == suggested_review(timezone.localdate())
    assert found.obstacles == ("payment",)


def test_withdrawing_reclassifies_and_forgets_who_confirmed(procedure, member, division_person):
    bring_to("confirmed", procedure, member, division_person)

    actions.withdraw_exemption(procedure_id=procedure.pk, by=division_person)

    found = stored(procedure)
    assert (found.category, found.grounds) == (Category.PENDING, ("3(2)",))
    one = found.exemption
    assert (one.state, one.confirmed_by, one.confirmed_at, one.review_on) == (
        *(State.WITHDRAWN, None, None, None),
    )
    states = one.history.order_by("history_id").values_list("state", flat=True)
    assert list(states) == ["proposed", "confirmed", "withdrawn"]


def test_an_exemption_is_confirmed_anew_until_another_review(procedure, member, division_person):
    bring_to("confirmed", procedure, member, division_person)
    chosen = timezone.localdate() + timedelta(days=400)

    actions.renew_exemption(procedure_id=procedure.pk, by=division_person, review_on=chosen)

    found = stored(procedure).exemption
    assert (found.state, found.review_on) == (State.CONFIRMED, chosen)
    assert found.confirmed_at == found.history.first().history_date


@pytest.mark.parametrize("days", [-1, 0, 40_000])
def test_a_review_lies_ahead_and_not_too_far(procedure, member, division_person, days):
    bring_to("proposed", procedure, member, division_person)

    with pytest.raises(ValidationError) as refused:
        actions.confirm_exemption(
            procedure_id=procedure.pk,
            by=division_person,
            review_on=timezone.localdate() + timedelta(days=days),
        )

    assert set(refused.value.error_dict) == {"review_on"}
    assert stored(procedure).exemption.state == State.PROPOSED


@given(st.dates(date(2024, 4, 1), date(2100, 1, 1)))
def test_the_suggested_review_ends_the_fiscal_year_in_which_a_year_has_passed(on):
    review = suggested_review(on)
    assert (review.month, review.day) == (3, 31)
    assert 365 <= (review - on).days < 2 * 366
    assert on < review <= last_review(on)


def test_where_its_provision_has_ended_an_exemption_needs_another(
    procedure, member, division_person
):
    today = timezone.localdate()
    old = factories.ProvisionFactory(ground="rule_art16")
    propose(procedure, member, article="", provision_id=old.pk)
    actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)
    type(old).objects.update(valid_to=today - timedelta(days=1))
    new = factories.ProvisionFactory(ground="rule_art16", text="新しい条文")

    for wrong in (None, old.pk):
        with pytest.raises(ValidationError) as refused:
            actions.renew_exemption(
                procedure_id=procedure.pk, by=division_person, provision_id=wrong
            )
        assert set(refused.value.error_dict) == {"provision"}

    actions.renew_exemption(procedure_id=procedure.pk, by=division_person, provision_id=new.pk)
    found = stored(procedure).exemption
    assert (found.provision, found.article, found.text) == (new, new.article, "新しい条文")
    assert stored(procedure).category == Category.EXEMPT


@pytest.mark.parametrize(("state", "act"), LEADS)
def test_what_is_decided_is_what_was_seen(procedure, member, division_person, state, act):
    bring_to(state, procedure, member, division_person)
    seen = stored(procedure).exemption.stamp
    if state == "confirmed":
        day = timezone.localdate() + timedelta(days=30)
        actions.renew_exemption(procedure_id=procedure.pk, by=division_person, review_on=day)
    else:
        propose(procedure, member, reason="後から変えた理由")
        if state == "returned":
            ask(procedure, division_person)

    with pytest.raises(ValidationError) as refused:
        ACTS[act](procedure_id=procedure.pk, by=division_person, seen=seen)
    assert refused.value.messages == [CHANGED_MEANWHILE]
    assert stored(procedure).exemption.state == state

    now = stored(procedure).exemption.stamp
    ACTS[act](procedure_id=procedure.pk, by=division_person, seen=now)
    assert stored(procedure).exemption.state == LEADS[state, act]


@pytest.mark.parametrize("person", ["member", "other_member", "administrator", "reader"])
def test_only_the_division_decides(procedure, member, person, request):
    propose(procedure, member)

    for decide in ACTS.values():
        with pytest.raises(PermissionDenied) as refused:
            decide(procedure_id=procedure.pk, by=request.getfixturevalue(person))
        assert str(refused.value) == DIVISION_ONLY

    assert stored(procedure).exemption.state == State.PROPOSED


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "returned", "question": ""},
        {"state": "proposed", "question": "何号ですか"},
        {"state": "proposed", "review_on": date(2028, 3, 31)},
        {"state": "confirmed"},
    ],
)
def test_the_database_keeps_state_and_its_parts_together(procedure, broken):
    factories.ExemptionFactory(procedure=procedure)

    with pytest.raises(IntegrityError), transaction.atomic():
        Exemption.objects.update(**broken)
