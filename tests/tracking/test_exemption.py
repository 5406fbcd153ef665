"""The exemption on screen: proposed by a team, decided by the division, never by a link."""

from datetime import timedelta
from itertools import product

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from procedures.actions.exemptions import (
    CHANGED_MEANWHILE,
    CONFIRMED_ALREADY,
    NO_QUESTION,
    NOT_PROPOSED,
)
from procedures.models import Exemption, Procedure
from procedures.models.exemption import suggested_review
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Category
from tests import factories
from tests.pages import element, sent_by, swapped, text, words
from tracking.forms.fields import OUTDATED

State = Exemption.State
PROPOSAL = {"ground": "rule_art16", "article": "第1項第2号", "reason": "現物を渡すため"}
DECISIONS = ("exemption_confirm", "exemption_return", "exemption_renew", "exemption_withdraw")
GROUNDS = ("ordinance_art7", "rule_art16", "national_list")
# Clause 6 in plain words.
HOLDS = {
    ("municipal", "ordinance_art7"),
    ("municipal", "rule_art16"),
    ("national", "national_list"),
}


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def procedure(department):
    """A municipal procedure of ``department`` in which something hinders."""
    return factories.LegalBasisFactory(
        procedure__department=department, procedure__payment="offline"
    ).procedure


@pytest.fixture
def post(signed_in, procedure):
    """``post(user, name, **values)`` sends to the address of that name."""

    def send(user, name, **values):
        return signed_in(user).post(reverse(name, args=[procedure.pk]), values)

    return send


@pytest.fixture
def press(signed_in, procedure):
    """``press(user, form, **changes)`` opens the procedure's page and sends one form of it."""

    def send(user, form, **changes):
        client = signed_in(user)
        html = text(client.get(reverse("procedure_detail", args=[procedure.pk])))
        sent = sent_by(html, f"{form}-form", **changes)
        return client.post(reverse(f"exemption_{form}", args=[procedure.pk]), sent)

    return send


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


def form_of(client, procedure, **query) -> str:
    """The page with the form of the proposal."""
    return text(client.get(reverse("exemption_propose", args=[procedure.pk]), query))


# --- The proposal ------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_propose(post, procedure, person, request):
    user = request.getfixturevalue(person)

    response = post(user, "exemption_propose", **PROPOSAL)

    assert response.status_code == 302
    exemption = Exemption.objects.get()
    assert {name: getattr(exemption, name) for name in PROPOSAL} == PROPOSAL
    assert (exemption.proposed_by, exemption.state) == (user, State.PROPOSED)
    assert Procedure.objects.get().category == Category.PENDING


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_may_not_propose(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("exemption_propose", args=[procedure.pk]))

    assert response.status_code == 403
    assert not Exemption.objects.exists()


@pytest.mark.parametrize("missing", ["ground", "reason", "article"])
def test_ground_article_and_reason_are_needed(post, member, missing):
    response = post(member, "exemption_propose", **PROPOSAL | {missing: ""})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {missing}
    assert not Exemption.objects.exists()


def test_what_no_form_sends_is_answered_with_a_sentence(post, member):
    factories.ProvisionFactory(ground="rule_art16")
    for wrong in (
        {"ground": "nothing"},
        {"provision": str(2**70)},
        {"provision": "x\x00"},
        {"reason": "x\x00"},
        {"article": "あ" * 201},
        {"seen": "x\x00"},
        {"seen": "あ" * 201},
        {"evidence": "no file"},
    ):
        response = post(member, "exemption_propose", **PROPOSAL | wrong)
        assert response.status_code == 422, wrong
    assert not Exemption.objects.exists()


def test_each_ground_says_what_confirming_it_would_do(signed_in, department, member):
    """Basis × ground, as it is chosen: in the page itself, and in what htmx takes of it."""
    client = signed_in(member)
    for basis, ground in product(("municipal", "national", "prefectural", "unknown"), GROUNDS):
        one = factories.ProcedureFactory(department=department)
        factories.LegalBasisFactory(procedure=one, level=basis)
        page = form_of(client, one)
        assert words(element(page, "outcome")) == ""
        answer = form_of(client, one, ground=ground)
        told = words(element(answer, "outcome"))
        fits = (basis, ground) in HOLDS
        assert ("「適用除外」になります" in told) is fits, (basis, ground)
        assert ("確認しても適用除外になりません" in told) is not fits, (basis, ground)
        beside = words(element(answer, f"does-{ground}"))
        assert ("使えない" in beside) is not fits
        shown = swapped(page, answer, "outcome", select="outcome")
        assert words(element(shown, "outcome")) == told
    assert words(element(form_of(client, one, ground="nothing\x00"), "outcome")) == ""


def test_a_ground_that_does_not_fit_is_explained_after_sending_too(post, member):
    sent = PROPOSAL | {"ground": "national_list", "law_name": "試験法", "law_article": "第2条"}
    response = post(member, "exemption_propose", **sent)

    assert any("根拠区分と合っていません" in message for message in said(response))
    found = Exemption.objects.get()
    assert (found.ground, found.law_name, found.article) == ("national_list", "試験法", "第2条")


def test_a_national_proposal_begins_with_what_the_procedure_knows(signed_in, department, member):
    one = factories.ProcedureFactory(department=department, national_id="DP24009650")
    factories.LegalBasisFactory(
        procedure=one, level="national", name="試験法", article="第12条第1項"
    )
    sent = sent_by(form_of(signed_in(member), one), "exemption-form")
    known = {name: sent[name] for name in ("law_name", "law_article", "national_id")}
    assert known == {
        "law_name": "試験法",
        "law_article": "第12条第1項",
        "national_id": "DP24009650",
    }


def test_provisions_of_today_are_offered_by_ground(signed_in, post, procedure, member):
    assert 'name="provision"' not in form_of(signed_in(member), procedure)
    yesterday = timezone.localdate() - timedelta(days=1)
    own = factories.ProvisionFactory(ground="rule_art16")
    ended = factories.ProvisionFactory(ground="rule_art16", valid_to=yesterday)

    page = form_of(signed_in(member), procedure)
    assert own.article in page
    assert ended.article not in page
    response = post(member, "exemption_propose", **PROPOSAL)
    assert set(response.context["form"].errors) == {"provision"}
    post(member, "exemption_propose", **PROPOSAL | {"provision": own.pk, "article": ""})
    assert Exemption.objects.get().provision == own


def test_a_waiting_proposal_is_opened_for_change(signed_in, post, procedure, member):
    post(member, "exemption_propose", **PROPOSAL)

    sent = sent_by(form_of(signed_in(member), procedure), "exemption-form")

    assert {name: sent[name] for name in PROPOSAL} == PROPOSAL


def test_a_confirmed_exemption_is_not_proposed_over(post, procedure, member):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)

    response = post(member, "exemption_propose", **PROPOSAL)

    assert response.status_code == 422
    assert CONFIRMED_ALREADY in text(response)
    assert Exemption.objects.get().state == State.CONFIRMED


def test_of_two_proposals_the_second_sees_the_first(signed_in, procedure, member, division_person):
    address = reverse("exemption_propose", args=[procedure.pk])
    mine = sent_by(form_of(signed_in(member), procedure), "exemption-form", **PROPOSAL)
    theirs = mine | {"reason": "情報政策課が書いた理由"}
    assert signed_in(division_person).post(address, theirs).status_code == 302

    answer = signed_in(member).post(address, mine)
    assert answer.status_code == 409
    assert CHANGED_MEANWHILE in text(answer)
    assert "情報政策課が書いた理由" in text(answer)
    assert Exemption.objects.get().reason == "情報政策課が書いた理由"

    again = sent_by(text(answer), "exemption-form")
    assert again["reason"] == PROPOSAL["reason"]
    assert signed_in(member).post(address, again).status_code == 302
    assert Exemption.objects.get().reason == PROPOSAL["reason"]


# --- The evidence ------------------------------------------------------------------------------


def test_evidence_is_kept_and_served_as_a_file_to_whoever_has_signed_in(
    post, signed_in, client, procedure, member, reader
):
    file = SimpleUploadedFile("根拠 写し.pdf", b"%PDF-1.7 ...")
    assert post(member, "exemption_propose", **PROPOSAL, evidence=file).status_code == 302
    address = reverse("exemption_evidence", args=[procedure.pk])

    answer = signed_in(reader).get(address)
    assert answer.getvalue() == b"%PDF-1.7 ..."
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    client.logout()
    assert client.get(address).url.startswith(reverse("login"))


def test_a_file_that_is_none_is_refused_at_its_field(post, member):
    file = SimpleUploadedFile("根拠.pdf", b"<script>alert(1)</script>")
    response = post(member, "exemption_propose", **PROPOSAL, evidence=file)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"evidence"}
    assert not Exemption.objects.exists()


def test_evidence_that_is_not_there_is_said(post, signed_in, procedure, member):
    address = reverse("exemption_evidence", args=[procedure.pk])
    assert signed_in(member).get(address).status_code == 404
    file = SimpleUploadedFile("根拠.pdf", b"%PDF-1.7 ...")
    post(member, "exemption_propose", **PROPOSAL, evidence=file)
    default_storage.delete(Exemption.objects.get().evidence.name)

    response = signed_in(member).get(address)
    assert response.url == reverse("procedure_detail", args=[procedure.pk])
    assert "保管場所にありません" in said(response)[-1]


# --- The decisions -----------------------------------------------------------------------------


def test_the_division_confirms_until_a_day_and_the_category_follows(
    press, procedure, division_person
):
    factories.ExemptionFactory(procedure=procedure)
    day = timezone.localdate() + timedelta(days=100)

    response = press(division_person, "confirm", review_on=day.isoformat())

    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk])
    assert Procedure.objects.get().category == Category.EXEMPT
    assert Exemption.objects.get().review_on == day
    assert said(response) == ["適用除外を確認しました。区分は「適用除外」です。"]


def test_the_form_suggests_the_review(press, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure)

    press(division_person, "confirm")

    assert Exemption.objects.get().review_on == suggested_review(timezone.localdate())


def test_a_confirmed_misfit_is_warned_of_at_once(press, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure, ground="national_list")

    first, second = said(press(division_person, "confirm"))

    assert first == "適用除外を確認しました。区分は「検討」です。"
    assert "根拠区分と合っていません" in second


def test_a_question_goes_to_the_team_and_is_answered(
    press, post, signed_in, procedure, member, division_person
):
    post(member, "exemption_propose", **PROPOSAL)
    press(division_person, "return", question="第何号に当たりますか。")

    assert Exemption.objects.get().state == State.RETURNED
    client = signed_in(member)
    page = text(client.get(reverse("procedure_detail", args=[procedure.pk])))
    assert page.count("第何号に当たりますか。") >= 2  # on the exemption and in the talk
    form = form_of(client, procedure)
    assert "第何号に当たりますか。" in form

    sent = sent_by(form, "exemption-form", article="第1項第3号")
    assert client.post(reverse("exemption_propose", args=[procedure.pk]), sent).status_code == 302
    found = Exemption.objects.get()
    assert (found.state, found.question, found.article) == (State.PROPOSED, "", "第1項第3号")


def test_the_division_withdraws_and_the_category_follows(press, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    assert Procedure.objects.get().category == Category.EXEMPT

    response = press(division_person, "withdraw", reason="条例が変わったため")

    assert Procedure.objects.get().category == Category.PENDING
    assert said(response) == ["適用除外を取り下げました。区分は「検討」です。"]


def test_an_exemption_under_review_goes_on(press, signed_in, procedure, division_person):
    today = timezone.localdate()
    factories.ExemptionFactory(procedure=procedure, confirmed=True, review_on=today)
    page = text(signed_in(division_person).get(reverse("procedure_detail", args=[procedure.pk])))
    assert "見直しの期日が来ています" in page

    press(division_person, "renew")

    assert Exemption.objects.get().review_on == suggested_review(today)


def test_where_the_provision_has_ended_another_is_chosen(press, procedure, division_person):
    ended = factories.ProvisionFactory(valid_to=timezone.localdate() - timedelta(days=1))
    other = factories.ProvisionFactory()
    factories.ExemptionFactory(procedure=procedure, confirmed=True, provision=ended)

    response = press(division_person, "renew")
    assert response.status_code == 422
    assert "失効しました" in text(response)
    press(division_person, "renew", provision_id=str(other.pk))

    assert Exemption.objects.get().provision == other


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("person", ["member", "other_member", "administrator", "reader"])
def test_only_the_division_decides(post, signed_in, procedure, name, person, request):
    exemption = factories.ExemptionFactory(procedure=procedure)
    user = request.getfixturevalue(person)
    page = text(signed_in(user).get(reverse("procedure_detail", args=[procedure.pk])))
    assert reverse(name, args=[procedure.pk]) not in page

    response = post(user, name, seen=exemption.stamp, question="x", reason="x")

    assert response.status_code == 403
    assert DIVISION_ONLY in text(response)
    assert Exemption.objects.get().state == State.PROPOSED


@pytest.mark.parametrize("name", DECISIONS)
def test_a_link_decides_nothing(signed_in, procedure, division_person, name):
    factories.ExemptionFactory(procedure=procedure)

    response = signed_in(division_person).get(reverse(name, args=[procedure.pk]))

    assert response.status_code == 405
    assert Exemption.objects.get().state == State.PROPOSED


def test_a_decision_that_says_too_little_comes_back(post, procedure, division_person):
    exemption = factories.ExemptionFactory(procedure=procedure)
    for name, sent, sentence in (
        ("exemption_confirm", {"review_on": "2028-03-31"}, OUTDATED),
        ("exemption_confirm", {"seen": exemption.stamp, "review_on": "x"}, "のような日で"),
        ("exemption_confirm", {"seen": exemption.stamp, "review_on": "9999-12-31"}, "明日から"),
        ("exemption_confirm", {"seen": exemption.stamp, "review_on": "2020-01-01"}, "明日から"),
        ("exemption_return", {"seen": exemption.stamp}, NO_QUESTION),
        ("exemption_return", {"seen": exemption.stamp, "question": "x\x00"}, "質問"),
    ):
        response = post(division_person, name, **sent)
        assert response.status_code == 422, name
        assert sentence in text(response), name
    assert Exemption.objects.get().state == State.PROPOSED


def test_what_is_decided_is_the_proposal_that_was_shown(
    post, signed_in, procedure, division_person, member
):
    post(member, "exemption_propose", **PROPOSAL)
    page = text(signed_in(division_person).get(reverse("procedure_detail", args=[procedure.pk])))
    confirm, back = sent_by(page, "confirm-form"), sent_by(page, "return-form", question="何号")
    seen = Exemption.objects.get().stamp
    post(member, "exemption_propose", **PROPOSAL | {"reason": "変えた理由", "seen": seen})

    for name, sent in (("exemption_confirm", confirm), ("exemption_return", back)):
        response = post(division_person, name, **sent)
        assert said(response)[-1] == CHANGED_MEANWHILE
    assert Exemption.objects.get().state == State.PROPOSED


def test_pressing_twice_is_said_and_changes_nothing(post, signed_in, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure)
    page = text(signed_in(division_person).get(reverse("procedure_detail", args=[procedure.pk])))
    sent = sent_by(page, "confirm-form")
    post(division_person, "exemption_confirm", **sent)
    version = Procedure.objects.get().version

    response = post(division_person, "exemption_confirm", **sent)

    assert said(response)[-1] == NOT_PROPOSED
    assert Procedure.objects.get().version == version


def test_a_decision_that_can_be_made_no_more_is_answered_with_a_sentence(
    post, procedure, division_person
):
    factories.ExemptionFactory(procedure=procedure, state="withdrawn")
    for name in DECISIONS:
        response = post(division_person, name, seen="x")
        assert said(response)[-1] == CHANGED_MEANWHILE


def test_deciding_on_a_procedure_that_does_not_exist_is_not_found(signed_in, division_person):
    response = signed_in(division_person).post(reverse("exemption_confirm", args=[999_999]))

    assert response.status_code == 404


# --- Exempt and online -------------------------------------------------------------------------


def test_an_exempt_procedure_may_go_online_and_is_counted_beside(
    signed_in, procedure, member, division_person
):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    client = signed_in(member)
    address = reverse("plan_edit", args=[procedure.pk])
    service = factories.ServiceFactory()
    sent = sent_by(text(client.get(address)), "plan-form")
    sent |= {
        "status": "online",
        "service_id": service.pk,
        "launched_on": "2026-04-01",
        "checklist_exception": "試験",
    }

    assert client.post(address, sent).status_code == 302

    listed = text(client.get(reverse("procedure_list"), {"set": "exempt_online"}))
    assert procedure.name in listed
    assert "オンライン化済" in text(client.get(reverse("procedure_detail", args=[procedure.pk])))
    register = text(client.get(reverse("exemption_list")))
    assert "オンライン化済" in register
    row = signed_in(division_person).get(reverse("exemption_list")).context["grounds"].rows[0]
    assert [cell.text for cell in row.cells] == ["1", "0", "1"]
