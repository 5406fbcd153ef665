"""Filter and form of the queue of procedures that no department owns yet (所管未定)."""

from typing import Any

from django import forms

from tracking.filters import ProcedureFilter

from .fields import is_key
from .owner import OwnerForm

NOTHING_TICKED = (
    "手続が選ばれていません。表の左のチェックで手続を選んでから、もう一度押してください。"
)


class UnassignedFilter(ProcedureFilter):
    """The search alone, as in the other lists."""

    department = division = category = status = service = None
    obstacle = unanswered = set = None


class AssignmentForm(OwnerForm):
    """Which procedures go where: those that are ticked, or all that match (``everything``).

    ``expected`` is the number of matching procedures that the person was shown.
    """

    procedures = forms.TypedMultipleChoiceField(coerce=int, required=False)
    everything = forms.BooleanField(required=False)
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # Which of them may be assigned is the action's question; here they need only be numbers.
        sent = data.getlist("procedures") if data is not None else []
        self.fields["procedures"].choices = [(pk, pk) for pk in sent if is_key(pk)]

    def clean(self) -> dict[str, Any]:
        """Something must be chosen."""
        if not (self.cleaned_data.get("everything") or self.cleaned_data.get("procedures")):
            self.add_error(None, NOTHING_TICKED)
        return self.cleaned_data
