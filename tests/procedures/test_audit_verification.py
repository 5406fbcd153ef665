"""What was altered past the program is found; retention; ends of the chain noted elsewhere."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from procedures import audit
from procedures.audit import chain as chains
from procedures.audit import heads
from procedures.models import AuditChain, AuditEvent, Procedure, Source
from procedures.records import Origin, save, save_many
from tests import factories

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def written(department, member):
    """Twelve entries or more, one of them about three procedures that were changed."""
    procedures = factories.ProcedureFactory.create_batch(3, department=department, note="前")
    for procedure in procedures:
        factories.PlanFactory(procedure=procedure)
        procedure.note = "後"
    save_many(procedures, ["note"], Origin(member, Source.BULK))
    audit.note(Kind.EXPORT, "「一覧」を取り出しました。", by=member)
    return procedures


def run(statement: str) -> None:
    """Past the program: straight into the database; BULK is a history row of the bulk edit."""
    bulk = Procedure.history.filter(change_source="bulk").order_by("history_id").last()
    statement = statement.replace("BULK", str(bulk.history_id))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1


TAMPERINGS = {
    "項目の書換え": (
        "UPDATE procedures_auditevent SET by_name = '別人' WHERE number = 5",
        "監査ログの通し番号5（",
    ),
    "項目の日時の書換え": (
        "UPDATE procedures_auditevent SET at = '2020-01-01 00:00:00' WHERE number = 5",
        "監査ログの通し番号5（",
    ),
    "項目の削除": (
        "DELETE FROM procedures_auditevent WHERE number = 5",
        "通し番号5の項目がありません",
    ),
    "項目の順番の入替え": (
        "UPDATE procedures_auditevent SET number = 999 WHERE number = 5",
        "通し番号5の項目がありません",
    ),
    "履歴の書換え": (
        "UPDATE procedures_historicalprocedure SET note = '別' WHERE history_id = BULK",
        "procedures_historicalprocedure の",
    ),
    "履歴の変更者の書換え": (
        "UPDATE procedures_historicalprocedure SET by_name = '別人' WHERE history_id = BULK",
        "procedures_historicalprocedure の",
    ),
    "履歴の1行の削除": (
        "DELETE FROM procedures_historicalprocedure WHERE history_id = BULK",
        "procedures_historicalprocedure の",
    ),
    "履歴の項目からの切離し": (
        "UPDATE procedures_historicalprocedure SET event_id = NULL WHERE history_id = BULK",
        "監査ログの項目なしに加えられています",
    ),
    "履歴の変更者の付替え": (
        "UPDATE procedures_historicalprocedure SET history_user_id = "
        "(SELECT MIN(id) FROM procedures_user WHERE username = 'factory') WHERE history_id = BULK",
        "procedures_historicalprocedure の",
    ),
    "今の行の削除": (
        "DELETE FROM tracking_migrationplan WHERE id = "
        "(SELECT MIN(id) FROM tracking_migrationplan)",
        "削除の変更履歴なしになくなっています",
    ),
    "今の行の書換え": (
        "UPDATE procedures_procedure SET note = '別' WHERE id = "
        "(SELECT MIN(id) FROM procedures_procedure)",
        "最後の変更履歴と違います",
    ),
}


def without_chain() -> bool:
    """The control: what a log says that has entries, but neither hashes nor digests.

    That the last number is the newest entry's, and that each history row has its entry.
    """
    last = AuditEvent.objects.order_by("-number").first()
    keys = set(AuditEvent.objects.values_list("pk", flat=True))
    rows = Procedure.history.exclude(event_id=None).values_list("event_id", flat=True)
    return last.number >= AuditChain.objects.get().number and set(rows) <= keys


@pytest.mark.evidence
def test_an_untouched_database_is_sound_and_every_tampering_is_found(written, evidence):
    assert audit.verify().ok
    unseen = 0
    for name, (statement, said) in TAMPERINGS.items():
        with undone():
            run(statement)
            found = audit.verify()
            assert any(said in problem for problem in found.problems), (name, found.problems)
            unseen += without_chain()
        assert audit.verify().ok, name
    assert unseen >= len(TAMPERINGS) - 1
    evidence.says(
        "監査ログ",
        "データベースを直接書き換えると、検証で場所を示して分かります。",
        f"{len(TAMPERINGS)}通りの書換え（項目・履歴・今の行の変更、削除、入替え）をすべて検出。"
        "書き換えていないデータベースは問題なし。",
        f"要約値の鎖がない記録では、同じ書換えのうち{unseen}通りに気付かない。",
    )


@contextmanager
def undone():
    """What is done within is taken back."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def test_all_history_rows_of_an_entry_that_are_gone_are_missed(written):
    run("DELETE FROM tracking_historicalmigrationplan WHERE history_id = "
        "(SELECT MAX(history_id) FROM tracking_historicalmigrationplan)")  # fmt: skip

    (problem,) = audit.verify().problems

    assert "変更履歴がありません" in problem
    assert "オンライン化計画「" in problem


def test_a_history_row_that_was_copied_in_is_found(written):
    row = Procedure.history.filter(change_source="bulk").order_by("history_id").first()
    row.history_id = None
    row.save()

    (problem,) = audit.verify().problems

    assert "加えられたか" in problem


def test_a_history_row_of_no_entry_is_found(written, department):
    row = Procedure.history.order_by("history_id").last()
    row.history_id, row.event_id = None, "01a2190c78037319b17e7b8cec6a036b"
    row.save()

    assert any("監査ログにない項目のもの" in problem for problem in audit.verify().problems)


def test_a_lost_row_of_the_chain_and_a_changed_beginning_are_found(written):
    with undone():
        run("UPDATE procedures_auditchain SET hash = 'x'")
        assert "記録された最後" in audit.verify().problems[0]
    with undone():
        run("DELETE FROM procedures_auditevent WHERE number = 1")
        assert "通し番号1の項目がありません" in audit.verify().problems[0]
    with undone():
        AuditChain.objects.update(starts={"procedures.procedure": 10**6})
        assert any("始まり" in problem for problem in audit.verify().problems)
    AuditChain.objects.all().delete()
    assert "procedures_auditchain" in audit.verify().problems[0]


def test_many_problems_are_counted_and_the_first_hundred_told(written):
    for row in list(Procedure.history.all())[:1] * 130:
        row.history_id, row.event_id = None, None
        row.save()

    problems = audit.verify().problems

    assert len(problems) == 101
    assert problems[-1].startswith("ほかに")


def recompute() -> None:
    """What somebody can do who owns the database and knows the program: a whole new chain."""
    chain = AuditChain.objects.get()
    chain.number, chain.hash = chain.base_number, chain.base_hash
    for event in AuditEvent.objects.order_by("number"):
        chains._link(chain, event)
        event.save()
    chain.save()


@pytest.mark.evidence
def test_a_recomputed_and_a_shortened_chain_are_found_by_the_ends_noted_elsewhere(
    written, evidence
):
    audit.remember_head()
    noted = audit.head().number
    with undone():
        run("UPDATE procedures_auditevent SET by_name = '別人' WHERE number = 5")
        recompute()
        assert audit.verify(heads=()).ok  # the control: nothing was noted elsewhere
        (problem,) = audit.verify().problems
        assert "作り直されています" in problem
    with undone():
        AuditEvent.objects.filter(number=noted).delete()
        recompute()
        assert audit.verify(heads=()).ok
        (problem,) = audit.verify().problems
        assert f"通し番号{noted}" in problem
    evidence.says(
        "監査ログ",
        "監査ログ全体を計算し直しても、データベースの外に控えた要約値で分かります。",
        "書き換えて鎖を作り直した場合と、新しい項目を消した場合の2通りとも検出。",
        "控えがなければ、どちらも問題なしと判定される。",
    )


def test_what_was_noted_before_a_restore_is_told_and_is_no_problem(written):
    audit.remember_head()
    gone = audit.head().number
    AuditEvent.objects.filter(number=gone).delete()
    recompute()
    audit.note(Kind.RESTORE, "バックアップから戻しました。", by_name="コマンド")

    found = audit.verify()

    assert found.ok
    assert f"通し番号{gone}" in found.remarks[0]


def test_ends_are_noted_one_a_line_and_a_damaged_line_is_told(data_dir, written, caplog):
    first = audit.remember_head()
    with (data_dir / heads.FILE).open("a") as file:
        file.write('{"number": 1\n')

    lines = (data_dir / heads.FILE).read_text().splitlines()
    assert json.loads(lines[0])["hash"] == first.hash
    (problem,) = audit.verify().problems
    assert "2行目は読み取れません" in problem


def test_an_end_that_cannot_be_noted_in_the_file_is_in_the_log(settings, data_dir, caplog):
    settings.DATA_DIR = data_dir / "gone"

    noted = audit.remember_head()

    assert noted.hash in caplog.text


def test_the_oldest_entries_go_and_the_rest_is_sound(written, member):
    AuditEvent.objects.filter(number__lte=6).update(at=timezone.now() - timedelta(days=400))
    recompute()
    before = timezone.now() - timedelta(days=365)
    history = Procedure.history.count()
    audit.remember_head()

    assert audit.outdated(before).count == 6
    removed = audit.remove_outdated(before, by_name="コマンド（係）")

    assert (removed.first, removed.last) == (1, 6)
    assert AuditEvent.objects.order_by("number").first().number == 7
    assert Procedure.history.count() == history
    last = AuditEvent.objects.order_by("number").last()
    assert (last.kind, last.by_name, last.count) == (Kind.RETENTION, "コマンド（係）", 6)
    found = audit.verify()
    assert found.problems == ()
    assert found.earlier_rows > 1
    assert audit.outdated(before) is None
    assert audit.remove_outdated(before, by_name="") is None

    note = written[0]
    note.note = "その後"
    save(note, ["note"], Origin(member, Source.FORM))
    assert audit.verify().ok
    with undone():
        run("DELETE FROM procedures_auditevent WHERE number = 7")
        assert not audit.verify().ok
    AuditChain.objects.update(base_number=7)
    assert any("始まり" in problem for problem in audit.verify().problems)


def test_all_entries_may_be_outdated(written):
    removed = audit.remove_outdated(timezone.now() + timedelta(days=1), by_name="")

    assert AuditEvent.objects.get().number == removed.last + 1
    assert audit.verify().ok


def test_a_deleted_account_changes_nothing_that_was_hashed(written, member):
    member.memberships.all().delete()
    member.delete()

    assert Procedure.history.filter(change_source="bulk", history_user=None).count() == 3
    assert audit.verify().ok
