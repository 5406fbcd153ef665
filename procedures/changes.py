"""Marks which departments' rows a write touches, in the transaction of that write."""

from collections.abc import Iterable

from django.db import models

from .models import ChangedDepartment, Procedure

MANY = 500
"""So many procedures at once are marked as everything."""


class Touched:
    """The procedures that a write touches, noted before it and marked after it."""

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self._left: set[int | None] = set()
        self._is_everything = False

    def add(self, objects: Iterable[models.Model]) -> None:
        """Rows that are written: procedures, or what belongs to one; anything else bears on all."""
        for obj in objects:
            key = obj.pk if isinstance(obj, Procedure) else getattr(obj, "procedure_id", None)
            if key is None:
                self._is_everything = True
                return
            self._keys.add(key)
        self._is_everything = self._is_everything or len(self._keys) > MANY

    def before(self) -> None:
        """Notes where the procedures are now, from where the write may take them."""
        if not self._is_everything:
            self._left = self._departments()

    def mark(self) -> None:
        """Leaves the marks; to be called when everything is written."""
        if self._is_everything:
            ChangedDepartment.objects.create(is_everything=True)
        else:
            ChangedDepartment.objects.bulk_create(
                ChangedDepartment(department_id=key) for key in self._left | self._departments()
            )

    def _departments(self) -> set[int | None]:
        rows = Procedure.objects.order_by().filter(pk__in=self._keys)
        return set(rows.values_list("department_id", flat=True).distinct())
