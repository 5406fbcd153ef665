"""kill -9 of a whole PostgreSQL server that a test has to itself, and its start afterwards."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg


class KilledServer:
    """The server at ``url``, whose programs are in ``programs``."""

    def __init__(self, url: str, programs: Path) -> None:
        self._url = url
        self._programs = programs
        with psycopg.connect(url) as connection:
            self._data = Path(connection.execute("SHOW data_directory").fetchone()[0])

    def kill(self) -> None:
        """Ends the server and every process of it at once."""
        server = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGSTOP)  # so that it has no more children than are found
        processes = [server, *_children(server)]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        until = time.monotonic() + 30
        while any(_is_there(process) for process in processes):
            assert time.monotonic() < until
            time.sleep(0.02)
        # As long as nobody has taken note of its end, a start takes its number for a running one.
        for mark in (self._data / "postmaster.pid", *self._data.parent.glob(".s.PGSQL.*.lock")):
            mark.unlink()

    def start(self) -> None:
        """As it was started before; returns when it has recovered and answers."""
        account = "postgres" if os.geteuid() == 0 else None
        log, program = self._data.parent / "log", self._programs / "pg_ctl"
        done = subprocess.run(
            [str(program), "-D", str(self._data), "-w", "-l", str(log), "restart"],
            cwd=self._data.parent, user=account, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, log.read_text()[-2000:]
        psycopg.connect(self._url).close()


def copy_database(programs: Path, source: str, target: str) -> None:
    """Fills the empty database ``target`` with what is in ``source``, on another server."""
    dump = subprocess.run([programs / "pg_dump", source], check=True, stdout=subprocess.PIPE)
    subprocess.run(
        [programs / "psql", "--quiet", "-v", "ON_ERROR_STOP=1", target],
        input=dump.stdout, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _children(parent: int) -> list[int]:
    lines = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid="], text=True).splitlines()  # noqa: S607
    pairs = [tuple(map(int, line.split())) for line in lines]
    return [child for child, its_parent in pairs if its_parent == parent]


def _is_there(process: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)],  # noqa: S607
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    return bool(state) and not state.startswith("Z")
