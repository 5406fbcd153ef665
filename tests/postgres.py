"""A PostgreSQL server of its own for one test run, where the server's programs are installed."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.ports import free_port


def server_programs() -> Path | None:
    """The folder with initdb and pg_ctl, or None where no server is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def temporary_server(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """Starts a server on a free loopback port, gives its DATABASE_URL, and removes it again.

    A ``durable`` one keeps what it acknowledges, and its statistics, as an office's does.
    """
    folder = Path(tempfile.mkdtemp(prefix="dx-postgres-"))
    # The server refuses to run as root; Debian's package brings an account for it.
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        shutil.chown(folder, account)
    port = free_port()
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, user=account, stdout=subprocess.DEVNULL)

    call(
        str(programs / "initdb"), "-D", str(data), "-U", "dx", "--auth=trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    options += " -c max_connections=50"
    if not durable:
        # A test database is thrown away; waiting for the disk would prove nothing.
        # Statistics taken at a moment when a test has emptied the tables would mislead the next.
        options += " -c fsync=off -c autovacuum=off"
    call(
        str(programs / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options,
        "start",
    )  # fmt: skip
    try:
        yield f"postgres://dx@127.0.0.1:{port}/postgres"
    finally:
        call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
