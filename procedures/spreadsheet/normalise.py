"""Everything that can be asked of one cell's value. Pure: values in, values out, or CellError."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from procedures.rules import Answer, BasisLevel, ExemptionGround

from .cell import (
    CLEAR,
    UNSTORABLE,
    CellError,
    Clear,
    is_blank,
    is_clear,
    is_ditto,
    shown,
    text_of,
)
from .codes import (
    ANSWERS,
    APPLICANTS,
    BASIS_LEVELS,
    EXEMPTION_GROUNDS,
    GROUND_MISSING,
    GROUND_MISSING_WORDS,
    OTHER_ANSWERS,
    PROCEDURE_KINDS,
    SCOPES,
    STATUSES,
    YES_NO,
    Code,
    Missing,
)
from .dates import DateRead, date, fiscal_year
from .keys import heading_key, name_key

__all__ = [
    "CLEAR",
    "GROUND_MISSING",
    "CellError",
    "Clear",
    "Count",
    "DateRead",
    "Missing",
    "answer",
    "applicant_words",
    "applicants",
    "bare_mark",
    "basis_level",
    "code",
    "count",
    "date",
    "exemption_ground",
    "fiscal_year",
    "has_private_use",
    "heading_key",
    "is_blank",
    "is_clear",
    "is_ditto",
    "is_ground_missing",
    "is_unasked",
    "kind",
    "name_key",
    "other_answer",
    "scope",
    "shown",
    "status",
    "text_of",
    "text_prose",
    "url",
    "yes_no",
]

T = TypeVar("T")

MAX_COUNT = 9_999_999_999  # more applications a year than the country has people is a slip
_DIRECTION_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_SEPARATORS = re.compile(r"[、,・/;\s]+")
_COUNT = re.compile(
    r"(?P<before>約|およそ|おおよそ|おおむね|概ね|ほぼ)?"
    r"(?P<digits>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.0+)?件?"
    r"(?P<after>程度|前後|くらい|ぐらい|位|ほど)?"
)
_MARK_WITH_REASON = re.compile(r"(?P<mark>[○〇◯×✕✖])\s*\((?P<reason>.+)\)", re.DOTALL)
_BENDING = re.compile(r"オンライン|電子|一部|場合|除|以外|のみ|だけ|不要|不可|なし|無")
_UNKNOWN_COUNTS = frozenset(
    {"-", "--", "?", "不明", "未調査", "未集計", "未把握", "未定", "把握していない", "…", "..."}
)


class Count(NamedTuple):
    """A volume: ``value`` None is "stated as unknown", ``approximate`` is for 約 and 程度."""

    value: int | None
    approximate: bool = False


def text_prose(value: object) -> str:
    """Prose as it was written, without the blanks around it and with plain line breaks.

    Characters that cannot be stored, or that change the direction of what follows, are CellError.
    """
    text = text_of(value)
    if text.isprintable():  # as most is: no line break, no invisible or private-use character
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if found := _DIRECTION_CONTROLS.search(text):
        raise CellError(
            f"文字の向きを変える見えない文字（U+{ord(found[0]):04X}）を含んでいます",
            "文字を入力し直してください。",
        )
    if found := UNSTORABLE.search(text):
        raise CellError(
            f"保存できない見えない文字（U+{ord(found[0]):04X}）を含んでいます",
            "文字を入力し直してください。",
        )
    return text


def has_private_use(text: str) -> bool:
    """Does the text hold private-use characters (外字), which other machines show differently?"""
    return not text.isprintable() and _PRIVATE_USE.search(text) is not None


def code(value: object) -> str:
    """A number or an id as text: NFKC, no blanks around it, one blank at most between its parts."""
    return " ".join(unicodedata.normalize("NFKC", text_prose(value)).split())


def url(value: object) -> str:
    """One http(s) address, as written."""
    text = text_prose(value)
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or re.search(r"\s|https?://", text[len("http://") :]):
        raise CellError(
            "URLとして読み取れません", "http:// か https:// で始まるURLを一つだけ書いてください。"
        )
    return text


def answer(value: object) -> Answer:
    """A survey answer (要否); blank is UNKNOWN."""
    return Answer.UNKNOWN if is_blank(value) else _ANSWERS.read(value)


def other_answer(value: object) -> tuple[Answer, str]:
    """その他の支障 as answer and text: a word for none or blank is NOT_NEEDED, any text OFFLINE.

    「オンライン可：…」「なし：…」「未調査：…」「あり：…」 say the answer and the text apart.
    """
    if is_blank(value):
        return Answer.NOT_NEEDED, ""
    text = text_prose(value)
    if (said := _OTHER_ANSWERS.find(text)) is not None:
        return said, ""
    word, colon, rest = text.partition("：")
    if colon and word in _OTHER_PREFIXES:
        return _OTHER_PREFIXES[word], rest.strip()
    return Answer.OFFLINE, text


def yes_no(value: object) -> bool:
    """Whether something is so; blank, 未調査 and the like are no."""
    return False if is_blank(value) else _YES_NO.read(value)


def is_unasked(value: object) -> bool:
    """Does the cell say that nobody has asked yet (未調査, 不明, ?)?"""
    return _ANSWERS.find(value) is Answer.UNKNOWN


def applicants(value: object) -> tuple[str, ...]:
    """The kinds of applicants, in the order in which they are named, each once."""
    return tuple(dict.fromkeys(_APPLICANTS.read(word) for word in applicant_words(value)))


def applicant_words(value: object) -> list[str]:
    """The words of a cell that names several applicants."""
    words = _SEPARATORS.split(unicodedata.normalize("NFKC", text_of(value)))
    return [word for word in words if not is_blank(word)]


def kind(value: object) -> str:
    """The kind of procedure (手続類型)."""
    return _KINDS.read(value)


def scope(value: object) -> str:
    """Is it inbound from citizens (clause 2)? Blank is unknown."""
    return "unknown" if is_blank(value) else _SCOPES.read(value)


def status(value: object) -> str:
    """The state of the plan (状況)."""
    return _STATUSES.read(value)


def basis_level(value: object) -> BasisLevel:
    """The level of the legal basis; blank is UNKNOWN."""
    return BasisLevel.UNKNOWN if is_blank(value) else _BASIS_LEVELS.read(value)


def exemption_ground(value: object) -> ExemptionGround | Missing:
    """The ground of an exemption, or GROUND_MISSING for a mere mark (○, 有); blank is NONE."""
    if is_blank(value):
        return ExemptionGround.NONE
    if is_ground_missing(value):
        return GROUND_MISSING
    return _GROUNDS.read(value)


def is_ground_missing(value: object) -> bool:
    """Does the cell mark an exemption without naming its ground?"""
    return name_key(text_of(value)) in _GROUND_MISSING_KEYS


def count(value: object) -> Count:
    """A volume (件数): 0 stays 0; blank, 不明 and － are unknown."""
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return Count(value)
    text = name_key(text_of(value))
    if not text or text in _UNKNOWN_COUNTS:
        return Count(None)
    match = None if isinstance(value, bool) else _COUNT.fullmatch(text)
    if not match:
        raise CellError(
            "件数として読み取れません", "0以上の整数で書いてください（分からないときは「不明」）。"
        )
    number = int(match["digits"].replace(",", "")[: len(str(MAX_COUNT)) + 1])
    if number > MAX_COUNT:
        raise CellError("件数として大きすぎます", f"{MAX_COUNT:,}以下の整数で書いてください。")
    return Count(number, bool(match["before"] or match["after"]))


def bare_mark(value: object) -> str:
    """The mark of a cell that gives a reason behind it, as in 「○（河岸の浸食）」; "" for none.

    A reason that bends the mark (オンラインなら, 一部は, …を除く) leaves none: a person must say.
    """
    match = _MARK_WITH_REASON.fullmatch(unicodedata.normalize("NFKC", text_of(value)).strip())
    return match["mark"] if match and not _BENDING.search(match["reason"]) else ""


class _Words(Generic[T]):
    """The words of one coded column."""

    def __init__(self, codes: Iterable[Code[T]]) -> None:
        self._allowed = tuple(code.label for code in codes)
        self._values = {
            name_key(word): code.value for code in codes for word in (code.label, *code.words)
        }

    def find(self, value: object) -> T | None:
        return self._values.get(name_key(text_of(value)))

    def read(self, value: object) -> T:
        found = self.find(value)
        if found is None:
            raise CellError("読み取れません", allowed=self._allowed)
        return found


_ANSWERS = _Words(ANSWERS)
_OTHER_ANSWERS = _Words(OTHER_ANSWERS)
_OTHER_PREFIXES = {code.label: code.value for code in OTHER_ANSWERS}
_YES_NO = _Words(YES_NO)
_APPLICANTS = _Words(APPLICANTS)
_KINDS = _Words(PROCEDURE_KINDS)
_SCOPES = _Words(SCOPES)
_STATUSES = _Words(STATUSES)
_BASIS_LEVELS = _Words(BASIS_LEVELS)
_GROUNDS = _Words(EXEMPTION_GROUNDS)
_GROUND_MISSING_KEYS = frozenset(name_key(word) for word in GROUND_MISSING_WORDS)
