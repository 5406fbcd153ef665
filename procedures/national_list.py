"""Which edition of the national list counts (clause 3(1)①): its procedures alone may be linked."""

from django.core.exceptions import ValidationError

from .models import NationalListEdition, NationalPriorityProcedure

NOT_CURRENT = (
    "選んだ国の優先手続は、現行の一覧にありません。一覧が改定されたか、選び間違えています。"
    "ページを読み込み直して、現行の一覧から選んでください。"
)


def current_edition() -> NationalListEdition | None:
    """The edition that counts; None before the first one."""
    return NationalListEdition.objects.filter(state=NationalListEdition.State.CURRENT).first()


def linkable_items() -> frozenset[int]:
    """The keys of the items of the current edition; one query.

    For a writer they are to be asked for after it has locked a procedure, or the policy it writes
    under: no other edition is adopted then before its transaction ends.
    """
    return frozenset(NationalPriorityProcedure.objects.current().values_list("pk", flat=True))


def check_linkable(item_id: int | None) -> None:
    """Raises ``ValidationError`` unless procedures may be linked to the item (None: to none)."""
    if item_id is not None and item_id not in linkable_items():
        raise ValidationError({"national_priority": NOT_CURRENT})
