"""How 全庁の状況 shows its figures, as an address says it."""

from datetime import date

from django import forms
from django.http import QueryDict

from tracking.dashboard_filter import OFFICE_ORDER, ORDER_LABELS, View
from tracking.figures import Weight
from tracking.filters import OPEN
from tracking.online_rates import WEIGHT_LABELS
from tracking.selections import BASES

from .days import KnownDayField


class ViewForm(forms.Form):
    """A ``View`` in an address; what is not asked for is shown in the policy's own way."""

    as_of = KnownDayField(label="基準日（空欄は今日）", required=False)
    base = forms.ChoiceField(
        label="率の分母",
        required=False,
        choices=[(key, base.label) for key, base in BASES.items()],
        widget=forms.HiddenInput,
    )
    weight = forms.ChoiceField(
        label="率の数え方",
        required=False,
        choices=[(weight.value, label) for weight, label in WEIGHT_LABELS.items()],
        widget=forms.HiddenInput,
    )
    order = forms.ChoiceField(
        label="並べ順", required=False, choices=ORDER_LABELS.items(), widget=forms.HiddenInput
    )
    details = forms.ChoiceField(
        label="内訳", required=False, choices=[(OPEN, "表示する")], widget=forms.HiddenInput
    )

    def __init__(self, query: QueryDict, today: date) -> None:
        super().__init__(query)
        self.today = today

    def clean_as_of(self) -> date | None:
        """An earlier day; None for today."""
        day = self.cleaned_data["as_of"]
        return None if day == self.today else day

    @property
    def view(self) -> View:
        """What a valid form asks for."""
        asked = self.cleaned_data
        return View(
            today=self.today,
            past_day=asked["as_of"],
            base=asked["base"] or "target",
            weight=Weight(asked["weight"] or Weight.KINDS),
            order=asked["order"] or OFFICE_ORDER,
            has_details=asked["details"] == OPEN,
        )
