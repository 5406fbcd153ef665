"""A saved folder on a disk: written under another name until it is complete, checked when read."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from . import manifest
from .manifest import Manifest, Member, Refused

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
PARTIAL = ".partial"
"""The end of the name of a folder that is not complete: never read as one that is."""
_BLOCK = 1024 * 1024

NOT_COMPLETE = "「{folder}」は、途中で止まっていて完成していません。別のものを選んでください。"
NO_FOLDER = "「{folder}」というフォルダーはありません。"
NO_MANIFEST = (
    "「{folder}」に目録（manifest.json と manifest.sha256）がありません。"
    "フォルダーごと写したか、確かめてください。"
)
SEAL_BROKEN = (
    "目録（manifest.json）が、作られた時と違います。壊れたか書き換えられていますので、使いません。"
)
MEMBER_MISSING = "「{name}」がありません。写し漏れがないか確かめてください。"
MEMBER_OTHER_SIZE = (
    "「{name}」の大きさが違います（作られた時{said:,}バイト、今{found:,}バイト）。"
    "途中で切れていますので、使いません。"
)
MEMBER_ALTERED = "「{name}」の中身が、作られた時と違います。壊れたか書き換えられています。"
UNREADABLE = "「{name}」を読み取れません（{reason}）。"
WRONG_KIND = "「{folder}」は{found}です。{wanted}を選んでください。"
KINDS = {manifest.Kind.BACKUP: "バックアップ（manage.py backup のもの）"} | {
    manifest.Kind.EXPORT: "書出し（manage.py export_all のもの）"
}


class Writing:
    """A folder in the making. Members are added; ``complete`` gives it its name."""

    def __init__(self, folder: Path) -> None:
        self._final = folder
        self.folder = folder.with_name(folder.name + PARTIAL)
        self._members: list[Member] = []
        private_folder(folder.parent)
        self.folder.mkdir(mode=0o700)

    def place(self, name: str) -> Path:
        """Where the member ``name`` is to be written by somebody else; then ``took`` it."""
        path = self.folder / name
        private_folder(path.parent)
        return path

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A new member to write; noted when it is closed."""
        with private_file(self.place(name)) as file:
            yield file
        self.took(name)

    def took(self, name: str) -> Member:
        """Notes a member that stands in its place, safely on the disk."""
        path = self.folder / name
        _to_disk(path)
        member = Member(name, path.stat().st_size, digest(path))
        self._members.append(member)
        return member

    @property
    def members(self) -> tuple[Member, ...]:
        """Those that were noted, in the order of their names."""
        return tuple(sorted(self._members, key=lambda member: member.name))

    def complete(self, said: Manifest) -> Path:
        """Writes the manifest and its seal, gives the folder its name and returns it."""
        content = manifest.written(said)
        for name, data in ((MANIFEST, content), (SEAL, seal_of(content))):
            with private_file(self.folder / name) as file:
                file.write(data)
            _to_disk(self.folder / name)
        for path in [*self.folder.rglob("*"), self.folder]:
            if path.is_dir():
                _to_disk(path)
        self.folder.rename(self._final)
        _to_disk(self._final.parent)
        return self._final

    def discard(self) -> None:
        """Removes what there is of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[Writing]:
    """A new folder, of which nothing is left unless it is completed."""
    made = Writing(folder)
    try:
        yield made
    except BaseException:
        made.discard()
        raise


def read_manifest(folder: Path, kind: manifest.Kind | None = None) -> Manifest:
    """What ``folder`` says of itself, of which the seal is whole; raises ``Refused``.

    The members are not looked at: ``verify`` does.
    """
    if folder.name.endswith(PARTIAL):
        raise Refused(NOT_COMPLETE.format(folder=folder))
    if not folder.is_dir():
        raise Refused(NO_FOLDER.format(folder=folder))
    try:
        content, seal = (folder / MANIFEST).read_bytes(), (folder / SEAL).read_bytes()
    except FileNotFoundError:
        raise Refused(NO_MANIFEST.format(folder=folder)) from None
    except OSError as error:
        raise Refused(UNREADABLE.format(name=MANIFEST, reason=error.strerror)) from None
    if seal != seal_of(content):
        raise Refused(SEAL_BROKEN)
    said = manifest.read(content)
    if kind is not None and said.kind is not kind:
        names = {"found": KINDS[said.kind], "wanted": KINDS[kind]}
        raise Refused(WRONG_KIND.format(folder=folder, **names))
    return said


def verify(folder: Path, said: Manifest, hears: Callable[[str], None] = lambda name: None) -> None:
    """Reads every member; raises ``Refused`` for the first that is not as it was made.

    ``hears`` is told the name of each before it is read. Other files beside them are left alone.
    """
    for member in said.members:
        path = folder / member.name
        if path.is_symlink() or not path.is_file():
            raise Refused(MEMBER_MISSING.format(name=member.name))
        found = path.stat().st_size
        if found != member.size:
            sizes = {"said": member.size, "found": found}
            raise Refused(MEMBER_OTHER_SIZE.format(name=member.name, **sizes))
    for member in said.members:
        hears(member.name)
        try:
            is_same = digest(folder / member.name) == member.sha256
        except OSError as error:
            raise Refused(UNREADABLE.format(name=member.name, reason=error.strerror)) from None
        if not is_same:
            raise Refused(MEMBER_ALTERED.format(name=member.name))


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    done = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            done.update(block)
    return done.hexdigest()


def copied(source: BinaryIO, target: Path) -> str:
    """Writes the rest of ``source`` into the new file ``target``; gives the SHA-256 of it."""
    done = sha256()
    with private_file(target) as file:
        while block := source.read(_BLOCK):
            done.update(block)
            file.write(block)
    _to_disk(target)
    return done.hexdigest()


def private_folder(folder: Path) -> None:
    """Makes ``folder`` and those above it, for nobody but this account, where they are missing."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> BinaryIO:
    """A new file for nobody but this account, open to write."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def moment_in_name(moment: datetime) -> str:
    """A moment as names of folders carry it, in the office's time: they sort by age."""
    return moment.strftime("%Y%m%d-%H%M%S")


def seal_of(content: bytes) -> bytes:
    """As ``sha256sum`` writes it, so that it can be checked without this program."""
    return f"{sha256(content).hexdigest()}  {MANIFEST}\n".encode()


def _to_disk(path: Path) -> None:
    """Waits until a file or a folder's list of names is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # there a folder cannot be opened for it
    place = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(place)
    finally:
        os.close(place)
