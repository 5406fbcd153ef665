"""Entries of the audit log: what was done, as one sentence, and what was written with it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import models, transaction
from django.utils import timezone

from procedures import request_context
from procedures.models import Act, AuditEvent, ImportRun, Source, User

from .chain import append

GIVES_RIGHTS = {"procedures.user", "procedures.teammembership", "procedures.directorygroup"}
"""The models (labels) whose changes are changes of who may do what."""
_TOLD_FIELDS = 4
_WHAT, _NAME = 300, 150


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """The history rows of one model in one write."""

    model: type[models.Model]
    added: int
    changed: int
    deleted: int
    first_name: str
    """The first row, in words."""
    fields: Sequence[str]
    """What was changed, as attribute names; empty where rows were added or deleted."""
    about: frozenset[tuple[str, int]]
    """What the rows are about (label and key); more than one thing is as good as many."""
    digest: bytes

    @property
    def count(self) -> int:
        """How many rows."""
        return self.added + self.changed + self.deleted


@transaction.atomic
def note(
    kind: AuditEvent.Kind,
    what: str,
    *,
    by: User | None = None,
    by_name: str = "",
    address: str = "",
    count: int | None = None,
    request_id: str = "",
    source: str = "",
) -> AuditEvent:
    """Writes one entry in the current transaction: what is written beside it is noted with it.

    ``what`` is a sentence for the page, cut at 300 characters. ``by_name`` is for what no account
    did; address and request id are those of the current request where none are given.
    """
    event = new_event(kind, what, by=by, by_name=by_name, source=source, count=count)
    event.address = address or event.address
    event.request_id = request_id or event.request_id
    append(event)
    return event


def note_write(
    key: uuid.UUID,
    written: Sequence[WrittenRows],
    *,
    by: User,
    source: Source,
    import_run: ImportRun | None,
    act: Act | None,
) -> None:
    """Writes the entry ``key`` for the history rows ``written``, which carry that key."""
    labels = {rows.model._meta.label_lower for rows in written}
    kind = AuditEvent.Kind.CHANGE
    if labels & GIVES_RIGHTS:
        kind = AuditEvent.Kind.PERMISSION
    elif import_run is not None:
        kind = AuditEvent.Kind.IMPORT
    what = "、".join(map(_told, written))
    if act or import_run:
        what = f"{act or f'取込「{import_run}」'}：{what}"
    count = sum(rows.count for rows in written)
    event = new_event(kind, what, by=by, source=source, count=count)
    event.pk = key
    event.digest = digest_of((rows.model._meta.label_lower, rows.digest) for rows in written)
    about = frozenset().union(*(rows.about for rows in written))
    if len(about) == 1:
        ((event.row_model, event.row_key),) = about
    append(event)


def new_event(
    kind: AuditEvent.Kind,
    what: str,
    *,
    by: User | None = None,
    by_name: str = "",
    source: str = "",
    count: int | None = None,
) -> AuditEvent:
    """An entry that is not written yet, of this moment and of the current request."""
    return AuditEvent(
        at=timezone.now(),
        kind=kind,
        what=_printable(what)[:_WHAT],
        by=by,
        by_name=_printable(by_name or ("" if by is None else str(by)))[:_NAME],
        address=request_context.address.get()[:45],
        request_id=request_context.request_id.get()[:64],
        source=str(source),
        count=count,
    )


def digest_of(parts: Iterable[tuple[str, bytes]]) -> str:
    """The digest of a write from those of its rows by model (label)."""
    whole = sha256()
    for label, digest in sorted(parts):
        whole.update(label.encode() + b"\n" + digest)
    return whole.hexdigest()


def _told(rows: WrittenRows) -> str:
    """Such as 手続「P-1 転入届」の変更（備考、担当者） or 手続12件の登録・3件の変更."""
    name = rows.model._meta.verbose_name
    done = [
        (rows.added, "登録"),
        (rows.changed, "変更"),
        (rows.deleted, "削除"),
    ]
    if rows.count == 1:
        (word,) = (word for count, word in done if count)
        return f"{name}「{rows.first_name}」の{word}{_told_fields(rows)}"
    counted = "・".join(f"{count:,}件の{word}" for count, word in done if count)
    return f"{name}{counted}{_told_fields(rows)}"


def _told_fields(rows: WrittenRows) -> str:
    labels = [str(rows.model._meta.get_field(name).verbose_name) for name in rows.fields]
    if not labels or len(labels) > _TOLD_FIELDS:
        return ""
    return f"（{'、'.join(labels)}）"


def _printable(text: str) -> str:
    """Without what no database keeps and no page shows: what comes from outside is noted, too."""
    return "".join(sign for sign in text if sign.isprintable())
