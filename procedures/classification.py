"""The only bridge between the rules and the database, and the only writer of derived results."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet

from .models import ASPECT_FIELDS, FLAG_FIELDS, Exemption, LegalBasis, Procedure
from .policies import policy_in_force, policy_to_write_under
from .records import Origin, save_many
from .rules import (
    Answer,
    BasisLevel,
    Classification,
    ExemptionGround,
    Facts,
    PolicyRevision,
    classify,
    strongest,
)

DERIVED_FIELDS = ("category", "grounds", "obstacles", "unanswered", "warnings", "policy_key")
_FACT_COLUMNS = (
    *("pk", "national_priority_id", "exemption__state", "exemption__ground"),
    *ASPECT_FIELDS,
    *FLAG_FIELDS,
)
_CHUNK = 2_000
_REMEMBERED = 4_096  # an inventory holds few of the possible answers, each by the hundred


def facts_of(
    procedure: Procedure,
    *,
    levels: Iterable[str] | None = None,
    ground: str | None = None,
) -> Facts:
    """What the rules need to know of ``procedure``.

    ``levels`` and ``ground`` stand in for the stored legal bases and the decided exemption where
    a caller knows them already (rows that are about to be written); without them they are read,
    from prefetched ``legal_bases`` and a selected ``exemption`` where there are such.
    """
    if levels is None:
        levels = [basis.level for basis in procedure.legal_bases.all()]
    if ground is None:
        ground = _decided_ground(procedure)
    is_listed = procedure.national_priority_id is not None
    return _facts(is_listed, tuple(levels), ground, _answers(procedure), _flags(procedure))


def set_classification(
    procedure: Procedure, facts: Facts, policy: PolicyRevision
) -> Classification:
    """Sets the derived fields on ``procedure`` (in memory) and returns the whole result.

    ``policy``: for what is to be written that of ``policy_to_write_under``.
    """
    result = classify(facts, policy)
    procedure.__dict__.update(derived(result, policy.key))
    return result


def classify_and_store(
    procedures: QuerySet[Procedure], origin: Origin, policy: PolicyRevision | None = None
) -> int:
    """Recomputes ``procedures`` in one transaction; returns how many results changed.

    By ``policy``, or by the edition in force.
    """
    with transaction.atomic():
        changed = classified_anew(procedures, policy or policy_to_write_under()).rows
        save_many(changed, DERIVED_FIELDS, origin, touch=False)
    return len(changed)


@dataclass(frozen=True, slots=True)
class Reclassified:
    """Rows whose stored result is another under a policy, set to that in memory.

    ``moved_count`` of them change their category.
    """

    rows: list[Procedure]
    moved_count: int


def classified_anew(procedures: QuerySet[Procedure], policy: PolicyRevision) -> Reclassified:
    """What classifying ``procedures`` by ``policy`` changes; nothing is written."""
    rows, moved_count = [], 0
    for procedure, expected in _recomputed(procedures, policy):
        category = procedure.category
        if _apply(procedure, expected):
            rows.append(procedure)
            moved_count += procedure.category != category
    return Reclassified(rows, moved_count)


def differences(
    procedures: QuerySet[Procedure], policy: PolicyRevision | None = None
) -> Iterator[tuple[Procedure, str, object, object]]:
    """Each stored result that the rules would not give: procedure, field, stored, expected.

    By ``policy``, or by the edition in force.
    """
    for procedure, expected in _recomputed(procedures, policy or policy_in_force()):
        for field, value in expected.items():
            stored = getattr(procedure, field)
            if stored != value:
                yield procedure, field, stored, value


def facts_by_key(procedures: QuerySet[Procedure]) -> dict[int, Facts]:
    """The facts of each of ``procedures`` by its key, in their order and in two queries.

    For reading many: no objects are made of the rows.
    """
    levels: dict[int, list[str]] = {}
    bases = LegalBasis.objects.filter(procedure__in=procedures.order_by()).order_by("pk")
    for key, level in bases.values_list("procedure_id", "level"):
        levels.setdefault(key, []).append(level)
    found = {}
    for key, listed, state, ground, *rest in procedures.values_list(*_FACT_COLUMNS).iterator(
        chunk_size=_CHUNK
    ):
        decided = ground if state == Exemption.State.CONFIRMED else ExemptionGround.NONE.value
        answers, flags = tuple(rest[: len(ASPECT_FIELDS)]), tuple(rest[len(ASPECT_FIELDS) :])
        found[key] = _facts(listed is not None, tuple(levels.get(key, ())), decided, answers, flags)
    return found


def with_facts(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """Loads what ``facts_of`` reads with a constant number of queries."""
    return procedures.select_related("exemption").prefetch_related("legal_bases")


@lru_cache(maxsize=_REMEMBERED)
def derived(result: Classification, policy_key: str) -> Mapping[str, object]:
    """The fields of a procedure that say ``result``, by ``DERIVED_FIELDS``."""
    return {
        "category": result.category.value,
        "grounds": tuple(result.grounds),
        "obstacles": tuple(aspect.value for aspect in result.obstacles),
        "unanswered": tuple(aspect.value for aspect in result.unanswered),
        "warnings": tuple(warning.value for warning in result.warnings),
        "policy_key": policy_key,
    }


def _recomputed(
    procedures: QuerySet[Procedure], policy: PolicyRevision
) -> Iterator[tuple[Procedure, Mapping[str, object]]]:
    for procedure in with_facts(procedures).order_by("pk").iterator(chunk_size=_CHUNK):
        yield procedure, derived(classify(facts_of(procedure), policy), policy.key)


@lru_cache(maxsize=_REMEMBERED)
def _facts(
    is_listed: bool,
    levels: tuple[str, ...],
    ground: str,
    answers: tuple[str, ...],
    flags: tuple[bool, ...],
) -> Facts:
    return Facts(
        national_priority=is_listed,
        basis=strongest(BasisLevel(level) for level in levels),
        exemption=ExemptionGround(ground),
        **dict(zip(ASPECT_FIELDS, map(Answer, answers), strict=True)),
        **dict(zip(FLAG_FIELDS, flags, strict=True)),
    )


_answers = attrgetter(*ASPECT_FIELDS)
_flags = attrgetter(*FLAG_FIELDS)


def _apply(procedure: Procedure, expected: Mapping[str, object]) -> bool:
    changed = False
    for field, value in expected.items():
        if getattr(procedure, field) != value:
            setattr(procedure, field, value)
            changed = True
    return changed


def _decided_ground(procedure: Procedure) -> str:
    exemption = getattr(procedure, "exemption", None)
    if exemption is None or exemption.state != Exemption.State.CONFIRMED:
        return ExemptionGround.NONE
    return exemption.ground
