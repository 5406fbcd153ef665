"""The office's settings in a file: KEY=VALUE lines, read in one way on every system.

Everything between the first ``=`` and the end of the line is the value, without the blanks around
it. Quotes, ``"`` or ``'``, around a value keep blanks and ``#`` in it; nothing is replaced in it.
Lines that begin with ``#`` are comments, and so is what follows `` #`` behind an unquoted value.
A line without a value is as good as none.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

TEMPLATE = Path(__file__).with_name("office.env")
"""Every setting there is, explained."""
USUAL_PLACE = Path(os.environ.get("PROGRAMDATA", "/etc")) / "shimonoseki-dx" / "office.env"
"""Where it is looked for when nobody names another: outside the program's folder."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SETTING = re.compile(r"^#?([A-Z][A-Z0-9_]*)=", re.MULTILINE | re.ASCII)


class Unreadable(Exception):
    """Says which line of which file cannot be read, and what to do."""


def office_environment(named: Path | None) -> dict[str, str]:
    """The environment of this process, and below it the settings of the file.

    The file is ``named``, or the one that DX_ENV_FILE names, or the one at the usual place if it
    is there. Raises Unreadable.
    """
    path = named or Path(os.environ.get("DX_ENV_FILE", "") or USUAL_PLACE)
    if path == USUAL_PLACE and not path.exists():
        return dict(os.environ)
    return read(path) | os.environ


def read(path: Path) -> dict[str, str]:
    """The settings in a file; raises Unreadable where it is not what it should be."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = f"{path} は UTF-8 ではありません。UTF-8 で保存し直してください。"
        raise Unreadable(sentence) from error
    except OSError as error:
        raise Unreadable(f"{path} を読めません。（{error.strerror}）") from error
    known = known_settings()
    found: dict[str, str] = {}
    for number, name, value in _lines(path, text):
        if name in found:
            raise _unreadable(path, number, f"{name} が2回あります。1行だけにしてください")
        if name.startswith("DX_") and name not in known:
            sentence = f"{name} という設定はありません。deploy/office.env にある名前にしてください"
            raise _unreadable(path, number, sentence)
        found[name] = value
    return {name: value for name, value in found.items() if value}


def known_settings() -> set[str]:
    """The names that stand in the shipped file, given or as an example behind ``#``."""
    return set(_SETTING.findall(TEMPLATE.read_text(encoding="utf-8")))


def _lines(path: Path, text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        name = name.strip()
        if not (equals and _NAME.fullmatch(name)):
            raise _unreadable(path, number, "「名前=値」の形にしてください")
        if "\0" in value:
            raise _unreadable(path, number, f"{name} の値に使えない文字（NUL）があります")
        yield number, name, _value(path, number, name, value.strip())


def _value(path: Path, number: int, name: str, text: str) -> str:
    if text[:1] not in ('"', "'"):
        return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
    value, closing, rest = text[1:].partition(text[0])
    if not closing or (rest.strip() and not rest.strip().startswith("#")):
        raise _unreadable(path, number, f"{name} の引用符が閉じていないか、後に余分があります")
    return value


def _unreadable(path: Path, number: int, sentence: str) -> Unreadable:
    return Unreadable(f"{path} の{number}行目：{sentence}。")


def setting(environment: Mapping[str, str], name: str, default: str) -> str:
    """A setting as the program reads it: an empty one counts as none."""
    return environment.get(name, "").strip() or default
