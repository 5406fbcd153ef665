"""The form that knows what its author saw, and asks for a choice where somebody else was faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict

from procedures.display import Names, value_label
from procedures.editing import Conflict, Disagreement, disagreements
from tracking.models import SharedMeasure

from .fields import VersionField

MINE, THEIRS = "mine", "theirs"
CHOOSE = "「{label}」は、どちらの内容にするかを選んでください。"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One contested field for the screen; ``chosen`` is "mine", "theirs" or empty."""

    name: str
    label: str
    mine: str
    theirs: str
    by_name: str
    at: datetime | None
    chosen: str


class SeenVersionForm(forms.Form):
    """The version of a row that a page shows, to be compared with what is stored by now."""

    version = VersionField()


class VersionedForm(forms.Form):
    """A form over ``attributes`` of ``obj``; ``version`` is the one whose values it shows.

    ``conflict`` makes it the form that follows a refused edit: it holds what the author changed
    over what is stored now, and each contested field needs a choice before it is saved.
    """

    attributes: tuple[str, ...] = ()
    version = VersionField()

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        obj: models.Model,
        version: int,
        conflict: Conflict | None = None,
        initial: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        values = {name: getattr(obj, name) for name in self.attributes}
        values |= conflict.mine if conflict else {}
        super().__init__(data, initial={**values, **(initial or {}), "version": version}, **options)
        self.obj = obj
        self._disagreements: Sequence[Disagreement] = conflict.disagreements if conflict else ()
        self._contested = data.getlist("contested") if data is not None else []

    @property
    def sent(self) -> dict[str, Any]:
        """Attribute → value of everything but the fields whose author took the other value."""
        return {
            name: self.cleaned_data[name]
            for name in self.attributes
            if name in self.fields and self._choice(name) != THEIRS
        }

    @property
    def comparisons(self) -> list[Comparison]:
        """The contested fields with both values in words."""
        names = Names(SharedMeasure)
        return [
            Comparison(
                name=one.field,
                label=str(self.fields[one.field].label),
                mine=value_label(one.model, one.field, one.mine, names),
                theirs=value_label(one.model, one.field, one.theirs, names),
                by_name=one.by_name,
                at=one.at,
                chosen=self._choice(one.field),
            )
            for one in self._disagreements
            if one.field in self.fields
        ]

    def clean(self) -> dict[str, Any]:
        """Each contested field needs a choice."""
        contested = {
            name: self.cleaned_data.get(name)
            for name in self.attributes
            if name in self._contested and name in self.fields
        }
        self._disagreements = disagreements(self.obj, contested) if contested else ()
        for name in contested:
            if self._choice(name) not in (MINE, THEIRS):
                self.add_error(None, CHOOSE.format(label=self.fields[name].label))
        return self.cleaned_data

    def _choice(self, name: str) -> str:
        return self.data.get(f"choice_{name}", "")
