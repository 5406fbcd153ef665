"""Many people at once on the real server, driven by locust: `python -m benchmarks.load`.

A temporary office is filled, the program's server started as an office starts it, and locust's
people work: pages, lists, the dashboard, edits of rows that carry the version they saw, and in the
middle an import in a process of its own. Then every edit that was acknowledged is looked for in
the history, and the times stand next to those of an empty page of the same run.

`--engine postgresql` borrows a temporary server (its programs must be installed), as an office has
it: it waits for the disk. Everything stays on this machine. Exit status 1: something was lost,
wrong or an error.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.import_tasks import import_file, in_child
from benchmarks.office import new_office
from tests.postgres import server_programs, temporary_server

from . import editing, figures
from .checking import Verdict, check
from .filling import prepare
from .import_list import write_list
from .servers import ROOT, serving

PROCEDURES, PEOPLE, SECONDS, THINK, IMPORTED = 2_000, 50, 300, "3-10", 500
CONTROL = "benchmarks.load.unfair"
# Its plugin for pytest must not come into the suite, so it lives in a folder of its own.
LOCUST = ROOT / ".venv" / "load"


def main() -> int:
    """Fills, runs, checks and prints; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--procedures", type=int, default=PROCEDURES)
    parser.add_argument(
        "--think", default=THINK, help="seconds between two actions of a person; 0-0: none"
    )
    parser.add_argument("--imported", type=int, default=IMPORTED, help="rows; 0: no import")
    parser.add_argument(
        "--unfair", action="store_true", help="the control: Django's own backend for SQLite"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dx-load-") as name, _office(options.engine) as office:
        return measure(office, Path(name), options)


def measure(office: Mapping[str, str], folder: Path, options: Any) -> int:
    """One run in an empty office; the exit status."""
    locust, cast, log = _locust(), folder / "people.json", folder / "server.log"
    in_child(prepare, office, options.procedures, options.people, str(cast))
    served = dict(office) | ({"DJANGO_SETTINGS_MODULE": CONTROL} if options.unfair else {})
    with serving(served, log, count=options.processes) as servers:
        urls = {"servers": [server.url for server in servers]}
        cast.write_text(json.dumps(json.loads(cast.read_text()) | urls))
        importing = threading.Thread(target=_import, args=[served, folder, options])
        importing.start()
        _run(locust, cast, folder, options)
        importing.join()
    requests = figures.kept(folder / "requests.jsonl")
    verdict = in_child(check, office, editing.kept(folder / "edits.jsonl"))
    _print(options, requests)
    return _judge(requests, verdict, log.read_text(errors="replace"))


def _judge(requests: list[figures.Request], verdict: Verdict, log: str) -> int:
    errors = Counter((each.kind, each.status) for each in figures.failures(requests))
    locked = log.count("database is locked")
    print(
        f"\n{verdict.acknowledged:,} edits acknowledged, {verdict.conflicts:,} conflicts answered; "
        f"{len(verdict.missing)} lost, {len(verdict.overwritten)} overwritten unseen, "
        f"{errors.total()} errors, {locked} times 'database is locked', "
        f"{log.count('deadlock detected')} deadlocks"
    )
    for problem in (*verdict.problems, *map(str, errors.items()))[:20]:
        print(" ", problem)
    return 1 if verdict.problems or errors or locked else 0


def _print(options: Any, requests: list[figures.Request]) -> None:
    rate = len(requests) / options.seconds
    print(
        f"{options.engine}{', unfair' if options.unfair else ''}, {options.processes} process(es) "
        f"of 8 threads, {options.people} people, {options.think} s between actions, "
        f"{options.procedures:,} procedures, {options.seconds} s: {rate:.1f} requests a second"
    )
    print(figures.table(figures.lines(requests)))


def _run(locust: Path, cast: Path, folder: Path, options: Any) -> None:
    command = [
        str(locust), "--headless", "--only-summary", "--skip-log-setup",
        "-f", str(Path(__file__).with_name("people.py")),
        "--users", str(options.people), "--spawn-rate", "10",
        # What is under way at the end is finished: only so is it known what was acknowledged.
        "--run-time", str(options.seconds), "--stop-timeout", "120", "--exit-code-on-error", "0",
    ]  # fmt: skip
    own = {
        "DX_LOAD_CAST": str(cast),
        "DX_LOAD_FOLDER": str(folder),
        "DX_LOAD_THINK": options.think,
    }
    summary = folder / "locust.log"
    with summary.open("wb") as log:
        done = subprocess.run(
            command, env=os.environ | own, cwd=ROOT, stdout=log, stderr=log, check=False
        )
    if done.returncode or not (folder / "edits.jsonl").exists():
        sys.exit(summary.read_text()[-4000:])


def _import(office: Mapping[str, str], folder: Path, options: Any) -> None:
    """Somebody imports a list when a third of the time is over."""
    if not options.imported:
        return
    file = folder / "list.xlsx"
    write_list(file, options.imported)
    time.sleep(options.seconds / 3)
    result = in_child(import_file, office, file)
    print(f"import of {result.rows:,} rows in its own process: {result.seconds:.1f} s")


@contextlib.contextmanager
def _office(engine: str) -> Iterator[Mapping[str, str]]:
    if engine == "sqlite":
        with new_office() as office:
            yield office
        return
    programs = server_programs()
    if programs is None:
        sys.exit("PostgreSQL's server programs (initdb, pg_ctl) are not installed here.")
    with temporary_server(programs, durable=True) as server, new_office(server) as office:
        yield office


def _locust() -> Path:
    """The program; installed on first use from the locked list beside this file."""
    folder = LOCUST / ("Scripts" if os.name == "nt" else "bin")
    program = folder / ("locust.exe" if os.name == "nt" else "locust")
    if not program.exists():
        venv.create(LOCUST, with_pip=True)
        python = folder / ("python.exe" if os.name == "nt" else "python")
        requirements = str(Path(__file__).with_name("requirements.txt"))
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "-r", requirements],
            check=True,
        )  # fmt: skip
    return program


if __name__ == "__main__":
    sys.exit(main())
