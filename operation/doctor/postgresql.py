"""Checks of the PostgreSQL server: letters, sorting, connections."""

from typing import Any

from django.conf import settings
from django.db import connection

from .answers import Answer, caution, failure, fine

_NEARLY_ALL = 0.8
_DATABASE_HAS_VERSION = 150_000


def encoding() -> Answer:
    """Whether every Japanese letter can be kept."""
    found = _value("SHOW server_encoding")
    if found == "UTF8":
        return fine("文字コードは UTF8 です。")
    return failure(
        f"データベースの文字コードが {found} です。保存できない文字があります。",
        "UTF8 のデータベースを作り（createdb -E UTF8）、バックアップから復元してください。",
    )


def sorting() -> Answer:
    """Whether the system's rules of sorting are those by which the indexes were made."""
    changed = _value(
        "SELECT count(*) FROM pg_collation"
        " WHERE collversion IS NOT NULL AND collversion <> pg_collation_actual_version(oid)"
    )
    if connection.pg_version >= _DATABASE_HAS_VERSION:
        changed += _value(
            "SELECT count(*) FROM pg_database WHERE datname = current_database()"
            " AND datcollversion <> pg_database_collation_actual_version(oid)"
        )
    if not changed:
        return fine("並べ替えの規則は、索引を作ったときと同じです。")
    return failure(
        "OS の更新で、並べ替えの規則が変わりました。索引が正しく働かず、検索漏れが起こります。",
        "利用のない時間に REINDEX DATABASE を実行し、その後 ALTER DATABASE … "
        "REFRESH COLLATION VERSION を実行してください。",
    )


def connections() -> Answer:
    """Whether there is room for this program's connections."""
    most = int(_value("SHOW max_connections")) - int(_value("SHOW superuser_reserved_connections"))
    used = _value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    seen = f"接続{most}のうち{used}を使用中（1プロセスで最大{settings.THREADS}）。"
    if used < most * _NEARLY_ALL and used + settings.THREADS <= most:
        return fine(seen)
    return caution(
        seen,
        "使っていない接続を調べ、max_connections を増やすか、DX_THREADS を減らしてください。",
    )


def _value(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
