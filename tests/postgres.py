"""A PostgreSQL server of its own for one test run, where the server's programs are installed."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def server_programs() -> Path | None:
    """The folder with initdb and pg_ctl, or None where no server is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def temporary_server(programs: Path) -> Iterator[str]:
    """Starts a server on a free loopback port, gives its DATABASE_URL, and removes it again."""
    folder = Path(tempfile.mkdtemp(prefix="dx-postgres-"))
    # The server refuses to run as root; Debian's package brings an account for it.
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        shutil.chown(folder, account)
    port = _free_port()
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, user=account, stdout=subprocess.DEVNULL)

    call(
        str(programs / "initdb"), "-D", str(data), "-U", "dx", "--auth=trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    # A test database is thrown away; waiting for the disk would prove nothing.
    options += " -c fsync=off -c max_connections=50"
    # Statistics taken at a moment when a test has emptied the tables would mislead the next one.
    options += " -c autovacuum=off"
    call(
        str(programs / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options,
        "start",
    )  # fmt: skip
    try:
        yield f"postgres://dx@127.0.0.1:{port}/postgres"
    finally:
        call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
