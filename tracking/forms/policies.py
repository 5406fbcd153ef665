"""The forms of the policy's editions: a draft, its adoption, and the way back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.actions import policies as writers
from procedures.display import field_label
from procedures.models import PolicyEdition
from procedures.rules import Aspect, BasisLevel, label
from tracking.policy_words import ANSWERED, GROUNDS

from .fields import OUTDATED, CodeField, CountField, DayField, ProseField
from .rows import BAD_DATE
from .versioned import SeenVersionForm, VersionedForm

NO_KEY = "版の記号を入力してください（例：2027-04-01）。"
NO_NAME = "名称を入力してください。"
NO_DAY = "施行日を入力してください。"
NO_COUNT = "区分が変わる手続の件数を、影響のページで確かめて入力してください。"


class CodeTable(forms.Widget):
    """Checkboxes by row and column, which a page draws by ``table`` of its form."""

    def __init__(self, rows: Iterable[str]) -> None:
        super().__init__()
        self.rows = tuple(rows)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[str]]:
        """The ticked codes of each row."""
        return {row: data.getlist(f"{name}-{row}") for row in self.rows}


class CodeTableField(forms.Field):
    """For each row the codes that hold for it: row → codes, in their order."""

    def __init__(
        self, rows: type[Aspect] | type[BasisLevel], columns: Iterable[Any], **options: Any
    ) -> None:
        super().__init__(widget=CodeTable(rows), required=False, **options)
        self.rows = rows
        self.columns = tuple(columns)

    def clean(self, value: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """The table; a code that no page offers comes from an outdated one."""
        offered = [column.value for column in self.columns]
        if not all(set(codes) <= set(offered) for codes in value.values()):
            raise ValidationError(OUTDATED)
        return {row: [code for code in offered if code in codes] for row, codes in value.items()}


@dataclass(frozen=True, slots=True)
class Box:
    """One checkbox of a table."""

    name: str
    value: str
    label: str
    column: str
    is_ticked: bool


class PolicyForm(VersionedForm):
    """A draft with everything that it says."""

    attributes = writers.EDITABLE_FIELDS

    key = CodeField(
        label=field_label(PolicyEdition, "key"),
        help_text="手続の記録に残る短い記号です。施行日をそのまま使えます（例：2027-04-01）。",
        error_messages={"required": NO_KEY},
    )
    name = ProseField(
        label=field_label(PolicyEdition, "name"),
        max_length=200,
        error_messages={"required": NO_NAME},
    )
    effective_from = DayField(
        label=field_label(PolicyEdition, "effective_from"),
        help_text="先の日にすると、採用しても施行日までは今の版のままです。",
        error_messages={"required": NO_DAY, "invalid": BAD_DATE},
    )
    decision_document = ProseField(
        label=field_label(PolicyEdition, "decision_document"),
        max_length=300,
        required=False,
        help_text="改定を決めた文書の名前や番号です。採用するまでに入力します。",
    )
    note = ProseField(
        label=field_label(PolicyEdition, "note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    honours_national_list = forms.BooleanField(
        label=field_label(PolicyEdition, "honours_national_list"), required=False
    )
    accepted = CodeTableField(Aspect, ANSWERED, label=field_label(PolicyEdition, "accepted"))
    exemption_grounds = CodeTableField(
        BasisLevel, GROUNDS, label=field_label(PolicyEdition, "exemption_grounds")
    )

    @property
    def accepted_table(self) -> list[tuple[str, list[Box]]]:
        """The checkboxes of clause 3(1)②, by aspect."""
        return self._table("accepted")

    @property
    def grounds_table(self) -> list[tuple[str, list[Box]]]:
        """The checkboxes of clause 6, by basis."""
        return self._table("exemption_grounds")

    def _table(self, name: str) -> list[tuple[str, list[Box]]]:
        field, value = self.fields[name], self[name].value()
        return [
            (
                label(row),
                [
                    Box(
                        f"{name}-{row}",
                        column.value,
                        f"{label(row)}：{label(column)}",
                        label(column),
                        column.value in value.get(row.value, ()),
                    )
                    for column in field.columns
                ],
            )
            for row in field.rows
        ]


class ReasonForm(forms.Form):
    """Why the leader of the division decides something about an edition."""

    reason = ProseField(
        label="理由",
        max_length=2_000,
        error_messages={"required": writers.NO_REASON},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AdoptionForm(SeenVersionForm, ReasonForm):
    """Adopting a draft: the reason, and the number that its effects say, typed."""

    expected_count = CountField(
        label="区分が変わる手続の件数",
        help_text="影響のページにある件数を入力します。数が違えば、何も変えずにお知らせします。",
        error_messages={"required": NO_COUNT},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("expected_count", "reason", "version")

    def clean_expected_count(self) -> int:
        """The number; what means 不明 elsewhere is none."""
        count = self.cleaned_data["expected_count"]
        if count is None:
            raise ValidationError(NO_COUNT)
        return count
