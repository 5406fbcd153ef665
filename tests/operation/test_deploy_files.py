"""What lies in deploy/ is true of the program: settings, units, proxy, container."""

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from deploy.environment_file import TEMPLATE, known_settings
from operation import server
from operation.management.commands.serve import REFUSED

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CODE = ("deploy", "operation", "procedures", "shimonoseki_dx", "tracking")
SETTING = re.compile(r"""(?<=["'])DX_(?!TEST_|EVIDENCE)[A-Z0-9_]+(?=["'])""")
"""What run.py tells the suite is no setting of an office."""
READ_BY_A_PACKAGE = {"DATABASE_URL"}
"""dj-database-url reads it; its name need not stand in our code."""


def settings_that_are_read() -> set[str]:
    """Every name of a setting that stands in the code as a text of its own."""
    files = [ROOT / "run.py", *(path for room in CODE for path in (ROOT / room).rglob("*.py"))]
    return READ_BY_A_PACKAGE | {
        name for path in files for name in SETTING.findall(path.read_text(encoding="utf-8"))
    }


def unit(path: Path) -> RawConfigParser:
    """A unit file; of options that stand twice, the last one."""
    parser = RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser


def test_every_setting_is_explained_and_none_that_nobody_reads():
    assert known_settings() == settings_that_are_read()


def test_each_setting_stands_behind_a_comment_in_japanese():
    blocks = re.split(r"\n\s*\n", TEMPLATE.read_text(encoding="utf-8"))
    for block in blocks:
        lines = block.splitlines()
        first = next((n for n, line in enumerate(lines) if re.match(r"#?[A-Z]\w+=", line)), None)
        if first is not None:
            assert re.search("[ぁ-ん]", "".join(lines[:first])), block
            assert "既定" in block or "必須" in block, block


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_start_what_run_py_knows(path):
    commands = re.findall(r"^ExecStart=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands
    for command in commands:
        python, script, what, *_ = command.split()
        assert python == "/usr/bin/python3"
        assert script == "/opt/shimonoseki-dx/current/run.py"
        assert what in ("serve", "manage")
        assert unit(path)["Service"]["Type"] == ("notify" if what == "serve" else "oneshot")


def test_commands_of_the_timers_exist():
    from django.core.management import get_commands

    for path in UNITS:
        for name in re.findall(r"run\.py manage (\w+)", path.read_text(encoding="utf-8")):
            assert name in get_commands()
        if path.name != "shimonoseki-dx-web.service":
            assert path.with_suffix(".timer").exists()


def test_hardening_holds_for_every_unit():
    assert all(path.name.startswith("shimonoseki-dx-") for path in UNITS)
    service = unit(DEPLOY / "systemd/shimonoseki-dx-.service.d/hardening.conf")["Service"]
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["User"] == "shimonoseki-dx"
    assert service["CapabilityBoundingSet"] == ""


def test_unit_waits_longer_than_the_program_takes_to_stop():
    service = unit(DEPLOY / "systemd/shimonoseki-dx-web.service")["Service"]
    assert int(service["TimeoutStopSec"]) > server.FINISH_SECONDS
    assert int(service["RestartPreventExitStatus"]) == REFUSED
    assert service["KillMode"] == "process"  # an import in its own process goes on


def test_proxy_takes_what_the_program_takes_and_keeps_connections_shorter():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert int(re.search(r"client_max_body_size (\d+)m", text)[1]) * 2**20 == server.BODY_BYTES
    assert int(re.search(r"keepalive_timeout (\d+)s", text)[1]) < server.IDLE_SECONDS


def test_proxy_passes_on_nothing_that_a_client_forged():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    passed = dict(re.findall(r"proxy_set_header (\S+) (\S+);", text))
    assert passed["X-Forwarded-For"] == "$remote_addr"
    assert passed["X-Forwarded-Proto"] == "$scheme"
    assert passed["X-Remote-User"] == '""'


def test_image_holds_what_the_program_reads_and_is_built_from_nothing_else():
    text = (DEPLOY / "container/Containerfile").read_text(encoding="utf-8")
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", text, re.M) for name in line.split()}
    assert copied >= {*CODE, "templates", "fixtures", "manage.py", "run.py", "pyproject.toml"}
    given = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M)
    assert set(given) == copied | {"wheels"}
