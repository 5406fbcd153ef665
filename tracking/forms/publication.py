"""The filters of the public table, and of the division's list from which it is made."""

import django_filters
from django import forms
from django.db.models import QuerySet

from procedures.models import Department, Procedure
from tracking.filters import DepartmentFilter, ListFilter, in_name, searched
from tracking.publication import NAME_ORDER, OFFICE_ORDER
from tracking.selections import IS_ONLINE


class PublicFilter(forms.Form):
    """What a visitor can ask the public table: names only, no key and no number of ours.

    An invalid value shows its error and no rows.
    """

    BY_NAME = "name"

    q = forms.CharField(
        label="手続名・よみ",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    department = forms.ChoiceField(label="部局室", required=False)
    sort = forms.ChoiceField(
        label="並び順", required=False, choices=[("", "部局室の順"), (BY_NAME, "手続名の順")]
    )

    def __init__(self, data: object, *, procedures: QuerySet[Procedure]) -> None:
        super().__init__(data)
        self._procedures = procedures
        owners = Department.objects.filter(pk__in=procedures.order_by().values("department"))
        names = dict.fromkeys(owners.values_list("name", flat=True))
        self.fields["department"].choices = [("", "すべて"), *((name, name) for name in names)]

    @property
    def rows(self) -> QuerySet[Procedure]:
        """The rows to show, in order; none when something asked for is not understood."""
        if not self.is_valid():
            return self._procedures.none()
        rows, asked = self._procedures, self.cleaned_data
        for word in searched(asked["q"]):
            rows = rows.filter(in_name(word))
        if asked["department"]:
            rows = rows.filter(department__name=asked["department"])
        return rows.order_by(*(NAME_ORDER if asked["sort"] == self.BY_NAME else OFFICE_ORDER))

    @property
    def is_active(self) -> bool:
        """Whether the rows are narrowed."""
        return bool(self.data.get("q") or self.data.get("department"))


class PublicationFilter(ListFilter):
    """The procedures that may be published, by what the division decides on.

    Over ``with_progress`` rows. An invalid value shows its error and no rows.
    """

    APPROVED, WAITING = "approved", "waiting"
    ONLINE, NOT_ONLINE = "online", "not_online"

    set = None
    department = DepartmentFilter()
    online = django_filters.ChoiceFilter(
        label="オンライン化",
        method="in_status",
        choices=[(ONLINE, "オンライン化済"), (NOT_ONLINE, "オンライン化済でない")],
        empty_label="すべて",
    )
    state = django_filters.ChoiceFilter(
        label="公表の承認",
        method="in_state",
        choices=[(WAITING, "未承認"), (APPROVED, "承認済")],
        empty_label="すべて",
    )

    def in_status(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """Those that are online, or those that are not."""
        return rows.filter(IS_ONLINE if value == self.ONLINE else ~IS_ONLINE)

    def in_state(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """Those that are approved, or those that are not (any more)."""
        return rows.filter(publication__approved_at__isnull=value == self.WAITING)
