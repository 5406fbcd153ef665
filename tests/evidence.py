"""What the tests show beside its control: `python3 run.py evidence` makes docs/evidence.md of it.

A test with the mark ``evidence`` says with the fixture of that name what it saw. In an ordinary
run nothing is kept of it.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
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

_HEAD = """# 確かめたこと

この資料は `python3 run.py evidence` がテストの実行結果から作ります。手では書き換えません。
どの約束にも、守りを外して同じことをした「対照」を並べています。対照が失敗しないなら、その約束を
確かめたことにはならないからです。
"""
_COLUMNS = (
    "| 約束 | 確かめた結果 | 対照（守りを外すと） | データベース | テスト |\n|---|---|---|---|---|"
)


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


def page(lines: Iterable[Shown]) -> str:
    """The page, chapter by chapter; lines of one promise stand below each other."""
    return "\n".join(_page(sorted(lines, key=_place)))


def _page(lines: list[Shown]) -> Iterator[str]:
    yield _HEAD
    for area, shown in groupby(lines, key=lambda line: line.area):
        yield f"## {area}\n\n{_COLUMNS}"
        for line in shown:
            cells = (line.promise, line.seen, line.control, line.engine, f"`{line.test}`")
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield ""


def _place(line: Shown) -> tuple[int, str, str, str]:
    return AREAS.index(line.area), line.test.split("[")[0], line.promise, line.engine


def main(notes: str, target: str) -> None:
    """Writes the page ``target`` from the lines that the tests left in ``notes``."""
    lines = Path(notes).read_text(encoding="utf-8").splitlines()
    Path(target).write_text(page(Shown(**json.loads(line)) for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
