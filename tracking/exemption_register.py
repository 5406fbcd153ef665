"""The register of exemptions (適用除外, clause 6) as its page shows it: what waits, and all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from procedures.classification import facts_of
from procedures.models import Exemption, Procedure, User
from procedures.permissions import Rights, rights_of
from procedures.rules import ExemptionGround, PolicyRevision, label

from .judgement import Prospect, prospect_of
from .selections import condition, with_progress

State = Exemption.State

ORDER = (F("department__order").asc(nulls_last=True), "number", "pk")
HOLDS = "区分は「適用除外」です。"
HOLDS_NOT = "適用除外になっていません。区分は「{category}」です。"
WOULD_HOLD = "確認すると、区分は「適用除外」になります。"
WOULD_NOT_HOLD = "確認しても適用除外になりません。区分は「{category}」のままです。"
ASKED = "質問に回答待ち"
PROPOSED = "確認待ち"
REVIEW = "見直しの期日が来ています"
ENDED = "条項が失効しています"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One exemption with its procedure; ``waits`` says for what, empty where for nothing.

    ``holds`` is None for one that was taken back. ``sentences`` say what it does, or would.
    """

    procedure: Procedure
    exemption: Exemption
    basis: str
    holds: bool | None
    sentences: tuple[str, ...]
    waits: str


def registered(user: User) -> QuerySet[Procedure]:
    """The procedures with an exemption that ``user`` may read, in office order."""
    rows = Procedure.objects.visible_to(user).filter(exemption__isnull=False)
    return (
        with_progress(rows)
        .select_related(
            "department",
            "exemption__provision",
            "exemption__proposed_by",
            "exemption__confirmed_by",
        )
        .prefetch_related("legal_bases")
        .order_by(*ORDER)
    )


def queue_of(user: User, on: date) -> QuerySet[Procedure]:
    """What of ``registered`` waits for ``user`` and theirs: first what they have to do.

    For the division everything that waits, for a team its own, for others nothing.
    """
    rights = rights_of(user)
    waiting = registered(user)
    if not rights.is_office_wide:
        waiting = waiting.filter(department__in=rights.department_ids)
    turns = [condition(key, on) for key in _turns(rights)]
    place = Case(
        *(When(turn, then=Value(number)) for number, turn in enumerate(turns)),
        output_field=IntegerField(),
    )
    any_of = Q(pk__in=[])
    for turn in turns:
        any_of |= turn
    return waiting.filter(any_of).annotate(place=place).order_by("place", *ORDER)


def register_rows(
    procedures: Iterable[Procedure], policy: PolicyRevision, on: date
) -> list[RegisterRow]:
    """The rows of ``registered`` procedures, without a query."""
    return [_row(procedure, policy, on) for procedure in procedures]


def waits(exemption: Exemption, on: date) -> str:
    """What ``exemption`` waits for on the day ``on``, in words; empty for nothing."""
    if exemption.state == State.CONFIRMED:
        if exemption.provision and exemption.provision.has_ended(on):
            return ENDED
        return REVIEW if exemption.review_on and exemption.review_on <= on else ""
    return {State.PROPOSED: PROPOSED, State.RETURNED: ASKED}.get(exemption.state, "")


def outcome(prospect: Prospect, *, is_confirmed: bool) -> tuple[str, ...]:
    """What an exemption does, or would do once it is confirmed, in sentences."""
    if prospect.holds:
        first = HOLDS if is_confirmed else WOULD_HOLD
    else:
        first = HOLDS_NOT if is_confirmed else WOULD_NOT_HOLD
    return (first.format(category=label(prospect.category)), *prospect.warnings)


def _turns(rights: Rights) -> tuple[str, ...]:
    """The sets that wait, in the order of their urgency for a person with ``rights``."""
    if rights.is_office_wide:
        return "exemption_proposed", "exemption_review_due", "exemption_returned"
    return "exemption_returned", "exemption_proposed", "exemption_review_due"


def _row(procedure: Procedure, policy: PolicyRevision, on: date) -> RegisterRow:
    exemption = procedure.exemption
    facts = facts_of(procedure, ground=ExemptionGround.NONE)
    prospect = prospect_of(facts, ExemptionGround(exemption.ground), policy)
    is_withdrawn = exemption.state == State.WITHDRAWN
    is_confirmed = exemption.state == State.CONFIRMED
    return RegisterRow(
        procedure=procedure,
        exemption=exemption,
        basis=label(facts.basis),
        holds=None if is_withdrawn else prospect.holds,
        sentences=() if is_withdrawn else outcome(prospect, is_confirmed=is_confirmed),
        waits=waits(exemption, on),
    )
