"""Expressions of queries that are put together once and asked all day.

To put a dozen conditions together and into SQL takes Django longer than a database takes to answer
them. A queryset that is kept (and never evaluated itself) has them ready; what is asked for, rows
or departments, is added to a copy of it by ``filter``.
"""

from typing import Any

from django.db.models import Case, Count, Subquery, Sum


class _MadeOnce:
    """Remembers its SQL. Fits where tables and their aliases stay: not within a subquery."""

    _made: tuple[str, Any] | None = None

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        if self._made is None:
            self._made = super().as_sql(*args, **kwargs)
        return self._made

    def copy(self) -> "_MadeOnce":
        """A copy is made for another query."""
        copied = super().copy()
        copied._made = None
        return copied


class PreparedCase(_MadeOnce, Case):
    """A ``Case`` of a query that is kept."""


class PreparedCount(_MadeOnce, Count):
    """A ``Count`` of a query that is kept."""


class PreparedSum(_MadeOnce, Sum):
    """A ``Sum`` of a query that is kept."""


class PreparedSubquery(_MadeOnce, Subquery):
    """A ``Subquery`` of a query that is kept."""
