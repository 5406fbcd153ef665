"""The files that the database refers to: which they are, where they are kept."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models

FOLDER = "uploads"
"""Where they stand in a saved folder, under the names that the database has for them."""


def referred() -> list[str]:
    """The names of all files that a row or an entry of a history points at, sorted."""
    found: set[str] = set()
    for model in apps.get_models():
        for name in _file_fields(model):
            values = model._default_manager.order_by().exclude(**{name: ""})
            found |= set(values.values_list(name, flat=True).distinct())
    return sorted(found - {None})


def expected_size(names: list[str]) -> int:
    """Bytes of those of ``names`` that are there."""
    return sum(default_storage.size(name) for name in names if default_storage.exists(name))


def root() -> Path:
    """The folder in which they are kept."""
    return Path(settings.MEDIA_ROOT)


def is_empty() -> bool:
    """Whether no file is kept here."""
    return not any(path.is_file() for path in root().rglob("*"))


def _file_fields(model: type[models.Model]) -> Iterator[str]:
    """The fields of ``model`` that name files; a history keeps such a name as text."""
    tracked = getattr(model, "instance_type", model)
    names = {field.name for field in model._meta.concrete_fields}
    for field in tracked._meta.concrete_fields:
        if isinstance(field, models.FileField) and field.name in names:
            yield field.name
