"""The forms of consultations (協議, clause 4): the question, the talk, the answer; the filter."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from procedures.display import field_label
from procedures.models import ApplicationService
from procedures.rules import Service
from tracking.actions.consultations import NO_SERVICE, OUTCOMES
from tracking.consultations import OPEN, State, in_order, overdue
from tracking.models import Consultation, ConsultationNote
from tracking.moves import NO_DEPARTMENT
from tracking.services import offered_services

from .fields import OUTDATED, DayField, ProseField
from .own_or_all import OwnOrAllFilter
from .rows import BAD_DATE
from .versioned import SeenVersionForm

NO_PURPOSE = "なぜこのサービスを使いたいか、方針4のサービスではなぜ足りないかを書いてください。"
NO_DAY = "協議をした日を入力してください。"
NO_TEXT = "協議の内容を入力してください。"
NO_OUTCOME = "調ったか、調わなかったかを選んでください。"
CHOOSE = "（選んでください）"
_SEEN = re.compile(r"[0-9]{1,18}\.[0-9]{1,9}")


def _day(name: str, model: type = Consultation, **options: Any) -> DayField:
    messages = {"invalid": BAD_DATE, **options.pop("error_messages", {})}
    return DayField(label=field_label(model, name), error_messages=messages, **options)


def _text(label: str, rows: int = 3, **options: Any) -> ProseField:
    return ProseField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **options)


class AskForm(forms.Form):
    """The team's question: which service, what for, until when an answer is wished for."""

    service_id = forms.TypedChoiceField(
        label=field_label(Consultation, "service"),
        coerce=int,
        error_messages={"required": NO_SERVICE, "invalid_choice": NO_SERVICE},
        help_text="種別が「その他」のサービスです。ここにないサービスは、先に情報政策課に"
        "「サービス」の登録を頼んでください。",
    )
    purpose = _text(
        field_label(Consultation, "purpose"),
        rows=4,
        error_messages={"required": NO_PURPOSE},
        help_text="方針4で使うことになるサービスでは足りない事情も書きます。",
    )
    due = _day(
        "due", required=False, help_text="いつまでに結論がほしいかです。空欄でもかまいません。"
    )

    def __init__(self, data: Any = None, *, on: date, **options: Any) -> None:
        super().__init__(data, **options)
        outside = ApplicationService.objects.filter(kind=Service.OTHER.value)
        offered = offered_services([on, date.max], among=outside)
        self.fields["service_id"].choices = [("", CHOOSE), *offered]


class TalkForm(forms.Form):
    """What was said in one talk."""

    held_on = _day("held_on", ConsultationNote, error_messages={"required": NO_DAY})
    text = _text(field_label(ConsultationNote, "text"), error_messages={"required": NO_TEXT})


class DueForm(SeenVersionForm):
    """Until when the division wants to be done."""

    due = _day("due", required=False, help_text="空欄にすると、期限がなくなります。")


class WithdrawForm(SeenVersionForm):
    """The service is not wanted any more, or not to be used."""

    reason = _text("取り下げる理由", rows=2, required=False)


class _TicksField(forms.MultipleChoiceField):
    """Consultations with their versions; the writer says whether they can be answered still."""

    def valid_value(self, value: str) -> bool:
        """Whether it is one of the values that ``_seen`` gives."""
        return _SEEN.fullmatch(value) is not None


class DecideForm(SeenVersionForm):
    """The division's answer on one consultation and on the ticked ones about the same service.

    ``others`` are those that may be ticked.
    """

    outcome = forms.ChoiceField(
        label="結論",
        choices=[(state.value, state.label) for state in OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": NO_OUTCOME, "invalid_choice": NO_OUTCOME},
    )
    conditions = _text(
        field_label(Consultation, "conditions"),
        required=False,
        help_text="調ったときに付ける条件です。なければ空欄にします。",
    )
    reason = _text(
        field_label(Consultation, "outcome"),
        required=False,
        help_text="調わなかったときは必ず書きます。部局室に伝わります。",
    )
    others = _TicksField(
        label="同じサービスのほかの協議",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": OUTDATED},
        help_text="チェックした協議にも、同じ結論を一度に出します。まとめて元に戻せます。",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        consultation: Consultation,
        others: Iterable[Consultation],
        **options: Any,
    ) -> None:
        super().__init__(data, initial={"version": consultation.version}, **options)
        self._consultation = consultation
        self.fields["others"].choices = [(_seen(one), _words(one)) for one in others]

    @property
    def seen(self) -> dict[int, int]:
        """Consultation → version of all that are answered."""
        ticked = (pair.split(".") for pair in self.cleaned_data["others"])
        own = {self._consultation.pk: self.cleaned_data["version"]}
        return own | {int(pk): int(version) for pk, version in ticked}


def _seen(consultation: Consultation) -> str:
    return f"{consultation.pk}.{consultation.version}"


def _words(consultation: Consultation) -> str:
    department = consultation.procedure.department or NO_DEPARTMENT
    return f"{consultation.procedure}（{department}、{consultation.get_state_display()}）"


class ConsultationFilter(OwnOrAllFilter):
    """Over consultations."""

    WAITING, OVERDUE, UNDATED = "waiting", "overdue", "undated"

    whose = django_filters.ChoiceFilter(
        label="範囲",
        method="narrow",
        choices=[(OwnOrAllFilter.OWN, "チームの協議"), (OwnOrAllFilter.ALL, "全庁の協議")],
        empty_label=None,
    )
    state = django_filters.ChoiceFilter(
        label="状態",
        method="in_state",
        choices=[(WAITING, "結論の出ていない協議"), *State.choices, (OwnOrAllFilter.ALL, "すべて")],
        empty_label=None,
    )
    due = django_filters.ChoiceFilter(
        label="期限",
        method="due_when",
        choices=[(OVERDUE, "過ぎている"), (UNDATED, "決まっていない")],
        empty_label="すべて",
    )
    service = django_filters.ModelChoiceFilter(
        label="サービス", queryset=ApplicationService.objects.all(), empty_label="すべて"
    )

    class Meta:
        model = Consultation
        fields: list[str] = []

    def in_order(self, rows: QuerySet[Consultation]) -> QuerySet[Consultation]:
        """The open ones first, by their due date."""
        return in_order(rows)

    def in_state(
        self, rows: QuerySet[Consultation], name: str, value: str
    ) -> QuerySet[Consultation]:
        """Those in one state, those that have not ended, or all."""
        if value == self.WAITING:
            return rows.filter(state__in=OPEN)
        return rows if value == self.ALL else rows.filter(state=value)

    def due_when(
        self, rows: QuerySet[Consultation], name: str, value: str
    ) -> QuerySet[Consultation]:
        """The open ones whose due date has passed, or that have none."""
        if value == self.OVERDUE:
            return rows.filter(overdue(timezone.localdate()))
        return rows.filter(state__in=OPEN, due__isnull=True)
