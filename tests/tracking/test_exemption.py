"""The exemption on screen: proposed by a team, decided by the division, never by a link."""

import pytest
from django.urls import reverse

from procedures.actions.exemptions import CHANGED_MEANWHILE, CONFIRMED_ALREADY, NOT_PROPOSED
from procedures.models import Exemption, Procedure
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Category
from tests import factories

PROPOSAL = {"ground": "rule_art16", "article": "第1項第2号", "reason": "現物を渡すため"}


@pytest.fixture
def procedure(department):
    """A municipal procedure of ``department``."""
    return factories.LegalBasisFactory(procedure__department=department).procedure


@pytest.fixture
def post(signed_in, procedure):
    """``post(user, name, **values)`` sends to the address of that name."""

    def send(user, name, **values):
        return signed_in(user).post(reverse(name, args=[procedure.pk]), values)

    return send


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_propose(post, signed_in, procedure, person, request):
    user = request.getfixturevalue(person)
    page = signed_in(user).get(reverse("exemption_propose", args=[procedure.pk]))
    assert "使える根拠は「条例第7条」「施行規則第16条」です。" in page.content.decode()

    response = post(user, "exemption_propose", **PROPOSAL)

    assert response.status_code == 302
    exemption = Exemption.objects.get()
    assert {name: getattr(exemption, name) for name in PROPOSAL} == PROPOSAL
    assert (exemption.proposed_by, exemption.state) == (user, Exemption.State.PROPOSED)
    assert Procedure.objects.get().category == Category.PENDING


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_may_not_propose(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("exemption_propose", args=[procedure.pk]))

    assert response.status_code == 403
    assert not Exemption.objects.exists()


@pytest.mark.parametrize("missing", ["ground", "reason"])
def test_ground_and_reason_are_needed(post, member, missing):
    response = post(member, "exemption_propose", **PROPOSAL | {missing: ""})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {missing}
    assert not Exemption.objects.exists()


def test_a_ground_that_does_not_fit_is_explained_at_once(post, member):
    response = post(member, "exemption_propose", **PROPOSAL | {"ground": "national_list"})

    assert any("根拠区分と合っていません" in message for message in said(response))
    assert Exemption.objects.get().ground == "national_list"


def test_a_waiting_proposal_is_opened_for_change(signed_in, post, procedure, member):
    post(member, "exemption_propose", **PROPOSAL)

    text = signed_in(member).get(reverse("exemption_propose", args=[procedure.pk])).content.decode()

    assert "現物を渡すため" in text
    assert "第1項第2号" in text


def test_a_confirmed_exemption_is_not_proposed_over(post, procedure, member):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)

    response = post(member, "exemption_propose", **PROPOSAL)

    assert response.status_code == 422
    assert CONFIRMED_ALREADY in response.content.decode()
    assert Exemption.objects.get().state == Exemption.State.CONFIRMED


def test_the_division_confirms_and_the_category_follows(post, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure)

    response = post(division_person, "exemption_confirm")

    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk])
    assert Procedure.objects.get().category == Category.EXEMPT
    assert said(response) == ["適用除外を確認しました。区分は「適用除外」です。"]


def test_a_confirmed_misfit_is_warned_of_at_once(post, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure, ground="national_list")

    response = post(division_person, "exemption_confirm")

    first, second = said(response)
    assert first == "適用除外を確認しました。区分は「検討」です。"
    assert "根拠区分と合っていません" in second


def test_the_division_withdraws_and_the_category_follows(post, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    assert Procedure.objects.get().category == Category.EXEMPT

    response = post(division_person, "exemption_withdraw", reason="条例が変わったため")

    assert Procedure.objects.get().category == Category.PENDING
    assert said(response) == ["適用除外を取り下げました。区分は「検討」です。"]


@pytest.mark.parametrize("name", ["exemption_confirm", "exemption_withdraw"])
@pytest.mark.parametrize("person", ["member", "other_member", "administrator", "reader"])
def test_only_the_division_decides(post, procedure, name, person, request):
    factories.ExemptionFactory(procedure=procedure)

    response = post(request.getfixturevalue(person), name)

    assert response.status_code == 403
    assert DIVISION_ONLY in response.content.decode()
    assert Exemption.objects.get().state == Exemption.State.PROPOSED


@pytest.mark.parametrize("name", ["exemption_confirm", "exemption_withdraw"])
def test_a_link_decides_nothing(signed_in, procedure, division_person, name):
    factories.ExemptionFactory(procedure=procedure)

    response = signed_in(division_person).get(reverse(name, args=[procedure.pk]))

    assert response.status_code == 405
    assert Exemption.objects.get().state == Exemption.State.PROPOSED


@pytest.mark.parametrize("name", ["exemption_confirm", "exemption_withdraw"])
def test_what_is_decided_is_the_proposal_that_was_shown(
    post, signed_in, procedure, division_person, member, name
):
    post(member, "exemption_propose", **PROPOSAL)
    page = signed_in(division_person).get(reverse("procedure_detail", args=[procedure.pk]))
    seen = Exemption.objects.get().proposed_at.isoformat()
    assert f'name="proposed_at" value="{seen}"' in page.content.decode()
    post(member, "exemption_propose", **PROPOSAL | {"reason": "変えた理由"})

    response = post(division_person, name, proposed_at=seen, reason="条項が違うため")
    assert said(response)[-1] == CHANGED_MEANWHILE
    assert Exemption.objects.get().state == Exemption.State.PROPOSED

    seen = Exemption.objects.get().proposed_at.isoformat()
    post(division_person, name, proposed_at=seen, reason="条項が違うため")
    assert Exemption.objects.get().state != Exemption.State.PROPOSED


def test_pressing_twice_is_said_and_changes_nothing(post, procedure, division_person):
    factories.ExemptionFactory(procedure=procedure)
    post(division_person, "exemption_confirm")
    version = Procedure.objects.get().version

    response = post(division_person, "exemption_confirm")

    assert said(response)[-1] == NOT_PROPOSED
    assert Procedure.objects.get().version == version


def test_deciding_on_a_procedure_that_does_not_exist_is_not_found(signed_in, division_person):
    response = signed_in(division_person).post(reverse("exemption_confirm", args=[999_999]))

    assert response.status_code == 404
