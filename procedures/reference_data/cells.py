"""How a value of reference data stands in a cell: in the office's words, out and back in."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from import_export.widgets import Widget
from rapidfuzz import fuzz, process

from procedures.models import Department, Division, NationalListEdition, User
from procedures.spreadsheet import dates
from procedures.spreadsheet.cell import CellError, text_of
from procedures.spreadsheet.keys import name_key
from procedures.spreadsheet.normalise import text_prose

NOT_WHOLE = "整数として読み取れません"
NOT_A_CHOICE = "読み取れません"
NOT_REGISTERED = "登録されていません"
SEVERAL = "{count}件に当てはまります"
LARGEST_WHOLE = 2_147_483_647  # what an integer column of PostgreSQL holds

YES, NO = "はい", "いいえ"
_YES_WORDS = (YES, "○", "〇", "◯", "true", "1")
_NO_WORDS = (NO, "×", "✕", "false", "0")
_WHOLE = re.compile(r"([0-9]{1,10})(?:\.0+)?")
_NEAR = 45  # of 100; below that a name is no help


class Cell(Widget):
    """Text, as it was written. ``hint`` says in a few words what the cell takes."""

    hint = "文字"

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self.hint = hint or self.hint

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        """The value that stands in the cell. Raises CellError."""
        return text_prose(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """What stands in the cell: text, a whole number or a date."""
        return "" if value is None else value


class Whole(Cell):
    """A whole number from 0."""

    hint = "0以上の整数"

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int:
        """The number. Raises CellError."""
        text = unicodedata.normalize("NFKC", value).replace(",", "").strip()
        match = _WHOLE.fullmatch(text)
        if not match or int(match[1]) > LARGEST_WHOLE:
            raise CellError(NOT_WHOLE, f"0から{LARGEST_WHOLE:,}までの整数で書いてください。")
        return int(match[1])


class Day(Cell):
    """A date, in the Gregorian calendar or an era."""

    hint = "年月日（2026-04-01 や 令和8年4月1日）"

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        """The date; None where the cell says that there is none. Raises CellError."""
        return dates.date(value).day


class Choice(Cell):
    """One of several values, each with its Japanese word; ``words`` are read too."""

    def __init__(self, choices: Iterable[tuple[Any, str]], words: Mapping[str, Any] | None = None):
        self.labels = {value: str(label) for value, label in choices}
        self._values = {name_key(label): value for value, label in self.labels.items()}
        self._values |= {name_key(word): value for word, value in (words or {}).items()}
        super().__init__("".join(f"「{label}」" for label in self.labels.values()) + "のいずれか")

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        """The value of the word. Raises CellError, which says the words that can be read."""
        key = name_key(value)
        if key not in self._values:
            raise CellError(NOT_A_CHOICE, f"{self.hint}にしてください。")
        return self._values[key]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """The word of the value."""
        return self.labels.get(value, super().render(value))


def yes_no() -> Choice:
    """Whether something is so."""
    words = dict.fromkeys(_YES_WORDS, True) | dict.fromkeys(_NO_WORDS, False)
    return Choice([(True, YES), (False, NO)], words)


@dataclass(frozen=True, slots=True)
class Naming:
    """By which fields a row is named in a cell: ``key`` is unique, ``name`` need not be."""

    key: str
    name: str
    hint: str
    is_written_by_name: bool = False


_UNIT = Naming("code", "name", "登録済みの名称かコード", is_written_by_name=True)
NAMINGS: Mapping[type[models.Model], Naming] = {
    Department: _UNIT,
    Division: _UNIT,
    User: Naming("username", "display_name", "登録済みのユーザー名"),
    NationalListEdition: Naming("key", "name", "登録済みの版の記号"),
}


class Directory:
    """The rows that cells can name, loaded once; a name that changes stays known beside the new."""

    def __init__(self, model: type[models.Model]) -> None:
        self.naming = NAMINGS[model]
        self._by_key: dict[str, models.Model] = {}
        self._by_name: dict[str, set[models.Model]] = {}
        self._by_likeness: dict[str, set[models.Model]] = {}
        for obj in model._default_manager.all():
            self.add(obj)

    def add(self, obj: models.Model) -> None:
        """Makes ``obj`` known by its key and its name as they are now."""
        key, name = self._key(obj), getattr(obj, self.naming.name)
        self._by_key[key] = obj
        if name:
            self._by_name.setdefault(name, set()).add(obj)
        for word in filter(None, (key, name)):
            self._by_likeness.setdefault(name_key(word), set()).add(obj)

    def find(self, text: str) -> models.Model:
        """The row that ``text`` names. Raises CellError with the nearest names."""
        text = text.strip()
        if text in self._by_key:
            return self._by_key[text]
        found = self._by_name.get(text) or self._by_likeness.get(name_key(text), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            keys = "、".join(sorted(map(self._key, found)))
            raise CellError(
                SEVERAL.format(count=len(found)), f"次のどれかを書いてください：{keys}。"
            )
        raise CellError(NOT_REGISTERED, self._nearest(text))

    def written(self, obj: models.Model) -> str:
        """The word by which ``find`` finds ``obj`` again."""
        name = getattr(obj, self.naming.name)
        is_clear = self._by_name.get(name) == {obj} and name not in self._by_key
        return name if self.naming.is_written_by_name and is_clear else self._key(obj)

    def _key(self, obj: models.Model) -> str:
        return getattr(obj, self.naming.key)

    def _nearest(self, text: str) -> str:
        words = sorted(self._by_name if self.naming.is_written_by_name else self._by_key)
        near = process.extract(text, words, scorer=fuzz.WRatio, score_cutoff=_NEAR, limit=3)
        hint = f"近いもの：{'、'.join(word for word, _, _ in near)}。" if near else ""
        return f"{hint}{self.naming.hint}に直してください。"


class Reference(Cell):
    """Another row, named by its name or key."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(NAMINGS[model].hint)
        self.model = model
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """The rows that can be named, as they were when first asked."""
        if self._directory is None:
            self._directory = Directory(self.model)
        return self._directory

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> models.Model:
        """The row that is named. Raises CellError."""
        return self.directory.find(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The name of the row."""
        return "" if value is None else self.directory.written(value)


def cell_for(field: models.Field) -> Cell:
    """The cell of a model's field."""
    if isinstance(field, models.ForeignKey):
        return Reference(field.related_model)
    if field.choices:
        return Choice(field.flatchoices)
    if isinstance(field, models.BooleanField):
        return yes_no()
    if isinstance(field, models.IntegerField):
        return Whole()
    if isinstance(field, models.DateField):
        return Day()
    return Cell(f"{field.max_length}文字まで" if field.max_length else "")


def as_read(value: Any) -> str:
    """A cell's value as people read it on a page."""
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return text_of(value)
