"""How stored values read on screen: names of fields and their values in Japanese."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from .models import Department, Division, NationalPriorityProcedure
from .models.fields import CodesField
from .models.service import ApplicationService
from .rules import Clause, label
from .rules.wording import ASPECT_LABELS, CLAUSE_NUMBERS, WARNING_SENTENCES
from .spreadsheet.codes import APPLICANTS, labels

BLANK = "（空）"
_CODE_LABELS = (
    {aspect.value: text for aspect, text in ASPECT_LABELS.items()}
    | {clause.value: f"{CLAUSE_NUMBERS[clause]} {label(clause)}" for clause in Clause}
    | {warning.value: text for warning, text in WARNING_SENTENCES.items()}
    | labels(APPLICANTS)
)


class Names:
    """Names of referenced rows, read once per model for a whole page of values.

    ``others`` are models of other applications whose rows have names too.
    """

    _MODELS = (Department, Division, NationalPriorityProcedure, ApplicationService)

    def __init__(self, *others: type[models.Model]) -> None:
        self._named = (*self._MODELS, *others)
        self._names: dict[type[models.Model], dict[int, str]] = {}

    def of(self, model: type[models.Model], pk: int) -> str:
        """The name of the row ``pk``, or its number where the row is gone."""
        if model not in self._names:
            rows = model._default_manager.all() if model in self._named else ()
            self._names[model] = {row.pk: str(row) for row in rows}
        return self._names[model].get(pk, f"#{pk}")


def field_label(model: type[models.Model], name: str) -> str:
    """What a field is called on screen."""
    return str(model._meta.get_field(name).verbose_name)


def value_label(model: type[models.Model], name: str, value: Any, names: Names) -> str:
    """A stored (or JSON) value of ``model.name`` in Japanese."""
    field = model._meta.get_field(name)
    if value in (None, "", (), []):
        return BLANK
    if isinstance(field, models.ForeignKey):
        return names.of(field.related_model, int(value))
    if isinstance(field, CodesField):
        codes: Iterable[str] = field.to_python(value)
        return "、".join(_CODE_LABELS.get(code, code) for code in codes) or BLANK
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y年%-m月%-d日 %H:%M")
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
