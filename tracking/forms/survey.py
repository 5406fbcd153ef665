"""The forms of the national survey: a file, a search, which differences, why they are put away."""

from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Exists, Q, QuerySet

from procedures.forms.upload import EMPTY_FILE
from procedures.models import SurveyDifference
from procedures.spreadsheet.keys import name_key
from tracking.actions.survey import NO_REASON
from tracking.filters import UNASSIGNED, DepartmentFilter, searched
from tracking.survey import concerned

from .fields import OUTDATED, CodeField, ProseField, VersionField

NO_FILE = "国の調査のファイルを選んでください。"
TOO_LARGE = (
    "ファイルが大きすぎます（{limit}MBまで）。国の調査の一覧だけのファイルを選んでください。"
)
_SEARCHED = 100  # characters


class SurveyFileForm(forms.Form):
    """A file of the survey, and what the edition is called."""

    file = forms.FileField(
        label="国の調査のファイル",
        help_text="公表されているExcelファイルを、そのまま選びます。",
        error_messages={
            "required": NO_FILE,
            "missing": NO_FILE,
            "invalid": NO_FILE,
            "empty": EMPTY_FILE,
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"}),
    )
    name = ProseField(
        label="版の名称",
        required=False,
        max_length=100,
        help_text="例：2025年7月版。空欄にすると、ファイル名になります。",
    )

    def clean_file(self) -> Any:
        """The file, unless it is larger than the reader takes."""
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(TOO_LARGE.format(limit=limit))
        return file


class SurveySearchForm(forms.Form):
    """What to look for in the survey, and for which procedure of the city."""

    q = ProseField(
        label="検索（手続名・法令名・国の手続ID）",
        required=False,
        max_length=_SEARCHED,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    procedure = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def words(self) -> list[str]:
        """The words of the search."""
        return searched(self.cleaned_data["q"])


class LinkForm(forms.Form):
    """Which procedure of the survey one of the city's is, and the version that was shown."""

    national_id = CodeField(max_length=20, error_messages={"required": OUTDATED})
    version = VersionField()


class DifferenceFilter(django_filters.FilterSet):
    """Over the differences. An invalid value shows its error and no rows."""

    q = django_filters.CharFilter(
        label="検索（手続名・国の手続ID）",
        method="search",
        max_length=_SEARCHED,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    fact = django_filters.ChoiceFilter(
        label="項目", choices=SurveyDifference.Fact.choices, empty_label="すべて"
    )
    department = DepartmentFilter(method="of_department")
    linked = django_filters.BooleanFilter(
        label="台帳にある手続だけ",
        method="in_city",
        widget=forms.CheckboxInput,
    )

    class Meta:
        model = SurveyDifference
        fields: list[str] = []

    @property
    def rows(self) -> QuerySet[SurveyDifference]:
        """What matches; nothing where a value cannot be read."""
        return self.qs if self.form.is_valid() else self.queryset.none()

    def search(
        self, rows: QuerySet[SurveyDifference], name: str, value: str
    ) -> QuerySet[SurveyDifference]:
        """Each word in the name, or the whole as the id."""
        in_name = Q()
        for word in searched(value):
            in_name &= Q(name__icontains=word)
        return rows.filter(in_name | Q(national_id=name_key(value)))

    def of_department(
        self, rows: QuerySet[SurveyDifference], name: str, value: Any
    ) -> QuerySet[SurveyDifference]:
        """Those about a procedure of the department, or of none."""
        department = None if value == UNASSIGNED else value
        if department is None:
            return rows.filter(Exists(concerned(department__isnull=True)))
        return rows.filter(Exists(concerned(department=department)))

    def in_city(
        self, rows: QuerySet[SurveyDifference], name: str, value: bool
    ) -> QuerySet[SurveyDifference]:
        """With the tick, those about a procedure that the city has."""
        return rows.filter(Exists(concerned())) if value else rows


class DismissDifferencesForm(forms.Form):
    """Why differences need no more attention; ``seen`` is what the page showed."""

    reason = ProseField(
        label="確認した内容",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例：市の手続にも同じ変更が要るため、担当課に依頼した。",
        error_messages={"required": NO_REASON},
    )
    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": OUTDATED})
