"""Fields of forms that read what people write as the import reads its cells."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from procedures.spreadsheet import normalise
from procedures.spreadsheet.cell import CellError, shown

OUTDATED = "画面が古くなっています。ページを読み込み直して、もう一度入力してください。"
_LONGEST_KEY = 18  # digits; more are none
_NEWEST_VERSION = 2**31 - 1  # the largest that the database keeps


class ProseField(forms.CharField):
    """Text as it is written, with plain line breaks; what cannot be stored is refused."""

    def to_python(self, value: Any) -> str:
        """The text without the blanks around it."""
        return _read(normalise.text_prose, super().to_python(value))


class CodeField(forms.CharField):
    """A number or an id: NFKC, one blank at most between its parts."""

    def to_python(self, value: Any) -> str:
        """The code as it is stored."""
        return _read(normalise.code, super().to_python(value))


class CountField(forms.CharField):
    """件数: a whole number, full width and separators allowed; blank and 不明 are None, never 0."""

    def to_python(self, value: Any) -> int | None:
        """The number, or None for unknown."""
        return _read(normalise.count, super().to_python(value)).value


class FiscalYearField(forms.CharField):
    """年度 as 2025, 令和7年度 or R7; the Gregorian year in which it begins."""

    def to_python(self, value: Any) -> int | None:
        """The year; None where nothing is written."""
        text = super().to_python(value)
        return _read(normalise.fiscal_year, text) if text else None


class VersionField(forms.IntegerField):
    """The version of a row that a page shows; what cannot be one comes from an outdated page."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        causes = ("required", "invalid", "min_value", "max_value")
        super().__init__(
            min_value=0,
            max_value=_NEWEST_VERSION,
            error_messages=dict.fromkeys(causes, OUTDATED),
            **options,
        )


class DayField(forms.DateField):
    """A day, with the browser's own calendar.

    Its form must not be ``novalidate``: a half-typed date would be sent as an empty one.
    """

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def is_key(text: str) -> bool:
    """Whether ``text`` can be the key of a row: a whole number that a database can look for."""
    return text.isdecimal() and len(text) <= _LONGEST_KEY


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Puts what an action refused at the fields of ``form``, or above all of them."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        fitting = next((field for field in (name, f"{name}_id") if field in form.fields), None)
        form.add_error(fitting, errors)


def _read(reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except CellError as error:
        raise ValidationError(f"「{shown(text)}」は{error.reason}。{error.advice}") from None
