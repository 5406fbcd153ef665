"""What a saved folder says of itself: PURE, JSON in and out, and refused where it says nonsense.

A backup and an export are folders of the same form: members, ``manifest.json`` that names each of
them with its size and SHA-256, and ``manifest.sha256`` with that of the manifest.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from enum import StrEnum
from typing import Any

FORMAT = 1
"""Goes up when an older program could no longer read what is written."""

NOT_A_MANIFEST = "目録（manifest.json）を読み取れません。途中で壊れたか、別のものです。"
NEWER_FORMAT = (
    "新しい版のプログラムで作られたものです（形式{format}。このプログラムは形式{known}まで）。"
    "同じ版かそれより新しいプログラムで実行してください。"
)
OUTSIDE = "目録に、フォルダーの外を指す名前があります（{name}）。書き換えられています。"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_DRIVE = re.compile(r"[A-Za-z]:")


class Refused(Exception):
    """A folder that cannot be used; the sentence says why and what to do. Nothing was written."""


class Kind(StrEnum):
    """What a folder is for."""

    BACKUP = "backup"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the folder; ``name`` is relative to it, with ``/``."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a table held: rows, a digest over all of them, the last key that it gave out (or 0)."""

    name: str
    rows: int
    sha256: str
    last_key: int = 0


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the chain of the audit log stood: the number and the hash of its newest entry."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a folder says of itself.

    ``made_at`` is the moment of which everything in it is. ``migrations`` are ``app.name``, in
    the order of their names. ``missing`` are files that the database refers to and that were not
    there when the folder was made.
    """

    kind: Kind
    made_at: datetime
    office: str
    program: str
    engine: str
    engine_version: str
    migrations: tuple[str, ...]
    tables: tuple[Table, ...]
    audit: AuditHead
    members: tuple[Member, ...]
    missing: tuple[str, ...] = ()
    with_passwords: bool = True
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def written(manifest: Manifest) -> bytes:
    """The content of ``manifest.json``."""
    said = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def read(content: bytes) -> Manifest:
    """The manifest that ``written`` made; raises ``Refused`` for anything else."""
    try:
        said = json.loads(content)
        if not isinstance(said, dict) or not isinstance(said["format"], int):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(NOT_A_MANIFEST) from None
    if said["format"] > FORMAT:
        raise Refused(NEWER_FORMAT.format(format=said["format"], known=FORMAT))
    try:
        manifest = _manifest(said)
    except (ValueError, KeyError, TypeError):
        raise Refused(NOT_A_MANIFEST) from None
    for member in manifest.members:
        if not _is_inside(member.name):
            raise Refused(OUTSIDE.format(name=member.name))
    return manifest


def _manifest(said: Mapping[str, Any]) -> Manifest:
    parts = {
        "kind": Kind(said["kind"]),
        "made_at": datetime.fromisoformat(said["made_at"]),
        "migrations": tuple(said["migrations"]),
        "tables": tuple(Table(**each) for each in said["tables"]),
        "audit": AuditHead(**said["audit"]),
        "members": tuple(Member(**each) for each in said["members"]),
        "missing": tuple(said["missing"]),
    }
    manifest = Manifest(**{**said, **parts})
    if not _is_plausible(manifest):
        raise ValueError
    return manifest


def _is_plausible(said: Manifest) -> bool:
    """Whether everything in it is of its kind; raises ``TypeError`` for a digest that is none."""
    parts: tuple[Table | Member, ...] = (*said.tables, *said.members)
    texts = [said.office, said.program, said.engine, said.engine_version, said.audit.hash]
    texts += [*said.migrations, *said.missing, *(part.name for part in parts)]
    counts = [said.audit.number, *(member.size for member in said.members)]
    counts += [count for table in said.tables for count in (table.rows, table.last_key)]
    return (
        said.made_at.tzinfo is not None
        and MINYEAR < said.made_at.year < MAXYEAR  # it has a form in every time zone
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(count, int) and count >= 0 for count in counts)
        and all(_DIGEST.fullmatch(part.sha256) for part in parts)
    )


def _is_inside(name: str) -> bool:
    """Whether ``name`` stays within the folder on any operating system."""
    parts = name.split("/")
    odd = {"", ".", ".."} & set(parts) or "\\" in name or "\0" in name or _DRIVE.match(name)
    return not odd
