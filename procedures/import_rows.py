"""Which rows of a preview a page shows: by outcome, by mark, by words; and how many there are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from .models import ImportRow, ImportRun

Outcome = ImportRow.Outcome
ALL = "all"
ROWS = "rows"
"""Instead of a mark: rows with any or none."""

CONFLICT, SIMILAR, CATEGORY, STALE = "conflict", "similar", "category", "stale"
MARKS: Mapping[str, tuple[str, Q]] = {
    CONFLICT: ("食い違い", ~Q(conflicts={})),
    SIMILAR: ("似た手続", ~Q(similar=[])),
    CATEGORY: ("区分が変わる", Q(moves_category=True)),
    STALE: ("プレビューの後に変更", Q(is_stale=True)),
}
"""What a row may need a look for: its name on screen, and the rows that have it."""

LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What of a preview is shown. ``outcome`` is one of them or ``ALL``, ``row`` a single row."""

    outcome: str = ALL
    mark: str = ""
    words: str = ""
    row: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "RowFilter":
        """The filter that an address asks for. ValueError for one that cannot be."""
        outcome, mark = query.get("outcome") or ALL, query.get("mark") or ""
        if outcome not in (ALL, *Outcome.values) or mark not in ("", *MARKS):
            raise ValueError("filter")
        row = query.get("row") or ""
        return cls(
            outcome,
            mark,
            query.get("q", "").strip()[:LONGEST_SEARCH],
            int(row) if row else None,
        )

    @property
    def query(self) -> str:
        """The part of an address from which the same filter comes; never empty."""
        parts = {"outcome": self.outcome, "mark": self.mark, "q": self.words, "row": self.row}
        return urlencode({name: value for name, value in parts.items() if value})

    def rows(self, run: ImportRun) -> QuerySet[ImportRow]:
        """The rows of ``run`` that are shown, in the file's order."""
        rows = self.with_words(run)
        if self.row:
            rows = rows.filter(pk=self.row)
        if self.outcome != ALL:
            rows = rows.filter(outcome=self.outcome)
        if self.mark:
            rows = rows.filter(MARKS[self.mark][1])
        return rows.select_related("procedure").order_by("pk")

    def with_words(self, run: ImportRun) -> QuerySet[ImportRow]:
        """The rows of ``run`` whose number or name has the words."""
        if not self.words:
            return run.rows.all()
        return run.rows.filter(Q(number__icontains=self.words) | Q(name__icontains=self.words))


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a filter: its words, how many rows it shows, where it leads."""

    label: str
    count: int
    query: str
    is_current: bool


class Counts:
    """How many rows of a run there are by outcome and mark, within the words of a filter."""

    def __init__(self, run: ImportRun, chosen: RowFilter) -> None:
        """Counts in one query."""
        marks = {mark: Count("pk", filter=condition) for mark, (_, condition) in MARKS.items()}
        rows = chosen.with_words(run).order_by().values("outcome")
        self._chosen = chosen
        self._found = {
            each.pop("outcome"): each for each in rows.annotate(**{ROWS: Count("pk")}, **marks)
        }

    def look_at(self, chosen: RowFilter) -> None:
        """Makes the links those of another filter with the same words."""
        self._chosen = chosen

    @property
    def outcomes(self) -> list[Choice]:
        """All outcomes, then each; with the mark that is chosen."""
        chosen = self._chosen
        return [
            Choice(
                label,
                self.of(outcome, chosen.mark or ROWS),
                replace(chosen, outcome=outcome, row=None).query,
                is_current=chosen.row is None and chosen.outcome == outcome,
            )
            for outcome, label in [(ALL, "すべて"), *Outcome.choices]
        ]

    @property
    def marks(self) -> list[Choice]:
        """Each mark that some row has, whatever its outcome."""
        chosen = self._chosen
        return [
            Choice(
                label,
                self.of(ALL, mark),
                replace(chosen, outcome=ALL, mark=mark, row=None).query,
                is_current=chosen.row is None and chosen.mark == mark,
            )
            for mark, (label, _) in MARKS.items()
            if self.of(ALL, mark) or mark == chosen.mark
        ]

    def of(self, outcome: str, mark: str = ROWS) -> int:
        """The number of rows of an outcome that have a mark."""
        chosen = self._found.values() if outcome == ALL else [self._found.get(outcome, {})]
        return sum(each.get(mark, 0) for each in chosen)


def first_worth_seeing(counts: Counts, undecided: int) -> RowFilter:
    """What a page shows that was asked for nothing in particular."""
    if counts.of(ALL, STALE):
        return RowFilter(mark=STALE)
    if undecided:
        return RowFilter(mark=CONFLICT)
    order = (Outcome.REJECTED, Outcome.CHANGED, Outcome.NEW, Outcome.UNCHANGED)
    return RowFilter(next((outcome for outcome in order if counts.of(outcome)), Outcome.UNCHANGED))
