"""Sign-in with a directory that speaks LDAP: Active Directory, OpenLDAP and their like.

The search, the bind and what is never done with an empty password are django-auth-ldap's; here
stand how we connect, what a person's entry says, and what happens when the server does not answer.
"""

import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import ldap
import ldap.filter
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.dispatch import receiver
from django.http import HttpRequest
from django_auth_ldap.backend import LDAPBackend, ldap_error
from django_auth_ldap.config import LDAPSearch, LDAPSettings

from procedures.models import DirectoryKind, User
from tracking.actions.directory import DirectoryPerson

from .admission import Unavailable, admit
from .configuration import Ldap

NO_ANSWER = (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.UNAVAILABLE, ldap.BUSY)
_GUID = "objectguid"
_ENTRY = tuple[str, Mapping[str, list[Any]]]


class LdapBackend(LDAPBackend):
    """Asks the office's directory for name and password; the groups there give the roles here."""

    def __init__(self) -> None:
        self.settings = _library_settings(settings.SIGN_IN.ldap)

    def authenticate(
        self, request: HttpRequest, username: str | None = None, password: str | None = None
    ) -> User | None:
        """The person with that name and password; None where they are not right.

        Raises ``Unavailable`` and ``NotAdmitted``.
        """
        try:
            return super().authenticate(request, username, password)
        except Unavailable:
            # An account of this program had its wrong password: that counts, or it could be tried
            # without end while the directory is down.
            if User.objects.filter(username=username, directory="").exists():
                return None
            raise

    def get_or_build_user(self, username: str, ldap_user: Any) -> tuple[User, bool]:
        """The account of whoever has just shown the right password. Raises ``NotAdmitted``."""
        person = person_of((ldap_user.dn, ldap_user.attrs), ldap_user.connection)
        return admit(person), False  # False: the library has nothing left to write

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, unless the account was switched off meanwhile."""
        return ModelBackend().get_user(user_id)


@receiver(ldap_error, sender=LdapBackend)
def _on_error(
    sender: type[LdapBackend], *, context: str, exception: ldap.LDAPError, **rest: Any
) -> None:
    """A server that does not answer is no wrong password: nobody is locked out for it."""
    # Before a person's own bind only the program's account has asked.
    if context == "search_for_user_dn" or isinstance(exception, NO_ANSWER):
        raise Unavailable(_told(exception))


class Directory:
    """The same directory, asked by the program itself: for its checks and the nightly refresh.

    Raises ``Unavailable`` when it does not answer, or refuses the program's account.
    """

    def __init__(self, ldap_settings: Ldap) -> None:
        self._settings = ldap_settings

    @cached_property
    def connection(self) -> Any:
        """A connection as the program's account."""
        own = self._settings
        try:
            connection = ldap.initialize(own.uri)
            for option, value in _connection_options(own).items():
                connection.set_option(option, value)
            if own.starttls:
                connection.start_tls_s()
            connection.simple_bind_s(own.bind_dn, own.bind_password)
        except ldap.LDAPError as error:
            raise Unavailable(_told(error)) from error
        return connection

    def find(self, key: str) -> DirectoryPerson | None:
        """The person with that ``key``, if the directory still has it among those who sign in."""
        own = self._settings
        anybody = own.user_filter.replace("{user}", "*")
        the_one = f"({own.id_attribute}={_asserted(own.id_attribute, key)})"
        entries = self._search(own.user_base, f"(&{anybody}{the_one})")
        return person_of(entries[0], self.connection) if len(entries) == 1 else None

    def is_there(self, base: str) -> bool:
        """Whether there is an entry ``base`` which the program's account may read."""
        try:
            return bool(self.connection.search_s(base, ldap.SCOPE_BASE, attrlist=["1.1"]))
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX, ldap.INSUFFICIENT_ACCESS):
            return False
        except ldap.LDAPError as error:
            raise Unavailable(_told(error)) from error

    def _search(self, base: str, text: str) -> list[_ENTRY]:
        text = text.replace("%", "%%")  # the library fills in what stands behind a %
        search = LDAPSearch(base, ldap.SCOPE_SUBTREE, text, _attributes(self._settings))
        try:
            return search.execute(self.connection, {})
        except ldap.LDAPError as error:
            raise Unavailable(_told(error)) from error


def person_of(entry: _ENTRY, connection: Any) -> DirectoryPerson:
    """What an ``entry`` says of a person; its groups are looked up over ``connection``."""
    own: Ldap = settings.SIGN_IN.ldap
    dn, attributes = entry
    username = _text(attributes, own.username_attribute)
    return DirectoryPerson(
        directory=DirectoryKind.LDAP,
        key=_key(attributes, own.id_attribute),
        username=username,
        display_name=_text(attributes, own.name_attribute) or _text(attributes, "cn"),
        email=_text(attributes, own.mail_attribute),
        groups=frozenset(_groups(own, dn, username, connection)) if own.group_base else None,
    )


def _groups(own: Ldap, dn: str, username: str, connection: Any) -> Iterator[str]:
    """The groups of a person, each by its whole name (DN) and by its short one (CN).

    A short name that reads like a whole one is left out: whoever may make groups anywhere could
    pass one of theirs off as another. Raises ``Unavailable``.
    """
    text = _pattern(own.group_filter)
    search = LDAPSearch(own.group_base, ldap.SCOPE_SUBTREE, text, ["cn"])
    try:
        found = search.execute(connection, {"dn": dn, "user": username})
    except ldap.LDAPError as error:
        raise Unavailable(_told(error)) from error
    for group_dn, attributes in found:
        yield group_dn
        name = _text(attributes, "cn")
        if name and "=" not in name:
            yield name


def _library_settings(own: Ldap) -> LDAPSettings:
    return LDAPSettings(
        "DX_",  # no setting of ours begins so: everything is said here
        {
            "SERVER_URI": own.uri,
            "BIND_DN": own.bind_dn,
            "BIND_PASSWORD": own.bind_password,
            "START_TLS": own.starttls,
            "CONNECTION_OPTIONS": _connection_options(own),
            "USER_SEARCH": LDAPSearch(
                own.user_base, ldap.SCOPE_SUBTREE, _pattern(own.user_filter), _attributes(own)
            ),
            "ALWAYS_UPDATE_USER": False,  # admit() writes, with history
        },
    )


def _connection_options(own: Ldap) -> dict[int, Any]:
    return {
        ldap.OPT_PROTOCOL_VERSION: ldap.VERSION3,
        ldap.OPT_REFERRALS: 0,  # Active Directory refers to servers that the program cannot reach
        ldap.OPT_NETWORK_TIMEOUT: own.seconds,
        ldap.OPT_TIMEOUT: own.seconds,
        ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
        **({ldap.OPT_X_TLS_CACERTFILE: own.ca_file} if own.ca_file else {}),
        ldap.OPT_X_TLS_NEWCTX: 0,  # last: makes the ones above count
    }


def _attributes(own: Ldap) -> list[str]:
    return [own.username_attribute, own.id_attribute, own.name_attribute, own.mail_attribute, "cn"]


def _pattern(text: str) -> str:
    """A filter of the settings as the library takes it; what stands for the person is escaped."""
    return text.replace("%", "%%").replace("{user}", "%(user)s").replace("{dn}", "%(dn)s")


def _first(attributes: Mapping[str, list[Any]], name: str) -> Any:
    """The first value of an attribute, whose name is known in any case; empty for none."""
    values = attributes.get(name)
    return values[0] if values else ""


def _text(attributes: Mapping[str, list[Any]], name: str) -> str:
    value = _first(attributes, name)
    return value if isinstance(value, str) else ""


def _key(attributes: Mapping[str, list[Any]], name: str) -> str:
    """What tells the person for good: as text, Active Directory's bytes as it shows them itself."""
    if name.lower() != _GUID:
        return _text(attributes, name)
    value = _first(attributes, name)
    raw = value.encode() if isinstance(value, str) else value
    return str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else ""


def _asserted(name: str, key: str) -> str:
    """``key`` as it stands in a filter."""
    if name.lower() != _GUID:
        return ldap.filter.escape_filter_chars(key)
    return "".join(f"\\{byte:02x}" for byte in uuid.UUID(key).bytes_le)


def _told(error: ldap.LDAPError) -> str:
    """What the server or the library says of an error, on one line."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = (type(error).__name__, details.get("desc"), details.get("info"))
    return " / ".join(str(part) for part in said if part)
