"""Which edition of the policy is in force (clause 7), as the rules want it."""

from datetime import datetime, time
from typing import Any

from django.db import connection
from django.utils import timezone

from .models import PolicyEdition, Procedure
from .models.history import Source
from .rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    ExemptionGround,
    PolicyRevision,
)

FIRST_NAME = "行政手続のオンライン化に係る実施方針"
FIRST_DOCUMENT = "令和6年4月1日方針決定"


def policy_in_force() -> PolicyRevision:
    """The edition by which procedures are classified now; one query."""
    return rules_of(edition_in_force())


def policy_to_write_under() -> PolicyRevision:
    """As ``policy_in_force``, for a writer: no other is adopted before its transaction ends."""
    _lock_inventory("ROW EXCLUSIVE")  # as every write of a row does, only before the policy is read
    return policy_in_force()


def hold_inventory() -> None:
    """Lets no other transaction write procedures before this one ends; readers do not wait.

    For what gives all of them another policy, as the first lock of its transaction.
    """
    _lock_inventory("EXCLUSIVE")


def edition_in_force() -> PolicyEdition:
    """The stored edition that is in force; there is always one, the first comes with the tables."""
    return PolicyEdition.objects.get(state=PolicyEdition.State.IN_FORCE)


def edition_then(key: str, at: datetime) -> PolicyEdition | None:
    """The edition ``key`` as it was in force at the moment ``at``, or before it; not to be saved.

    A draft that was in force once, and is no more, may say something else by now.
    """
    entries = PolicyEdition.history.filter(
        key=key, state=PolicyEdition.State.IN_FORCE, history_date__lte=at
    )
    entry = entries.order_by("history_id").last()
    return entry and entry.instance


def rules_of(edition: PolicyEdition) -> PolicyRevision:
    """What the rules need to know of ``edition``."""
    return PolicyRevision(
        key=edition.key,
        effective_from=edition.effective_from,
        honours_national_list=edition.honours_national_list,
        accepted={
            Aspect(aspect): frozenset(map(Answer, answers))
            for aspect, answers in edition.accepted.items()
        },
        exemption_grounds={
            BasisLevel(basis): frozenset(map(ExemptionGround, grounds))
            for basis, grounds in edition.exemption_grounds.items()
        },
    )


def stored_form(policy: PolicyRevision) -> dict[str, Any]:
    """The fields of an edition that say what ``policy`` says, lists in the order of the enums."""
    return {
        "key": policy.key,
        "effective_from": policy.effective_from,
        "honours_national_list": policy.honours_national_list,
        "accepted": {
            aspect.value: [answer.value for answer in Answer if answer in policy.accepted[aspect]]
            for aspect in Aspect
        },
        "exemption_grounds": {
            basis.value: [
                ground.value
                for ground in ExemptionGround
                if ground in policy.exemption_grounds[basis]
            ]
            for basis in BasisLevel
        },
    }


def store_first_edition(**kwargs: Any) -> None:
    """Stores the policy of 2024 as the edition in force where the tables hold none at all.

    Called when the tables have been made. Its history begins on the day of the decision, by nobody,
    so that every earlier day of the inventory has a policy, too.
    """
    if PolicyEdition.objects.exists():
        return
    since = timezone.make_aware(datetime.combine(POLICY_2024.effective_from, time.min))
    edition = PolicyEdition(
        **stored_form(POLICY_2024),
        name=FIRST_NAME,
        decision_document=FIRST_DOCUMENT,
        state=PolicyEdition.State.IN_FORCE,
        changed_at=since,
    )
    edition.save(force_insert=True)
    history = PolicyEdition.history.model
    names = [field.attname for field in history.tracked_fields]
    history.objects.create(
        **{name: getattr(edition, name) for name in names},
        history_date=since,
        history_type="+",
        change_source=Source.COMMAND,
        row_name=str(edition),
    )


def _lock_inventory(mode: str) -> None:
    """Locks the table as a whole; SQLite has one writer at a time anyway.

    Whoever holds a row of it, or has added one, holds the table in a weaker mode already, so the
    order is the same for all: the inventory, then the edition.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(Procedure._meta.db_table)
            cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
