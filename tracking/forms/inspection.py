"""The forms of the inspection: which findings are shown, and 確認済 of some of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from procedures.models import Department, Division, Procedure, User
from procedures.permissions import rights_of
from tracking.actions.inspection import NO_REASON, last_day, usual_day
from tracking.checks import CHECKS, SEVERITY_LABELS, Check
from tracking.filters import DepartmentFilter, DivisionFilter

from .fields import OUTDATED, DayField, ProseField
from .rows import BAD_DATE


class InspectionFilter(django_filters.FilterSet):
    """Over the procedures that a person may inspect, and over the checks.

    An invalid value shows its error, no procedures and no checks.
    """

    department = DepartmentFilter()
    division = DivisionFilter(
        label="課", queryset=Division.objects.select_related("department"), empty_label="すべて"
    )
    severity = django_filters.ChoiceFilter(
        label="重さ",
        method="all_procedures",
        choices=[(severity.value, words) for severity, words in SEVERITY_LABELS.items()],
        empty_label="すべて",
    )
    check = django_filters.ChoiceFilter(
        label="点検項目",
        method="all_procedures",
        choices=[
            (
                words,
                [
                    (check.key, check.title)
                    for check in CHECKS.values()
                    if check.severity is severity
                ],
            )
            for severity, words in SEVERITY_LABELS.items()
        ],
        empty_label="すべて",
    )

    class Meta:
        model = Procedure
        fields: list[str] = []

    def __init__(self, data: Any, *, user: User, **options: Any) -> None:
        super().__init__(data, **options)
        rights = rights_of(user)
        if not rights.is_office_wide:
            self._narrow(rights.department_ids)

    @property
    def procedures(self) -> QuerySet[Procedure]:
        """The procedures of the chosen unit."""
        return self.qs if self.form.is_valid() else self.queryset.none()

    @property
    def chosen_check(self) -> Check | None:
        """The one check whose findings are asked for, if it is one of ``checks``."""
        chosen = self.form.cleaned_data.get("check") if self.form.is_valid() else ""
        return next((check for check in self.checks if check.key == chosen), None)

    @property
    def checks(self) -> Sequence[Check]:
        """The checks of the chosen severity."""
        if not self.form.is_valid():
            return ()
        severity = self.form.cleaned_data["severity"]
        return [check for check in CHECKS.values() if severity in ("", check.severity)]

    def all_procedures(
        self, procedures: QuerySet[Procedure], name: str, value: str
    ) -> QuerySet[Procedure]:
        """What is asked of the checks leaves the procedures alone."""
        return procedures

    def _narrow(self, departments: frozenset[int]) -> None:
        """Leaves only the choices among the person's own departments."""
        if len(departments) == 1:
            del self.filters["department"]
        else:
            own = Department.objects.filter(pk__in=departments)
            self.filters["department"].queryset = own
        divisions = Division.objects.filter(department__in=departments)
        self.filters["division"].queryset = divisions.select_related("department")


class DismissForm(forms.Form):
    """Why findings are left as they are and until when; ``seen`` is what the page showed."""

    reason = ProseField(
        label="理由",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="このままでよいと確かめた理由を、後で見る人に伝わるように書きます。",
        error_messages={"required": NO_REASON},
    )
    until = DayField(
        label="期限",
        error_messages={"required": "期限を入力してください。", "invalid": BAD_DATE},
        help_text="この日を過ぎると、もう一度点検に出ます。",
    )
    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": OUTDATED})

    def __init__(self, data: Any = None, *, on: date, **options: Any) -> None:
        super().__init__(data, **options)
        self.initial.setdefault("until", usual_day(on))
        self.fields["until"].widget.attrs |= {
            "min": on.isoformat(),
            "max": last_day(on).isoformat(),
        }
