"""Checks of the machine: folders, rights, room on the disk, the clock."""

import os
import stat
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from operation.health import free_bytes, is_writable
from procedures.models import Procedure

from .answers import Answer, caution, failure, fine

_MEGABYTE = 1024**2
_COPIES = 3  # of the database: itself growing, a backup, a restore beside it
_SECRET_FILES = ("secret_key", "*.sqlite3", "*.sqlite3-wal", "*.env")
_FIRST_YEAR, _LAST_YEAR = 2026, 2045
_OFF, _FAR_OFF = timedelta(seconds=5), timedelta(minutes=1)
_AHEAD = timedelta(minutes=5)  # of the newest row, as two servers never agree to the second
_SHOWN = 3


def folders() -> Answer:
    """Whether the program can write where it has to."""
    needed = [settings.DATA_DIR, *([Path(settings.LOG_FILE).parent] if settings.LOG_FILE else [])]
    closed = [str(folder) for folder in needed if not is_writable(folder)]
    if not closed:
        return fine(f"データの置き場所に書き込めます（{settings.DATA_DIR}）。")
    return failure(
        f"書き込めない、または存在しない場所があります：{'、'.join(closed)}",
        "プログラムを動かす OS の利用者が書き込めるようにしてください。"
        "ディスクが読取り専用になっていないかも確かめてください。",
    )


def secrets() -> Answer:
    """Whether others who sign in to this machine could read the data or the keys."""
    if os.name != "posix":
        return fine("ファイルの権限は、Windows では点検していません（docs/office/install.md）。")
    folder = settings.DATA_DIR
    if not _open_to_all(folder):
        return fine(f"データの置き場所は、ほかの OS の利用者から読めません（{folder}）。")
    files = sorted(file.name for name in _SECRET_FILES for file in folder.glob(name)
                   if _open_to_all(file))  # fmt: skip
    if not files:
        return fine(
            f"データの置き場所の秘密のファイルは、ほかの OS の利用者から読めません（{folder}）。"
        )
    return caution(
        f"ほかの OS の利用者が読めるファイルがあります（{folder}）：{'、'.join(files[:_SHOWN])}",
        f"chmod o-rwx {folder} を実行し、データの置き場所をほかの利用者から閉じてください。",
    )


def disk() -> Answer:
    """Whether there is room to go on, and for a backup and a restore."""
    free = free_bytes(settings.DATA_DIR)
    size = _database_bytes()
    seen = f"空きは{free // _MEGABYTE:,}MB、データベースは{size // _MEGABYTE:,}MBです。"
    if free < settings.DISK_RESERVE_MB * _MEGABYTE:
        return failure(
            f"{seen}下限（DX_DISK_RESERVE_MB、{settings.DISK_RESERVE_MB:,}MB）を下回っています。",
            "不要なファイルと古いバックアップを別の場所へ移すか、ディスクを増やしてください。",
        )
    if free < size * _COPIES:
        return caution(
            f"{seen}バックアップと復元には、データベースの{_COPIES}倍の空きが要ります。",
            "古いバックアップを別の場所へ移すか、ディスクを増やしてください。",
        )
    return fine(seen)


def clock() -> Answer:
    """Whether the clock is right, as far as it can be told without asking outside."""
    now = timezone.now()
    seen = f"時刻は {timezone.localtime(now):%Y-%m-%d %H:%M:%S}（{settings.TIME_ZONE}）です。"
    advice = "サーバーの時刻と時刻同期（NTP。庁内の時刻サーバー）の設定を確かめてください。"
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        return failure(f"{seen}年が正しくありません。", advice)
    newest = Procedure.history.order_by("-history_id").values_list("history_date", flat=True)
    if (last := newest.first()) and last > now + _AHEAD:
        return failure(
            f"{seen}台帳の最後の変更（{timezone.localtime(last):%Y-%m-%d %H:%M:%S}）より前です。",
            f"{advice}直すまで、台帳を変更しないでください。履歴の順序が乱れます。",
        )
    off = abs(_database_now() - timezone.now())
    if off < _OFF:
        return fine(seen)
    tell = failure if off > _FAR_OFF else caution
    return tell(f"{seen}データベースのサーバーと{off.total_seconds():.0f}秒違います。", advice)


def time_zone() -> Answer:
    """Whether the system knows the time zone by which dates are written."""
    try:
        zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    except zoneinfo.ZoneInfoNotFoundError:
        return failure(
            f"時間帯「{settings.TIME_ZONE}」の情報がありません。",
            "tzdata を入れてください（Windows では Python の tzdata パッケージ）。",
        )
    here = datetime.now(UTC).astimezone(zone)
    return fine(f"時間帯は {settings.TIME_ZONE}（UTC{here:%z}）です。")


def _open_to_all(path: Path) -> bool:
    return bool(path.exists() and path.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH))


def _database_bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return cursor.fetchone()[0]
    file = Path(connection.settings_dict["NAME"])
    return sum(part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.exists())


def _database_now() -> datetime:
    """The clock of the database's machine; SQLite runs on this one."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
