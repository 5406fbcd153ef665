"""The forms over yearly volumes: one year of one procedure, and a row of a team's sheet."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from procedures.actions import VolumeEdit
from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import Certainty, Department, Procedure, YearlyVolume
from procedures.plausibility import (
    ABOUT_THE_YEAR,
    Doubt,
    Question,
    YearVolume,
    questions,
    token_of,
)
from procedures.templatetags.inventory import fiscal_year_label

from .fields import CountField, FiscalYearField
from .versioned import VersionedForm

UNKNOWN_HELP = "分からないときは空欄のままにします。0 は「0件だった」という意味になります。"
UNCONFIRMED = (
    "件数を確かめてください。間違いがなければ「この値で正しい」に印を付けて、もう一度保存して"
    "ください。"
)
ALL_DEPARTMENTS = "すべて（自分の部局室）"
CHOOSE_DEPARTMENT = "（選んでください）"
YEARS_OFFERED = 6


class VolumeFields(VersionedForm):
    """件数 of one year; ``obj`` is the stored row or a new one, ``version`` the procedure's."""

    attributes = ("total", "online", "certainty")
    ignored: Collection[Doubt] = ()

    total = CountField(label="年間件数", required=False, help_text=UNKNOWN_HELP)
    online = CountField(label="うちオンライン件数", required=False)
    certainty = forms.ChoiceField(label="確度", required=False, choices=Certainty.choices)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.asked: tuple[Question, ...] = ()
        # Many such forms stand on one page, each with choices of its own.
        self._contested = data.getlist(self.add_prefix("contested")) if data is not None else []

    @property
    def wanted(self) -> dict[str, Any]:
        """What is to stand there: what was sent, and as stored where the other value was taken."""
        return {name: getattr(self.obj, name) for name in self.attributes} | self.sent

    @property
    def token(self) -> str:
        """What the tick 「この値で正しい」 sends: it holds for these questions and numbers only."""
        return token_of(self.asked)

    @property
    def confirmed_name(self) -> str:
        """The name of that tick."""
        return self.add_prefix("confirmed")

    def ask(
        self, seen: Mapping[str, Any], history: Iterable[YearlyVolume], *, year: int, on: date
    ) -> None:
        """Questions numbers that differ from those ``seen`` and are not confirmed.

        For a valid form, which then is valid no more; ``history``: volumes of the procedure.
        """
        new = YearVolume(year, self.wanted["total"], self.wanted["online"])
        if (new.total, new.online) == (seen["total"], seen["online"]):
            return
        if None not in (new.total, new.online) and new.online > new.total:
            return  # impossible, so refused by the writer
        others = [YearVolume(one.fiscal_year, one.total, one.online) for one in history]
        asked = questions(new, others, on=on)
        asked = tuple(one for one in asked if one.doubt not in self.ignored)
        if asked and self.data.get(self.confirmed_name) != token_of(asked):
            self.asked = asked
            self.add_error(None, UNCONFIRMED)

    def _choice(self, name: str) -> str:
        return self.data.get(self.add_prefix(f"choice_{name}"), "")


class FiscalYearForm(forms.Form):
    """Which year is looked at, as people write it."""

    fiscal_year = FiscalYearField(
        label="年度",
        help_text="2025 や 令和7年度 のように入力します（4月から翌年3月まで）。",
        error_messages={"required": "年度を入力してください。"},
    )


class VolumeForm(VolumeFields, FiscalYearForm):
    """年間件数 of one year of one procedure."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fiscal_year"].widget = forms.HiddenInput()


class VolumeRowForm(VolumeFields):
    """One row of the sheet; that its year is not over is said once for all rows."""

    ignored = ABOUT_THE_YEAR

    def __init__(self, data: Any = None, *, procedure: Procedure, **options: Any) -> None:
        super().__init__(data, version=procedure.version, prefix=f"row{procedure.pk}", **options)
        self.procedure = procedure
        for name in self.attributes:
            field = self.fields[name]
            field.help_text = ""
            field.widget.attrs |= {
                "aria-label": f"{procedure.name}：{field.label}",
                "data-column": name,
            }
            if isinstance(field, CountField):
                field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    @property
    def edit(self) -> VolumeEdit:
        """What ``set_volumes`` takes of a valid row."""
        return VolumeEdit(self.procedure.pk, self.cleaned_data["version"], self.sent)


class VolumeSheetFilter(forms.Form):
    """Which rows the sheet has: a year that has begun, the departments, all or the open ones."""

    fiscal_year = forms.TypedChoiceField(label="年度", coerce=int, required=False)
    department = forms.ModelChoiceField(label="部局室", queryset=None, required=False)
    missing = forms.BooleanField(label="件数が未入力の手続だけ", required=False)

    def __init__(
        self,
        data: QueryDict,
        *,
        departments: QuerySet[Department],
        must_choose: bool,
        on: date,
    ) -> None:
        given = {name: value for name, value in data.items() if value}
        super().__init__({"fiscal_year": last_complete_fiscal_year(on), **given})
        self.must_choose = must_choose
        running = fiscal_year(on)
        self.fields["fiscal_year"].choices = [
            (year, fiscal_year_label(year)) for year in range(running, running - YEARS_OFFERED, -1)
        ]
        field = self.fields["department"]
        field.queryset = departments
        field.empty_label = CHOOSE_DEPARTMENT if must_choose else ALL_DEPARTMENTS
