"""Reads the accounts of the office's directory anew: ``manage.py refresh_directory``, every night.

An OpenID provider and a proxy tell of a person only while that person signs in; only a directory
that speaks LDAP can be asked.
"""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operation.directory.admission import Unavailable
from procedures.actions import directory_account
from procedures.models import DirectoryKind, User
from tracking.actions.directory import DirectoryPerson, NotAdmitted, receive, withdraw

FEW = 3
"""So many may be gone at once; more than that, and more than a fifth, looks like a mistake."""

NOT_LDAP = (
    "DX_LOGIN に ldap がありません。読み直せるのは、LDAP・Active Directory の利用者だけです。"
)
TOO_MANY = (
    "{known}人のうち{gone}人が、庁内アカウントに見当たりません。設定の誤りかもしれないため、何も変えずに"
    "止めました。DX_LDAP_USER_BASE と DX_LDAP_USER_FILTER を確かめてください。"
    "本当にいなくなったのであれば、--all を付けて実行してください。"
)
DONE = "{known}人を確かめました。役割のない利用者 {without}人、利用を止めた利用者 {gone}人です。"


class Command(BaseCommand):
    help = (
        "庁内アカウント（LDAP・Active Directory）の利用者の氏名と役割を読み直し、"
        "いなくなった利用者の利用を止めます。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="見当たらない利用者が多くても止めません"
        )

    def handle(self, *args, **options) -> None:
        if settings.SIGN_IN.ldap is None:
            self.stdout.write(NOT_LDAP)
            return
        known = User.objects.filter(directory=DirectoryKind.LDAP, is_active=True)
        people = list(known.exclude(directory_id="").order_by("pk"))
        try:
            found = _ask_for(people)  # everybody, before anything is written
        except Unavailable as error:
            raise CommandError(str(error)) from error
        gone = [user for user in people if user.pk not in found]
        if len(gone) > max(FEW, len(people) // 5) and not options["all"]:
            raise CommandError(TOO_MANY.format(known=len(people), gone=len(gone)))
        by = directory_account()
        for user in gone:
            withdraw(user=user, by=by)
        without = sum(not _is_admitted(person, by) for person in found.values())
        counts = {"known": len(people), "without": without, "gone": len(gone)}
        self.stdout.write(DONE.format(**counts))


def _ask_for(people: list[User]) -> dict[int, DirectoryPerson]:
    """What the directory says of those whom it still has, by the key of the account."""
    from operation.directory.ldap_directory import Directory

    directory = Directory(settings.SIGN_IN.ldap)
    asked = {user.pk: directory.find(user.directory_id) for user in people}
    return {key: person for key, person in asked.items() if person is not None}


def _is_admitted(person: DirectoryPerson, by: User) -> bool:
    try:
        receive(person=person, admits_without_role=settings.SIGN_IN.admits_without_role, by=by)
    except NotAdmitted:
        return False
    return True
