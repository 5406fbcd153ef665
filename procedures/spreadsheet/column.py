"""What a column is: its headings, how its cells are read and which words it offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .codes import (
    ANSWERS,
    APPLICANTS,
    BASIS_LEVELS,
    EXEMPTION_GROUNDS,
    OTHER_ANSWERS,
    PROCEDURE_KINDS,
    SCOPES,
    STATUSES,
    YES_NO,
    Code,
)


class ColumnKind(StrEnum):
    """How a cell of the column is read and written."""

    TEXT = "text"
    CODE = "code"
    NAME_KEY = "name_key"
    URL = "url"
    APPLICANTS = "applicants"
    KIND = "kind"
    SCOPE = "scope"
    BASIS_LEVEL = "basis_level"
    ANSWER = "answer"
    OTHER_ANSWER = "other_answer"
    YES_NO = "yes_no"
    EXEMPTION_GROUND = "exemption_ground"
    FISCAL_YEAR = "fiscal_year"
    COUNT = "count"
    STATUS = "status"
    DATE = "date"
    TRACE = "trace"


CODES: Mapping[ColumnKind, tuple[Code[object], ...]] = {
    ColumnKind.APPLICANTS: APPLICANTS,
    ColumnKind.KIND: PROCEDURE_KINDS,
    ColumnKind.SCOPE: SCOPES,
    ColumnKind.BASIS_LEVEL: BASIS_LEVELS,
    ColumnKind.ANSWER: ANSWERS,
    ColumnKind.OTHER_ANSWER: OTHER_ANSWERS,
    ColumnKind.YES_NO: YES_NO,
    ColumnKind.EXEMPTION_GROUND: EXEMPTION_GROUNDS,
    ColumnKind.STATUS: STATUSES,
}
"""The coded kinds and the values that they take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: ``heading`` is written, ``aliases`` are recognised too.

    ``key`` names the value in a parsed row, ``width`` is in characters as Excel counts them,
    ``max_length`` 0 means as long as a cell can be, ``is_required`` that no row goes without it,
    ``is_clearable`` that 「（空）」 may empty it.
    """

    key: str
    heading: str
    kind: ColumnKind
    help: str
    width: int
    example: str = ""
    aliases: tuple[str, ...] = ()
    max_length: int = 0
    is_required: bool = False
    is_clearable: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a coded column offers, () for a free one."""
        return tuple(code.label for code in CODES.get(self.kind, ()))
