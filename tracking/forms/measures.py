"""The forms of shared measures (共通の対応策): the edit of one, and its close with what waits."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.display import field_label
from procedures.models import Department
from procedures.rules import MeasureKind, label
from tracking.actions.issues import NO_OUTCOME, OUTCOMES
from tracking.actions.measures import DIVISION
from tracking.models import Issue, SharedMeasure
from tracking.models.issue import ASPECT_CHOICES, MEASURE_CHOICES

from .fields import DayField, FiscalYearField, ProseField
from .versioned import VersionedForm

NO_NAME = "名称を入力してください（例：電子決済の導入）。"
OUTDATED = "画面が古くなっています。ページを読み込み直して、もう一度選んでください。"


class _EraYearField(FiscalYearField):
    """年度 that is shown as people write it: 令和9年度."""

    def prepare_value(self, value: Any) -> Any:
        """A stored year in words; what was typed as it is."""
        if not isinstance(value, int):
            return value
        era = value - 2018
        return f"令和{'元' if era == 1 else era}年度" if era >= 1 else f"{value}年度"


class MeasureForm(VersionedForm):
    """A measure; ``departments`` are those that the person may name as its lead."""

    attributes = (
        "name", "aspect", "kind", "department_id", "owner", "budget_year", "goes_live_on",
        "state", "note",
    )  # fmt: skip

    name = ProseField(label="名称", max_length=100, error_messages={"required": NO_NAME})
    aspect = forms.ChoiceField(
        label="支障", choices=ASPECT_CHOICES, help_text="この対応策で解決する支障を一つ選びます。"
    )
    kind = forms.ChoiceField(
        label="対応策の種類（方針3(2)）",
        choices=[one for one in MEASURE_CHOICES if one[0] != MeasureKind.DESIGNATED_MANAGER_REVIEW],
    )
    department_id = forms.TypedChoiceField(
        label="進める部局室", required=False, coerce=int, empty_value=None
    )
    owner = ProseField(label=field_label(SharedMeasure, "owner"), max_length=100, required=False)
    budget_year = _EraYearField(
        label=field_label(SharedMeasure, "budget_year"),
        required=False,
        help_text="令和9年度 や 2027 のように入力します。決まっていなければ空欄にします。",
    )
    goes_live_on = DayField(
        label=field_label(SharedMeasure, "goes_live_on"),
        required=False,
        help_text="この日が、待っている課題の見込みになります。",
    )
    state = forms.ChoiceField(
        label="状態",
        choices=[
            (state.value, state.label)
            for state in (SharedMeasure.State.PLANNED, SharedMeasure.State.DROPPED)
        ],
        help_text="導入が終わったときは、「導入済にする」のページを使います。",
    )
    note = ProseField(label="備考", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        *args: Any,
        departments: Iterable[Department],
        may_be_division: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[Any, str]] = [("", DIVISION)] if may_be_division else []
        choices += [(department.pk, department.name) for department in departments]
        self.fields["department_id"].choices = choices
        if self.obj._state.adding:
            del self.fields["state"]


class CloseMeasureForm(forms.Form):
    """What happens to the issues that wait on a measure which is in use now.

    ``rows`` holds the ticks of the issues that the person may solve: of one, or of many together,
    as ``written`` writes them.
    """

    outcome = forms.ChoiceField(
        label="解決後の回答",
        choices=[(outcome.value, label(outcome)) for outcome in OUTCOMES],
        initial=OUTCOMES[0],
        widget=forms.RadioSelect,
        error_messages={"required": NO_OUTCOME, "invalid_choice": NO_OUTCOME},
    )
    note = ProseField(
        label=field_label(Issue, "outcome_note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    rows = forms.MultipleChoiceField(required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # Which of them may be solved is the action's question; here they need only be numbers.
        sent = data.getlist("rows") if data is not None else []
        self.fields["rows"].choices = [(row, row) for row in sent]

    def clean_rows(self) -> dict[int, int]:
        """Issue → version of its procedure."""
        pairs = [pair.split(".") for row in self.cleaned_data["rows"] for pair in row.split()]
        if not all(map(_is_pair, pairs)):
            raise ValidationError(OUTDATED)
        return {int(issue): int(version) for issue, version in pairs}


def written(pairs: Iterable[tuple[int, int]]) -> str:
    """Issues, each with the version of its procedure, as the form reads them: 「12.3 14.1」."""
    return " ".join(f"{issue}.{version}" for issue, version in pairs)


def _is_pair(parts: list[str]) -> bool:
    # Longer ones are no keys, and too long for the database.
    is_number = (part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
    return len(parts) == 2 and all(is_number)
