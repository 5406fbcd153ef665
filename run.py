#!/usr/bin/env python3
"""Runs, tests and checks the program on a machine that has Python 3.11 or newer and nothing else.

    python3 run.py          makes .venv, installs the locked requirements, serves the demo
    python3 run.py test     the whole test suite with a real browser, on SQLite and PostgreSQL
    python3 run.py check    format, lint, types, import contract, migrations, deployment settings
    python3 run.py lock     writes requirements*.txt anew from pyproject.toml

Standard library only. Each of them can be run again at any time; what is done is not done twice.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.postgres import server_programs, temporary_server

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
DATA = Path(os.environ.get("DX_DATA_DIR", ROOT / "var"))
ADDRESS = os.environ.get("DX_LISTEN", "127.0.0.1:8000")
WITHOUT_DATABASE = (
    *("tests/procedures/rules", "tests/procedures/spreadsheet"),
    "tests/tracking/test_interview.py",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "msedge")


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said before anything fails in an older one
        print("Python 3.11 or newer is needed; this is", sys.version.split()[0])
        return 1
    command, rest = (arguments[0], arguments[1:]) if arguments else ("demo", [])
    commands = {"demo": demo, "test": test, "check": check, "lock": lock}
    if command not in commands:
        print(__doc__)
        return 2
    return commands[command](rest)


def demo(arguments: list[str]) -> int:
    """Database, demo data and server on this machine."""
    install("requirements.txt")
    environment = demo_environment()
    DATA.mkdir(parents=True, exist_ok=True)
    for step in (
        ["manage.py", "migrate", "--verbosity", "0"],
        ["manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        ["manage.py", "load_demo"],
    ):
        if status := run([str(PYTHON), *step], environment):
            return status
    print(f"\n  http://{ADDRESS}/  （止めるには Ctrl+C）\n", flush=True)
    server = [
        "-m",
        "waitress",
        f"--listen={ADDRESS}",
        "--threads=8",
        "shimonoseki_dx.wsgi:application",
    ]
    return run([str(PYTHON), *server], environment)


def test(arguments: list[str]) -> int:
    """The whole test suite; further arguments go to pytest."""
    install("requirements-dev.txt")
    find_browser()
    pytest = [str(PYTHON), "-m", "pytest", "--numprocesses=auto", "--dist=worksteal", *arguments]
    engine = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    print(f"== {engine}", flush=True)
    if status := run(pytest, dict(os.environ)):
        return status
    programs = server_programs()
    if os.environ.get("DATABASE_URL"):
        return 0
    if programs is None:
        print("No PostgreSQL server is installed here; the suite ran on one database only.")
        return 0
    with temporary_server(programs) as url:
        print("== PostgreSQL", flush=True)
        # What the browser shows and what pure modules say does not depend on the database.
        beside = ["-m", "not browser", *(f"--ignore={tests}" for tests in WITHOUT_DATABASE)]
        return run([*pytest, *beside], os.environ | {"DATABASE_URL": url})


def check(arguments: list[str]) -> int:
    """Everything that can be said without running the program; ``--fix`` formats in place."""
    install("requirements-dev.txt")
    fix = "--fix" in arguments
    production = os.environ | {
        "DX_DATA_DIR": tempfile.gettempdir(),
        "DX_SECRET_KEY": secrets.token_urlsafe(60),
        "DX_ALLOWED_HOSTS": "dx.example.lg.jp",
        "DX_INSECURE_HTTP": "",
        "DX_DEBUG": "",
    }
    steps = [
        ["ruff", "format", *([] if fix else ["--check"]), "."],
        ["ruff", "check", *(["--fix"] if fix else []), "."],
        ["djlint", "--lint", "--quiet", "templates"],
        ["mypy"],
        ["import_linter"],
        ["manage.py", "makemigrations", "--check", "--dry-run"],
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    ]
    failed = []
    for step in steps:
        print("==", *step, flush=True)
        if run(_tool(step), production):
            failed.append(" ".join(step))
    print("\n".join(["failed:", *failed]) if failed else "all checks passed")
    return 1 if failed else 0


def lock(arguments: list[str]) -> int:
    """Writes the lock files; no address of a package index stands in them."""
    options = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url"
    options += " --no-annotate --no-header -q --upgrade"
    compile_ = ["uv", "pip", "compile", "pyproject.toml", *options.split()]
    return run([*compile_, "-o", "requirements.txt"], dict(os.environ)) or run(
        [*compile_, "--group", "dev", "-o", "requirements-dev.txt"], dict(os.environ)
    )


def install(requirements: str) -> None:
    """Makes the virtual environment and installs ``requirements`` unless that is done already."""
    text = (ROOT / requirements).read_bytes()
    wanted = f"{requirements} {hashlib.sha256(text).hexdigest()}"
    mark = VENV / "installed.txt"
    if mark.exists() and wanted in mark.read_text().splitlines():
        return
    if not PYTHON.exists():
        print("making .venv …", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit(
                "This Python cannot make virtual environments with pip. "
                "On Debian or Ubuntu: apt-get install python3-venv"
            )
    print(f"installing {requirements} …", flush=True)
    status = run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "-r", requirements],
        dict(os.environ),
    )  # fmt: skip
    if status:
        sys.exit(
            "The packages could not be installed (see above). Without internet, put the packages "
            "into a folder and set PIP_NO_INDEX=1 and PIP_FIND_LINKS to it."
        )
    with mark.open("a") as file:
        file.write(wanted + "\n")


def demo_environment() -> dict[str, str]:
    """Settings for a demo on one's own machine: a key of its own, plain HTTP on loopback."""
    DATA.mkdir(parents=True, exist_ok=True)
    key = DATA / "secret_key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(60))
    return os.environ | {
        "DX_SECRET_KEY": os.environ.get("DX_SECRET_KEY") or key.read_text().strip(),
        "DX_INSECURE_HTTP": "1",
        "DX_DATA_DIR": str(DATA),
    }


def find_browser() -> None:
    """Says in one line how to get the browser that the browser tests need."""
    path = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        os.environ["BROWSER_PATH"] = path
        return
    if run([str(PYTHON), "-m", "playwright", "install", "chromium"], dict(os.environ)):
        print(
            "No browser found for the browser tests. On Debian or Ubuntu: "
            "apt-get install chromium fonts-noto-cjk (or set BROWSER_PATH)."
        )


def run(command: list[str], environment: dict[str, str]) -> int:
    """Runs a command in the project's root; Ctrl+C ends it without a trace."""
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _tool(step: list[str]) -> list[str]:
    if step[0] == "manage.py":
        return [str(PYTHON), *step]
    if step[0] == "import_linter":
        return [str(BIN / "lint-imports")]
    return [str(PYTHON), "-m", *step]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
