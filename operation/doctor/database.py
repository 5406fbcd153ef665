"""Checks of the database that hold for either engine."""

import sqlite3
import time
from datetime import date

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.timezone import localdate

from operation.tables import tables

from .answers import Answer, caution, failure, fine

_SLOW = 1.0  # seconds for a question that takes a millisecond
_OLDEST_SQLITE = (3, 31)
# Repaired there: two processes that clear the log at the same moment may lose a page.
_REPAIRED_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
# Until when each gets fixes: postgresql.org/support/versioning.
POSTGRESQL_ENDS = {
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
_SHOWN = 5


def reachable() -> Answer:
    """Whether the database answers, and how quickly."""
    started = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return failure(
            f"データベースに接続できません（{type(error).__name__}）。",
            "データベースのサーバーが動いているか、DATABASE_URL、またはデータの置き場所"
            f"（{settings.DATA_DIR}）の権限を確かめてください。",
        )
    seconds = time.perf_counter() - started
    seen = f"{connection.display_name} に接続できます（{seconds * 1000:.0f}ミリ秒）。"
    if seconds < _SLOW:
        return fine(seen)
    return caution(seen, "サーバーの負荷と、データベースまでの通信を確かめてください。")


def version() -> Answer:
    """Whether the engine is of a version that is supported."""
    if connection.vendor == "sqlite":
        return _sqlite_version(sqlite3.sqlite_version_info)
    return _postgresql_version(connection.pg_version)


def migrations() -> Answer:
    """Whether the tables are those of this version of the program."""
    found = tables()
    if found.pending:
        return failure(
            "データベースの更新（マイグレーション）が済んでいません："
            f"{'、'.join(found.pending[:_SHOWN])}",
            "バックアップを取ってから、manage.py migrate を実行してください。",
        )
    if found.newer:
        return failure(
            "データベースは、このプログラムより新しい版で更新されています："
            f"{'、'.join(found.newer[:_SHOWN])}",
            "新しい版のプログラムに戻すか、更新前のバックアップから復元してください。",
        )
    return fine("データベースの表は、このプログラムの版のものです。")


def _sqlite_version(found: tuple[int, int, int]) -> Answer:
    readable = f"SQLite {'.'.join(map(str, found))}"
    if found < _OLDEST_SQLITE:
        return failure(
            f"{readable} は古すぎます。",
            "SQLite 3.31 以上の Python を使うか、PostgreSQL に移してください。",
        )
    if _is_repaired(found):
        return fine(readable)
    return fine(
        f"{readable}（3.51.3 より前の版には、ごくまれに書込みの記録を失う不具合があります。"
        "OS の更新で新しい版が配られたら、入れてください。）"
    )


def _is_repaired(found: tuple[int, int, int]) -> bool:
    *branches, newest = _REPAIRED_SQLITE
    return found >= newest or any(found[:2] == fix[:2] and found >= fix for fix in branches)


def _postgresql_version(number: int) -> Answer:
    major, minor = divmod(number, 10_000)
    readable = f"PostgreSQL {major}.{minor}"
    if major < min(POSTGRESQL_ENDS):
        return failure(f"{readable} は古すぎます。", "PostgreSQL 15 以上に上げてください。")
    end = POSTGRESQL_ENDS.get(major)
    if end is None:
        return caution(
            f"{readable} では試験していません。",
            "新しい版のプログラムがないか確かめてください。",
        )
    if localdate() > end:
        return caution(
            f"{readable} の修正は、{end:%Y-%m-%d} に終わりました。",
            "修正が続いている版に上げてください。",
        )
    return fine(f"{readable}（修正は {end:%Y-%m-%d} まで）")
