"""How like procedures of the city are to those of the national list (clause 3(1)①). Pure.

A name weighs by what is rare in it: 占用許可 stands in many names and says little, 罹災証明 in few
and says much. The legal basis adds to that, and a shared national id settles it.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from procedures.spreadsheet.keys import name_key

SUGGESTED = 50.0
"""The least likeness that is shown to a person, 0 to 100 and more."""
STRONG = 85.0
CERTAIN = 200.0
_LEAST_SHARED = 15.0  # of 100; with less, names alone are never like enough
_SAME_ARTICLE, _SAME_LAW, _OTHER_LAW = 45.0, 10.0, -12.0

# Words that say of a name only that it is one of a procedure.
_COMMON = re.compile(
    "に係る|に関する|申請|届出|届|申込|申出|請求|手続|提出|依頼|交付|及び|等|の|へ"
)
_SIGNS = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"\([^()]*\)")  # （新規）, （豊田）: which one of several
_ARTICLE = re.compile("第[0-9]+条(?:の[0-9]+)*")
_SUBORDINATE = re.compile("施行(?:令|規則)$")
_ORDINANCE = re.compile("[一-龥々]+条例")
_SHORTEST_ORDINANCE = 4  # characters; 条例 alone is none in particular


class Ground(StrEnum):
    """Why two are taken for the same."""

    SAME_ID = "same_id"
    SAME_NAME = "same_name"
    LIKE_NAME = "like_name"
    SAME_ARTICLE = "same_article"
    SAME_LAW = "same_law"


GROUND_LABELS: Mapping[Ground, str] = {
    Ground.SAME_ID: "国の手続IDが同じです",
    Ground.SAME_NAME: "名称が同じです",
    Ground.LIKE_NAME: "名称が似ています",
    Ground.SAME_ARTICLE: "根拠の法令と条が同じです",
    Ground.SAME_LAW: "根拠の法令が同じです",
}


class Strength(StrEnum):
    """How sure a suggestion is, for a person to begin with the surest."""

    CERTAIN = "certain"
    STRONG = "strong"
    POSSIBLE = "possible"


STRENGTH_LABELS: Mapping[Strength, str] = {
    Strength.CERTAIN: "確実",
    Strength.STRONG: "有力",
    Strength.POSSIBLE: "可能性あり",
}


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A procedure of the national list; ``legal_basis`` is prose that may name several."""

    key: int
    name: str
    legal_basis: str = ""
    national_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A procedure of the city; ``bases`` are the names of its legal bases with their articles."""

    key: int
    name: str
    bases: tuple[tuple[str, str], ...] = ()
    national_id: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An item and a candidate that may be the same, how much speaks for it, and what."""

    item: int
    candidate: int
    score: float
    grounds: tuple[Ground, ...]

    @property
    def strength(self) -> Strength:
        """In three steps."""
        if self.score >= CERTAIN:
            return Strength.CERTAIN
        return Strength.STRONG if self.score >= STRONG else Strength.POSSIBLE


def ids_of(text: str) -> frozenset[str]:
    """The ids of a cell that holds several: 「110382;110391」."""
    return frozenset(re.split(r"[;,、\s]+", text.strip())) - {""}


class Names:
    """What names are compared by: ``known`` are all that there are, which says what is rare."""

    def __init__(self, known: Iterable[str]) -> None:
        self._cores: dict[str, str] = {}
        self._pairs: dict[str, frozenset[str]] = {}
        counts: Counter[str] = Counter()
        total = 0
        for name in known:
            counts.update(self.pairs(name))
            total += 1
        self._weights = {pair: math.log(1 + total / count) for pair, count in counts.items()}
        self._rare = math.log(1 + total)

    def core(self, name: str) -> str:
        """The name without signs and the words that every procedure has."""
        if name not in self._cores:
            whole = name_key(name)
            key = _SIGNS.sub("", _BRACKETS.sub("", whole)) or _SIGNS.sub("", whole)
            self._cores[name] = _COMMON.sub("", key) or key
        return self._cores[name]

    def pairs(self, name: str) -> frozenset[str]:
        """The pairs of neighbouring characters in the core of the name."""
        if name not in self._pairs:
            core = self.core(name)
            places = range(max(1, len(core) - 1))
            self._pairs[name] = frozenset(core[place : place + 2] for place in places)
        return self._pairs[name]

    def weight(self, pair: str) -> float:
        """How much a shared pair says."""
        return self._weights.get(pair, self._rare)

    def total(self, name: str) -> float:
        """The weight of all its pairs."""
        return sum(map(self.weight, self.pairs(name)))

    def likeness(self, one: str, other: str) -> float:
        """0 to 100: half by the pairs they share, half by their characters in order."""
        shared = sum(map(self.weight, self.pairs(one) & self.pairs(other)))
        return self.combined(one, other, shared, self.total(one) + self.total(other))

    def combined(self, one: str, other: str, shared: float, total: float) -> float:
        """The same where the weights are added up already."""
        by_pairs = 200 * shared / total if total else 0.0
        return (by_pairs + fuzz.ratio(self.core(one), self.core(other))) / 2


@dataclass(frozen=True, slots=True)
class _Item:
    """An item made ready to be compared with thousands."""

    item: ListedItem
    key: str
    weight: float
    basis: str
    articles: frozenset[str]
    ordinances: tuple[str, ...]


def suggest(
    items: Sequence[ListedItem],
    candidates: Iterable[Candidate],
    *,
    names: Names,
    refused: Collection[tuple[int, int]] = frozenset(),
) -> list[Match]:
    """For each candidate the item that it most likely is, where that is likely enough.

    A candidate can be one item only; an item can have many candidates. ``refused`` are pairs of
    item and candidate that a person has looked at already. The surest come first.
    """
    search = _Search(items, names)
    found = (search.best(candidate, refused) for candidate in candidates)
    return sorted(filter(None, found), key=lambda match: (-match.score, match.candidate))


class _Search:
    """The items by what candidates may share with them."""

    def __init__(self, items: Sequence[ListedItem], names: Names) -> None:
        self._names = names
        self._items = [_ready(item, names) for item in items]
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        self._by_id: dict[str, list[int]] = defaultdict(list)
        self._by_law: dict[str, tuple[int, ...]] = {}
        for place, ready in enumerate(self._items):
            for pair in names.pairs(ready.item.name):
                self._by_pair[pair].append(place)
            for one in ready.item.national_ids:
                self._by_id[one].append(place)

    def best(self, candidate: Candidate, refused: Collection[tuple[int, int]]) -> Match | None:
        matches = (
            match
            for match in self._matches(candidate)
            if match.score >= SUGGESTED and (match.item, match.candidate) not in refused
        )
        return max(matches, key=lambda match: (match.score, -match.item), default=None)

    def _matches(self, candidate: Candidate) -> Iterator[Match]:
        shared: dict[int, float] = defaultdict(float)
        for pair in self._names.pairs(candidate.name):
            weight = self._names.weight(pair)
            for place in self._by_pair.get(pair, ()):
                shared[place] += weight
        same_id = self._by_id.get(candidate.national_id, ()) if candidate.national_id else ()
        laws = self._laws(candidate)
        own, key = self._names.total(candidate.name), name_key(candidate.name)
        for place in {*shared, *same_id, *laws}:
            ready = self._items[place]
            is_hopeless = 200 * shared[place] < _LEAST_SHARED * (ready.weight + own)
            if is_hopeless and place not in laws and place not in same_id:
                continue
            likeness = self._names.combined(
                ready.item.name, candidate.name, shared[place], ready.weight + own
            )
            grounds, score = _judged(key == ready.key, likeness, laws.get(place))
            if laws.get(place) is None and _contradicts(candidate, ready):
                score += _OTHER_LAW
            if place in same_id:
                grounds, score = (Ground.SAME_ID, *grounds), score + CERTAIN
            yield Match(ready.item.key, candidate.key, score, grounds)

    def _laws(self, candidate: Candidate) -> dict[int, bool]:
        """The items that rest on a law of the candidate, and whether on the same article."""
        found: dict[int, bool] = {}
        for law, article in candidate.bases:
            articles = frozenset(_ARTICLE.findall(name_key(article)))
            for place in self._resting_on(name_key(law)):
                is_same = bool(articles & self._items[place].articles)
                found[place] = found.get(place, False) or is_same
        return found

    def _resting_on(self, law: str) -> Sequence[int]:
        """Remembered: an inventory names few laws, each by the hundred."""
        if law not in self._by_law:
            places = (place for place, ready in enumerate(self._items) if _rests_on(ready, law))
            self._by_law[law] = tuple(places)
        return self._by_law[law]


def _ready(item: ListedItem, names: Names) -> _Item:
    basis = name_key(item.legal_basis)
    ordinances = (one.removeprefix("各") for one in _ORDINANCE.findall(basis))
    return _Item(
        item,
        name_key(item.name),
        names.total(item.name),
        basis,
        frozenset(_ARTICLE.findall(basis)),
        tuple(one for one in ordinances if len(one) >= _SHORTEST_ORDINANCE),
    )


def _judged(
    is_same_name: bool, likeness: float, is_same_article: bool | None
) -> tuple[tuple[Ground, ...], float]:
    """``is_same_article`` is None where the law is another, or none is known."""
    grounds, score = [], likeness
    if is_same_name:
        grounds.append(Ground.SAME_NAME)
    elif likeness >= SUGGESTED / 2:
        grounds.append(Ground.LIKE_NAME)
    if is_same_article is not None:
        grounds.append(Ground.SAME_ARTICLE if is_same_article else Ground.SAME_LAW)
        score += _SAME_ARTICLE if is_same_article else _SAME_LAW
    return tuple(grounds), score


def _rests_on(ready: _Item, law: str) -> bool:
    """Does the prose of the item name the law, or one that it carries out?"""
    if not law:
        return False
    if any(ordinance in law for ordinance in ready.ordinances):
        return True
    act = _SUBORDINATE.sub("", law)
    return any(_begins_a_word(ready.basis, found.start()) for found in _found(act, ready.basis))


def _found(word: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(re.escape(word), text)


def _begins_a_word(text: str, place: int) -> bool:
    """水道法 is not named by 下水道法."""
    return place == 0 or not text[place - 1].isalnum()


def _contradicts(candidate: Candidate, ready: _Item) -> bool:
    """Both name acts, and none is the same."""
    laws = [name_key(law) for law, _ in candidate.bases]
    return "法" in ready.basis and any(law.endswith(("法", "法律")) for law in laws)
