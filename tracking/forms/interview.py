"""The forms of the guided interview: one answer, and where in the interview somebody is."""

from typing import Any

from django import forms

from procedures.models import Procedure
from tracking.interview import QUESTIONS, UNKNOWN, Choice, Question

from .fields import ProseField
from .versioned import VersionedForm

CHOOSE_ONE = "答えを一つ選んでください。分からないときは「まだ分からない」を選びます。"
NOTE_LABEL = "支障の内容"
NOTE_HELP = "支障がある場合に、何が妨げになるかを書きます。"
OPEN_ONLY = "open"


class AnswerField(forms.ChoiceField):
    """The choices of one question; cleaned to what is stored, None where it stays as it is."""

    def __init__(self, question: Question) -> None:
        super().__init__(
            label=question.title,
            choices=[(one.value, one.label) for one in question.choices],
            widget=forms.RadioSelect,
            error_messages={"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE},
        )
        self.question = question

    def prepare_value(self, value: Any) -> Any:
        """The choice that stands for what is stored."""
        return self.question.sent(value)

    def clean(self, value: Any) -> str | bool | None:
        """What to store."""
        return self.question.stored(super().clean(value))


class AnswerForm(VersionedForm):
    """The answer to one question of the interview."""

    def __init__(self, *args: Any, question: Question, obj: Procedure, **kwargs: Any) -> None:
        self.attributes = question.fields
        self.question = question
        super().__init__(*args, obj=obj, **kwargs)
        self.fields[question.field] = AnswerField(question)
        if question.note_field:
            self.fields[question.note_field] = ProseField(
                label=NOTE_LABEL,
                required=False,
                help_text=NOTE_HELP,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def answer(self) -> forms.BoundField:
        """The field of the answer."""
        return self[self.question.field]

    @property
    def note(self) -> forms.BoundField | None:
        """The text beside it, where the question has one."""
        return self[self.question.note_field] if self.question.note_field else None

    @property
    def chosen(self) -> str:
        """The choice that is marked, or the last one (まだ分からない), which changes nothing."""
        values = {one.value for one in self.question.choices}
        value = self.answer.value()
        return value if value in values else UNKNOWN

    @property
    def choices(self) -> list[tuple[Choice, bool]]:
        """Each choice, and whether it is the one that is marked."""
        return [(one, one.value == self.chosen) for one in self.question.choices]

    @property
    def sent(self) -> dict[str, Any]:
        """Attribute → value of what the answer changes."""
        return {name: value for name, value in super().sent.items() if value is not None}


class StepForm(forms.Form):
    """Where in the interview somebody is; the address says it, so nothing else remembers it.

    ``ask`` are the questions of this interview (all, where it is empty), ``since`` is the version
    of the procedure with which it began, ``only=open`` begins one with the open questions.
    """

    question = forms.ChoiceField(
        required=False, choices=[(one.field, one.title) for one in QUESTIONS]
    )
    ask = forms.MultipleChoiceField(
        required=False, choices=[(one.field, one.title) for one in QUESTIONS]
    )
    only = forms.ChoiceField(required=False, choices=[(OPEN_ONLY, "未回答の質問だけ")])
    since = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
