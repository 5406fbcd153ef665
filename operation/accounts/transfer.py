"""人事異動: a list of people compared with the accounts, and carried out as one act.

Who comes gets an account, who goes loses it (switched off, never deleted), who moves gets the
roles of the list. What a person has seen is what is written, or nothing (the digest).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from procedures import acts
from procedures.editing import Overtaken
from procedures.models import Act, Department, Role, Source, TeamMembership, User
from procedures.permissions import ADMINISTRATORS_ONLY, check_can_keep_accounts
from procedures.records import Batch, Origin, begin_history, delete, insert
from procedures.reference_data.files import Problem, Table
from procedures.reference_data.importing import VARIANT, Change, likeness

from .people_list import BLANK_NAME, MAIL, NAME, USERNAME, Listed, Post, people_of

YOURSELF_LEAVES = (
    "あなた自身のアカウントが無効になります。一覧に、あなたの行を「管理者」の役割で加えてください。"
)
YOURSELF_LOSES = (
    "あなた自身の「管理者」の役割がなくなります。役割を「管理者」にした行を加えてください。"
)
OF_THE_PROGRAM = "「{username}」は台帳が使う名前です。別のユーザー名にしてください。"
UNKNOWN_LEAVER = "この人は登録されていません。ユーザー名を確かめるか、この行を消してください。"
ACT_LABEL = "人事異動（新規{joins}・復帰{returns}・異動{moves}・無効{leaves}）"
_VALUES = ["display_name", "email"]
MANY = 3
"""A list that switches off more than one in so many is asked about again."""


class Fate(Enum):
    """What becomes of an account; the value is the word on the page."""

    JOINS = "新規"
    RETURNS = "復帰"
    MOVES = "異動"
    RENAMED = "氏名・メールの変更"
    LEAVES = "無効にする"
    STAYS = "変更なし"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account: what becomes of it, its roles before and after, and changes of its values.

    ``person`` is the account as it will be; that of somebody new is not saved yet.
    """

    fate: Fate
    person: User
    row: int | None
    before: frozenset[Post]
    after: frozenset[Post]
    changes: tuple[Change, ...] = ()

    @property
    def left_departments(self) -> frozenset[int]:
        """The departments in which the person has no role any more."""
        kept = {post.department_id for post in self.after}
        return frozenset(
            post.department_id
            for post in self.before
            if post.department_id is not None and post.department_id not in kept
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a list would do; with ``problems`` it does nothing. ``table`` is the list itself."""

    table: Table
    is_whole: bool
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    active_count: int

    @property
    def counts(self) -> Counter[Fate]:
        """How many accounts have each fate."""
        return Counter(entry.fate for entry in self.entries)

    @property
    def changed(self) -> list[Entry]:
        """Those that change, as the list has them."""
        return [entry for entry in self.entries if entry.fate is not Fate.STAYS]

    @property
    def switches_off_many(self) -> bool:
        """Whether so many accounts would be switched off that it may be the wrong list."""
        return self.counts[Fate.LEAVES] * MANY > self.active_count

    @property
    def digest(self) -> str:
        """The same for two that do the same to the same accounts."""
        told = [
            (
                entry.fate.name,
                entry.person.username,
                sorted(map(_key, entry.before)),
                sorted(map(_key, entry.after)),
                [(change.heading, change.old, change.new) for change in entry.changes],
            )
            for entry in self.changed
        ]
        return hashlib.sha256(json.dumps([self.is_whole, told]).encode()).hexdigest()


def compare(table: Table, *, is_whole: bool, on: date, by: User) -> Transfer:
    """What the list does to the accounts as they are; four queries.

    ``is_whole``: the list has everybody, so whoever is missing goes.
    """
    listed, problems = people_of(table, on=on)
    comparing = _Comparing(_accounts(), by)
    wrong = {problem.row for problem in problems}
    readable = [one for one in listed if one.row not in wrong]
    entries = [entry for one in readable if (entry := comparing.entry(one))]
    if is_whole:
        entries += comparing.missing({one.username for one in listed})
    problems += [*comparing.problems, *comparing.against_oneself(entries)]
    return Transfer(
        table,
        is_whole,
        tuple(entries),
        tuple(sorted(problems, key=lambda problem: problem.row or 0)),
        comparing.active_count,
    )


@transaction.atomic
def carry_out(table: Table, *, is_whole: bool, on: date, seen: str, is_sure: bool, by: User) -> Act:
    """Does what the person has seen (``seen`` is its digest), as an act that can be taken back.

    New accounts, and those that are switched on again, have no password until one is issued.
    Raises ``PermissionDenied``, and ``Overtaken`` where the list would do something else by now,
    or switches off many accounts without ``is_sure``.
    """
    check_can_keep_accounts(by)
    _lock(by)
    transfer = compare(table, is_whole=is_whole, on=on, by=by)
    is_to_ask = transfer.switches_off_many and not is_sure
    if transfer.problems or not transfer.changed or transfer.digest != seen or is_to_ask:
        raise Overtaken
    counts = transfer.counts
    label = ACT_LABEL.format(
        joins=counts[Fate.JOINS],
        returns=counts[Fate.RETURNS],
        moves=counts[Fate.MOVES],
        leaves=counts[Fate.LEAVES],
    )
    origin = acts.begin(Act.Kind.TRANSFER, label, by=by, source=Source.BULK)
    _write(transfer.changed, origin)
    return acts.finish(origin, count=0)


def words_of(posts: Iterable[Post], departments: Mapping[int | None, Department]) -> list[str]:
    """Roles as the page names them."""
    return [
        " ".join(filter(None, (str(departments.get(post.department_id, "")), post.role.label)))
        for post in sorted(posts, key=_key)
    ]


def _key(post: Post) -> tuple[int, str]:
    return post.department_id or 0, post.role.value


def _accounts() -> list[User]:
    """Everybody but those under whose names the program itself writes."""
    return list(User.objects.prefetch_related("memberships").order_by("username"))


def _lock(by: User) -> None:
    """Locks roles and accounts, in the order in which a sign-in and a reorganisation do.

    Raises ``PermissionDenied`` where ``by`` has lost theirs by now.
    """
    roles = TeamMembership.objects.select_for_update().order_by("pk")
    administers = {row.user_id for row in roles if row.role == Role.ADMINISTRATOR}
    people = {person.pk: person for person in User.objects.select_for_update().order_by("pk")}
    stored = people[by.pk]
    if not stored.is_active or not (stored.is_superuser or by.pk in administers):
        raise PermissionDenied(ADMINISTRATORS_ONLY)


def _is_of_the_program(person: User) -> bool:
    """The accounts under whose names commands and the directory write: nobody signs in to them."""
    return person.is_superuser and not person.is_active


class _Comparing:
    """The accounts as they are, beside what a list says of each."""

    def __init__(self, accounts: Sequence[User], by: User) -> None:
        self.problems: list[Problem] = []
        self._by = by
        self._stored = {person.username: person for person in accounts}
        self._twins = {likeness(name): name for name in self._stored}
        self.active_count = sum(person.is_active for person in accounts)

    def entry(self, listed: Listed) -> Entry | None:
        """What becomes of one who stands in the list; None where something is wrong with it."""
        person = self._stored.get(listed.username)
        if person is None:
            return self._new(listed)
        if _is_of_the_program(person):
            self._wrong(listed, OF_THE_PROGRAM.format(username=listed.username))
            return None
        before = _posts(person)
        if listed.leaves:
            fate = Fate.LEAVES if person.is_active else Fate.STAYS
            return Entry(fate, person, listed.row, before, frozenset())
        changes = tuple(_changes(person, listed))
        if not person.is_active:
            fate = Fate.RETURNS
        elif before != listed.posts:
            fate = Fate.MOVES
        else:
            fate = Fate.RENAMED if changes else Fate.STAYS
        return Entry(fate, person, listed.row, before, listed.posts, changes)

    def missing(self, names: Collection[str]) -> list[Entry]:
        """Those who work here and do not stand in a list of everybody."""
        return [
            Entry(Fate.LEAVES, person, None, _posts(person), frozenset())
            for name, person in self._stored.items()
            if person.is_active and name not in names
        ]

    def against_oneself(self, entries: Iterable[Entry]) -> Iterator[Problem]:
        """Whoever does it stays an administrator: then there is one afterwards."""
        for entry in entries:
            if entry.person.pk != self._by.pk:
                continue
            if entry.fate is Fate.LEAVES:
                yield Problem(YOURSELF_LEAVES, entry.row, USERNAME if entry.row else "")
            elif not self._by.is_superuser and not _administers(entry.after):
                yield Problem(YOURSELF_LOSES, entry.row, "役割")

    def _new(self, listed: Listed) -> Entry | None:
        twin = self._twins.get(likeness(listed.username))
        if listed.leaves:
            self._wrong(listed, UNKNOWN_LEAVER)
        elif twin is not None:
            self._wrong(listed, VARIANT.format(text=listed.username, twin=twin))
        elif listed.name is None:
            self.problems.append(Problem(BLANK_NAME, listed.row, NAME))
        else:
            person = User(
                username=listed.username,
                display_name=listed.name,
                email=listed.mail or "",
                directory=settings.SIGN_IN.directory,  # of one's own where the office has one
            )
            person.set_unusable_password()
            self._twins[likeness(listed.username)] = listed.username
            changes = (
                Change(NAME, "", person.display_name),
                Change(MAIL, "", person.email),
                Change("ログインの方法", "", person.get_directory_display()),
            )
            return Entry(Fate.JOINS, person, listed.row, frozenset(), listed.posts, changes)
        return None

    def _wrong(self, listed: Listed, message: str) -> None:
        self.problems.append(Problem(message, listed.row, USERNAME))


def _posts(person: User) -> frozenset[Post]:
    return frozenset(Post(Role(row.role), row.department_id) for row in person.memberships.all())


def _administers(posts: Iterable[Post]) -> bool:
    return any(post.role == Role.ADMINISTRATOR for post in posts)


def _changes(person: User, listed: Listed) -> Iterator[Change]:
    """Sets the new values on ``person`` and tells them."""
    for heading, field, new in (
        (NAME, "display_name", listed.name),
        (MAIL, "email", listed.mail),
    ):
        old = getattr(person, field)
        if new is not None and new != old:
            setattr(person, field, new)
            yield Change(heading, old, new)


def _write(entries: Sequence[Entry], origin: Origin) -> None:
    people = {fate: [one.person for one in entries if one.fate is fate] for fate in Fate}
    for person in people[Fate.RETURNS]:
        person.is_active = True
        person.set_unusable_password()  # it may have been told to somebody since
    for person in people[Fate.LEAVES]:
        person.is_active = False
    # What came in without a history: what it was stays known, and can be gone back to.
    keys = [one.person.pk for one in entries if one.person.pk]
    begin_history(list(User.objects.filter(pk__in=keys)), _before(origin))
    staying = (Fate.MOVES, Fate.RENAMED)
    batch = Batch(origin)
    batch.insert(people[Fate.JOINS])
    batch.update(people[Fate.RETURNS], ["is_active", "password", *_VALUES])
    batch.update([one.person for one in entries if one.fate in staying and one.changes], _VALUES)
    batch.update(people[Fate.LEAVES], ["is_active"])
    batch.write()
    _write_roles(entries, origin)


def _write_roles(entries: Sequence[Entry], origin: Origin) -> None:
    """Roles that end make room for those that begin."""
    ended = [
        row
        for one in entries
        if one.before
        for row in one.person.memberships.all()
        if Post(Role(row.role), row.department_id) not in one.after
    ]
    begun = [
        TeamMembership(user=one.person, role=post.role, department_id=post.department_id)
        for one in entries
        for post in sorted(one.after - one.before, key=_key)
    ]
    begin_history(ended, _before(origin))
    delete(ended, origin)
    insert(begun, origin)


def _before(origin: Origin) -> Origin:
    return replace(origin, act=None, at=origin.at - timedelta.resolution)
