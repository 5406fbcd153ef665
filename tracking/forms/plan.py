"""The form over what a plan has beside the row of the list: who, the national date, the talk."""

from typing import Any

from django import forms

from procedures.display import field_label
from tracking.models import MigrationPlan

from .fields import DayField, ProseField
from .versioned import VersionedForm


class PlanDetailsForm(VersionedForm):
    """担当者, 国の期限 (clause 5) and, for the division alone, 協議が調った日 (clause 4)."""

    attributes = ("assignee", "national_due", "consultation_agreed_on")

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    assignee = ProseField(
        label=field_label(MigrationPlan, "assignee"), max_length=100, required=False
    )
    national_due = DayField(
        label=field_label(MigrationPlan, "national_due"),
        required=False,
        help_text="国の予定に沿って進める手続の期限です（方針5）。国の期限がなければ空欄にします。",
    )
    consultation_agreed_on = DayField(
        label=field_label(MigrationPlan, "consultation_agreed_on"),
        required=False,
        help_text="方針4によらないサービスを使うことについて、協議が調った日です。",
    )

    def __init__(self, *args: Any, may_agree: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_agree:
            del self.fields["consultation_agreed_on"]
