"""The writers of what an account signs in with: its password, and the sign-ins that are open."""

from collections.abc import Sequence

from django.contrib.auth.hashers import (
    UNUSABLE_PASSWORD_PREFIX,
    PBKDF2PasswordHasher,
    get_hasher,
)
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import get_random_string

from procedures.models import Source, User
from procedures.permissions import check_can_keep_accounts
from procedures.records import Origin, save, save_many

OWN_ONLY = "パスワードを変えられるのは本人だけです。"
OF_THE_DIRECTORY = (
    "「{person}」さんは庁内アカウントでログインします。"
    "パスワードは、庁内アカウントの管理者が再発行します。"
)
SWITCHED_OFF = "「{person}」さんのアカウントは無効です。先に有効にしてください。"
# Without what is mistaken for something else when it is read from paper; and without figures, so
# that chance makes none that the policy for passwords refuses.
_LETTERS = "abcdefghjkmnpqrtwxy"
_GROUPS, _GROUP = 4, 4
# An initial password is random: nobody guesses one of 10^20 from its hash, however fast. Hundreds
# of them are hashed in one request; the person's own gets the full number.
_ITERATIONS = 10_000


class NotIssued(Exception):
    """Somebody of those has no password here; the sentence says why."""


@transaction.atomic
def issue_passwords(people: Sequence[User], *, by: User) -> list[tuple[User, str]]:
    """Gives each of ``people`` an initial password, which is stored nowhere in clear.

    It opens the program once: whoever signs in with it chooses a password first. Sign-ins that are
    open end. Raises ``PermissionDenied``, and ``NotIssued`` for people of the directory or whose
    account is switched off; nothing is written then.
    """
    check_can_keep_accounts(by)
    for person in people:
        if person.directory:
            raise NotIssued(OF_THE_DIRECTORY.format(person=person))
        if not person.is_active:
            raise NotIssued(SWITCHED_OFF.format(person=person))
    issued = []
    for person in people:
        password = _initial_password()
        person.password, person.must_change_password = _hashed(password), True
        issued.append((person, password))
    save_many(people, ["password", "must_change_password"], Origin(by, Source.ADMIN))
    return issued


def without_password() -> QuerySet[User]:
    """Those who sign in with a password here and have never been given one, by user name."""
    people = User.objects.filter(is_active=True, directory="")
    people = people.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return people.prefetch_related("memberships__department").order_by("username")


@transaction.atomic
def issue_missing_passwords(*, by: User) -> list[tuple[User, str]]:
    """``issue_passwords`` for all ``without_password``.

    They are locked first: of two administrators who press at the same moment, the second one finds
    nobody left, and what the first one was given stays good.
    """
    return issue_passwords(list(without_password().select_for_update()), by=by)


@transaction.atomic
def change_password(person: User, password: str, *, by: User) -> User:
    """The password that a person has chosen; the caller has validated it.

    Returns the stored account. Raises ``PermissionDenied`` to others. The person's sign-ins end,
    but for the one whose view takes it over.
    """
    stored = User.objects.select_for_update().get(pk=person.pk)
    if by.pk != stored.pk or stored.directory:
        raise PermissionDenied(OWN_ONLY)
    stored.set_password(password)
    stored.must_change_password = False
    save(stored, ["password", "must_change_password"], Origin(by, Source.FORM))
    return stored


@transaction.atomic
def end_sessions(person: User, *, by: User) -> User:
    """Ends all sign-ins of ``person``, on every desk, and returns the stored account.

    Everybody may end their own; the view keeps the one from which that is asked. Raises
    ``PermissionDenied``.
    """
    if by.pk != person.pk:
        check_can_keep_accounts(by)
    stored = User.objects.select_for_update().get(pk=person.pk)
    stored.sessions_round += 1
    source = Source.FORM if by.pk == person.pk else Source.ADMIN
    save(stored, ["sessions_round"], Origin(by, source))
    return stored


def _initial_password() -> str:
    """Some 68 bits, in groups that can be typed from paper."""
    groups = (get_random_string(_GROUP, _LETTERS) for _ in range(_GROUPS))
    return "-".join(groups)


def _hashed(password: str) -> str:
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), iterations=_ITERATIONS)
    return hasher.encode(password, hasher.salt())
