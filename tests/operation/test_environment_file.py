"""The office's settings are read in one way, and what cannot be read says its line."""

import pytest

from deploy import environment_file
from deploy.environment_file import Unreadable, office_environment, read


@pytest.fixture
def write(tmp_path):
    """Writes a file of settings: ``write(text)`` gives its path."""

    def write_file(text: str | bytes):
        path = tmp_path / "office.env"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DX_OFFICE_NAME=下関市", "下関市"),
        ("  DX_OFFICE_NAME = 下関市  ", "下関市"),
        ("DX_OFFICE_NAME=下関市 # 市の名前", "下関市"),
        ("DX_OFFICE_NAME=a#b", "a#b"),
        ("DX_OFFICE_NAME=a=b", "a=b"),
        ('DX_OFFICE_NAME=" a # b "', " a # b "),
        ("DX_OFFICE_NAME='a\"b'", 'a"b'),
        ('DX_OFFICE_NAME="a" # 説明', "a"),
        (r"DX_OFFICE_NAME=C:\dx\$HOME %PATH%", r"C:\dx\$HOME %PATH%"),
        (r'DX_OFFICE_NAME="C:\dx\"', "C:\\dx\\"),
    ],
)
def test_value_is_what_stands_behind_the_first_equals_sign(write, line, value):
    assert read(write(f"# 設定\n\n{line}\n")) == {"DX_OFFICE_NAME": value}


def test_file_of_windows_is_read(write):
    assert read(write("\ufeffDX_OFFICE_NAME=下関市\r\nDX_THREADS=4\r\n")) == {
        "DX_OFFICE_NAME": "下関市",
        "DX_THREADS": "4",
    }


def test_line_without_a_value_is_as_good_as_none(write):
    assert read(write('DX_DATA_DIR=\nDX_OFFICE_NAME=""\n')) == {}


def test_settings_of_other_programs_are_passed_on(write):
    assert read(write("PGSSLMODE=verify-full\n")) == {"PGSSLMODE": "verify-full"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("DX_OFFICE_NAME=a\nDX_OFFICE_NAME=b\n", "2行目：DX_OFFICE_NAME が2回"),
        ("\nDX_BEHIND_PROXI=1\n", "2行目：DX_BEHIND_PROXI という設定はありません"),
        ("set DX_DEBUG=1\n", "1行目：「名前=値」の形"),
        ("下関市\n", "1行目：「名前=値」の形"),
        ("=1\n", "1行目：「名前=値」の形"),
        ('DX_OFFICE_NAME="下関市\n', "1行目：DX_OFFICE_NAME の引用符が閉じて"),
        ('DX_OFFICE_NAME="下関"市\n', "1行目：DX_OFFICE_NAME の引用符が閉じて"),
        ("DX_OFFICE_NAME=a\0b\n", "1行目：DX_OFFICE_NAME の値に使えない文字"),
        ("DX_OFFICE_NAME=下関市\n".encode("cp932"), "UTF-8 ではありません"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(write, text, sentence):
    with pytest.raises(Unreadable, match=sentence) as refused:
        read(write(text))
    assert str(refused.value).endswith("。")


def test_missing_file_that_somebody_named_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="読めません"):
        office_environment(tmp_path / "none.env")


def test_real_environment_wins(write, monkeypatch):
    monkeypatch.setenv("DX_THREADS", "3")
    found = office_environment(write("DX_THREADS=4\nDX_OFFICE_NAME=下関市\n"))
    assert (found["DX_THREADS"], found["DX_OFFICE_NAME"]) == ("3", "下関市")


def test_file_is_named_by_the_environment_or_lies_at_the_usual_place(write, monkeypatch, tmp_path):
    path = write("DX_OFFICE_NAME=下関市\n")
    monkeypatch.setattr(environment_file, "USUAL_PLACE", tmp_path / "none.env")
    monkeypatch.delenv("DX_ENV_FILE", raising=False)
    assert "DX_OFFICE_NAME" not in office_environment(None)
    monkeypatch.setattr(environment_file, "USUAL_PLACE", path)
    assert office_environment(None)["DX_OFFICE_NAME"] == "下関市"
    monkeypatch.setenv("DX_ENV_FILE", str(tmp_path / "other.env"))
    with pytest.raises(Unreadable):
        office_environment(None)
