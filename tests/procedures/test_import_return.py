"""A workbook of ours that comes back: three values per cell, nothing overwritten silently."""

import pytest

from procedures import bulk_import
from procedures.actions import assign_department
from procedures.bulk_import.matching import COPIED_ROW, FOREIGN_ID, NUMBER_OF_ANOTHER
from procedures.models import ImportRow, LegalBasis, Procedure, Source, YearlyVolume
from procedures.spreadsheet.trace import Versions
from tests import factories
from tests.workbooks import workbook
from tracking.actions.plans import save_row
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db
Outcome = ImportRow.Outcome


def exported(procedure, **changes):
    """The line of an exported workbook about ``procedure``, with ``changes`` by heading."""
    procedure = Procedure.objects.select_related("plan", "department").get(pk=procedure.pk)
    plan = getattr(procedure, "plan", None)
    return {
        "手続番号": procedure.number,
        "手続名": procedure.name,
        "部局室": procedure.department.name,
        "備考": procedure.note or None,
        "対面": {"unknown": "未調査", "offline": "要", "not_needed": "不要"}[procedure.in_person],
        "状況": {"not_started": "未着手", "preparing": "準備中"}[
            plan.status if plan else "not_started"
        ],
        "担当者": plan.assignee if plan else None,
        "台帳ID": procedure.pk,
        "台帳の版": str(Versions(procedure.version, plan.version if plan else 0)),
    } | changes


def preview(*rows, by):
    return bulk_import.preview(workbook(rows), file_name="returned.xlsx", by=by)


def edit(procedure, by, plan=None, **answers):
    """Somebody edits the row on screen."""
    procedure = Procedure.objects.get(pk=procedure.pk)
    current = MigrationPlan.objects.filter(procedure=procedure).first()
    save_row(
        procedure_id=procedure.pk,
        answers=answers,
        plan=plan or {},
        procedure_version=procedure.version,
        plan_version=current.version if current else 0,
        by=by,
        source=Source.INLINE,
    )


@pytest.fixture
def procedure(department):
    procedure = factories.ProcedureFactory(department=department, note="書き出した備考")
    factories.PlanFactory(procedure=procedure, assignee="山田")
    return procedure


def test_untouched_cells_do_nothing_even_if_the_record_has_moved_on(procedure, administrator):
    line = exported(procedure)
    edit(
        procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考", in_person="offline"
    )
    run = preview(line, by=administrator)
    assert run.counts[Outcome.UNCHANGED] == 1
    assert run.rows.get().changes == {}


def test_clean_edits_are_applied_beside_what_others_changed(procedure, administrator):
    line = exported(procedure, 対面="不要")
    edit(procedure, administrator, note="画面の備考")
    run = preview(line, by=administrator)
    assert run.rows.get().changes == {"procedure": {"in_person": ["unknown", "not_needed"]}}
    bulk_import.apply(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert (procedure.note, procedure.in_person) == ("画面の備考", "not_needed")


def test_a_true_conflict_is_shown_with_all_three_values(procedure, administrator):
    line = exported(procedure, 備考="表の備考", 担当者="佐藤")
    edit(procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考")
    row = preview(line, by=administrator).rows.get()
    assert row.outcome == Outcome.CHANGED
    assert row.changes == {}
    assert row.conflicts == {
        "procedure": {"note": {"base": "書き出した備考", "now": "画面の備考", "file": "表の備考"}},
        "plan": {"assignee": {"base": "山田", "now": "鈴木", "file": "佐藤"}},
    }


def test_the_same_new_value_on_both_sides_is_no_conflict(procedure, administrator):
    line = exported(procedure, 備考="同じ備考")
    edit(procedure, administrator, note="同じ備考")
    assert preview(line, by=administrator).counts[Outcome.UNCHANGED] == 1


def test_undecided_conflicts_stop_the_import(procedure, administrator):
    line = exported(procedure, 備考="表の備考")
    edit(procedure, administrator, note="画面の備考")
    run = preview(line, by=administrator)
    with pytest.raises(bulk_import.NotApplicable, match="食い違いが1件"):
        bulk_import.apply(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert procedure.note == "画面の備考"


@pytest.mark.parametrize(
    ("choice", "note"), [(bulk_import.NOW, "画面の備考"), (bulk_import.FILE, "表の備考")]
)
def test_each_conflict_is_chosen_by_a_person(procedure, administrator, choice, note):
    line = exported(procedure, 備考="表の備考", 担当者="佐藤")
    edit(procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考")
    run = preview(line, by=administrator)
    row = run.rows.get()
    bulk_import.decide(row, "procedure", "note", choice, by=administrator)
    bulk_import.decide(row, "plan", "assignee", bulk_import.NOW, by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert (procedure.note, procedure.plan.assignee) == (note, "鈴木")


def test_a_decision_taken_back_takes_back_what_followed_from_it(procedure, administrator):
    service = factories.ServiceFactory()
    line = exported(
        procedure, 状況="オンライン化済", 利用サービス=service.name, 開始日="2026-04-01"
    )
    edit(procedure, administrator, plan={"status": "preparing"})
    run = preview(line, by=administrator)
    for choice in (bulk_import.FILE, bulk_import.NOW):
        row = bulk_import.decide(run.rows.get(), "plan", "status", choice, by=administrator)
        assert ("checklist_exception" in row.changes["plan"]) == (choice == bulk_import.FILE)


def test_a_row_of_which_nothing_is_left_to_write_counts_as_unchanged(procedure, administrator):
    line = exported(procedure, 備考="表の備考")
    edit(procedure, administrator, note="画面の備考")
    run = preview(line, by=administrator)
    bulk_import.decide(run.rows.get(), "procedure", "note", bulk_import.NOW, by=administrator)
    run.refresh_from_db()
    assert (run.counts[Outcome.CHANGED], run.counts[Outcome.UNCHANGED]) == (0, 1)
    bulk_import.decide(run.rows.get(), "procedure", "note", bulk_import.FILE, by=administrator)
    run.refresh_from_db()
    assert (run.counts[Outcome.CHANGED], run.counts[Outcome.UNCHANGED]) == (1, 0)


def test_the_rest_is_decided_at_once(procedure, administrator):
    line = exported(procedure, 備考="表の備考", 担当者="佐藤")
    edit(procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考")
    run = preview(line, by=administrator)
    bulk_import.decide(run.rows.get(), "procedure", "note", bulk_import.NOW, by=administrator)
    assert bulk_import.decide_rest(run, bulk_import.FILE, by=administrator) == 1
    bulk_import.apply(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert (procedure.note, procedure.plan.assignee) == ("画面の備考", "佐藤")


def test_a_decision_that_breaks_a_rule_is_refused_with_the_rule(procedure, administrator):
    line = exported(procedure, 状況="オンライン化済")
    edit(procedure, administrator, plan={"status": "preparing"})
    run = preview(line, by=administrator)
    row = run.rows.get()
    with pytest.raises(bulk_import.NotApplicable, match="利用サービス"):
        bulk_import.decide(row, "plan", "status", bulk_import.FILE, by=administrator)
    row.refresh_from_db()
    assert "choice" not in row.conflicts["plan"]["status"]


def test_a_decision_moves_the_category_that_the_row_shows(department, administrator):
    procedure = factories.ProcedureFactory(department=department, clear=True, in_person="unknown")
    line = exported(procedure, 対面="不要")
    edit(procedure, administrator, in_person="offline")
    run = preview(line, by=administrator)
    row = bulk_import.decide(
        run.rows.get(), "procedure", "in_person", bulk_import.FILE, by=administrator
    )
    assert (row.category_before, row.category_after, row.moves_category) == (
        "pending", "priority", True,
    )  # fmt: skip


def test_a_conflict_about_a_procedure_that_is_gone_says_to_read_again(procedure, administrator):
    line = exported(procedure, 備考="表の備考")
    edit(procedure, administrator, note="画面の備考")
    run = preview(line, by=administrator)
    run.rows.update(procedure=None)  # as the database does when the procedure is deleted
    with pytest.raises(bulk_import.NotApplicable, match="読み直してください"):
        bulk_import.decide(run.rows.get(), "procedure", "note", bulk_import.NOW, by=administrator)
    with pytest.raises(bulk_import.NotApplicable, match="読み直してください"):
        bulk_import.decide_rest(run, bulk_import.NOW, by=administrator)


def test_deciding_the_rest_reads_what_belongs_to_the_rows_once(
    department, administrator, django_assert_max_num_queries
):
    lines = []
    for _ in range(20):
        each = factories.ProcedureFactory(department=department, note="前")
        lines.append(exported(each, 備考="表の備考"))
        edit(each, administrator, note="画面の備考")
    run = preview(*lines, by=administrator)
    with django_assert_max_num_queries(40):  # one write a row, and a constant
        assert bulk_import.decide_rest(run, bulk_import.FILE, by=administrator) == 20


def test_only_the_person_of_the_run_decides(procedure, administrator):
    line = exported(procedure, 備考="表の備考")
    edit(procedure, administrator, note="画面の備考")
    row = preview(line, by=administrator).rows.get()
    with pytest.raises(Exception, match="代理"):
        bulk_import.decide(row, "procedure", "note", bulk_import.FILE, by=factories.administrator())


def test_bases_and_volumes_are_compared_with_what_was_exported(procedure, administrator):
    factories.LegalBasisFactory(procedure=procedure, name="旧条例", article="第1条")
    factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=100)
    edit(procedure, administrator, kind="application")  # the version that the export names
    line = exported(procedure, 根拠法令="旧条例", 条項="第2条", 年度=2025, 年間件数=100)
    other = exported(procedure, 根拠法令="新条例", 条項="第1条", 年度=2025, 年間件数=300)
    for returned in (other, line):
        run = preview(returned, by=administrator)
        bulk_import.apply(run.pk, by=administrator)
    basis = LegalBasis.objects.get(procedure=procedure)
    assert (basis.name, basis.article) == ("新条例", "第2条")
    assert YearlyVolume.objects.get(procedure=procedure).total == 300


def test_a_number_can_be_changed_by_a_workbook_that_names_the_row(procedure, administrator):
    run = preview(exported(procedure, 手続番号="NEW-1"), by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert procedure.number == "NEW-1"
    assert Procedure.objects.count() == 1


def test_the_number_of_another_procedure_is_refused(procedure, department, administrator):
    other = factories.ProcedureFactory(department=department)
    run = preview(exported(procedure, 手続番号=other.number), by=administrator)
    assert NUMBER_OF_ANOTHER.format(procedure=other) in run.rows.get().problems[0]["message"]


def test_a_copied_row_without_number_is_a_new_procedure(procedure, administrator):
    copied = exported(procedure, 手続番号=None, 手続名="写して作った手続の申請")
    run = preview(exported(procedure), copied, by=administrator)
    assert (run.counts[Outcome.UNCHANGED], run.counts[Outcome.NEW]) == (1, 1)
    assert COPIED_ROW.format(row=2) in run.rows.get(outcome=Outcome.NEW).notes


def test_a_copied_row_above_the_original_is_told_apart_by_the_number(procedure, administrator):
    copied = exported(procedure, 手続番号="NEW-9", 手続名="写して作った手続の申請")
    run = preview(copied, exported(procedure), by=administrator)
    assert (run.counts[Outcome.UNCHANGED], run.counts[Outcome.NEW]) == (1, 1)


def test_an_id_of_another_inventory_is_not_believed(procedure, administrator):
    line = exported(procedure, 手続番号="X-1", 手続名="まったく別の手続の届出")
    row = preview(line, by=administrator).rows.get()
    assert row.outcome == Outcome.NEW
    assert FOREIGN_ID in row.notes


def test_a_row_renamed_and_renumbered_since_the_export_is_still_known(procedure, administrator):
    line = exported(procedure)
    renamed = preview(
        exported(procedure, 手続番号="N-1", 手続名="新しい名称の申請"), by=administrator
    )
    # Both at once look foreign, so the number goes first and the name follows.
    assert renamed.rows.get().outcome == Outcome.NEW
    for changes in ({"手続番号": "N-1"}, {"手続名": "新しい名称の申請"}):
        run = preview(exported(procedure, **changes), by=administrator)
        bulk_import.apply(run.pk, by=administrator)
    assert preview(line, by=administrator).counts[Outcome.UNCHANGED] == 1


def test_a_version_that_nobody_knows_makes_every_difference_a_conflict(procedure, administrator):
    line = exported(procedure, 備考="表の備考", 台帳の版="99版99")
    row = preview(line, by=administrator).rows.get()
    assert set(row.conflicts["procedure"]) == {"note"}
    assert row.conflicts["procedure"]["note"]["base"] is None


def test_a_plan_that_came_after_the_export_is_compared_with_none(department, administrator):
    procedure = factories.ProcedureFactory(department=department)
    line = exported(procedure, 担当者="佐藤")
    edit(procedure, administrator, plan={"assignee": "鈴木"})
    row = preview(line, by=administrator).rows.get()
    assert row.conflicts["plan"]["assignee"] == {"base": "", "now": "鈴木", "file": "佐藤"}


def test_the_workbook_of_a_distribution_marks_its_department_as_returned(
    procedure, department, administrator
):
    from django.utils import timezone

    from procedures.models import DistributedSheet, Distribution

    distribution = Distribution.objects.create(
        name="第1回", created_by=administrator, created_at=timezone.now()
    )
    sheet = DistributedSheet.objects.create(
        distribution=distribution, department=department, row_count=1
    )
    run = preview(exported(procedure, 配付番号=distribution.pk), by=administrator)
    sheet.refresh_from_db()
    assert sheet.returned_as == run


def test_a_conflict_in_another_departments_row_is_not_ones_to_decide(
    procedure, administrator, other_member
):
    line = exported(procedure, 備考="表の備考")
    edit(procedure, administrator, note="画面の備考")
    row = preview(line, by=other_member).rows.get()
    assert row.outcome == Outcome.REJECTED
    with pytest.raises(bulk_import.NotApplicable):
        bulk_import.decide(row, "procedure", "note", bulk_import.FILE, by=other_member)


def test_a_contested_move_to_another_department_is_not_the_teams_to_decide(
    procedure, administrator, member, other_department
):
    target = factories.DepartmentFactory(name="別の部")
    line = exported(procedure, 部局室=target.name)
    assign_department(
        procedure_ids=[procedure.pk], department=other_department, division=None, by=administrator
    )
    assert preview(line, by=member).rows.get().outcome == Outcome.REJECTED


def test_a_procedure_that_left_the_department_since_the_preview_is_not_written(
    procedure, administrator, member, other_department
):
    run = preview(exported(procedure, 備考="表の備考"), by=member)
    assign_department(
        procedure_ids=[procedure.pk], department=other_department, division=None, by=administrator
    )
    with pytest.raises(bulk_import.StalePreview):
        bulk_import.apply(run.pk, by=member)
    run = bulk_import.compare_again(run, by=member)
    assert run.counts[Outcome.REJECTED] == 1
    procedure.refresh_from_db()
    assert procedure.note == "書き出した備考"
