"""How stored values read on screen: names of fields and their values in Japanese."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from django.db import models
from django.utils import timezone

from .models import Department, Division, ExemptionProvision, NationalPriorityProcedure
from .models.fields import CodesField
from .models.service import ApplicationService
from .rules import Answer, Aspect, BasisLevel, Clause, ExemptionGround, label
from .rules.wording import ASPECT_LABELS, CLAUSE_NUMBERS, WARNING_SENTENCES
from .spreadsheet.codes import APPLICANTS, labels

BLANK = "（空）"
FILE = "ファイル（識別 {start}）"
"""A file by the beginning of the name under which it is kept; its own name is another field."""
_CODE_LABELS = (
    {aspect.value: text for aspect, text in ASPECT_LABELS.items()}
    | {clause.value: f"{CLAUSE_NUMBERS[clause]} {label(clause)}" for clause in Clause}
    | {warning.value: text for warning, text in WARNING_SENTENCES.items()}
    | labels(APPLICANTS)
)

# What an edition of the policy accepts or exempts: kind of key, kind of the codes under it.
_POLICY_TABLES = {"accepted": (Aspect, Answer), "exemption_grounds": (BasisLevel, ExemptionGround)}


class Names:
    """Names of referenced rows, read once per model for a whole page of values.

    ``others`` are models of other applications whose rows have names too.
    """

    _MODELS = (
        Department,
        Division,
        NationalPriorityProcedure,
        ApplicationService,
        ExemptionProvision,
    )

    def __init__(self, *others: type[models.Model]) -> None:
        self._named = (*self._MODELS, *others)
        self._names: dict[type[models.Model], dict[int, str]] = {}
        self._former: dict[type[models.Model], dict[int, list[tuple[datetime, str]]]] = {}

    def of(self, model: type[models.Model], pk: int, at: datetime | None = None) -> str:
        """The name of the row ``pk``, or its number where the row is gone.

        With ``at``, the name that a unit of the office had at that moment.
        """
        if at is not None and model in (Department, Division):
            former = self._former_names(model).get(pk, [])
            if former:
                # Of a row whose history begins later, what it says first.
                return next((name for since, name in former if since <= at), former[-1][1])
        if model not in self._names:
            rows = model._default_manager.all() if model in self._named else ()
            self._names[model] = {row.pk: str(row) for row in rows}
        return self._names[model].get(pk, f"#{pk}")

    def _former_names(self, model: type[models.Model]) -> dict[int, list[tuple[datetime, str]]]:
        """By row the names that its history knows with the moment since when, the newest first."""
        if model not in self._former:
            found = self._former[model] = {}
            rows = model.history.order_by("-history_id")
            for pk, since, name in rows.values_list("id", "history_date", "name"):
                found.setdefault(pk, []).append((since, name))
        return self._former[model]


def field_label(model: type[models.Model], name: str) -> str:
    """What a field is called on screen."""
    return str(model._meta.get_field(name).verbose_name)


def value_label(
    model: type[models.Model], name: str, value: Any, names: Names, at: datetime | None = None
) -> str:
    """A stored (or JSON) value of ``model.name`` in Japanese; with ``at``, by the names of then."""
    field = model._meta.get_field(name)
    if value in (None, "", (), []):
        return BLANK
    if isinstance(field, models.ForeignKey):
        return names.of(field.related_model, int(value), at)
    if isinstance(field, models.FileField):
        return FILE.format(start=PurePosixPath(str(value)).stem[:8])
    if isinstance(field, CodesField):
        codes: Iterable[str] = field.to_python(value)
        return "、".join(_CODE_LABELS.get(code, code) for code in codes) or BLANK
    if isinstance(value, dict) and name in _POLICY_TABLES:
        return _policy_table(name, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y年%-m月%-d日 %H:%M")
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)


def _policy_table(name: str, table: dict[str, list[str]]) -> str:
    row, code = _POLICY_TABLES[name]
    lines = [
        f"{label(row(key))}：{'、'.join(label(code(one)) for one in codes) or 'なし'}"
        for key, codes in table.items()
    ]
    return "\n".join(lines)
