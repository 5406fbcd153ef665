"""方針の版: drafts, adoption on a day, the way back; every procedure follows in one transaction."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures import acts
from procedures.actions import policies as writers
from procedures.actions import update_procedure
from procedures.actions.policies import (
    adopt_policy,
    apply_scheduled,
    copy_policy,
    discard_policy,
    revert_policy,
    unschedule_policy,
    update_policy,
)
from procedures.classification import DERIVED_FIELDS, classified_anew, differences
from procedures.editing import Conflict, Overtaken
from procedures.models import Act, PolicyEdition, Procedure, Source
from procedures.policies import edition_in_force, edition_then, policy_in_force, rules_of
from procedures.rules import POLICY_2024, Answer, Aspect, BasisLevel, ExemptionGround
from tests import factories
from tests.tracking import inventories

pytestmark = pytest.mark.django_db
STRICT = {
    **{aspect.value: ["not_needed", "online"] for aspect in Aspect},
    **{key: ["not_needed"] for key in ("in_person", "physical_item", "deliverable", "payment")},
}
State = PolicyEdition.State


@pytest.fixture
def leader(db):
    """情報政策課長."""
    return factories.division_leader(username="kacho")


@pytest.fixture
def draft(division_person):
    """The stricter reading, as a draft that could be adopted today."""
    return a_draft(division_person)


def a_draft(by, **values):
    usual = {
        "key": "strict",
        "name": "厳しい読み方",
        "effective_from": POLICY_2024.effective_from,
        "accepted": STRICT,
        "decision_document": "令和8年決定",
    }
    return copy_policy(policy_id=edition_in_force().pk, values=usual | values, by=by)


def adopt(draft, by, **changes):
    """Adopts ``draft`` as somebody who has just seen what it changes."""
    found = classified_anew(Procedure.objects.all(), rules_of(draft))
    usual = {"reason": "議会の指摘", "expected_count": found.moved_count, "version": draft.version}
    return adopt_policy(policy_id=draft.pk, **(usual | changes), by=by)


def derived():
    """Every derived field of every procedure."""
    return list(Procedure.objects.order_by("pk").values_list("pk", *DERIVED_FIELDS))


def two_procedures(department):
    """One that the stricter reading moves, one that it leaves."""
    moved = factories.ProcedureFactory(department=department, clear=True, payment="online")
    return moved, factories.ProcedureFactory(department=department, clear=True)


# --- Drafts -------------------------------------------------------------------------------------


def test_a_draft_has_the_parameters_of_its_source_and_what_is_put_on_top(division_person):
    draft = copy_policy(
        policy_id=edition_in_force().pk,
        values={"key": "2027-04-01", "name": "改定案", "effective_from": date(2027, 4, 1)},
        by=division_person,
    )
    stored = PolicyEdition.objects.get(pk=draft.pk)
    assert (stored.state, stored.former, stored.decision_document) == (State.DRAFT, None, "")
    assert rules_of(stored).accepted == POLICY_2024.accepted
    assert rules_of(stored).exemption_grounds == POLICY_2024.exemption_grounds
    (entry,) = stored.history.all()
    assert (entry.history_type, entry.by_name) == ("+", str(division_person))


@pytest.mark.parametrize("person", ["reader", "member"])
def test_only_the_division_and_administrators_keep_drafts(person, request, draft):
    by = request.getfixturevalue(person)
    writes = (
        lambda: a_draft(by, key="another"),
        lambda: update_policy(policy_id=draft.pk, sent={"name": "別"}, version=1, by=by),
        lambda: discard_policy(policy_id=draft.pk, version=1, by=by),
    )
    for write in writes:
        with pytest.raises(PermissionDenied):
            write()
    assert PolicyEdition.objects.get(pk=draft.pk).version == 1
    assert PolicyEdition.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"key": "新しい版"}, "key", writers.BAD_KEY.format(key="新しい版")),
        ({"key": "k" * 41}, "key", writers.BAD_KEY.format(key="k" * 41)),
        ({"key": POLICY_2024.key}, "key", writers.KEY_TAKEN.format(key=POLICY_2024.key)),
        ({"effective_from": date(2024, 3, 31)}, "effective_from", writers.BAD_DAY),
        ({"effective_from": date(9999, 12, 31)}, "effective_from", writers.BAD_DAY),
        (
            {"accepted": STRICT | {"in_person": [], "payment": ["unknown"]}},
            "accepted",
            writers.NOTHING_ACCEPTED.format(aspects="対面」「金銭納付"),
        ),
    ],
)  # fmt: skip
def test_what_no_edition_can_be_is_refused_at_its_field(values, field, sentence, division_person):
    with pytest.raises(ValidationError) as refusal:
        a_draft(division_person, **values)
    assert refusal.value.message_dict == {field: [sentence]}
    assert PolicyEdition.objects.count() == 1


def test_unknown_is_never_accepted_and_no_ground_never_holds(division_person):
    draft = a_draft(
        division_person,
        accepted={key: ["unknown", "online", "not_needed"] for key in STRICT},
        exemption_grounds={"municipal": ["none", "rule_art16"]},
    )
    assert set(map(tuple, draft.accepted.values())) == {("not_needed", "online")}
    assert draft.exemption_grounds == {
        "national": [], "prefectural": [], "municipal": ["rule_art16"], "unknown": [],
    }  # fmt: skip


def test_edits_of_different_fields_merge_and_of_one_field_conflict(draft, division_person):
    update_policy(policy_id=draft.pk, sent={"name": "先の名"}, version=1, by=division_person)
    update_policy(policy_id=draft.pk, sent={"note": "趣旨"}, version=1, by=division_person)
    with pytest.raises(Conflict) as conflict:
        update_policy(policy_id=draft.pk, sent={"name": "後の名"}, version=1, by=division_person)
    (one,) = conflict.value.disagreements
    assert (one.mine, one.theirs) == ("後の名", "先の名")
    stored = PolicyEdition.objects.get(pk=draft.pk)
    assert (stored.name, stored.note, stored.version) == ("先の名", "趣旨", 3)


def test_a_draft_is_deleted_as_it_was_seen_and_stays_in_the_history(draft, division_person):
    update_policy(policy_id=draft.pk, sent={"note": "趣旨"}, version=1, by=division_person)
    with pytest.raises(Overtaken, match=writers.CHANGED_SINCE):
        discard_policy(policy_id=draft.pk, version=1, by=division_person)
    discard_policy(policy_id=draft.pk, version=2, by=division_person)
    assert not PolicyEdition.objects.filter(pk=draft.pk).exists()
    assert PolicyEdition.history.filter(id=draft.pk).first().history_type == "-"
    with pytest.raises(Overtaken, match=writers.GONE):
        discard_policy(policy_id=draft.pk, version=2, by=division_person)


def test_the_edition_in_force_is_nobodys_to_edit_or_delete(division_person):
    seen = {"policy_id": edition_in_force().pk, "version": 1, "by": division_person}
    with pytest.raises(Overtaken, match="施行中"):
        update_policy(sent={"name": "別"}, **seen)
    with pytest.raises(Overtaken, match="施行中"):
        discard_policy(**seen)


# --- Adoption -----------------------------------------------------------------------------------


def test_adopting_reclassifies_everything_in_one_act(draft, leader, department):
    moved, stays = two_procedures(department)
    before = {pk: Procedure.objects.get(pk=pk).changed_at for pk in (moved.pk, stays.pk)}

    adopt(draft, leader)

    found = Procedure.objects.in_bulk([moved.pk, stays.pk])
    assert (found[moved.pk].category, found[moved.pk].obstacles) == ("pending", ("payment",))
    assert (found[stays.pk].category, found[stays.pk].policy_key) == ("priority", "strict")
    assert {pk: row.changed_at for pk, row in found.items()} == before, "no sign of life"
    edition = edition_in_force()
    assert (edition.pk, edition.former.state) == (draft.pk, State.FORMER)
    assert (edition.adopted_by, edition.adopted_count) == (leader, 1)
    assert edition.adoption_reason == "議会の指摘"
    act = edition.adoption
    assert (act.kind, act.by, act.count) == (Act.Kind.POLICY, leader, 2)
    assert "1件" in act.label
    entry = found[moved.pk].history.first()
    assert (entry.change_source, entry.act, entry.by_name) == (Source.REVISION, act, str(leader))
    assert (entry.version, found[moved.pk].version) == (2, 2)
    assert not any(differences(Procedure.objects.all()))


@pytest.mark.parametrize("person", ["reader", "member", "division_person", "administrator"])
def test_only_the_leader_of_the_division_adopts_reverts_and_unschedules(person, request, draft):
    by = request.getfixturevalue(person)
    for write in (
        lambda: adopt(draft, by),
        lambda: revert_policy(policy_id=draft.pk, reason="理由", by=by),
        lambda: unschedule_policy(policy_id=draft.pk, by=by),
    ):
        with pytest.raises(PermissionDenied, match="情報政策課長"):
            write()
    assert edition_in_force().key == POLICY_2024.key


def test_a_number_that_is_no_more_true_is_refused_with_the_new_one(draft, leader, department):
    two_procedures(department)
    with pytest.raises(Overtaken) as refusal:
        adopt(draft, leader, expected_count=7)
    assert str(refusal.value) == writers.COUNT_CHANGED.format(now=1, entered=7)
    assert edition_in_force().key == POLICY_2024.key
    assert not Act.objects.exists()


def test_a_draft_that_was_changed_since_is_not_adopted_nor_one_twice(draft, leader):
    update_policy(policy_id=draft.pk, sent={"note": "趣旨"}, version=1, by=leader)
    with pytest.raises(Overtaken, match=writers.CHANGED_SINCE):
        adopt(draft, leader)
    draft.refresh_from_db()
    adopt(draft, leader)
    with pytest.raises(Overtaken, match="施行中"):
        adopt(draft, leader)
    assert Act.objects.count() == 1


def test_reason_document_and_a_later_day_are_needed(leader, division_person):
    bare = a_draft(division_person, decision_document="")
    with pytest.raises(ValidationError, match="決定文書"):
        adopt(bare, leader)
    with pytest.raises(ValidationError, match="理由"):
        adopt(bare, leader, reason="")
    adopt(a_draft(division_person, key="new", effective_from=date(2025, 4, 1)), leader)
    early = a_draft(division_person, key="early", effective_from=date(2025, 3, 31))
    with pytest.raises(ValidationError, match="施行日"):
        adopt(early, leader)


# --- On a day -----------------------------------------------------------------------------------


@pytest.fixture
def scheduled(leader, division_person, department):
    """The stricter reading, adopted for 1 April 2027 while it is November 2026."""
    with time_machine.travel("2026-11-26 09:00+09:00", tick=False):
        two_procedures(department)
        draft = a_draft(division_person, effective_from=date(2027, 4, 1))
        return adopt(draft, leader)


def test_an_edition_waits_for_its_day_and_then_the_command_applies_it_once(scheduled, leader):
    with time_machine.travel("2027-03-31 23:59+09:00", tick=False):
        call_command("apply_policy")
        stored = PolicyEdition.objects.get(pk=scheduled.pk)
        assert (stored.state, stored.adopted_count) == (State.SCHEDULED, 1)
        assert not Procedure.objects.filter(policy_key="strict").exists()
    with time_machine.travel("2027-04-01 00:01+09:00", tick=False):
        call_command("apply_policy")
        call_command("apply_policy")
    edition = edition_in_force()
    assert (edition.pk, edition.adopted_by) == (scheduled.pk, leader)
    assert Act.objects.filter(kind=Act.Kind.POLICY).count() == 1
    assert edition.adoption.by.username == "command"
    assert not any(differences(Procedure.objects.all()))


def test_what_changes_on_the_day_is_counted_on_the_day(scheduled, department, division_person):
    factories.ProcedureFactory(department=department, clear=True, deliverable="online")
    with time_machine.travel("2027-04-02 09:00+09:00", tick=False):
        apply_scheduled(by=division_person)
    assert edition_in_force().adopted_count == 2


def test_while_one_waits_no_other_is_adopted_until_it_is_unscheduled(
    scheduled, leader, division_person
):
    other = a_draft(division_person, key="other")
    with pytest.raises(ValidationError, match="厳しい読み方"):
        adopt(other, leader)
    unschedule_policy(policy_id=scheduled.pk, by=leader)
    stored = PolicyEdition.objects.get(pk=scheduled.pk)
    assert (stored.state, stored.adopted_by, stored.adoption_reason) == (State.DRAFT, None, "")
    adopt(other, leader)
    with time_machine.travel("2027-04-02 09:00+09:00", tick=False):
        assert apply_scheduled(by=division_person) is None


# --- The way back -------------------------------------------------------------------------------


def test_reverting_restores_every_result_and_makes_a_draft_of_the_reverted(
    draft, leader, department
):
    two_procedures(department)
    before = derived()
    adopt(draft, leader)
    adoption = edition_in_force().adoption

    former = revert_policy(policy_id=draft.pk, reason="読み違い", by=leader)

    assert (former, policy_in_force()) == (edition_in_force(), POLICY_2024)
    assert derived() == before
    stored = PolicyEdition.objects.get(pk=draft.pk)
    assert (stored.state, stored.former, stored.adopted_by) == (State.DRAFT, None, None)
    assert [entry.history_change_reason for entry in stored.history.all()[:2]] == [
        "読み違い", "議会の指摘",
    ]  # fmt: skip
    adoption.refresh_from_db()
    assert adoption.undone_by == leader
    assert Act.objects.filter(kind=Act.Kind.POLICY).count() == 2
    with pytest.raises(Overtaken):
        revert_policy(policy_id=draft.pk, reason="もう一度", by=leader)
    call_command("check_inventory")


def test_the_first_edition_and_an_unreasoned_way_back_are_refused(draft, leader):
    with pytest.raises(ValidationError, match="より前の版"):
        revert_policy(policy_id=edition_in_force().pk, reason="理由", by=leader)
    adopt(draft, leader)
    with pytest.raises(ValidationError, match="理由"):
        revert_policy(policy_id=draft.pk, reason="", by=leader)


def test_two_adoptions_are_reverted_one_after_the_other(draft, leader, division_person):
    adopt(draft, leader)
    second = a_draft(division_person, key="second", honours_national_list=False)
    adopt(second, leader)
    assert revert_policy(policy_id=second.pk, reason="理由", by=leader).key == "strict"
    assert revert_policy(policy_id=draft.pk, reason="理由", by=leader).key == POLICY_2024.key


def test_an_adoption_is_not_taken_back_as_an_act(draft, leader, administrator):
    adopt(draft, leader)
    act = edition_in_force().adoption
    for person in (leader, administrator):
        assert not acts.can_undo(person, act)
        with pytest.raises(PermissionDenied, match="「方針」のページ"):
            acts.undo(act_id=act.pk, by=person)
    assert edition_in_force() == draft


def test_an_edition_is_known_as_it_was_in_force_whatever_the_draft_says_now(draft, leader):
    adopted = adopt(draft, leader)
    revert_policy(policy_id=draft.pk, reason="理由", by=leader)
    draft.refresh_from_db()
    loose = {key: ["not_needed", "online", "offline"] for key in STRICT}
    update_policy(policy_id=draft.pk, sent={"accepted": loose}, version=draft.version, by=leader)
    then = edition_then("strict", adopted.adopted_at)
    assert then.accepted == STRICT
    assert edition_then("strict", adopted.adopted_at - timedelta(seconds=1)) is None
    assert rules_of(edition_then(POLICY_2024.key, adopted.adopted_at)) == POLICY_2024


@pytest.fixture
def units(department, other_department):
    """Three departments with two divisions each."""
    departments = [department, other_department, factories.DepartmentFactory()]
    for unit in departments:
        factories.DivisionFactory.create_batch(2, department=unit)
    return departments


def policies_():
    """Random parameters of an edition that may be adopted."""
    answers = st.lists(
        st.sampled_from(["not_needed", "online", "offline"]), min_size=1, unique=True
    )
    grounds = st.lists(st.sampled_from([one.value for one in ExemptionGround][1:]), unique=True)
    return st.fixed_dictionaries(
        {
            "honours_national_list": st.booleans(),
            "accepted": st.fixed_dictionaries({aspect.value: answers for aspect in Aspect}),
            "exemption_grounds": st.fixed_dictionaries(
                {basis.value: grounds for basis in BasisLevel}
            ),
        }
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cases=st.lists(inventories.cases(), min_size=1, max_size=6),
    parameters=policies_(),
    answer=st.sampled_from([one.value for one in Answer]),
)
def test_adopting_and_reverting_restores_everything_and_edits_follow_what_is_in_force(
    cases, parameters, answer, units, leader
):
    with transaction.atomic():
        _adopt_edit_and_revert(cases, parameters, answer, units, leader)
        transaction.set_rollback(True)


def _adopt_edit_and_revert(cases, parameters, answer, units, leader):
    rows = inventories.build(cases, units)
    before = derived()
    draft = adopt(a_draft(leader, **parameters), leader)
    assert not any(differences(Procedure.objects.all()))

    edited = Procedure.objects.get(pk=rows[0].pk)
    sent = {"sent": {"in_person": answer}, "by": leader, "source": Source.FORM}
    update_procedure(procedure_id=edited.pk, version=edited.version, **sent)
    assert not any(differences(Procedure.objects.all()))
    edited.refresh_from_db()
    back = sent | {"sent": {"in_person": rows[0].in_person}}
    revert_policy(policy_id=draft.pk, reason="理由", by=leader)
    assert not any(differences(Procedure.objects.all()))
    edited.refresh_from_db()
    update_procedure(procedure_id=edited.pk, version=edited.version, **back)
    assert derived() == before
