"""The doctor finds backups that are missing, old or altered, and a restore that broke off."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from operation.backup import making, restoring
from operation.doctor import State, backups


@pytest.fixture
def folder(settings, tmp_path):
    """Where backups are put; none is there yet."""
    settings.BACKUP_DIR = tmp_path / "backups"
    return settings.BACKUP_DIR


@pytest.fixture
def backup(folder, transactional_db):
    """One that was made by the command."""
    call_command("backup", verbosity=0)
    (name,) = making.complete_ones(folder)
    return folder / name


def test_no_backup_at_all(folder):
    for look in (backups.age, backups.content):
        answer = look()
        assert answer.state is State.FAIL
        assert "manage.py backup" in answer.advice


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(), State.OK),
        (timedelta(hours=25), State.OK),
        (timedelta(hours=27), State.WARN),
        (timedelta(days=8), State.FAIL),
    ],
)
def test_how_old_the_newest_one_is(folder, monkeypatch, age, state):
    class Made:
        made_at = timezone.now() - age
        size = 3 * 1024**2

    monkeypatch.setattr(making, "newest", Made)
    answer = backups.age()
    assert answer.state is state
    assert "3MB" in answer.seen


def test_a_backup_is_recognised_and_an_altered_one_refused(backup):
    assert backups.age().state is State.OK
    assert backups.content().state is State.OK
    _, said = next(iter(making.complete_ones(backup.parent).items()))
    largest = max(said.members, key=lambda member: member.size)
    file = backup / largest.name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    file.write_bytes(content)
    assert backups.age().state is State.OK  # the size is the same: only reading tells
    answer = backups.content()
    assert answer.state is State.FAIL
    assert backup.name in answer.seen


def test_a_restore_that_broke_off(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert backups.restore().state is State.OK
    with pytest.raises(KeyboardInterrupt), restoring.unfinished("dx-backup-1"):
        raise KeyboardInterrupt
    answer = backups.restore()
    assert answer.state is State.FAIL
    assert "restore" in answer.advice
