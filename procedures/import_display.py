"""How the rows of an import's preview read: field names and values in Japanese, old beside new."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .bulk_import import has_stopped, parts
from .display import Names, field_label, value_label
from .models import ImportRow, ImportRun
from .rules import Category, label
from .spreadsheet.mapping import cut

BYTES_OF_A_PAGE = 90_000
"""What the contents of a page's rows may take; a row that has more shows how much is left."""

LONGEST_VALUE = 160  # characters of one value in a list
LONGEST_SENTENCE = 400
BEGINNING = "はじめています"
PLEASE_WAIT = "しばらくお待ちください。"
SO_MANY = "{done:,}行まで進みました。"
OF_ALL = "{total:,}行のうち{done:,}行が済みました。"
_LIKENESS = ((100, "同じ名前"), (97, "ほとんど同じ名前"), (0, "よく似た名前"))
_IDENTIFYING = (("procedure", "number"), ("procedure", "name"))
_OF_AN_ITEM = 130  # bytes of markup around one changed field
_OF_A_CONFLICT = 1_200


@dataclass(frozen=True, slots=True)
class ReadableChange:
    """One changed field: its name, and both values as text."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReadableConflict:
    """One contested field with its three values as text; ``choice`` is "", "now" or "file"."""

    key: str  # "part field", as a decision names it
    id: str
    field: str
    base: str
    now: str
    file: str
    choice: str


@dataclass(frozen=True, slots=True)
class ReadableSimilar:
    """Something that the row looks like: a stored procedure, or another row of the file."""

    procedure: int | None
    row: int | None
    name: str
    likeness: str


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """A row of the preview in words; ``left_count`` says how much of it the page leaves out."""

    row: ImportRow
    problems: tuple[Mapping[str, str], ...]
    changes: tuple[ReadableChange, ...]
    conflicts: tuple[ReadableConflict, ...]
    similar: tuple[ReadableSimilar, ...]
    notes: tuple[str, ...]
    left_count: int
    category_before: str
    category_after: str

    @property
    def is_left_out(self) -> bool:
        """Whether a person decided not to take it in."""
        return bool(self.row.left_out_from)

    @property
    def is_new(self) -> bool:
        """Whether it adds a procedure: there is no old value to show."""
        return ImportRow.Outcome.NEW in (self.row.outcome, self.row.left_out_from)

    @property
    def can_be_left_out(self) -> bool:
        """Whether there is something to leave out, or to take in again."""
        return self.is_left_out or self.row.outcome in (
            ImportRow.Outcome.NEW,
            ImportRow.Outcome.CHANGED,
        )


class Reader:
    """Puts rows of a preview into words, with a constant number of queries for all of them."""

    def __init__(self) -> None:
        self._names = Names()
        self._parts = {part.key: part for part in parts()}

    def changes(
        self, row: ImportRow, without: Collection[tuple[str, str]] = ()
    ) -> Iterator[ReadableChange]:
        """The changed fields of a row, but for some (part, field)."""
        for part, fields in row.changes.items():
            for name, (old, new) in fields.items():
                if (part, name) in without:
                    continue
                yield ReadableChange(
                    self._label(part, name),
                    self._value(part, name, old),
                    self._value(part, name, new),
                )

    def conflicts(self, row: ImportRow) -> Iterator[ReadableConflict]:
        """The contested fields of a row."""
        for part, fields in row.conflicts.items():
            for name, conflict in fields.items():
                base, now, file = (
                    self._value(part, name, conflict[which]) for which in ("base", "now", "file")
                )
                yield ReadableConflict(
                    f"{part} {name}",
                    f"decide-{row.pk}-{part}-{name}",
                    self._label(part, name),
                    base,
                    now,
                    file,
                    conflict.get("choice", ""),
                )

    def whole(self, row: ImportRow) -> ReadableRow:
        """All of a row."""
        return self._row(row, _Allowance(None))

    def short(self, row: ImportRow, share: int) -> ReadableRow:
        """A row in about ``share`` bytes, never without its first reason, change or conflict."""
        return self._row(row, _Allowance(share))

    def _row(self, row: ImportRow, allowance: "_Allowance") -> ReadableRow:
        return ReadableRow(
            row,
            tuple(allowance.of(row.problems)),
            conflicts=tuple(allowance.of(self.conflicts(row), _OF_A_CONFLICT)),
            changes=tuple(allowance.of(self._changes_beside_name(row))),
            similar=tuple(_similar(each) for each in row.similar),
            notes=tuple(allowance.of(row.notes)),
            left_count=allowance.left_count,
            category_before=category_text(row.category_before),
            category_after=category_text(row.category_after),
        )

    def _changes_beside_name(self, row: ImportRow) -> Iterator[ReadableChange]:
        """Without the number and name of a new procedure, which head its row already."""
        is_new = ImportRow.Outcome.NEW in (row.outcome, row.left_out_from)
        return self.changes(row, without=_IDENTIFYING if is_new else ())

    def _label(self, part: str, name: str) -> str:
        model, field = self._parts[part].label(name)
        year = f"{name.split('.')[0]}年度 " if "." in name else ""
        return year + field_label(model, field)

    def _value(self, part: str, name: str, value: Any) -> str:
        model, field = self._parts[part].label(name)
        return value_label(model, field, value, self._names)


class _Allowance:
    """How much of a row a page shows (None: all), and how many things were left out."""

    def __init__(self, size: int | None) -> None:
        self._left = size
        self._is_first = True
        self.left_count = 0

    def of(self, items: Iterable[Any], cost: int = _OF_AN_ITEM) -> Iterator[Any]:
        """Those of ``items`` for which there is room, the very first one in any case."""
        for item in items:
            if self._left is None:
                yield item
                continue
            short = _shortened(item)
            self._left -= cost + sum(len(text.encode()) for text in _texts(short).values())
            if self._left >= 0 or self._is_first:
                self._is_first = False
                yield short
            else:
                self.left_count += 1


def _texts(item: Any) -> dict[str, str]:
    if isinstance(item, str):
        return {"": item}
    return dict(item) if isinstance(item, Mapping) else asdict(item)


def _shortened(item: Any) -> Any:
    if isinstance(item, str):
        return cut(item, LONGEST_SENTENCE)
    if isinstance(item, Mapping):
        return {name: cut(text, LONGEST_SENTENCE) for name, text in item.items()}
    values = {name: cut(text, LONGEST_VALUE) for name, text in _texts(item).items()}
    return type(item)(**values)


def _similar(found: Mapping[str, Any]) -> ReadableSimilar:
    likeness = likeness_text(found["score"])
    return ReadableSimilar(found["procedure"], found["row"], found["name"], likeness)


def readable_rows(rows: Iterable[ImportRow]) -> list[ReadableRow]:
    """``rows`` for a page, which stays small however many fields they have; one alone is whole."""
    rows, reader = list(rows), Reader()
    if len(rows) == 1:
        return [reader.whole(rows[0])]
    return [reader.short(row, BYTES_OF_A_PAGE // len(rows)) for row in rows]


def category_text(code: str) -> str:
    """A category in Japanese, "" for none."""
    return label(Category(code)) if code else ""


def likeness_text(score: int) -> str:
    """How much alike two names are, in words; ``score`` is of 100."""
    return next(text for least, text in _LIKENESS if score >= least)


def progress_words(run: ImportRun) -> dict[str, str]:
    """What the work on a run is doing (``step``), and how far that is (``amount``)."""
    done, total = run.progress_done, run.progress_total
    if total:
        amount = OF_ALL.format(done=done, total=total)
    else:
        amount = SO_MANY.format(done=done) if done else PLEASE_WAIT
    return {"step": run.progress_step or BEGINNING, "amount": amount}


def state_text(run: ImportRun) -> str:
    """The state of a run; work that has stopped is broken off, whatever its record says."""
    return ImportRun.State.BROKEN_OFF.label if has_stopped(run) else run.get_state_display()
