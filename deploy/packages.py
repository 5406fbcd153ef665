"""The virtual environment and its packages, from the package index or from a folder of wheels."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OFFICE = "requirements-office.txt"
"""What an office installs: the program with PostgreSQL, PDF and the office's own sign-in."""
LDAP = "requirements-ldap.txt"
"""What signs people in by LDAP; it is compiled, so it stands apart (docs/office/sign-in.md)."""
DEVELOPMENT = "requirements-dev.txt"
"""The same, and what the tests and checks need."""
SUMS = "SHA256SUMS"
PLATFORMS = {
    "linux": [f"manylinux_2_{glibc}_x86_64" for glibc in range(28, 16, -1)]
    + ["manylinux2014_x86_64"],
    "windows": ["win_amd64"],
}
_MARK = VENV / "installed.txt"


def run(command: list[str], environment: Mapping[str, str], **options: Any) -> int:
    """Runs a command in the project's root and returns its exit status.

    Ctrl+C reaches the command as well; here its end is waited for, so that a server can finish.
    """
    with subprocess.Popen(command, cwd=ROOT, env=environment, **options) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def install(requirements: str, wheelhouse: Path | None = None) -> None:
    """Makes the virtual environment and installs ``requirements`` unless that is done already.

    Every package must have a hash that stands in the lock file, wherever it comes from.
    """
    if is_installed(requirements):
        return
    if wheelhouse:
        _check_sums(wheelhouse)
    pip = _pip(wheelhouse)
    print(f"installing {requirements} …", flush=True)
    source = ["--isolated", "--no-index", f"--find-links={wheelhouse}"] if wheelhouse else []
    status = run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", *source,
         "--require-hashes", "-r", requirements],
        os.environ,
    )  # fmt: skip
    if status:
        sys.exit(
            "The packages could not be installed (see above). Without internet: make a folder with "
            "python3 run.py wheelhouse FOLDER elsewhere, bring it here, and run "
            "python3 run.py install --wheelhouse FOLDER."
        )
    with _MARK.open("a") as file:
        file.write(_wanted(requirements) + "\n")


def is_installed(requirements: str) -> bool:
    """Whether exactly this lock file was installed into the virtual environment."""
    return _MARK.exists() and _wanted(requirements) in _MARK.read_text().splitlines()


def download(
    folder: Path, locks: list[str], platform: str | None, python_version: str | None
) -> int:
    """Fills ``folder`` with everything that ``install`` needs of ``locks`` without internet.

    For this machine, or for a ``platform`` of PLATFORMS and a version such as "3.12". Returns
    pip's exit status.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wheels = ["download", "--quiet", "--disable-pip-version-check", "--no-deps",
              "--only-binary=:all:", f"--dest={folder}"]  # fmt: skip
    for name in PLATFORMS[platform] if platform else ():
        wheels.append(f"--platform={name}")
    if python_version:
        wheels.append(f"--python-version={python_version}")
    pip = [*_pip(None), *wheels]
    with tempfile.TemporaryDirectory() as scratch:
        for name in locks:
            lock = Path(scratch) / name
            lock.write_text(_lock_for(name, platform), encoding="utf-8")
            itself = ["--no-binary=python-ldap"] if name == LDAP else []  # there is no wheel of it
            if status := run([*pip, *itself, "--require-hashes", "-r", str(lock)], os.environ):
                return status
    # pip for a Python that has none, and what python-ldap is built with.
    tools = ["pip", "setuptools", "wheel"] if LDAP in locks else ["pip"]
    if status := run([*pip, *tools], os.environ):
        return status
    sums = [f"{_sha256(file)}  {file.name}\n" for file in sorted(folder.glob("*-*"))]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    return 0


def _lock_for(name: str, platform: str | None) -> str:
    """The lock file, as a machine of that platform reads it: pip judges by the one it runs on."""
    text = (ROOT / name).read_text(encoding="utf-8")
    windows = platform == "windows" if platform else os.name == "nt"
    return re.sub(r" ; sys_platform == 'win32'", "", text) if windows else text


def _pip(wheelhouse: Path | None) -> list[str]:
    """How pip is called in the virtual environment, which is made if it is not there."""
    pip = [str(PYTHON), "-m", "pip"]
    if PYTHON.exists():
        return pip
    print("making .venv …", flush=True)
    try:
        venv.create(VENV, with_pip=wheelhouse is None)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "This Python cannot make virtual environments with pip. "
            "On Debian or Ubuntu: apt-get install python3-venv"
        )
    if wheelhouse:
        # A Python without ensurepip, as Debian has it, gets its pip from here: a wheel can be run.
        wheel = next(wheelhouse.glob("pip-*.whl"))
        itself = ["install", "--isolated", "--no-index", "--quiet", str(wheel)]
        run([str(PYTHON), str(wheel / "pip"), *itself], os.environ)
    return pip


def _check_sums(wheelhouse: Path) -> None:
    """Ends with a sentence unless the folder is whole and as it was made."""
    try:
        lines = (wheelhouse / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        sys.exit(f"{wheelhouse} is not a folder made by run.py wheelhouse. ({error.strerror})")
    for line in lines:
        wanted, name = line.split("  ", maxsplit=1)
        file = wheelhouse / name
        if not file.is_file() or _sha256(file) != wanted:
            sys.exit(f"{file} is missing or was altered on its way. Copy the folder once more.")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _wanted(requirements: str) -> str:
    return f"{requirements} {hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()}"
