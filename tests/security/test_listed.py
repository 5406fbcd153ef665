"""The documents and the files of the program: every probe is listed, and no secret lies about."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs" / "security" / "probes.md"
SOURCES = ("procedures", "tracking", "operation", "shimonoseki_dx", "templates", "deploy", "docs")
SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"""(?i)(secret|password|token)\w*\s*=\s*["'][A-Za-z0-9+/_\-]{24,}["']"""),
    re.compile(r"(?i)postgres(ql)?://[\w-]+:(?!password|PASSWORD|パスワード)[\w-]{6,}@"),
)


def probes() -> set[str]:
    """The names of all tests of this folder, and of the browser's pass over hostile texts."""
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/browser/test_hostile_texts.py"]
    return {
        node.name
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_probe_is_listed_with_its_result():
    listed = re.findall(r"\| (test_\w+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(probes())


def test_no_secret_lies_in_the_files_of_the_program():
    found = [
        f"{file.relative_to(ROOT)}: {match[0][:20]}"
        for folder in SOURCES
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".html", ".env", ".md", ".txt", ".yml", ".toml", ".json", ".conf"}
        for pattern in SECRETS
        for match in pattern.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert SECRETS[1].search('SECRET_KEY = "' + "aB3" * 10 + '"')  # the control
