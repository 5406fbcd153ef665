"""Lets in whom the office's own login has made sure of, or says in a sentence why not."""

import logging

from django.conf import settings

from procedures import audit
from procedures.actions import directory_account
from procedures.models import AuditEvent, User
from tracking.actions.directory import DirectoryPerson, NotAdmitted, receive

UNAVAILABLE = (
    "庁内アカウントを確かめるサーバーにつながらないため、ログインできません。"
    "しばらくしてから、もう一度お試しください。続くときは、情報政策課へお知らせください。"
)
NOT_CONFIRMED = (
    "庁内アカウントを確かめられませんでした。もう一度ログインしてください。"
    "続くときは、情報政策課へお知らせください。"
)

logger = logging.getLogger(__name__)


class Unavailable(Exception):
    """The office's login cannot be asked now; the message is what the person reads."""

    def __init__(self, reason: object) -> None:
        super().__init__(UNAVAILABLE)
        logger.error("the office's login cannot be asked: %s", reason)


class NotConfirmed(Exception):
    """The office's login did not make sure who it is; the message is what the person reads."""

    def __init__(self, reason: object) -> None:
        super().__init__(NOT_CONFIRMED)
        logger.warning("the office's login was not believed: %s", reason)


REFUSALS = (Unavailable, NotConfirmed, NotAdmitted)
"""Why nobody was signed in; each says it in its message."""


def admit(person: DirectoryPerson) -> User:
    """The account of ``person`` with its roles of now. Raises ``NotAdmitted``, which is noted."""
    try:
        return receive(
            person=person,
            admits_without_role=settings.SIGN_IN.admits_without_role,
            by=directory_account(),
        )
    except NotAdmitted as refusal:
        audit.note(AuditEvent.Kind.SIGN_IN_FAILED, str(refusal), by_name=person.username[:150])
        raise
