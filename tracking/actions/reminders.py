"""お知らせ: what waits for each team, put into words for its people, mailed and recorded.

A reminder is recorded the moment its mail has left. A run that breaks off in between may send one
person the same mail twice; it never leaves anybody out.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from email.charset import BASE64, Charset
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from procedures.models import Department, TeamMembership, User
from procedures.models.organisation import TEAM_ROLES
from tracking.models import Reminder
from tracking.selections import SELECTIONS
from tracking.stats import counts_by_department
from tracking.work_queue import WAITING

NOT_YOURS = "このお知らせは、ほかの人へのお知らせです。「確認しました」を押せるのは本人だけです。"
NO_ADDRESS_OF_PROGRAM = (
    "この台帳のアドレスが設定されていません。環境変数 DX_BASE_URL に、https:// から始まる"
    "アドレスを設定してください。まだ何も送っていません。"
)
NO_MAIL_SERVER = (
    "メールアドレスのある人が{count}人いますが、メールを送る設定がありません。環境変数 "
    "DX_SMTP_HOST と DX_MAIL_FROM を設定してください。まだ何も送っていません。"
)
NO_CONNECTION = (
    "メールサーバー「{host}」につながりません（{reason}）。DX_SMTP_ で始まる環境変数を"
    "確かめてください。まだ何も送っていません。"
)
PREFIX = "【行政手続オンライン化】"
SUBJECT = "{teams}：{counts}（{on.month}月{on.day}日）"
_IN_SUBJECT = 3  # of the sets; the rest stands in the body
_SUBJECT_LENGTH = 180
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Seven bits: an old mail server on the way may change or refuse anything else.
_CHARSET = Charset("utf-8")
_CHARSET.body_encoding = BASE64


class NotReady(Exception):
    """Nothing was sent and nothing written: what has to be set first is the exception's text."""


@dataclass(frozen=True, slots=True)
class Item:
    """How many procedures of a team wait in one named set, what to do with them, and where."""

    label: str
    count: int
    what_to_do: str
    url: str

    def __str__(self) -> str:
        return f"{self.label}{self.count:,}件"


@dataclass(frozen=True, slots=True)
class Part:
    """What waits for the team of one department."""

    department: str
    items: tuple[Item, ...]

    def __str__(self) -> str:
        return f"{self.department}：{'、'.join(map(str, self.items))}"


@dataclass(frozen=True, slots=True)
class Message:
    """One person's reminder on the day ``on``: a part for each team for which something waits."""

    to: User
    on: date
    parts: tuple[Part, ...]

    @property
    def address(self) -> str:
        """Where it is mailed to; empty for who reads it in the program."""
        return self.to.email

    @property
    def subject(self) -> str:
        """One line: the teams, the most urgent counts over all of them, and the day."""
        first, others = self.parts[0].department, len(self.parts) - 1
        teams = f"{first}ほか{others}部局室" if others else first
        room = _SUBJECT_LENGTH - len(self._subject(""))
        return self._subject(teams[:room])

    @property
    def body(self) -> str:
        """Plain text: what waits, what to do, how long it takes and how to get there."""
        context = {"message": self, "name": one_line(str(self.to)), "home": _url()}
        return render_to_string("tracking/mail/reminder.txt", context)

    def _subject(self, teams: str) -> str:
        totals: dict[str, int] = {}
        for item in (item for part in self.parts for item in part.items):
            totals[item.label] = totals.get(item.label, 0) + item.count
        labels = [SELECTIONS[key].label for key in WAITING]
        words = [f"{label}{totals[label]:,}件" for label in labels if label in totals]
        counts = "、".join(words[:_IN_SUBJECT]) + ("など" if len(words) > _IN_SUBJECT else "")
        return SUBJECT.format(teams=teams, counts=counts, on=self.on)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the messages; ``failed`` has the reason beside each."""

    mailed: list[Message] = field(default_factory=list)
    shown: list[Message] = field(default_factory=list)
    had_one: list[Message] = field(default_factory=list)
    failed: list[tuple[Message, str]] = field(default_factory=list)


def team_people() -> QuerySet[User]:
    """Everybody who can be reminded: the active members and leaders of a DX team."""
    teams = TeamMembership.objects.filter(role__in=TEAM_ROLES)
    return User.objects.filter(is_active=True, pk__in=teams.values("user")).order_by("username")


def messages(people: QuerySet[User], *, on: date) -> list[Message]:
    """A message for each of ``people`` with something waiting in one of their teams on that day.

    In the office's own order; two queries, however many people and departments there are.
    """
    found = counts_by_department(tuple(WAITING), on=on)
    memberships = TeamMembership.objects.filter(user__in=people, role__in=TEAM_ROLES)
    teams: dict[User, list[Department]] = {}
    for membership in memberships.select_related("user", "department").order_by(
        "department__order", "department__pk", "user__username"
    ):
        teams.setdefault(membership.user, []).append(membership.department)
    return [
        Message(person, on, parts)
        for person, departments in teams.items()
        if (parts := tuple(_parts(departments, found)))
    ]


def reminded_on(day: date) -> set[int]:
    """The keys of the people who have had their reminder of that day."""
    return set(Reminder.objects.filter(day=day).values_list("user", flat=True))


def deliver(chosen: Sequence[Message]) -> Delivery:
    """Mails each message, or leaves it in the program for who has no address, and records it.

    Nobody gets a second one on the same day. Raises ``NotReady`` before anything is sent. A mail
    that is not taken stops no other one and is not recorded: a later run tries it again.
    """
    _check_settings(chosen)
    delivery = Delivery()
    with _MailServer(is_needed=any(message.address for message in chosen)) as server:
        for message in chosen:
            # Asked anew for each: another run may be under way.
            if Reminder.objects.filter(user=message.to, day=message.on).exists():
                delivery.had_one.append(message)
            elif not message.address:
                _record(message)
                delivery.shown.append(message)
            elif reason := server.refuses(message):
                delivery.failed.append((message, reason))
            else:
                _record(message)
                delivery.mailed.append(message)
    return delivery


def unseen(user: User) -> Reminder | None:
    """The newest reminder that ``user`` has not put away and got by no mail; one query."""
    return _in_program(user).first()


@transaction.atomic
def put_away(*, reminder: Reminder, by: User) -> None:
    """Takes a reminder, and the older ones that it replaces, from the person's page.

    Raises ``PermissionDenied`` for anybody else's.
    """
    if reminder.user_id != by.pk:
        raise PermissionDenied(NOT_YOURS)
    _in_program(by).filter(day__lte=reminder.day).update(seen_at=timezone.now())


def one_line(text: str) -> str:
    """``text`` without line breaks and control characters: it may stand in a mail's head."""
    return _LINE_BREAKS.sub(" ", text).strip()


def _parts(
    departments: Sequence[Department], found: dict[int | None, dict[str, int]]
) -> Iterator[Part]:
    for department in departments:
        # The page of a person in one team has that team's rows only.
        narrowed = {"department": department.pk} if len(departments) > 1 else {}
        counts = found.get(department.pk, {})
        items = tuple(
            Item(SELECTIONS[key].label, counts[key], what, _url(set=key, **narrowed))
            for key, what in WAITING.items()
            if counts.get(key)
        )
        if items:
            yield Part(one_line(department.name), items)


def _url(**query: object) -> str:
    return f"{settings.BASE_URL}{reverse('team')}{'?' if query else ''}{urlencode(query)}"


def _check_settings(chosen: Sequence[Message]) -> None:
    if not settings.BASE_URL.startswith(("https://", "http://")):
        raise NotReady(NO_ADDRESS_OF_PROGRAM)
    count = sum(bool(message.address) for message in chosen)
    if count and not (settings.EMAIL_HOST and settings.DEFAULT_FROM_EMAIL):
        raise NotReady(NO_MAIL_SERVER.format(count=count))


class _MailServer:
    """One connection to the office's mail server, made anew after each mail that was not taken."""

    def __init__(self, *, is_needed: bool) -> None:
        self._is_needed = is_needed
        self._connection = get_connection()
        self._lost = ""

    def __enter__(self) -> "_MailServer":
        if self._is_needed:
            try:
                self._connection.open()
            except OSError as error:
                reason = _words(error)
                sentence = NO_CONNECTION.format(host=settings.EMAIL_HOST, reason=reason)
                raise NotReady(sentence) from error
        return self

    def __exit__(self, *args: object) -> None:
        # What has been sent is sent, even where the server is gone by now.
        with suppress(OSError):
            self._connection.close()

    def refuses(self, message: Message) -> str:
        """Sends it; the reason why it was not taken, or "" when it was."""
        if self._lost:
            return self._lost
        try:
            self._connection.send_messages([_mail(message, self._connection)])
        except (OSError, ValueError) as error:
            self._connect_anew()
            return _words(error)
        return ""

    def _connect_anew(self) -> None:
        with suppress(OSError):
            self._connection.close()
        try:
            self._connection.open()
        except OSError as error:
            # Waiting for a server that is gone, once for everybody, would take hours.
            self._lost = _words(error)


def _mail(message: Message, connection: object) -> EmailMessage:
    mail = EmailMessage(
        subject=PREFIX + message.subject,
        body=message.body,
        to=[message.address],
        # No answer of somebody's absence comes back.
        headers={"Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    mail.encoding = _CHARSET
    return mail


def _words(error: Exception) -> str:
    """What the server answered, or what the system says."""
    if isinstance(error, SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return one_line(str(error)) or type(error).__name__
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return one_line(f"{code} {text}")


def _record(message: Message) -> None:
    Reminder.objects.get_or_create(
        user=message.to,
        day=message.on,
        defaults={
            "subject": message.subject,
            "body": message.body,
            "mailed_to": message.address,
            "created_at": timezone.now(),
        },
    )


def _in_program(user: User) -> QuerySet[Reminder]:
    return Reminder.objects.filter(user=user, mailed_to="", seen_at__isnull=True)
