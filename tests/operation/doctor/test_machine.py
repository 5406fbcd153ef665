"""The doctor finds folders that cannot be written, files that all can read, full disks, clocks."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from operation.doctor import State, machine
from tests import factories


def test_folders_that_can_be_written(settings, tmp_path):
    settings.DATA_DIR, settings.LOG_FILE = tmp_path, str(tmp_path / "dx.log")
    assert machine.folders().state is State.OK


def test_a_folder_that_cannot_be_written(settings, closed_folder):
    settings.DATA_DIR = closed_folder
    answer = machine.folders()
    assert answer.state is State.FAIL
    assert str(closed_folder) in answer.seen


def test_a_folder_for_logs_that_is_not_there(settings, tmp_path):
    settings.DATA_DIR, settings.LOG_FILE = tmp_path, str(tmp_path / "log" / "dx.log")
    answer = machine.folders()
    assert answer.state is State.FAIL
    assert str(tmp_path / "log") in answer.seen


@pytest.fixture
def data_folder(settings, tmp_path):
    """A data folder with a database that nobody else may read."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o755)
    (settings.DATA_DIR / "inventory.sqlite3").touch(mode=0o600)
    (settings.DATA_DIR / "secret_key").touch(mode=0o600)
    return settings.DATA_DIR


@pytest.mark.parametrize("name", ["inventory.sqlite3", "secret_key"])
def test_a_file_that_everybody_on_the_machine_can_read(data_folder, name):
    assert machine.secrets().state is State.OK
    (data_folder / name).chmod(0o644)
    answer = machine.secrets()
    assert answer.state is State.WARN
    assert name in answer.seen
    assert "chmod o-rwx" in answer.advice
    data_folder.chmod(0o700)  # what it says helps
    assert machine.secrets().state is State.OK


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "state"), [(400, State.FAIL), (600, State.WARN), (5_000, State.OK)]
)
def test_room_on_the_disk(settings, monkeypatch, free, state):
    settings.DISK_RESERVE_MB = 500
    monkeypatch.setattr(machine, "free_bytes", lambda folder: free * 1024**2)
    monkeypatch.setattr(machine, "_database_bytes", lambda: 300 * 1024**2)
    answer = machine.disk()
    assert answer.state is state
    assert f"{free:,}MB" in answer.seen


@pytest.mark.django_db
def test_the_size_of_the_database_is_measured():
    assert machine._database_bytes() > 100_000


@pytest.mark.django_db
def test_a_clock_that_is_right(department):
    factories.ProcedureFactory(department=department)
    answer = machine.clock()
    assert answer.state is State.OK
    assert "Asia/Tokyo" in answer.seen


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1970, 2000, 2099])
def test_a_clock_of_another_year(time_machine, year):
    """As a server has it whose battery is empty."""
    time_machine.move_to(f"{year}-06-01T00:00:00+09:00")
    answer = machine.clock()
    assert answer.state is State.FAIL
    assert "NTP" in answer.advice


@pytest.mark.django_db
def test_a_clock_that_was_turned_back(department, time_machine, monkeypatch):
    monkeypatch.setattr(machine, "_database_now", timezone.now)  # a real server's is not moved
    time_machine.move_to("2027-04-01T09:00:00+09:00")
    factories.ProcedureFactory(department=department)
    assert machine.clock().state is State.OK
    time_machine.move_to("2027-03-31T09:00:00+09:00")
    answer = machine.clock()
    assert answer.state is State.FAIL
    assert "2027-04-01 09:00:00" in answer.seen


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "state"), [(1, State.OK), (-30, State.WARN), (3_600, State.FAIL)]
)
def test_two_servers_that_disagree(monkeypatch, seconds, state):
    monkeypatch.setattr(
        machine, "_database_now", lambda: timezone.now() + timedelta(seconds=seconds)
    )
    assert machine.clock().state is state


def test_a_time_zone_that_the_system_does_not_know(settings, monkeypatch):
    assert machine.time_zone().state is State.OK
    monkeypatch.setattr(
        machine,
        "settings",
        SimpleNamespace(TIME_ZONE="Asia/Nowhere"),
    )
    answer = machine.time_zone()
    assert answer.state is State.FAIL
    assert "tzdata" in answer.advice
