#!/usr/bin/env python3
"""Runs, tests and checks the program on a machine that has Python 3.11 or newer and nothing else.

    python3 run.py          makes .venv, installs the locked requirements, serves the demo
    python3 run.py test     the whole test suite with a real browser, on SQLite and PostgreSQL
    python3 run.py check    format, lint, types, import contract, own rules, migrations, deployment
    python3 run.py evidence the tests that stand beside a control, larger, into docs/evidence.md
    python3 run.py lock     writes requirements*.txt anew from pyproject.toml

For an office (docs/office/install.md):

    python3 run.py wheelhouse FOLDER [--platform linux|windows --python-version 3.12]
    python3 run.py install [--wheelhouse FOLDER]
    python3 run.py serve [--env FILE]
    python3 run.py manage [--env FILE] COMMAND …
    python3 run.py upgrade [--env FILE] [--wheelhouse FOLDER]

Standard library only. Each of them can be run again at any time; what is done is not done twice.
"""

import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from deploy import office
from deploy.packages import BIN, DEVELOPMENT, LDAP, OFFICE, PYTHON, ROOT, install, run

DATA = Path(os.environ.get("DX_DATA_DIR", ROOT / "var"))
LOCKS = {
    "requirements.txt": ["pyproject.toml"],
    OFFICE: ["pyproject.toml", "--extra=postgres", "--extra=pdf", "--extra=oidc", "--extra=argon2"],
    LDAP: ["pyproject.toml", "--extra=ldap"],
    DEVELOPMENT: ["pyproject.toml", "--group=dev"],
    "code_rules/requirements.txt": ["--group=rules"],
    "benchmarks/load/requirements.txt": ["--group=load"],
}
WITHOUT_DATABASE = (
    "tests/operation/directory/*",
    "tests/operation/test_backup_folder.py",
    "tests/operation/test_fair_sqlite3.py",
    "tests/procedures/rules/*",
    "tests/procedures/spreadsheet/*",
    *(f"tests/security/test_{kind}.py" for kind in ("forged*", "headers", "hostile*", "markup")),
    *(f"tests/security/test_{kind}.py" for kind in ("paths", "redirects", "secrets", "sign_in*")),
    "tests/tracking/test_interview.py",
    "tests/tracking/test_*_pages.py",
)
"""What does not depend on PostgreSQL: pure modules, files, SQLite's turns, what pages say.

Every address is asked on PostgreSQL all the same (tests/test_access.py).
"""
THOROUGH = {
    "DX_TEST_EDITORS": "50",
    "DX_TEST_SECONDS": "60",
    "DX_TEST_KILLS": "30",
    "DX_TEST_BACKUPS": "20",
}
"""How large the tests become whose result stands in docs/evidence.md."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "msedge")


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said before anything fails in an older one
        print("Python 3.11 or newer is needed; this is", sys.version.split()[0])
        return 1
    command, rest = (arguments[0], arguments[1:]) if arguments else ("demo", [])
    commands = {
        "demo": demo,
        "test": test,
        "check": check,
        "evidence": evidence,
        "lock": lock,
        "install": office.install,
        "wheelhouse": office.wheelhouse,
        "serve": office.serve,
        "manage": office.manage,
        "upgrade": office.upgrade,
    }
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
        ["manage.py", "load_demo"],
    ):
        if status := run([str(PYTHON), *step], environment):
            return status
    return run([str(PYTHON), "manage.py", "serve"], environment)


def test(arguments: list[str]) -> int:
    """The whole test suite; further arguments go to pytest."""
    return on_both_databases(arguments)


def on_both_databases(arguments: list[str], marked: str = "") -> int:
    """Runs all tests, or those with that mark, on SQLite and then on PostgreSQL if it is here."""
    from tests.postgres import server_programs, temporary_server

    install(DEVELOPMENT)
    install_ldap()
    find_browser()
    pytest = [str(PYTHON), "-m", "pytest", "--numprocesses=auto", "--dist=worksteal", *arguments]
    engine = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    print(f"== {engine}", flush=True)
    if status := run([*pytest, "-m", marked], os.environ):
        return status
    programs = server_programs()
    if os.environ.get("DATABASE_URL"):
        return 0
    if programs is None:
        print("No PostgreSQL server is installed here; the suite ran on one database only.")
        return 0
    with temporary_server(programs) as url:
        print("== PostgreSQL", flush=True)
        marked = " and ".join(filter(None, (marked, "not browser", "not once")))
        beside = ["-m", marked, *(f"--ignore-glob={tests}" for tests in WITHOUT_DATABASE)]
        return run([*pytest, *beside], os.environ | {"DATABASE_URL": url})


def evidence(arguments: list[str]) -> int:
    """Runs what is marked as evidence on both databases, one after the other; half an hour."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.jsonl"
        os.environ.update({**THOROUGH, "DX_EVIDENCE": str(notes)})
        # One after the other: they load the machine themselves, and measure.
        if status := on_both_databases(["--numprocesses=0", *arguments], "evidence"):
            return status
        page = str(ROOT / "docs" / "evidence.md")
        return run([str(PYTHON), "-m", "tests.evidence", str(notes), page], os.environ)


def check(arguments: list[str]) -> int:
    """Everything that can be said without running the program; ``--fix`` formats in place."""
    install(DEVELOPMENT)
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
        ["code_rules"],
        ["manage.py", "makemigrations", "--check", "--dry-run"],
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        ["manage.py", "sbom", "--check"],
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
    compile_ = ["uv", "pip", "compile", *options.split()]
    for file, wanted in LOCKS.items():
        if status := run([*compile_, *wanted, "-o", file], os.environ):
            return status
    return 0


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


def install_ldap() -> None:
    """What signs people in by LDAP, where it can be compiled; else says in one line how to."""
    from tests.ldap_programs import MISSING, can_be_built

    if can_be_built():
        install(LDAP)
    else:
        print(MISSING)


def find_browser() -> None:
    """Says in one line how to get the browser that the browser tests need."""
    path = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        os.environ["BROWSER_PATH"] = path
        return
    if run([str(PYTHON), "-m", "playwright", "install", "chromium"], os.environ):
        print(
            "No browser found for the browser tests. On Debian or Ubuntu: "
            "apt-get install chromium fonts-noto-cjk (or set BROWSER_PATH)."
        )


def _tool(step: list[str]) -> list[str]:
    if step[0] == "manage.py":
        return [str(PYTHON), *step]
    if step[0] == "import_linter":
        return [str(BIN / "lint-imports")]
    return [str(PYTHON), "-m", *step]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
