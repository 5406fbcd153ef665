"""Which sheets of a book hold the list and where their headings are: found, chosen, known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .cell import storable
from .columns import CHOICES_SHEET, GUIDE_SHEET, column
from .gate import Refused
from .headings import LIST_MEANINGS, Heading, Labels, TopRows, find_heading, top_rows
from .likeness import is_contradicted
from .mapping import FileMapping, SheetMapping, mapping_from, shape_of
from .raw import RawBook, RawSheet
from .rows import column_letters
from .samples import first_texts
from .survey import find_survey

OWN_SHEETS = frozenset({GUIDE_SHEET, CHOICES_SHEET})
SEEN_SAMPLES = 20  # different values of a column, before its heading is believed

NO_SUCH_SHEET = (
    "列の対応付けにあるシート「{sheet}」か、その見出しの行が、ファイルにありません。"
    "列の対応付けをやり直してください。"
)
NO_NAME_COLUMN = (
    "シート「{sheet}」で「手続名」に当たる列が選ばれていません。列の対応付けで選んでください。"
)

List = tuple[RawSheet, Heading]


def find_lists(book: RawBook) -> list[List]:
    """The visible sheets with a list, or the hidden ones where no visible sheet has one."""
    return _lists(sheet for sheet in book.sheets if sheet.visible) or _lists(book.sheets)


def mapped_lists(book: RawBook, mapping: FileMapping) -> list[List]:
    """The sheets that a person chose. Refused where one is gone or has no column of names."""
    sheets = {storable(sheet.name): sheet for sheet in reversed(book.sheets)}
    return [_mapped(sheets.get(each.sheet), each) for each in mapping.sheets]


def foreign_sheets(book: RawBook) -> list[RawSheet]:
    """The sheets but those that our own workbooks carry beside the list."""
    return [sheet for sheet in book.sheets if sheet.name not in OWN_SHEETS]


def is_understood(book: RawBook) -> bool:
    """Can the book be read without asking anybody what its columns mean?

    So it is with the national survey, and with a list whose every heading is known, names one
    column only and is not contradicted by the values below it.
    """
    lists = find_lists(book)
    if any(find_survey(sheet) for sheet, _ in lists):
        return True
    return bool(lists) and all(_is_plain(sheet, heading) for sheet, heading in lists)


def shapes(book: RawBook) -> dict[str, tuple[str, int, int]]:
    """Shape → (sheet, last row, levels) of every row that could be the headings of a sheet.

    Where sheets share a shape, the first one stands.
    """
    found: dict[str, tuple[str, int, int]] = {}
    for sheet in foreign_sheets(book):
        for shape, labels in _shapes(sheet):
            found.setdefault(shape, (storable(sheet.name), labels.last_row, labels.levels))
    return found


def remembered(book: RawBook, known: Mapping[str, Sequence[str]]) -> tuple[SheetMapping, ...]:
    """The sheets whose heading row has a shape that is ``known`` (shape → columns).

    Hidden sheets are left out where a visible one is known. () where a list stands beside them
    whose shape is new: nobody has decided whether it is read.
    """
    sheets = foreign_sheets(book)
    visible = [sheet for sheet in sheets if sheet.visible]
    return _remembered(visible, known) or _remembered(sheets, known)


def _lists(sheets: Iterable[RawSheet]) -> list[List]:
    return [(sheet, heading) for sheet in sheets if (heading := find_heading(sheet))]


def _mapped(sheet: RawSheet | None, mapping: SheetMapping) -> List:
    if sheet is None or mapping.last_row > len(sheet.rows):
        raise Refused("mapping_gone", NO_SUCH_SHEET.format(sheet=mapping.sheet))
    places = mapping.places
    if "name" not in places:
        raise Refused("no_name_column", NO_NAME_COLUMN.format(sheet=mapping.sheet))
    top = TopRows(sheet.rows[: mapping.last_row], sheet.merges)
    labels = top.labels(mapping.last_row, mapping.levels)
    texts = list(labels.texts)
    texts.extend([""] * (len(mapping.columns) - len(texts)))
    for place in places.values():
        texts[place] = texts[place] or f"{column_letters(place)}列"  # messages must name it
    return sheet, Heading(labels.last_row, places, tuple(texts), LIST_MEANINGS, labels.levels)


def _is_plain(sheet: RawSheet, heading: Heading) -> bool:
    if heading.ignored:
        return False
    below = first_texts(sheet, heading.last_row, SEEN_SAMPLES, len(heading.texts))
    return not any(
        is_contradicted(column(key), below[place]) for key, place in heading.places.items()
    )


def _shapes(sheet: RawSheet) -> Iterator[tuple[str, Labels]]:
    top = top_rows(sheet)
    for last_row, levels in top.pairs():
        labels = top.labels(last_row, levels)
        yield shape_of(labels.texts), labels


def _remembered(
    sheets: Sequence[RawSheet], known: Mapping[str, Sequence[str]]
) -> tuple[SheetMapping, ...]:
    found: list[SheetMapping] = []
    for sheet in sheets:
        matches = ((shape, labels) for shape, labels in _shapes(sheet) if shape in known)
        shape, labels = next(matches, ("", None))
        if labels is not None:
            name = storable(sheet.name)
            found.append(mapping_from(name, labels.last_row, labels.levels, known[shape]))
        elif find_heading(sheet):
            return ()
    return tuple(found)
