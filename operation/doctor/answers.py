"""What a check of the doctor says."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class State(StrEnum):
    """How it is; what is worse comes later."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"

    @property
    def label(self) -> str:
        """For people."""
        return {"ok": "正常", "warn": "注意", "fail": "異常"}[self]


class Depth(IntEnum):
    """How much is looked at: what costs nothing, what costs seconds, what reads everything."""

    QUICK = 0
    USUAL = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """``seen`` is what was looked at and found; ``advice`` what to do unless it is in order.

    Neither holds a secret or the name of a person.
    """

    state: State
    seen: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. ``vendor`` limits it to that database."""

    key: str
    title: str
    look: Callable[[], Answer]
    depth: Depth = Depth.QUICK
    needs_database: bool = True
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out of a check."""

    key: str
    title: str
    state: State
    seen: str
    advice: str


def fine(seen: str) -> Answer:
    """It is in order."""
    return Answer(State.OK, seen)


def caution(seen: str, advice: str) -> Answer:
    """It works, and somebody should see to it."""
    return Answer(State.WARN, seen, advice)


def failure(seen: str, advice: str) -> Answer:
    """It does not work, or is dangerous."""
    return Answer(State.FAIL, seen, advice)
