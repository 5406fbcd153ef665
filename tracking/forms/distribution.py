"""The form that hands the departments their workbooks (配付)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.models import Department
from tracking.distribution import NO_DEPARTMENT

from .fields import DayField, ProseField

DUE_IN_THE_PAST = "提出の期限は、今日より後の日にしてください。"


class DistributionForm(forms.Form):
    """Name, due date and the departments: those of ``counts``, at first all of them.

    Once it is valid, ``cleaned_data["departments"]`` holds the departments themselves.
    """

    name = ProseField(
        label="名称",
        max_length=100,
        help_text="部局室の画面に出る名前です。",
        error_messages={"required": "名称を入力してください。"},
    )
    due_on = DayField(
        label="提出の期限（任意）",
        required=False,
        help_text="過ぎても戻らない部局室は「期限超過」と表示します。",
    )
    departments = forms.TypedMultipleChoiceField(
        label="配付する部局室",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NO_DEPARTMENT},
    )

    def __init__(self, *args: Any, counts: Mapping[Department, int], on: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._counts = counts
        self._on = on
        self._by_pk = {department.pk: department for department in counts}
        self.fields["departments"].choices = [(pk, str(row)) for pk, row in self._by_pk.items()]
        self.initial.setdefault("departments", list(self._by_pk))

    @property
    def offered(self) -> list[tuple[Department, int, bool]]:
        """Each department with its number of procedures, and whether it is ticked."""
        ticked = {str(pk) for pk in self["departments"].value() or ()}
        return [(row, count, str(row.pk) in ticked) for row, count in self._counts.items()]

    def clean_due_on(self) -> date | None:
        """A day that is still to come."""
        due_on = self.cleaned_data["due_on"]
        if due_on is not None and due_on <= self._on:
            raise ValidationError(DUE_IN_THE_PAST)
        return due_on

    def clean_departments(self) -> list[Department]:
        """The departments themselves."""
        return [self._by_pk[pk] for pk in self.cleaned_data["departments"]]
