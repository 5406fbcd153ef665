"""The only writer of what the office's own login says of people: their account and their teams."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from procedures.models import DirectoryGroup, DirectoryKind, Role, Source, TeamMembership, User
from procedures.permissions import check_can_keep_accounts
from procedures.records import Origin, begin_history, delete, insert, save
from tracking.succession import ended

NO_ROLE = (
    "庁内アカウントは確かめられましたが、この台帳を使うグループに入っていません。"
    "使う必要がある場合は、情報政策課へお知らせください。"
)
NAME_TAKEN = (
    "庁内アカウントは確かめられましたが、同じユーザー名「{username}」が、この台帳で別のアカウントに"
    "使われています。情報政策課へお知らせください。（管理者の方へ：同じ人であれば、管理画面の利用者で、"
    "そのアカウントの「ログインの方法」を庁内アカウントにし、識別子を空欄にすると引き継げます。）"
)
SWITCHED_OFF = "この台帳では、このアカウントの利用を止めています。情報政策課へお知らせください。"
UNUSABLE_NAME = (
    "庁内アカウントのユーザー名か識別子が、空か、長すぎるか、見えない文字を含むため、ログインできません。"
    "情報政策課へお知らせください。"
)
BY_DIRECTORY = "庁内アカウントのグループによる"
LEFT = "庁内アカウントに見当たらない"

_Given = set[tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """A person as the office's own login tells of them, once it has made sure who it is.

    ``key`` is what stays when the person gets another name. ``groups`` are the names of the
    groups; None where the directory is not asked for groups, and roles are kept by administrators.
    """

    directory: DirectoryKind
    key: str
    username: str
    display_name: str = ""
    email: str = ""
    groups: frozenset[str] | None = None


class NotAdmitted(Exception):
    """A known person who may not come in here; the message is what the person reads."""


def receive(*, person: DirectoryPerson, admits_without_role: bool, by: User) -> User:
    """The account of ``person``, made or brought up to date, with the roles that its groups give.

    Raises ``NotAdmitted`` for a person without a role (unless ``admits_without_role``), for one
    whose account was switched off here, and for a name that another account has. Roles that the
    groups no longer give are gone in any case, and without any left so are the open sessions.
    """
    person = _as_stored(person)
    try:
        user, is_admitted = _receive(person, admits_without_role, by)
    except IntegrityError:
        # Somebody who comes for the first time, in two windows at once: the other one was first.
        user, is_admitted = _receive(person, admits_without_role, by)
    if not is_admitted:
        raise NotAdmitted(NO_ROLE)
    return user


@transaction.atomic
def withdraw(*, user: User, by: User) -> None:
    """Switches an account off whose person the directory no longer has, and takes its roles.

    Its sessions end. Whoever comes back is switched on again by an administrator.
    """
    check_can_keep_accounts(by)
    origin = Origin(by, Source.COMMAND, reason=LEFT)
    locked = _locked(user.pk)
    _set_roles(locked, set(), origin)
    if locked.is_active:
        locked.is_active = False
        _write(locked, ["is_active"], origin)


@transaction.atomic
def _receive(person: DirectoryPerson, admits_without_role: bool, by: User) -> tuple[User, bool]:
    check_can_keep_accounts(by)
    origin = Origin(by, Source.COMMAND, reason=BY_DIRECTORY)
    user = _find(person)
    given = None if person.groups is None else _given_by(person.groups, timezone.localdate())
    has_role = bool(given) if given is not None else _has_role(user)
    is_admitted = has_role or admits_without_role
    if user is None:
        if not is_admitted:
            return User(), False
        user = _begin(person, origin)
    elif not user.is_active:
        raise NotAdmitted(SWITCHED_OFF)
    else:
        _update(user, person, origin)
    if given is not None and _set_roles(user, given, origin) and not is_admitted:
        user.sessions_round += 1  # no sign-in that is open goes on
        save(user, ["sessions_round"], origin)
    return user, is_admitted


def _has_role(user: User | None) -> bool:
    return user is not None and user.memberships.exists()


def _as_stored(person: DirectoryPerson) -> DirectoryPerson:
    """The same without what no field can hold.

    Raises ``NotAdmitted`` for a name or key that is empty or too long, or has letters that nobody
    sees: without them it would be another person's.
    """
    username, key = person.username.strip(), person.key
    is_seen = (_printable(username), _printable(key)) == (username, key)
    if not (is_seen and 0 < len(username) <= 150 and 0 < len(key) <= 500):
        raise NotAdmitted(UNUSABLE_NAME)
    email = person.email
    try:
        User._meta.get_field("email").run_validators(email)
    except ValidationError:
        email = ""
    name = _printable(person.display_name)[:100]
    return replace(person, username=username, key=key, display_name=name, email=email)


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()


def _find(person: DirectoryPerson) -> User | None:
    """The account that is linked with ``person``, or waits for whoever has this name; locked."""
    linked = User.objects.filter(directory=person.directory, directory_id=person.key)
    if (key := linked.values_list("pk", flat=True).first()) is not None:
        return _locked(key)
    namesakes = User.objects.filter(username__iexact=person.username)
    if (key := namesakes.values_list("pk", flat=True).first()) is None:
        return None
    user = _locked(key)
    if (user.directory, user.directory_id) != (person.directory, ""):
        raise NotAdmitted(NAME_TAKEN.format(username=person.username))
    return user


def _locked(key: int) -> User:
    # The memberships first, as a reorganisation has them.
    held = TeamMembership.objects.select_for_update().filter(user=key)
    list(held.order_by("pk").values_list("pk"))
    return User.objects.select_for_update().get(pk=key)


def _begin(person: DirectoryPerson, origin: Origin) -> User:
    user = User(
        username=person.username,
        display_name=person.display_name,
        email=person.email,
        directory=person.directory,
        directory_id=person.key,
    )
    user.set_unusable_password()
    insert([user], origin)
    return user


def _update(user: User, person: DirectoryPerson, origin: Origin) -> None:
    """Name and address as the directory has them; a password of this program is no use any more."""
    said = {"directory_id": person.key}
    said |= {name: getattr(person, name) for name in ("display_name", "email")}
    others = User.objects.exclude(pk=user.pk)
    if not others.filter(username__iexact=person.username).exists():
        said["username"] = person.username
    changed = [name for name, value in said.items() if value and getattr(user, name) != value]
    for name in changed:
        setattr(user, name, said[name])
    if user.has_usable_password() or user.must_change_password:
        user.set_unusable_password()
        user.must_change_password = False
        changed += ["password", "must_change_password"]
    if changed:
        _write(user, changed, origin)


def _write(user: User, fields: list[str], origin: Origin) -> None:
    stored = User.objects.get(pk=user.pk)
    begin_history([stored], _before(origin))
    save(user, fields, origin)


def _given_by(names: Iterable[str], on: date) -> _Given:
    """The roles of the groups of these ``names``, on the day ``on``.

    Names are compared without regard to case and to blanks after commas, as directories do. A
    department that has ended stands for those that came of it; of two roles in one, the leader's.
    """
    keys = {_group_key(name) for name in names}
    groups = DirectoryGroup.objects.select_related("department")
    given: _Given = set()
    for group in (group for group in groups if _group_key(group.name) in keys):
        gone = group.department and ended(group.department, on)
        departments = [heir.pk for heir in gone.heirs] if gone else [group.department_id]
        given |= {(group.role, department) for department in departments}
    led = {department for role, department in given if role == Role.LEADER}
    return {one for one in given if one[0] != Role.MEMBER or one[1] not in led}


def _group_key(name: str) -> str:
    return ",".join(part.strip() for part in name.split(",")).casefold()


def _set_roles(user: User, given: _Given, origin: Origin) -> bool:
    """Makes ``given`` the roles of ``user``; whether that was a change."""
    held = {(row.role, row.department_id): row for row in user.memberships.all()}
    over = [row for key, row in held.items() if key not in given]
    begun = [
        TeamMembership(user=user, role=role, department_id=department)
        for role, department in sorted(given - held.keys(), key=str)
    ]
    begin_history(over, _before(origin))
    delete(over, origin)
    insert(begun, origin)
    vars(user).pop("_rights", None)
    return bool(over or begun)


def _before(origin: Origin) -> Origin:
    """The moment before, for what came in without a history."""
    return replace(origin, at=origin.at - timedelta.resolution)
