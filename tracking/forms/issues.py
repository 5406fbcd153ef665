"""The forms of issues (課題): the edit of one, its solution, opening many, the list's filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from procedures.display import field_label
from procedures.rules import Answer, BasisLevel, label
from procedures.templatetags.inventory import with_era
from tracking.actions.issues import NO_OUTCOME, OUTCOMES, Draft, reviews_for
from tracking.actions.measures import lead_of
from tracking.issue_rows import ORDER
from tracking.models import OPEN_STATES, Issue, SharedMeasure, subject_of
from tracking.models.issue import ASPECT_CHOICES, MANAGER

from .fields import OUTDATED, DayField, ProseField, VersionField
from .own_or_all import OwnOrAllFilter
from .versioned import VersionedForm

NO_MEASURE = "（待たない）"
ROWS_CHANGED = (
    "この画面を表示した後に、対象の手続が変わりました。まだ何も登録していません。"
    "一覧から選び直してください。"
)
NO_SUBJECT = "課題にする支障を、少なくとも一つ選んでください。"
DUE_HELP = "共通の対応策を待つ課題では、対応策の利用開始の予定日が見込みになります。"
MANAGER_CODE = "designated_manager"
"""What stands for the designated manager, which is no aspect, in addresses and names of fields."""


class IssueForm(VersionedForm):
    """The edit of an open issue; it is solved on a page of its own."""

    attributes = ("state", "kind", "measure", "shared_measure_id", "owner", "due")

    state = forms.ChoiceField(
        label="状態",
        choices=[
            (state.value, state.label)
            for state in (Issue.State.OPEN, Issue.State.WORKING, Issue.State.DROPPED)
        ],
        help_text="「取りやめ」にすると、課題は終了します。解決したときは「解決」のページを使います。",
    )
    kind = forms.ChoiceField(label=field_label(Issue, "kind"))
    measure = ProseField(
        label=field_label(Issue, "measure"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    shared_measure_id = forms.TypedChoiceField(
        label=field_label(Issue, "shared_measure"), required=False, coerce=int, empty_value=None
    )
    owner = ProseField(label=field_label(Issue, "owner"), max_length=100, required=False)
    due = DayField(label=field_label(Issue, "due"), required=False, help_text=DUE_HELP)

    def __init__(self, *args: Any, basis: BasisLevel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(self.obj.aspect, basis)
        measures = offered_measures([self.obj.aspect], also=self.obj.shared_measure_id)
        self.fields["shared_measure_id"].choices = measure_choices(measures)
        if not self.obj.aspect:
            del self.fields["shared_measure_id"]


class SolveForm(forms.Form):
    """How an issue ended. ``version`` is the procedure's whose answer the person saw."""

    version = VersionField()
    outcome = forms.ChoiceField(
        label="解決後の回答",
        choices=[(outcome.value, label(outcome)) for outcome in OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": NO_OUTCOME, "invalid_choice": NO_OUTCOME},
    )
    note = ProseField(
        label=field_label(Issue, "outcome_note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="何をどう変えたかを、後から見る人のために書きます。",
    )

    def __init__(self, *args: Any, issue: Issue, effects: Mapping[Answer, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not issue.aspect:
            del self.fields["outcome"]
            return
        self.fields["outcome"].choices = [
            (outcome.value, f"{label(outcome)}：{effects[outcome]}") for outcome in OUTCOMES
        ]


@dataclass(frozen=True, slots=True)
class Subject:
    """What many issues can be opened about, and how many of the chosen procedures have it.

    ``aspect`` is empty for the designated manager; ``code`` stands for it in names of fields.
    """

    aspect: str
    count: int

    @property
    def code(self) -> str:
        """Never empty."""
        return self.aspect or MANAGER_CODE


class OpenIssuesForm(forms.Form):
    """What issues about ``subjects`` are opened for the procedures ``keys``, all alike.

    It demands the same procedures that it was made for.
    """

    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": OUTDATED})
    measure = ProseField(
        label=field_label(Issue, "measure"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    owner = ProseField(label=field_label(Issue, "owner"), max_length=100, required=False)
    due = DayField(label=field_label(Issue, "due"), required=False, help_text=DUE_HELP)

    def __init__(
        self, data: Any = None, *, keys: Iterable[int], subjects: Iterable[Subject], **kwargs: Any
    ) -> None:
        self._keys = " ".join(map(str, sorted(keys)))
        super().__init__(data, initial={"seen": self._keys}, **kwargs)
        self._subjects = list(subjects)
        measures = offered_measures([subject.aspect for subject in self._subjects])
        for subject in self._subjects:
            self._add(subject, [one for one in measures if one.aspect == subject.aspect])

    @property
    def rows(self) -> list[tuple[Subject, forms.BoundField, forms.BoundField, Any]]:
        """Each subject with its tick, its kind and the measures that it can wait on (or None)."""
        return [
            (
                subject,
                self[f"about_{subject.code}"],
                self[f"kind_{subject.code}"],
                self[f"waits_{subject.code}"] if f"waits_{subject.code}" in self.fields else None,
            )
            for subject in self._subjects
        ]

    @property
    def drafts(self) -> list[Draft]:
        """What is to be opened; of a valid form."""
        sent = self.cleaned_data
        return [
            Draft(
                aspect=subject.aspect,
                kind=sent[f"kind_{subject.code}"],
                shared_measure_id=sent.get(f"waits_{subject.code}"),
                measure=sent["measure"],
                owner=sent["owner"],
                due=sent["due"],
            )
            for subject in self._subjects
            if sent[f"about_{subject.code}"]
        ]

    def clean_seen(self) -> str:
        """The procedures must be those that the person was shown."""
        if self.cleaned_data["seen"] != self._keys:
            raise ValidationError(ROWS_CHANGED)
        return self._keys

    def clean(self) -> dict[str, Any]:
        """Something must be chosen."""
        if not any(self.cleaned_data.get(f"about_{one.code}") for one in self._subjects):
            raise ValidationError(NO_SUBJECT)
        return self.cleaned_data

    def _add(self, subject: Subject, measures: list[SharedMeasure]) -> None:
        name = subject_of(subject.aspect)
        self.fields[f"about_{subject.code}"] = forms.BooleanField(
            label=f"「{name}」の課題を{subject.count}件登録する", required=False
        )
        self.fields[f"kind_{subject.code}"] = forms.ChoiceField(
            label=f"「{name}」の対応策の種類",
            required=False,  # it has no blank to choose; the action refuses one all the same
            choices=kind_choices(subject.aspect),
        )
        if measures:
            self.fields[f"waits_{subject.code}"] = forms.TypedChoiceField(
                label=f"「{name}」で待つ共通の対応策",
                required=False,
                coerce=int,
                empty_value=None,
                choices=measure_choices(measures),
            )


class IssueFilter(OwnOrAllFilter):
    """Over issues with their forecast."""

    WAITING, NONE = "waiting", "none"
    OVERDUE, SOON, LATER = "overdue", "soon", "later"
    USUAL_STATE = WAITING

    whose = django_filters.ChoiceFilter(
        label="範囲",
        method="narrow",
        choices=[(OwnOrAllFilter.OWN, "チームの課題"), (OwnOrAllFilter.ALL, "全庁の課題")],
        empty_label=None,
    )
    state = django_filters.ChoiceFilter(
        label="状態",
        method="in_state",
        choices=[
            (WAITING, "終わっていない課題"),
            *Issue.State.choices,
            (OwnOrAllFilter.ALL, "すべて"),
        ],
        empty_label=None,
    )
    due = django_filters.ChoiceFilter(
        label="見込み",
        method="due_when",
        choices=[
            (OVERDUE, "過ぎている"),
            (SOON, "まもなく"),
            (LATER, "先"),
            (NONE, "決まっていない"),
        ],
        empty_label="すべて",
    )
    aspect = django_filters.ChoiceFilter(
        label="支障",
        method="about",
        choices=[*ASPECT_CHOICES, (MANAGER_CODE, MANAGER)],
        empty_label="すべて",
    )
    measure = django_filters.ModelChoiceFilter(
        label="共通の対応策",
        field_name="shared_measure",
        queryset=SharedMeasure.objects.all(),
        empty_label="すべて",
    )

    class Meta:
        model = Issue
        fields: list[str] = []

    def in_order(self, rows: QuerySet[Issue]) -> QuerySet[Issue]:
        """Those first whose day comes first."""
        return rows.order_by(*ORDER)

    def in_state(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:
        """Those in one state, those that have not ended, or all."""
        if value == self.WAITING:
            return rows.open()
        return rows if value == self.ALL else rows.filter(state=value)

    def due_when(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:
        """Those whose forecast is past, within the days of notice, after them, or unknown."""
        today = timezone.localdate()
        notice = today + timedelta(days=settings.ISSUE_NOTICE_DAYS)
        return rows.filter(
            {
                self.OVERDUE: Q(state__in=OPEN_STATES, forecast__lt=today),
                self.SOON: Q(state__in=OPEN_STATES, forecast__range=(today, notice)),
                self.LATER: Q(forecast__gt=notice),
                self.NONE: Q(forecast__isnull=True),
            }[value]
        )

    def about(self, rows: QuerySet[Issue], name: str, value: str) -> QuerySet[Issue]:
        """Those about one aspect, or about the designated manager."""
        return rows.filter(aspect="" if value == MANAGER_CODE else value)


def kind_choices(aspect: str, basis: BasisLevel = BasisLevel.UNKNOWN) -> list[tuple[str, str]]:
    """The reviews of clause 3(2) for ``aspect``, with what limits them."""
    return [
        (review.kind.value, f"{review.label}（{review.note}）" if review.note else review.label)
        for review in reviews_for(aspect, basis)
    ]


def offered_measures(aspects: Iterable[str], also: int | None = None) -> list[SharedMeasure]:
    """The planned measures for ``aspects``, and that of the key ``also`` whatever its state."""
    planned = Q(state=SharedMeasure.State.PLANNED, aspect__in=[one for one in aspects if one])
    return list(SharedMeasure.objects.filter(planned | Q(pk=also)).select_related("department"))


def measure_choices(measures: Iterable[SharedMeasure]) -> list[tuple[Any, str]]:
    """``measures`` with who leads them and when they come, after a blank."""
    return [("", NO_MEASURE), *((measure.pk, _words(measure)) for measure in measures)]


def _words(measure: SharedMeasure) -> str:
    when = with_era(measure.goes_live_on) or "予定日は未定"
    if measure.state != SharedMeasure.State.PLANNED:
        when = measure.get_state_display()
    return f"{measure.name}（{lead_of(measure)}、{when}）"
