"""Days in an address: the one whose state is asked for, or the two between which things moved."""

from django import forms
from django_filters.fields import ModelChoiceField

from procedures.models import Department
from tracking.filters import UNASSIGNED
from tracking.moves import Kind
from tracking.past import check_day

from .fields import DayField

NO_DAY = "日付を「2026-04-01」のように指定してください。"
WRONG_ORDER = "「いつから」は、「いつまで」と同じ日か、それより前の日にしてください。"


class KnownDayField(DayField):
    """A day of which the inventory is known: from the first one of its history to today."""

    default_error_messages = {"invalid": NO_DAY, "required": NO_DAY}
    default_validators = (check_day,)


class PastForm(forms.Form):
    """The day at whose end the inventory is looked at."""

    as_of = KnownDayField(label="いつの状況")


class MovesForm(forms.Form):
    """Between which days what is asked for moved; an empty ``until`` is today."""

    since = KnownDayField(label="いつから")
    until = KnownDayField(label="いつまで（空欄は今日）", required=False)
    department = ModelChoiceField(
        label="部局室",
        queryset=Department.objects.all(),
        required=False,
        empty_label="すべて",
        null_label="所管未定",
        null_value=UNASSIGNED,
    )
    kind = forms.ChoiceField(label="動き", required=False, choices=[("", "すべて"), *Kind.choices])

    def clean(self) -> None:
        """The days in their order."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("since", WRONG_ORDER)
