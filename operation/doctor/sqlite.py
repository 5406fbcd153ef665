"""Checks of the SQLite file: where it lies, how it is opened, whether it is whole."""

import ctypes
import os
from pathlib import Path, PurePath

from django.db import DatabaseError, connection

from .answers import Answer, failure, fine

_WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
_NETWORK = {
    "9p", "afs", "ceph", "cifs", "davfs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "lustre",
    "nfs", "nfs4", "smb3", "smbfs", "virtiofs", "vboxsf",
}  # fmt: skip
_MOUNTS = Path("/proc/self/mounts")
_DRIVE_REMOTE = 4
_SHOWN = 3


def modes() -> Answer:
    """Whether what keeps the data through a power cut is in force on this very connection."""
    found = {name: _pragma(name)[0][0] for name in _WANTED}
    wrong = [name for name, value in _WANTED.items() if found[name] != value]
    if not wrong:
        return fine("書込みの方式は WAL・FULL、参照の検査は有効です。")
    return failure(
        "書込みの方式が設定と違います："
        + "、".join(f"{name}={found[name]}（正しくは {_WANTED[name]}）" for name in wrong),
        "データベースのファイルを別のソフトで開いていないか、ネットワーク上に置いていないかを確かめ、"
        "プログラムを起動し直してください。",
    )


def place() -> Answer:
    """Whether the file lies on a disk of this machine; SQLite's locks fail across a network."""
    file = Path(connection.settings_dict["NAME"]).absolute()
    kind = _network_of(file)
    if kind is None:
        return fine(
            f"データベースのファイル（{file}）がある装置の種類は、この OS では分かりません。"
        )
    if not kind:
        return fine(f"データベースのファイルは、このサーバーのディスクにあります（{file}）。")
    return failure(
        f"データベースのファイルがネットワーク上（{kind}）にあります（{file}）。壊れるおそれがあります。",
        "プログラムを止め、DX_DATA_DIR をこのサーバーのディスクへ移してください。"
        "複数のサーバーで使う場合は、PostgreSQL にしてください。",
    )


def integrity() -> Answer:
    """Whether the file is whole and every reference leads somewhere."""
    try:
        is_whole = _pragma("quick_check") == [("ok",)]
    except DatabaseError:  # so badly that it cannot even be read through
        is_whole = False
    if not is_whole:
        return failure(
            "データベースのファイルが壊れています。",
            "プログラムを止め、最後の正しいバックアップから復元してください"
            "（docs/office/backup.md「復元」）。壊れたファイルは消さずに残してください。",
        )
    lost = _pragma("foreign_key_check")
    if not lost:
        return fine("データベースのファイルは壊れていません。参照先のない行もありません。")
    tables = sorted({row[0] for row in lost})[:_SHOWN]
    return failure(
        f"参照先のない行が{len(lost)}件あります（表：{'、'.join(tables)}）。",
        "別のソフトでデータベースを直接変更していないか確かめ、バックアップから復元してください。",
    )


def _pragma(name: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchall()


def _network_of(file: Path) -> str | None:
    """The kind of network share on which ``file`` lies; "" on a disk, None if nobody can tell."""
    if os.name == "nt":
        return _windows_share(file)
    if not _MOUNTS.exists():
        return None
    kind = _mounted_as(file.resolve(), _MOUNTS.read_text(encoding="utf-8", errors="replace"))
    return kind if kind in _NETWORK else ""


def _mounted_as(file: PurePath, mounts: str) -> str:
    """The file system of ``file`` by the lines of /proc/self/mounts: the deepest one counts."""
    places = []
    for line in mounts.splitlines():
        _, at, kind, *_ = line.split(" ")
        point = PurePath(at.replace("\\040", " "))
        if file.is_relative_to(point):
            places.append((len(point.parts), kind))
    # Of two at one place the later one hides the earlier one.
    return max(enumerate(places), key=lambda each: (each[1][0], each[0]))[1][1] if places else ""


def _windows_share(file: Path) -> str:
    if str(file).startswith("\\\\"):
        return "共有フォルダー"
    drive = ctypes.windll.kernel32.GetDriveTypeW(f"{file.drive}\\")
    return "ネットワークドライブ" if drive == _DRIVE_REMOTE else ""
