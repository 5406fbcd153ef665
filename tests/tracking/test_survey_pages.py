"""The pages of the national survey: search, link, card, due dates, differences."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import acts, survey
from procedures.models import Act, Procedure, SurveyDifference, SurveyEdition
from procedures.permissions import rights_of
from procedures.survey import loading
from procedures.survey.editions import BUSY
from tests import factories
from tests.pages import element, sent_by, text, words
from tests.surveys import survey_file, survey_row
from tests.tracking.inventories import NOW
from tracking.actions.survey import (
    CHANGED_MEANWHILE,
    NO_REASON,
    NothingToSet,
    SeenDue,
    dismiss_differences,
    set_dues,
)
from tracking.forms.fields import OUTDATED
from tracking.models import MigrationPlan
from tracking.selections import with_concerns, with_progress
from tracking.survey import card_of, summary, to_be_due
from tracking.views import survey_differences as differences
from tracking.views.survey import (
    DUES_CHANGED,
    LINKED,
    LINKED_MEANWHILE,
    NOT_IN_SURVEY,
    NOTHING_CHOSEN,
    NOTHING_TO_SET,
)

pytestmark = pytest.mark.django_db
SURVEY, LOAD, DUES = "/registers/survey/", "/registers/survey/load/", "/registers/survey/dues/"
DIFFERENCES = "/registers/survey/differences/"
DISMISS, DISMISSED = f"{DIFFERENCES}dismiss/", f"{DIFFERENCES}dismissed/"
DUE = date(2027, 3, 31)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def edition():
    """A loaded edition, whose rows a test makes."""
    return factories.SurveyEditionFactory(name="2025年7月版")


@pytest.fixture
def linked(department):
    """Makes a procedure of ``department`` that the nation plans to have online in 2026."""

    def made(plan=None, **given):
        usual = {"department": department, "national_id": "1", "national_planned_year": 2026}
        procedure = factories.ProcedureFactory(**usual | given)
        if plan is not None:
            factories.PlanFactory(procedure=procedure, **plan)
        return Procedure.objects.select_related("plan").get(pk=procedure.pk)

    return made


def said(response):
    return [str(message) for message in response.wsgi_request._messages]


def names(response):
    return [row.name for row, _ in response.context["rows"]]


def due_token(procedure, due=DUE):
    plan = getattr(procedure, "plan", None)
    return f"{procedure.pk} {plan.version if plan else 0} {due.isoformat()}"


# The search


def test_the_search_finds_by_name_law_and_id_whatever_the_width(edition, signed_in, reader):
    factories.SurveyProcedureFactory(national_id="12", name="犬の登録の申請（第１種）")
    factories.SurveyProcedureFactory(national_id="120", name="転入届", law_name="狂犬病予防法")
    client = signed_in(reader)
    for query, expected in (
        ("犬の登録", ["犬の登録の申請（第１種）"]),
        ("登録　第1種", ["犬の登録の申請（第１種）"]),
        ("狂犬病", ["転入届"]),
        ("１２", ["犬の登録の申請（第１種）", "転入届"]),  # the id itself first
        ("なし", []),
        ("", ["犬の登録の申請（第１種）", "転入届"]),
    ):
        assert names(client.get(SURVEY, {"q": query})) == expected, query


def test_what_cannot_be_searched_for_is_said(edition, signed_in, reader):
    client = signed_in(reader)
    for query in ("\0", "あ" * 101):
        response = client.get(SURVEY, {"q": query})
        assert response.status_code == 422
        assert response.context["form"].errors["q"]
        assert names(response) == []


def test_absurd_addresses_are_no_failure(edition, signed_in, reader):
    client = signed_in(reader)
    for sent in ({"page": "x"}, {"page": 2**70}, {"procedure": 2**70}, {"procedure": "x"}):
        assert client.get(SURVEY, sent).status_code == 200
    for national_id in ("9" * 400, "a%00b"):
        assert client.get(f"{SURVEY}procedures/{national_id}/").status_code == 404


def test_the_search_asks_as_often_for_one_row_as_for_many(edition, signed_in, member, linked):
    client = signed_in(member)
    counts = []
    for number in range(12):
        factories.SurveyProcedureFactory(national_id=str(number))
        if number in (0, 11):
            linked(national_id=str(number))
            linked(national_id=str(number), plan={"target_date": date(2030, 1, 1)})
            with CaptureQueriesContext(connection) as queries:
                client.get(SURVEY)
            counts.append(len(queries))
    assert counts[0] == counts[1]


# Linking


def test_a_team_links_its_procedure_with_one_press(edition, signed_in, member, linked):
    factories.SurveyProcedureFactory(national_id="7", name="犬の登録", state="online", concern="")
    procedure = linked(national_id="")
    client = signed_in(member)
    page = client.get(SURVEY, {"procedure": procedure.pk, "q": "犬"})
    row = page.context["rows"][0][0]
    sent = sent_by(text(page), f"link-{row.pk}")
    answer = client.post(reverse("survey_link", args=[procedure.pk]), sent)
    assert said(answer) == [LINKED.format(national_id="7")]
    procedure.refresh_from_db()
    assert (procedure.national_id, procedure.national_state) == ("7", "online")
    assert procedure.history.first().by_name == str(member)
    again = client.get(SURVEY, {"procedure": procedure.pk, "q": "犬"})
    assert f'id="link-{row.pk}"' not in text(again)
    twice = client.post(reverse("survey_link", args=[procedure.pk]), sent)
    assert twice.status_code == 302
    assert procedure.history.count() == 2


def test_a_link_of_an_outdated_page_writes_nothing(edition, signed_in, member, linked):
    procedure = linked(national_id="")
    factories.SurveyProcedureFactory(national_id="7")
    factories.SurveyProcedureFactory(national_id="8")
    client, address = signed_in(member), reverse("survey_link", args=[procedure.pk])
    client.post(address, {"national_id": "8", "version": 1})
    for sent, sentence in (
        ({"national_id": "7", "version": 1}, LINKED_MEANWHILE),
        ({"national_id": "99", "version": 2}, NOT_IN_SURVEY.format(national_id="99")),
        ({"national_id": "7", "version": 2**70}, OUTDATED),
        ({"national_id": "\0", "version": 2}, OUTDATED),
        ({}, OUTDATED),
    ):
        assert sentence in said(client.post(address, sent))
    procedure.refresh_from_db()
    assert procedure.national_id == "8"


def test_whoever_may_not_edit_the_procedure_is_offered_no_link(
    edition, signed_in, other_member, linked
):
    factories.SurveyProcedureFactory(national_id="7")
    procedure = linked(national_id="")
    page = signed_in(other_member).get(SURVEY, {"procedure": procedure.pk})
    assert "この手続に紐付ける" not in text(page)
    assert "紐付けられるのは" in text(page)


# The card of a procedure


def test_the_page_of_a_procedure_shows_the_survey_beside_the_city(
    edition, signed_in, member, linked
):
    factories.SurveyProcedureFactory(national_id="1", name="犬の登録")
    procedure = linked(
        national_state="not_started",
        national_total_volume=1000,
        national_online_volume=250,
        plan={"target_date": date(2027, 6, 30)},
    )
    factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=40, online=4)
    page = signed_in(member).get(reverse("procedure_detail", args=[procedure.pk]))
    card = words(element(page, "survey-card"))
    for part in ("犬の登録", "未実施", "1,000件", "25.0%", "40件", "10.0%", "目標日 2027年6月30日"):
        assert part in card
    assert "国の予定（令和8年度（2026年度）、2027年3月31日（令和9年）まで）より" in card


@pytest.mark.parametrize(
    ("plan", "given", "warns"),
    [
        (None, {}, True),
        ({"target_date": None}, {}, True),
        ({"target_date": date(2027, 4, 1)}, {}, True),
        ({"target_date": date(2027, 3, 31)}, {}, False),
        (None, {"scope": "outside"}, False),
        (None, {"abolished_on": date(2026, 1, 1)}, False),
        (None, {"national_planned_year": None}, False),
        (None, {"national_planned_year": 99_999}, False),
    ],
)
def test_the_card_warns_where_the_city_is_later_or_has_no_date(linked, plan, given, warns):
    procedure = linked(plan, **given)
    rows = with_progress(Procedure.objects.filter(pk=procedure.pk))
    row = with_concerns(rows, NOW.date(), ["unfinished"]).get()
    assert bool(card_of(row, getattr(procedure, "plan", None)).warning) == warns


def test_ids_that_the_survey_has_no_more_are_listed(edition, signed_in, reader, linked):
    factories.SurveyProcedureFactory(national_id="1")
    linked(), linked(national_id="gone", name="なくなった届出"), linked(national_id="")
    page = signed_in(reader).get(f"{SURVEY}missing/")
    assert [one.name for one in page.context["page_obj"]] == ["なくなった届出"]
    assert summary(NOW.date()).missing_count == 1


# Due dates


def test_what_is_to_be_due(linked):
    wanted = [
        linked(),
        linked({"national_due": None}),
        linked({"national_due": date(2028, 3, 31)}),
        linked({"national_due": DUE}, national_planned_year=2027),
    ]
    linked({"national_due": DUE})
    linked(national_planned_year=None)
    linked(national_id="")
    linked(scope="outside")
    linked(abolished_on=date(2026, 1, 1))
    assert set(to_be_due()) == set(wanted)


def test_the_division_sets_due_dates_as_one_act_that_can_be_taken_back(
    signed_in, division_person, linked
):
    bare, planned = linked(), linked({"national_due": date(2028, 3, 31)})
    left = linked({"national_due": date(2029, 3, 31)})
    client = signed_in(division_person)
    page = client.get(DUES)
    assert sent_by(text(page), "dues")["rows"] == due_token(bare)  # missing ones are ticked
    answer = client.post(DUES, {"rows": [due_token(bare), due_token(planned)]})
    act = Act.objects.get()
    assert answer.url == reverse("act_detail", args=[act.pk])
    assert (act.kind, act.count) == (Act.Kind.DUES, 2)
    dues = dict(MigrationPlan.objects.values_list("procedure", "national_due"))
    assert dues == {bare.pk: DUE, planned.pk: DUE, left.pk: date(2029, 3, 31)}
    assert text(client.get(answer.url)).count("国の期限") > 1
    acts.undo(act_id=act.pk, by=division_person)
    dues = dict(MigrationPlan.objects.values_list("procedure", "national_due"))
    assert dues == {planned.pk: date(2028, 3, 31), left.pk: date(2029, 3, 31)}


def test_all_of_them_are_set_where_they_are_as_many_as_the_page_said(
    signed_in, division_person, linked
):
    linked(), linked()
    client = signed_in(division_person)
    client.get(DUES)
    linked()
    for count in ("2", "x", "", "9" * 5000):
        answer = client.post(DUES, {"everything": count})
        assert answer.status_code == 409
        assert DUES_CHANGED.format(count=3) in text(answer)
    assert not MigrationPlan.objects.exists()
    client.post(DUES, {"everything": "3"})
    assert MigrationPlan.objects.filter(national_due=DUE).count() == 3


def test_a_plan_that_was_changed_meanwhile_stays_and_is_named(division_person, linked):
    first, second = linked({}), linked({})
    seen = {one.pk: SeenDue(one.plan.version, DUE) for one in (first, second)}
    MigrationPlan.objects.filter(procedure=first).update(version=5)
    act = set_dues(seen=seen, by=division_person)
    assert act.count == 1
    assert [one["reason"] for one in act.left_out] == [CHANGED_MEANWHILE]
    with pytest.raises(NothingToSet):
        set_dues(seen=seen, by=division_person)


@pytest.mark.parametrize(
    ("rows", "status", "sentence"),
    [
        ([], 422, NOTHING_CHOSEN),
        (["", "x", "1 2", "1 1 2026-02-30", f"{2**70} 1 2027-03-31"], 422, NOTHING_CHOSEN),
        (["999999 0 2027-03-31"], 409, NOTHING_TO_SET),
    ],
)
def test_a_form_that_means_nothing_is_told_so(
    signed_in, division_person, linked, rows, status, sentence
):
    linked()
    answer = signed_in(division_person).post(DUES, {"rows": rows})
    assert answer.status_code == status
    assert sentence in text(answer)
    assert not MigrationPlan.objects.exists()


def test_setting_due_dates_takes_the_same_queries_for_one_and_for_many(division_person, linked):
    rights_of(division_person)  # which are remembered

    def queries_of(count):
        made = [linked() for _ in range(count)] + [linked({}) for _ in range(count)]
        versions = [getattr(one, "plan", None) for one in made]
        seen = {
            one.pk: SeenDue(plan.version if plan else 0, DUE)
            for one, plan in zip(made, versions, strict=True)
        }
        with CaptureQueriesContext(connection) as queries:
            set_dues(seen=seen, by=division_person)
        return len(queries)

    assert queries_of(1) == queries_of(20)


def test_a_team_sets_no_due_dates(member, linked):
    with pytest.raises(PermissionDenied):
        set_dues(seen={linked().pk: SeenDue(0, DUE)}, by=member)


# Loading by the page


def test_a_file_is_loaded_by_the_page(signed_in, division_person):
    client = signed_in(division_person)
    file = survey_file(survey_row(1), survey_row(2, state="?"))
    answer = client.post(LOAD, {"file": file, "name": "2025年7月版"})
    edition = SurveyEdition.objects.get()
    assert answer.url == reverse("survey_edition", args=[edition.pk])
    page = text(client.get(answer.url))
    assert "1件の手続に入れ替わりました" in page
    assert "I3" in page
    assert "2025年7月版" in text(client.get(SURVEY))
    progress = client.get(
        reverse("survey_progress", args=[edition.pk]), headers={"HX-Request": "true"}
    )
    assert progress.headers["HX-Refresh"] == "true"


def test_a_file_that_is_no_survey_says_so(signed_in, division_person):
    client = signed_in(division_person)
    file = survey_file(survey_row(1))
    file.name, file.file = "調査.xlsx", type(file.file)(b"PK nothing")
    answer = client.post(LOAD, {"file": file}, follow=True)
    assert "読み込めませんでした。国の調査は前の版のままです。" in text(answer)
    for sent in ({}, {"file": "text"}):
        assert client.post(LOAD, sent).status_code == 422


def test_a_second_file_waits_and_a_stopped_one_is_begun_again(
    signed_in, division_person, monkeypatch
):
    client = signed_in(division_person)
    with monkeypatch.context() as broken:
        broken.setattr(loading, "perform", lambda _: None)  # a process that never began
        client.post(LOAD, {"file": survey_file(survey_row(1))})
    edition = SurveyEdition.objects.get()
    address = reverse("survey_edition", args=[edition.pk])
    assert "はじめています" in text(client.get(address))
    busy = client.post(LOAD, {"file": survey_file(survey_row(2))})
    assert busy.status_code == 409
    assert BUSY in text(busy)
    with time_machine.travel(NOW.replace(hour=13)):
        assert "途中で止まりました" in text(client.get(address))
        client.post(reverse("survey_again", args=[edition.pk]))
    edition.refresh_from_db()
    assert edition.state == SurveyEdition.State.LOADED
    assert survey.current_edition() == edition


# Differences


@pytest.fixture
def told(edition, linked, other_department):
    """Three differences: of the team's procedure, of another department's, and of nobody's."""
    linked(national_id="b", name="犬の登録")
    factories.ProcedureFactory(department=other_department, national_id="a")
    made = factories.SurveyDifferenceFactory
    return [
        made(edition=edition, national_id="b"),
        made(edition=edition, national_id="a", fact="exempt", old="", new="exempt"),
        made(edition=edition, national_id="c", fact="planned_year", old="2026", new=""),
    ]


def shown(response):
    return [row.difference.national_id for row in response.context["rows"]]


def test_a_team_sees_its_own_first_then_the_citys(told, signed_in, member, division_person):
    page = signed_in(member).get(DIFFERENCES)
    assert shown(page) == ["b", "a", "c"]
    assert "犬の登録" in text(page)
    assert "確認済にする</button>" not in text(page)
    assert shown(signed_in(division_person).get(DIFFERENCES)) == ["a", "b", "c"]


def test_the_filters(told, signed_in, division_person, department):
    client = signed_in(division_person)
    for query, expected in (
        ({"fact": "exempt"}, ["a"]),
        ({"department": department.pk}, ["b"]),
        ({"department": "none"}, []),
        ({"linked": "on"}, ["a", "b"]),
        ({"q": "c"}, ["c"]),
        ({"q": "国の届出c"}, ["c"]),
        ({"fact": "x"}, []),
        ({"department": 2**70}, []),
        ({"q": "\0"}, []),
    ):
        assert shown(client.get(DIFFERENCES, query)) == expected, query


def test_differences_are_put_away_with_a_reason_and_taken_back(told, signed_in, division_person):
    client = signed_in(division_person)
    address = f"{DISMISS}?differences={told[0].pk}&differences={told[1].pk}"
    page = client.get(address)
    assert page.context["count"] == 2
    empty = client.post(address, sent_by(text(page), "dismiss-form"))
    assert empty.status_code == 422
    assert NO_REASON in text(empty)
    sent = sent_by(text(page), "dismiss-form", reason="担当課に依頼した。")
    assert said(client.post(address, sent)) == [differences.DISMISSED.format(count=2)]
    assert shown(client.get(DIFFERENCES)) == ["c"]
    assert differences.NOTHING_TO_DISMISS in said(client.post(address, sent))
    listed = client.get(DISMISSED)
    assert "担当課に依頼した。" in text(listed)
    back = f"{DIFFERENCES}take-back/"
    client.post(back, {"differences": [told[0].pk]})
    assert shown(client.get(DIFFERENCES)) == ["b", "c"]
    assert differences.GONE in said(client.post(back, {"differences": [told[0].pk]}))
    assert differences.NOTHING_CHOSEN in said(client.post(back, {"differences": [2**70, "x"]}))


def test_all_that_match_are_put_away_where_they_are_what_was_shown(
    told, signed_in, division_person, edition
):
    client = signed_in(division_person)
    address = f"{DISMISS}?linked=on&everything=on&count=2"
    page = client.get(address)
    assert (page.status_code, page.context["count"]) == (200, 2)
    sent = sent_by(text(page), "dismiss-form", reason="確認した。")
    factories.SurveyDifferenceFactory(edition=edition, national_id="b", fact="payment",
                                      old="offline", new="online")  # fmt: skip
    answer = client.post(address, sent)
    assert answer.status_code == 409
    assert differences.CHANGED.format(count=3) in text(answer)
    assert not SurveyDifference.objects.exclude(dismissed_at=None).exists()
    assert client.get(address).status_code == 409
    client.post(address, sent_by(text(answer), "dismiss-form", reason="確認した。"))
    assert shown(client.get(DIFFERENCES)) == ["c"]


def test_a_team_puts_nothing_away(told, member):
    with pytest.raises(PermissionDenied):
        dismiss_differences(keys=[told[0].pk], reason="x", by=member)


def test_the_list_of_differences_asks_as_often_for_one_as_for_many(
    edition, signed_in, member, linked
):
    client = signed_in(member)
    counts = []
    for number in range(40):
        factories.SurveyDifferenceFactory(edition=edition, national_id=str(number))
        linked(national_id=str(number))
        if number in (0, 39):
            with CaptureQueriesContext(connection) as queries:
                client.get(DIFFERENCES)
            counts.append(len(queries))
    assert counts[0] == counts[1]
