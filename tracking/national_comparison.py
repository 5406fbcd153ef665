"""Two editions of the national list side by side: what stays, changes, goes and comes. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from procedures.spreadsheet.keys import name_key

from .national_matching import Names

_SAME_BASIS, _SAME_NUMBER, _SHARED_ID = 30.0, 5.0, 200.0
_LEAST = 35.0  # the same basis and number, whatever the names: a person is asked anyway


class Fate(StrEnum):
    """What becomes of a procedure of the earlier edition in the later one."""

    SAME = "same"
    CHANGED = "changed"
    RENAMED = "renamed"
    DROPPED = "dropped"


FATE_LABELS: Mapping[Fate, str] = {
    Fate.SAME: "変更なし",
    Fate.CHANGED: "内容の変更",
    Fate.RENAMED: "名称の変更・統合",
    Fate.DROPPED: "一覧から外れる",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One procedure of an edition; its number is its key there."""

    number: int
    name: str
    legal_basis: str = ""
    tier: str = ""
    is_special31: bool = False
    applies_to_city: bool = True
    national_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not only spelled otherwise."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """An entry of the earlier edition and its successor (None: it is dropped).

    ``is_asked`` where the names alone do not say it; it is a suggestion until it ``is_decided``.
    """

    old: Entry
    new: Entry | None
    is_asked: bool
    is_decided: bool
    differences: tuple[Difference, ...]

    @property
    def fate(self) -> Fate:
        """In one word."""
        if self.new is None:
            return Fate.DROPPED
        if name_key(self.old.name) != name_key(self.new.name):
            return Fate.RENAMED
        return Fate.CHANGED if self.differences else Fate.SAME


@dataclass(frozen=True, slots=True)
class EditionComparison:
    """All entries of the earlier edition in its order; ``added`` are those that follow none."""

    pairings: tuple[Pairing, ...]
    added: tuple[Entry, ...]

    @property
    def undecided_count(self) -> int:
        """How many pairings are only suggested."""
        return sum(not pairing.is_decided for pairing in self.pairings)


def compare(
    earlier: Sequence[Entry], later: Sequence[Entry], decided: Mapping[int, int | None]
) -> EditionComparison:
    """Pairs the entries of two editions.

    Equal names are the same procedure. For the others ``decided`` holds what a person said (number
    → number of the successor, None for none); what it lacks is suggested, each successor once.
    """
    by_number = {entry.number: entry for entry in later}
    certain = _same_names(earlier, later)
    said = {
        number: successor
        for number, successor in decided.items()
        if number not in certain and (successor is None or successor in by_number)
    }
    waiting = [entry for entry in earlier if entry.number not in certain | said]
    taken = {*certain.values(), *said.values()}
    free = [entry for entry in later if entry.number not in taken]
    successors = _suggested(waiting, free, earlier, later) | certain | said
    pairings = tuple(
        _pairing(
            entry,
            _successor(by_number, successors.get(entry.number)),
            is_asked=entry.number not in certain,
            is_decided=entry.number in certain | said,
        )
        for entry in earlier
    )
    followed = {pairing.new.number for pairing in pairings if pairing.new}
    return EditionComparison(
        pairings, tuple(entry for entry in later if entry.number not in followed)
    )


def _successor(by_number: Mapping[int, Entry], number: int | None) -> Entry | None:
    return None if number is None else by_number.get(number)


def _same_names(earlier: Sequence[Entry], later: Sequence[Entry]) -> dict[int, int]:
    """Number → number of those with the same name, if no edition has it twice."""
    counts = Counter(name_key(entry.name) for entry in earlier)
    again = Counter(name_key(entry.name) for entry in later)
    numbers = {name_key(entry.name): entry.number for entry in later}
    return {
        entry.number: numbers[key]
        for entry in earlier
        if counts[key := name_key(entry.name)] == again[key] == 1
    }


def _suggested(
    waiting: Sequence[Entry],
    free: Sequence[Entry],
    earlier: Sequence[Entry],
    later: Sequence[Entry],
) -> dict[int, int | None]:
    """The likeliest pairs first, each entry at most once."""
    names = Names(entry.name for entry in (*earlier, *later))
    scores = sorted(
        ((_likeness(old, new, names), old.number, new.number) for old in waiting for new in free),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    found: dict[int, int | None] = {}
    for score, old, new in scores:
        if score >= _LEAST and old not in found and new not in found.values():
            found[old] = new
    return found


def _likeness(old: Entry, new: Entry, names: Names) -> float:
    score = names.likeness(old.name, new.name)
    basis = name_key(old.legal_basis)
    score += _SAME_BASIS if basis and basis == name_key(new.legal_basis) else 0
    score += _SAME_NUMBER if old.number == new.number else 0
    return score + (_SHARED_ID if old.national_ids & new.national_ids else 0)


def _pairing(old: Entry, new: Entry | None, *, is_asked: bool, is_decided: bool) -> Pairing:
    differences = tuple(_differences(old, new)) if new else ()
    return Pairing(old, new, is_asked, is_decided, differences)


def _differences(old: Entry, new: Entry) -> list[Difference]:
    pairs = [(label, read(old), read(new)) for label, read in _COMPARED.items()]
    return [
        Difference(label, before, after)
        for label, before, after in pairs
        if name_key(before) != name_key(after)
    ]


def _yes(value: bool) -> str:
    return "はい" if value else "いいえ"


_COMPARED: Mapping[str, Callable[[Entry], str]] = {
    "市が対象": lambda entry: _yes(entry.applies_to_city),
    "実施主体": lambda entry: entry.tier,
    "特に利便性が高い31手続": lambda entry: _yes(entry.is_special31),
    "根拠": lambda entry: entry.legal_basis,
    "国の手続ID": lambda entry: "、".join(sorted(entry.national_ids)),
}
