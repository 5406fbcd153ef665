"""What an export costs, beside a floor of the same run: `python -m benchmarks.export FILE`.

FILE is a list that the import reads; `--rows N` exports its first N rows only. The floors write
the same cell values and nothing else: one openpyxl write-only sheet, one csv.writer. Best of three.
"""

import argparse
import csv
import io
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import openpyxl

from .office import temporary_office

REPEATS = 3
XLSX_LIMIT = 1.33


def main() -> None:
    """Print time, ratio to the floor and peak memory of xlsx and csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=0, help="the first rows only (default: all)")
    options = parser.parse_args()
    with temporary_office() as account:
        bring_in(options.file, account)
        for ending, floor in (("xlsx", bare_xlsx), ("csv", bare_csv)):
            measure(ending, floor, options.rows)


def bring_in(path: Path, by: Any) -> None:
    """The rows of the file into the empty inventory."""
    from django.core.files import File

    from procedures import bulk_import

    with path.open("rb") as file:
        run = bulk_import.preview(File(file), file_name=path.name, by=by)
    assert not run.message, run.message
    bulk_import.apply(run.pk, by=by)


def measure(ending: str, floor: Callable[[Sequence[Sequence[Any]]], None], rows: int) -> None:
    """One line: an export as the page of the list makes it, against its floor."""
    values = cells(export(ending, rows), ending)
    ours = best(lambda: export(ending, rows))
    least = best(lambda: floor(values))
    limit = f" (≤ {XLSX_LIMIT})" if ending == "xlsx" else ""
    print(
        f"{ending:<5} {len(values) - 1:,} rows: {ours:.2f} s; floor {least:.2f} s; "
        f"ratio {ours / least:.2f}{limit}; peak {peak(lambda: export(ending, rows)):.0f} MB"
    )


def export(ending: str, rows: int) -> io.BytesIO:
    """The file of the whole office's list, or of its first rows."""
    from django.utils import timezone

    from procedures.models import Procedure
    from tracking.export import FORMATS
    from tracking.filters import ProcedureFilter
    from tracking.selections import with_progress

    on = timezone.localdate()
    listed = ProcedureFilter({}, queryset=with_progress(Procedure.objects.all())).rows
    file = io.BytesIO()
    FORMATS[ending].write(file, listed[:rows] if rows else listed, on)
    return file


def cells(file: io.BytesIO, ending: str) -> list[list[Any]]:
    """Every value of the list in a file, headings included."""
    if ending == "csv":
        text = io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")
        return list(csv.reader(text))
    sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def bare_xlsx(values: Sequence[Sequence[Any]]) -> None:
    """The same values by openpyxl alone."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in values:
        sheet.append(row)
    book.save(io.BytesIO())


def bare_csv(values: Sequence[Sequence[Any]]) -> None:
    """The same values by csv.writer alone."""
    text = io.TextIOWrapper(io.BytesIO(), encoding="utf-8-sig", newline="")
    csv.writer(text).writerows(values)
    text.flush()


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def peak(work: Callable[[], object]) -> float:
    """The most memory, in MB, that Python's objects take while it runs."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1_000_000


if __name__ == "__main__":
    main()
