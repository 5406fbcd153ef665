"""The import's promises: what a file would do, that it does that, once, and nothing else."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from procedures import bulk_import
from procedures.bulk_import.applying import NotApplicable, StalePreview
from procedures.classification import differences
from procedures.models import (
    ApplicationService,
    Department,
    Exemption,
    ImportRow,
    ImportRun,
    LegalBasis,
    Procedure,
    Source,
    YearlyVolume,
)
from tests import factories
from tests.workbooks import workbook
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db
Outcome = ImportRow.Outcome

HISTORIES = (Procedure, LegalBasis, YearlyVolume, Exemption, MigrationPlan)


def history_count() -> int:
    """History rows of everything that an import writes."""
    return sum(model.history.count() for model in HISTORIES)


def full_row(**changes):
    """A row that fills every table, with ``changes``."""
    return {
        "手続番号": "010-0001",
        "手続名": "住民票の写しの交付請求",
        "部局室": "市民部",
        "課": "市民サービス課",
        "申請者": "個人、法人",
        "手続類型": "請求",
        "対象区分": "市民等から市",
        "根拠区分": "法令",
        "根拠法令": "住民基本台帳法",
        "条項": "第12条第1項",
        "本人確認": "オンライン可",
        "添付書類": "不要",
        "対面": "無",
        "現物確認": "×",
        "通知・交付物": "要",
        "金銭納付": "オンライン可",
        "基幹系システム": "該当",
        "年度": "令和7年度",
        "年間件数": 1200,
        "オンライン件数": 300,
        "状況": "準備中",
        "目標日": date(2027, 3, 31),
        "担当者": "窓口係",
    } | changes


def preview(*rows, by, **options) -> ImportRun:
    return bulk_import.preview(workbook(rows), file_name="list.xlsx", by=by, **options)


def imported(*rows, by, **options) -> ImportRun:
    return bulk_import.apply(preview(*rows, by=by, **options).pk, by=by)


@pytest.fixture
def office(department, other_department):
    """Two departments with divisions, and a service."""
    factories.DivisionFactory(department=other_department, name="環境政策課")
    factories.ServiceFactory(name="汎用電子申請")
    return department


def test_preview_writes_nothing_to_the_inventory(office, administrator):
    run = preview(full_row(), by=administrator)
    assert run.state == ImportRun.State.PREVIEWED
    assert run.counts[Outcome.NEW] == 1
    assert not Procedure.objects.exists()
    assert history_count() == 0


def test_apply_fills_every_table_with_history(office, administrator):
    run = imported(full_row(), by=administrator)
    procedure = Procedure.objects.get()
    assert procedure.name == "住民票の写しの交付請求"
    assert procedure.applicants == ("individual", "corporation")
    assert (procedure.category, procedure.obstacles) == ("pending", ("deliverable",))
    assert procedure.legal_bases.get().level == "national"
    assert procedure.volumes.get().total == 1200
    assert procedure.plan.target_date == date(2027, 3, 31)
    entry = procedure.history.get()
    assert (entry.change_source, entry.by_name, entry.import_run_id) == (
        Source.IMPORT, str(administrator), run.pk,
    )  # fmt: skip
    assert not list(differences(Procedure.objects.all()))


def test_second_import_of_the_same_file_changes_nothing(office, administrator):
    rows = [full_row(), full_row(手続番号=None, 手続名="番号のない手続の届出")]
    imported(*rows, by=administrator)
    written = history_count()
    again = imported(*rows, by=administrator)
    assert again.counts == dict.fromkeys(Outcome, 0) | {Outcome.UNCHANGED: 2}
    assert history_count() == written


def test_counts_account_for_every_row(office, administrator):
    run = preview(
        full_row(),
        full_row(),
        full_row(手続番号="010-0002", 部局室="市民局"),
        {"手続名": "合計", "年間件数": 2400},
        by=administrator,
    )
    assert run.counts == {
        Outcome.NEW: 1,
        Outcome.CHANGED: 0,
        Outcome.UNCHANGED: 0,
        Outcome.REJECTED: 1,
        Outcome.PASSED_OVER: 2,
    }


def test_empty_cell_keeps_and_clear_word_empties(office, administrator):
    imported(full_row(備考="前の備考"), by=administrator)
    imported(full_row(備考=None, 担当者="（空）"), by=administrator)
    procedure = Procedure.objects.get()
    assert procedure.note == "前の備考"
    assert procedure.plan.assignee == ""


def test_changed_cell_is_shown_old_and_new(office, administrator):
    imported(full_row(), by=administrator)
    run = preview(full_row(**{"通知・交付物": "不要"}), by=administrator)
    row = run.rows.get()
    assert row.outcome == Outcome.CHANGED
    assert row.changes == {"procedure": {"deliverable": ["offline", "not_needed"]}}
    assert (row.category_before, row.category_after) == ("pending", "priority")


def test_unknown_department_is_rejected_with_the_nearest_names(office, administrator):
    run = preview(full_row(部局室="市民局", 課=None), by=administrator)
    problem = run.rows.get().problems[0]
    assert problem["column"] == "部局室"
    assert problem["cell"] == "C2"
    assert "市民部" in problem["message"]
    assert "2行目" in problem["message"]


def test_division_of_another_department_is_rejected_and_says_whose_it_is(office, administrator):
    run = preview(full_row(課="環境政策課"), by=administrator)
    assert "環境部" in run.rows.get().problems[0]["message"]


def test_division_alone_is_enough_where_its_name_is_unique(office, administrator):
    imported(full_row(部局室=None), by=administrator)
    assert Procedure.objects.get().department == office


def test_division_alone_that_two_departments_have_is_rejected(
    office, other_department, administrator
):
    factories.DivisionFactory(department=other_department, name="市民サービス課")
    run = preview(full_row(部局室=None), by=administrator)
    assert "部局室の列" in run.rows.get().problems[0]["message"]


def test_row_without_department_comes_in_unassigned(office, administrator):
    imported(full_row(部局室=None, 課=None), by=administrator)
    assert Procedure.objects.unassigned().count() == 1


def test_new_row_without_number_gets_the_next_one(office, administrator):
    rows = [full_row(手続番号=None), full_row(手続番号=None, 手続名="別の手続の申請")]
    imported(*rows, by=administrator)
    imported(full_row(手続番号=None, 手続名="三つ目の申請"), by=administrator)
    numbers = Procedure.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == ["A-000001", "A-000002", "A-000003"]


def test_same_name_twice_without_numbers_both_come_in(office, administrator):
    run = imported(full_row(手続番号=None), full_row(手続番号=None, 備考="別"), by=administrator)
    assert run.counts[Outcome.NEW] == 2


def test_a_name_that_two_procedures_have_is_not_guessed(office, administrator):
    imported(full_row(手続番号=None), full_row(手続番号=None, 備考="別"), by=administrator)
    run = preview(full_row(手続番号=None), by=administrator)
    assert "手続番号" in run.rows.get().problems[0]["message"]


def test_exemption_comes_in_as_a_proposal_that_exempts_nothing(office, administrator):
    row = full_row(
        根拠区分="条例", **{"適用除外の根拠": "条例第7条", "適用除外の理由": "対面が要る"}
    )
    imported(row, by=administrator)
    procedure = Procedure.objects.get()
    assert procedure.exemption.state == Exemption.State.PROPOSED
    assert procedure.category == "pending"


def test_confirming_import_exempts(office, division_person):
    row = full_row(根拠区分="条例", **{"適用除外の根拠": "条例第7条"})
    imported(row, by=division_person, confirms_exemptions=True)
    procedure = Procedure.objects.get()
    assert procedure.exemption.confirmed_by == division_person
    assert (procedure.category, procedure.grounds) == ("exempt", ("6-ordinance",))


def test_import_cannot_change_a_confirmed_exemption(office, administrator, division_person):
    row = full_row(根拠区分="条例", **{"適用除外の根拠": "条例第7条"})
    imported(row, by=division_person, confirms_exemptions=True)
    run = preview(row | {"適用除外の根拠": "規則"}, by=administrator)
    assert run.counts[Outcome.REJECTED] == 1


def test_bare_mark_brings_the_row_in_without_exemption(office, administrator):
    run = imported(full_row(**{"適用除外の根拠": "○"}), by=administrator)
    assert not Exemption.objects.exists()
    assert any("根拠" in note for note in run.rows.get().notes)


def test_more_online_than_total_is_rejected(office, administrator):
    run = preview(full_row(オンライン件数=1201), by=administrator)
    assert run.rows.get().problems[0]["column"] == "オンライン件数"


def test_unknown_volume_is_not_zero(office, administrator):
    imported(full_row(年間件数="不明", オンライン件数=0), by=administrator)
    volume = YearlyVolume.objects.get()
    assert (volume.total, volume.online) == (None, 0)


def test_rounded_volume_is_kept_as_an_estimate(office, administrator):
    imported(full_row(年間件数="約1,200件"), by=administrator)
    volume = YearlyVolume.objects.get()
    assert (volume.total, volume.certainty) == (1200, "estimate")


def test_unknown_service_is_rejected_with_the_nearest_names(office, administrator):
    run = preview(full_row(利用サービス="汎用電子サービス"), by=administrator)
    assert ApplicationService.objects.get().name in run.rows.get().problems[0]["message"]


def test_online_without_service_is_rejected_as_on_screen(office, administrator):
    run = preview(full_row(状況="オンライン化済", 開始日=date(2026, 4, 1)), by=administrator)
    assert any(problem["column"] == "利用サービス" for problem in run.rows.get().problems)


def test_online_row_with_service_and_launch_comes_in(office, administrator):
    row = full_row(状況="オンライン化済", 開始日=date(2026, 4, 1), 利用サービス="汎用電子申請")
    imported(row, by=administrator)
    plan = MigrationPlan.objects.get()
    assert (plan.status, plan.launched_on) == ("online", date(2026, 4, 1))
    assert plan.checklist_exception


def test_hold_without_reason_is_rejected_and_with_one_comes_in(office, administrator):
    rows = [
        full_row(状況="保留"),
        full_row(手続番号="010-0002", 状況="保留", 備考="条例改正を待つため"),
    ]
    run = imported(*rows, by=administrator)
    assert (run.counts[Outcome.REJECTED], run.counts[Outcome.NEW]) == (1, 1)
    assert MigrationPlan.objects.get().hold_reason == "条例改正を待つため"


def test_national_list_by_number_or_name(office, administrator):
    item = factories.NationalPriorityFactory(number=58, name="転出届")
    rows = [
        full_row(優先手続番号=58),
        full_row(手続番号="010-0002", 優先手続番号="転出届"),
    ]
    imported(*rows, by=administrator)
    assert {p.national_priority for p in Procedure.objects.all()} == {item}
    assert {p.category for p in Procedure.objects.all()} == {"priority"}


def test_good_rows_go_in_and_rejected_ones_stay_out(office, administrator):
    run = imported(full_row(), full_row(手続番号="010-0002", 本人確認="要?"), by=administrator)
    assert run.state == ImportRun.State.APPLIED
    assert Procedure.objects.get().number == "010-0001"


def test_a_run_is_applied_once(office, administrator):
    run = imported(full_row(), by=administrator)
    with pytest.raises(NotApplicable):
        bulk_import.apply(run.pk, by=administrator)
    assert Procedure.history.count() == 1


def test_only_the_person_who_previewed_may_apply(office, administrator):
    run = preview(full_row(), by=administrator)
    with pytest.raises(PermissionDenied, match=str(administrator)):
        bulk_import.apply(run.pk, by=factories.administrator())
    assert not Procedure.objects.exists()


def test_whoever_has_no_role_may_not_import(office, reader):
    with pytest.raises(PermissionDenied):
        preview(full_row(), by=reader)
    assert not ImportRun.objects.exists()


def test_stale_preview_is_stopped_and_can_be_compared_again(office, administrator):
    imported(full_row(), by=administrator)
    changed = full_row(**{"通知・交付物": "不要", "備考": "取込の備考"})
    run = preview(changed, by=administrator)
    imported(full_row(備考="別の人の備考"), by=administrator)
    with pytest.raises(StalePreview):
        bulk_import.apply(run.pk, by=administrator)
    assert Procedure.objects.get().note == "別の人の備考"
    bulk_import.compare_again(run, by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    assert Procedure.objects.get().note == "取込の備考"


def test_a_preview_about_a_procedure_that_is_gone_is_stopped(office, administrator):
    first = imported(full_row(), by=administrator)
    run = preview(full_row(備考="取込の備考"), by=administrator)
    bulk_import.undo(first.pk, by=administrator)
    with pytest.raises(StalePreview):
        bulk_import.apply(run.pk, by=administrator)
    assert bulk_import.compare_again(run, by=administrator).counts[Outcome.NEW] == 1


def test_a_list_without_numbers_previewed_twice_comes_in_once(office, administrator):
    other = factories.administrator()
    first = preview(full_row(手続番号=None), by=administrator)
    second = preview(full_row(手続番号=None), by=other)
    bulk_import.apply(first.pk, by=administrator)
    with pytest.raises(StalePreview):
        bulk_import.apply(second.pk, by=other)
    again = bulk_import.compare_again(second, by=other)
    assert again.counts[Outcome.UNCHANGED] == 1
    assert Procedure.objects.count() == 1


def test_a_new_procedure_that_the_list_does_not_name_is_no_reason_to_stop(office, administrator):
    run = preview(full_row(), by=administrator)
    imported(full_row(手続番号="010-0009", 手続名="別の手続の届出"), by=factories.administrator())
    bulk_import.apply(run.pk, by=administrator)
    assert Procedure.objects.count() == 2


def test_edit_of_another_field_does_not_make_a_preview_stale(office, administrator):
    imported(full_row(), by=administrator)
    run = preview(full_row(**{"通知・交付物": "不要"}), by=administrator)
    imported(full_row(備考="別の人の備考"), by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    procedure = Procedure.objects.get()
    assert (procedure.note, procedure.deliverable) == ("別の人の備考", "not_needed")


def test_failure_in_the_middle_writes_nothing(office, administrator, monkeypatch):
    run = preview(full_row(), by=administrator)
    from procedures.records import Batch

    def fails(*args):
        raise RuntimeError("power cut")

    monkeypatch.setattr(Batch, "write", fails)
    with pytest.raises(RuntimeError):
        bulk_import.apply(run.pk, by=administrator)
    run.refresh_from_db()
    assert run.state == ImportRun.State.PREVIEWED
    assert not Procedure.objects.exists()
    assert history_count() == 0


def test_department_renamed_out_of_force_is_unknown(office, administrator):
    Department.objects.filter(pk=office.pk).update(valid_to=date(2020, 3, 31))
    run = preview(full_row(), by=administrator)
    assert run.counts[Outcome.REJECTED] == 1
