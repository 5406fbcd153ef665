"""Keys under which names, headings and code words are compared; what is stored stays as written."""

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(r"[\s\u200b\u2060\ufeff]+")
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─━⁃﹘", "-"))
_REMEMBERED_LENGTH = 64  # a list repeats its words, not its prose


def name_key(text: str) -> str:
    """The key of a name: NFKC, casefolded, without blanks, every dash (and ー) as "-".

    Two names with one key are the same name to a reader; the key itself is never shown.
    """
    return _remembered_key(text) if len(text) <= _REMEMBERED_LENGTH else _key(text)


def search_key(text: str) -> str:
    """The key in which a search looks: ``name_key`` in hiragana, small kana as large ones.

    However a word was typed (full or half width, hiragana or katakana, ﾌﾞ or ブ), it is found.
    """
    return name_key(text).translate(_KATAKANA).translate(_SMALL)


def heading_key(text: str) -> str:
    """The key of a heading: NFKC, casefolded, without blanks and line breaks."""
    return _remembered_heading(text) if len(text) <= _REMEMBERED_LENGTH else _heading(text)


def is_blank_text(text: str) -> bool:
    """Is nothing to be seen in it (blanks of any width, line breaks, zero-width spaces)?"""
    return not text[:1].isalnum() and not _INVISIBLE.sub("", text)


def _heading(text: str) -> str:
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", visible.casefold())


def _key(text: str) -> str:
    return _heading(text).translate(_DASHES)


_remembered_heading = lru_cache(maxsize=16_384)(_heading)
_remembered_key = lru_cache(maxsize=16_384)(_key)
