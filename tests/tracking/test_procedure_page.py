"""The page of one procedure: what it is, why it has its category, who may press what."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures.models import Procedure, Source
from procedures.records import Origin, save
from procedures.rules import Answer
from tests import factories
from tests.pages import element, words
from tracking.views.procedure import HISTORY_SHOWN

# session, user, rights, the procedure and what hangs on it, its histories, names, the talk (2)
QUERIES = 26


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` with one obstacle, three questions open, and a statute."""
    procedure = factories.ProcedureFactory(
        department=department,
        division=department.divisions.get(),
        name="転入届",
        name_kana="てんにゅうとどけ",
        applicants=["individual", "organisation"],
        kind="notification",
        note="毎年3月に増える",
        identity_check=Answer.ONLINE,
        attachments=Answer.NOT_NEEDED,
        deliverable=Answer.OFFLINE,
        payment=Answer.NOT_NEEDED,
        in_person=Answer.UNKNOWN,
        physical_item=Answer.UNKNOWN,
        core_system=True,
        designated_manager=True,
    )
    factories.LegalBasisFactory(
        procedure=procedure, level="national", name="住民基本台帳法", article="第22条"
    )
    factories.LegalBasisFactory(
        procedure=procedure, level="municipal", name="市の規則", is_primary=False
    )
    return procedure


@pytest.fixture
def page(signed_in, procedure):
    """``page(user)`` gives the text of the procedure's page."""

    def read(user, query="") -> str:
        client = signed_in(user)
        response = client.get(reverse("procedure_detail", args=[procedure.pk]) + query)
        assert response.status_code == 200
        return response.content.decode()

    return read


def test_the_page_says_what_the_procedure_is(page, procedure, reader):
    text = page(reader)

    for said in (
        procedure.number,
        "転入届",
        "てんにゅうとどけ",
        "市民部　市民サービス課",
        "個人・団体",
        "届出",
        "市民等から市",
        "住民基本台帳法　第22条",
        "法令・主たる根拠",
        "市の規則",
        "毎年3月に増える",
    ):
        assert said in text


def test_every_clause_that_was_looked_at_stands_there_with_its_finding(page, reader):
    text = page(reader)

    assert text.count('<li class="finding finding--') == 9
    assert text.count("finding--unknown") == 2
    assert "「通知・交付物」は「必要（オンライン不可）」で、オンライン化の支障に" in text
    assert "国の優先手続一覧には載っていません。" in text
    assert "適用除外は決まっていません。" in text


def test_what_would_make_it_a_priority_one_stands_there_with_the_measures(page, reader):
    text = page(reader)

    assert "今の回答：必要（オンライン不可）" in text
    assert text.count("今の回答：未調査") == 2
    assert "条件・手順・書類がそもそも必要かの見直し" in text
    assert "法令に定めのある部分は、見直しの対象になりません。" in text
    assert "指定管理者のシステムの安全性と費用対効果の検討" in text


def test_a_clear_procedure_needs_no_change(signed_in, department, reader):
    procedure = factories.ProcedureFactory(department=department, clear=True)

    text = signed_in(reader).get(f"/procedures/{procedure.pk}/").content.decode()

    assert "変える必要のあるものはありません。" in text
    assert "区分は「<strong>優先</strong>」です。" in text


def test_unknown_volumes_are_said_to_be_unknown_and_zero_is_zero(page, procedure, reader):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=None, online=0)
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=12345, online=None)

    text = page(reader)

    cells = '<td class="num">{}</td>'
    assert cells.format("不明") + "\n          " + cells.format("0") in text
    assert cells.format("12,345") + "\n          " + cells.format("不明") in text
    assert "令和7年度（2025年度）" in text


def test_without_any_volume_the_page_says_unknown(page, reader):
    assert "不明（まだ入力されていません）" in page(reader)


def test_national_figures_are_a_reference_and_an_unknown_one_is_not_zero(page, procedure, reader):
    procedure.refresh_from_db()
    procedure.national_id, procedure.national_total_volume = "12345", 4_000_000
    save(procedure, ["national_id", "national_total_volume"], factories.origin())

    text = page(reader)

    card = words(element(text, "survey-card"))
    assert "市の進み具合や件数ではありません" in card
    assert "年間件数 4,000,000件 不明 オンラインの割合 － －" in card


def test_the_national_priority_is_named_with_its_edition(page, procedure, reader):
    edition = factories.EditionFactory(name="版A", current=True)
    national = factories.NationalPriorityFactory(edition=edition, number=7, name="転出届・転入予約")
    procedure.refresh_from_db()
    procedure.national_priority = national
    save(procedure, ["national_priority_id"], factories.origin())

    text = page(reader)

    assert "7 転出届・転入予約" in text
    assert "版A" in text


# --- The plan and its service ------------------------------------------------------------------


def test_a_procedure_without_a_plan_has_not_been_started(page, reader):
    text = page(reader)

    assert "計画はまだありません。" in text
    assert "badge--not_started" in text


def test_the_plan_stands_there_with_its_checklist(page, procedure, reader):
    factories.PlanFactory(
        procedure=procedure,
        online=True,
        assignee="山田",
        input_help_checked=False,
        checklist_exception="国の様式のため",
    )

    text = page(reader)

    assert "2026年4月1日（令和8年）" in text
    assert "表記が分かりやすい：確認済" in text
    assert "入力の補助がある：未確認" in text
    assert "確認しない理由：国の様式のため" in text
    assert "山田" in text


@pytest.mark.parametrize(
    ("target", "sentence"),
    [(date(2027, 4, 1), "目標日が国の期限より後です。"), (None, "目標日がありません。")],
)
def test_a_plan_behind_the_national_schedule_is_flagged(page, procedure, reader, target, sentence):
    factories.PlanFactory(procedure=procedure, national_due=date(2027, 3, 31), target_date=target)

    text = page(reader)

    assert sentence in text
    assert "国の期限より遅い計画" in text


def test_a_plan_in_time_is_not_flagged(page, procedure, reader):
    factories.PlanFactory(
        procedure=procedure, national_due=date(2027, 3, 31), target_date=date(2027, 3, 31)
    )

    assert "国の期限までに終わるように" not in page(reader)


def test_a_service_that_clause_4_does_not_give_is_noted(page, procedure, reader):
    factories.PlanFactory(procedure=procedure, service=factories.ServiceFactory(kind="general"))

    text = page(reader)

    assert "方針4 基幹系システムの事務はマイナポータル" in text
    assert "計画のサービスの種別が、方針4で使うことになるサービスと違います。" in text


def test_the_service_of_clause_4_needs_no_note(page, procedure, reader):
    factories.PlanFactory(procedure=procedure, service=factories.ServiceFactory(kind="mynaportal"))

    text = page(reader)

    assert "と違います。" not in text
    assert "協議が必要です" not in text


@pytest.mark.parametrize(
    ("agreed", "sentence"),
    [
        (None, "始める前に情報政策課との協議が必要です"),
        (date(2026, 5, 1), "情報政策課との協議は、2026年5月1日（令和8年）に調っています。"),
    ],
)
def test_another_service_needs_a_consultation(page, procedure, reader, agreed, sentence):
    service = factories.ServiceFactory(kind="other")
    factories.PlanFactory(procedure=procedure, service=service)
    if agreed:
        factories.ConsultationFactory(
            procedure=procedure, service=service, agreed=True, decided_on=agreed
        )

    assert sentence in page(reader)


# --- Who is offered what -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "may_edit"),
    [
        ("member", True),
        ("division_person", True),
        ("administrator", True),
        ("other_member", False),
        ("reader", False),
    ],
)
def test_edits_are_offered_to_those_who_may_edit(page, procedure, person, may_edit, request):
    text = page(request.getfixturevalue(person))

    for name in ("row_edit", "facts_edit", "bases_edit", "volume_set", "exemption_propose"):
        assert (f'href="{reverse(name, args=[procedure.pk])}"' in text) is may_edit


@pytest.mark.parametrize(
    ("person", "state", "offered"),
    [
        ("division_person", "proposed", {"exemption_confirm", "exemption_return"}),
        ("division_person", "confirmed", {"exemption_renew", "exemption_withdraw"}),
        ("division_person", "withdrawn", set()),
        ("administrator", "proposed", set()),
        ("member", "proposed", set()),
        ("member", "confirmed", set()),
        ("reader", "proposed", set()),
    ],
)
def test_only_the_division_is_offered_to_decide_an_exemption(
    page, procedure, person, state, offered, request
):
    factories.ExemptionFactory(
        procedure=procedure, **({"confirmed": True} if state == "confirmed" else {"state": state})
    )

    text = page(request.getfixturevalue(person))

    found = {
        name
        for name in (
            *("exemption_confirm", "exemption_return", "exemption_renew", "exemption_withdraw"),
        )
        if f'action="{reverse(name, args=[procedure.pk])}' in text
    }
    assert found == offered


def test_a_confirmed_exemption_is_not_offered_for_a_new_proposal(page, procedure, member):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)

    text = page(member)

    assert reverse("exemption_propose", args=[procedure.pk]) not in text
    assert "先に情報政策課が取り下げます。" in text


def test_a_proposal_that_would_not_fit_is_explained_before_anybody_confirms_it(
    page, procedure, member
):
    factories.ExemptionFactory(procedure=procedure, ground="ordinance_art7")

    text = page(member)

    assert "確認しても適用除外になりません。区分は「" in text
    assert "適用除外の根拠が、手続の根拠区分と合っていません。" in text


def test_a_proposal_that_fits_says_what_confirming_does(page, procedure, member):
    factories.ExemptionFactory(procedure=procedure, ground="national_list")

    assert "確認すると、区分は「適用除外」になります。" in page(member)


def test_a_decided_exemption_that_does_not_fit_is_warned_of_at_the_top(page, procedure, reader):
    factories.ExemptionFactory(procedure=procedure, ground="rule_art16", confirmed=True)

    text = page(reader)

    warning = text.index("適用除外の根拠が、手続の根拠区分と合っていません。")
    assert warning < text.index('id="facts"')


# --- History -----------------------------------------------------------------------------------


def test_the_history_stands_there_field_by_field(page, procedure, member):
    procedure.refresh_from_db()
    procedure.note = "増える時期が変わった"
    save(procedure, ["note"], Origin(member, Source.FORM))

    text = page(member)

    assert "備考：" in text
    assert '<del class="diff__old">毎年3月に増える</del>' in text
    assert '<ins class="diff__new">増える時期が変わった</ins>' in text
    assert f"{member}　画面" in text


def test_a_long_history_is_cut_and_opened_by_a_link(page, procedure, member):
    for number in range(HISTORY_SHOWN + 1):
        procedure.refresh_from_db()
        procedure.note = f"備考その{number}"
        save(procedure, ["note"], Origin(member, Source.FORM))

    cut, whole = page(member), page(member, "?history=all")

    assert cut.count("timeline__head") == HISTORY_SHOWN
    assert "台帳に登録しました。" not in cut
    assert "件すべてを表示" in cut
    assert "台帳に登録しました。" in whole
    assert "件すべてを表示" not in whole


# --- As a whole --------------------------------------------------------------------------------


def _everything(department) -> Procedure:
    procedure = factories.ProcedureFactory(
        department=department,
        division=department.divisions.get(),
        national_priority=factories.NationalPriorityFactory(),
    )
    factories.LegalBasisFactory(procedure=procedure)
    factories.VolumeFactory(procedure=procedure)
    factories.ExemptionFactory(procedure=procedure)
    factories.PlanFactory(procedure=procedure, online=True)
    return procedure


def test_the_page_takes_the_same_number_of_queries_however_much_hangs_on_it(
    signed_in, department, member
):
    procedure = _everything(department)
    client = signed_in(member)
    address = reverse("procedure_detail", args=[procedure.pk])
    client.get(address)

    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(8):
        factories.LegalBasisFactory(procedure=procedure, is_primary=False, name=f"規則{number}")
        factories.VolumeFactory(procedure=procedure, fiscal_year=2000 + number)
        _everything(department)
    with CaptureQueriesContext(connection) as many:
        client.get(address, {"history": "all"})

    assert len(many) == len(few)
    assert len(many) <= QUERIES


def test_a_procedure_that_does_not_exist_is_not_found(signed_in, reader):
    assert signed_in(reader).get("/procedures/999999/").status_code == 404


def test_the_page_asks_for_a_login(client, procedure):
    response = client.get(f"/procedures/{procedure.pk}/")

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_reading_writes_nothing(page, procedure, member):
    before = (Procedure.objects.get().version, procedure.history.count())

    page(member)

    assert (Procedure.objects.get().version, procedure.history.count()) == before


def test_today_is_the_day_of_the_office(page, procedure, reader):
    factories.PlanFactory(procedure=procedure, target_date=timezone.localdate())

    assert "期限超過" not in page(reader)
