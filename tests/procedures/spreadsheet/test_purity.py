"""The modules that must stay free of Django, of openpyxl and of models."""

import subprocess
import sys

import pytest

from tests.procedures.spreadsheet.packages import ROOT

BLOCKED_IMPORT = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import {module}
"""


def imports_without(module: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED_IMPORT.format(blocked=blocked, module=module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["columns", "normalise", "eras", "dates", "keys", "codes"])
def test_pure_module_imports_without_django_openpyxl_and_reader(module):
    done = imports_without(
        f"procedures.spreadsheet.{module}", "django", "openpyxl", "python_calamine"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["reading", "child", "parsing", "writing"])
def test_no_spreadsheet_module_needs_django(module):
    done = imports_without(f"procedures.spreadsheet.{module}", "django")
    assert done.returncode == 0, done.stderr


def test_the_check_itself_sees_a_forbidden_import():
    done = imports_without("procedures.spreadsheet.writing", "openpyxl")
    assert done.returncode != 0
