"""In whose name a command writes."""

from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError, CommandParser

from procedures.actions import command_account
from procedures.models import User
from procedures.permissions import check_can_import


def add_person_argument(parser: CommandParser) -> None:
    """``--by USER``."""
    parser.add_argument(
        "--by", metavar="USER", help="実行者（利用者名）。省略時はコマンド用の利用者"
    )


def person_of(username: str | None) -> User:
    """The person named, who must be allowed to import; the account of commands for nobody."""
    if username is None:
        return command_account()
    try:
        person = User.objects.get(username=username, is_active=True)
        check_can_import(person)
    except User.DoesNotExist:
        raise CommandError(f"利用者「{username}」はいません。") from None
    except PermissionDenied as denied:
        raise CommandError(f"{username}: {denied}") from None
    return person
