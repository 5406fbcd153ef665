"""``manage.py doctor``: what it prints, how it ends, that it goes on whatever breaks."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from operation.doctor import CHECKS, Depth, State, answers, checks, examine
from tests.test_access import _state

pytestmark = pytest.mark.django_db


def findings_of(*looks, **kwargs):
    """The findings of checks that answer so, as the command goes through them."""
    return list(checks._findings(answers.Check(f"c{n}", "点検", look, **kwargs)
                                 for n, look in enumerate(looks)))  # fmt: skip


@pytest.fixture
def found(monkeypatch):
    """``found(*states)`` makes the command find these."""

    def find(*states):
        told = [
            answers.Finding(f"c{n}", "点検", state, "見たもの", "すること" if state != "ok" else "")
            for n, state in enumerate(states)
        ]
        monkeypatch.setattr("operation.management.commands.doctor.examine", lambda depth: told)

    return find


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([State.OK, State.OK], 0),
        ([State.OK, State.WARN, State.OK], 1),
        ([State.WARN, State.FAIL, State.OK], 2),
    ],
)
def test_the_worst_decides_how_it_ends(found, capsys, states, code):
    found(*states)
    if code:
        with pytest.raises(CommandError) as ended:
            call_command("doctor")
        assert ended.value.returncode == code
    else:
        call_command("doctor")
    printed = capsys.readouterr().out
    assert printed.count("［") == len(states)
    assert printed.count("→ すること") == len([state for state in states if state != State.OK])


def test_for_programs(found, capsys):
    found(State.OK, State.WARN)
    with pytest.raises(CommandError):
        call_command("doctor", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "warn"
    assert said["checked_at"].endswith("+09:00")
    assert said["findings"][1] == {
        "key": "c1", "title": "点検", "state": "warn", "seen": "見たもの", "advice": "すること",
    }  # fmt: skip


def test_it_looks_at_everything_and_writes_nothing(monkeypatch, settings):
    before = _state()
    with connection.execute_wrapper(_only_reading):
        findings = examine(Depth.FULL)
    assert _state() == before
    applicable = [check for check in CHECKS if check.vendor in ("", connection.vendor)]
    assert [finding.key for finding in findings] == [check.key for check in applicable]
    assert not [finding for finding in findings if "エラーのため" in finding.seen]
    assert all(finding.advice or finding.state is State.OK for finding in findings)


def _only_reading(execute, sql, params, many, context):
    word = sql.lstrip().split()[0].upper()
    assert word in ("SELECT", "PRAGMA", "SHOW", "SAVEPOINT", "RELEASE", "ROLLBACK"), sql
    return execute(sql, params, many, context)


def test_quick_ones_ask_nobody_else_and_not_much(django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr("socket.create_connection", None)
    with django_assert_max_num_queries(25):
        quick = examine(Depth.QUICK)
    assert not {"mail", "audit", "integrity", "results"} & {finding.key for finding in quick}
    assert 15 < len(quick) < len(CHECKS)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(caplog):
    def breaks():
        raise KeyError("himitsu")

    first, second = findings_of(breaks, lambda: answers.fine("見た"))
    assert (first.state, second.state) == (State.FAIL, State.OK)
    assert "KeyError" in first.seen
    assert "himitsu" not in first.seen


def test_without_the_database_what_needs_it_is_left_out(monkeypatch):
    def refuse(*args):
        raise DatabaseError

    with connection.execute_wrapper(refuse):
        found = {finding.key: finding for finding in examine(Depth.QUICK)}
    assert found["database"].state is State.FAIL
    assert found["migrations"].seen == checks.NOT_LOOKED_AT
    assert found["python"].state is State.OK


def test_keys_are_not_given_twice():
    keys = [check.key for check in CHECKS]
    assert len(set(keys)) == len(keys)
