"""The form over the whole plan, as its own page shows it."""

from typing import Any

from django import forms

from procedures.display import field_label
from procedures.templatetags.inventory import with_era
from tracking.models import Coverage, MigrationPlan

from .fields import DayField, ProseField
from .rows import BAD_DATE, PlanForm

UNDECIDED = "（未定）"
WRITTEN = "保存されている日：{day}"
DUE = "国の期限は{day}です。目標日がそれより遅いと「国の期限より遅い計画」になります（方針5）。"
CHECK_HELP = {
    "plain_wording_checked": (
        "法令や庁内の言葉が、申請する人に分かる言葉になっているかを見ます。"
        "手続を知らない人に読んでもらうと確かです。"
    ),
    "items_reviewed": ("審査に使わない項目や、庁内の情報で分かる項目を書かせていないかを見ます。"),
    "input_help_checked": (
        "選択肢・記入例・桁数の確認など、書き間違いをその場で防ぐ仕組みがあるかを見ます。"
    ),
}


class PlanPageForm(PlanForm):
    """オンライン化計画: what the row of the list has; who, the national date, how much."""

    attributes = (*PlanForm.attributes, "coverage", "national_due", "assignee")

    coverage = forms.ChoiceField(
        label=field_label(MigrationPlan, "coverage"),
        required=False,
        choices=[("", UNDECIDED), *Coverage.choices],
        help_text="手続の全部をオンラインでできるか、一部（申請だけ、など）かを選びます。",
    )
    national_due = DayField(
        label=field_label(MigrationPlan, "national_due"),
        required=False,
        error_messages={"invalid": BAD_DATE},
        help_text="国の予定に沿って進める手続の期限です（方針5）。国の期限がなければ空欄にします。",
    )
    assignee = ProseField(
        label=field_label(MigrationPlan, "assignee"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "assignees", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in CHECK_HELP.items():
            self.fields[name].help_text = text
        if self.obj.national_due:
            self._help("target_date", DUE.format(day=with_era(self.obj.national_due)))
        for name, field in self.fields.items():
            if isinstance(field, DayField) and getattr(self.obj, name):
                self._help(name, WRITTEN.format(day=with_era(getattr(self.obj, name))))

    def _help(self, name: str, text: str) -> None:
        field = self.fields[name]
        field.help_text = f"{field.help_text}<br>{text}" if field.help_text else text
