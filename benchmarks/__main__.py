"""Everything that is measured, in one table: `python -m benchmarks`.

Each line stands beside a floor of the same run: an empty page of the program, a bare loop, a bare
commit. So the ratios can be compared between machines; the milliseconds cannot. SQLite always,
PostgreSQL where a server is installed. The other modules here measure one thing more closely.
"""

import argparse
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.postgres import server_programs, temporary_server

from . import at_size, rules, writers
from .at_size import Line
from .import_tasks import Settings, floor, import_file, in_child
from .lists import write_list
from .office import new_office

ROWS = (1_500, 10_000, 75_000)
IMPORTS_UP_TO = 25_000
"""openpyxl writes each text into its cell, as no Excel does; of more the gate takes no file."""
EXPORTS_UP_TO = 75_000


def main() -> None:
    """Measure on each engine, at each size in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS, help="ascending")
    parser.add_argument("--engines", nargs="*", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    _show_rules()
    for engine in options.engines:
        with _server(engine) as url:
            if url is None:
                print(f"\n{engine}: no server is installed here")
                continue
            print(f"\n### {engine}\n")
            print("| procedures | what | ms | floor ms | ratio | floor |")
            print("|---:|---|---:|---:|---:|---|", flush=True)
            _measure(url, options.rows)


@contextlib.contextmanager
def _server(engine: str) -> Iterator[str | None]:
    """The DATABASE_URL of a server for the measurement; "" for SQLite, None where there is none."""
    if engine == "sqlite":
        yield ""
    elif (programs := server_programs()) is None:
        yield None
    else:
        with temporary_server(programs, durable=True) as url:
            yield url


def _measure(server: str, sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory(prefix="dx-benchmark-lists-") as folder:
        for rows in (size for size in sizes if size <= IMPORTS_UP_TO):
            _show(rows, _import(server, rows, Path(folder)))
    with new_office(server) as office:
        in_child(at_size.prepare_office, office)
        for rows in sizes:
            in_child(at_size.grow, office, rows)
            _show(rows, in_child(at_size.measure_pages, office, rows))
            _show(rows, in_child(at_size.measure_edit, office))
            if rows <= EXPORTS_UP_TO:
                _show(rows, in_child(at_size.measure_exports, office))
            if rows == sizes[0]:
                _show_writers(rows, office)


def _import(server: str, rows: int, folder: Path) -> list[Line]:
    """A first import of a made-up list, from the file to committed rows with their history."""
    file = folder / f"{rows}.xlsx"
    in_child(write_list, file, rows)
    least = in_child(floor, file, folder / f"{rows}.sqlite3")
    with new_office(server) as office:
        in_child(at_size.prepare_office, office)
        ours = in_child(import_file, office, file)
    assert ours.rows == rows, f"{ours.rows} of {rows} rows were taken"
    name = "the cells read and put into one table"
    return [Line("first import", ours.seconds * 1_000, least.seconds * 1_000, name)]


def _show(rows: int, lines: Sequence[Line]) -> None:
    for line in lines:
        print(
            f"| {rows:,} | {line.what} | {line.ours:,.1f} | {line.floor:,.1f} "
            f"| {line.ratio:.1f} | {line.floor_name} |",
            flush=True,
        )


def _show_rules() -> None:
    facts = rules.sample()
    ours, least = (
        max(rules.rate_of(work, facts) for _ in range(rules.PASSES))
        for work in (rules.classify, rules.build)
    )
    print(
        f"classification: {ours:,.0f} procedures a second; {least / ours:.1f} x the time of "
        "building one Facts"
    )


def _show_writers(rows: int, office: Settings) -> None:
    ours, our_slowest, least, their_slowest = writers.measure(office)
    print(
        f"| {rows:,} | {writers.WRITERS} writers at once: {ours:,.0f} edits a second, slowest "
        f"{our_slowest * 1_000:,.0f} ms | {1_000 / ours:,.1f} | {1_000 / least:,.1f} "
        f"| {least / ours:.1f} | bare commits, slowest {their_slowest * 1_000:,.0f} ms |",
        flush=True,
    )


if __name__ == "__main__":
    main()
