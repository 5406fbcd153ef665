"""A second national survey: most of its rows say what is stored, which takes no object to find."""

from collections.abc import Mapping

from procedures.models import Procedure

from .drafts import Draft
from .inventory_parts import ProcedurePart
from .parts import partly_read

_SHOWN = ("id", "number", "name", "category")
_FIELDS = tuple(sorted(ProcedurePart.reference_fields))


def settle(matched: Mapping[int, Draft]) -> set[int]:
    """Sets procedure and target of the drafts that change nothing; returns the procedures' keys.

    ``matched`` has the drafts of the survey by the key of the procedure that each is about.
    """
    part = ProcedurePart()
    settled = set()
    stored = Procedure.objects.order_by("pk").values_list(*_SHOWN, *_FIELDS)
    for row in stored.iterator():
        draft = matched.get(row[0])
        if draft is None or draft.problems:
            continue
        now = dict(zip(_FIELDS, row[len(_SHOWN) :], strict=True))
        if now | part.references(draft) == now:
            draft.procedure = draft.target = partly_read(Procedure, _SHOWN, row[: len(_SHOWN)])
            draft.category_before = draft.procedure.category
            settled.add(row[0])
    return settled
