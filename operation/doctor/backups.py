"""Checks of the backups: that there is one of today, and that it is as it was made."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from operation.backup import archive, making
from operation.backup.manifest import Refused
from operation.backup.restoring import unfinished_restore

from .answers import Answer, caution, failure, fine

_USUAL_AGE = timedelta(hours=26)  # one a night, and the time it takes
_LONGEST_AGE = timedelta(days=7)


def age() -> Answer:
    """How old the newest complete backup is."""
    newest = making.newest()
    if newest is None:
        return failure(
            f"バックアップがありません（{settings.BACKUP_DIR}）。",
            "manage.py backup を実行し、毎晩の実行を登録してください（docs/office/backup.md）。",
        )
    old = timezone.now() - newest.made_at
    seen = (
        f"最後のバックアップは {timezone.localtime(newest.made_at):%Y-%m-%d %H:%M}"
        f"（{newest.size / 1024**2:,.0f}MB）です。"
    )
    if old <= _USUAL_AGE:
        return fine(seen)
    tell = failure if old > _LONGEST_AGE else caution
    return tell(
        f"{seen}{old.days}日{old.seconds // 3600}時間たっています。",
        "毎晩の実行が動いているか、そのログと空きを確かめてください（docs/office/backup.md）。",
    )


def restore() -> Answer:
    """Whether the database is a whole one and not half a restore."""
    if unfinished_restore() is None:
        return fine("途中で終わった復元はありません。")
    return failure(
        "復元が途中で終わっています。データがそろっていません。",
        "データの置き場所を空にし、もう一度 manage.py restore を実行してください。",
    )


def content() -> Answer:
    """Whether every file of the newest backup is as it was made; reads all of it."""
    complete = making.complete_ones(settings.BACKUP_DIR)
    if not complete:
        return failure(
            "確かめるバックアップがありません。", "manage.py backup を実行してください。"
        )
    name, said = list(complete.items())[-1]
    try:
        archive.verify(settings.BACKUP_DIR / name, said)
    except Refused as refused:
        return failure(
            f"最後のバックアップ（{name}）を復元に使えません：{refused}",
            "バックアップを取り直し、保存先のディスクを調べてください。",
        )
    return fine(f"最後のバックアップ（{name}）は、作ったときのままです（{said.rows:,}行）。")
