"""The history of a procedure as people read it: who, when, through which door, field by field."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from procedures import actions
from procedures.actions import BasisDraft
from procedures.models import ImportRun, Procedure, Source
from procedures.models.exemption import suggested_review
from procedures.records import UNSAVED, Origin, insert, save
from procedures.rules import ExemptionGround
from tests import factories
from tracking.actions.plans import save_row, update_plan
from tracking.timeline import Change, timeline


@pytest.fixture
def procedure(department):
    """A procedure that came in with one answer and a name."""
    with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC), tick=True):
        return factories.ProcedureFactory(
            department=department, name="転入届", applicants=["individual"], payment="offline"
        )


def update(procedure, by, **sent):
    """An edit of the present version."""
    version = Procedure.objects.get(pk=procedure.pk).version
    actions.update_procedure(
        procedure_id=procedure.pk, sent=sent, version=version, by=by, source=Source.FORM
    )


def latest(procedure):
    """The newest entry."""
    return timeline(procedure)[0]


def facts(entry) -> list[tuple[str, str, str | None, str | None]]:
    """What somebody changed, as tuples."""
    return [(one.subject, one.field, one.old, one.new) for one in entry.facts]


def test_the_first_entry_is_the_registration_with_what_was_known(procedure):
    (entry,) = timeline(procedure)

    assert entry.is_registration
    assert (entry.by_name, entry.source) == ("factory", "コマンド")
    assert entry.at == procedure.changed_at
    shown = {change.field: change.new for change in entry.facts}
    assert shown == {
        "手続番号": procedure.number,
        "手続名": "転入届",
        "部局室": "市民部",
        "申請者": "個人",
        "対象区分": "市民等から市",
        "金銭納付": "必要（オンライン不可）",
    }
    assert {change.old for change in entry.changes} == {None}


def test_a_changed_answer_reads_old_and_new_in_japanese_with_what_came_of_it(procedure, member):
    update(procedure, member, payment="online")

    entry = latest(procedure)
    assert (entry.by_name, entry.source, entry.is_registration) == (str(member), "画面", False)
    assert facts(entry) == [
        ("", "金銭納付", "必要（オンライン不可）", "必要（オンライン可）"),
    ]
    assert entry.results == (Change("", "支障", "金銭納付", "（空）", is_result=True),)


def test_a_new_category_is_said_with_its_clause(procedure, member):
    aspects = ("identity_check", "attachments", "in_person", "physical_item", "deliverable")
    update(procedure, member, **dict.fromkeys(aspects, "not_needed"))
    update(procedure, member, payment="not_needed")

    results = {change.field: (change.old, change.new) for change in latest(procedure).results}
    assert results["区分"] == ("検討", "優先")
    assert results["根拠条項"] == (
        "方針3(2) 支障を整理して解決策を考える",
        "方針3(1)② オンライン化の支障がない",
    )


def test_every_kind_of_value_is_in_words(procedure, member, department):
    national = factories.NationalPriorityFactory(name="児童手当")
    division = department.divisions.get()
    update(
        procedure,
        member,
        division_id=division.pk,
        national_priority_id=national.pk,
        applicants=("individual", "corporation"),
        core_system=True,
        kind="notification",
        abolished_on=datetime(2027, 3, 31).date(),
        note="統合のため",
    )

    assert facts(latest(procedure)) == [
        ("", "課", "（空）", "市民サービス課"),
        ("", "申請者", "個人", "個人、法人"),
        ("", "手続類型", "（空）", "届出"),
        ("", "基幹系システムを利用", "いいえ", "はい"),
        ("", "国の優先手続", "（空）", str(national)),
        ("", "備考", "（空）", "統合のため"),
        ("", "廃止日", "（空）", "2027年3月31日"),
    ]


def test_what_writers_keep_for_themselves_is_never_shown(procedure, member):
    update(procedure, member, name="転入の届出")

    shown = {change.field for change in latest(procedure).changes}
    assert shown == {"手続名"}


def test_legal_bases_come_change_and_go(procedure, member):
    def replace(*bases):
        version = Procedure.objects.get().version
        actions.replace_legal_bases(
            procedure_id=procedure.pk, bases=bases, version=version, by=member
        )
        return procedure.legal_bases.get() if bases else None

    law = BasisDraft(level="national", name="住民基本台帳法", article="第22条", is_primary=True)
    stored = replace(law)
    assert facts(latest(procedure)) == [
        ("根拠法令「住民基本台帳法第22条」", "根拠区分", None, "法令"),
        ("根拠法令「住民基本台帳法第22条」", "根拠法令", None, "住民基本台帳法"),
        ("根拠法令「住民基本台帳法第22条」", "条項", None, "第22条"),
    ]

    values = law.values | {"article": "第24条"}
    replace(BasisDraft(pk=stored.pk, **values))
    assert facts(latest(procedure)) == [
        ("根拠法令「住民基本台帳法第24条」", "条項", "第22条", "第24条")
    ]

    replace()
    assert facts(latest(procedure)) == [
        ("根拠法令「住民基本台帳法第24条」", "", "住民基本台帳法第24条", None)
    ]


def test_an_unknown_volume_reads_as_unknown_and_zero_as_zero(procedure, member):
    for total in (0, None):
        actions.set_volume(
            procedure_id=procedure.pk,
            fiscal_year=2025,
            total=total,
            online=0,
            certainty="actual",
            version=Procedure.objects.get().version,
            by=member,
        )

    newest, first, _ = timeline(procedure)
    assert facts(first) == [
        ("2025年度の件数", "年間件数", None, "0"),
        ("2025年度の件数", "オンライン件数", None, "0"),
    ]
    assert facts(newest) == [("2025年度の件数", "年間件数", "0", "不明")]


def test_an_exemption_is_followed_from_the_proposal_to_its_end(procedure, member, division_person):
    factories.LegalBasisFactory(procedure=procedure)
    actions.propose_exemption(
        procedure_id=procedure.pk,
        ground=ExemptionGround.RULE_ART16,
        article="第1項",
        reason="対面が要る",
        by=member,
    )
    actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)
    actions.withdraw_exemption(procedure_id=procedure.pk, by=division_person)

    withdrawn, confirmed, proposed = timeline(procedure)[:3]
    assert facts(proposed) == [
        ("適用除外", "根拠", None, "施行規則第16条"),
        ("適用除外", "条項", None, "第1項"),
        ("適用除外", "理由", None, "対面が要る"),
    ]
    assert proposed.results == ()
    review = suggested_review(timezone.localdate())
    shown = f"{review.year}年3月31日"
    assert facts(confirmed) == [
        ("適用除外", "見直しの期日", "（空）", shown),
        ("適用除外", "状態", "申出（確認待ち）", "確認済"),
    ]
    assert confirmed.by_name == str(division_person)
    assert [change.new for change in confirmed.results] == [
        "適用除外",
        "方針6 施行規則第16条による適用除外",
    ]
    assert facts(withdrawn) == [
        ("適用除外", "見直しの期日", shown, "（空）"),
        ("適用除外", "状態", "確認済", "取下げ"),
    ]
    assert withdrawn.results[0].new == "検討"


def test_a_row_saved_in_one_act_is_one_entry(procedure, member):
    save_row(
        procedure_id=procedure.pk,
        answers={"payment": "online"},
        plan={"status": "preparing", "assignee": "山田"},
        procedure_version=1,
        plan_version=UNSAVED,
        by=member,
        source=Source.INLINE,
    )

    entry, _ = timeline(procedure)
    assert entry.source == "一覧での編集"
    assert facts(entry) == [
        ("", "金銭納付", "必要（オンライン不可）", "必要（オンライン可）"),
        ("オンライン化計画", "状況", None, "準備中"),
        ("オンライン化計画", "担当者", None, "山田"),
    ]


def test_a_service_is_named(procedure, member):
    service = factories.ServiceFactory(name="やまぐち電子申請")

    update_plan(
        procedure_id=procedure.pk,
        sent={"service_id": service.pk},
        version=UNSAVED,
        by=member,
        source=Source.FORM,
    )

    assert facts(latest(procedure)) == [
        ("オンライン化計画", "利用サービス", None, "やまぐち電子申請")
    ]


def test_an_import_is_named(department, administrator):
    run = ImportRun.objects.create(
        created_by=administrator, file_name="台帳.xlsx", file_size=1, state="previewed"
    )
    procedure = factories.ProcedureFactory.build(department=department)
    factories.ProcedureFactory.complete(procedure)
    insert([procedure], Origin(administrator, Source.IMPORT, import_run=run))

    entry = latest(procedure)
    assert (entry.source, entry.import_run_id, entry.import_name) == ("取込", run.pk, "台帳.xlsx")


def test_the_newest_entry_comes_first_and_other_procedures_stay_out(procedure, member, department):
    other = factories.ProcedureFactory(department=department)
    update(procedure, member, note="一")
    update(procedure, member, note="二")
    update(other, member, note="よそ")

    entries = timeline(procedure)
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert [facts(entry)[0][3] for entry in entries[:2]] == ["二", "一"]
    assert len(entries) == 3


def test_a_write_that_a_reader_cannot_see_is_no_entry(procedure, member):
    procedure.refresh_from_db()
    save(procedure, [], Origin(member, Source.COMMAND))

    assert procedure.history.count() == 2
    assert len(timeline(procedure)) == 1


def test_the_history_is_read_with_the_same_number_of_queries_at_any_length(
    procedure, member, department, django_assert_num_queries
):
    national = factories.NationalPriorityFactory()
    update(procedure, member, national_priority_id=national.pk)
    with django_assert_num_queries(12):
        timeline(procedure)
    for number in range(30):
        update(procedure, member, note=f"{number}")
    with django_assert_num_queries(12):
        assert len(timeline(procedure)) == 32
