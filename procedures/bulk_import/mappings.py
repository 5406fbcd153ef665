"""What a person decides once about the columns and words of a file, remembered for its shape."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from procedures.models import ImportRun, RememberedMapping, User
from procedures.spreadsheet.lists import is_understood, remembered, shapes
from procedures.spreadsheet.mapping import FileMapping, SheetMapping, shape_of
from procedures.spreadsheet.proposals import Certainty, heading_texts, propose
from procedures.spreadsheet.raw import RawBook


class Unclear(Exception):
    """Nobody has said yet what the columns of the file mean."""


def mapping_for(run: ImportRun, book: RawBook) -> FileMapping | None:
    """How the file of ``run`` is read: as decided for it, else as remembered for its shape.

    None where its headings say all. Raises ``Unclear`` where a person is to be asked.
    """
    if run.mapping:
        return FileMapping.from_json(run.mapping)
    found = shapes(book)
    known = {each.shape: each for each in RememberedMapping.objects.all() if each.shape in found}
    sheets = remembered(book, {shape: each.columns for shape, each in known.items()})
    if sheets:
        read = {each.sheet for each in sheets}
        return FileMapping(sheets, _values(known[s] for s in known if found[s][0] in read))
    if run.asks_mapping and not is_understood(book):
        raise Unclear
    return None


def _values(known: Iterable[RememberedMapping]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for each in known:
        for key, words in each.values.items():
            values.setdefault(key, {}).update(words)
    return values


def decide_columns(run: ImportRun, sheets: Sequence[SheetMapping], *, by: User) -> None:
    """Reads the run's sheets as ``by`` says, and the next file of that shape too."""
    current = FileMapping.from_json(run.mapping) if run.mapping else FileMapping()
    _keep(run, FileMapping(tuple(sheets), current.values), by)


def decide_values(run: ImportRun, values: Mapping[str, Mapping[str, str]], *, by: User) -> None:
    """Reads the values of coded columns as ``by`` says, beside those decided before."""
    current = FileMapping.from_json(run.mapping) if run.mapping else FileMapping()
    merged = {
        key: {**current.values.get(key, {}), **values.get(key, {})}
        for key in {*current.values, *values}
    }
    _keep(run, FileMapping(current.sheets, merged), by)


def sheet_of(run: ImportRun, name: str) -> Mapping[str, Any]:
    """The outline of one sheet of the run's file; KeyError for an unknown one."""
    return {sheet["name"]: sheet for sheet in run.outline.get("sheets", [])}[name]


@transaction.atomic
def _keep(run: ImportRun, mapping: FileMapping, by: User) -> None:
    sheets = mapping.sheets or tuple(_as_found(run))
    run.mapping = FileMapping(sheets, mapping.values).to_json()
    run.save(update_fields=["mapping"])
    for sheet in sheets:
        texts = heading_texts(sheet_of(run, sheet.sheet), sheet.last_row, sheet.levels)
        RememberedMapping.objects.update_or_create(
            shape=shape_of(texts),
            defaults={
                "headings": list(texts),
                "columns": list(sheet.columns),
                "values": {
                    key: mapping.values[key] for key in sheet.columns if key in mapping.values
                },
                "decided_by": by,
                "decided_at": timezone.now(),
            },
        )


def _as_found(run: ImportRun) -> Iterator[SheetMapping]:
    """The sheets of a list that nobody was asked about: the columns that its headings name."""
    for sheet in run.outline["sheets"]:
        if sheet["is_read"]:
            proposals = propose(sheet, sheet["last_row"], sheet["levels"])
            columns = [""] * (max((each.place for each in proposals), default=-1) + 1)
            for each in proposals:
                if each.certainty in (Certainty.EXACT, Certainty.ALIAS):
                    columns[each.place] = each.key
            yield SheetMapping(sheet["name"], sheet["last_row"], sheet["levels"], tuple(columns))
