"""The list of checks, and going through it."""

import logging
from collections.abc import Iterable, Iterator

from django.db import connection

from . import (
    backups,
    database,
    installation,
    inventory,
    machine,
    mail,
    postgresql,
    sign_in,
    sqlite,
)
from .answers import Answer, Check, Depth, Finding, State, failure

logger = logging.getLogger(__name__)

NOT_LOOKED_AT = "データベースに接続できないため、点検していません。"
BROKEN_OFF = "この点検は、エラーのため終わりませんでした（{kind}）。"
TELL = "ログにある同じ時刻のエラーを添えて、プログラムの担当者に知らせてください。"

_USUAL, _FULL = Depth.USUAL, Depth.FULL
REACHABLE = Check("database", "データベースへの接続", database.reachable, needs_database=False)
CHECKS: tuple[Check, ...] = (
    Check("protection", "通信の保護", installation.protection, needs_database=False),
    Check("deployment", "設定", installation.deployment, needs_database=False),
    Check("secret_key", "秘密の鍵", installation.secret_key, needs_database=False),
    Check("hosts", "ホスト名", installation.hosts, needs_database=False),
    Check("base_url", "利用者のアドレス", installation.base_url, needs_database=False),
    Check("python", "Python", installation.python, needs_database=False),
    Check("django", "Django", installation.framework, needs_database=False),
    Check("static", "静的ファイル", installation.static, needs_database=False),
    Check("pdf", "PDF", installation.paper, needs_database=False),
    Check("folders", "データの置き場所", machine.folders, needs_database=False),
    Check("secrets", "ファイルの権限", machine.secrets, needs_database=False),
    Check("time_zone", "時間帯", machine.time_zone, needs_database=False),
    REACHABLE,
    Check("engine", "データベースの版", database.version),
    Check("migrations", "データベースの更新", database.migrations),
    Check("modes", "書込みの方式", sqlite.modes, vendor="sqlite"),
    Check("place", "データベースの場所", sqlite.place, needs_database=False, vendor="sqlite"),
    Check("integrity", "データベースの破損", sqlite.integrity, _USUAL, vendor="sqlite"),
    Check("encoding", "文字コード", postgresql.encoding, vendor="postgresql"),
    Check("sorting", "並べ替えの規則", postgresql.sorting, vendor="postgresql"),
    Check("connections", "接続の数", postgresql.connections, vendor="postgresql"),
    Check("disk", "ディスクの空き", machine.disk),
    Check("clock", "時計", machine.clock),
    Check("restore", "復元の完了", backups.restore, needs_database=False),
    Check("backup", "バックアップ", backups.age, needs_database=False),
    Check("backup_content", "バックアップの中身", backups.content, _FULL, needs_database=False),
    Check("work", "取込の処理", inventory.long_work),
    Check("administrators", "管理者", inventory.administrators),
    Check("own_administrator", "非常用の管理者", sign_in.own_administrator),
    Check("directory_groups", "庁内のグループ", sign_in.groups),
    Check("demo_accounts", "デモ用のアカウント", inventory.demo_accounts, _USUAL),
    Check("mail", "メール", mail.server, _USUAL, needs_database=False),
    Check("sign_in", "庁内のログイン", sign_in.office_login, _USUAL, needs_database=False),
    Check("audit", "監査ログ", inventory.audit_log, _USUAL),
    Check("results", "区分の計算", inventory.results, _FULL),
)
"""In the order in which they are shown; keys are for programs, and do not change."""


def examine(depth: Depth) -> list[Finding]:
    """Every check of ``depth`` and of less, for the database in use."""
    return list(_findings(check for check in CHECKS if _applies(check, depth)))


def _applies(check: Check, depth: Depth) -> bool:
    return check.depth <= depth and check.vendor in ("", connection.vendor)


def _findings(checks: Iterable[Check]) -> Iterator[Finding]:
    is_reachable = True
    for check in checks:
        if check.needs_database and not is_reachable:
            answer = Answer(State.FAIL, NOT_LOOKED_AT)
        else:
            answer = _answer(check)
        if check is REACHABLE:
            is_reachable = answer.state is not State.FAIL
        yield Finding(check.key, check.title, answer.state, answer.seen, answer.advice)


def _answer(check: Check) -> Answer:
    try:
        return check.look()
    except Exception as error:  # whatever it is: the other checks are still to be heard
        logger.exception("the check %s broke off", check.key)
        return failure(BROKEN_OFF.format(kind=type(error).__name__), TELL)
