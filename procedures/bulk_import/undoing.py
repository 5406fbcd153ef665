"""Taking a whole import back: who may, and what the run says of it afterwards."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from procedures.models import ImportRun, Source, User
from procedures.permissions import check_can_import, rights_of
from procedures.records import Origin
from procedures.undoing import Undo
from procedures.workers import Report, silent

from .progress import ALREADY, NotApplicable

NOT_YOURS_TO_UNDO = "この取込を取り消せるのは、取り込んだ{person}さん、情報政策課と管理者です。"
EDITED_SINCE = "取込の後に変更された項目は、今の内容のままにしました。"
USED_SINCE = "取込で登録された後に変更されたため、削除しませんでした。"


def check_may_undo(run: ImportRun, by: User) -> None:
    """Raises ``PermissionDenied`` or ``NotApplicable`` unless ``by`` may take ``run`` back."""
    check_can_import(by)
    if by.pk != run.applied_by_id and not rights_of(by).is_office_wide:
        raise PermissionDenied(NOT_YOURS_TO_UNDO.format(person=run.applied_by or run.created_by))
    if run.state != ImportRun.State.APPLIED:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))


def take_back(run: ImportRun, by: User, report: Report = silent) -> None:
    """Restores every field that the run changed and nobody has changed since.

    What it added goes, unless somebody has edited it. What stays is named in ``undo_left``.
    """
    report("元の内容に戻しています", 0, 0)  # before the transaction, or nobody would see it
    with transaction.atomic():
        undo = Undo(
            wrote={"import_run": run},
            origin=Origin(by, Source.UNDO, import_run=run),
            edited_since=EDITED_SINCE,
            used_since=USED_SINCE,
        )
        undo.take_back()
        _finish(run, undo.origin, undo.left())


def _finish(run: ImportRun, origin: Origin, left: list[dict[str, Any]]) -> None:
    run.state = ImportRun.State.UNDONE
    run.undone_by, run.undone_at = origin.by, origin.at
    run.undo_left = left
    run.worker, run.heard_at, run.message = "", None, ""
    run.save()
