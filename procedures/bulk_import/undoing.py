"""Taking a whole import back, field by field through the history; later edits stay."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction

from procedures.classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from procedures.display import field_label
from procedures.models import ImportRun, Procedure, Source, User
from procedures.permissions import check_can_import, rights_of
from procedures.records import Batch, Origin, delete

from .comparing import Report, silent
from .parts import parts
from .progress import ALREADY, NotApplicable

NOT_YOURS_TO_UNDO = "この取込を取り消せるのは、取り込んだ{person}さん、情報政策課と管理者です。"
EDITED_SINCE = "取込の後に変更された項目は、今の内容のままにしました。"
USED_SINCE = "取込で登録された後に変更されたため、削除しませんでした。"
BREAKS_RULE = "元に戻すと決まりに合わなくなるため、今の内容のままにしました（{reason}）。"
_BOOKKEEPING = frozenset({"id", "version", "changed_at", "name_key", *DERIVED_FIELDS})
_CHUNK = 5_000  # keys per query


def check_may_undo(run: ImportRun, by: User) -> None:
    """Raises ``PermissionDenied`` or ``NotApplicable`` unless ``by`` may take ``run`` back."""
    check_can_import(by)
    if by.pk != run.applied_by_id and not rights_of(by).is_office_wide:
        raise PermissionDenied(NOT_YOURS_TO_UNDO.format(person=run.applied_by or run.created_by))
    if run.state != ImportRun.State.APPLIED:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))


def take_back(run: ImportRun, by: User, report: Report = silent) -> None:
    """Restores every field that the run changed and nobody has changed since.

    What it added goes, unless somebody has edited it. What stays is named in ``undo_left``.
    """
    report("元の内容に戻しています", 0, 0)  # before the transaction, or nobody would see it
    with transaction.atomic():
        undo = _Undo(run, by)
        undo.take_back()
        _finish(run, by, undo)


def _finish(run: ImportRun, by: User, undo: "_Undo") -> None:
    run.state = ImportRun.State.UNDONE
    run.undone_by, run.undone_at = by, undo.origin.at
    run.undo_left = undo.left()
    run.worker, run.heard_at, run.message = "", None, ""
    run.save()


class _Undo:
    """The way back of one run."""

    def __init__(self, run: ImportRun, by: User) -> None:
        self._run = run
        self._beside = [part.model for part in parts() if part.model is not Procedure]
        self._added = set(self._entries(Procedure, "+").values_list("id", flat=True))
        self._kept: set[int] = set()  # added by the run, and used since
        self._touched: set[int] = set()
        self._names: dict[int, list[str]] = defaultdict(list)
        self._reasons: dict[int, str] = {}
        self._lock()
        self.origin = Origin(by, Source.UNDO, import_run=run)

    def take_back(self) -> None:
        """Writes everything: what belongs to procedures first, then these, then the added ones."""
        self._keep_used()
        for model in self._beside:
            self._restore_beside(model)
            self._remove_added_beside(model)
        self._restore_procedures()
        self._remove_added()

    def left(self) -> list[dict[str, Any]]:
        """What stays as it is, by procedure, for a person to look at."""
        keys = sorted({*self._names, *self._reasons})
        names = {row.pk: str(row) for row in _rows(Procedure, keys)}
        return [
            {
                "procedure": pk,
                "name": names.get(pk, ""),
                "fields": list(dict.fromkeys(self._names[pk])),
                "reason": self._reasons.get(pk, EDITED_SINCE),
            }
            for pk in keys
        ]

    def _entries(self, model: type[models.Model], kind: str) -> models.QuerySet:
        entries = model.history.filter(import_run=self._run, history_type=kind)
        return entries.exclude(change_source=Source.UNDO)

    def _lock(self) -> None:
        keys = set(self._entries(Procedure, "~").values_list("id", flat=True)) | self._added
        for chunk in _chunks(sorted(keys)):
            locked = Procedure.objects.select_for_update().filter(pk__in=chunk).order_by("pk")
            list(locked.values_list("pk"))

    def _keep_used(self) -> None:
        """Finds the procedures that the run added and somebody has worked on since."""
        first = {Procedure: "id"} | dict.fromkeys(self._beside, "procedure_id")
        for model, owner in first.items():
            for chunk in _chunks(sorted(self._added)):
                later = model.history.filter(**{f"{owner}__in": chunk})
                later = later.exclude(import_run=self._run)
                self._kept |= set(later.values_list(owner, flat=True))
        for pk in self._kept:
            self._reasons[pk] = USED_SINCE

    def _restore_beside(self, model: type[models.Model]) -> None:
        for rows in self._restored(model):
            for fields, objects in rows.items():
                batch = Batch(self.origin)
                batch.update(objects, fields)
                batch.write()
                self._touch(objects)

    def _remove_added_beside(self, model: type[models.Model]) -> None:
        """Rows that the run added to procedures which were there before."""
        entries = self._entries(model, "+").exclude(procedure_id__in=self._added)
        for chunk in _chunks(list(entries)):
            stored = {row.pk: row for row in _rows(model, [entry.id for entry in chunk])}
            gone = []
            for entry in chunk:
                row = stored.get(entry.id)
                if row is None:
                    continue
                edited = [name for name in _fields(model) if _differs(row, entry, name)]
                if edited:
                    self._leave(row.procedure_id, model, edited)
                else:
                    gone.append(row)
            delete(gone, self.origin)
            self._touch(gone)

    def _restore_procedures(self) -> None:
        restored: dict[int, tuple[tuple[str, ...], Procedure]] = {}
        for rows in self._restored(Procedure):
            for fields, objects in rows.items():
                restored |= {obj.pk: (fields, obj) for obj in objects}
        keys = sorted({*restored, *self._touched} - self._added)
        for chunk in _chunks(keys):
            batch = Batch(self.origin)
            for stored in with_facts(Procedure.objects.filter(pk__in=chunk)):
                fields, old = restored.get(stored.pk, ((), stored))
                for name in (*fields, "name_key"):
                    setattr(stored, name, getattr(old, name))
                set_classification(stored, facts_of(stored))
                batch.update([stored], [*fields, "name_key", *DERIVED_FIELDS])
            batch.write()

    def _remove_added(self) -> None:
        for chunk in _chunks(sorted(self._added - self._kept)):
            for model in self._beside:
                delete(list(model._default_manager.filter(procedure__in=chunk)), self.origin)
            delete(list(Procedure.objects.filter(pk__in=chunk)), self.origin)

    def _restored(self, model: type[models.Model]) -> Iterator[dict[tuple[str, ...], list[Any]]]:
        """The stored rows that the run changed, set back in memory, by the fields that were."""
        for chunk in _chunks(list(self._entries(model, "~"))):
            stored = {row.pk: row for row in _rows(model, [entry.id for entry in chunk])}
            before = _entries_before(model, chunk)
            grouped: dict[tuple[str, ...], list[Any]] = defaultdict(list)
            for entry in chunk:
                row = stored.get(entry.id)
                if row is not None:
                    fields = self._set_back(model, row, entry, before[entry.id])
                    if fields:
                        grouped[fields].append(row)
            yield grouped

    def _set_back(
        self, model: type[models.Model], row: Any, entry: Any, before: Any
    ) -> tuple[str, ...]:
        changed = [name for name in _fields(model) if _differs(before, entry, name)]
        moved = {name for name in _fields(model) if _differs(row, entry, name)}
        edited = [name for name in changed if name in moved]
        fields = tuple(name for name in changed if name not in moved)
        owner = row.pk if model is Procedure else row.procedure_id
        if edited:
            self._leave(owner, model, edited)
        now = {name: getattr(row, name) for name in fields}
        for name in fields:
            setattr(row, name, getattr(before, name))
        if model is Procedure and "name" in fields:
            row.name_key = before.name_key
        # An old value beside a later one may be what no row may hold.
        reason = _broken_rule(row) if moved and fields else ""
        if not reason:
            return fields
        self._leave(owner, model, fields, BREAKS_RULE.format(reason=reason))
        for name, value in now.items():
            setattr(row, name, value)
        return ()

    def _touch(self, rows: Iterable[Any]) -> None:
        """A change of a basis, a volume or an exemption is a change of its procedure."""
        self._touched |= {row.procedure_id for row in rows if not hasattr(row, "version")}

    def _leave(
        self, pk: int, model: type[models.Model], names: Sequence[str], reason: str = EDITED_SINCE
    ) -> None:
        by_attribute = {field.attname: field.name for field in model._meta.concrete_fields}
        self._names[pk] += [field_label(model, by_attribute[name]) for name in names]
        self._reasons[pk] = reason


def _fields(model: type[models.Model]) -> list[str]:
    return [
        field.attname
        for field in model.history.model.tracked_fields
        if field.attname not in _BOOKKEEPING
    ]


def _differs(one: Any, other: Any, name: str) -> bool:
    return getattr(one, name) != getattr(other, name)


def _broken_rule(row: Any) -> str:
    try:
        row.validate_constraints()
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _entries_before(model: type[models.Model], entries: Sequence[Any]) -> dict[int, Any]:
    """The history row before each of ``entries``, which are of different rows."""
    limits = {entry.id: entry.history_id for entry in entries}
    before: dict[int, Any] = {}
    for row in model.history.filter(id__in=limits).order_by("history_id"):
        if row.history_id < limits[row.id]:
            before[row.id] = row
    return before


def _rows(model: type[models.Model], keys: Sequence[int]) -> list[Any]:
    return [
        row for chunk in _chunks(list(keys)) for row in model._default_manager.filter(pk__in=chunk)
    ]


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
