"""How people sign in, as the environment says it; read by the settings, so it knows no Django app.

Every variable is explained in docs/office/sign-in.md and deploy/office.env.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOCAL, LDAP, OIDC, REMOTE = "local", "ldap", "oidc", "remote"
WAYS = (LOCAL, LDAP, OIDC, REMOTE)
LOCAL_BACKEND = "operation.directory.local.LocalBackend"
BACKENDS: Mapping[str, str] = {
    LDAP: "operation.directory.ldap_directory.LdapBackend",
    OIDC: "operation.directory.provider.ProviderBackend",
    REMOTE: "operation.directory.proxy.ProxyBackend",
}
SECONDS = 5
"""How long one answer of the office's login is waited for."""

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_SHORTEST_SECRET = 32
# What is usual in Active Directory, and in OpenLDAP and its like.
_LDAP_KINDS: Mapping[str, Mapping[str, str]] = {
    "ad": {
        "DX_LDAP_USERNAME_ATTRIBUTE": "sAMAccountName",
        "DX_LDAP_ID_ATTRIBUTE": "objectGUID",
        # Without those who are switched off; with the groups that lie in groups.
        "DX_LDAP_USER_FILTER": "(&(objectCategory=person)(sAMAccountName={user})"
        "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "DX_LDAP_GROUP_FILTER": "(member:1.2.840.113556.1.4.1941:={dn})",
    },
    "openldap": {
        "DX_LDAP_USERNAME_ATTRIBUTE": "uid",
        "DX_LDAP_ID_ATTRIBUTE": "entryUUID",
        "DX_LDAP_USER_FILTER": "(uid={user})",
        "DX_LDAP_GROUP_FILTER": "(member={dn})",
    },
}


@dataclass(frozen=True, slots=True)
class Ldap:
    """A directory that is asked with the name and password that people type."""

    uri: str
    user_base: str
    user_filter: str  # with {user}
    username_attribute: str
    id_attribute: str
    name_attribute: str = "displayName"
    mail_attribute: str = "mail"
    bind_dn: str = ""
    bind_password: str = ""
    group_base: str = ""  # empty: groups play no part
    group_filter: str = ""  # with {dn} or {user}
    ca_file: str = ""
    starttls: bool = True
    seconds: int = SECONDS


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider to which people are sent to sign in."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid profile email"
    username_claim: str = "preferred_username"
    name_claim: str = "name"
    groups_claim: str = "groups"  # empty: groups play no part
    ca_file: str = ""
    seconds: int = SECONDS


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that has signed people in and says their names in headers."""

    secret: str
    user_header: str
    groups_header: str = ""  # empty: groups play no part


@dataclass(frozen=True, slots=True)
class SignIn:
    """The ways in that the sign-in page offers, and what each of them needs."""

    ways: tuple[str, ...] = (LOCAL,)
    admits_without_role: bool = False
    ldap: Ldap | None = None
    provider: Provider | None = None
    proxy: Proxy | None = None

    @property
    def backends(self) -> list[str]:
        """Django's backends, the office's own after the accounts of this program."""
        return [LOCAL_BACKEND, *(BACKENDS[way] for way in self.ways if way in BACKENDS)]

    @property
    def directory(self) -> str:
        """The office's own login, the first where there are several; "" where there is none."""
        return next((way for way in self.ways if way in BACKENDS), "")


def sign_in_from(
    environment: Mapping[str, str], *, insecure_http: bool, behind_proxy: bool
) -> SignIn:
    """What ``environment`` says. Raises ``ImproperlyConfigured`` with what to set."""
    read = _Reader(environment)
    ways = tuple(part.strip() for part in read("DX_LOGIN", LOCAL).split(",") if part.strip())
    if unknown := set(ways) - set(WAYS):
        raise ImproperlyConfigured(
            f"DX_LOGIN names {', '.join(sorted(unknown))}; it takes {', '.join(WAYS)}, with commas."
        )
    without = read("DX_LOGIN_WITHOUT_GROUP", "refuse")
    if without not in ("refuse", "read"):
        raise ImproperlyConfigured("DX_LOGIN_WITHOUT_GROUP must be refuse or read.")
    return SignIn(
        ways=tuple(dict.fromkeys(ways)),
        admits_without_role=without == "read",
        ldap=_ldap(read) if LDAP in ways else None,
        provider=_provider(read, insecure_http) if OIDC in ways else None,
        proxy=_proxy(read, behind_proxy) if REMOTE in ways else None,
    )


class _Reader:
    """Reads variables; ``needed`` ones stop the start where they are missing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str, default: str = "") -> str:
        return self._environment.get(name, "").strip() or default

    def needed(self, name: str, way: str) -> str:
        value = self(name)
        if not value:
            raise ImproperlyConfigured(f"{name} is not set; DX_LOGIN={way} needs it.")
        return value

    def choice(self, name: str, *, default: bool) -> bool:
        value = self(name).lower()
        if value and value not in _YES | _NO:
            raise ImproperlyConfigured(f"{name} must be 1 or 0.")
        return value in _YES if value else default


def _ldap(read: _Reader) -> Ldap:
    uri = read.needed("DX_LDAP_URI", LDAP)
    if urlsplit(uri).scheme not in ("ldap", "ldaps") or not urlsplit(uri).hostname:
        raise ImproperlyConfigured("DX_LDAP_URI must be ldaps://host or ldap://host.")
    kind = read("DX_LDAP_KIND", "ad")
    if kind not in _LDAP_KINDS:
        raise ImproperlyConfigured(f"DX_LDAP_KIND must be one of {', '.join(_LDAP_KINDS)}.")
    usual = {name: read(name, value) for name, value in _LDAP_KINDS[kind].items()}
    _check_filter("DX_LDAP_USER_FILTER", usual["DX_LDAP_USER_FILTER"], "{user}")
    _check_filter("DX_LDAP_GROUP_FILTER", usual["DX_LDAP_GROUP_FILTER"], "{dn}", "{user}")
    return Ldap(
        uri=uri,
        bind_dn=read.needed("DX_LDAP_BIND_DN", LDAP),
        bind_password=read.needed("DX_LDAP_BIND_PASSWORD", LDAP),
        user_base=read.needed("DX_LDAP_USER_BASE", LDAP),
        user_filter=usual["DX_LDAP_USER_FILTER"],
        username_attribute=usual["DX_LDAP_USERNAME_ATTRIBUTE"],
        id_attribute=usual["DX_LDAP_ID_ATTRIBUTE"],
        name_attribute=read("DX_LDAP_NAME_ATTRIBUTE", "displayName"),
        group_base=read("DX_LDAP_GROUP_BASE"),
        group_filter=usual["DX_LDAP_GROUP_FILTER"],
        ca_file=read("DX_LDAP_CA_FILE"),
        # Only somebody who says so sends passwords in the clear.
        starttls=read.choice("DX_LDAP_STARTTLS", default=True) and uri.startswith("ldap:"),
    )


def _check_filter(name: str, text: str, *places: str) -> None:
    is_enclosed = text.startswith("(") and text.endswith(")") and text.count("(") == text.count(")")
    if not is_enclosed or not any(place in text for place in places):
        raise ImproperlyConfigured(
            f"{name} must be an LDAP filter in brackets with {' or '.join(places)} in it, "
            f"not {text!r}."
        )


def _provider(read: _Reader, insecure_http: bool) -> Provider:
    issuer = read.needed("DX_OIDC_ISSUER", OIDC).rstrip("/")
    if not issuer.startswith("https://") and not (insecure_http and issuer.startswith("http://")):
        raise ImproperlyConfigured("DX_OIDC_ISSUER must begin with https://.")
    groups = read("DX_OIDC_GROUPS_CLAIM", "groups")
    return Provider(
        issuer=issuer,
        client_id=read.needed("DX_OIDC_CLIENT_ID", OIDC),
        client_secret=read.needed("DX_OIDC_CLIENT_SECRET", OIDC),
        scopes=read("DX_OIDC_SCOPES", "openid profile email"),
        username_claim=read("DX_OIDC_USERNAME_CLAIM", "preferred_username"),
        name_claim=read("DX_OIDC_NAME_CLAIM", "name"),
        groups_claim="" if groups == "none" else groups,
        ca_file=read("DX_OIDC_CA_FILE"),
    )


def _proxy(read: _Reader, behind_proxy: bool) -> Proxy:
    if not behind_proxy:
        raise ImproperlyConfigured(
            "DX_LOGIN=remote needs a proxy that signs people in; set DX_BEHIND_PROXY=1."
        )
    secret = read.needed("DX_REMOTE_USER_SECRET", REMOTE)
    if len(secret) < _SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"DX_REMOTE_USER_SECRET must have at least {_SHORTEST_SECRET} characters: whoever "
            "guesses it signs in as anybody."
        )
    return Proxy(
        secret=secret,
        user_header=read("DX_REMOTE_USER_HEADER", "X-Remote-User"),
        groups_header=read("DX_REMOTE_USER_GROUPS_HEADER"),
    )
