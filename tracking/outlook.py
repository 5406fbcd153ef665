"""What an answer would do: each sentence is tried out with the rules, none is guessed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from procedures.rules import (
    ASPECTS,
    DESIGNATED_MANAGER_MEASURE,
    Answer,
    Aspect,
    Category,
    Facts,
    PolicyRevision,
    advise_service,
    classify,
    label,
)

from .interview import UNKNOWN, Question, Subject, answer_words

KEEPS_CATEGORY = "区分は「{category}」のままです。"
CHANGES_CATEGORY = "区分が「{old}」から「{new}」に変わります。"
USES_SERVICE = "使う電子申請サービスは「{service}」です。"
ADDS_MEASURE = "対応策に「{measure}」が加わります。"
ADDS_NOTHING = "対応策は増えません。"
AS_NO = "分かるまでは「いいえ」として扱います。"
STAYS_YES = "今の回答「はい」のままにします。"
SCOPE_EFFECTS = {
    "inbound": "対象の手続として数えます。",
    "outside": "対象外として、オンライン化率などの集計から外れます。",
    "unknown": "確かめるまでは、対象の手続として数えます。",
}
ONE_CHANGES = "「{aspect}」が{answers}になると、区分は「{category}」になります。"
ANY_CHANGES = "{aspects}のどれか一つでも{answers}になると、区分は「{category}」になります。"


@dataclass(frozen=True, slots=True)
class Change:
    """An aspect that has to get another answer; any one of ``answers`` does."""

    aspect: Aspect
    answers: tuple[Answer, ...]

    @property
    def title(self) -> str:
        """The aspect in Japanese."""
        return label(self.aspect)

    @property
    def words(self) -> str:
        """The answers as 「不要」か「必要（オンライン可）」."""
        return "か".join(f"「{answer_words(self.aspect, answer)}」" for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Way:
    """Changes that together lead to another category, while none of them can be left out."""

    category: Category
    changes: tuple[Change, ...]


def ways(facts: Facts, policy: PolicyRevision) -> tuple[Way, ...]:
    """Every way in which answers would change the category; none where no answer can.

    Each single answer that does it alone stands in a way of one change; where none does, all that
    must change together are one way.
    """
    now = classify(facts, policy)
    found: dict[tuple[Aspect, Category], list[Answer]] = {}
    for aspect in ASPECTS:
        for answer in _other_answers(facts, aspect):
            category = classify(_with(facts, aspect, answer), policy).category
            if category is not now.category:
                found.setdefault((aspect, category), []).append(answer)
    if found:
        return tuple(
            Way(category, (Change(aspect, tuple(answers)),))
            for (aspect, category), answers in found.items()
        )
    return _together(facts, policy)


def sentences(single: Iterable[Way]) -> tuple[str, ...]:
    """Ways of one change in words; those that differ only in their aspect are one sentence."""
    grouped = groupby(single, key=lambda way: (way.category, way.changes[0].words))
    return tuple(
        _sentence([way.changes[0].title for way in alike], words, label(category))
        for (category, words), alike in grouped
    )


def effects(question: Question, facts: Facts, policy: PolicyRevision) -> tuple[str, ...]:
    """What each choice of ``question`` would do to a procedure with ``facts``, in their order."""
    return tuple(effect(question, choice.value, facts, policy) for choice in question.choices)


def effect(question: Question, sent: str, facts: Facts, policy: PolicyRevision) -> str:
    """What the choice ``sent`` would do to a procedure with ``facts``, as one sentence."""
    if question.subject is Subject.SCOPE:
        return SCOPE_EFFECTS[sent]
    if question.subject is Subject.ASPECT:
        return _effect_on_category(facts, Aspect(question.field), Answer(sent), policy)
    if sent == UNKNOWN:
        return STAYS_YES if getattr(facts, question.field) else AS_NO
    after = _with(facts, question.field, question.stored(sent))
    if question.subject is Subject.SERVICE:
        return USES_SERVICE.format(service=label(advise_service(after).service))
    measure = DESIGNATED_MANAGER_MEASURE.label
    return ADDS_MEASURE.format(measure=measure) if after.designated_manager else ADDS_NOTHING


def _together(facts: Facts, policy: PolicyRevision) -> tuple[Way, ...]:
    """The one way that leads through every aspect that stands in the way, if it leads anywhere."""
    now = classify(facts, policy)
    changes = tuple(
        Change(aspect, _clearing_answers(facts, aspect, policy)) for aspect in now.path_to_priority
    )
    if not all(change.answers for change in changes):
        return ()
    for change in changes:
        facts = _with(facts, change.aspect, change.answers[0])
    category = classify(facts, policy).category
    return (Way(category, changes),) if category is not now.category else ()


def _clearing_answers(facts: Facts, aspect: Aspect, policy: PolicyRevision) -> tuple[Answer, ...]:
    return tuple(
        answer
        for answer in _other_answers(facts, aspect)
        if aspect not in classify(_with(facts, aspect, answer), policy).path_to_priority
    )


def _other_answers(facts: Facts, aspect: Aspect) -> tuple[Answer, ...]:
    """What could be found out: never that nobody knows."""
    present = facts.answers[aspect]
    return tuple(answer for answer in Answer if answer not in (Answer.UNKNOWN, present))


def _effect_on_category(
    facts: Facts, aspect: Aspect, answer: Answer, policy: PolicyRevision
) -> str:
    old = classify(facts, policy).category
    new = classify(_with(facts, aspect, answer), policy).category
    if new is old:
        return KEEPS_CATEGORY.format(category=label(old))
    return CHANGES_CATEGORY.format(old=label(old), new=label(new))


def _with(facts: Facts, field: str, value: Any) -> Facts:
    return replace(facts, **{field: value})


def _sentence(titles: list[str], words: str, category: str) -> str:
    if len(titles) == 1:
        return ONE_CHANGES.format(aspect=titles[0], answers=words, category=category)
    aspects = "".join(f"「{title}」" for title in titles)
    return ANY_CHANGES.format(aspects=aspects, answers=words, category=category)
