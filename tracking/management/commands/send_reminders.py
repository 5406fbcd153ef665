"""Reminds the teams of what waits for them: ``manage.py send_reminders --send``."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from procedures.models import Department, User
from tracking.actions.reminders import (
    Delivery,
    Message,
    NotReady,
    deliver,
    messages,
    one_line,
    reminded_on,
    team_people,
)

BY_MAIL = "メール {address}"
IN_PROGRAM = "画面（メールアドレスなし）"
HAD_ONE = "今日のお知らせは済んでいます。もう送りません"
DRY_RUN = "まだ何も送っていません。送るときは --send を付けて実行してください。"
NOBODY = "待っている手続のある人はいません。"
TOTAL = "{people}人のうち、待っている手続のある人は{count}人です。"
SENT = (
    "{mailed}人にメールを送りました。{shown}人には画面でお知らせします。"
    "{had_one}人には今日すでにお知らせしています。"
)
FAILED = "{count}人に送れませんでした。もう一度実行すると、この人たちにだけ送ります。"
NO_DEPARTMENT = "部局室コード「{code}」の部局室はありません。"
NO_PERSON = "「{username}」は、DX推進チームの利用者（有効な利用者）ではありません。"


class Command(BaseCommand):
    help = (
        "待っている手続を、DX推進チームの人にメールと画面でお知らせします。"
        "--send を付けなければ、誰に何を送るかを表示するだけです。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--send", action="store_true", help="実際に送ります（1人に1日1回）")
        parser.add_argument(
            "--department", nargs="+", metavar="CODE", help="この部局室のチームの人だけに送ります"
        )
        parser.add_argument("--to", nargs="+", metavar="USER", help="この利用者だけに送ります")

    def handle(self, *args, **options) -> None:
        on = timezone.localdate()
        people = self._people(options["department"], options["to"])
        chosen = messages(people, on=on)
        if not chosen:
            self.stdout.write(NOBODY)
        elif options["send"]:
            self._send(chosen)
        else:
            self._show(chosen, people.count(), reminded_on(on))

    def _people(self, codes: list[str] | None, usernames: list[str] | None) -> QuerySet[User]:
        people = team_people()
        if codes:
            known = dict(Department.objects.filter(code__in=codes).values_list("code", "pk"))
            for code in codes:
                if code not in known:
                    raise CommandError(NO_DEPARTMENT.format(code=code))
            people = people.filter(memberships__department__in=known.values()).distinct()
        if usernames:
            known = set(team_people().values_list("username", flat=True))
            for username in usernames:
                if username not in known:
                    raise CommandError(NO_PERSON.format(username=username))
            people = people.filter(username__in=usernames)
        return people

    def _show(self, chosen: list[Message], people: int, reminded: set[int]) -> None:
        for message in chosen:
            way = BY_MAIL.format(address=message.address) if message.address else IN_PROGRAM
            if message.to.pk in reminded:
                way = HAD_ONE
            self.stdout.write(f"{_name(message.to)}　{way}")
            for part in message.parts:
                self.stdout.write(f"  {part}")
        self.stdout.write(TOTAL.format(people=people, count=len(chosen)))
        self.stdout.write(DRY_RUN)

    def _send(self, chosen: list[Message]) -> None:
        try:
            delivery = deliver(chosen)
        except NotReady as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(_summary(delivery))
        for message, reason in delivery.failed:
            self.stderr.write(f"× {_name(message.to)}　{message.address}：{reason}")
        if delivery.failed:
            raise CommandError(FAILED.format(count=len(delivery.failed)))


def _name(person: User) -> str:
    return f"{one_line(str(person))}（{person.username}）"


def _summary(delivery: Delivery) -> str:
    return SENT.format(
        mailed=len(delivery.mailed), shown=len(delivery.shown), had_one=len(delivery.had_one)
    )
