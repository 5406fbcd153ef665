"""Runs our own rules over the program: `python -m code_rules` (a step of `run.py check`).

Semgrep is installed on first use, from the locked list beside this file, into a folder of its own.
It reads the rules here only, tells nobody of it and asks for no newer version of itself. Each rule
is first tried on its examples: what it must find, and what it must not.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = Path(__file__).parent
LOCK = RULES / "requirements.txt"
# Another list makes another folder.
TOOLS = ROOT / ".venv" / f"rules-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]}"
READ = ("procedures", "tracking", "operation", "shimonoseki_dx", "templates", "manage.py")
QUIET = ("--quiet", "--metrics=off", "--disable-version-check")


def main() -> int:
    """0 if every example is judged as it says and the program breaks no rule."""
    semgrep = [str(_semgrep())]
    steps = (
        ["--test", *QUIET, str(RULES)],
        ["scan", "--error", "--no-git-ignore", *QUIET, f"--config={RULES}", *READ],
    )
    home = {"SEMGREP_SETTINGS_FILE": str(TOOLS / "settings.yml"),
            "SEMGREP_LOG_FILE": str(TOOLS / "semgrep.log")}  # fmt: skip
    for step in steps:
        done = subprocess.run([*semgrep, *step], cwd=ROOT, env=os.environ | home, check=False)
        if done.returncode:
            return done.returncode
    return 0


def _semgrep() -> Path:
    folder = TOOLS / ("Scripts" if os.name == "nt" else "bin")
    program = folder / ("semgrep.exe" if os.name == "nt" else "semgrep")
    if not program.exists():
        venv.create(TOOLS, with_pip=True)
        python = folder / ("python.exe" if os.name == "nt" else "python")
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "-r", str(LOCK)],
            check=True,
        )  # fmt: skip
    return program


if __name__ == "__main__":
    sys.exit(main())
