"""The ticket of a preview: what was shown, to whom, signed; it comes back with the confirmation.

The table travels in it, so the server keeps nothing that another person could read or replace.
"""

from dataclasses import asdict

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import models

from procedures.models import User

from .files import Line, Table

VALID_SECONDS = 60 * 60 * 2
MAX_CHARACTERS = 3 * 1024 * 1024  # below DATA_UPLOAD_MAX_MEMORY_SIZE, with the form around it

NOT_YOURS = (
    "この取込を実行できるのは、内容を確認した本人だけです。"
    "ファイルを選んで、内容を確認してください。"
)
EXPIRED = (
    "確認してから時間がたったため、何も書き込まずに止めました。もう一度ファイルを選んでください。"
)
UNREADABLE = (
    "確認した内容が届かなかったため、何も書き込んでいません。もう一度ファイルを選んでください。"
)
TOO_LONG = "ファイルの内容が多すぎます。行を分けて、何回かに分けて取り込んでください。"

_SALT = "procedures.reference_data"


class Invalid(Exception):
    """A ticket that opens nothing; the message says what to do."""


def issue(table: Table, digest: str, *, to: User, model: type[models.Model]) -> str:
    """A ticket for the preview of ``table``. Raises Invalid for a table that is too long."""
    content = {
        "person": to.pk,
        "model": model._meta.label_lower,
        "digest": digest,
        "table": asdict(table),
    }
    ticket = signing.dumps(content, salt=_SALT, compress=True)
    if len(ticket) > MAX_CHARACTERS:
        raise Invalid(TOO_LONG)
    return ticket


def redeem(ticket: str, *, by: User, model: type[models.Model]) -> tuple[Table, str]:
    """The table and the digest that were shown. Raises Invalid, and PermissionDenied to others."""
    try:
        content = signing.loads(ticket, salt=_SALT, max_age=VALID_SECONDS)
    except signing.SignatureExpired as error:
        raise Invalid(EXPIRED) from error
    except signing.BadSignature as error:
        raise Invalid(UNREADABLE) from error
    if content["person"] != by.pk:
        raise PermissionDenied(NOT_YOURS)
    if content["model"] != model._meta.label_lower:
        raise Invalid(UNREADABLE)
    table = content["table"]
    lines = tuple(Line(line["number"], tuple(line["texts"])) for line in table["lines"])
    return Table(tuple(table["headings"]), lines, tuple(table["unread"])), content["digest"]
