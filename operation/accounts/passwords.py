"""What a password of a local account must be: long, and not made of what is guessed first.

No rules of composition and no change by the calendar: both lead to passwords that are worse
(NIST SP 800-63B, 3.1.1.2). Django's validators look at the length, at likeness with the person's
own names, and at a list of common ones; the one here at what such a list cannot hold.
"""

import re
import unicodedata
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from .words import COMMON, PROGRAM, RUNS

GUESSABLE = (
    "このパスワードは推測されやすいため使えません。よく使われる言葉、市や台帳の名前、数字や文字の"
    "並びだけでできています。関係のない言葉をいくつかつなぐと、覚えやすく強くなります。"
)
HELP = (
    "市や台帳の名前、よく使われる言葉、数字や文字の並びだけのパスワードは使えません。"
    "関係のない言葉をいくつかつないだ長いものが、覚えやすく安全です。大文字や記号を混ぜる必要は"
    "ありません。"
)
OWN_LETTERS = 6
"""So many letters must be left of a password without the words that are guessed first."""

LOOKED_AT = 200
"""What stands behind so many characters adds nothing: the time grows with the square."""
SHORTEST_RUN = 4
_READ_AS = str.maketrans("@430157$!", "aaeoistsi")  # p@ssw0rd is password


class GuessableWordsValidator:
    """Refuses a password of which too little is left without known words, figures and runs."""

    def __init__(self) -> None:
        office = [settings.OFFICE_NAME, *settings.PASSWORD_WORDS]
        words = {_plain(word) for word in (*COMMON, *PROGRAM, *office)} - {""}
        longest_first = sorted(words, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first)))

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises ValidationError where ``password`` is guessable."""
        plain = _plain(password[:LOOKED_AT])
        # Figures that stand for letters are read both ways.
        if min(map(self._own_letters, (plain, plain.translate(_READ_AS)))) < OWN_LETTERS:
            raise ValidationError(GUESSABLE, code="password_guessable")

    def get_help_text(self) -> str:
        """What the page says beside the field."""
        return HELP

    def _own_letters(self, text: str) -> float:
        """What is left: a letter counts as one, another character as half and only once."""
        rest = self._words.sub(" ", _without_runs(text))
        pieces = set(re.split(r"[\d_\W]+", rest))
        others = {character for character in rest if not character.isalpha()} - {" "}
        return sum(len(_once(piece)) for piece in pieces) + len(others) / 2


def _plain(text: str) -> str:
    """As it is compared: one width, one case."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _without_runs(text: str) -> str:
    return _PIECES.sub(lambda found: found[0][0], text)


def _pieces() -> Iterable[str]:
    """Each piece of a run, forwards and backwards."""
    for run in RUNS:
        for line in (run, run[::-1]):
            for length in range(SHORTEST_RUN, len(line) + 1):
                yield from (line[at : at + length] for at in range(len(line) - length + 1))


def _once(text: str) -> str:
    """The shortest piece of which ``text`` is a repetition: ab of ababab, a of aaaa."""
    for length in range(1, len(text)):
        piece = text[:length]
        if (piece * (len(text) // length + 1))[: len(text)] == text:
            return piece
    return text


_PIECES = re.compile("|".join(map(re.escape, sorted(set(_pieces()), key=len, reverse=True))))
