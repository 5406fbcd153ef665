"""PostgreSQL: dumped and restored by its own programs, which read the moment that we read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from .archive import private_file
from .contents import SESSIONS
from .manifest import Refused

MEMBER = "database.dump"
_DEBIAN = Path("/usr/lib/postgresql")
# Milliseconds. Whoever changes tables may wait for our reading while pg_dump waits for them, and
# the server sees no deadlock in it.
_LOCK_WAIT = 60_000

NOT_FOUND = (
    "PostgreSQLの「{program}」が見つかりません。サーバーと同じ版のPostgreSQLクライアントを入れるか、"
    "そのフォルダーを DX_PG_BIN に設定してください。"
)
TOO_OLD = (
    "「{program}」の版（{found}）が、サーバーの版（{server}）より古いため使えません。"
    "サーバーと同じ版のPostgreSQLクライアントを入れ、そのフォルダーを DX_PG_BIN に"
    "設定してください。"
)
FAILED = "「{program}」が失敗しました：{reason}"


def version() -> str:
    """The version of the server."""
    return _readable(connection.pg_version // 10_000, connection.pg_version % 10_000)


def size() -> int:
    """Bytes that a dump takes at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def dump(target: Path, moment: str) -> None:
    """Dumps the database as of the snapshot ``moment``; the sessions are left out."""
    with private_file(target) as file:
        _run(
            "pg_dump",
            *("--format=custom", f"--snapshot={moment}", f"--exclude-table-data={SESSIONS}"),
            *("--no-owner", "--no-privileges", f"--lock-wait-timeout={_LOCK_WAIT}"),
            output=file,
        )


def check_place() -> None:
    """Raises ``Refused`` where the program that restores cannot be used."""
    _program("pg_restore")


def load(source: Path) -> None:
    """Restores the dump into the empty database, all or nothing."""
    connection.close()
    _run("pg_restore", "--single-transaction", "--no-owner", "--no-privileges", str(source))


def how_to_empty() -> str:
    """What makes the place of the database empty."""
    name = connection.settings_dict["NAME"]
    return (
        f"空のデータベースを作り（例：createdb {name}_new）、"
        "DATABASE_URL をそのデータベースに変えてください。"
    )


def _run(program: str, *arguments: str, output: object = subprocess.PIPE) -> None:
    """Runs one of the server's programs on our database; passwords go through its environment."""
    command = [str(_program(program)), *arguments]
    database = connection.settings_dict["NAME"]
    service = connection.settings_dict["OPTIONS"].get("service")
    # pg_dump takes the database by the same option, so it is one line for both.
    command.append(f"--dbname={database or f'service={service}'}")
    done = subprocess.run(
        command, env=_environment(), stdout=output, stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["？"]
        raise Refused(FAILED.format(program=program, reason=" / ".join(lines[:3])))


def _environment() -> dict[str, str]:
    said = connection.settings_dict
    _, own = DatabaseClient.settings_to_cmd_args_env(said, [])
    places = {"PGHOST": said["HOST"], "PGPORT": str(said["PORT"]), "PGUSER": said["USER"]}
    given = {name: value for name, value in places.items() if value}
    return os.environ | given | (own or {}) | {"PGAPPNAME": "shimonoseki-dx"}


def _program(name: str) -> Path:
    """The newest ``name`` that is found; raises ``Refused`` for none, or one that is too old."""
    found = [path for folder in _folders() if (path := shutil.which(name, path=folder))]
    if not found:
        raise Refused(NOT_FOUND.format(program=name))
    best = max(found, key=lambda path: _version_of(path))
    if _version_of(best)[0] < connection.pg_version // 10_000:
        versions = {"found": _readable(*_version_of(best)), "server": version()}
        raise Refused(TOO_OLD.format(program=best, **versions))
    return Path(best)


def _folders() -> list[str]:
    """Where the programs are looked for: the folder of the setting alone, where there is one."""
    if settings.PG_BIN:
        return [settings.PG_BIN]
    debian = [str(path) for path in _DEBIAN.glob("*/bin")]
    return [os.environ.get("PATH", os.defpath), *debian]


def _version_of(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)(?:\.(\d+))?", said.stdout)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _readable(*parts: int) -> str:
    return ".".join(map(str, parts))
