"""The commands of run.py with which an office installs, serves, keeps and upgrades the program."""

import argparse
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from deploy.environment_file import Unreadable, office_environment, setting
from deploy.packages import (
    DEVELOPMENT,
    LDAP,
    OFFICE,
    PLATFORMS,
    PYTHON,
    ROOT,
    download,
    is_installed,
    run,
)
from deploy.packages import install as install_packages

INSTALL_FIRST = (
    "この版の部品が入っていません。python3 run.py install（インターネットがなければ "
    "--wheelhouse フォルダー）を先に実行してください。"
)
STILL_SERVING = (
    "{} でプログラムが動いています。先に止めてから（例：systemctl stop shimonoseki-dx-web）、"
    "もう一度実行してください。"
)
STOPPED_BEFORE = (
    "「{step}」で止まりました。データは変わっていません。前の版（{old}）をそのまま起動できます。"
    "上の表示のとおりに直してから、もう一度実行してください。"
)
STOPPED_AFTER = (
    "「{step}」で止まりました。データベースは新しい版に変わり始めています。直せないときは、"
    "いま取ったバックアップ（上に表示）を前の版（{old}）の run.py manage restore で戻し、"
    "前の版を起動してください。手順は docs/office/install.md の「元に戻す」にあります。"
)
UPGRADED = (
    "更新できました。current を新しい版に向けて、起動してください。\n"
    "例：ln -sfn {new} /opt/shimonoseki-dx/current && systemctl start shimonoseki-dx-web"
)
WITH_LDAP = "also what signs people in by LDAP; it is compiled here (docs/office/sign-in.md)"
CURRENT = ROOT.parent / "current"
"""The link to the version that serves; an upgrade is started in the folder of the next one."""
CODE = ("operation", "procedures", "shimonoseki_dx", "tracking")
BEFORE_THE_CHANGE = (["at_rest"], ["backup"])
GOES_ON = {("backup", 4), ("doctor", 1)}
"""A whole backup that names files which the office had lost before; what the doctor only notes."""
THE_CHANGE = (["migrate", "--noinput"], ["check_inventory"], ["doctor"])


def serve(arguments: list[str]) -> NoReturn:
    """Serves the program with the settings of the environment file until it is stopped."""
    options = _parser("serve").parse_args(arguments)
    _become(["serve"], _environment(options.env))


def manage(arguments: list[str]) -> NoReturn:
    """Runs one command of manage.py with the settings of the environment file."""
    parser = _parser("manage")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    _become(options.command, _environment(options.env))


def install(arguments: list[str]) -> int:
    """Installs the locked packages, with the extras of an office, and collects static files."""
    parser = argparse.ArgumentParser(prog="run.py install")
    parser.add_argument("--wheelhouse", type=_folder)
    parser.add_argument("--ldap", action="store_true", help=WITH_LDAP)
    options = parser.parse_args(arguments)
    for lock in _locks(options.ldap):
        install_packages(lock, options.wheelhouse)
    with tempfile.TemporaryDirectory() as nothing:
        unused = {"DX_SECRET_KEY": "nothing is signed with it", "DX_DATA_DIR": nothing}
        collect = ["collectstatic", "--noinput", "--verbosity", "0"]
        return run(_manage(collect), os.environ | unused) or run(
            # Whoever serves cannot write here; so it is compiled now, or at each start.
            [str(PYTHON), "-m", "compileall", "-q", *CODE],
            os.environ,
        )


def wheelhouse(arguments: list[str]) -> int:
    """Fills a folder with the packages of ``install``, to be carried to where no internet is."""
    parser = argparse.ArgumentParser(prog="run.py wheelhouse")
    parser.add_argument("folder", type=_folder)
    parser.add_argument("--platform", choices=sorted(PLATFORMS), help="if it is not this one's")
    parser.add_argument("--python-version", help="of the server, for example 3.12")
    parser.add_argument("--ldap", action="store_true", help=WITH_LDAP)
    options = parser.parse_args(arguments)
    if options.platform and not options.python_version:
        parser.error("--platform needs --python-version")
    locks = _locks(options.ldap)
    return download(options.folder, locks, options.platform, options.python_version)


def upgrade(arguments: list[str]) -> int:
    """Packages, backup, tables, checks; stops at the first that fails and says how to go back."""
    parser = _parser("upgrade")
    parser.add_argument("--wheelhouse", type=_folder)
    parser.add_argument("--ldap", action="store_true", help=WITH_LDAP)
    parser.add_argument("--from", type=_folder, default=CURRENT, dest="old", metavar="FOLDER")
    options = parser.parse_args(arguments)
    environment = _settings(options.env)
    old = options.old.resolve() if options.old.exists() else ROOT
    address = setting(environment, "DX_LISTEN", "127.0.0.1:8000")
    if _answers(address):
        return _stop(STILL_SERVING.format(address))
    packages = ["--wheelhouse", str(options.wheelhouse)] if options.wheelhouse else []
    packages += ["--ldap"] if options.ldap else []
    print("== install", flush=True)
    if install(packages):
        return _stop(STOPPED_BEFORE.format(step="install", old=old))
    owner = _owner(environment)
    # Only the version that made the tables knows them as they are, and can bring the backup back.
    before, after = (old, BEFORE_THE_CHANGE, STOPPED_BEFORE), (ROOT, THE_CHANGE, STOPPED_AFTER)
    for root, steps, sentence in (before, after):
        for step in steps:
            print("==", *step, flush=True)
            status = run(_manage(step, root), environment, **owner)
            if status and (step[0], status) not in GOES_ON:
                return _stop(sentence.format(step=step[0], old=old))
    print(UPGRADED.format(new=ROOT))
    return 0


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"run.py {command}")
    parser.add_argument("--env", type=Path, metavar="FILE", help="the office's settings")
    return parser


def _locks(ldap: bool) -> list[str]:
    return [OFFICE, LDAP] if ldap else [OFFICE]


def _folder(text: str) -> Path:
    return Path(text).resolve()


def _settings(named: Path | None) -> dict[str, str]:
    """The office's settings; ends with a sentence where they cannot be read."""
    try:
        return office_environment(named)
    except Unreadable as error:
        sys.exit(str(error))


def _environment(named: Path | None) -> dict[str, str]:
    """The office's settings, if what they need is installed; else ends with a sentence."""
    if not (is_installed(OFFICE) or is_installed(DEVELOPMENT)):
        sys.exit(INSTALL_FIRST)
    return _settings(named)


def _manage(command: list[str], root: Path = ROOT) -> list[str]:
    python = root / PYTHON.relative_to(ROOT)
    return [str(python), str(root / "manage.py"), *command]


def _become(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Goes on as manage.py, so that a signal to this process reaches it; as the data's owner."""
    owner = _owner(environment)
    if os.name == "nt":  # its exec returns to the caller at once
        sys.exit(run(_manage(command), environment))
    if owner:
        os.setgroups(owner["extra_groups"])
        os.setgid(owner["group"])
        os.setuid(owner["user"])
    os.execve(PYTHON, _manage(command), environment)  # noqa: S606 - no shell, on purpose


def _owner(environment: dict[str, str]) -> dict[str, Any]:
    """As whom to work, as subprocess takes it: where root works, as the owner of the data.

    Or the service could not write what root had made.
    """
    data = Path(setting(environment, "DX_DATA_DIR", str(ROOT / "var")))
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"DX_DATA_DIR（{data}）を作れません。（{error.strerror}）")
    if os.name == "nt" or os.geteuid() != 0 or data.stat().st_uid == 0:
        return {}
    status = data.stat()
    return {"user": status.st_uid, "group": status.st_gid, "extra_groups": [status.st_gid]}


def _answers(address: str) -> bool:
    """Whether somebody takes connections there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), timeout=2):
            return True
    except (OSError, ValueError, OverflowError):
        return False


def _stop(sentence: str) -> int:
    print(f"\n{sentence}", file=sys.stderr)
    return 1
