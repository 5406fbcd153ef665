"""Ends of the chain, noted outside the database.

Whoever owns the database can compute a whole chain anew, but not change what was noted elsewhere:
in a file beside the database, which a backup program takes along, and in the program's log.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from procedures.models import AuditChain

from .chain import seal

FILE = "audit-heads.jsonl"
UNREADABLE = "{file} の{line}行目は読み取れません。手で変えられていないか確かめてください。"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended: the number and the hash of its newest entry, as of ``at``."""

    number: int
    hash: str
    at: datetime


def head() -> Head | None:
    """Where the chain ends now; None where no record has begun."""
    chain = AuditChain.objects.first()
    return chain and Head(chain.number, chain.hash, timezone.now())


def remember_head() -> Head | None:
    """Seals what waits and notes the end of the chain in ``FILE`` of DATA_DIR and in the log.

    Where the file cannot be written, the log alone has it, and says so.
    """
    seal()
    noted = head()
    if noted is None:
        return None
    line = {"number": noted.number, "hash": noted.hash, "at": noted.at.isoformat()}
    try:
        with heads_file().open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        logger.exception("the end of the audit log could not be noted in %s", heads_file())
    logger.info("audit log: entry %s has the hash %s", noted.number, noted.hash)
    return noted


def noted_heads() -> tuple[Sequence[Head], Sequence[str]]:
    """The ends that ``FILE`` has, and a sentence for each of its lines that is none."""
    heads, problems = [], []
    file = heads_file()
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.exists() else []
    for place, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["at"])
            heads.append(Head(int(said["number"]), str(said["hash"]), at))
        except (ValueError, TypeError, KeyError):
            problems.append(UNREADABLE.format(file=file, line=place))
    return heads, problems


def heads_file() -> Path:
    """Where the ends are noted."""
    return Path(settings.DATA_DIR) / FILE
