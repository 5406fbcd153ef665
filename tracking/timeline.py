"""The history of one procedure with everything that belongs to it, as one list in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from procedures.classification import DERIVED_FIELDS
from procedures.display import Names, field_label, value_label
from procedures.models import NAME_KEYS, Exemption, LegalBasis, Procedure, Source, YearlyVolume

from .checks import CHECKS
from .models import (
    Consultation,
    Dismissal,
    Issue,
    MigrationPlan,
    Publication,
    SharedMeasure,
    WorkReview,
    subject_of,
)

UNKNOWN = "不明"
_A_MOMENT = timedelta.resolution
CONFIRMED = "変更がないことを確認しました。"
UNCONFIRMED = "変更なし確認を取り消しました。"
_PARTS: tuple[type[models.Model], ...] = (
    Procedure,
    LegalBasis,
    YearlyVolume,
    Exemption,
    MigrationPlan,
    Consultation,
    WorkReview,
    Issue,
    Publication,
    Dismissal,
)
# Keys, what the entry's head says already, and what the writers keep for themselves.
_UNSHOWN = frozenset(
    {"id", "procedure", "version", "changed_at", "created_at", *NAME_KEYS, "proposed_by"}
    | {"proposed_at", "confirmed_by", "confirmed_at", "approved_by", "fiscal_year", "aspect"}
    | {"check_key", "dismissed_by", "dismissed_at", "asked_by", "asked_at", "decided_by"}
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed, in words.

    ``subject`` says of what (empty: the procedure itself). ``old`` is None where the row is new,
    ``new`` is None where the row was removed (then ``field`` is empty and ``old`` its name).
    """

    subject: str
    field: str
    old: str | None
    new: str | None
    is_result: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person did at one moment; ``is_registration`` where the procedure came in.

    ``note`` is a sentence on what changes no field: a confirmation, or one that was taken back.
    """

    at: datetime
    by_name: str
    source: str
    import_run_id: int | None
    import_name: str
    is_registration: bool
    changes: tuple[Change, ...]
    note: str = ""

    @property
    def facts(self) -> tuple[Change, ...]:
        """What somebody changed."""
        return tuple(change for change in self.changes if not change.is_result)

    @property
    def results(self) -> tuple[Change, ...]:
        """What the policy's rules made of it."""
        return tuple(change for change in self.changes if change.is_result)


def timeline(procedure: Procedure) -> tuple[Entry, ...]:
    """Every change of ``procedure`` and of what belongs to it (``_PARTS``); the newest first.

    At most fifteen queries, however long the history is.
    """
    names = Names(SharedMeasure)
    moments: dict[tuple[Any, ...], list[tuple[Any, list[Change], str]]] = {}
    for model in _PARTS:
        for row, older in _pairs(model, procedure):
            key = (row.history_date, row.by_name, row.change_source, row.import_run_id)
            changes = list(changes_between(model, row, older, names))
            moments.setdefault(key, []).append((row, changes, note_on(row, older)))
    entries = [_entry(rows) for rows in moments.values()]
    shown = [entry for entry in entries if entry.changes or entry.is_registration or entry.note]
    return tuple(sorted(shown, key=lambda entry: entry.at, reverse=True))


def timeline_of(row: models.Model) -> tuple[Entry, ...]:
    """Every change of ``row`` itself, which its page names already; the newest first."""
    model, names = type(row), Names(SharedMeasure)
    entries = []
    older = None
    for entry in row.history.select_related("import_run").order_by("history_id"):
        found = changes_between(model, entry, older, names)
        entries.append(_entry([(entry, [replace(one, subject="") for one in found], "")]))
        older = entry
    return tuple(one for one in reversed(entries) if one.changes)


def _pairs(model: type[models.Model], procedure: Procedure) -> Iterator[tuple[Any, Any]]:
    """Each history row with the one before it of the same row (None for the first)."""
    history = model.history.select_related("import_run").order_by("history_id")
    key = "id" if model is Procedure else "procedure_id"
    before: dict[int, Any] = {}
    for row in history.filter(**{key: procedure.pk}):
        yield row, before.get(row.id)
        before[row.id] = row


def _entry(rows: Sequence[tuple[Any, list[Change], str]]) -> Entry:
    head = rows[0][0]
    changes = [change for _, found, _ in rows for change in found]
    return Entry(
        at=head.history_date,
        by_name=head.by_name,
        source=Source(head.change_source).label if head.change_source else "",
        import_run_id=head.import_run_id,
        import_name=head.import_run.file_name if head.import_run else "",
        is_registration=any(
            row.history_type == "+" and isinstance(row, Procedure.history.model)
            for row, _, _ in rows
        ),
        changes=tuple(sorted(changes, key=lambda change: change.is_result)),
        note=next((note for _, _, note in rows if note), ""),
    )


def note_on(row: Any, older: Any) -> str:
    """The sentence on a history row that confirmed its procedure, or took that back."""
    if not isinstance(row, Procedure.history.model) or older is None:
        return ""
    if row.confirmed_at == older.confirmed_at:
        return ""
    return CONFIRMED if row.confirmed_at == row.history_date else UNCONFIRMED


def changes_between(
    model: type[models.Model], row: Any, older: Any, names: Names
) -> Iterator[Change]:
    """What the history row ``row`` of ``model`` changed; ``older`` is the one before, if any."""
    subject = _subject(model, row, names)
    if row.history_type == "-":
        yield Change(subject, "", row.row_name, None)
        return
    before = older or model()
    for field in type(row).tracked_fields:
        old, new = getattr(before, field.attname), getattr(row, field.attname)
        if old == new or field.name in _UNSHOWN:
            continue
        yield Change(
            subject,
            field_label(model, field.name).removeprefix(f"{subject}の"),
            # Units are called what they were called: until then, and from then on.
            _text(model, field.name, old, names, row.history_date - _A_MOMENT) if older else None,
            _text(model, field.name, new, names, row.history_date),
            is_result=model is Procedure and field.name in DERIVED_FIELDS,
        )


def _subject(model: type[models.Model], row: Any, names: Names) -> str:
    if model is Procedure:
        return ""
    if model is LegalBasis:
        return f"根拠法令「{row.row_name}」"
    if model is YearlyVolume:
        return f"{row.fiscal_year}年度の件数"
    if model is Issue:
        return f"課題「{subject_of(row.aspect)}」"
    if model is Consultation:
        return f"協議「{_text(model, 'service', row.service_id, names, row.history_date)}」"
    if model is Dismissal:
        return f"点検「{_title(row.check_key)}」の確認済"
    return str(model._meta.verbose_name)


def _title(check_key: str) -> str:
    """Of a check; its key where there is no such check any more."""
    return CHECKS[check_key].title if check_key in CHECKS else check_key


def _text(model: type[models.Model], name: str, value: Any, names: Names, at: datetime) -> str:
    if value is None and model is YearlyVolume:
        return UNKNOWN
    return value_label(model, name, value, names, at)
