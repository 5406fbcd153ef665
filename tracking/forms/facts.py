"""Forms over the facts of the inventory: those of a procedure, and a new one by hand."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from procedures.actions import EDITABLE_FIELDS
from procedures.display import field_label
from procedures.models import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    Division,
    NationalListEdition,
    NationalPriorityProcedure,
    Procedure,
    Scope,
)
from procedures.models.procedure import ANSWER_CHOICES
from procedures.rules import Aspect
from procedures.spreadsheet.codes import APPLICANTS, PROCEDURE_KINDS, labels

from .fields import CodeField, DayField, ProseField
from .owner import OwnerForm
from .versioned import VersionedForm

NOTHING_CHOSEN = "（未選択）"
OTHER_HELP = "ほかにオンライン化の支障がなければ「不要」を選びます。"


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DescriptionForm(forms.Form):
    """What a procedure is."""

    name = ProseField(
        label="手続名",
        max_length=400,
        error_messages={"required": "手続名を入力してください。"},
    )
    name_kana = ProseField(label="手続名よみ", max_length=400, required=False)
    summary = ProseField(label="概要", required=False, widget=_area(3))
    applicants = forms.MultipleChoiceField(
        label="申請者",
        required=False,
        choices=list(labels(APPLICANTS).items()),
        widget=forms.CheckboxSelectMultiple,
    )
    kind = forms.ChoiceField(
        label="手続類型",
        required=False,
        choices=[("", NOTHING_CHOSEN), *labels(PROCEDURE_KINDS).items()],
    )
    scope = forms.ChoiceField(
        label="対象区分",
        required=False,
        choices=Scope.choices,
        help_text="方針2の対象は、市民等（個人・法人・団体）から市の機関への手続です。",
    )

    def clean_applicants(self) -> tuple[str, ...]:
        """The codes in the form's order."""
        return tuple(self.cleaned_data["applicants"])


class FactsForm(VersionedForm, DescriptionForm):
    """Everything that an edit of a procedure may write."""

    attributes = EDITABLE_FIELDS

    division_id = forms.TypedChoiceField(label="課", required=False, coerce=int, empty_value=None)
    national_priority_id = forms.TypedChoiceField(
        label="国の優先手続",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="国の一覧にある手続に当たる場合に選びます（方針3(1)①）。",
    )
    national_id = CodeField(label="国の手続ID", max_length=20, required=False)
    other_note = ProseField(label="その他の支障の内容", required=False, widget=_area(2))
    survey_note = ProseField(label="調査メモ", required=False, widget=_area(3))
    note = ProseField(label="備考", required=False, widget=_area(3))
    abolished_on = DayField(
        label="廃止日",
        required=False,
        help_text="廃止した手続は、集計の対象から外れます。",
    )

    def __init__(self, *args: Any, obj: Procedure, on: date, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        for name in ASPECT_FIELDS:
            self.fields[name] = forms.ChoiceField(
                label=field_label(Procedure, name),
                required=False,
                choices=ANSWER_CHOICES,
                help_text=OTHER_HELP if name == Aspect.OTHER else "",
            )
        for name in FLAG_FIELDS:
            self.fields[name] = forms.BooleanField(
                label=field_label(Procedure, name), required=False
            )
        offered = _national_choices(obj.national_priority_id)
        self.fields["national_priority_id"].choices = [("", "該当なし"), *offered]
        self._offer_divisions(obj, on)

    @property
    def answers(self) -> list[forms.BoundField]:
        """The seven questions of the survey."""
        return [self[name] for name in ASPECT_FIELDS]

    @property
    def flags(self) -> list[forms.BoundField]:
        """What clause 4 looks at, and the designated manager of clause 3(2)."""
        return [self[name] for name in FLAG_FIELDS]

    def clean_applicants(self) -> tuple[str, ...]:
        """The codes; as stored where they are the same ones, whatever their order."""
        chosen = super().clean_applicants()
        return self.obj.applicants if set(chosen) == set(self.obj.applicants) else chosen

    def _offer_divisions(self, procedure: Procedure, on: date) -> None:
        if procedure.department_id is None:
            del self.fields["division_id"]
            return
        rows = Division.objects.filter(department=procedure.department_id)
        offered = rows.filter(Q(pk__in=rows.current(on)) | Q(pk=procedure.division_id))
        self.fields["division_id"].choices = [
            ("", "（空欄）"),
            *((division.pk, division.name) for division in offered),
        ]


class NewProcedureForm(OwnerForm, DescriptionForm):
    """A procedure that no list has brought in."""

    number = CodeField(
        label="手続番号",
        max_length=50,
        required=False,
        help_text="空欄のままにすると、番号が付きます。",
    )

    def __init__(self, *args: Any, may_be_unassigned: bool, **kwargs: Any) -> None:
        if may_be_unassigned:
            self.no_department = "所管未定"
        super().__init__(*args, **kwargs)
        self.fields["department"].required = not may_be_unassigned
        self.initial.setdefault("scope", Scope.INBOUND)

    @property
    def values(self) -> dict[str, Any]:
        """What ``actions.create_procedure`` takes as its values."""
        division = self.cleaned_data["division"]
        return {name: self.cleaned_data[name] for name in DescriptionForm.base_fields} | {
            "division_id": division.pk if division else None
        }


def _national_choices(stored: int | None) -> list[tuple[str, list[tuple[int, str]]]]:
    """What counts of the national list, and what is stored, by edition and group."""
    groups: dict[str, list[tuple[int, str]]] = {}
    current = Q(edition__state=NationalListEdition.State.CURRENT)
    rows = NationalPriorityProcedure.objects.filter(current | Q(pk=stored))
    for row in rows.select_related("edition"):
        group = f"{row.edition.name}　{row.group}".strip()
        groups.setdefault(group, []).append((row.pk, str(row)))
    return list(groups.items())
