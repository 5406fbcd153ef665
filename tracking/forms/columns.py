"""The form in which a person chooses the columns of a list and their order."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from tracking.list_columns import BY_KEY, COLUMNS, Column

TOO_FAR = "順番は1から99までの数字で入力してください。"


class ColumnsForm(forms.Form):
    """For each column whether it is shown and at which place; ``present`` are those shown now."""

    def __init__(self, data: Any = None, *, present: Sequence[str]) -> None:
        super().__init__(data)
        places = {key: place for place, key in enumerate(_known(present), start=1)}
        self._offered = sorted(COLUMNS, key=lambda column: places.get(column.key, len(COLUMNS)))
        for column in self._offered:
            self.fields[f"show-{column.key}"] = forms.BooleanField(
                label=column.label, required=False, initial=column.key in places
            )
            self.fields[f"place-{column.key}"] = forms.IntegerField(
                label=f"{column.label}の順番",
                required=False,
                initial=places.get(column.key),
                min_value=1,
                max_value=99,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), TOO_FAR),
            )

    @property
    def lines(self) -> Iterator[tuple[Column, forms.BoundField, forms.BoundField]]:
        """Each column with its two fields: those shown now in their order, then the others."""
        for column in self._offered:
            yield column, self[f"show-{column.key}"], self[f"place-{column.key}"]

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys chosen, by place; those without one come last, as they stand in the form."""
        sent = self.cleaned_data
        chosen = [one.key for one in self._offered if sent[f"show-{one.key}"]]
        return tuple(sorted(chosen, key=lambda key: sent[f"place-{key}"] or len(COLUMNS) + 99))


def _known(keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key in BY_KEY]
