"""Sign-in by a proxy that has made sure who it is (Kerberos, Windows) and says so in a header.

Whoever can write that header is whoever they like. So it counts at one address only, and only
beside the secret that the proxy and this program share: a request that comes past the proxy does
not know it.
"""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from procedures.models import DirectoryKind, User
from tracking.actions.directory import DirectoryPerson

from .admission import NotConfirmed, admit
from .configuration import Proxy

PROOF_HEADER = "X-Proxy-Secret"
SEPARATOR = ";"  # of the groups: their whole names have commas in them


class ProxyBackend(ModelBackend):
    """Takes the proxy's word for who it is."""

    def authenticate(self, request: HttpRequest, *, is_by_proxy: bool) -> User:
        """The person whom the proxy names. Raises ``NotConfirmed`` and ``NotAdmitted``.

        Never called with a name and a password: it does not take them.
        """
        own: Proxy = settings.SIGN_IN.proxy
        if not constant_time_compare(request.headers.get(PROOF_HEADER, ""), own.secret):
            raise NotConfirmed("a request without the proxy's secret")
        # Servers hand headers on as Latin-1; proxies write them as UTF-8.
        username = _as_utf8(request.headers.get(own.user_header, "")).strip()
        if not username:
            raise NotConfirmed(f"the proxy sends no {own.user_header}")
        return admit(_person(username, request, own))


def _person(username: str, request: HttpRequest, own: Proxy) -> DirectoryPerson:
    groups = None
    if own.groups_header:
        said = _as_utf8(request.headers.get(own.groups_header, "")).split(SEPARATOR)
        groups = frozenset(filter(None, map(str.strip, said)))
    # DOMAIN\\name, as Windows says it, and name@REALM are the same person as name.
    name = username.rsplit("\\", 1)[-1].split("@", 1)[0]
    return DirectoryPerson(DirectoryKind.REMOTE, username.lower(), name, groups=groups)


def _as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
