"""How long the national survey takes as a table: `python -m benchmarks.survey FILE`.

The floor is reading the workbook alone, measured in the same run. After the file itself come two
editions of our own making: one that is only spelled otherwise, one with 50 facts changed.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .import_tasks import Measurement, in_child, measured
from .office import enter, furnish, new_office
from .survey_files import rows_of, write_rows
from .survey_variants import changed, respelled

RATIO_LIMIT, MEMORY_LIMIT_MB, FACTS = 4, 900, 50


def main(arguments: Sequence[str] | None = None) -> None:
    """Load the survey, the survey again, and both kinds of editions; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the national survey as published")
    source = parser.parse_args(arguments).file
    floor = in_child(read_alone, source)
    print(f"reading alone      {floor.seconds:6.1f} s  {floor.peak_mb:5.0f} MB")
    with tempfile.TemporaryDirectory() as folder, new_office() as settings:
        in_child(begin, settings)
        spelled, other = Path(folder) / "respelled.xlsx", Path(folder) / "changed.xlsx"
        rows = list(rows_of(source))
        write_rows(spelled, respelled(rows))
        write_rows(other, changed(rows, FACTS))
        for label, file, expected in (
            ("first edition", source, 0),
            ("the same again", source, 0),
            ("spelled otherwise", spelled, 0),
            (f"{FACTS} facts changed", other, FACTS),
        ):
            result, told = in_child(load, settings, file)
            ratio = result.seconds / floor.seconds
            print(
                f"{label:18} {result.seconds:6.1f} s  {result.peak_mb:5.0f} MB  "
                f"{ratio:4.1f} x  {result.rows:,} rows, {told} differences"
            )
            assert told == expected, f"{told} differences instead of {expected}"
    print(f"Limits: {RATIO_LIMIT} x reading alone; {MEMORY_LIMIT_MB} MB")


def read_alone(source: Path) -> Measurement:
    """Reads the workbook and does nothing with it."""
    from procedures.spreadsheet.reading import read_workbook

    with measured() as result:
        read_workbook(source, source.name)
    return result


def begin(settings: Any) -> None:
    """Makes the tables of the office."""
    enter(settings)
    furnish()


def load(settings: Any, source: Path) -> tuple[Measurement, int]:
    """Loads one edition; what it took, and how many differences it told."""
    enter(settings)
    from django.core.files import File

    from procedures import survey
    from procedures.actions import command_account

    with measured() as result, source.open("rb") as file:
        edition = survey.load(
            File(file), file_name=source.name, name=source.stem, by=command_account()
        )
    assert edition.state == "loaded", edition.message
    result.rows = edition.row_count
    return result, edition.difference_count


if __name__ == "__main__":
    main()
