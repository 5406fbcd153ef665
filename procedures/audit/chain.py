"""The chain of the entries: each is sealed with the hash of the one before it.

Who writes an entry seals it in the same transaction, and with it what waits to be sealed, if the
row that says where the chain ends is free. If somebody holds that row, the entry stays unsealed
for whoever comes next: writers never wait for each other here, and an entry takes no transaction
of its own.
"""

from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Exists, Max
from django.utils import timezone

from procedures.models import AuditChain, AuditEvent, HistoryEntry
from procedures.statements import update_rows

from .canonical import encode_json, event_bytes

BEGUN = "監査ログの記録を始めました。これより前の変更履歴は、検証の対象になりません。"
_BESIDE = 200
"""So many waiting entries at most are sealed beside one that is written."""
_AT_ONCE = 2_000


def append(event: AuditEvent) -> None:
    """Writes a new entry, sealed if the chain's end is free; for callers inside a transaction."""
    chain = _chain(wait=False)
    if chain is None:
        event.save(force_insert=True)
        return
    if chain.waits:
        _seal_waiting(chain, _BESIDE)
    _link(chain, event)
    event.save(force_insert=True)
    _store(chain)


def seal() -> int:
    """Seals what waits, waiting for the chain's end where somebody holds it; how many it were."""
    sealed = 0
    while True:
        with transaction.atomic():
            chain = _chain(wait=True)
            count = _seal_waiting(chain, _AT_ONCE) if chain and chain.waits else 0
            if count:
                _store(chain)
        sealed += count
        if count < _AT_ONCE:
            return sealed


def hash_of(previous: str, event: AuditEvent) -> str:
    """What seals ``event`` as the one after the entry with the hash ``previous``."""
    return sha256(previous.encode() + b"\n" + event_bytes(event)).hexdigest()


def histories() -> dict[str, type[models.Model]]:
    """The models of all histories, by the label of what they are the history of, in its order."""
    found = {
        model._meta.label_lower: model.history.model
        for model in apps.get_models()
        if hasattr(model, "history") and not issubclass(model, HistoryEntry)
    }
    return dict(sorted(found.items()))


@transaction.atomic
def begin(**kwargs: Any) -> None:
    """Begins the record where none has begun; called when the tables have been made.

    History rows that are there already belong to no entry, and the first entry vouches for where
    they end.
    """
    if AuditChain.objects.exists() or AuditEvent.objects.exists():
        return
    there = set(connection.introspection.table_names())
    chain = AuditChain()
    for label, history in histories().items():
        if history._meta.db_table in there:
            chain.starts[label] = history.objects.aggregate(end=Max("history_id"))["end"] or 0
    vouch(chain, AuditEvent(kind=AuditEvent.Kind.START, what=BEGUN, at=timezone.now()))


def vouch(chain: AuditChain, event: AuditEvent) -> None:
    """Stores the chain with a new beginning; ``event`` says why, and vouches for it."""
    event.digest = base_digest(chain)
    _link(chain, event)
    event.save(force_insert=True)
    chain.save()


def base_digest(chain: AuditChain) -> str:
    """What vouches for the beginning of the chain."""
    base = [chain.base_number, chain.base_hash, chain.starts]
    return sha256(encode_json(base).encode()).hexdigest()


def held() -> AuditChain | None:
    """The row that says where the chain ends, locked; for callers inside a transaction."""
    return _chain(wait=True)


def _chain(*, wait: bool) -> AuditChain | None:
    """Locked, with ``waits``: whether entries wait to be sealed. None where somebody holds it."""
    rows = AuditChain.objects.select_for_update(skip_locked=not wait)
    return rows.annotate(waits=Exists(_waiting())).first()


def _waiting() -> models.QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(number__isnull=True).order_by("pk")


def _seal_waiting(chain: AuditChain, limit: int) -> int:
    events = list(_waiting()[:limit])
    for event in events:
        _link(chain, event)
    names = ["number", "previous", "hash"]
    rows = [(event.number, event.previous, event.hash, _stored_key(event)) for event in events]
    update_rows(AuditEvent, names, ["id"], rows)
    return len(events)


def _stored_key(event: AuditEvent) -> Any:
    return AuditEvent._meta.pk.get_db_prep_save(event.pk, connection)


def _link(chain: AuditChain, event: AuditEvent) -> None:
    event.number, event.previous = chain.number + 1, chain.hash
    event.hash = hash_of(chain.hash, event)
    chain.number, chain.hash = event.number, event.hash


def _store(chain: AuditChain) -> None:
    AuditChain.objects.filter(pk=chain.pk).update(number=chain.number, hash=chain.hash)
