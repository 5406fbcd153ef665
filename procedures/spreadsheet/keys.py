"""Keys under which names, headings and code words are compared; what is stored stays as written."""

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(r"[\s\u200b\u2060\ufeff]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─━⁃﹘", "-"))
_REMEMBERED_LENGTH = 64  # a list repeats its words, not its prose


def name_key(text: str) -> str:
    """The key of a name: NFKC, casefolded, without blanks, every dash (and ー) as "-".

    Two names with one key are the same name to a reader; the key itself is never shown.
    """
    return _remembered_key(text) if len(text) <= _REMEMBERED_LENGTH else _key(text)


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
