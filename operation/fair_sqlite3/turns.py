"""Whose turn it is to write into one file: among the threads of a process, then among processes."""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BETWEEN_KNOCKS = 0.001  # seconds


class Turns:
    """A queue of the threads that want to write, and a door at which processes meet.

    Between threads a turn is handed on to whoever has waited longest. The heads of two processes
    meet at the door, a lock on the file ``door`` (None: nobody else has the database): who has it
    is the next to write and holds it no longer than until it writes. So a process with many
    writers cannot keep out one with few. The system opens the door of a process that dies.
    """

    def __init__(self, door: Path | None) -> None:
        self._path = door
        self._file: int | None = None
        self._guard = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._is_taken = False

    def take(self, seconds: float) -> None:
        """Waits for this thread's turn. Raises ``TimeoutError`` when it has not come by then."""
        place = threading.Lock()
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            place.acquire()
            self._line.append(place)
        if place.acquire(timeout=seconds):
            return
        with self._guard:
            if place in self._line:
                self._line.remove(place)
                raise TimeoutError
        # It was handed on in the very last moment.

    def give_back(self) -> None:
        """Hands the turn on to the thread that has waited longest."""
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._is_taken = False

    @contextmanager
    def at_the_door(self, seconds: float) -> Iterator[None]:
        """Nobody of another process begins to write meanwhile; for the thread whose turn it is.

        Raises ``TimeoutError`` when the door has not opened by then.
        """
        if self._path is None:
            yield
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o644)
        until = time.monotonic() + seconds
        while not _locked(self._file):
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(_BETWEEN_KNOCKS)
        try:
            yield
        finally:
            _unlock(self._file)


_turns: dict[str, Turns] = {}
_making = threading.Lock()


def turns_of(database: str, *, is_shared: bool) -> Turns:
    """The turns at a database, the same object for every connection of this process.

    ``is_shared`` where it is a file that other processes may open.
    """
    with _making:
        if database not in _turns:
            _turns[database] = Turns(Path(f"{database}-turn") if is_shared else None)
        return _turns[database]


if sys.platform == "win32":

    def _locked(file: int) -> bool:
        os.lseek(file, 0, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            return True
        return False

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _locked(file: int) -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
