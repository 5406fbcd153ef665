"""The register of exemptions: what waits for whom, every exemption, figures by ground and month."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures import actions
from procedures.models import Exemption, ExemptionProvision, Procedure, Source
from procedures.records import Origin, delete
from procedures.rules import ExemptionGround
from tests import factories
from tests.pages import element, text, words
from tests.tracking.inventories import NOW, TODAY
from tracking.exemption_figures import exemptions_by_month
from tracking.past import as_of
from tracking.stats import counts
from tracking.views.procedure import NO_CHANGE

URL = "/registers/exemptions/"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def exemption_of(department, basis="municipal", **said) -> Exemption:
    """An exemption of a procedure of ``department`` with a legal basis."""
    procedure = factories.LegalBasisFactory(procedure__department=department, level=basis).procedure
    return factories.ExemptionFactory(procedure=procedure, **said)


def waiting(client) -> list[tuple[str, str]]:
    """The queue as it is shown: the procedure's name, and for what it waits."""
    return [(row.procedure.name, row.waits) for row in client.get(URL).context["queue"]]


# --- The queue ---------------------------------------------------------------------------------


def test_the_divisions_queue_has_all_that_waits_in_order_of_urgency(
    signed_in, department, other_department, division_person
):
    asked = exemption_of(other_department, returned=True)
    due = exemption_of(department, confirmed=True, review_on=TODAY)
    ended = exemption_of(
        department,
        confirmed=True,
        provision=factories.ProvisionFactory(valid_to=TODAY - timedelta(days=1)),
    )
    proposed = exemption_of(other_department)
    exemption_of(department, confirmed=True, review_on=TODAY + timedelta(days=1))
    exemption_of(department, state="withdrawn")

    assert waiting(signed_in(division_person)) == [
        (proposed.procedure.name, "確認待ち"),
        (due.procedure.name, "見直しの期日が来ています"),
        (ended.procedure.name, "条項が失効しています"),
        (asked.procedure.name, "質問に回答待ち"),
    ]


def test_a_team_sees_its_own_questions_first_and_everything_in_the_register(
    signed_in, department, other_department, member, reader
):
    proposed, asked = exemption_of(department), exemption_of(department, returned=True)
    foreign = exemption_of(other_department)

    client = signed_in(member)
    assert waiting(client) == [
        (asked.procedure.name, "質問に回答待ち"),
        (proposed.procedure.name, "確認待ち"),
    ]
    assert foreign.procedure.name in text(client.get(URL))
    assert waiting(signed_in(reader)) == []
    assert 'id="queue"' not in text(signed_in(reader).get(URL))


def test_what_was_decided_leaves_the_queue(signed_in, department, division_person):
    due = exemption_of(department, confirmed=True, review_on=TODAY)
    client = signed_in(division_person)
    assert waiting(client)

    actions.renew_exemption(procedure_id=due.procedure_id, by=division_person)

    assert waiting(client) == []


# --- The list ----------------------------------------------------------------------------------


def test_each_row_says_whether_it_holds_and_why_not(signed_in, department, reader):
    holds = exemption_of(department, confirmed=True)
    misfit = exemption_of(department, "national", confirmed=True, attached=True)
    proposed = exemption_of(department, "prefectural")

    rows = {row.procedure.pk: row for row in signed_in(reader).get(URL).context["rows"]}
    assert rows[holds.procedure_id].sentences == ("区分は「適用除外」です。",)
    first, second = rows[misfit.procedure_id].sentences
    assert first.startswith("適用除外になっていません")
    assert "根拠区分と合っていません" in second
    assert "確認しても適用除外になりません" in rows[proposed.procedure_id].sentences[0]
    page = text(signed_in(reader).get(URL))
    assert reverse("exemption_evidence", args=[misfit.procedure_id]) in page
    assert f"{reverse('procedure_detail', args=[holds.procedure_id])}#exemption" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"due", "misfit", "proposed", "foreign"}),
        ({"state": "proposed"}, {"proposed", "foreign"}),
        ({"state": "due"}, {"due"}),
        ({"ground": "rule_art16"}, {"foreign"}),
        ({"holds": "yes"}, {"due"}),
        ({"holds": "no", "state": "confirmed"}, {"misfit"}),
        ({"department": "own"}, {"due", "misfit", "proposed"}),
        ({"state": "x"}, set()),
        ({"department": str(2**70)}, set()),
        ({"ground": "x\x00"}, set()),
    ],
)
def test_the_filter(signed_in, department, other_department, reader, query, expected):
    named = {
        "due": exemption_of(department, confirmed=True, review_on=TODAY),
        "misfit": exemption_of(department, "national", confirmed=True),
        "proposed": exemption_of(department),
        "foreign": exemption_of(other_department, ground="rule_art16"),
    }
    if query.get("department") == "own":
        query = {"department": department.pk}

    response = signed_in(reader).get(URL, query | {"page": "x"})

    assert response.status_code == 200
    found = {row.procedure.pk for row in response.context["rows"]}
    assert found == {named[name].procedure_id for name in expected}


def test_the_register_takes_as_many_queries_for_one_as_for_a_dozen(
    signed_in, department, division_person
):
    client = signed_in(division_person)

    def queries() -> int:
        client.get(URL)  # the figures are kept
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    exemption_of(department, confirmed=True)
    exemption_of(department)
    few = queries()
    for number in range(12):
        exemption_of(department, confirmed=number % 2 == 0)
    assert queries() == few
    assert few <= 15


def test_an_empty_register_says_what_to_do(signed_in, division_person):
    page = text(signed_in(division_person).get(URL))
    assert "適用除外を申し出る" in page
    assert "待っているものはありません。" in page


# --- The figures -------------------------------------------------------------------------------


def test_months_follow_what_began_and_ceased_to_hold(department, member, division_person):
    one = exemption_of(department)
    with time_machine.travel(NOW - timedelta(days=92), tick=False):  # in August
        actions.confirm_exemption(procedure_id=one.procedure_id, by=division_person)
    with time_machine.travel(NOW - timedelta(days=31), tick=False):  # in October
        actions.withdraw_exemption(procedure_id=one.procedure_id, by=division_person)
    misfit = exemption_of(department, "national")
    actions.confirm_exemption(procedure_id=misfit.procedure_id, by=division_person)
    exemption_of(department, confirmed=True)

    months = exemptions_by_month(None, on=TODAY)

    assert len(months) == 12
    assert months[0].first == date(2025, 12, 1)
    told = {month.first.month: month for month in months[-4:]}
    seen = {
        key: (month.added_count, month.ended_count, month.standing_count)
        for key, month in told.items()
    }
    # The factory classifies in the month of the clock.
    assert seen == {8: (1, 0, 1), 9: (0, 0, 1), 10: (0, 1, 0), 11: (1, 0, 1)}
    assert (
        exemptions_by_month(Procedure.objects.filter(pk=misfit.procedure_id), on=TODAY)[
            -1
        ].standing_count
        == 0
    )


MOVES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(
            ["propose", "confirm", "withdraw", "return", "abolish", "outside", "back", "delete"]
        ),
        st.integers(0, 40),
    ),
    max_size=14,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES)
def test_what_was_added_less_what_ended_is_what_holds(department, member, division_person, moves):
    """Whatever people do, on every day, the months end with the figure of that day."""
    Procedure.objects.all().delete()
    Procedure.history.all().delete()  # of the example before
    ids = [
        factories.LegalBasisFactory(procedure__department=department).procedure.pk for _ in range(3)
    ]
    moment = NOW
    for place, move, days in moves:
        moment += timedelta(days=days)
        with time_machine.travel(moment, tick=False):
            _move(ids[place], move, member, division_person)
            on = timezone.localdate()
            exempt = counts(Procedure.objects.all(), ["exempt"], on=on)["exempt"]
            months = exemptions_by_month(None, on=on)
            assert months[-1].standing_count == exempt
            for older, newer in pairwise(months):
                change = newer.added_count - newer.ended_count
                assert newer.standing_count == older.standing_count + change


def _move(pk, move, member, division_person) -> None:
    procedure = Procedure.objects.filter(pk=pk).first()
    if procedure is None:
        return
    edits = {
        "abolish": {"abolished_on": timezone.localdate()},
        "outside": {"scope": "outside"},
        "back": {"abolished_on": None, "scope": "inbound"},
    }
    try:
        if move == "propose":
            actions.propose_exemption(
                procedure_id=pk,
                ground=ExemptionGround.RULE_ART16,
                article="第1項",
                reason="理由",
                by=member,
            )
        elif move == "confirm":
            actions.confirm_exemption(procedure_id=pk, by=division_person)
        elif move == "withdraw":
            actions.withdraw_exemption(procedure_id=pk, by=division_person)
        elif move == "return":
            actions.return_proposal(procedure_id=pk, question="何号", by=division_person)
        elif move == "delete":
            origin = Origin(division_person, Source.COMMAND)
            delete(list(Exemption.objects.filter(procedure=pk)), origin)
            procedure.legal_bases.all().delete()
            delete([procedure], origin)
        else:
            actions.update_procedure(
                procedure_id=pk,
                sent=edits[move],
                version=procedure.version,
                by=member,
                source=Source.FORM,
            )
    except ValidationError:
        pass  # not from that state


def test_the_dashboard_has_them_too_of_today_and_of_an_earlier_day(
    signed_in, department, member, division_person
):
    one = exemption_of(department)
    with time_machine.travel(NOW - timedelta(days=40), tick=False):
        actions.confirm_exemption(procedure_id=one.procedure_id, by=division_person)
    actions.withdraw_exemption(procedure_id=one.procedure_id, by=division_person)
    client = signed_in(division_person)

    today = client.get(reverse("dashboard"))
    page = text(today)
    assert "根拠別の適用除外" in page
    assert "set=exempt_ordinance_art7_online" in page
    assert words(element(page, "exemption-figures")) == "適用除外の数"
    with as_of(TODAY - timedelta(days=1)):
        before = exemptions_by_month(None, on=TODAY - timedelta(days=1))
    assert (before[-1].ended_count, before[-1].standing_count) == (0, 1)
    assert exemptions_by_month(None, on=TODAY)[-1].standing_count == 0


# --- The provisions ----------------------------------------------------------------------------

PROVISION = {"ground": "ordinance_art7", "article": "例示の条項", "text": "例", "version": "0"}


def provision(client, name="provision_new", pk=None, **changes):
    """Sends the form of a provision."""
    address = reverse(name, args=[pk] if pk else [])
    return client.post(address, PROVISION | changes)


def test_a_provision_is_written_down_changed_and_ended(signed_in, division_person):
    client = signed_in(division_person)
    assert "原本を見ながら" in text(client.get(reverse("provision_list")))
    assert provision(client).status_code == 302
    assert provision(client).status_code == 302, "pressed twice"
    (one,) = ExemptionProvision.objects.all()
    assert (one.article, one.version) == ("例示の条項", 1)

    answer = provision(client, "provision_edit", one.pk, version="1", valid_to="2026-11-22")
    assert answer.status_code == 302
    page = text(client.get(reverse("provision_list")))
    assert "失効" in page
    assert one.history.count() == 2
    again = provision(client, "provision_edit", one.pk, version="2", valid_to="2026-11-22")
    assert [str(message) for message in again.wsgi_request._messages][-1] == NO_CHANGE


def test_bad_provisions_come_back(signed_in, division_person):
    client = signed_in(division_person)
    for wrong in (
        {"article": ""},
        {"article": "x\x00"},
        {"ground": "national_list"},
        {"valid_from": "2026-02-30"},
        {"valid_from": "2026-04-01", "valid_to": "2026-03-31"},
        {"version": str(2**70)},
    ):
        assert provision(client, **wrong).status_code == 422, wrong
    assert not ExemptionProvision.objects.exists()


def test_of_two_edits_the_second_is_asked(signed_in, division_person, administrator):
    one = factories.ProvisionFactory()
    provision(signed_in(division_person), "provision_edit", one.pk, version="1", text="先の条文")

    answer = provision(
        signed_in(administrator), "provision_edit", one.pk, version="1", text="後の条文"
    )

    assert answer.status_code == 409
    assert "先の条文" in text(answer)
    one.refresh_from_db()
    assert one.text == "先の条文"


def test_a_provision_that_is_used_ends_by_its_date(signed_in, department, division_person):
    one = factories.ProvisionFactory()
    exemption_of(department, confirmed=True, provision=one)
    client = signed_in(division_person)

    assert "この条項を削除" not in text(client.get(reverse("provision_edit", args=[one.pk])))
    client.post(reverse("provision_delete", args=[one.pk]), {"version": "1"})
    assert ExemptionProvision.objects.exists()
    answer = provision(client, "provision_edit", one.pk, version="1", ground="rule_art16")
    assert answer.status_code == 422

    provision(
        client, "provision_edit", one.pk, version="1", article=one.article, valid_to="2026-11-22"
    )
    assert [why for _, why in waiting(client)] == ["条項が失効しています"]


def test_a_provision_nobody_uses_is_deleted_as_it_was_seen(signed_in, division_person):
    one = factories.ProvisionFactory()
    client = signed_in(division_person)
    address = reverse("provision_delete", args=[one.pk])
    for stale in ("2", "", "x", str(2**70)):
        client.post(address, {"version": stale})
        assert ExemptionProvision.objects.exists()

    client.post(address, {"version": "1"})

    assert not ExemptionProvision.objects.exists()
    assert one.history.latest().history_type == "-"
