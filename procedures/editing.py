"""How an edit is brought in whose author saw an older state of the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import models

from .merging import merge
from .models import Procedure
from .models.history import Versioned
from .records import snapshot


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One field that somebody else changed meanwhile: both values, and who and when."""

    model: type[models.Model]
    field: str
    mine: Any
    theirs: Any
    by_name: str
    at: datetime | None


class Conflict(Exception):
    """Somebody changed the same fields meanwhile; nothing was written, the person chooses.

    ``changes`` (attribute → value) is what the author changed and nobody else did.
    """

    MESSAGE = (
        "ほかの人が同じ項目を先に変更しました。どちらの内容にするか選んで、"
        "もう一度保存してください。"
    )

    def __init__(
        self, disagreements: tuple[Disagreement, ...], changes: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(self.MESSAGE)
        self.disagreements = disagreements
        self.changes = dict(changes or {})

    @property
    def mine(self) -> dict[str, Any]:
        """Everything that the author changed, contested or not."""
        return self.changes | {one.field: one.mine for one in self.disagreements}


class Overtaken(Exception):
    """What the person saw is no more so; nothing was written.

    The sentence, where there is one, says what is so now.
    """


def merged_changes(obj: Versioned, sent: Mapping[str, Any], version: int) -> dict[str, Any]:
    """What of ``sent`` (attribute → value) is to be written on ``obj``, which is locked.

    ``version`` is the one whose values the author saw. Raises ``Conflict`` with every field that
    was changed on both sides. Where no history has that version, each differing field is one.
    """
    theirs = {name: getattr(obj, name) for name in sent}
    base = snapshot(obj, version, sent)
    if base is None:
        base = dict.fromkeys(sent, _NEVER)
    merged = merge(base, sent, theirs)
    if merged.conflicts:
        mine = {conflict.field: conflict.mine for conflict in merged.conflicts}
        raise Conflict(disagreements(obj, mine), merged.changes)
    return merged.changes


def disagreements(obj: models.Model, mine: Mapping[str, Any]) -> tuple[Disagreement, ...]:
    """The fields of ``mine`` beside what ``obj`` holds, each with who wrote that and when."""
    rows = list(obj.history.order_by("-history_id")) if obj.pk else []
    return tuple(
        Disagreement(type(obj), name, value, getattr(obj, name), *_last_change(rows, name))
        for name, value in mine.items()
    )


def rows_as_of(procedure: Procedure, version: int, model: type[models.Model]) -> list[Any] | None:
    """The history rows of ``model`` that belonged to ``procedure`` when it had ``version``.

    None where no history has that version. Every writer of such rows writes the procedure in the
    same moment, so the moment of a version is that of its rows.
    """
    then = procedure.history.filter(version=version).first()
    if then is None:
        return None
    rows = model.history.filter(procedure_id=procedure.pk, history_date__lte=then.history_date)
    newest = {row.id: row for row in rows.order_by("history_id")}
    return [row for row in newest.values() if row.history_type != "-"]


_NEVER = object()


def _last_change(rows: list[Any], field: str) -> tuple[str, datetime | None]:
    """Who gave ``field`` the value it has; ``rows`` are its history, the newest first."""
    for newer, older in pairwise(rows):
        if getattr(newer, field) != getattr(older, field):
            return newer.by_name, newer.history_date
    return (rows[-1].by_name, rows[-1].history_date) if rows else ("", None)
