"""Starts the provider for a test run, and says whom it knows."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from operation.directory.configuration import Provider
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CLIENT, CLIENT_SECRET = "dx", "the program's own secret"
PASSWORD = "庁内の correct horse"


class IdentityProvider:
    """The running provider; ``clear`` makes it forget everybody."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.origin = f"http://127.0.0.1:{port}"
        self._told: dict[str, Any] = {}

    @property
    def settings(self) -> Provider:
        """How the program reaches it."""
        return Provider(issuer=f"{self.origin}/o", client_id=CLIENT, client_secret=CLIENT_SECRET)

    def clear(self, *redirect_uris: str) -> None:
        """Knows nobody; answers go to ``redirect_uris``."""
        self._told = {"people": {}, "redirect_uris": redirect_uris}
        self._write()

    def set_person(
        self, username: str, *groups: str, key: int = 1, name: str = "庁内 花子"
    ) -> None:
        """A person, also one who is known already, with exactly these groups."""
        person = {"key": key, "name": name, "password": PASSWORD, "groups": groups}
        self._told["people"][username] = person
        self._write()

    def _write(self) -> None:
        new = self._folder / "people.new"
        new.write_text(json.dumps(self._told), encoding="utf-8")
        new.replace(self._folder / "people.json")


@contextlib.contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A provider on a free port of this machine, gone with all it holds afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dx-provider-"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    port = free_port()
    environment = {
        **os.environ,
        "PROVIDER_FOLDER": str(folder),
        "PROVIDER_PORT": str(port),
        "PROVIDER_ISSUER": f"http://127.0.0.1:{port}/o",
        "PROVIDER_CLIENT": CLIENT,
        "PROVIDER_CLIENT_SECRET": CLIENT_SECRET,
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.identity_provider"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout.readline(), (folder / "log").read_text(errors="replace")
        yield IdentityProvider(folder, port)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)
