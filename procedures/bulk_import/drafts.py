"""One row of a file on its way: what it says, what it would change, what stands against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from procedures.models import Procedure
from procedures.rules import Facts
from procedures.spreadsheet.columns import COLUMNS
from procedures.spreadsheet.parsed import CellProblem, ParsedRow

HEADINGS = {column.key: column.heading for column in COLUMNS}


@dataclass(slots=True)
class Draft:
    """A parsed row with the procedure it is about (None for a new one).

    ``letters`` gives the sheet's column letter by column key. ``changes`` is part → field →
    [old, new], ``conflicts`` part → field → {"base", "now", "file"}, all JSON values. ``base`` is
    part → field → value as the row was exported, None where nobody knows better than what is
    stored now. ``target`` is the procedure as it would become.
    """

    row: ParsedRow
    letters: Mapping[str, str] = field(default_factory=dict)
    is_survey: bool = False
    procedure: Procedure | None = None
    base: Mapping[str, Mapping[str, Any]] | None = None
    target: Procedure | None = None
    facts: Facts | None = None
    changes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    conflicts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    problems: list[CellProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    similar: list[dict[str, Any]] = field(default_factory=list)
    category_before: str = ""
    values: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.values = self.row.values
        self.problems += self.row.problems
        self.notes += self.row.notes

    @property
    def is_reference(self) -> bool:
        """A row of the national survey about a procedure that the city keeps already."""
        return self.is_survey and self.procedure is not None

    def reject(self, key: str, reason: str) -> None:
        """Adds a problem at the row's cell of column ``key``, with what is wrong and what to do."""
        heading = HEADINGS.get(key, "")
        cell = f"{self.letters[key]}{self.row.row_number}" if key in self.letters else ""
        raw = "" if self.values.get(key) is None else str(self.values[key])
        where = (
            f"{self.row.row_number}行目「{heading}」" if heading else f"{self.row.row_number}行目"
        )
        self.problems.append(CellProblem(heading, cell, raw, f"{where}：{reason}"))
