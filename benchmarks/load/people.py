"""What the people do, for locust: `locust -f benchmarks/load/people.py`, as ``__main__`` starts it.

The environment names the files: DX_LOAD_CAST (who takes part, and where), DX_LOAD_FOLDER (for
what was seen), and the seconds between two actions of a person, DX_LOAD_THINK ("3-10").
"""

import json
import os
import random
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from locust import FastHttpUser, between, constant, events, task

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.load.editing import FIELDS, HTMX, Edit, Outcome, edit
from benchmarks.load.editing import keep as keep_edits
from benchmarks.load.figures import EMPTY, Request
from benchmarks.load.figures import keep as keep_requests

CAST = json.loads(Path(os.environ["DX_LOAD_CAST"]).read_text())
FOLDER = Path(os.environ["DX_LOAD_FOLDER"])
LEAST, MOST = map(float, os.environ["DX_LOAD_THINK"].split("-"))
SHARED = 1 / 5  # of the edits are on rows that others edit at the same time
WORDS = ("手続その1", "届出", "申請", "その25", "７")

requests: list[Request] = []
edits: list[Edit] = []
_turn = count()


class Person(FastHttpUser):
    """One member of a team; whose turn it is comes from ``CAST``, and so does the server."""

    host = CAST["servers"][0]
    wait_time = between(LEAST, MOST) if MOST else constant(0)
    network_timeout = connection_timeout = 60

    def __init__(self, environment) -> None:
        self.number = next(_turn) % len(CAST["people"])
        self.host = CAST["servers"][self.number % len(CAST["servers"])]
        super().__init__(environment)
        person = CAST["people"][self.number]
        self.headers = person["headers"]
        self.own, self.shared = person["own"], person["shared"]
        self.chance = random.Random(self.number)
        self.values = count()

    @task(4)
    def team_page(self) -> None:
        self.look("team page", "/team/")

    @task(2)
    def list_filtered(self) -> None:
        status = self.chance.choice(("not_started", "reviewing", "preparing"))
        self.look("list, filtered", f"/procedures/?status={status}")

    @task(2)
    def list_searched(self) -> None:
        self.look("list, searched", f"/procedures/?q={self.chance.choice(WORDS)}")

    @task(3)
    def procedure_page(self) -> None:
        self.look("procedure page", f"/procedures/{self.chance.choice(self.own)}/")

    @task(1)
    def dashboard(self) -> None:
        """Teams may not see it; the division does."""
        self.look("dashboard", "/dashboard/", CAST["division"])

    @task(2)
    def empty_page(self) -> None:
        self.look(EMPTY, "/password/done/")

    @task(8)
    def edit_a_row(self) -> None:
        is_shared = self.chance.random() < SHARED
        pk = self.chance.choice(self.shared if is_shared else self.own)
        value = f"{self.number}番の{next(self.values)}回目"
        name = self.chance.choice(list(FIELDS))
        edits.append(edit(pk, name, value, get=self.open_form, post=self.save, pause=self.write))

    def write(self) -> None:
        """So long somebody has a form open."""
        time.sleep(self.chance.uniform(LEAST, MOST))

    def open_form(self, address: str) -> tuple[int, str]:
        return self.look("row's form", address, HTMX)

    def save(self, address: str, sent: Mapping[str, str]) -> tuple[int, str]:
        return self.send("save", "POST", address, HTMX, sent)

    def look(
        self, kind: str, address: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        return self.send(kind, "GET", address, headers or {})

    def send(
        self,
        kind: str,
        method: str,
        address: str,
        headers: Mapping[str, str],
        data: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Status and text; a conflict is counted by itself, and is no failure."""
        began = time.perf_counter()
        with self.client.request(
            method, address, data=data, headers=self.headers | headers, name=kind,
            allow_redirects=False, catch_response=True,
        ) as answer:  # fmt: skip
            text = answer.text or ""
            seconds = time.perf_counter() - began
            if answer.status_code == 409:
                kind = "save, met a conflict"
                answer.success()
            elif answer.status_code != 200:
                answer.failure(f"{answer.status_code}: {text[:200]}")
        requests.append(Request(kind, answer.status_code, seconds))
        return answer.status_code, text


@events.quitting.add_listener
def _keep(**_: object) -> None:
    """What is under way at the end was cut off: nobody knows whether it was written."""
    keep_requests(requests, FOLDER / "requests.jsonl")
    keep_edits(edits, FOLDER / "edits.jsonl")
    assert all(each.outcome in Outcome for each in edits)
