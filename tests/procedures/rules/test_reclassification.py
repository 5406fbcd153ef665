"""What another edition changes: as a second reading has it, for the reasons that are told."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ClauseFinding,
    ExemptionGround,
    Facts,
    PolicyRevision,
    Reason,
    Warning,
    classify,
    describe_change,
    explain,
    reclassify,
)
from procedures.rules.wording import CHANGE_SENTENCES
from tests.procedures.rules.test_classification import NAMES, read_answers, read_decision


def facts() -> st.SearchStrategy[Facts]:
    """Any facts, often those of a procedure in whose way little stands."""
    mostly_fine = st.sampled_from([Answer.NOT_NEEDED, Answer.ONLINE, Answer.ONLINE, *Answer])
    return st.builds(
        Facts, **{field.name: ... for field in fields(Facts)} | dict.fromkeys(NAMES, mostly_fine)
    )


def policies() -> st.SearchStrategy[PolicyRevision]:
    """Any edition, often one that accepts most answers."""
    answers = st.sampled_from([{Answer.NOT_NEEDED, Answer.ONLINE}, {Answer.NOT_NEEDED}])
    accepted = answers | st.frozensets(st.sampled_from(Answer))
    grounds = st.frozensets(st.sampled_from(ExemptionGround))
    return st.builds(
        PolicyRevision,
        key=st.sampled_from(["one", "another"]),
        effective_from=st.just(POLICY_2024.effective_from),
        honours_national_list=st.booleans(),
        accepted=st.fixed_dictionaries(dict.fromkeys(Aspect, accepted)),
        exemption_grounds=st.fixed_dictionaries(dict.fromkeys(BasisLevel, grounds)),
    )


def read(facts: Facts, policy: PolicyRevision) -> str:
    """The category, by the second reading."""
    fine = {name: " ".join(policy.accepted[Aspect(name)]) for name in NAMES}
    hinders, missing, _ = read_answers(tuple(getattr(facts, name) for name in NAMES), fine)
    category, *_ = read_decision(
        facts.national_priority,
        not hinders and not missing,
        facts.basis,
        facts.exemption,
        honours=policy.honours_national_list,
        exempting={basis: " ".join(held) for basis, held in policy.exemption_grounds.items()},
    )
    return str(category)


def with_reasons(
    old: PolicyRevision, new: PolicyRevision, reasons: tuple[ClauseFinding, ...]
) -> PolicyRevision:
    """The old edition, in which only what the reasons are about is as in the new one."""
    accepted, grounds = dict(old.accepted), dict(old.exemption_grounds)
    honours = old.honours_national_list
    for reason in reasons:
        if reason.clause == Clause.NATIONAL_LIST:
            honours = new.honours_national_list
        elif reason.aspect is not None and reason.answer is not None:
            one = frozenset({reason.answer})
            taken_over = new.accepted[reason.aspect] & one
            accepted[reason.aspect] = accepted[reason.aspect] - one | taken_over
        elif reason.basis is not None:
            grounds[reason.basis] = new.exemption_grounds[reason.basis]
    return replace(old, honours_national_list=honours, accepted=accepted, exemption_grounds=grounds)


@given(facts=facts(), new=policies(), old=policies())
def test_it_is_what_both_editions_say_one_by_one(facts, new, old):
    result = reclassify(facts, new, old)
    assert (result.before.category, result.after.category) == (read(facts, old), read(facts, new))
    assert result.changes_category == (read(facts, old) != read(facts, new))
    assert (result.before, result.after) == (classify(facts, old), classify(facts, new))


@given(facts=facts(), new=policies(), old=policies())
def test_the_reasons_alone_change_the_category_and_nothing_else_needs_to(facts, new, old):
    result = reclassify(facts, new, old)
    assert bool(result.reasons) == result.changes_category
    hybrid = with_reasons(old, new, result.reasons)
    assert classify(facts, hybrid).category is result.after.category


@given(facts=facts(), new=policies(), old=policies())
def test_every_reason_is_a_finding_that_differs_and_has_a_sentence(facts, new, old):
    for reason in reclassify(facts, new, old).reasons:
        assert reason in explain(facts, new)
        assert reason not in explain(facts, old)
        assert describe_change(reason)


@given(facts=facts(), policy=policies())
def test_an_edition_changes_nothing_against_itself(facts, policy):
    result = reclassify(facts, policy, policy)
    assert not result.changes_category
    assert not result.changes_basis_only
    assert result.reasons == ()
    assert result.new_warnings == ()


def test_the_sentence_names_the_answer_that_no_longer_suffices(stricter_policy):
    paid = Facts(**dict.fromkeys(NAMES, Answer.NOT_NEEDED) | {"payment": Answer.ONLINE})
    result = reclassify(paid, stricter_policy, POLICY_2024)
    assert (result.before.category, result.after.category) == (Category.PRIORITY, Category.PENDING)
    assert [describe_change(reason) for reason in result.reasons] == [
        "「金銭納付」が「必要（オンライン可）」のため、この版ではオンライン化の支障になります。"
    ]


def test_an_obstacle_of_a_procedure_that_stays_exempt_is_no_reason_but_a_changed_basis(
    stricter_policy,
):
    exempt = Facts(
        payment=Answer.ONLINE,
        basis=BasisLevel.MUNICIPAL,
        exemption=ExemptionGround.RULE_ART16,
    )
    result = reclassify(exempt, stricter_policy, POLICY_2024)
    assert result.changes_basis_only
    assert result.reasons == ()


def test_a_ground_that_no_longer_holds_is_the_reason_and_warned_of():
    new = replace(POLICY_2024, key="none", exemption_grounds={})
    exempt = Facts(basis=BasisLevel.NATIONAL, exemption=ExemptionGround.NATIONAL_LIST)
    result = reclassify(exempt, new, POLICY_2024)
    assert [describe_change(reason) for reason in result.reasons] == [
        "適用除外（国の適用除外）が、この版では根拠区分「法令」の手続に使えません。"
    ]
    assert result.new_warnings == (Warning.EXEMPTION_GROUND_MISMATCH,)


def test_what_is_the_same_under_every_edition_needs_no_sentence():
    assert set(Reason) - CHANGE_SENTENCES.keys() == {
        Reason.NOT_LISTED,
        Reason.ANSWER_MISSING,
        Reason.EXEMPTION_NOT_DECIDED,
    }
