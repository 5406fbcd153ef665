"""What the tests show beside its control, for docs/evidence.md (``python3 run.py evidence``).

A test with the mark ``evidence`` says with the fixture of that name what it saw. In an ordinary
run nothing is kept of it.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

AREAS = (
    "同時の編集",
    "強制終了",
    "権限",
    "壊れたファイル",
    "バックアップと復元",
    "監査ログ",
    "ログイン",
    "攻撃の試み",
)
"""The chapters of the page, in their order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the page: what was promised, what was seen, what the control did."""

    area: str
    promise: str
    seen: str
    control: str
    engine: str
    test: str


class Evidence:
    """Notes what one test saw; ``says`` may be called more than once."""

    def __init__(self, test: str, engine: str) -> None:
        self._test = test
        self._engine = engine
        self._file = os.environ.get("DX_EVIDENCE", "")

    def says(self, area: str, promise: str, seen: str, control: str) -> None:
        """``promise``, ``seen`` and ``control`` are Japanese sentences for the page.

        ``control`` says what the same thing does without what is promised (without the
        transaction, with a copied file …), as this test has just measured it; where no control is
        possible, why.
        """
        assert area in AREAS, area
        if self._file:
            line = Shown(area, promise, seen, control, self._engine, self._test)
            with Path(self._file).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
