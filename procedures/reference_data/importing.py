"""A table → what it would change, row by row → one transaction through the writers, or nothing."""

import hashlib
import json
import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from tablib import Dataset

from procedures.actions import save_reference
from procedures.models import Source, User
from procedures.spreadsheet.cell import CellError, is_blank, is_clear, shown, text_of
from procedures.spreadsheet.columns import CLEAR_WORD

from .cells import Reference, as_read, cell_for
from .files import Line, Problem, Table

BLANK = "空欄です。値を書いてください。"
NOT_CLEARABLE = f"「{CLEAR_WORD}」にできない項目です。値を書いてください。"
REPEATED = "同じものを指す行が{other}行目にもあります。どちらかの行を消してください。"
VARIANT = (
    "「{text}」は登録されていませんが、「{twin}」が登録されています。Excelが先頭の0を消したり"
    "日付に変えたりすることがあります。同じものなら「{twin}」に直し、別のものなら違う値にしてください。"
)
COLLIDED = (
    "ほかの人が同時に同じものを登録したため、書き込めませんでした。"
    "もう一度ファイルを選んでください。"
)
NOT_WRITABLE = "書き込めませんでした。この行の内容を確認し、直らないときはこの行を除いてください。"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a row that would change, in words; ``old`` is empty for a new row."""

    heading: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that is new or changed; ``obj`` is the row as the file would have it."""

    number: int
    obj: models.Model
    is_new: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table would do, or did where ``is_written``; with ``problems`` it does nothing."""

    rows: tuple[ChangedRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    unchanged_count: int = 0
    is_written: bool = False

    @property
    def new_count(self) -> int:
        """How many rows are new."""
        return sum(row.is_new for row in self.rows)

    @property
    def changed_count(self) -> int:
        """How many rows change."""
        return len(self.rows) - self.new_count

    @property
    def digest(self) -> str:
        """The same for two outcomes that change the same values from the same values."""
        told = [
            (row.number, row.is_new, [(c.heading, c.old, c.new) for c in row.changes])
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


class StoredRows(BaseInstanceLoader):
    """The stored rows by what identifies them, locked until the transaction ends."""

    def __init__(self, resource: "ReferenceResource", dataset: Dataset | None = None) -> None:
        super().__init__(resource, dataset)
        names = resource.get_import_id_fields()
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._stored = {
            resource.identity({name: getattr(obj, name) for name in names}): obj
            for obj in resource.locked_rows()
        }
        self._twins = {likeness(key[0]): key[0] for key in self._stored if isinstance(key[0], str)}

    def get_instance(self, row: Mapping[str, str]) -> models.Model | None:
        """The stored row that ``row`` means. Raises ValidationError when another row means it."""
        key = self.resource.identity_of(row)
        if key is None:
            return None
        number = self.resource.row_number
        if (other := self._numbers.setdefault(key, number)) != number:
            raise ValidationError(REPEATED.format(other=other))
        if key not in self._stored and len(key) == 1:
            self._refuse_variant(key[0])
        return self._stored.get(key)

    def _refuse_variant(self, key: Any) -> None:
        twin = self._twins.get(likeness(key)) if isinstance(key, str) else None
        if twin is not None:
            name = self.resource.get_import_id_fields()[0]
            raise ValidationError({name: VARIANT.format(text=key, twin=twin)})


class ReferenceResource(ModelResource):
    """Rows of one kind of reference data under Japanese headings, out of and into files.

    An empty cell leaves the value as it is, （空） empties it; rows that a file lacks stay.
    """

    headings: Mapping[str, str] = {}  # where the verbose name is not what the office says
    advice: Sequence[str] = ()  # what a person should know of files of this kind

    class Meta:
        instance_loader_class = StoredRows
        exclude = ("id",)
        clean_model_instances = True
        use_transactions = True
        skip_unchanged = True
        report_skipped = True
        store_instance = True
        skip_html_diff = True  # its colours are inline styles, which the page may not have

    def __init__(self, *, by: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = by
        self.row_number = 0
        self._lines: Sequence[Line] = ()

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: models.Field, readonly: bool):
        """The column of a model's field."""
        heading = cls.headings.get(field_name, django_field.verbose_name)
        return Field(field_name, str(heading), cell_for(django_field), readonly=readonly)

    @property
    def required_headings(self) -> list[str]:
        """The headings without which a file is not of this kind."""
        keys = self.get_import_id_fields()
        return [
            field.column_name
            for name, field in self.fields.items()
            if name in keys or self.is_required(field)
        ]

    def is_required(self, field: Field) -> bool:
        """Must a new row have a value here?"""
        model_field = self._model_field(field)
        return not model_field.blank and not model_field.has_default()

    def bring_in(self, table: Table, *, shown_digest: str = "") -> Outcome:
        """What ``table`` changes; written only if its digest is the one that was shown before.

        Everything is done in one transaction, which is rolled back unless it is to be kept.
        """
        self._lines = self.in_order(table)
        dataset = Dataset(*(line.texts for line in self._lines), headers=table.headings)
        with transaction.atomic():
            result = self.import_data(dataset, rollback_on_validation_errors=True)
            outcome = self._outcome(result)
            is_written = not outcome.problems and bool(outcome.rows)
            is_written = is_written and outcome.digest == shown_digest
            if not is_written:
                transaction.set_rollback(True)
        return Outcome(outcome.rows, outcome.problems, outcome.unchanged_count, is_written)

    def in_order(self, table: Table) -> Sequence[Line]:
        """The lines in the order in which they can be written."""
        return table.lines

    def locked_rows(self) -> Iterable[models.Model]:
        """The stored rows; nobody else changes them before the transaction ends."""
        rows = self._meta.model._default_manager.select_for_update(of=("self",))
        return self._with_references(rows).order_by("pk")

    def identity(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells one row from another, of the values of the identifying fields."""
        return tuple(values.values())

    def identity_of(self, row: Mapping[str, str]) -> tuple[Any, ...] | None:
        """The same of a row as it is read; None where it cannot be told."""
        values = {}
        for name in self.get_import_id_fields():
            field = self.fields[name]
            text = row[field.column_name]
            try:
                values[name] = None if is_blank(text) or is_clear(text) else field.clean(row)
            except CellError:
                return None
            if values[name] is None and self.is_required(field):
                return None
        return self.identity(values)

    def before_import_row(self, row: Mapping[str, str], **kwargs: Any) -> None:
        """Remembers which row of the sheet is being read."""
        self.row_number = self._lines[kwargs["row_number"] - 1].number

    def import_field(
        self,
        field: Field,
        instance: models.Model,
        row: Mapping[str, str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Takes one cell over, unless it is empty or stands as it was written out."""
        text = row.get(field.column_name, "")
        if is_blank(text):
            if instance._state.adding and self.is_required(field):
                raise ValueError(BLANK)
        elif is_clear(text):
            setattr(instance, field.attribute, self._empty(field))
        elif not self._stands(field, instance, text):
            try:
                super().import_field(field, instance, row, *args, **kwargs)
            except CellError as error:
                raise ValueError(f"「{shown(text)}」は{error.reason}。{error.advice}") from error

    def do_instance_save(self, instance: models.Model, is_create: bool) -> None:
        """Through the writers, with history."""
        save_reference(instance, by=self.by, source=Source.ADMIN)

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        """Leaves the sequences alone: no row brings its own primary key."""

    def filter_export(self, queryset: models.QuerySet, **kwargs: Any) -> models.QuerySet:
        """The rows with what they refer to, in one query."""
        return self._with_references(queryset)

    def _with_references(self, rows: models.QuerySet) -> models.QuerySet:
        names = [name for name, field in self.fields.items() if isinstance(field.widget, Reference)]
        return rows.select_related(*names) if names else rows

    def _model_field(self, field: Field) -> models.Field:
        return self._meta.model._meta.get_field(field.attribute)

    def _stands(self, field: Field, instance: models.Model, text: str) -> bool:
        if instance._state.adding:
            return False
        return _plain(text) == _plain(text_of(field.export(instance)))

    def _empty(self, field: Field) -> str | None:
        model_field = self._model_field(field)
        if model_field.null:
            return None
        if model_field.blank and isinstance(model_field, models.CharField | models.TextField):
            return ""
        raise ValueError(NOT_CLEARABLE)

    def _outcome(self, result: Result) -> Outcome:
        problems = list(_problems_of_the_whole(result))
        rows = []
        for line, row in sorted(zip(self._lines, result.rows, strict=True), key=_line_number):
            if row.validation_error or row.errors:
                problems += self._problems(line.number, row)
            elif not row.is_skip():
                rows.append(ChangedRow(line.number, row.instance, row.is_new(), self._changes(row)))
        unchanged = result.totals[RowResult.IMPORT_TYPE_SKIP]
        return Outcome(() if problems else tuple(rows), tuple(problems), unchanged)

    def _changes(self, row: RowResult) -> tuple[Change, ...]:
        changes = []
        for field in self.get_import_fields():
            old = as_read(field.export(row.original)) if row.original else ""
            new = as_read(field.export(row.instance))
            if old != new:
                changes.append(Change(field.column_name, old, new))
        return tuple(changes)

    def _problems(self, number: int, row: RowResult) -> Iterable[Problem]:
        for failure in row.errors:
            if isinstance(failure.error, IntegrityError):
                yield Problem(COLLIDED, number)
            else:
                logger.error("row %s was not written", number, exc_info=failure.error)
                yield Problem(NOT_WRITABLE, number)
        if row.validation_error:
            messages = getattr(row.validation_error, "message_dict", None)
            for name, texts in (messages or {NON_FIELD_ERRORS: row.validation_error}).items():
                heading = "" if name == NON_FIELD_ERRORS else self._heading(name)
                yield from (Problem(text, number, heading) for text in texts)

    def _heading(self, name: str) -> str:
        if name in self.fields:
            return self.fields[name].column_name
        return str(self._meta.model._meta.get_field(name).verbose_name)


def _problems_of_the_whole(result: Result) -> Iterable[Problem]:
    for failure in result.base_errors:
        if not isinstance(failure.error, ValidationError):
            raise failure.error
        yield from map(Problem, failure.error.messages)


def _line_number(pair: tuple[Line, RowResult]) -> int:
    return pair[0].number


def _plain(text: str) -> str:
    """Text without what a spreadsheet does not keep: kinds of line breaks, blanks around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def likeness(key: str) -> tuple[str, ...]:
    """What Excel leaves of a key: without leading zeros, width, case, and signs between numbers."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", key).casefold())
    return tuple(word.lstrip("0") for word in words)
