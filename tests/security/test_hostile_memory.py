"""Hostile files and memory: what the reader of the program takes, and what plain reading does."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from tests.procedures.spreadsheet import hostile

MEGABYTE = 1024**2
ENOUGH = 400  # megabytes; an ordinary list takes half of that
# The control must not take the machine with it.
MOST_OF_CONTROL = 1500
KINDS = {
    "two_cells_at_the_corners": "シートの両端の2つのセルだけに値があるブック",
    "long_string_used_everywhere": "1つの長い文字を全部のセルで使うブック",
}
_PEAK = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
path = Path(sys.argv[2])
def tell(what, who):
    print(json.dumps([what, resource.getrusage(who).ru_maxrss // 1024]))
"""
_GUARDED = f"""{_PEAK}
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.gate import Refused
try:
    read_workbook(path, path.name)
    tell("read", resource.RUSAGE_CHILDREN)
except Refused as refused:
    tell(refused.code, resource.RUSAGE_CHILDREN)
"""
_PLAIN = f"""{_PEAK}
resource.setrlimit(resource.RLIMIT_AS, ({MOST_OF_CONTROL * MEGABYTE},) * 2)
from python_calamine import CalamineWorkbook
try:
    book = CalamineWorkbook.from_path(str(path))
    [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    tell("read", resource.RUSAGE_SELF)
except MemoryError:
    tell("out of memory", resource.RUSAGE_SELF)
"""


def measured(program, path):
    """How reading ended, and the most megabytes that it held; a death is one by memory."""
    command = [sys.executable, "-c", program, str(settings.BASE_DIR), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return "died", MOST_OF_CONTROL
    return json.loads(done.stdout)


@pytest.mark.evidence
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_files_stay_small_where_plain_reading_does_not(tmp_path, kind, evidence):
    path = getattr(hostile, kind)(tmp_path)
    ended, peak = measured(_GUARDED, path)
    assert ended != "read"
    assert peak < ENOUGH
    plainly, plain_peak = measured(_PLAIN, path)
    assert plain_peak > 1.5 * ENOUGH
    died = "" if plainly == "read" else f"（上限{MOST_OF_CONTROL}MBで止めた）"
    evidence.says(
        "壊れたファイル",
        f"{KINDS[kind]}を断り、サーバーのメモリを使い切らない。",
        f"断りの種類「{ended}」、読み取る工程のメモリの最大{peak}MB。",
        f"門番も制限もなく同じ部品で直接読むと、{plain_peak}MBまで使った{died}。",
    )
