"""The form over the legal bases of a procedure: a row each, one of them the primary one."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

from procedures.actions import NO_PRIMARY, BasisDraft
from procedures.models import LawKind, LegalBasis
from procedures.rules import BasisLevel

from .facts import NOTHING_CHOSEN
from .fields import ProseField, is_key

EMPTY_BASIS = (
    "根拠法令の名称か根拠区分を入力してください。この行が要らない場合は「削除」を選んでください。"
)
RELOAD = "画面を読み込み直してから、もう一度入力してください。"
_FIELDS = ("level", "name", "article", "law_kind", "law_number")


class BasisForm(forms.Form):
    """One legal basis."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    level = forms.ChoiceField(
        label="根拠区分",
        required=False,
        choices=LegalBasis._meta.get_field("level").choices,
        initial=BasisLevel.UNKNOWN.value,
    )
    name = ProseField(label="根拠法令", max_length=300, required=False)
    article = ProseField(label="条項", max_length=200, required=False)
    law_kind = forms.ChoiceField(
        label="法令の種類", required=False, choices=[("", NOTHING_CHOSEN), *LawKind.choices]
    )
    law_number = ProseField(label="法令番号", max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        """Something must be said of the basis."""
        said = self.cleaned_data
        if not self.errors and not said["name"] and said["level"] == BasisLevel.UNKNOWN:
            self.add_error("name", EMPTY_BASIS)
        return said

    def draft(self, *, is_primary: bool) -> BasisDraft:
        """The basis as the action takes it."""
        values = {name: self.cleaned_data[name] for name in _FIELDS}
        return BasisDraft(pk=self.cleaned_data["pk"], is_primary=is_primary, **values)


class BaseBasesFormSet(BaseFormSet):
    """All of them; ``drafts`` is what the person wants once the set is valid."""

    def clean(self) -> None:
        """One primary basis, where there is more than one."""
        if not is_key(self.data.get("version", "")):
            raise ValidationError(RELOAD)
        if len(self._kept) > 1 and self.primary not in [index for index, _ in self._kept]:
            raise ValidationError(NO_PRIMARY)

    @property
    def version(self) -> int:
        """The version of the procedure that the person saw."""
        return int(self.data["version"])

    @property
    def primary(self) -> int | None:
        """The number of the row that is (or is to be) the primary basis."""
        if not self.is_bound:
            chosen = [n for n, draft in enumerate(self.initial or ()) if draft["is_primary"]]
            return chosen[0] if chosen else None
        text = self.data.get("primary", "")
        return int(text) if is_key(text) else None

    @property
    def drafts(self) -> list[BasisDraft]:
        """The wanted list; a single basis is the primary one."""
        kept = self._kept
        return [
            form.draft(is_primary=len(kept) == 1 or index == self.primary) for index, form in kept
        ]

    @property
    def _kept(self) -> list[tuple[int, BasisForm]]:
        return [
            (index, form)
            for index, form in enumerate(self.forms)
            if not form.cleaned_data.get("DELETE")
            and (form.has_changed() or index < self.initial_form_count())
        ]


BasesFormSet = formset_factory(
    BasisForm, formset=BaseBasesFormSet, extra=2, can_delete=True, max_num=20, validate_max=True
)


def initial_of(drafts: Iterable[BasisDraft]) -> list[dict[str, Any]]:
    """Drafts as the initial values of the form set."""
    return [{"pk": draft.pk, **draft.values} for draft in drafts]
