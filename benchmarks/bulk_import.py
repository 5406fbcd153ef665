"""What an import costs, beside a floor of the same run: `python -m benchmarks.bulk_import FILE`.

FILE is a workbook of the national survey; `--rows N` takes its first rows only. The floor reads
the same cells and puts them into one table: no meaning, no comparison, no history. With
`--with-defaults`, django-import-export with its default settings does the same rows. Ours runs on
SQLite, or on the PostgreSQL server that DATABASE_URL names.
"""

import argparse
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .import_defaults import import_by_defaults
from .import_tasks import (
    Measurement,
    apply_previewed,
    floor,
    import_file,
    in_child,
    longest_and_median,
    prepare,
    preview_file,
    saves_during,
)
from .office import new_office
from .survey_files import write_changed, write_first

FLOOR_RUNS, OUR_RUNS = 3, 2
ROWS_BESIDE_EDITOR = 5_000
LIMITS = {
    "first": "≤ 12",
    "second": "≤ 5",
    "memory": "≤ 900 MB",
    "defaults": "≥ 6",
    "wait": "≤ 1 s",
}


def main() -> None:
    """Print one line per measurement with the demanded limit beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=0, help="the first rows only (default: all)")
    parser.add_argument("--with-defaults", action="store_true")
    options = parser.parse_args()
    prefix = "dx-benchmark-files-"
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        measure(options.file, Path(name), options.rows, with_defaults=options.with_defaults)


def measure(source: Path, folder: Path, rows: int, *, with_defaults: bool) -> None:
    """All measurements of the first ``rows`` rows of ``source`` (0: all)."""
    first, second = folder / "first.xlsx", folder / "second.xlsx"
    if rows:
        in_child(write_first, source, first, rows)
    else:
        first = source
    in_child(write_changed, first, second)
    print(
        f"{'':<34}{'rows':>8}{'seconds':>9}{'CPU s':>8}{'ratio':>8}{'of CPU':>8}{'peak MB':>9}"
        "  limit (of the ratio)",
        flush=True,
    )
    floors = [_floor(file, folder) for file in (first, second)]
    _line("floor of the first file", floors[0])
    _line("floor of the second file", floors[1])
    ours = _ours(first, second)
    _line("first import", ours[0], floors[0], f"{LIMITS['first']}, {LIMITS['memory']}")
    _line("second import, 1 % changed", ours[1], floors[1], LIMITS["second"])
    if with_defaults:
        _compare_with_defaults(first, ours[0])
    _measure_editor(source, folder)


def _floor(file: Path, folder: Path) -> Measurement:
    runs = range(FLOOR_RUNS)
    databases = [folder / f"{file.stem}-{number}.sqlite3" for number in runs]
    return _best(in_child(floor, file, database) for database in databases)


def _ours(first: Path, second: Path) -> tuple[Measurement, Measurement]:
    """The best of the first and of the second imports, each pair into an office of its own."""
    results = []
    for _ in range(OUR_RUNS):
        with new_office(os.environ.get("DATABASE_URL", "")) as office:
            in_child(prepare, office)
            results.append([in_child(import_file, office, file) for file in (first, second)])
    return _best(pair[0] for pair in results), _best(pair[1] for pair in results)


def _compare_with_defaults(file: Path, ours: Measurement) -> None:
    with new_office(os.environ.get("DATABASE_URL", "")) as office:
        in_child(prepare, office)
        theirs = in_child(import_by_defaults, office, file)
    _line("django-import-export, defaults", theirs)
    times, of_processor = theirs.seconds / ours.seconds, theirs.processor / ours.processor
    print(
        f"{'first import is faster by':<34}{'':>25}{times:>8.1f}{of_processor:>8.1f}"
        f"{'':>9}  {LIMITS['defaults']}"
    )


def _measure_editor(source: Path, folder: Path) -> None:
    file = folder / "beside-editor.xlsx"
    in_child(write_first, source, file, ROWS_BESIDE_EDITOR)
    with new_office(os.environ.get("DATABASE_URL", "")) as office:
        in_child(prepare, office)
        run = in_child(preview_file, office, file)
        during, alone = saves_during(office, apply_previewed, run)
    for what, saves, limit in (
        (f"while {ROWS_BESIDE_EDITOR:,} rows are applied", during, LIMITS["wait"]),
        ("without an import", alone, ""),
    ):
        longest, middle = longest_and_median(saves)
        print(
            f"an editor's save {what}: longest {longest:.3f} s, median {middle:.3f} s, "
            f"{len(saves)} saves  {limit}"
        )


def _best(runs: Iterable[Measurement]) -> Measurement:
    return min(runs, key=lambda run: run.seconds)


def _line(
    what: str, found: Measurement, compared: Measurement | None = None, limit: str = ""
) -> None:
    ratios = f"{'':>16}"
    if compared:
        wall = found.seconds / compared.seconds
        ratios = f"{wall:>8.1f}{found.processor / compared.processor:>8.1f}"
    print(
        f"{what:<34}{found.rows:>8,}{found.seconds:>9.2f}{found.processor:>8.2f}{ratios}"
        f"{found.peak_mb:>9,.0f}  {limit}",
        flush=True,
    )


if __name__ == "__main__":
    main()
