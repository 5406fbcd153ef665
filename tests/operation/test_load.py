"""Many people at once on the real server: nothing is lost, nobody is told that it is locked.

``DX_TEST_EDITORS`` and ``DX_TEST_SECONDS`` make it as large as one likes; with thinking people,
other pages and times to compare: ``python -m benchmarks.load``.
"""

import os
import time
from dataclasses import dataclass

import pytest

from benchmarks.import_tasks import in_child
from benchmarks.load.checking import Verdict, check
from benchmarks.load.figures import failures
from benchmarks.load.servers import serving

from .crowd import WORK, Crowd, Desk, without

EDITORS = int(os.environ.get("DX_TEST_EDITORS", "8"))
SECONDS = float(os.environ.get("DX_TEST_SECONDS", "2"))
ROWS = max(3, EDITORS // 2)
OF_A_CONTROL = 2.0  # seconds
LOCKED = "database is locked"


@dataclass(frozen=True, slots=True)
class Seen:
    """How a crowd fared."""

    verdict: Verdict
    errors: int  # 500s, 503s and missing answers
    locked: int  # how often the server's log says so
    slowest: float  # seconds


@pytest.fixture
def crowded(office, tmp_path):
    """``crowded()``: everybody edits the same few rows for so long, at so many web processes."""
    gathered = office.call(f"{WORK}:gathered", EDITORS, ROWS)

    def crowd(control: str = "", servers: int = 1, seconds: float = OF_A_CONTROL) -> Seen:
        log = tmp_path / f"{control or 'server'}.log"
        settings = office.settings | (without(control) if control else {})
        with serving(settings, log, count=servers) as running:
            desks = [
                Desk(running[number % servers].port, headers, gathered["rows"])
                for number, headers in enumerate(gathered["headers"])
            ]
            with Crowd(desks) as working:
                time.sleep(seconds)
        return Seen(
            in_child(check, office.settings, working.edits),
            len(failures(working.requests)),
            log.read_text(errors="replace").count(LOCKED),
            max(each.seconds for each in working.requests),
        )

    return crowd


@pytest.mark.evidence
def test_people_at_once_lose_nothing_and_are_never_locked_out(crowded, evidence):
    seen = crowded(servers=2, seconds=SECONDS)
    assert seen.verdict.problems == ()
    assert (seen.errors, seen.locked) == (0, 0)
    assert seen.verdict.acknowledged >= EDITORS
    assert seen.verdict.conflicts > 0, "nobody met anybody"
    who = f"{EDITORS}人が二つのWebプロセスで{SECONDS:g}秒間、同じ{ROWS}行を編集し、"
    saved = f"{seen.verdict.acknowledged:,}件を保存した。"
    unchecked = crowded("unchecked")
    assert unchecked.verdict.overwritten
    evidence.says(
        "同時の編集",
        "同じ手続を何人が同時に編集しても、保存した内容は失われない。",
        f"{who}{saved}失われた編集は0件で、先に保存した人の値との食い違い"
        f"{seen.verdict.conflicts:,}回はすべて本人に知らせた。",
        f"版の照合を外すと、{OF_A_CONTROL:g}秒間に{len(unchecked.verdict.overwritten):,}件の編集が、"
        "だれにも知らされずに上書きされた。",
    )
    no_way = "PostgreSQLは行ごとに待つので、外せる仕組みがない。"
    if not os.environ.get("DATABASE_URL"):
        deferred = crowded("deferred")
        assert deferred.locked
        assert deferred.errors
        no_way = (
            f"順番を取らずに書き込むと（DEFERRED）、{OF_A_CONTROL:g}秒間に"
            f"{deferred.errors:,}回エラーになった。"
        )
    evidence.says(
        "同時の編集",
        "順番を待つ人に、エラーの画面（500）や「database is locked」を出さない。",
        f"{who}{saved}エラーは0回で、最も遅い応答は{seen.slowest:.2f}秒だった。",
        no_way,
    )
