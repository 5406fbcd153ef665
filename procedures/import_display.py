"""How the rows of an import's preview read: field names and values in Japanese, old beside new."""

from collections.abc import Iterable
from dataclasses import dataclass

from .bulk_import import parts
from .display import Names, field_label, value_label
from .models import ImportRow
from .rules import Category, label


@dataclass(frozen=True, slots=True)
class ReadableChange:
    """One changed field: its name, and both values as text."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """A row of the preview with its changes in words."""

    row: ImportRow
    changes: tuple[ReadableChange, ...]
    category_before: str
    category_after: str

    @property
    def changes_category(self) -> bool:
        """Whether the import would move the procedure to another category."""
        return bool(self.category_before) and self.category_before != self.category_after


def readable_rows(rows: Iterable[ImportRow]) -> list[ReadableRow]:
    """``rows`` for the screen, with a constant number of queries."""
    names = Names()
    labelled = {part.key: part for part in parts()}
    readable = []
    for row in rows:
        changes = []
        for key, fields in row.changes.items():
            for name, (old, new) in fields.items():
                model, field = labelled[key].label(name)
                year = f"{name.split('.')[0]}年度 " if "." in name else ""
                changes.append(
                    ReadableChange(
                        year + field_label(model, field),
                        value_label(model, field, old, names),
                        value_label(model, field, new, names),
                    )
                )
        readable.append(
            ReadableRow(
                row, tuple(changes), *map(_category, (row.category_before, row.category_after))
            )
        )
    return readable


def _category(code: str) -> str:
    return label(Category(code)) if code else ""
