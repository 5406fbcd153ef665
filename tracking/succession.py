"""What stands in the place of a unit that has ended: for filters that still name it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from procedures.models import Department, Division
from procedures.models.organisation import Unit

from .models import Reorganisation
from .structure import Kind, Step
from .structure_reading import ref_of


@dataclass(frozen=True, slots=True)
class Ended:
    """A ``unit`` that has ended, with the units of now that came of it, in office order."""

    unit: Unit
    heirs: tuple[Unit, ...]


def ended(unit: Unit, on: date) -> Ended | None:
    """What came of ``unit``, or None where it has not ended by the day ``on``."""
    if unit.valid_to is None or unit.valid_to >= on:
        return None
    model = type(unit)
    led = defaultdict(set)
    followed = model.objects.filter(successor__isnull=False).order_by()
    for key, successor in followed.values_list("pk", "successor_id"):
        led[key].add(successor)
    if isinstance(unit, Department):
        _add_splits(led)
    rows = model.objects.filter(pk__in=_last(led, unit.pk)).current(on)
    return Ended(unit, tuple(rows.select_related("department") if model is Division else rows))


def _add_splits(led: dict[int, set[int]]) -> None:
    """A department that was split has several heirs, whom only the reorganisation names."""
    done = Reorganisation.objects.filter(
        state=Reorganisation.State.DONE, done_as__undone_by__isnull=True
    )
    for stored in done.values_list("steps", flat=True):
        steps = [Step.from_json(one) for one in stored]
        made = {step.unit: ref_of(step.made) for step in steps if step.made}
        for step in steps:
            if step.kind == Kind.SPLIT_DEPARTMENT and step.unit not in step.targets:
                source = int(made.get(step.unit, step.unit))
                led[source] |= {int(made.get(ref, ref)) for ref in step.targets}


def _last(led: dict[int, set[int]], first: int) -> set[int]:
    """Where all ways from ``first`` end."""
    found, waiting, seen = set(), [first], {first}
    while waiting:
        key = waiting.pop()
        following = led.get(key, set()) - seen
        if not led.get(key):
            found.add(key)
        waiting += following
        seen |= following
    return found - {first}
