"""Sign-in at an OpenID provider: AD FS, Entra ID, Keycloak and their like.

The authorization code flow: mozilla-django-oidc keeps state, nonce and PKCE, fetches the token and
the keys, and looks at the signature. It does not look at issuer, audience, expiry and subject,
takes whoever has the same mail address for the same person, and asks for the settings when the
program starts: that is done here.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
import requests
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from procedures.models import DirectoryKind, User
from tracking.actions.directory import DirectoryPerson

from .admission import NotConfirmed, Unavailable, admit
from .configuration import Provider

ALGORITHM = "RS256"
LEEWAY = 60
"""Seconds by which the clocks of the provider and of this server may differ."""

TOO_MANY_GROUPS = "the provider left the groups out of the token because they are too many"
NOT_BELIEVED = (
    *(SuspiciousOperation, jwt.PyJWTError),
    *(AttributeError, KeyError, TypeError, ValueError),
)
"""What the library, and what is added here, raise for an answer that is not what it must be."""

_KEPT_SECONDS = 60 * 60
_NEEDED = ("iss", "sub", "aud", "exp", "iat")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider says of itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    end_session: str = ""


def endpoints() -> Endpoints:
    """The addresses of the provider, asked for once an hour. Raises ``Unavailable``."""
    return _discover(settings.SIGN_IN.provider, int(time.monotonic() // _KEPT_SECONDS))


def library_setting(name: str, *default: Any) -> Any:
    """What mozilla-django-oidc asks the settings for, read when it is needed."""
    own: Provider = settings.SIGN_IN.provider
    fixed = {
        "OIDC_RP_CLIENT_ID": own.client_id,
        "OIDC_RP_CLIENT_SECRET": own.client_secret,
        "OIDC_RP_SIGN_ALGO": ALGORITHM,
        "OIDC_RP_SCOPES": own.scopes,
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": own.seconds,
        "OIDC_VERIFY_SSL": own.ca_file or True,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "sign_in_answer",
    }
    if name == "OIDC_OP_AUTHORIZATION_ENDPOINT":
        return endpoints().authorization
    return fixed[name] if name in fixed else getattr(settings, name, *default)


class ProviderBackend(OIDCAuthenticationBackend):
    """Believes a token that is the provider's, for this program, of now and of this sign-in."""

    get_settings = staticmethod(library_setting)

    def __init__(self) -> None:
        # Not the library's: it would ask the provider for its addresses at every request.
        self.OIDC_RP_CLIENT_ID = settings.SIGN_IN.provider.client_id
        self.OIDC_RP_CLIENT_SECRET = settings.SIGN_IN.provider.client_secret
        self.OIDC_RP_SIGN_ALGO = ALGORITHM
        self.OIDC_RP_IDP_SIGN_KEY = None

    @property
    def OIDC_OP_TOKEN_ENDPOINT(self) -> str:
        """Where a code becomes a token."""
        return endpoints().token

    @property
    def OIDC_OP_JWKS_ENDPOINT(self) -> str:
        """Where the provider's keys are."""
        return endpoints().keys

    @property
    def OIDC_OP_USER_ENDPOINT(self) -> str:
        """Where the provider says more of a person."""
        return endpoints().userinfo

    def authenticate(self, request: HttpRequest, *, nonce: str, code_verifier: str) -> User | None:
        """The person whom the provider's answer in ``request`` names.

        Raises ``Unavailable``, ``NotConfirmed`` and ``NotAdmitted``. Never called with a name and
        a password: it does not take them.
        """
        try:
            return super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        except requests.HTTPError as error:
            # Its message has the answer's body in it, which may be anything.
            raise NotConfirmed(f"status {error.response.status_code}") from error
        except requests.RequestException as error:
            raise Unavailable(type(error).__name__) from error
        except NOT_BELIEVED as error:
            raise NotConfirmed(f"{type(error).__name__}: {error}") from error

    def _verify_jws(self, payload: str, key: Any) -> dict[str, Any]:
        """The claims of a token. Raises what ``authenticate`` takes for NotConfirmed."""
        own: Provider = settings.SIGN_IN.provider
        claims = jwt.decode(
            payload,
            key,
            algorithms=[ALGORITHM],
            audience=own.client_id,
            issuer=endpoints().issuer,
            leeway=LEEWAY,
            options={"require": list(_NEEDED)},
        )
        if claims.get("azp", own.client_id) != own.client_id:
            raise SuspiciousOperation("the token was given to another program")
        if not isinstance(claims["aud"], str) and len(claims["aud"]) > 1 and "azp" not in claims:
            raise SuspiciousOperation("the token is for several programs and names none of them")
        return claims

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: Mapping[str, Any]
    ) -> User:
        """The account of the person of a token that was verified.

        Raises ``NotConfirmed`` and ``NotAdmitted``.
        """
        own: Provider = settings.SIGN_IN.provider
        asked_for = {own.username_claim, own.groups_claim} - {""}
        claims = payload
        if not asked_for <= payload.keys() and endpoints().userinfo:
            said = self.get_userinfo(access_token, id_token, payload)
            if said.get("sub") != payload["sub"]:
                raise NotConfirmed("the provider tells of another person")
            claims = {**said, **payload}
        return admit(_person(claims, own))

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, unless the account was switched off meanwhile."""
        return ModelBackend.get_user(self, user_id)


def _person(claims: Mapping[str, Any], own: Provider) -> DirectoryPerson:
    """What the claims say. A number or an object where a text belongs says nothing."""
    return DirectoryPerson(
        directory=DirectoryKind.OIDC,
        # One provider's subject says nothing of another's: never the mail address, never the name.
        key=f"{claims['iss']} {claims['sub']}",
        username=_text(claims, own.username_claim),
        display_name=_text(claims, own.name_claim),
        email=_text(claims, "email"),
        groups=_groups(claims, own.groups_claim) if own.groups_claim else None,
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The names of the groups; none where the claim is missing."""
    if name not in claims and name in (claims.get("_claim_names") or {}):
        raise NotConfirmed(TOO_MANY_GROUPS)
    value = claims.get(name) or []
    names = [value] if isinstance(value, str) else value
    return frozenset(one for one in names if isinstance(one, str))


@lru_cache(maxsize=2)
def _discover(own: Provider, hour: int) -> Endpoints:
    """The discovery document; ``hour`` makes it be read again now and then."""
    address = f"{own.issuer}/.well-known/openid-configuration"
    try:
        answer = requests.get(address, timeout=own.seconds, verify=own.ca_file or True)
        answer.raise_for_status()
        said = answer.json()
        found = Endpoints(
            issuer=said["issuer"],
            authorization=said["authorization_endpoint"],
            token=said["token_endpoint"],
            keys=said["jwks_uri"],
            userinfo=said.get("userinfo_endpoint", ""),
            end_session=said.get("end_session_endpoint", ""),
        )
    except (requests.RequestException, OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{address}: {type(error).__name__}") from error
    if found.issuer.rstrip("/") != own.issuer:
        raise Unavailable(f"{address}: the issuer there is {found.issuer!r}")
    return found
