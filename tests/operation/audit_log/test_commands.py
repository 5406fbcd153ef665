"""The commands that verify the audit log and remove what is outdated."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from operation.management.commands import prune_audit
from procedures import audit
from procedures.audit import heads
from procedures.models import AuditEvent

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_a_sound_log_is_told_noted_and_its_end_kept(member, capsys, data_dir):
    call_command("verify_audit")

    assert "問題はありません" in capsys.readouterr().out
    event = AuditEvent.objects.get(kind=Kind.VERIFICATION)
    assert (event.by_name[:4], event.source) == ("コマンド", "command")
    assert (data_dir / heads.FILE).exists()


def test_a_problem_is_listed_and_the_command_fails(member, capsys, data_dir):
    event = audit.note(Kind.EXPORT, "一覧", by=member)
    AuditEvent.objects.filter(pk=event.pk).update(what="別の一覧")

    with pytest.raises(CommandError, match="1件の問題"):
        call_command("verify_audit")

    assert f"通し番号{event.number}（" in capsys.readouterr().out
    assert not (data_dir / heads.FILE).exists()


def test_the_answer_for_programs(member, capsys):
    call_command("verify_audit", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["problems"]) == (True, [])
    assert answer["head"]["number"] == answer["entries"]


def old_entries(member) -> None:
    """All that is there is 400 days old, by a chain that says so."""
    audit.note(Kind.SIGN_IN, "ログインしました。", by=member)
    events = list(AuditEvent.objects.order_by("number"))
    chain = audit.chain.AuditChain.objects.get()
    chain.number, chain.hash = 0, ""
    for event in events:
        event.at = timezone.now() - timedelta(days=400)
        audit.chain._link(chain, event)
        event.save()
    chain.save()


def test_nothing_is_removed_without_a_time_or_without_being_asked_for(member, capsys, settings):
    old_entries(member)
    before = AuditEvent.objects.count()

    call_command("prune_audit", "--apply")
    assert prune_audit.KEPT in capsys.readouterr().out
    settings.AUDIT_DAYS = 365
    call_command("prune_audit")
    assert "まだ何も消していません" in capsys.readouterr().out

    assert AuditEvent.objects.count() == before


def test_outdated_entries_are_removed_and_that_is_noted(member, capsys, settings):
    old_entries(member)
    settings.AUDIT_DAYS = 365

    call_command("prune_audit", "--apply")

    assert "を消しました" in capsys.readouterr().out
    assert AuditEvent.objects.get().kind == Kind.RETENTION
    assert audit.verify().ok
    call_command("prune_audit", "--apply")
    assert "ありません" in capsys.readouterr().out


def test_a_log_with_problems_is_not_cut(member, settings):
    old_entries(member)
    settings.AUDIT_DAYS = 365
    AuditEvent.objects.filter(kind=Kind.SIGN_IN).update(by_name="別人")

    with pytest.raises(CommandError, match="何も消しませんでした"):
        call_command("prune_audit", "--apply")

    assert not AuditEvent.objects.filter(kind=Kind.RETENTION).exists()
