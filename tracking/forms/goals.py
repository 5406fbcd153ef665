"""The forms of the goals (目標): one for a new fiscal year, one that changes what is set."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.spreadsheet.cell import shown

from .fields import OUTDATED, FiscalYearField

NO_YEAR = "年度を入力してください（例：令和9年度）。"
NO_RATE = "目標を入力してください（例：80）。"
NOT_A_RATE = (
    "「{text}」は割合として読み取れません。80 や 80.5 のように、0 から 100 までの数（小数は1桁"
    "まで）で入力してください。"
)
_PERCENT = re.compile(r"(?P<number>[0-9]{1,3}(?:\.[0-9])?)\s*(?:%|パーセント)?")


class PercentField(forms.CharField):
    """A rate that people write as 80, 80.5 or ８０％; 0 to 1."""

    def to_python(self, value: Any) -> float | None:
        """The rate; None where nothing is written."""
        text = super().to_python(value)
        if not text:
            return None
        match = _PERCENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
        # In tenths, so that 80.5 is the same number however it came about.
        tenths = round(float(match["number"]) * 10) if match else -1
        if not 0 <= tenths <= 1_000:
            raise ValidationError(NOT_A_RATE.format(text=shown(text)))
        return tenths / 1_000

    def prepare_value(self, value: Any) -> Any:
        """A stored rate as it is written; what was typed as it is."""
        return f"{value * 100:.4g}" if isinstance(value, float) else value


class SeenRateForm(forms.Form):
    """The rate that a page shows, to be compared with what is stored by now."""

    seen = forms.FloatField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), OUTDATED),
    )


class ChangeGoalForm(SeenRateForm):
    """Another rate for a fiscal year."""

    rate = PercentField(
        label="オンライン化率の目標（%）",
        help_text="年度末（3月31日）までに達したい、オンライン化済の対象手続の割合です。",
        error_messages={"required": NO_RATE},
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


class GoalForm(forms.Form):
    """A fiscal year with its rate."""

    fiscal_year = FiscalYearField(
        label="年度",
        help_text="令和9年度 や 2027 のように入力します。",
        error_messages={"required": NO_YEAR},
    )
    rate = ChangeGoalForm.base_fields["rate"]
