"""Puts a backup into an empty place, and looks whether everything came back."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from operation.tables import OURS
from procedures import audit
from procedures.classification import differences
from procedures.models import AuditEvent, Procedure

from . import contents, uploads
from .archive import (
    MEMBER_ALTERED,
    MEMBER_MISSING,
    copied,
    private_file,
    private_folder,
    read_manifest,
    verify,
)
from .describing import COMMAND, engine
from .making import check_room
from .manifest import Kind, Manifest, Refused

Say = Callable[[str], None]
MARK = "restore-unfinished.txt"
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

OTHER_ENGINE = (
    "これは{theirs}のバックアップで、今の設定は{ours}です。同じ種類のデータベースにだけ復元できます。"
    "種類を変えるときは、元の環境で manage.py export_all、新しい環境で manage.py import_all を"
    "使ってください。"
)
NEWER_PROGRAM = (
    "新しい版のプログラム（{program}）のバックアップです。その版か、それより新しい版のプログラムで"
    "復元してください。"
)
OLDER_PROGRAM = (
    "古い版のプログラム（{program}）のバックアップです。復元した後にデータベースを今の版へ更新します。"
    "よければ --migrate を付けて、もう一度実行してください。まだ何も書いていません。"
)
NOT_EMPTY = "データベースが空ではありません。{how}まだ何も書いていません。"
FILES_THERE = (
    "「{folder}」にファイルがあります。別の場所へ移してから、もう一度実行してください。"
    "まだ何も書いていません。"
)
BROKEN_OFF = (
    "途中で止まりました（{reason}）。ここにあるものは使えません。原因を除き、空にしてから、"
    "もう一度実行してください。"
)
UNFINISHED = "前の復元または取込み（{what}）が途中で終わっていて、ここにあるものは使えません。"
DIFFERENT = "復元した表の内容がバックアップと違います：{tables}。ここにあるものは使えません。"
BROKEN_CHAIN = "監査ログのつながりに問題があります：{problems}"
MISCLASSIFIED = "区分が計算と違う手続が{count}件あります。manage.py reclassify で直ります。"
NOTED = "バックアップ「{name}」（{at}時点）から復元"


def restore(folder: Path, *, migrate: bool, say: Say) -> Manifest:
    """Restores the backup in ``folder`` into the database and the uploads of the settings.

    Both must be empty. ``migrate`` allows to bring a backup of an earlier program up to this one.
    ``say`` hears each step as a sentence. Raises ``Refused`` before anything is written where the
    backup or the place is not good; afterwards only where what came back is not what was saved.
    """
    said = read_manifest(folder, Kind.BACKUP)
    say("チェックサムを確かめています…")
    verify(folder, said)
    private_folder(settings.DATA_DIR)  # an empty place may not even be there yet
    is_older = _check_program(said, migrate=migrate)
    check_members(said, [engine().MEMBER])
    check_empty(is_filled=bool(contents.table_names()))
    engine().check_place()
    check_room(settings.DATA_DIR, said.size)
    with unfinished(folder.name):
        say("ファイルを戻しています…")
        put_uploads(folder, said)
        say("データベースを戻しています…")
        engine().load(folder / engine().MEMBER)
        say("すべての表を、1行ずつバックアップと比べています…")
        _compare(said)
        if is_older:
            say("データベースを今の版へ更新しています…")
            call_command("migrate", interactive=False, verbosity=0)
        # Noted first: it explains why the log ends earlier than it once did here.
        note_restored(NOTED, folder, said)
        check_restored(say)
    return said


def unfinished_restore() -> str | None:
    """What was being restored or taken in here when it was broken off; None where nothing was."""
    mark = settings.DATA_DIR / MARK
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else None


@contextlib.contextmanager
def unfinished(what: str) -> Iterator[None]:
    """As long as this lasts, and after it was broken off, the place is known as unusable."""
    mark = settings.DATA_DIR / MARK
    mark.unlink(missing_ok=True)
    with private_file(mark) as file:
        file.write(what.encode())
    yield
    mark.unlink()


def check_empty(*, is_filled: bool) -> None:
    """Raises ``Refused`` where the database ``is_filled`` or files are kept."""
    if is_filled:
        raise Refused(_explained(NOT_EMPTY.format(how=engine().how_to_empty())))
    if not uploads.is_empty():
        raise Refused(_explained(FILES_THERE.format(folder=uploads.root())))


def check_members(said: Manifest, names: Iterable[str]) -> None:
    """Raises ``Refused`` where one of ``names`` is no member: nobody would have looked at it."""
    for name in set(names).difference(member.name for member in said.members):
        raise Refused(MEMBER_MISSING.format(name=name))


def put_uploads(folder: Path, said: Manifest) -> None:
    """Puts the files of the backup where files are kept."""
    beginning = f"{uploads.FOLDER}/"
    for member in said.members:
        if member.name.startswith(beginning):
            target = uploads.root() / member.name.removeprefix(beginning)
            private_folder(target.parent)
            with (folder / member.name).open("rb") as source:
                if copied(source, target) != member.sha256:
                    raise Refused(MEMBER_ALTERED.format(name=member.name))


def note_restored(sentence: str, folder: Path, said: Manifest) -> None:
    """Notes in the audit log what everything here comes from."""
    at = timezone.localtime(said.made_at).strftime("%Y-%m-%d %H:%M:%S")
    what = sentence.format(name=folder.name, at=at)
    audit.note(AuditEvent.Kind.RESTORE, what, by_name=COMMAND, count=said.rows)


def check_restored(say: Say) -> None:
    """Looks at what came in as a whole: the chain of the audit log, and the classification."""
    say("監査ログのつながりを確かめています…")
    checked = audit.verify()
    if not checked.ok:
        raise Refused(BROKEN_CHAIN.format(problems=" ".join(checked.problems[:3])))
    say("区分を計算し直して確かめています…")
    found = {procedure.pk for procedure, *_ in differences(Procedure.objects.all())}
    if found:  # as it was in the source: nothing was lost
        say(MISCLASSIFIED.format(count=len(found)))


def _check_program(said: Manifest, *, migrate: bool) -> bool:
    """Whether it is of an earlier program; raises ``Refused`` where it cannot be used as it is."""
    if said.engine != connection.vendor:
        names = {"theirs": said.engine, "ours": connection.vendor}
        named = {key: ENGINES.get(name, name) for key, name in names.items()}
        raise Refused(OTHER_ENGINE.format(**named))
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = (name for name in said.migrations if name not in ours)
    # Packages may drop migrations that they have put together; of our own none ever goes away.
    if any(name.split(".")[0] in OURS for name in unknown):
        raise Refused(NEWER_PROGRAM.format(program=said.program))
    is_older = bool(ours - set(said.migrations))
    if is_older and not migrate:
        raise Refused(OLDER_PROGRAM.format(program=said.program))
    return is_older


def _compare(said: Manifest) -> None:
    saved = {table.name: table for table in said.tables}
    found = {table.name: table for table in contents.tables()}
    other = sorted(name for name in saved | found if saved.get(name) != found.get(name))
    if other:
        raise Refused(DIFFERENT.format(tables="、".join(other)))


def _explained(sentence: str) -> str:
    """With what is known of an earlier attempt before it."""
    what = unfinished_restore()
    return f"{UNFINISHED.format(what=what)}{sentence}" if what else sentence
