"""The form of one row of the list: survey answers and plan, each with the version it shows."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.http import QueryDict
from django.utils import timezone

from procedures.display import field_label
from procedures.editing import Conflict
from procedures.models import ASPECT_FIELDS, Procedure
from procedures.models.procedure import ANSWER_CHOICES
from procedures.rules import Aspect, ServiceAdvice, advise_service
from tracking.judgement import advice_words
from tracking.models import CHECK_FIELDS, MigrationPlan
from tracking.services import facts_for_service, offered_services
from tracking.workflow import STATUS_LABELS, Status

from .facts import OTHER_HELP
from .fields import OUTDATED, DayField, ProseField, VersionField, add_errors
from .versioned import VersionedForm

BAD_DATE = "日付は年月日で入力してください（例：2027-03-31）。"
BAD_URL = "URLは https:// から始まる形で入力してください。"
NO_SERVICE = "（未定）"
ADVICE = "方針4では{advice}です。"
REASON_HELP = "サービスの種別が方針4と違うときに、準備中から先に進めるために書きます。"


def _prose(model: type, name: str, help_text: str = "") -> ProseField:
    return ProseField(
        label=field_label(model, name),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
    )


class _ChosenField(forms.ChoiceField):
    """A choice that has no blank to choose: needed, but nothing to be marked as 必須."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def validate(self, value: str) -> None:
        if value in self.empty_values:
            raise ValidationError(OUTDATED)
        super().validate(value)


class AnswersForm(VersionedForm):
    """The seven answers of the survey (clause 3(1)②)."""

    attributes = (*ASPECT_FIELDS, "other_note")

    version = VersionField()
    other_note = _prose(Procedure, "other_note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ASPECT_FIELDS:
            self.fields[name] = _ChosenField(
                label=field_label(Procedure, name),
                choices=ANSWER_CHOICES,
                help_text=OTHER_HELP if name == Aspect.OTHER else "",
            )

    @property
    def answers(self) -> list[forms.BoundField]:
        """The fields in the order of the survey."""
        return [self[name] for name in self.attributes]


class PlanForm(VersionedForm):
    """The plan: where it stands, when, with which service, and what its state requires."""

    attributes = (
        "status", "target_date", "service_id", "service_reason", "launched_on", "url",
        *CHECK_FIELDS, "checklist_exception", "hold_reason",
    )  # fmt: skip

    version = VersionField()
    status = _ChosenField(
        label="状況", choices=[(status.value, STATUS_LABELS[status]) for status in Status]
    )
    target_date = DayField(label="目標日", required=False, error_messages={"invalid": BAD_DATE})
    service_id = forms.TypedChoiceField(
        label="利用サービス", required=False, coerce=int, empty_value=None
    )
    service_reason = _prose(MigrationPlan, "service_reason", help_text=REASON_HELP)
    launched_on = DayField(label="開始日", required=False, error_messages={"invalid": BAD_DATE})
    # Text for the browser, so that what it may not be is said here, in our words.
    url = ProseField(
        label="申請ページのURL",
        required=False,
        max_length=500,
        validators=[URLValidator(message=BAD_URL)],
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
    checklist_exception = _prose(MigrationPlan, "checklist_exception")
    hold_reason = _prose(MigrationPlan, "hold_reason")

    def __init__(self, *args: Any, on: date, advice: ServiceAdvice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CHECK_FIELDS:
            self.fields[name] = forms.BooleanField(
                label=field_label(MigrationPlan, name), required=False
            )
        field = self.fields["service_id"]
        field.help_text = ADVICE.format(advice=advice_words(advice))
        days = (on, self.obj.target_date)
        field.choices = [("", NO_SERVICE), *offered_services(days, also=self.obj.service_id)]

    @property
    def checks(self) -> list[forms.BoundField]:
        """The release checklist of clause 2."""
        return [self[name] for name in CHECK_FIELDS]


class RowForm:
    """Both halves of a row as one: what is shown together is saved together."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        procedure: Procedure,
        plan: MigrationPlan,
        conflict: Conflict | None = None,
    ) -> None:
        options: dict[str, Any] = {"conflict": conflict, "auto_id": f"id_{procedure.pk}_%s"}
        facts = facts_for_service(procedure)
        self.answers = AnswersForm(
            data, obj=procedure, version=procedure.version, prefix="answers", **options
        )
        self.plan = PlanForm(
            data,
            obj=plan,
            version=plan.version,
            prefix="plan",
            on=timezone.localdate(),
            advice=advise_service(facts),
            **options,
        )
        if data is None and conflict is None:
            self.plan.fields["status"].widget.attrs["data-autofocus"] = ""

    @property
    def halves(self) -> tuple[PlanForm, AnswersForm]:
        """In the order in which they are shown."""
        return self.plan, self.answers

    @property
    def comparisons(self) -> list[Any]:
        """The contested fields of both halves."""
        return [one for half in self.halves for one in half.comparisons]

    def is_valid(self) -> bool:
        """Whether both are; both say what is wrong."""
        validity = [half.is_valid() for half in self.halves]
        return all(validity)

    def add_errors(self, error: ValidationError) -> None:
        """Puts what the writers refused at its fields, in whichever half those are."""
        if not hasattr(error, "error_dict"):
            self.plan.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            half = self.answers if name in self.answers.fields else self.plan
            add_errors(half, ValidationError({name: errors}))
