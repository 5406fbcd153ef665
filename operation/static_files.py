"""Whether the collected static files are those of this version of the program."""

import filecmp
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage


def are_collected() -> bool:
    """Compares every file with its collected copy; takes some ten milliseconds."""
    try:
        hashed = getattr(staticfiles_storage, "hashed_files", None)
    except ValueError:  # a manifest that cannot be read
        return False
    root = Path(settings.STATIC_ROOT)
    return all(
        (hashed is None or path in hashed) and _same(Path(storage.path(path)), root / path)
        for finder in finders.get_finders()
        for path, storage in finder.list([])
    )


def _same(source: Path, copy: Path) -> bool:
    return copy.is_file() and filecmp.cmp(source, copy, shallow=False)
