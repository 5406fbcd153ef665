"""方針のページ: what rests on each clause, drafts, adoption by the leader, and the way back."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.actions import policies as writers
from procedures.actions.policies import adopt_policy, copy_policy, revert_policy, update_policy
from procedures.classification import facts_of
from procedures.models import FLAG_FIELDS, Act, PolicyEdition, Procedure
from procedures.policies import edition_in_force, policy_in_force, rules_of
from procedures.rules import Answer, Aspect, advise_service
from tests import factories
from tests.pages import text
from tests.tracking.inventories import keys_behind
from tracking.actions.editions import freeze
from tracking.edition_draft import office_on
from tracking.forms.policies import NO_COUNT, NO_DAY, NO_KEY
from tracking.past import as_of
from tracking.policy_changes import revised
from tracking.policy_figures import clause_figures
from tracking.policy_words import differences
from tracking.selections import ADVISED
from tracking.timeline import timeline
from tracking.views import policies as views
from tracking.what_if import what_if

pytestmark = pytest.mark.django_db
VISITS = ("in_person", "physical_item", "deliverable", "payment")
DRAFT = {
    "key": "strict",
    "name": "厳しい読み方",
    "effective_from": date(2024, 4, 1),
    "decision_document": "令和8年決定",
    "accepted": {
        aspect.value: ["not_needed"] if aspect in VISITS else ["not_needed", "online"]
        for aspect in Aspect
    },
}


@pytest.fixture
def leader(db):
    """情報政策課長."""
    return factories.division_leader(username="kacho")


@pytest.fixture
def draft(division_person):
    """The stricter reading."""
    return copy_policy(policy_id=edition_in_force().pk, values=DRAFT, by=division_person)


@pytest.fixture
def moved(department):
    """A procedure that the stricter reading moves from 優先 to 検討."""
    return factories.ProcedureFactory(
        department=department, name="転入の届出", clear=True, payment="online"
    )


def adopted(draft, leader, count=1):
    return adopt_policy(
        policy_id=draft.pk, reason="議会の指摘", expected_count=count, version=1, by=leader
    )


def sent(**changes):
    """A draft as its form sends it."""
    usual = {
        "version": 1,
        "key": "strict",
        "name": "厳しい読み方",
        "effective_from": "2024-04-01",
        "decision_document": "令和8年決定",
        "note": "",
        "honours_national_list": "on",
        **{f"accepted-{aspect}": codes for aspect, codes in DRAFT["accepted"].items()},
        "exemption_grounds-national": ["national_list"],
        "exemption_grounds-municipal": ["ordinance_art7", "rule_art16"],
    }
    return usual | changes


# --- The policy and what rests on it ------------------------------------------------------------


def test_every_number_of_the_policy_page_is_that_of_its_rows(signed_in, reader, department):
    listed = factories.NationalPriorityFactory()
    factories.ProcedureFactory(department=department, clear=True, national_priority=listed)
    factories.ProcedureFactory(department=department, clear=True, core_system=True)
    factories.ProcedureFactory(department=department, payment="offline", facility_booking=True)
    exempt = factories.ExemptionFactory(procedure__department=department)
    factories.LegalBasisFactory(procedure=exempt.procedure, level="municipal")
    factories.ExemptionFactory(
        procedure=factories.LegalBasisFactory(level="municipal").procedure, confirmed=True
    )
    context = signed_in(reader).get(reverse("policy")).context

    numbers = [
        *(context["scope_counts"] + context["schedule_counts"] + context["exemption_counts"]),
        *(context["grounds"][name] for name in ("NATIONAL_LIST", "NO_HINDRANCE", "REVIEW")),
        *(count for name, count in context["grounds"].items() if name.startswith("EXEMPTION_")),
        *(row[kind] for row in context["aspects"] for kind in ("hindered", "unanswered")),
        *context["advised"],
    ]  # fmt: skip
    assert [one.count for one in numbers] == [len(keys_behind(one.url)) for one in numbers]
    assert context["grounds"]["NO_HINDRANCE"].count == 2
    assert sum(one.count for one in context["advised"]) == 4  # each of the target has one
    assert sum(one.count > 0 for one in numbers) > 10


def test_the_rows_of_clause_4_are_those_whose_service_the_rules_give(department):
    for number in range(2 ** len(FLAG_FIELDS)):
        flags = {name: bool(number >> place & 1) for place, name in enumerate(FLAG_FIELDS)}
        factories.ProcedureFactory(department=department, **flags)
    for clause, condition in ADVISED.items():
        expected = {
            procedure.pk
            for procedure in Procedure.objects.all()
            if advise_service(facts_of(procedure, levels=(), ground="none")).ground is clause
        }
        assert set(Procedure.objects.filter(condition).values_list("pk", flat=True)) == expected


def test_the_policy_page_needs_as_many_queries_for_many_procedures(
    signed_in, reader, department, draft
):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert signed_in(reader).get(reverse("policy")).status_code == 200
        return len(queries)

    factories.ProcedureFactory(department=department)
    count()  # adds up the figures that are kept
    few = count()
    factories.ProcedureFactory.create_batch(20, department=department, payment="offline")
    count()
    assert count() == few
    with CaptureQueriesContext(connection) as queries:
        clause_figures()
    assert len(queries) == 4


def test_two_editions_differ_in_words(draft):
    policy, current = rules_of(draft), policy_in_force()
    found = differences(policy, current)
    assert len(found) == 4
    assert found[0] == (
        "「対面」が「必要（オンライン可）」でも、この版では支障とします"
        "（施行中の版では支障なしです）。"
    )
    assert differences(current, current) == ()


def test_whoever_has_signed_in_reads_and_nobody_but_the_office_is_offered_to_write(
    signed_in, member, draft
):
    client = signed_in(member)
    page = text(client.get(reverse("policy")))
    assert "写して案を作る" not in page
    page = text(client.get(reverse("policy_detail", args=[draft.pk])))
    assert "案を削除" not in page
    assert "案を採用できるのは情報政策課長です。" in page


# --- Drafts -------------------------------------------------------------------------------------


def test_an_edition_is_copied_edited_and_deleted(signed_in, division_person):
    client = signed_in(division_person)
    first = edition_in_force()
    form = client.get(reverse("policy_copy", args=[first.pk])).context["form"]
    assert (form["name"].value(), form["key"].value()) == (first.name, "")
    ticked = [box.value for _, boxes in form.accepted_table for box in boxes if box.is_ticked]
    assert ticked == ["not_needed", "online"] * 7

    client.post(reverse("policy_copy", args=[first.pk]), sent(key="２０２７－０４"))
    draft = PolicyEdition.objects.get(state="draft")
    assert (draft.key, draft.accepted) == ("2027-04", DRAFT["accepted"])
    again = client.post(reverse("policy_copy", args=[first.pk]), sent(key="2027-04"))
    assert again.status_code == 422
    assert writers.KEY_TAKEN.format(key="2027-04") in text(again)

    answer = client.post(
        reverse("policy_edit", args=[draft.pk]),
        sent(key="2027-04", honours_national_list="", note="趣旨"),
    )
    assert answer.url == reverse("policy_detail", args=[draft.pk])
    draft.refresh_from_db()
    assert (draft.honours_national_list, draft.note, draft.version) == (False, "趣旨", 2)

    client.post(reverse("policy_discard", args=[draft.pk]), {"version": 1})
    assert PolicyEdition.objects.filter(pk=draft.pk).exists(), "it was changed since"
    client.post(reverse("policy_discard", args=[draft.pk]), {"version": 2})
    assert not PolicyEdition.objects.filter(pk=draft.pk).exists()


def test_two_people_who_edit_one_draft_see_both_values(signed_in, division_person, draft):
    loose = {aspect.value: ["not_needed", "online", "offline"] for aspect in Aspect}
    first = {"name": "先の名", "accepted": loose}
    update_policy(policy_id=draft.pk, sent=first, version=1, by=division_person)
    client = signed_in(division_person)
    address = reverse("policy_edit", args=[draft.pk])
    answer = client.post(
        address, sent(**{"name": "後の名", "accepted-in_person": ["online"], "note": "趣旨"})
    )
    assert answer.status_code == 409
    page = text(answer)
    assert "先の名" in page
    assert "後の名" in page
    assert "対面：必要（オンライン可）" in page

    version = answer.context["form"]["version"].value()
    chosen = {
        "contested": ["name", "accepted"], "choice_name": "mine", "choice_accepted": "theirs",
    }  # fmt: skip
    client.post(address, sent(**chosen, version=version, name="後の名", note="趣旨"))
    draft.refresh_from_db()
    assert (draft.name, draft.note, draft.accepted) == ("後の名", "趣旨", loose)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": ""}, NO_KEY),
        ({"key": "あ"}, writers.BAD_KEY.format(key="あ")),
        ({"key": "\0"}, "key"),
        ({"effective_from": ""}, NO_DAY),
        ({"effective_from": "9999-12-31"}, writers.BAD_DAY),
        ({"accepted-in_person": []}, writers.NOTHING_ACCEPTED.format(aspects="対面")),
        ({"accepted-in_person": ["unknown"]}, "画面が古くなっています"),
        ({"exemption_grounds-national": ["none"]}, "画面が古くなっています"),
        ({"version": 2**70}, "画面が古くなっています"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(changes, sentence, signed_in, division_person, draft):
    address = reverse("policy_edit", args=[draft.pk])
    answer = signed_in(division_person).post(address, sent(**changes))
    assert answer.status_code == 422
    if sentence != "key":
        assert sentence in text(answer)
    assert PolicyEdition.objects.get(pk=draft.pk).version == 1


def test_a_key_that_is_none_is_not_found(signed_in, leader):
    for name in ("policy_detail", "policy_edit", "policy_adopt", "policy_revert", "policy_copy"):
        assert signed_in(leader).get(reverse(name, args=[2**70])).status_code == 404


# --- Adoption -----------------------------------------------------------------------------------


def test_the_leader_adopts_what_the_what_if_showed_and_takes_it_back(
    signed_in, leader, draft, moved
):
    client = signed_in(leader)
    adopt = reverse("policy_adopt", args=[draft.pk])
    found = what_if(rules_of(draft), policy_in_force())
    assert found.changed_count == 1

    empty = client.post(adopt, {"version": 1})
    assert empty.status_code == 422
    assert NO_COUNT in text(empty)
    assert writers.NO_REASON in text(empty)
    wrong = client.post(adopt, {"version": 1, "expected_count": "7", "reason": "議会の指摘"})
    assert wrong.status_code == 409
    assert writers.COUNT_CHANGED.format(now=1, entered=7) in text(wrong)
    assert wrong.context["form"]["reason"].value() == "議会の指摘"

    answer = client.post(
        adopt, {"version": 1, "expected_count": "１件", "reason": "議会の指摘"}, follow=True
    )
    assert views.ADOPTED.format(edition=draft, count=1) in text(answer)
    (row,) = answer.context["moved"]
    assert (row.name, row.department) == ("転入の届出", "市民部")
    assert (row.before.category, row.after.category) == ("priority", "pending")
    assert row.before.reasons == ("方針3(1)② オンライン化の支障がない",)
    assert "支障：金銭納付" in row.after.reasons
    twice = client.post(adopt, {"version": 1, "expected_count": "1", "reason": "もう一度"})
    assert twice.url == reverse("policy_detail", args=[draft.pk])
    assert Act.objects.count() == 1

    revert = reverse("policy_revert", args=[draft.pk])
    assert client.post(revert, {"reason": ""}).status_code == 422
    answer = client.post(revert, {"reason": "読み違い"}, follow=True)
    assert views.REVERTED.format(edition=edition_in_force()) in text(answer)
    assert Procedure.objects.get().category == "priority"
    assert "読み違い" in text(client.get(reverse("policy_detail", args=[draft.pk])))
    assert client.post(revert, {"reason": "もう一度"}).status_code == 302
    assert Act.objects.count() == 2


def test_an_edition_waits_on_the_pages_and_is_applied_by_a_button_from_its_day_on(
    signed_in, leader, division_person, moved
):
    with time_machine.travel("2026-11-26 09:00+09:00", tick=False):
        draft = copy_policy(
            policy_id=edition_in_force().pk,
            values=DRAFT | {"effective_from": date(2027, 4, 1)},
            by=division_person,
        )
        adopted(draft, leader)
        client = signed_in(division_person)
        for name in ("policy", "dashboard"):
            assert "施行を待っています" in text(client.get(reverse(name)))
        client.post(reverse("policy_apply"))
        assert edition_in_force() != draft
    with time_machine.travel("2027-04-01 09:00+09:00", tick=False):
        client = signed_in(division_person)
        assert "施行日が来ています" in text(client.get(reverse("policy")))
        for _ in range(2):
            client.post(reverse("policy_apply"))
    assert edition_in_force() == draft
    assert Act.objects.count() == 1


def test_the_leader_unschedules(signed_in, leader, division_person, moved):
    values = DRAFT | {"effective_from": date(2030, 4, 1)}
    draft = copy_policy(policy_id=edition_in_force().pk, values=values, by=division_person)
    adopted(draft, leader)
    client = signed_in(leader)
    client.post(reverse("policy_unschedule", args=[draft.pk]))
    assert PolicyEdition.objects.get(pk=draft.pk).state == "draft"
    again = client.post(reverse("policy_unschedule", args=[draft.pk]), follow=True)
    assert writers.IS_NO_MORE.format(edition=draft, state="案") in text(again)


# --- Both results -------------------------------------------------------------------------------


def test_a_procedures_page_says_what_it_was_before_the_revision_and_why(
    signed_in, reader, leader, draft, moved
):
    client = signed_in(reader)
    page = client.get(reverse("procedure_detail", args=[moved.pk]))
    assert page.context["revised"] is None
    adopted(draft, leader)
    page = client.get(reverse("procedure_detail", args=[moved.pk]))
    found = page.context["revised"]
    assert (found.before, found.after, found.judgement.category) == (
        "priority", "pending", "priority",
    )  # fmt: skip
    assert "区分が「優先」から「検討」に変わりました" in text(page)
    newest = timeline(moved)[0]
    assert newest.source == "方針の改定"
    assert ("区分", "優先", "検討") in [(one.field, one.old, one.new) for one in newest.results]


def test_what_a_reverted_draft_says_now_does_not_change_what_it_said_then(leader, draft, moved):
    adopted(draft, leader)
    revert_policy(policy_id=draft.pk, reason="読み違い", by=leader)
    draft.refresh_from_db()
    loose = {aspect.value: [Answer.OFFLINE.value] for aspect in Aspect}
    update_policy(policy_id=draft.pk, sent={"accepted": loose}, version=draft.version, by=leader)
    found = revised(moved)
    assert (found.former.key, found.after) == ("strict", "priority")
    assert found.judgement.category == "pending"


def test_days_before_the_adoption_keep_their_policy_and_categories(
    leader, draft, department, administrator
):
    with time_machine.travel("2026-11-25 09:00+09:00", tick=False):
        procedure = factories.ProcedureFactory(department=department, clear=True, payment="online")
        frozen = freeze(title="第1回", reference_date=date(2026, 11, 25), by=administrator)
    with time_machine.travel("2026-11-26 09:00+09:00", tick=False):
        adopted(draft, leader)
        assert office_on(date(2026, 11, 25)).policy_key == "2024-04-01"
        assert office_on(date(2026, 11, 26)).policy_key == "strict"
        frozen.refresh_from_db()
        assert frozen.content["policy_key"] == "2024-04-01"
        with as_of(date(2026, 11, 25)):
            assert Procedure.objects.get(pk=procedure.pk).category == "priority"
            assert policy_in_force().key == "2024-04-01"
        assert Procedure.objects.get(pk=procedure.pk).category == "pending"


def test_an_act_of_revision_leads_to_the_policy_instead_of_an_undo(signed_in, leader, draft, moved):
    adopted(draft, leader)
    act = Act.objects.get()
    client = signed_in(leader)
    page = client.get(reverse("act_detail", args=[act.pk]))
    assert not page.context["may_undo"]
    assert "方針のページ" in text(page)
    assert client.post(reverse("act_undo", args=[act.pk])).status_code == 403
    assert edition_in_force() == draft
