"""The forms that hand a person's plans and issues to another (担当の引継ぎ)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from procedures.models import Department
from tracking.actions.handover import NOBODY_NAMED, SAME_PERSON, Charge

from .fields import ProseField

CHARGE = "{name}（計画{plans}件・課題{issues}件）"
HAS_NOTHING = (
    "「%(value)s」さんが担当する計画や課題は、今はありません。担当者を選び直してください。"
)


class DepartmentForm(forms.Form):
    """In which of ``departments`` somebody hands over."""

    department = forms.TypedChoiceField(
        label="部局室", coerce=int, error_messages={"required": "部局室を選んでください。"}
    )

    def __init__(self, data: Any = None, *, departments: Iterable[Department]) -> None:
        super().__init__(data)
        self.fields["department"].choices = [
            ("", "選んでください"),
            *((department.pk, department.name) for department in departments),
        ]


class HandoverForm(forms.Form):
    """From whom (one of ``charges``) to whom, and the counts that the person was shown."""

    source = forms.ChoiceField(
        label="今の担当者",
        error_messages={"required": "今の担当者を選んでください。", "invalid_choice": HAS_NOTHING},
    )
    target = ProseField(
        label="引き継ぐ先",
        max_length=100,
        widget=forms.TextInput(attrs={"list": "team-names", "autocomplete": "off"}),
        help_text="チーム員の名前は候補に出ます。チーム員でない人の名前も入力できます。",
        error_messages={"required": NOBODY_NAMED},
    )
    plans = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    issues = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, charges: Sequence[Charge], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["source"].choices = [
            ("", "選んでください"),
            *((charge.name, _words(charge)) for charge in charges),
        ]

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of plans and issues that the person confirms."""
        return self.cleaned_data["plans"] or 0, self.cleaned_data["issues"] or 0

    def clean(self) -> dict[str, Any]:
        """Another person than the present one."""
        target = self.cleaned_data.get("target")
        if target and target == self.cleaned_data.get("source"):
            self.add_error("target", SAME_PERSON)
        return self.cleaned_data


def _words(charge: Charge) -> str:
    return CHARGE.format(name=charge.name, plans=charge.plan_count, issues=charge.issue_count)
