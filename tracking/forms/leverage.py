"""What the page of obstacles is asked: whose, by which figure, in which bound, in which sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from procedures.rules import Yardstick
from procedures.rules.wording import YARDSTICK_LABELS
from tracking.filters import UNASSIGNED
from tracking.hindrances import Bound
from tracking.moves import NO_DEPARTMENT
from tracking.stats import DepartmentFigures

PAIRS, ALL = "pairs", "all"
BOUND_LABELS = {Bound.CERTAIN: "数えない", Bound.POSSIBLE: "支障でないとみなす"}


@dataclass(frozen=True, slots=True)
class Question:
    """Whose obstacles are weighed (``unit`` is None for the office's), and how."""

    unit: DepartmentFigures | None
    by: Yardstick
    bound: Bound
    has_all_sets: bool


class LeverageForm(forms.Form):
    """Over the address of the page; what it leaves open is answered by ``usual``.

    ``units`` are the departments to choose from, with their figures.
    """

    department = forms.ChoiceField(label="部局室", required=False)
    by = forms.ChoiceField(
        label="比べる数",
        required=False,
        choices=[(one.value, YARDSTICK_LABELS[one]) for one in Yardstick],
    )
    bound = forms.ChoiceField(
        label="未調査の項目のある手続",
        required=False,
        choices=[(one.value, BOUND_LABELS[one]) for one in Bound],
    )
    sets = forms.ChoiceField(
        label="支障の組合せ",
        required=False,
        choices=[(PAIRS, "二つの組合せ"), (ALL, "すべての組合せ")],
    )

    def __init__(
        self, query: QueryDict, *, units: Sequence[DepartmentFigures], usual: Bound
    ) -> None:
        sent = {name: value for name, value in query.items() if value}
        super().__init__({"by": Yardstick.PROCEDURES, "bound": usual, "sets": PAIRS} | sent)
        self._units = {_value(unit): unit for unit in units}
        self.fields["department"].choices = [
            ("", "全庁"),
            *(
                (value, str(unit.department or NO_DEPARTMENT))
                for value, unit in self._units.items()
            ),
        ]

    @property
    def question(self) -> Question:
        """What is asked; of a valid form."""
        asked = self.cleaned_data
        return Question(
            unit=self._units.get(asked["department"]),
            by=Yardstick(asked["by"]),
            bound=Bound(asked["bound"]),
            has_all_sets=asked["sets"] == ALL,
        )


def _value(unit: DepartmentFigures) -> str:
    return str(unit.department.pk) if unit.department else UNASSIGNED
