"""The filters of the procedure lists: the URL is the filter, and the order."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import NullIf
from django.http import QueryDict
from django.utils import timezone

from procedures.models import (
    ApplicationService,
    Department,
    Division,
    Procedure,
)
from procedures.models.organisation import Unit
from procedures.rules import Aspect, Category, Clause, label
from procedures.rules.wording import ASPECT_LABELS, CATEGORY_LABELS, CLAUSE_NUMBERS
from procedures.spreadsheet.codes import APPLICANTS, PROCEDURE_KINDS, labels
from procedures.spreadsheet.keys import search_key
from procedures.templatetags.inventory import with_era

from .models import OPEN_STATES, Issue
from .selections import ADVISED, OTHER_BASES, SELECTIONS, condition, has, with_progress
from .workflow import STATUS_LABELS, Status

UNASSIGNED = "none"
"""The value of ``department`` in an address that means 所管未定; of ``division``, 課が未定."""
KNOWN, UNKNOWN = "known", "unknown"
"""The values of ``volume`` in an address."""
OPEN = "open"
"""The value in an address that unfolds something, as ``conditions`` the further conditions."""
SEVERAL = frozenset({"solved"})
"""The conditions that an address may name more than once."""
_BESIDE = {"page", "conditions", "figures"}  # in an address, and no condition
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HIRAGANA = {to: code for code, to in _KATAKANA.items()}
GROUNDS = (
    Clause.NATIONAL_LIST,
    Clause.NO_HINDRANCE,
    Clause.REVIEW,
    Clause.EXEMPTION_ORDINANCE,
    Clause.EXEMPTION_RULE,
    Clause.EXEMPTION_NATIONAL,
)
"""The clauses on which a category can rest."""
ASPECT_CHOICES = [(aspect.value, ASPECT_LABELS[aspect]) for aspect in Aspect]


def _in_turn(field: str, values: Iterable[str]) -> Case:
    """The order in which ``values`` are given."""
    places = [When(**{field: value}, then=Value(place)) for place, value in enumerate(values)]
    return Case(*places, output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Sort:
    """One order of a list, upwards and downwards: by these, then by number."""

    label: str
    by: tuple[Expression | F, ...]

    def order(self, *, descending: bool = False) -> tuple[object, ...]:
        """For ``order_by``: what is not known stands last either way, and no two rows are equal."""
        turned = (
            one.desc(nulls_last=True) if descending else one.asc(nulls_last=True) for one in self.by
        )
        return (*turned, "number", "pk")


SORTS: dict[str, Sort] = {
    "office": Sort("組織", (F("department__order"), F("division__order"))),
    "number": Sort("番号", (F("number"),)),
    "name": Sort("手続名", (F("name_key"),)),
    "department": Sort("部局室", (F("department__order"),)),
    "division": Sort("課", (F("division__order"),)),
    "category": Sort(
        "区分", (_in_turn("category", (Category.PRIORITY, Category.PENDING, Category.EXEMPT)),)
    ),
    "status": Sort("状況", (_in_turn("plan_status", Status),)),
    "target": Sort("目標日", (F("plan__target_date"),)),
    "service": Sort("利用サービス", (F("plan__service__name"),)),
    "volume": Sort("年間件数", (F("annual_volume"),)),
    "changed": Sort("更新", (F("last_change"),)),
    "assignee": Sort("担当者", (NullIf(F("plan__assignee"), Value("")),)),
    "launched": Sort("開始日", (F("plan__launched_on"),)),
    "national_due": Sort("国の期限", (F("plan__national_due"),)),
    "confirmed": Sort("最終確認日", (F("confirmed_at"),)),
}
"""The orders over ``with_progress`` rows; an address names one, or one downwards with ``-``."""


# Functions, not lists: the filter of every request copies what it is declared with.
def set_choices() -> list[tuple[str, object]]:
    """The named sets; those that only the rates on other bases are made of stand apart."""
    chosen: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for key, selection in SELECTIONS.items():
        chosen[key.startswith(tuple(f"{base}_" for base in OTHER_BASES))].append(
            (key, selection.label)
        )
    return [*chosen[False], ("率の内訳", chosen[True])]


def sort_choices() -> list[tuple[str, str]]:
    """The orders, each upwards and downwards."""
    return [
        (f"{sign}{key}", f"{sort.label}（{direction}）")
        for key, sort in SORTS.items()
        for sign, direction in (("", "昇順"), ("-", "降順"))
    ]


class _DepartmentField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, department: Department) -> str:
        return named_with_end(department)


class DepartmentFilter(django_filters.ModelChoiceFilter):
    """A choice among the departments, 所管未定 being one of them."""

    field_class = _DepartmentField

    def __init__(self, **options: Any) -> None:
        usual = {
            "label": "部局室",
            "queryset": Department.objects.all(),
            "empty_label": "すべて",
            "null_label": "所管未定",
            "null_value": UNASSIGNED,
        }
        super().__init__(**usual | options)


class _DivisionField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, division: Division) -> str:
        return f"{division.department.name} {named_with_end(division)}"


class DivisionFilter(django_filters.ModelChoiceFilter):
    """課 by its whole name: several departments have one of the same name."""

    field_class = _DivisionField


def named_with_end(unit: Unit) -> str:
    """The name of a unit; of one that has ended or will, until when it is there."""
    return f"{unit.name}（{with_era(unit.valid_to)}まで）" if unit.valid_to else unit.name


def searched(text: str) -> list[str]:
    """The words of a search, as ``in_name`` takes them."""
    return unicodedata.normalize("NFKC", text).split()


def in_name(word: str) -> Q:
    """``word`` in the name (as a key) or its reading."""
    return (
        Q(search_key__contains=search_key(word))
        | Q(name_kana__icontains=word.translate(_HIRAGANA))
        | Q(name_kana__icontains=word.translate(_KATAKANA))
    )


class ListFilter(django_filters.FilterSet):
    """What every look at a list can ask for: a search, a named set, an order.

    Over ``with_progress`` rows. An invalid value shows its error and no rows.
    """

    q = django_filters.CharFilter(
        label="検索（手続名・よみ・番号）",
        method="search",
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    set = django_filters.ChoiceFilter(
        label="集計の対象", method="select", choices=set_choices, empty_label="すべて"
    )
    sort = django_filters.ChoiceFilter(
        label="並べ替え", method="order", choices=sort_choices, empty_label=None
    )

    class Meta:
        model = Procedure
        fields: list[str] = []

    usual_order = "office"
    """The order where none is asked for; within one department "division" says the same."""

    def __init__(self, *args: Any, on: date | None = None, **options: Any) -> None:
        """``on`` is the day on which the named sets are looked at; None is today."""
        super().__init__(*args, **options)
        self.on = on or timezone.localdate()

    @property
    def rows(self) -> QuerySet[Procedure]:
        """The rows to show, in order: those that match, or none when the filter is invalid."""
        if not self.form.is_valid():
            return self.queryset.none()
        rows = self.qs
        if self.form.cleaned_data["sort"]:
            return rows
        return rows.order_by(*SORTS[self.usual_order].order())

    @property
    def is_active(self) -> bool:
        """Whether anything but the order is chosen."""
        return _chooses(self.data, without=_BESIDE | {"sort"})

    def search(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """Every word of ``value`` in the name (as a key), its reading or the number.

        Full and half width, hiragana and katakana find each other.
        """
        for word in searched(value):
            rows = rows.filter(in_name(word) | Q(number__icontains=word))
        return rows

    def select(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows of a named set, as the figures count them."""
        return rows.filter(condition(value, self.on))

    def order(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows in a named order."""
        descending = value.startswith("-")
        return rows.order_by(*SORTS[value.removeprefix("-")].order(descending=descending))


class ConditionFilter(django_filters.FilterSet):
    """What procedures have to be, whatever is shown of them: the same names in every address.

    Over ``with_progress`` rows. The choices cost queries.
    """

    department = DepartmentFilter()
    division = DivisionFilter(
        label="課",
        queryset=Division.objects.select_related("department"),
        empty_label="すべて",
        null_label="課が未定",
        null_value=UNASSIGNED,
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
    kind = django_filters.ChoiceFilter(
        label="手続類型", choices=list(labels(PROCEDURE_KINDS).items()), empty_label="すべて"
    )
    applicant = django_filters.ChoiceFilter(
        label="申請者",
        field_name="applicants",
        lookup_expr="contains",
        choices=list(labels(APPLICANTS).items()),
        empty_label="すべて",
    )


class ProcedureFilter(ListFilter, ConditionFilter):
    """A list with all further conditions, see ``filter_for``."""

    volume = django_filters.ChoiceFilter(
        label="年間件数",
        method="with_volume",
        choices=[(KNOWN, "分かっている"), (UNKNOWN, "不明")],
        empty_label="すべて",
    )
    without_issue = django_filters.ChoiceFilter(
        label="課題のない支障", method="not_taken_up", choices=ASPECT_CHOICES, empty_label="すべて"
    )
    ground = django_filters.ChoiceFilter(
        label="区分の根拠",
        field_name="grounds",
        lookup_expr="contains",
        choices=[(one.value, f"{CLAUSE_NUMBERS[one]} {label(one)}") for one in GROUNDS],
        empty_label="すべて",
    )
    advised = django_filters.ChoiceFilter(
        label="方針4によるサービス",
        method="advised_by",
        choices=[(one.value, label(one)) for one in ADVISED],
        empty_label="すべて",
    )
    solved = django_filters.MultipleChoiceFilter(
        label="支障がこれだけの手続（チェックのほかに支障がない手続）",
        method="hindered_by_these_alone",
        choices=ASPECT_CHOICES,
        widget=forms.CheckboxSelectMultiple,
    )

    def advised_by(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows to which a part of clause 4 gives their service."""
        return rows.filter(ADVISED[Clause(value)])

    def with_volume(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows whose yearly volume is known, or is not."""
        return rows.filter(annual_volume__isnull=value == UNKNOWN)

    def not_taken_up(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows with an obstacle about which no issue is open."""
        issues = Issue.objects.filter(aspect=value, state__in=OPEN_STATES)
        return rows.filter(~has(issues), obstacles__contains=value)

    def hindered_by_these_alone(
        self, rows: QuerySet[Procedure], name: str, value: list[str]
    ) -> QuerySet[Procedure]:
        """The rows in whose way nothing is left once the obstacles of ``value`` are solved."""
        for aspect in Aspect:
            if aspect not in value:
                rows = rows.exclude(obstacles__contains=aspect.value)
        return rows


def filter_for(query: QueryDict) -> type[ListFilter]:
    """The smallest filter that understands ``query`` and has what its page is to offer."""
    is_narrowed = _chooses(query, without=_BESIDE | {*ListFilter.base_filters})
    return ProcedureFilter if is_narrowed or query.get("conditions") == OPEN else ListFilter


def _chooses(query: QueryDict, *, without: set[str]) -> bool:
    return any(value for name, value in query.items() if name not in without)


def listed(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """What a list of procedures shows of each row, with a constant number of queries."""
    return with_progress(procedures).select_related(
        "department", "division", "plan__service", "national_priority", "exemption"
    )
