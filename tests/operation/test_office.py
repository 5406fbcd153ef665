"""The commands of run.py for an office: what they need, and where an upgrade stops."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import office, packages

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["install", "at_rest", "backup", "migrate", "check_inventory", "doctor"]


@pytest.fixture
def settings_file(tmp_path):
    """A file of settings of an office at which nobody serves."""
    file = tmp_path / "office.env"
    file.write_text(f"DX_SECRET_KEY=x\nDX_DATA_DIR={tmp_path / 'data'}\nDX_LISTEN=127.0.0.1:9\n")
    return file


@pytest.fixture
def steps(monkeypatch):
    """The steps that an upgrade takes; ``steps.status`` gives one of them an exit status."""
    monkeypatch.delenv("DX_LISTEN", raising=False)
    monkeypatch.setattr(office, "CURRENT", Path("/nowhere"))

    class Steps(list):
        status: dict[str, int] = {}

        def __init__(self) -> None:
            self.folders: dict[str, Path] = {}

        def take(self, name: str) -> int:
            self.append(name)
            return self.status.get(name, 0)

        def run(self, command: list[str], *_, **__) -> int:
            self.folders[command[2]] = Path(command[1]).parent
            return self.take(command[2])

    taken = Steps()
    monkeypatch.setattr(office, "install", lambda arguments: taken.take("install"))
    monkeypatch.setattr(office, "run", taken.run)
    return taken


def test_upgrade_takes_its_steps_in_order(steps, settings_file, capsys):
    assert office.upgrade(["--env", str(settings_file)]) == 0
    assert steps == STEPS
    assert office.UPGRADED.format(new=ROOT) in capsys.readouterr().out
    assert set(steps.folders.values()) == {ROOT}


def test_the_old_version_makes_the_backup(steps, settings_file, tmp_path):
    old = tmp_path / "1.0"
    old.mkdir()
    (tmp_path / "current").symlink_to(old)
    arguments = ["--env", str(settings_file), "--from", str(tmp_path / "current")]
    assert office.upgrade(arguments) == 0
    assert steps.folders == {
        **dict.fromkeys(["at_rest", "backup"], old),
        **dict.fromkeys(["migrate", "check_inventory", "doctor"], ROOT),
    }


@pytest.mark.parametrize("failing", STEPS)
def test_upgrade_stops_at_the_first_failure_and_says_how_to_go_back(
    steps, settings_file, capsys, failing
):
    steps.status = {failing: 2}
    assert office.upgrade(["--env", str(settings_file)]) == 1
    assert steps == STEPS[: STEPS.index(failing) + 1]
    changed = STEPS.index(failing) >= STEPS.index("migrate")
    sentence = office.STOPPED_AFTER if changed else office.STOPPED_BEFORE
    assert sentence.format(step=failing, old=ROOT) in capsys.readouterr().err


def test_what_is_named_and_no_failure_goes_on(steps, settings_file):
    steps.status = {"backup": 4, "doctor": 1}
    assert office.upgrade(["--env", str(settings_file)]) == 0


def test_upgrade_refuses_while_the_program_serves(steps, settings_file, capsys):
    with socket.create_server(("127.0.0.1", 0)) as serving:
        address = f"127.0.0.1:{serving.getsockname()[1]}"
        settings_file.write_text(f"DX_LISTEN={address}\n")
        assert office.upgrade(["--env", str(settings_file)]) == 1
    assert steps == []
    assert office.STILL_SERVING.format(address) in capsys.readouterr().err


def test_serve_without_packages_says_what_to_run(monkeypatch, settings_file):
    monkeypatch.setattr(office, "is_installed", lambda requirements: False)
    with pytest.raises(SystemExit) as ended:
        office.serve(["--env", str(settings_file)])
    assert ended.value.code == office.INSTALL_FIRST


def test_settings_that_cannot_be_read_end_it_with_a_sentence(steps, settings_file):
    settings_file.write_text("DX_TYPO=1\n")
    with pytest.raises(SystemExit, match="DX_TYPO という設定はありません"):
        office.upgrade(["--env", str(settings_file)])
    assert steps == []


def test_manage_gets_the_settings_and_its_own_arguments(settings_file):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DX_")}
    command = [sys.executable, str(ROOT / "run.py"), "manage", "--env", str(settings_file)]
    code = "from django.conf import settings; print(settings.LISTEN)"
    done = subprocess.run(
        [*command, "shell", "--no-imports", "--command", code],
        env=environment | {"DJANGO_SETTINGS_MODULE": "shimonoseki_dx.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "127.0.0.1:9"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner to become")
def test_root_works_as_the_owner_of_the_data(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    status = os.stat_result((0o40750, 1, 1, 2, 991, 992, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda path, **options: status)
    monkeypatch.setattr(Path, "mkdir", lambda path, **options: None)
    assert office._owner({"DX_DATA_DIR": str(tmp_path)}) == {
        "user": 991,
        "group": 992,
        "extra_groups": [992],
    }


def test_altered_or_missing_wheels_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="not a folder made by"):
        packages._check_sums(tmp_path)
    wheel = tmp_path / "pip-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    (tmp_path / packages.SUMS).write_text(f"{packages._sha256(wheel)}  {wheel.name}\n")
    packages._check_sums(tmp_path)
    wheel.write_bytes(b"other")
    with pytest.raises(SystemExit, match="altered"):
        packages._check_sums(tmp_path)
    wheel.unlink()
    with pytest.raises(SystemExit, match="missing"):
        packages._check_sums(tmp_path)


def test_lock_for_windows_holds_what_only_windows_needs():
    here = packages._lock_for(packages.OFFICE, "linux")
    assert "tzdata" in here
    assert "sys_platform == 'win32'" in here
    assert "sys_platform == 'win32'" not in packages._lock_for(packages.OFFICE, "windows")


def test_office_installs_what_the_program_needs_in_the_same_versions():
    def locked(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and line[0] != " "}

    office_lock = locked(packages.OFFICE)
    assert locked("requirements.txt") <= office_lock <= locked(packages.DEVELOPMENT)
