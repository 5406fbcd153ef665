"""The filters of the procedure lists: the URL is the filter."""

import unicodedata

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from procedures.models import (
    ApplicationService,
    Department,
    Division,
    Procedure,
)
from procedures.rules import Aspect, Category
from procedures.rules.wording import ASPECT_LABELS, CATEGORY_LABELS
from procedures.spreadsheet.keys import name_key

from .selections import SELECTIONS, condition, with_progress
from .workflow import STATUS_LABELS, Status

UNASSIGNED = "none"
"""The value of ``department`` in an address that means 所管未定."""
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HIRAGANA = {to: code for code, to in _KATAKANA.items()}
ASPECT_CHOICES = [(aspect.value, ASPECT_LABELS[aspect]) for aspect in Aspect]
SORTS: dict[str, tuple[str, tuple]] = {
    "office": (
        "組織順",
        (
            F("department__order").asc(nulls_last=True),
            F("division__order").asc(nulls_last=True),
            "number",
            "pk",
        ),
    ),
    "number": ("手続番号順", ("number", "pk")),
    "name": ("手続名順", ("name_key", "pk")),
    "target": ("目標日の早い順", (F("plan__target_date").asc(nulls_last=True), "number", "pk")),
    "volume": ("年間件数の多い順", (F("annual_volume").desc(nulls_last=True), "number", "pk")),
    "changed": ("更新の古い順", ("last_change", "pk")),
}


class _DivisionField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, division: Division) -> str:
        return f"{division.department.name} {division.name}"


class DivisionFilter(django_filters.ModelChoiceFilter):
    """課 by its whole name: several departments have one of the same name."""

    field_class = _DivisionField


class ProcedureFilter(django_filters.FilterSet):
    """Over ``with_progress`` rows. An invalid value shows its error and no rows."""

    q = django_filters.CharFilter(
        label="検索（手続名・よみ・番号）",
        method="search",
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    department = django_filters.ModelChoiceFilter(
        label="部局室",
        queryset=Department.objects.all(),
        empty_label="すべて",
        null_label="所管未定",
        null_value=UNASSIGNED,
    )
    division = DivisionFilter(
        label="課", queryset=Division.objects.select_related("department"), empty_label="すべて"
    )
    category = django_filters.ChoiceFilter(
        label="区分",
        choices=[(category.value, CATEGORY_LABELS[category]) for category in Category],
        empty_label="すべて",
    )
    status = django_filters.ChoiceFilter(
        label="状況",
        field_name="plan_status",
        choices=[(status.value, STATUS_LABELS[status]) for status in Status],
        empty_label="すべて",
    )
    service = django_filters.ModelChoiceFilter(
        label="利用サービス",
        field_name="plan__service",
        queryset=ApplicationService.objects.all(),
        empty_label="すべて",
    )
    obstacle = django_filters.ChoiceFilter(
        label="支障",
        field_name="obstacles",
        lookup_expr="contains",
        choices=ASPECT_CHOICES,
        empty_label="すべて",
    )
    unanswered = django_filters.ChoiceFilter(
        label="未調査",
        lookup_expr="contains",
        choices=ASPECT_CHOICES,
        empty_label="すべて",
    )
    set = django_filters.ChoiceFilter(
        label="集計の対象",
        method="select",
        choices=[(key, selection.label) for key, selection in SELECTIONS.items()],
        empty_label="すべて",
    )
    sort = django_filters.ChoiceFilter(
        label="並べ替え",
        method="order",
        choices=[(key, label) for key, (label, _) in SORTS.items()],
        empty_label=None,
    )

    class Meta:
        model = Procedure
        fields: list[str] = []

    @property
    def rows(self) -> QuerySet[Procedure]:
        """The rows to show, in order: those that match, or none when the filter is invalid."""
        if not self.form.is_valid():
            return self.queryset.none()
        rows = self.qs
        return rows if self.form.cleaned_data["sort"] else rows.order_by(*SORTS["office"][1])

    @property
    def is_active(self) -> bool:
        """Whether anything but the order is chosen."""
        return any(value for name, value in self.data.items() if name not in {"sort", "page"})

    @property
    def is_narrowed(self) -> bool:
        """Whether one of the conditions is chosen that are folded away at first."""
        seen = {"q", "set", "sort", "page"}
        return any(value for name, value in self.data.items() if name not in seen)

    def search(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """Every word of ``value`` in the name (as a key), its reading or the number.

        Full and half width, hiragana and katakana find each other.
        """
        for word in unicodedata.normalize("NFKC", value).split():
            rows = rows.filter(
                Q(name_key__contains=name_key(word))
                | Q(name_kana__icontains=word.translate(_HIRAGANA))
                | Q(name_kana__icontains=word.translate(_KATAKANA))
                | Q(number__icontains=word)
            )
        return rows

    def select(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows of a named set, as the figures count them."""
        return rows.filter(condition(value, timezone.localdate()))

    def order(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows in a named order."""
        return rows.order_by(*SORTS[value][1])


def listed(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """What a list of procedures shows of each row, with a constant number of queries."""
    return with_progress(procedures).select_related(
        "department", "division", "plan__service", "national_priority", "exemption"
    )
