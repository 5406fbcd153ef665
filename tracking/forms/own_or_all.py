"""What lists of rows beside procedures share: the own departments first, all when asked for."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet

from tracking.filters import DepartmentFilter


class OwnOrAllFilter(django_filters.FilterSet):
    """Rows that belong to procedures. An invalid value shows its error and no rows.

    A subclass says with ``whose`` what ``OWN`` and ``ALL`` are called. Whoever has no
    ``departments`` sees all. ``USUAL_STATE`` is shown where no state is asked for.
    """

    ALL, OWN = "all", "own"
    USUAL_STATE: ClassVar[str] = ALL

    department = DepartmentFilter(field_name="procedure__department")

    def __init__(self, data: Any, *, departments: frozenset[int], **kwargs: Any) -> None:
        self._departments = departments
        sent = data.copy()
        if not sent.get("state"):
            sent["state"] = self.USUAL_STATE
        if not sent.get("whose"):
            sent["whose"] = self.ALL if sent.get("department") or not departments else self.OWN
        super().__init__(sent, **kwargs)
        if not departments:
            del self.filters["whose"]

    @property
    def rows(self) -> QuerySet:
        """The rows to show, in their order; none when a value is invalid."""
        return self.in_order(self.qs) if self.form.is_valid() else self.queryset.none()

    def in_order(self, rows: QuerySet) -> QuerySet:
        """``rows`` in the order of the list."""
        raise NotImplementedError

    def narrow(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Those of the person's own departments, or all."""
        is_own = value == self.OWN
        return rows.filter(procedure__department__in=self._departments) if is_own else rows
