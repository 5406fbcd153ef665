"""Rights, near-duplicates, cautions, deputies, rows left out, remembered mappings, dead workers."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from procedures import bulk_import
from procedures.bulk_import.progress import STOPPED
from procedures.models import ImportRow, ImportRun, Procedure, RememberedMapping
from procedures.permissions import NOT_YOUR_DEPARTMENT
from procedures.spreadsheet.mapping import SheetMapping
from tests import factories
from tests.procedures.test_bulk_import import full_row, imported, preview
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
Outcome = ImportRow.Outcome
State = ImportRun.State


@pytest.fixture
def office(department, other_department):
    factories.DivisionFactory(department=other_department, name="環境政策課")
    return department


def test_a_team_member_imports_rows_of_the_own_department(office, member):
    imported(full_row(), by=member)
    assert Procedure.objects.get().department == office


def test_a_row_of_another_department_is_refused_with_the_reason(office, other_member, member):
    imported(full_row(), by=member)
    run = preview(full_row(備考="よその備考"), full_row(手続番号="9"), by=other_member)
    refused = run.rows.filter(outcome=Outcome.REJECTED)
    assert refused.count() == 2
    sentence = NOT_YOUR_DEPARTMENT.format(department=office)
    assert all(sentence in row.problems[0]["message"] for row in refused)


def test_an_unchanged_row_of_another_department_is_no_problem(office, member, other_member):
    imported(full_row(), by=member)
    assert preview(full_row(), by=other_member).counts[Outcome.UNCHANGED] == 1


def test_a_team_member_cannot_move_a_procedure_away(office, member):
    imported(full_row(), by=member)
    run = preview(full_row(部局室="環境部", 課="環境政策課"), by=member)
    assert run.counts[Outcome.REJECTED] == 1


def test_a_team_member_cannot_decide_exemptions(office, member):
    with pytest.raises(PermissionDenied):
        preview(full_row(), by=member, confirms_exemptions=True)


def test_a_similar_name_in_the_same_division_is_shown(office, administrator):
    imported(full_row(手続名="住民票の写しの交付請求書の提出"), by=administrator)
    run = preview(
        full_row(手続番号="2", 手続名="住民票写しの交付請求書の提出"),
        full_row(手続番号="3", 手続名="犬の登録の申請"),
        full_row(手続番号="4", 手続名="犬の登録申請"),
        by=administrator,
    )
    similar = {row.number: [each["name"] for each in row.similar] for row in run.rows.all()}
    assert similar == {
        "2": ["010-0001 住民票の写しの交付請求書の提出"],
        "3": ["犬の登録申請"],
        "4": ["犬の登録の申請"],
    }


def test_an_equal_name_in_another_division_is_not_shown(office, administrator):
    imported(full_row(), by=administrator)
    row = full_row(手続番号="2", 部局室="環境部", 課="環境政策課")
    assert preview(row, by=administrator).rows.get().similar == []


def test_a_row_left_out_stays_out_and_every_row_is_still_accounted_for(office, administrator):
    run = preview(full_row(), full_row(手続番号="2"), by=administrator)
    row = run.rows.get(number="2")
    bulk_import.leave_out(row, True, by=administrator)
    run.refresh_from_db()
    assert (run.counts[Outcome.NEW], run.counts[Outcome.PASSED_OVER]) == (1, 1)
    bulk_import.apply(run.pk, by=administrator)
    assert Procedure.objects.get().number == "010-0001"


def test_a_row_left_out_can_be_taken_in_again(office, administrator):
    run = preview(full_row(), by=administrator)
    row = bulk_import.leave_out(run.rows.get(), True, by=administrator)
    row = bulk_import.leave_out(row, False, by=administrator)
    run.refresh_from_db()
    assert (row.outcome, row.notes, run.counts[Outcome.NEW]) == (Outcome.NEW, [], 1)


def test_a_status_that_goes_backwards_asks_once_more(office, administrator):
    imported(full_row(状況="準備中"), by=administrator)
    run = preview(full_row(状況="未着手"), by=administrator)
    assert "準備中→未着手" in run.cautions[0]
    with pytest.raises(bulk_import.NotApplicable, match="チェック"):
        bulk_import.apply(run.pk, by=administrator)
    bulk_import.apply(run.pk, by=administrator, confirmed=True)
    assert Procedure.objects.get().plan.status == "not_started"


def test_many_changed_rows_ask_once_more(office, administrator):
    rows = [full_row(手続番号=str(number), 手続名=f"手続{number}の申請") for number in range(30)]
    imported(*rows, by=administrator)
    few = preview(*[row | {"備考": "x"} for row in rows[:10]], *rows[10:], by=administrator)
    many = preview(*[row | {"備考": "x"} for row in rows[:11]], *rows[11:], by=administrator)
    assert (few.cautions, len(many.cautions)) == ([], 1)
    assert "30行のうち11行" in many.cautions[0]


def test_a_deputy_may_apply_and_nobody_else(office, administrator):
    deputy, other = factories.administrator(), factories.administrator()
    run = preview(full_row(), by=administrator)
    bulk_import.name_deputy(run, deputy, by=administrator)
    with pytest.raises(PermissionDenied):
        bulk_import.apply(run.pk, by=other)
    bulk_import.apply(run.pk, by=deputy)
    assert ImportRun.objects.get().applied_by == deputy


def test_a_deputy_must_be_one_who_may_import(office, administrator, reader):
    run = preview(full_row(), by=administrator)
    with pytest.raises(bulk_import.NotApplicable):
        bulk_import.name_deputy(run, reader, by=administrator)


def test_a_deputy_must_be_one_who_may_change_all_that_the_person_may(office, administrator, member):
    run = preview(full_row(), by=administrator)
    with pytest.raises(bulk_import.NotApplicable):
        bulk_import.name_deputy(run, member, by=administrator)
    own = preview(full_row(), by=member)
    bulk_import.name_deputy(own, factories.member_of(office), by=member)


FOREIGN = [
    {"コード": "1", "書類の名まえ": "犬の登録の申請", "窓口が要るか": "必須", "部": "市民部"},
    {"コード": "2", "書類の名まえ": "犬の死亡の届出", "窓口が要るか": "なし", "部": "市民部"},
]


def asked(by, rows=FOREIGN) -> ImportRun:
    run = bulk_import.receive(workbook(rows), file_name="foreign.xlsx", by=by, asks_mapping=True)
    return bulk_import.perform(run.pk)


def decided(by) -> ImportRun:
    run = asked(by)
    columns = ("number", "name", "in_person", "department")
    bulk_import.decide_columns(run, [SheetMapping("一覧", 1, 1, columns)], by=by)
    bulk_import.ask_again(run, by=by)
    return bulk_import.perform(run.pk)


def test_a_list_with_unknown_headings_waits_for_a_person(office, administrator):
    run = asked(administrator)
    assert run.state == State.MAPPING
    assert [sheet["name"] for sheet in run.outline["sheets"]] == ["一覧"]


def test_columns_are_read_as_a_person_says_and_so_is_the_next_file(office, administrator):
    run = decided(administrator)
    assert run.state == State.PREVIEWED
    assert (run.counts[Outcome.NEW], run.counts[Outcome.REJECTED]) == (1, 1)
    following = asked(factories.administrator())
    assert following.state == State.PREVIEWED
    assert following.counts == run.counts


def test_a_value_is_read_as_a_person_says_once_and_remembered(office, administrator):
    run = decided(administrator)
    assert run.unknown_values == {"in_person": {"必須": 1}}
    bulk_import.decide_values(run, {"in_person": {"必須": "要"}}, by=administrator)
    bulk_import.ask_again(run, by=administrator)
    run = bulk_import.perform(run.pk)
    assert (run.counts[Outcome.NEW], run.unknown_values) == (2, {})
    assert asked(administrator).counts[Outcome.NEW] == 2


def test_a_value_can_be_decided_in_a_list_whose_headings_are_known(office, administrator):
    rows = [full_row(対面="必須"), full_row(手続番号="2", 対面="必須かも")]
    run = preview(*rows, by=administrator)
    assert run.unknown_values == {"in_person": {"必須": 1, "必須かも": 1}}
    bulk_import.decide_values(run, {"in_person": {"必須": "要"}}, by=administrator)
    run = bulk_import.compare_again(run, by=administrator)
    assert (run.counts[Outcome.NEW], run.counts[Outcome.REJECTED]) == (1, 1)
    assert RememberedMapping.objects.get().values == {"in_person": {"必須": "要"}}


def test_a_file_without_any_list_is_asked_about_too(office, administrator):
    run = asked(administrator, [{"連絡先": "電話", "内線": "123", "いつ": "毎日"}])
    assert run.state == State.MAPPING


def test_pasted_text_goes_the_same_way(office, administrator):
    text = "手続番号\t手続名\t部局室\r\n1\t転入の届出\t市民部\r\n"
    run = bulk_import.preview(
        SimpleUploadedFile("paste.tsv", text.encode()), file_name="paste.tsv", by=administrator
    )
    assert run.counts[Outcome.NEW] == 1


@pytest.mark.parametrize(
    ("state", "after"),
    [(State.READING, State.BROKEN_OFF), (State.APPLYING, State.BROKEN_OFF)],
)
def test_a_run_whose_process_died_is_recognised_and_can_go_on(office, administrator, state, after):
    run = preview(full_row(), by=administrator)
    ImportRun.objects.update(state=state, worker=dead_worker(), heard_at=timezone.now())
    run.refresh_from_db()
    assert bulk_import.has_stopped(run)
    assert bulk_import.mark_broken_off() == 1
    run.refresh_from_db()
    assert (run.state, run.message) == (after, STOPPED[state])
    run = bulk_import.compare_again(run, by=administrator)
    assert run.state == State.PREVIEWED
    bulk_import.apply(run.pk, by=administrator)


def test_an_undo_whose_process_died_leaves_an_applied_import(office, administrator):
    run = imported(full_row(), by=administrator)
    ImportRun.objects.update(state=State.UNDOING, worker=dead_worker(), heard_at=timezone.now())
    bulk_import.mark_broken_off()
    run.refresh_from_db()
    assert run.state == State.APPLIED
    bulk_import.undo(run.pk, by=administrator)


def test_a_process_that_is_silent_too_long_or_never_began_has_stopped(office, administrator):
    run = preview(full_row(), by=administrator)
    for worker, minutes, expected in [
        ("elsewhere/1/x", 1, False), ("elsewhere/1/x", 6, True), ("", 0, False), ("", 2, True),
    ]:  # fmt: skip
        run.state, run.worker = State.APPLYING, worker
        run.heard_at = timezone.now() - timedelta(minutes=minutes)
        assert bulk_import.has_stopped(run) is expected, (worker, minutes)


def test_a_run_that_was_taken_away_cannot_be_finished_by_the_old_process(office, administrator):
    run = preview(full_row(), by=administrator)
    bulk_import.ask_to_apply(run, by=administrator)
    from procedures.bulk_import import applying, progress

    mine = progress.take(run.pk)
    ImportRun.objects.update(worker="another/1/x")
    with pytest.raises(bulk_import.NotApplicable):
        applying.write(mine, administrator)
    assert not Procedure.objects.exists()


def dead_worker() -> str:
    """The mark of a process on this machine that is no more."""
    import socket
    import subprocess
    import sys

    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return f"{socket.gethostname()}/{process.pid}/x"
