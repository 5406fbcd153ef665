"""The rules engine needs nothing but Python: no Django, no other package."""

import subprocess
import sys
from pathlib import Path

import procedures.rules

ROOT = Path(procedures.rules.__file__).parents[2]

WITHOUT_DJANGO = """
import sys

class NoDjango:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "django":
            raise ModuleNotFoundError(f"{name} is out of reach", name=name)

sys.meta_path.insert(0, NoDjango())
try:
    import django
except ModuleNotFoundError:
    pass
else:
    sys.exit("Django could still be imported")

before = set(sys.modules)
import procedures.rules as rules

loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - sys.stdlib_module_names))
print(rules.classify(rules.Facts()).category)
"""


def test_the_engine_works_with_django_out_of_reach_and_loads_the_standard_library_only():
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["procedures", "pending"]


def test_the_package_of_the_inventory_stays_empty():
    assert (ROOT / "procedures" / "__init__.py").read_text() == ""


def test_every_exported_name_exists_once():
    exported = procedures.rules.__all__
    assert len(exported) == len(set(exported))
    assert all(hasattr(procedures.rules, name) for name in exported)
