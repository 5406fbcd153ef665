"""The form that says which department, and which of its divisions, a procedure belongs to."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.actions import check_division
from procedures.models import Department, Division


def division_choices(divisions: Iterable[Division]) -> list[tuple[str, list[tuple[int, str]]]]:
    """``divisions`` under the names of their departments, for a grouped select."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for division in divisions:
        groups.setdefault(division.department.name, []).append((division.pk, division.name))
    return list(groups.items())


class OwnerForm(forms.Form):
    """部局室 and 課, of ``departments`` and their divisions that exist on the day ``on``.

    Once it is valid, ``cleaned_data`` holds the rows themselves (None for a blank). A department
    that is the only one is chosen already.
    """

    no_department = "選んでください"

    department = forms.TypedChoiceField(
        label="部局室",
        coerce=int,
        empty_value=None,
        error_messages={"required": "部局室を選んでください。"},
    )
    division = forms.TypedChoiceField(
        label="課（任意）",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="選んだ部局室の課を選びます。決まっていなければ空欄にします。",
    )

    def __init__(self, *args: Any, departments: Iterable[Department], on: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._departments = {department.pk: department for department in departments}
        divisions = Division.objects.current(on).filter(department__in=self._departments)
        self._divisions = {row.pk: row for row in divisions.select_related("department")}
        self.fields["department"].choices = [
            ("", self.no_department),
            *((pk, department.name) for pk, department in self._departments.items()),
        ]
        if len(self._departments) == 1:
            self.initial.setdefault("department", next(iter(self._departments)))
        self.fields["division"].choices = [
            ("", "（空欄）"),
            *division_choices(self._divisions.values()),
        ]

    def clean_department(self) -> Department | None:
        """The department itself."""
        return self._departments.get(self.cleaned_data["department"])

    def clean_division(self) -> Division | None:
        """The division itself, if it is one of the department's."""
        division = self._divisions.get(self.cleaned_data["division"])
        if "department" not in self.cleaned_data:
            return division
        try:
            check_division(self.cleaned_data["department"], division)
        except ValidationError as error:
            raise ValidationError(error.messages) from None
        return division
