"""What the page of a what-if is asked: against which edition, and which of the changed rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django_filters.fields import ModelChoiceField

from procedures.models import Department, PolicyEdition
from procedures.rules import ClauseFinding, describe_change
from tracking.filters import UNASSIGNED
from tracking.moves import NO_DEPARTMENT
from tracking.what_if import CHANGES

IN_FORCE = "施行中の版"
NOT_AN_EDITION = "比べる版が見つかりません。選び直してください。"
NOT_A_MOVE = "区分の変化を選び直してください。"
NOT_A_REASON = "選んだ理由で区分が変わる手続はありません。選び直してください。"


class AgainstForm(forms.Form):
    """With which other edition than ``edition`` it is compared; empty for the one in force."""

    def __init__(self, query: QueryDict, *, edition: PolicyEdition) -> None:
        super().__init__(query)
        others = PolicyEdition.objects.exclude(pk=edition.pk)
        self._others = {str(other.pk): other for other in others}
        self.fields["against"] = forms.ChoiceField(
            label="比べる版",
            choices=[("", IN_FORCE), *((key, str(one)) for key, one in self._others.items())],
            required=False,
            error_messages={"invalid_choice": NOT_AN_EDITION},
        )

    @property
    def against(self) -> PolicyEdition | None:
        """The other edition, if one is named; of a valid form."""
        return self._others.get(self.cleaned_data["against"])


class ChangedRowsForm(forms.Form):
    """Which of the changed rows are listed; ``reasons`` are those that some have."""

    department = ModelChoiceField(
        label="部局室",
        queryset=Department.objects.all(),
        required=False,
        empty_label="すべて",
        null_label=NO_DEPARTMENT,
        null_value=UNASSIGNED,
    )
    move = forms.ChoiceField(
        label="区分の変化",
        required=False,
        choices=[("", "すべて"), *((move.key, str(move)) for move in CHANGES)],
        error_messages={"invalid_choice": NOT_A_MOVE},
    )

    def __init__(self, query: QueryDict, *, reasons: Iterable[ClauseFinding]) -> None:
        super().__init__(query)
        self._reasons: Mapping[str, ClauseFinding] = {reason_key(one): one for one in reasons}
        self.fields["reason"] = forms.ChoiceField(
            label="理由",
            required=False,
            choices=[
                ("", "すべて"),
                *((key, describe_change(one)) for key, one in self._reasons.items()),
            ],
            error_messages={"invalid_choice": NOT_A_REASON},
        )

    @property
    def chosen(self) -> Mapping[str, Any]:
        """What the rows must have, by ``department`` (a key, or None for 所管未定) and so on.

        What is left open is not in it; of a valid form.
        """
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        if department := asked.get("department"):
            asked["department"] = None if department == UNASSIGNED else department.pk
        if reason := asked.get("reason"):
            asked["reason"] = self._reasons[reason]
        return asked


def reason_key(reason: ClauseFinding) -> str:
    """The name of a reason in an address."""
    parts = (reason.reason, reason.aspect, reason.answer, reason.ground, reason.basis)
    return "-".join(part for part in parts if part)
