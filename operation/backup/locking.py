"""One at a time on a folder: a lock that the operating system takes away with the process."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = ".lock"


class Busy(Exception):
    """Another process is at work on the folder."""


@contextlib.contextmanager
def alone_on(folder: Path) -> Iterator[None]:
    """Nobody else is inside this on ``folder`` at the same time; raises ``Busy`` at once if so."""
    place = os.open(folder / NAME, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _take(place)
        yield
    finally:
        os.close(place)  # gives it back


def _take(place: int) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(place, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise Busy from None
