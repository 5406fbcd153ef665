"""The inventory and its registers as files that people read: Japanese headings, words, names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, BinaryIO

from django.db import models

from procedures.display import Names, field_label, value_label
from procedures.models import (
    ApplicationService,
    Department,
    Division,
    Exemption,
    ExemptionProvision,
    LegalBasis,
    NationalPriorityProcedure,
    Procedure,
    TeamMembership,
    User,
    YearlyVolume,
)
from procedures.spreadsheet.tables import write_table_csv
from tracking.export import FORMATS
from tracking.models import (
    Comment,
    Consultation,
    ConsultationNote,
    Goal,
    Issue,
    MigrationPlan,
    Publication,
    SharedMeasure,
    WorkReview,
)

FOLDER = "read"
INVENTORY = "手続台帳"
REGISTERS: tuple[type[models.Model], ...] = (
    *(Department, Division, TeamMembership),
    *(LegalBasis, YearlyVolume, Exemption, ExemptionProvision),
    *(ApplicationService, NationalPriorityProcedure),
    *(MigrationPlan, WorkReview, Issue, SharedMeasure, Comment, Publication, Goal),
    *(Consultation, ConsultationNote),
)
_CHUNK = 2_000
_PROCEDURE = ("procedure__number", "procedure__name")
_NAMED = (User, SharedMeasure, Issue, Consultation, Comment)

Write = Callable[[BinaryIO], None]


def files(on: date) -> Iterator[tuple[str, Write]]:
    """Each file by its name, and what writes it, as of the day ``on``."""
    for ending, form in FORMATS.items():
        yield f"{FOLDER}/{INVENTORY}.{ending}", _inventory(form.write, on)
    names = Names(*_NAMED)
    for model in REGISTERS:
        yield f"{FOLDER}/{model._meta.verbose_name}.csv", _register(model, names)


def _inventory(write: Callable[..., None], on: date) -> Write:
    return lambda target: write(target, Procedure.objects.order_by("number", "pk"), on)


def _register(model: type[models.Model], names: Names) -> Write:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    paths: list[str] = []
    headings: list[str] = []
    for field in fields:
        if field.related_model is Procedure:
            paths += _PROCEDURE
            headings += [field_label(Procedure, name) for name in ("number", "name")]
        else:
            paths.append(field.attname)
            headings.append(str(field.verbose_name))
    return lambda target: write_table_csv(target, headings, _rows(model, paths, names))


def _rows(
    model: type[models.Model], paths: Sequence[str], names: Names
) -> Iterator[Sequence[object]]:
    worded = {field.attname: field for field in model._meta.concrete_fields if _has_words(field)}
    stored = model._base_manager.order_by("pk").values_list(*paths)
    for values in stored.iterator(chunk_size=_CHUNK):
        yield [_cell(path, value, worded, names) for path, value in zip(paths, values, strict=True)]


def _cell(path: str, value: Any, worded: Mapping[str, models.Field], names: Names) -> object:
    field = worded.get(path)
    if field is None or value in (None, "", (), []):
        return value or None if isinstance(value, str | tuple | list) else value
    return value_label(field.model, field.name, value, names)


def _has_words(field: models.Field) -> bool:
    """Whether what is stored is a code, a key or a flag, which reads otherwise on screen."""
    kinds = (models.ForeignKey, models.BooleanField, models.FileField)
    return bool(field.choices) or isinstance(field, kinds)
