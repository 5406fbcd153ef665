"""How commands show work that takes long: on one line of a terminal, else a line per step."""

import sys
from typing import TextIO


class TerminalReport:
    """Hears what is being done and how many rows of how many are done, and shows it."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._step = ""
        self._width = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        if self._is_terminal:
            self._show(f"{step}… {_count(done, total)}")
        elif step != self._step:
            self._stream.write(f"{step}…\n")
        self._step = step

    def close(self) -> None:
        """Leaves an empty line where the progress stood."""
        if self._is_terminal and self._step:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()

    def _show(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}")
        self._stream.flush()
        self._width = len(text)


def _count(done: int, total: int) -> str:
    if total:
        return f"{done:,}/{total:,}行（{done * 100 // total}%）"
    return f"{done:,}行" if done else ""
