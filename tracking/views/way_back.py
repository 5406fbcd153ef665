"""The page of ours from which a person came, and to which an answer leads back."""

from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

_LONGEST = 4_000  # more than any list's; as a part of another address it is at most thrice as long


def own_address(request: HttpRequest, wanted: str | None) -> str:
    """``wanted`` if that is the address of a page of ours, from its path on; "" otherwise."""
    # What does not begin with a slash, redirect() takes for the name of a view.
    if not wanted or not wanted.startswith("/") or len(iri_to_uri(wanted)) > _LONGEST:
        return ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""
