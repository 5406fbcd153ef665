"""kill -9 under load: of the web process, and of PostgreSQL; what was acknowledged is there.

``DX_TEST_KILLS`` (of PostgreSQL a sixth of it, at least one) and ``DX_TEST_EDITORS`` make it as
large as one likes.
"""

import contextlib
import os
import random
import time
from typing import Any

import pytest

from benchmarks.import_tasks import in_child
from benchmarks.load.checking import Verdict, check
from benchmarks.load.editing import Outcome
from benchmarks.load.servers import Server, serving
from tests import offices
from tests.postgres import server_programs, temporary_server

from .crowd import WORK, Crowd, Desk, without
from .killed_postgres import KilledServer, copy_database

KILLS = int(os.environ.get("DX_TEST_KILLS", "2"))
OF_POSTGRESQL = max(1, KILLS // 6)
EDITORS = int(os.environ.get("DX_TEST_EDITORS", "8"))
TO_BE_WRITTEN = 2.0  # seconds: what a control has only promised at the end is not lost by a kill


def desks(gathered: dict[str, Any], server: Server) -> list[Desk]:
    """Everybody has one row: what is missing was lost by a kill, not by a conflict."""
    pairs = zip(gathered["headers"], gathered["rows"], strict=True)
    return [Desk(server.port, headers, [row]) for headers, row in pairs]


def settings_of(office: offices.Office, control: str) -> dict[str, str]:
    """The environment of its server, as a control if that is named."""
    return {**office.settings, **(without(control) if control else {})}


def killed_while_working(crowd: Crowd, killed: Server | KilledServer, times: int) -> int:
    """Kills and starts anew under the crowd's hands; how many answers stayed out by that."""
    chance = random.Random(20261126)
    for _ in range(times):
        crowd.wait_for(EDITORS)
        time.sleep(chance.random() / 5)
        killed.kill()
        killed.start()
    crowd.wait_for(EDITORS)
    return sum(each.outcome == Outcome.UNKNOWN for each in crowd.edits)


@pytest.fixture
def web_killed(office, tmp_path):
    """``web_killed()``: the verdict, and how many answers stayed out."""
    gathered = office.call(f"{WORK}:gathered", EDITORS, EDITORS)

    def run(control: str = "") -> tuple[Verdict, int]:
        with serving(settings_of(office, control), tmp_path / "server.log") as [server]:
            with Crowd(desks(gathered, server)) as crowd:
                unknown = killed_while_working(crowd, server, 1 if control else KILLS)
            time.sleep(TO_BE_WRITTEN if control else 0)
        return in_child(check, office.settings, crowd.edits), unknown

    return run


@pytest.mark.evidence
def test_what_was_acknowledged_survives_a_kill_of_the_web_process(web_killed, evidence):
    verdict, unknown = web_killed()
    assert verdict.problems == ()
    assert verdict.acknowledged >= EDITORS * (KILLS + 1)
    assert unknown, "no kill met a save"
    control, _ = web_killed("early")
    assert control.missing
    evidence.says(
        "強制終了",
        "「保存しました」と表示した内容は、Webのプロセスが突然落ちても残っている。",
        f"{EDITORS}人が編集を続ける中で、Webのプロセスを{KILLS}回強制終了（kill -9）した。"
        f"保存できたと答えた{verdict.acknowledged:,}件はすべて台帳と履歴にあり、"
        f"書きかけの行は0件、監査ログの連鎖も正しかった（答える前に落ちた保存は{unknown}件）。",
        "書き込む前に「保存しました」と答えるようにすると、1回の強制終了で"
        f"{len(control.missing):,}件が失われた。",
    )


if os.environ.get("DATABASE_URL"):  # the suite runs on PostgreSQL: its programs are here

    @pytest.fixture
    def postgres_killed(furnished_office, tmp_path):
        """As ``web_killed``, of PostgreSQL; and every status that was answered."""
        programs, log = server_programs(), tmp_path / "server.log"
        # Not a database that is lent: who lends it would have to be connected to the end.
        with (
            temporary_server(programs, durable=True) as url,
            offices.new_office() as settings,
            contextlib.closing(offices.Office({**settings, "DATABASE_URL": url})) as office,
        ):
            copy_database(programs, furnished_office.settings["DATABASE_URL"], url)
            gathered = office.call(f"{WORK}:gathered", EDITORS, EDITORS)

            def run(control: str = "") -> tuple[Verdict, int, set[int]]:
                killed = KilledServer(url, programs)
                times = 1 if control else OF_POSTGRESQL
                with serving(settings_of(office, control), log) as [server]:
                    with Crowd(desks(gathered, server)) as crowd:
                        unknown = killed_while_working(crowd, killed, times)
                    time.sleep(TO_BE_WRITTEN if control else 0)
                verdict = in_child(check, office.settings, crowd.edits)
                return verdict, unknown, {each.status for each in crowd.requests}

            yield run

    @pytest.mark.evidence
    def test_what_was_acknowledged_survives_a_kill_of_postgresql(postgres_killed, evidence):
        verdict, unknown, statuses = postgres_killed()
        assert verdict.problems == ()
        assert verdict.acknowledged >= EDITORS * (OF_POSTGRESQL + 1)
        assert statuses == {200, 503}, "a page that says so, and the web process stays"
        control, _, _ = postgres_killed("early")
        assert control.missing
        evidence.says(
            "強制終了",
            "「保存しました」と表示した内容は、PostgreSQLが突然落ちても残っている。",
            f"{EDITORS}人が編集を続ける中で、PostgreSQLを{OF_POSTGRESQL}回強制終了（kill -9）した。"
            f"保存できたと答えた{verdict.acknowledged:,}件はすべて台帳と履歴にあり、"
            f"書きかけの行は0件だった（答えられなかった保存は{unknown}件）。"
            "止まっている間は503の画面を出し、Webのプロセスは自分でつなぎ直した。",
            "書き込む前に「保存しました」と答えるようにすると、1回の強制終了で"
            f"{len(control.missing):,}件が失われた。",
        )
