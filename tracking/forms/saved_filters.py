"""The form that keeps the conditions of a list under a name (保存した条件)."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from procedures.models import Department, Procedure, User
from procedures.permissions import rights_of
from tracking.filters import SEVERAL, ProcedureFilter
from tracking.models import ListName, SavedFilter

from .fields import ProseField

NAMELESS = "条件の名前を入力してください。"
NOTHING_CHOSEN = (
    "しぼり込みの条件がありません。一覧で条件か並べ替えを選んで「しぼり込む」を押してから、"
    "保存してください。"
)
NOT_A_FILTER = "この条件は一覧で使えないため、保存できません。一覧で条件を選び直してください。"
TOO_LONG = "条件が長すぎて保存できません。検索の言葉を短くしてください。"
_MOST_SENT = 4_000


def conditions_of(query: QueryDict) -> str:
    """What of a list's address is conditions and order: each once, always in the same order."""
    return urlencode(
        {
            name: query.getlist(name) if name in SEVERAL else query[name]
            for name in ProcedureFilter.base_filters
            if query.get(name)
        },
        doseq=True,
    )


class SavedFilterForm(forms.Form):
    """名前, the conditions as the query of the list's address, and the team to share them with."""

    name = ProseField(label="条件の名前", max_length=60, error_messages={"required": NAMELESS})
    department = forms.ModelChoiceField(
        label="チームと共有",
        queryset=Department.objects.none(),
        required=False,
        empty_label="共有しない（自分だけ）",
    )
    shown_on = forms.ChoiceField(choices=ListName.choices, widget=forms.HiddenInput)
    query = forms.CharField(
        max_length=_MOST_SENT,
        widget=forms.HiddenInput,
        error_messages={"required": NOTHING_CHOSEN, "max_length": TOO_LONG},
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        teams = rights_of(user).department_ids
        if teams:
            self.fields["department"].queryset = Department.objects.filter(pk__in=teams)
        else:
            del self.fields["department"]

    def clean_query(self) -> str:
        """The conditions that a list understands, and nothing else."""
        query = QueryDict(self.cleaned_data["query"])
        chosen = conditions_of(query)
        if not chosen:
            raise ValidationError(NOTHING_CHOSEN)
        if not ProcedureFilter(query, queryset=Procedure.objects.none()).form.is_valid():
            raise ValidationError(NOT_A_FILTER)
        if len(chosen) > SavedFilter._meta.get_field("query").max_length:
            raise ValidationError(TOO_LONG)
        return chosen
