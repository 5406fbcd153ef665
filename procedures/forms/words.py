"""What unknown values of coded columns mean: each stands for a word of its column, or for blank."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from procedures.spreadsheet.columns import column
from procedures.spreadsheet.mapping import column_words

MOST_OF_A_COLUMN, MOST_OF_A_FILE = 20, 60
"""Values that are asked at once, the most frequent first; the others follow when these are read."""

UNDECIDED, AS_BLANK = ("", "（決めない）"), ("-", "空欄として読む")


class WordsForm(forms.Form):
    """A word for each unknown value of a run (``unknown``: column key → value → number of rows)."""

    def __init__(self, data: Any, unknown: Mapping[str, Mapping[str, int]]) -> None:
        super().__init__(data, prefix="w")
        self._values: dict[str, tuple[str, str, int]] = {}
        for key, value, count in _most_frequent(unknown):
            name = f"{key}-{hashlib.sha256(value.encode()).hexdigest()[:12]}"
            self._values[name] = (key, value, count)
            words = [(word, word) for word in column_words(key)]
            self.fields[name] = forms.ChoiceField(
                label=f"「{column(key).heading}」の「{value}」の読み方",
                required=False,
                choices=[UNDECIDED, *words, AS_BLANK],
            )
        total = sum(len(values) for values in unknown.values())
        self.left_count = total - len(self._values)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the table shows of each value: its column, itself, its rows, its select."""
        return [
            {"heading": column(key).heading, "value": value, "count": count, "field": self[name]}
            for name, (key, value, count) in self._values.items()
        ]

    @property
    def decided(self) -> dict[str, dict[str, str]]:
        """Column key → value → word ("" for blank), of the values that were decided."""
        found: dict[str, dict[str, str]] = {}
        for name, (key, value, _) in self._values.items():
            word = self.cleaned_data.get(name, "")
            if word:
                found.setdefault(key, {})[value] = "" if word == AS_BLANK[0] else word
        return found


def _most_frequent(unknown: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, int]]:
    asked = 0
    for key, values in sorted(unknown.items(), key=lambda item: -sum(item[1].values())):
        by_count = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        for value, count in by_count[:MOST_OF_A_COLUMN]:
            if asked == MOST_OF_A_FILE:
                return
            asked += 1
            yield key, value, count
