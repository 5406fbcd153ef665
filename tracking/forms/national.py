"""The forms of the national list: which part is shown, a new edition, successors, 制度なし."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.display import field_label
from procedures.models import NationalListEdition, NationalPriorityProcedure
from procedures.reference_data.pages import ReferenceFileForm
from tracking.national_coverage import STATE_LABELS, State
from tracking.national_revision import Revision

from .fields import OUTDATED, CodeField, DayField, ProseField, is_key
from .rows import BAD_DATE

NO_KEY = "版の記号を入力してください（例：2026-07-01）。"
NO_NAME = "名称を入力してください。"
NO_REASON = "市に制度がない理由を入力してください。"
NOT_AN_EDITION = "その版は見つかりません。一覧から選び直してください。"
DROPPED = "（なし：一覧から外れる）"
NONE = "-"


class NationalListFilter(forms.Form):
    """Which edition is shown, and which of its procedures."""

    edition = forms.ChoiceField(
        label="版", required=False, error_messages={"invalid_choice": NOT_AN_EDITION}
    )
    state = forms.ChoiceField(
        label="状態",
        required=False,
        choices=[
            ("", "すべて"),
            *((state.value, STATE_LABELS[state]) for state in State if state != "not_municipal"),
        ],
    )

    def __init__(self, data: Any, *, editions: Iterable[NationalListEdition], **options: Any):
        super().__init__(data, **options)
        self._editions = {str(edition.pk): edition for edition in editions}
        shown = [
            (key, f"{edition.get_state_display()}：{edition}")
            for key, edition in self._editions.items()
        ]
        self.fields["edition"].choices = [("", "現行の版"), *shown]

    @property
    def chosen_edition(self) -> NationalListEdition | None:
        """The chosen one, or the current one; of a valid form."""
        current = (
            edition
            for edition in self._editions.values()
            if edition.state == NationalListEdition.State.CURRENT
        )
        chosen = self.cleaned_data["edition"]
        return self._editions[chosen] if chosen else next(current, None)


class NewListForm(ReferenceFileForm):
    """A new edition and the file that holds its procedures."""

    key = CodeField(
        label=field_label(NationalListEdition, "key"),
        max_length=40,
        help_text="ほかの版と区別する短い記号です（例：2026-07-01）。",
        error_messages={"required": NO_KEY},
    )
    name = ProseField(
        label=field_label(NationalListEdition, "name"),
        max_length=200,
        error_messages={"required": NO_NAME},
    )
    published_on = DayField(
        label=field_label(NationalListEdition, "published_on"),
        required=False,
        error_messages={"invalid": BAD_DATE},
    )
    note = ProseField(
        label=field_label(NationalListEdition, "note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="どこから入手した一覧かなどを書きます。",
    )
    field_order = ("key", "name", "published_on", "note", "file")

    @property
    def values(self) -> dict[str, Any]:
        """Attribute → value of the edition; of a valid form."""
        return {name: self.cleaned_data[name] for name in ("key", "name", "published_on", "note")}


class SuccessionForm(forms.Form):
    """What becomes of each procedure of the current edition that has no namesake in the draft.

    ``seen`` is what persons had said when the page was shown.
    """

    seen = forms.CharField(widget=forms.HiddenInput, error_messages={"required": OUTDATED})

    def __init__(
        self, data: Any = None, *, revision: Revision, decided: Mapping[int, int | None]
    ) -> None:
        super().__init__(data, initial={"seen": written(decided)})
        choices = [("", DROPPED), *_choices(revision)]
        self._numbers = {}
        for pairing in revision.comparison.pairings:
            if not pairing.is_asked:
                continue
            number = pairing.old.number
            self._numbers[f"successor_{number}"] = number
            self.fields[f"successor_{number}"] = forms.ChoiceField(
                label=f"{number} {pairing.old.name}の対応先",
                required=False,
                choices=choices,
                initial=pairing.new.number if pairing.new else "",
                error_messages={"invalid_choice": OUTDATED},
            )

    def question(self, number: int) -> forms.BoundField | None:
        """The field about the procedure ``number``, if there is something to say of it."""
        name = f"successor_{number}"
        return self[name] if name in self._numbers else None

    @property
    def pairs(self) -> dict[int, int | None]:
        """Number → number of the successor, None for none; of a valid form."""
        return {
            number: int(self.cleaned_data[name]) if self.cleaned_data[name] else None
            for name, number in self._numbers.items()
        }

    def clean_seen(self) -> dict[int, int | None]:
        """As ``written`` wrote it."""
        try:
            count, *said = self.cleaned_data["seen"].split()
            pairs = [one.split(":") for one in said]
            seen = {int(old): None if new == NONE else int(new) for old, new in pairs}
            is_whole = int(count) == len(seen)
        except ValueError:
            is_whole = False
        if not is_whole:
            raise ValidationError(OUTDATED)
        return seen

    def clean(self) -> dict[str, Any]:
        """A page that does not ask what is asked now says nothing of it."""
        if not all(name in self.data for name in self._numbers):
            raise ValidationError(OUTDATED)
        return self.cleaned_data


class AbsenceForm(forms.Form):
    """Why the city has no such procedure; ``seen`` is the reason that the page showed."""

    reason = ProseField(
        label=field_label(NationalPriorityProcedure, "absence"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="県の事務であるなど、後で見る人に伝わるように書きます。",
        error_messages={"required": NO_REASON},
    )
    seen = ProseField(widget=forms.HiddenInput, required=False)


class TickedForm(forms.Form):
    """The ticks of one item: procedure → version that the page showed."""

    procedures = forms.MultipleChoiceField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        # Which of them may be linked is the action's question; here they need only be numbers.
        self.fields["procedures"].choices = [(row, row) for row in data.getlist("procedures")]

    def clean_procedures(self) -> dict[int, int]:
        """Procedure → version."""
        pairs = [row.split(".") for row in self.cleaned_data["procedures"]]
        if not all(len(pair) == 2 and all(map(is_key, pair)) for pair in pairs):
            raise ValidationError(OUTDATED)
        return {int(procedure): int(version) for procedure, version in pairs}


def written(decided: Mapping[int, int | None]) -> str:
    """``decided`` as ``SuccessionForm`` reads it, with the number of pairs: 「2 12:13 14:-」."""
    said = [f"{old}:{NONE if new is None else new}" for old, new in decided.items()]
    return " ".join((str(len(said)), *said))


def _choices(revision: Revision) -> list[tuple[str, list[tuple[str, str]]]]:
    """The procedures of the draft; those that follow none first."""
    added = {entry.number for entry in revision.comparison.added}
    named = [(item.number, str(item)) for item in revision.items.values()]
    groups = {
        "対応する前の手続がまだないもの": [
            (str(number), name) for number, name in named if number in added
        ],
        "対応する前の手続があるもの": [
            (str(number), name) for number, name in named if number not in added
        ],
    }
    return [(label, choices) for label, choices in groups.items() if choices]
