"""The forms of editions (版): what a new one is called and asks for, and which two are compared."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.display import field_label
from procedures.templatetags.inventory import with_era
from tracking.models import Edition

from .days import KnownDayField
from .fields import ProseField

TODAY = "today"
NO_TITLE = "名称を入力してください。"
SAME = "別の二つの版を選んでください。"
NOT_AN_EDITION = "その版は見つかりません。一覧から選び直してください。"


class EditionForm(forms.Form):
    """A new edition."""

    title = ProseField(
        label=field_label(Edition, "title"),
        max_length=100,
        error_messages={"required": NO_TITLE},
        help_text="資料の表題になります。",
    )
    reference_date = KnownDayField(
        label=field_label(Edition, "reference_date"),
        help_text="この日の終わりの数字で確定します。今日の場合は、今の数字です。",
    )
    decisions = ProseField(
        label="決定を求める事項（任意）",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="資料にこのまま載ります。会議で決めてほしいことを書きます。",
    )


class ComparisonForm(forms.Form):
    """Two of ``editions``, or one and today."""

    def __init__(self, *args: Any, editions: Sequence[Edition], **kwargs: Any):
        super().__init__(*args, **kwargs)
        frozen = [(str(one.pk), f"{with_era(one.reference_date)} {one}") for one in editions]
        for name, label, choices in (
            ("from", "比べる元", frozen),
            ("to", "比べる先", [(TODAY, "今日の数字"), *frozen]),
        ):
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=False,  # there is always something chosen
                error_messages={"invalid_choice": NOT_AN_EDITION},
            )

    def clean(self) -> dict[str, Any]:
        """Two different ones."""
        chosen = self.cleaned_data
        for name in self.fields:
            if chosen.get(name) == "":
                self.add_error(name, NOT_AN_EDITION)
        if "from" in chosen and chosen["from"] == chosen.get("to"):
            raise ValidationError(SAME)
        return chosen
