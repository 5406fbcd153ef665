"""Makes a backup while people work, and removes those that are no longer needed."""

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from procedures import audit
from procedures.models import AuditEvent

from . import contents, uploads
from .archive import PARTIAL, moment_in_name, private_folder, read_manifest, writing
from .describing import COMMAND, check_version, copy_uploads, described, engine
from .locking import alone_on
from .manifest import Kind, Manifest, Refused
from .moment import one_moment
from .retention import superfluous

PREFIX = "dx-backup-"
"""The beginning of the names of our folders: nothing else is ever removed."""
_SPARE = 16 * 1024 * 1024  # bytes for the manifest, and for what is written meanwhile

NO_ROOM = (
    "「{folder}」の空きが足りません（要るのは約{need}MB、空きは{free}MB）。空きを増やすか、"
    "--to で別の場所を選んでください。まだ何も書いていません。"
)
NOT_WRITABLE = "「{folder}」に書けません（{reason}）。場所と権限を確かめてください。"
NOT_COPIED = (
    "データベースを写せません（{reason}）。写す先の空きと、データベースの状態を確かめてください。"
)
NOT_REMOVED = (
    "バックアップ「{name}」はできましたが、保存期間を過ぎたものを消せません（{reason}）。"
    "権限を確かめてください。"
)
NOTED = "バックアップ「{name}」（{rows}行、{files}ファイル）"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is complete, and the names of the older ones that were removed for it."""

    folder: Path
    manifest: Manifest
    removed: list[str]


def make(folder: Path, *, keep_days: int, keep_months: int) -> Made:
    """A new backup in ``folder``. Older ones of ours go by the rules of ``retention``.

    Raises ``locking.Busy`` where another one is being made there, ``Refused`` where there is no
    room or no right to write; nothing of it is left then. ``Refused`` also where it is complete,
    and an older one could not be removed.
    """
    try:
        private_folder(folder)
        with alone_on(folder):
            check_version()
            _sweep(folder)
            made, said = _made(folder)
            _note(made, said)
            removed = _remove_superfluous(folder, made, keep_days, keep_months)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(NOT_WRITABLE.format(folder=folder, reason=reason)) from error
    return Made(made, said, removed)


def complete_ones(folder: Path) -> dict[str, Manifest]:
    """The backups in ``folder`` that are complete, by name, the oldest first."""
    found = {}
    for path in sorted(folder.glob(f"{PREFIX}*")):
        try:
            found[path.name] = read_manifest(path, Kind.BACKUP)
        except Refused:
            continue  # broken off, damaged, or not ours
    return dict(sorted(found.items(), key=lambda item: item[1].made_at))


def newest(folder: Path | None = None) -> Manifest | None:
    """What the newest complete backup says of itself; None where there is none."""
    found = complete_ones(folder or settings.BACKUP_DIR)
    return list(found.values())[-1] if found else None


def check_room(folder: Path, need: int) -> None:
    """Raises ``Refused`` where ``need`` bytes do not fit into ``folder``."""
    free = shutil.disk_usage(folder).free
    if free < need + _SPARE:
        sizes = {"need": -(-need // 2**20), "free": free // 2**20}
        raise Refused(NO_ROOM.format(folder=folder, **sizes))


def _made(folder: Path) -> tuple[Path, Manifest]:
    with writing(folder / _name(folder)) as made:
        with one_moment() as moment:
            at = timezone.now()
            names = uploads.referred()
            check_room(folder, engine().size() + uploads.expected_size(names))
            try:
                engine().dump(made.place(engine().MEMBER), moment)
                said = described(Kind.BACKUP, at, contents.tables())
            except DatabaseError as error:
                raise Refused(NOT_COPIED.format(reason=error)) from error
            made.took(engine().MEMBER)
        missing = copy_uploads(names, made)
        said = replace(said, members=made.members, missing=missing)
        return made.complete(said), said


def _note(made: Path, said: Manifest) -> None:
    what = NOTED.format(name=made.name, rows=said.rows, files=len(said.members))
    audit.note(AuditEvent.Kind.BACKUP, what, by_name=COMMAND, count=said.rows)
    audit.remember_head()


def _name(folder: Path) -> str:
    """A name that is free, by which backups sort by age."""
    name = f"{PREFIX}{moment_in_name(timezone.localtime())}"
    number = 1
    while (folder / (free := f"{name}-{number:02}")).exists():
        number += 1
    return free


def _sweep(folder: Path) -> None:
    """Removes what was broken off; nobody else is at work here."""
    for path in folder.glob(f"{PREFIX}*{PARTIAL}"):
        shutil.rmtree(path, ignore_errors=True)


def _remove_superfluous(folder: Path, made: Path, keep_days: int, keep_months: int) -> list[str]:
    """Removes older backups that are no longer needed, never the one just made."""
    moments: dict[str, datetime] = {
        name: timezone.localtime(said.made_at) for name, said in complete_ones(folder).items()
    }
    now = timezone.localtime()
    names = superfluous(moments, now=now, keep_days=keep_days, keep_months=keep_months)
    gone = [name for name in names if name != made.name]
    for name in gone:
        try:
            # Under the other name first: half a backup is never taken for one.
            going = (folder / name).rename(folder / f"{name}{PARTIAL}")
            shutil.rmtree(going)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Refused(NOT_REMOVED.format(name=made.name, reason=reason)) from error
    return gone
