"""Serves the program from the settings of the environment: ``python3 run.py serve``."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.module_loading import import_string

from operation import server, static_files, tables

REFUSED = 78
"""The exit status of a start that would fail again: systemd does not try it a second time."""
IN_DEBUG = "DX_DEBUG は開発用です。公開する環境では設定から外してください。"
NO_HTTPS = (
    "HTTPS の設定がありません。リバースプロキシの後ろで動かすなら DX_BEHIND_PROXY=1 を、"
    "自分のパソコンだけで試すなら DX_INSECURE_HTTP=1 を設定してください。"
)
NO_DATABASE = "データベースに接続できません。DATABASE_URL か DX_DATA_DIR を確かめてください。（{}）"
OLD_TABLES = (
    "データベースの表がこの版のものになっていません（未適用 {} 件）。"
    "初めてなら run.py manage migrate を、更新なら run.py upgrade を実行してください。"
)
NEWER_TABLES = (
    "データベースはこの版より新しい版で更新されています（{}）。新しい版を起動するか、"
    "更新前のバックアップを run.py manage restore で戻してください。"
)
COLLECTING = "画面の部品をまとめています（十数秒かかります）…"
NOT_COLLECTED = (
    "画面の部品（staticfiles）がこの版のものになっておらず、書き込みもできません。"
    "管理者権限で run.py install を実行してください。（{}）"
)
ADDRESS_TAKEN = "{} では受け付けられません。DX_LISTEN を確かめてください。（{}）"


class Command(BaseCommand):
    help = "環境変数の設定で、止められるまで利用者の要求に応えます。"

    def handle(self, *args, **options) -> None:
        _refuse_unsafe_settings()
        _refuse_other_tables()
        self._collect_static_files()
        application = import_string(settings.WSGI_APPLICATION)
        try:
            server.serve(application, ready=self._say_ready)
        except (OSError, ValueError) as error:
            raise _refusal(ADDRESS_TAKEN.format(settings.LISTEN, error)) from error
        self.stderr.write("止まりました。")

    def _say_ready(self) -> None:
        self.stderr.write(f"http://{settings.LISTEN}/ で受け付けています（止めるには Ctrl+C）。")

    def _collect_static_files(self) -> None:
        if static_files.are_collected():
            return
        self.stderr.write(COLLECTING)
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
        except OSError as error:
            raise _refusal(NOT_COLLECTED.format(error)) from error


def _refuse_unsafe_settings() -> None:
    if settings.DEBUG:
        raise _refusal(IN_DEBUG)
    if not (settings.INSECURE_HTTP or settings.BEHIND_PROXY):
        raise _refusal(NO_HTTPS)


def _refuse_other_tables() -> None:
    try:
        found = tables.tables()
    except DatabaseError as error:
        raise CommandError(NO_DATABASE.format(error)) from error  # it may come up: tried again
    if found.newer:
        raise _refusal(NEWER_TABLES.format("、".join(found.newer)))
    if found.pending:
        raise _refusal(OLD_TABLES.format(len(found.pending)))


def _refusal(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=REFUSED)
