"""The forms of a bulk edit: what is to be changed, and what the person saw before applying it."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.display import field_label
from procedures.models import ASPECT_FIELDS, Division, Procedure
from procedures.models.procedure import ANSWER_CHOICES
from tracking.actions.bulk import FACT_FIELDS, PLAN_FIELDS, Edit, Seen, Versions
from tracking.models import Coverage, MigrationPlan
from tracking.services import offered_services
from tracking.workflow import STATUS_LABELS, Status

from .fields import OUTDATED, DayField, ProseField
from .rows import BAD_DATE, REASON_HELP

KEEP = "変えない"
NONE, EMPTY = "none", "（空にする）"
NOTHING_CHOSEN = "変更する項目がありません。少なくとも一つの項目を選んでください。"
BOTH = "「{label}」は、新しい内容を入力するか「空にする」を選ぶか、どちらかにしてください。"
HOLD_REASON_HELP = "状況を「保留」にするときに入力します。"
CLEAR = "clear_"


def _choice(label: str, choices: list[tuple[Any, str]], *, can_be_empty: bool = False) -> Any:
    first = [("", KEEP), (NONE, EMPTY)] if can_be_empty else [("", KEEP)]
    return forms.ChoiceField(label=label, required=False, choices=[*first, *choices])


def _day(name: str) -> DayField:
    label = field_label(MigrationPlan, name)
    return DayField(label=label, required=False, error_messages={"invalid": BAD_DATE})


def _clear(name: str) -> forms.BooleanField:
    label = field_label(MigrationPlan, name)
    return forms.BooleanField(label=f"{label}を空にする", required=False)


class BulkEditForm(forms.Form):
    """Every field that may be set on many rows; what is left alone is not changed."""

    status = _choice("状況", [(status.value, STATUS_LABELS[status]) for status in Status])
    hold_reason = ProseField(
        label=field_label(MigrationPlan, "hold_reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=HOLD_REASON_HELP,
    )
    target_date = _day("target_date")
    clear_target_date = _clear("target_date")
    service_id = _choice("利用サービス", [], can_be_empty=True)
    service_reason = ProseField(
        label=field_label(MigrationPlan, "service_reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=REASON_HELP,
    )
    coverage = _choice("オンラインの範囲", Coverage.choices, can_be_empty=True)
    launched_on = _day("launched_on")
    clear_launched_on = _clear("launched_on")
    assignee = ProseField(
        label=field_label(MigrationPlan, "assignee"), required=False, max_length=100
    )
    clear_assignee = _clear("assignee")
    division_id = _choice("課", [], can_be_empty=True)

    def __init__(
        self, data: Any = None, *, departments: Collection[int], on: date, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.fields["service_id"].choices += offered_services([on, date.max])
        self.fields["division_id"].choices += _divisions(departments, on)
        for name in ASPECT_FIELDS:
            self.fields[name] = _choice(field_label(Procedure, name), ANSWER_CHOICES)

    @property
    def plan_fields(self) -> list[forms.BoundField]:
        """The plan's fields in their order, each followed by the one that empties it."""
        return [self[name] for name in self.fields if name.removeprefix(CLEAR) in PLAN_FIELDS]

    @property
    def answers(self) -> list[forms.BoundField]:
        """The seven answers of the survey."""
        return [self[name] for name in ASPECT_FIELDS]

    @property
    def edit(self) -> Edit:
        """What is to be set; of a valid form."""
        return Edit(facts=self._set(FACT_FIELDS), plan=self._set(PLAN_FIELDS))

    def clean(self) -> dict[str, Any]:
        """Something must be chosen, and no field both filled and emptied."""
        for name, value in list(self.cleaned_data.items()):
            if self.cleaned_data.get(f"{CLEAR}{name}") and value:
                label = self.fields[name].label
                self.add_error(name, BOTH.format(label=label))
        if not self.errors and not any(self.cleaned_data.values()):
            raise ValidationError(NOTHING_CHOSEN)
        return self.cleaned_data

    def _set(self, names: tuple[str, ...]) -> dict[str, Any]:
        values = {}
        for name in names:
            value = self.cleaned_data[name]
            is_cleared = value == NONE or self.cleaned_data.get(f"{CLEAR}{name}")
            if is_cleared:
                values[name] = _EMPTY.get(name)
            elif value:
                values[name] = int(value) if name in _KEYS else value
        return values


class SeenForm(forms.Form):
    """What the preview showed: the versions of each row, as one compact field."""

    seen = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": OUTDATED}, strip=True
    )

    def clean_seen(self) -> Seen:
        """Procedure → versions."""
        try:
            rows = [
                [int(part) for part in row.split(".")] for row in self.cleaned_data["seen"].split()
            ]
            return {pk: Versions(procedure, plan) for pk, procedure, plan in rows}
        except ValueError:
            raise ValidationError(OUTDATED) from None


def written(seen: Seen) -> str:
    """``seen`` as ``SeenForm`` reads it: 「12.3.1」 for each row."""
    return " ".join(f"{pk}.{one.procedure}.{one.plan}" for pk, one in seen.items())


_KEYS = ("service_id", "division_id")
_EMPTY: dict[str, Any] = {"coverage": "", "assignee": ""}


def _divisions(departments: Collection[int], on: date) -> list[tuple[int, str]]:
    """Those of ``departments``, with the department's name where there are several."""
    divisions = Division.objects.current(on).filter(department__in=departments)
    is_one = len(departments) == 1
    return [
        (division.pk, division.name if is_one else f"{division.department.name} {division.name}")
        for division in divisions.select_related("department")
    ]
