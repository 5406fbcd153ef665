"""Log files of one day each, for an office whose system keeps no journal of its own."""

import glob
import logging
from datetime import timedelta
from pathlib import Path

from django.utils.timezone import localdate


class DailyFileHandler(logging.FileHandler):
    """Writes to ``name-2026-11-26.log`` for a ``path`` of ``name.log``; keeps ``days`` of them.

    No file is ever renamed: the web processes, the work on an import and the commands write to
    the same one, and Windows renames no file that another process has open. With ``days`` 0
    nothing is removed.
    """

    def __init__(self, path: str | Path, days: int) -> None:
        self._path = Path(path).absolute()
        self._days = days
        super().__init__(self._of_today(), encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the record to the file of its day."""
        try:
            today = str(self._of_today())
            if self.baseFilename != today or self.stream is None:
                self.close_day()
                self.baseFilename = today
                self._remove_old()
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Says nothing: what the file does not take (a full disk) stands on stderr all the same,
        and nobody's work fails for it.

        Python's own answer would print the record with all that our formatters leave out.
        """

    def close_day(self) -> None:
        """Closes the file of the day that is over."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _of_today(self) -> Path:
        return self._of(localdate().isoformat())

    def _of(self, day: str) -> Path:
        return self._path.with_name(f"{self._path.stem}-{day}{self._path.suffix}")

    def _remove_old(self) -> None:
        if not self._days:
            return
        first = self._of((localdate() - timedelta(days=self._days - 1)).isoformat())
        days = f"{glob.escape(self._path.stem)}-????-??-??{glob.escape(self._path.suffix)}"
        for file in self._path.parent.glob(days):
            if file.name < first.name:
                file.unlink(missing_ok=True)
