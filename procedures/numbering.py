"""The numbers that the inventory itself gives to procedures that come without one."""

from collections.abc import Container, Iterator
from itertools import count

from django.db.models import Max

from .models import Procedure

PREFIX = "A-"
_DIGITS = 6


def automatic_numbers(besides: Container[str] = ()) -> Iterator[str]:
    """The numbers after the last automatic one, as "A-000001"; none of those in ``besides``.

    They are free as long as the transaction that took them is the only one that inserts.
    """
    pattern = rf"^{PREFIX}\d{{{_DIGITS}}}$"
    last = Procedure.objects.filter(number__regex=pattern).aggregate(last=Max("number"))["last"]
    start = int(last.removeprefix(PREFIX)) + 1 if last else 1
    numbers = (f"{PREFIX}{number:0{_DIGITS}d}" for number in count(start))
    return (number for number in numbers if number not in besides)
