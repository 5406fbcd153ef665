"""Editions of the national survey of our own making: spelled otherwise, or with other facts.

Rows are those of a sheet, the headings first.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from procedures.spreadsheet.survey_edition import EDITION_2025_07

Rows = Sequence[Sequence[Any]]
HEADINGS = EDITION_2025_07.headings
CODED = ("sort", "actor", "receiver", "state", "concern", "identity", "fee", "fee_methods",
         "omission", "submission")  # fmt: skip
CODE_SHIFT = 10
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

Change = Callable[[dict[str, Any]], dict[str, Any] | None]
"""The cells (by key) that change one fact of a row, None where it has not what it takes."""


def respelled(rows: Rows) -> Iterator[list[Any]]:
    """The same survey in other words: full width, shifted codes, other order, blanks, breaks."""
    place_of = _places(rows[0])
    spellings = dict.fromkeys(CODED, _coded) | {
        "national_id": _wide,
        "name": lambda text: f" {text}　\n",
        "documents": _loose,
        "planned": _in_eras,
        "total": lambda number: f"{number:,}".translate(_WIDE),
        "online": lambda number: f"{number:,}".translate(_WIDE),
    }
    yield [_loose(str(heading)) if heading else heading for heading in rows[0]]
    for row in rows[1:]:
        cells = list(row)
        for key, spelling in spellings.items():
            place = place_of[key]
            if place < len(cells) and cells[place] not in (None, "", "-"):
                cells[place] = spelling(cells[place])
        yield cells


def changed(rows: Rows, count: int) -> Iterator[list[Any]]:
    """The survey with exactly ``count`` facts changed, one a row, as many of each kind."""
    place_of = _places(rows[0])
    share, rest = divmod(count, len(CHANGES))
    left = {change: share + (turn < rest) for turn, change in enumerate(CHANGES)}
    yield list(rows[0])
    for row in rows[1:]:
        cells = list(row)
        stored = {key: cells[place] for key, place in place_of.items() if place < len(cells)}
        for change in [one for one, wanted in left.items() if wanted]:
            if (new := change(stored)) is not None:
                for key, value in new.items():
                    cells[place_of[key]] = value
                left[change] -= 1
                break
        yield cells
    assert not any(left.values()), left


def _state(row: dict[str, Any]) -> dict[str, Any] | None:
    return {"state": "1 実施済"} if row["state"] == "2 未実施" else None


def _exempt(row: dict[str, Any]) -> dict[str, Any] | None:
    return {"state": "3 適用除外"} if row["state"] == "2 未実施" else None


def _year(row: dict[str, Any]) -> dict[str, Any] | None:
    is_given = isinstance(row.get("planned"), str) and "2025年度" in row["planned"]
    return {"planned": "3 2026年度"} if is_given else None


def _identity(row: dict[str, Any]) -> dict[str, Any] | None:
    return {"identity": "2 押印"} if row.get("identity") == "6 本人確認不要" else None


def _attachments(row: dict[str, Any]) -> dict[str, Any] | None:
    is_paper = row.get("submission") == "2 原紙での提出のみ"
    is_asked = row.get("documents") != "添付書類なし" and row.get("omission") != "1 撤廃・省略済"
    return {"submission": "1 電子での提出のみ"} if is_paper and is_asked else None


def _fee(row: dict[str, Any]) -> dict[str, Any] | None:
    if row.get("fee") != "1 手数料等無し":
        return None
    return {"fee": "2 手数料等有り", "fee_methods": "1-1 行政機関の窓口"}


CHANGES: tuple[Change, ...] = (_year, _attachments, _fee, _identity, _exempt, _state)


def _places(headings: Sequence[Any]) -> dict[str, int]:
    return {key: list(headings).index(text) for key, text in HEADINGS.items()}


def _wide(text: Any) -> str:
    return str(text).translate(_WIDE)


def _loose(text: str) -> str:
    return "\n".join((text[:2], text[2:])) if len(text) > 2 else text


def _coded(text: str) -> str:
    words = [word.strip() for word in unicodedata.normalize("NFKC", text).split(";")]
    return "；".join(_shifted(word) for word in reversed(words) if word)


def _shifted(word: str) -> str:
    code, _, label = word.partition(" ")
    number, dash, part = code.partition("-")
    return f"{int(number) + CODE_SHIFT}{dash}{part}".translate(_WIDE) + f"：{_loose(label)}"


def _in_eras(text: str) -> str:
    _, _, label = text.partition(" ")
    year, rest = int(label[:4]), label[4:]
    return f"９９ 令和{year - 2018}{rest}"
