"""What the columns of a list mean: which sheets are read, where their headings are, which is what.

Sheets with the same headings in the same row are one group: a list that comes as one sheet for
each department is decided once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from procedures.spreadsheet.columns import COLUMNS, column
from procedures.spreadsheet.mapping import SheetMapping, cut
from procedures.spreadsheet.proposals import Certainty, Proposal, heading_texts, propose
from procedures.spreadsheet.rows import column_letters

NOTHING_READ = "読むシートを一つ以上選んでください。"
NO_NAME = "「手続名」に当たる列を選んでください。どの行にも手続の名称が要ります。"
TWICE = "「{heading}」は{letters}列でも選ばれています。どちらか一つにしてください。"
NO_ROW_ABOVE = "1行目の上には行がありません。見出しを1段にするか、別の行を選んでください。"

NOT_READ = ("", "読まない")
LEVELS = [(1, "1段"), (2, "2段（上の行と合わせる）")]
CERTAINTIES = {
    Certainty.EXACT: ("plain", "一致"),
    Certainty.ALIAS: ("plain", "別名"),
    Certainty.SIMILAR: ("warning", "似ている"),
    Certainty.NONE: ("", "—"),
}
"""How sure a proposal is: the kind of its badge ("" for none) and its word."""

DECIDED = ("plain", "決めた列")
"""The same for a column that a person decided otherwise."""

SHOWN_ABOVE, SHOWN_BELOW = 4, 4  # rows of the sheet around its heading row
SHOWN_COLUMNS = 30
_ROW_TEXT = 50  # characters of a row in the list of rows


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """Sheets (as `outline` has them) with the same headings; the first one speaks for all."""

    number: int
    sheets: tuple[Mapping[str, Any], ...]
    decided: SheetMapping | None  # as the run's mapping reads the first one

    @property
    def first(self) -> Mapping[str, Any]:
        """The sheet whose rows are shown."""
        return self.sheets[0]


def groups_of(outline: Mapping[str, Any], mapping: Mapping[str, Any]) -> list[SheetGroup]:
    """The sheets of a run's ``outline``, by their headings; ``mapping`` is the run's, or empty."""
    decided = {
        each["sheet"]: SheetMapping(**each | {"columns": tuple(each["columns"])})
        for each in mapping.get("sheets", ())
    }
    found: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for sheet in outline.get("sheets", ()):
        found.setdefault(_likeness(sheet), []).append(sheet)
    groups = []
    for number, sheets in enumerate(found.values()):
        known = next((decided[each["name"]] for each in sheets if each["name"] in decided), None)
        read = [
            each | {"is_read": each["name"] in decided if decided else each["is_read"]}
            for each in sheets
        ]
        if known is not None and known.last_row > len(sheets[0]["rows"]):
            known = None  # further down than the rows that are kept to look at
        groups.append(SheetGroup(number, tuple(read), known))
    return groups


def _likeness(sheet: Mapping[str, Any]) -> tuple[object, ...]:
    texts = list(heading_texts(sheet, sheet["last_row"], sheet["levels"]))
    while texts and not texts[-1]:
        texts.pop()
    return sheet["last_row"], sheet["levels"], *texts


class LayoutForm(forms.Form):
    """Which sheets of a group are read, and which row holds their headings."""

    sheets = forms.MultipleChoiceField(
        label="読むシート", required=False, widget=forms.CheckboxSelectMultiple
    )
    last_row = forms.TypedChoiceField(
        label="見出しの行", coerce=int, help_text="2段の見出しでは、下の段の行を選びます。"
    )
    levels = forms.TypedChoiceField(label="見出しの段数", coerce=int, choices=LEVELS)

    def __init__(self, data: Any, group: SheetGroup) -> None:
        self.group = group
        self._proposed = group.decided or group.first
        initial = {
            "sheets": [str(n) for n, sheet in enumerate(group.sheets) if sheet["is_read"]],
            "last_row": self._of("last_row"),
            "levels": self._of("levels"),
        }
        super().__init__(data, prefix=f"s{group.number}", initial=initial)
        self.fields["sheets"].choices = [
            (str(number), _sheet_label(sheet)) for number, sheet in enumerate(group.sheets)
        ]
        self.fields["last_row"].choices = list(_rows_to_choose(group.first))

    def clean(self):
        """Two levels need a row above."""
        levels, last_row = self.cleaned_data.get("levels"), self.cleaned_data.get("last_row")
        if levels and last_row and last_row < levels:
            self.add_error("last_row", NO_ROW_ABOVE)
        return self.cleaned_data

    @property
    def last(self) -> int:
        """The heading row that counts now: as chosen, or as proposed."""
        return self._chosen("last_row")

    @property
    def height(self) -> int:
        """How many rows the headings take."""
        return self._chosen("levels")

    @property
    def read(self) -> list[Mapping[str, Any]]:
        """The sheets of the group that are read."""
        numbers = self.cleaned_data["sheets"] if self._is_good() else self.initial["sheets"]
        return [self.group.sheets[int(number)] for number in numbers]

    @property
    def sent_sheets(self) -> list[str]:
        """What the columns' form sends along as the sheets that are read."""
        return [str(self.group.sheets.index(sheet)) for sheet in self.read]

    @property
    def is_as_decided(self) -> bool:
        """Whether the headings stand where an earlier decision has them."""
        decided = self.group.decided
        return decided is not None and (decided.last_row, decided.levels) == (
            self.last,
            self.height,
        )

    @property
    def top_rows(self) -> list[dict[str, Any]]:
        """The rows of the sheet around its headings, cut to what can be looked over."""
        start = max(0, self.last - self.height - SHOWN_ABOVE)
        rows = self.group.first["rows"][start : self.last + SHOWN_BELOW]
        return [
            {
                "number": number,
                "cells": row[:SHOWN_COLUMNS],
                "is_heading": self.last - self.height < number <= self.last,
            }
            for number, row in enumerate(rows, start=start + 1)
        ]

    def _is_good(self) -> bool:
        return self.is_bound and self.is_valid()

    def _chosen(self, name: str) -> int:
        return self.cleaned_data[name] if self._is_good() else self.initial[name]

    def _of(self, name: str) -> int:
        source = self._proposed
        return getattr(source, name) if isinstance(source, SheetMapping) else source[name]


def _sheet_label(sheet: Mapping[str, Any]) -> str:
    hidden = "" if sheet["visible"] else "、非表示のシート"
    return f"{sheet['name']}（{sheet['row_count']:,}行{hidden}）"


def _rows_to_choose(sheet: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for number, row in enumerate(sheet["rows"], start=1):
        texts = [text for text in row if text]
        if texts:
            yield number, f"{number}行目：{cut('・'.join(texts), _ROW_TEXT)}"


class ColumnsForm(forms.Form):
    """A column of the inventory for each column of a group of sheets, or none."""

    def __init__(self, data: Any, layout: LayoutForm) -> None:
        self.layout = layout
        super().__init__(data, prefix=f"c{layout.group.number}")
        self._proposals = propose(layout.group.first, layout.last, layout.height)
        decided = layout.group.decided.columns if layout.is_as_decided else None
        self._decided = decided
        for each in self._proposals:
            self.fields[str(each.place)] = forms.ChoiceField(
                label=f"{each.letters}列「{each.text or '見出しなし'}」の読み方",
                required=False,
                choices=CHOICES,
                initial=_decided_key(decided, each),
            )

    def clean(self):
        """The name of the procedure is there, and no column is chosen twice."""
        taken: dict[str, str] = {}
        for name, key in list(self.cleaned_data.items()):
            if not key:
                continue
            if key in taken:
                letters = column_letters(int(taken[key]))
                self.add_error(name, TWICE.format(heading=column(key).heading, letters=letters))
            else:
                taken[key] = name
        if "name" not in taken:
            raise forms.ValidationError(NO_NAME)
        return self.cleaned_data

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the table shows of each column: letters, text, samples, how sure, its select."""
        return [
            {
                "letters": each.letters,
                "text": each.text,
                "samples": each.samples,
                "kind": kind,
                "certainty": word,
                "field": self[str(each.place)],
            }
            for each in self._proposals
            for kind, word in [self._certainty(each)]
        ]

    @property
    def mappings(self) -> list[SheetMapping]:
        """How a valid form reads the sheets of its group."""
        keys = {int(name): key for name, key in self.cleaned_data.items()}
        columns = tuple(keys.get(place, "") for place in range(max(keys) + 1))
        layout = self.layout
        return [
            SheetMapping(sheet["name"], layout.last, layout.height, columns)
            for sheet in layout.read
        ]

    def _certainty(self, each: Proposal) -> tuple[str, str]:
        if self._decided is not None and _decided_key(self._decided, each) != each.key:
            return DECIDED
        return CERTAINTIES[each.certainty]


CHOICES = [NOT_READ, *((each.key, each.heading) for each in COLUMNS)]


def _decided_key(decided: Sequence[str] | None, each: Proposal) -> str:
    if decided is None:
        return each.key
    return decided[each.place] if each.place < len(decided) else ""


class MappingForm:
    """The whole page: every group of sheets with its layout, those that are read with columns.

    ``layout`` is the data of the layouts (None: as proposed), ``columns`` that of the columns.
    """

    def __init__(
        self, groups: Sequence[SheetGroup], *, layout: Any = None, columns: Any = None
    ) -> None:
        self.layouts = [LayoutForm(layout, group) for group in groups]
        self.parts = [ColumnsForm(columns, each) for each in self.layouts if each.read]
        self.errors: list[str] = []

    @property
    def has_choice_of_sheets(self) -> bool:
        """Whether there is more than one sheet to read."""
        return sum(len(layout.group.sheets) for layout in self.layouts) > 1

    def is_valid(self) -> bool:
        """Whether everything is decided; ``errors`` says what belongs to no single column."""
        self.errors = [] if self.parts else [NOTHING_READ]
        forms_ = [*self.layouts, *self.parts]
        return not self.errors and all(form.is_valid() for form in forms_)

    @property
    def mappings(self) -> list[SheetMapping]:
        """How the file is read, for a valid form."""
        return [mapping for part in self.parts for mapping in part.mappings]
