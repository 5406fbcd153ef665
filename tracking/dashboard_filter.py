"""What an address of 全庁の状況 asks for: a day, conditions, and how its figures are shown."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import Field, ModelChoiceField
from django.http import QueryDict
from django.utils.choices import flatten_choices
from django.utils.http import urlencode

from procedures.models import Department, Procedure

from .figures import Definition, Weight
from .filters import OPEN, UNASSIGNED, ConditionFilter
from .online_rates import ONLINE_RATES
from .past import as_of
from .selections import with_progress

OFFICE_ORDER, BY_VALUE = "office", "value"
VIEW_FIELDS = ("as_of", "base", "weight", "order", "details")
"""What of an address is a ``View``."""
ORDER_LABELS = {OFFICE_ORDER: "建制順", BY_VALUE: "率の高い順"}


@dataclass(frozen=True, slots=True)
class View:
    """How the page shows its figures, and of which day.

    ``past_day`` is the earlier day at whose end they stood so, None for now. オンライン化率 is
    taken over ``base``, one of ``selections.BASES``; ``order`` is one of ``ORDER_LABELS``.
    """

    today: date
    past_day: date | None
    base: str
    weight: Weight
    order: str
    has_details: bool

    @property
    def on(self) -> date:
        """The reference date (基準日) of the figures."""
        return self.past_day or self.today

    @property
    def rate(self) -> Definition:
        """オンライン化率 as it is asked for."""
        return ONLINE_RATES[self.base, self.weight]

    def moment(self) -> AbstractContextManager[None]:
        """Within, the inventory is that of the day; querysets must be evaluated within."""
        return nullcontext() if self.past_day is None else as_of(self.past_day)


class DashboardFilter(ConditionFilter):
    """Of which procedures the page shows the figures."""

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, queryset=with_progress(Procedure.objects.all()))

    @property
    def one_department(self) -> Department | None:
        """The one department that is chosen; None for none, and for 所管未定."""
        chosen = self.form.cleaned_data["department"]
        return None if chosen in (None, "", UNASSIGNED) else chosen

    @property
    def words(self) -> list[str]:
        """Each valid condition as 「区分 優先」."""
        valid = self.form.cleaned_data
        fields = self.form.fields
        return [
            f"{fields[name].label} {in_words(fields[name], valid[name])}"
            for name in valid
            if valid[name]
        ]


def in_words(field: Field, chosen: Any) -> str:
    """What is chosen in one field of a filter, as the choice says it; a search as it is."""
    if isinstance(field, ModelChoiceField):
        return field.null_label if chosen == UNASSIGNED else field.label_from_instance(chosen)
    labels = dict(flatten_choices([*getattr(field, "choices", ())]))
    if isinstance(chosen, list):
        return "・".join(labels[one] for one in chosen)
    return labels.get(chosen, chosen)


def conditions_in(query: QueryDict) -> dict[str, str]:
    """The conditions of an address, empty ones left out."""
    return {name: query[name] for name in ConditionFilter.base_filters if query.get(name)}


def is_to_unfold(query: QueryDict) -> bool:
    """Whether the address asks for the choices of the conditions."""
    return query.get("conditions") == OPEN


def address(query: QueryDict, **changes: str) -> str:
    """The address of the page that shows ``query`` with ``changes``; "" takes something away."""
    names = (*VIEW_FIELDS, *ConditionFilter.base_filters)
    asked = {name: query.get(name, "") for name in names} | changes
    return "?" + urlencode({name: value for name, value in asked.items() if value})
