"""The form over the yearly volume of one fiscal year."""

from typing import Any

from django import forms

from procedures.models import Certainty

from .fields import CountField, FiscalYearField
from .versioned import VersionedForm

UNKNOWN_HELP = "分からないときは空欄のままにします。0 は「0件だった」という意味になります。"


class VolumeForm(VersionedForm):
    """年間件数 of one year; ``obj`` is the stored row or a new one."""

    attributes = ("total", "online", "certainty")

    fiscal_year = FiscalYearField(
        label="年度",
        help_text="2025 や 令和7年度 のように入力します（4月から翌年3月まで）。",
        error_messages={"required": "年度を入力してください。"},
    )
    total = CountField(label="年間件数", required=False, help_text=UNKNOWN_HELP)
    online = CountField(label="うちオンライン件数", required=False)
    certainty = forms.ChoiceField(label="確度", required=False, choices=Certainty.choices)

    @property
    def wanted(self) -> dict[str, Any]:
        """What is to stand there: what was sent, and as stored where the other value was taken."""
        return {name: getattr(self.obj, name) for name in self.attributes} | self.sent
