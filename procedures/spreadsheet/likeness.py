"""How like a heading and the values below it are to a column of the inventory."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from . import normalise
from .cell import CellError
from .column import Column, ColumnKind
from .columns import COLUMNS
from .keys import heading_key, name_key

SIMILAR_ENOUGH = 82  # of 100: 所属名称 is 所属名 (86), 担当係 is no 担当 (80)
TELLING_LENGTH = 3  # a heading that ends in so long a word means it: データのURL
TELLING_ENDING = 84  # less than a heading that is almost the same
LIKE_ENOUGH_WITH_DATES = 70  # 実施年月日 is 実施日 (75) where dates stand below it

_HINTS: Mapping[str, tuple[str, ...]] = {
    "number": ("id",),  # 通し番号 numbers the lines of a sheet, not the procedures of the city
    "name": ("手続き名", "手続", "手続き", "手続き等の名称", "事務名", "名称", "名前", "name"),
    "summary": ("説明", "内容説明", "description", "summary"),
    "department": ("局", "部署", "部局課", "担当部署", "department"),
    "division": ("担当課室", "課室", "課室名", "係", "division"),
    "basis_name": ("根拠", "根拠法", "根拠法令等"),
    "identity_check": ("本人確認方法", "本人確認の方法"),
    "payment": ("料金", "手数料の要否", "手数料等"),
    "attachments": ("添付物", "添付物の有無", "添付資料"),
    "total_volume": ("取扱件数", "年間取扱件数", "年間申請件数"),
    "online_volume": ("オンライン申請件数", "うちオンライン", "うち電子申請"),
    "status": ("進捗状況", "対応状況", "オンライン化状況", "オンライン化の状況"),
    "target_date": ("オンライン化予定日", "目標時期", "オンライン化目標日"),
    "launched_on": ("オンライン化実施日", "運用開始日", "受付開始日"),
    "service": ("利用システム", "電子申請サービス", "申請システム"),
    "url": ("リンク", "ホームページ", "アドレス", "link"),
    "note": ("備考欄", "留意事項", "注意事項", "remarks", "note", "notes"),
}
"""Words that no heading is read as by itself, but that a person would take for the column."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    each.key: tuple(
        heading_key(word) for word in (each.heading, *each.aliases, *_HINTS.get(each.key, ()))
    )
    for each in COLUMNS
}
_NAMES = frozenset({"name", "name_kana", "department", "division", "assignee", "service"})
_LONGEST_CODE = 20
_NEGATED = re.compile("^非|以外")  # 非オンライン件数

_Test = Callable[[str], bool]


@lru_cache(maxsize=16_384)
def likeness(key: str, column_key: str) -> float:
    """How like a heading (its `heading_key`) is to the words of a column, 0 to 100."""
    words = _WORDS[column_key]
    if _NEGATED.search(key):
        return 0
    if any(len(word) >= TELLING_LENGTH and key.endswith(word) for word in words):
        return TELLING_ENDING
    return max(fuzz.ratio(key, word) for word in words)


def least_likeness(found: Column) -> float:
    """How like a heading must be to the words of a column whose values `fits` has seen."""
    return LIKE_ENOUGH_WITH_DATES if found.kind is ColumnKind.DATE else SIMILAR_ENOUGH


def are_addresses(samples: Sequence[str]) -> bool:
    """Are the values mostly addresses of pages?"""
    return _is_most(samples, is_address)


def fits(found: Column, samples: Sequence[str]) -> bool:
    """Could these be values of the column? Asked where the heading alone says too little."""
    if found.kind in _READABLE:
        return _is_most(samples, _READABLE[found.kind]) or not samples
    if found.key in _NAMES:
        return not _is_most(samples, _is_no_name)
    if found.kind is ColumnKind.CODE:
        return not _is_most(samples, _is_no_code)
    return not _is_most(samples, is_address)


def is_possible(found: Column, samples: Sequence[str]) -> bool:
    """Could an alias mean the column, its values seen? Of dates and counts one must be readable.

    The values of a coded column may be words that a person is still to be asked about.
    """
    return found.kind not in _EXACT_KINDS or not samples or any(map(_READABLE[found.kind], samples))


def is_contradicted(found: Column, samples: Sequence[str]) -> bool:
    """Do the values speak against a heading, as addresses below 電子申請 do?"""
    holds_any_text = found.kind in (ColumnKind.TEXT, ColumnKind.OTHER_ANSWER)
    if found.kind is ColumnKind.URL or (holds_any_text and found.key not in _NAMES):
        return False
    return _is_most(samples, is_address)


def is_address(text: str) -> bool:
    """Is it the address of a page, be it cut?"""
    return text.startswith(("http://", "https://"))


def _is_most(samples: Sequence[str], test: _Test) -> bool:
    return sum(map(test, samples)) * 2 > len(samples)


def _is_no_name(text: str) -> bool:
    return is_address(text) or not any(char.isalpha() for char in text) or _is_date(text)


def _is_no_code(text: str) -> bool:
    return is_address(text) or len(text) > _LONGEST_CODE


def _is_date(text: str) -> bool:
    # A bare number could be the serial number of a day, but hardly is.
    return not name_key(text).isdigit() and _reads(normalise.date)(text)


def _reads(read: Callable[[object], object]) -> _Test:
    def test(text: str) -> bool:
        try:
            read(text)
        except CellError:
            return False
        return True

    return test


_READABLE: Mapping[ColumnKind, _Test] = {
    ColumnKind.APPLICANTS: _reads(normalise.applicants),
    ColumnKind.KIND: _reads(normalise.kind),
    ColumnKind.SCOPE: _reads(normalise.scope),
    ColumnKind.BASIS_LEVEL: _reads(normalise.basis_level),
    ColumnKind.ANSWER: _reads(normalise.answer),
    ColumnKind.YES_NO: _reads(normalise.yes_no),
    ColumnKind.EXEMPTION_GROUND: _reads(normalise.exemption_ground),
    ColumnKind.STATUS: _reads(normalise.status),
    ColumnKind.FISCAL_YEAR: _reads(normalise.fiscal_year),
    ColumnKind.COUNT: _reads(normalise.count),
    ColumnKind.DATE: _is_date,
    ColumnKind.URL: is_address,
}
_EXACT_KINDS = frozenset(
    {ColumnKind.FISCAL_YEAR, ColumnKind.COUNT, ColumnKind.DATE, ColumnKind.URL}
)
