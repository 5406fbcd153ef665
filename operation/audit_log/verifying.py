"""Verifying the log: by an administrator on the page, or by a command; the log says what came."""

import getpass
from typing import Any

from django.db.models import Max

from procedures import audit
from procedures.models import AuditEvent, Source, User
from procedures.permissions import check_can_read_audit

AT_ONCE = 100_000
"""So many entries and history rows at most are verified while somebody waits for the page."""
SOUND = "監査ログを検証しました。{entries:,}件の項目と{rows:,}件の変更履歴に問題はありません。"
BROKEN = "監査ログを検証しました。{count:,}件の問題があります。"
COMMAND = "コマンド（{account}）"


def verify_on_page(*, by: User) -> audit.Verification:
    """Verifies everything and notes what came of it. Raises ``PermissionDenied``."""
    check_can_read_audit(by)
    return _verify(by=by, source=Source.FORM)


def verify_by_command() -> audit.Verification:
    """As ``verify_on_page``, by whoever runs the command."""
    return _verify(by_name=operator(), source=Source.COMMAND)


def told(found: audit.Verification) -> str:
    """What was found, as one sentence."""
    if found.ok:
        return SOUND.format(entries=found.entries, rows=found.history_rows)
    return BROKEN.format(count=len(found.problems))


def is_quick() -> bool:
    """Whether somebody may wait for it."""
    head = audit.head()
    size = head.number if head else 0
    for history in audit.histories().values():
        size += history.objects.aggregate(last=Max("history_id"))["last"] or 0
    return size <= AT_ONCE


def last_verification() -> AuditEvent | None:
    """The entry of the newest one."""
    return AuditEvent.objects.filter(kind=AuditEvent.Kind.VERIFICATION).first()


def operator() -> str:
    """The account of the system under which a command runs."""
    try:
        return COMMAND.format(account=getpass.getuser())
    except (KeyError, OSError):  # an account without a name, in a container
        return COMMAND.format(account="？")


def _verify(**who: Any) -> audit.Verification:
    found = audit.verify()
    audit.note(AuditEvent.Kind.VERIFICATION, told(found), count=found.entries, **who)
    if found.ok:
        audit.remember_head()
    return found
