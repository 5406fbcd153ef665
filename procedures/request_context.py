"""Of which request this is: what every writer of a log or of the audit may know of it.

``operation.request_ids`` sets both for the time of a request; outside of one (commands, the work
on an import) they are empty.
"""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The number under which the request stands in the logs, and on the page of an error."""

address: ContextVar[str] = ContextVar("address", default="")
"""The address from which the request came, as the server gives it."""
