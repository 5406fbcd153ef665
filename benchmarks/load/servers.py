"""The program's real server in processes of its own, which can be killed. Standard library only."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 60  # seconds that a start may take


class Server:
    """The program on a loopback port of its own, as ``run.py serve`` starts it.

    ``office`` is its environment, ``log`` the file to which everything goes that it says.
    """

    def __init__(self, office: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        own |= {"PYTHONPATH": str(ROOT), "DX_LISTEN": f"127.0.0.1:{self.port}"}
        self._environment = own | dict(office)
        self._log = log
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, or starts it again; returns as soon as it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"The server did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends it at once, whatever it is doing (kill -9)."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Asks it to end, and waits for that."""
        self._process.terminate()
        self._process.wait(_PATIENCE)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=_PATIENCE):  # noqa: S310 - our own address
                return True
        except OSError:
            return False


@contextlib.contextmanager
def serving(office: Mapping[str, str], log: Path, *, count: int = 1) -> Iterator[list[Server]]:
    """So many servers of one office, stopped afterwards."""
    servers: list[Server] = []
    try:
        for _ in range(count):
            servers.append(Server(office, log))
        yield servers
    finally:
        for server in servers:
            server.stop()
