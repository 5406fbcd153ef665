"""The rows of a procedure list: each is put together once, for the list and for an edit in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from procedures.models import Procedure, User
from procedures.permissions import Rights

from .list_columns import NAME, Column, Row, with_issue_counts
from .prepared import PreparedCase, PreparedSubquery
from .selections import CONCERNS, newest_volume, thresholds, with_concerns, with_progress

_ALWAYS = (
    "pk", "name", "department_id", "unanswered", "is_to_confirm", "version", "plan__version",
)  # fmt: skip
# Where a set of the queue is worked off on the procedure's page: the place there, and the words.
_PLACES = {"asked": ("#comments", "やりとりを見る"), "issue_due": ("#issues", "課題を見る")}

CHECK_TAGS = (
    '<td class="check-cell"><label><input type="checkbox" name="procedures" value="{pk}" '
    'form="bulk" aria-label="{name}を選ぶ"></label></td>'
)
NO_CHECK_TAGS = '<td class="check-cell"></td>'
EDITING_TAGS = '<span class="small soft">編集中</span>'


@dataclass(frozen=True)
class Table:
    """What the rows of one list have in common.

    ``shown_on`` says where it stands, ``next`` is its address, ``chosen`` the named set that it
    shows ("" for none). With ``has_forms`` the page has the forms ``bulk`` and ``confirm``, to
    which checkboxes and buttons in the rows belong.
    """

    columns: tuple[Column, ...]
    rights: Rights
    shown_on: str
    next: str
    chosen: str = ""
    has_forms: bool = False

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.columns) + self.has_forms + 1

    @property
    def values(self) -> tuple[str, ...]:
        """What of each procedure its row is made of."""
        return tuple(dict.fromkeys(_ALWAYS + sum((one.values for one in self.columns), ())))

    @property
    def where(self) -> str:
        """What an address within a row carries on, so that its answer fits into this table."""
        return f"shown_on={self.shown_on}&next={quote(self.next, safe='')}"

    @cached_property
    def cell_tags(self) -> str:
        """The cells of the columns, for ``format_html`` with their content and the row's key."""
        return "".join(map(_cell_tags, self.columns))

    @cached_property
    def edit_tags(self) -> str:
        """編集, for ``format_html`` with the row's key and name."""
        address = conditional_escape(f"{_address('row_edit')}?{self.where}")
        return (
            '<a class="button button--secondary button--small" id="edit-{pk}" data-row-edit '
            f'href="{address}" hx-get="{address}" hx-target="#procedure-{{pk}}" '
            'hx-swap="outerHTML">編集<span class="visually-hidden">：{name}</span></a>'
        )

    @cached_property
    def interview_tags(self) -> str:
        """質問に答える: the guided interview, only what is still open."""
        return _link_tags(f"{_address('procedure_interview')}?only=open", "質問に答える")

    @cached_property
    def confirm_tags(self) -> str:
        """変更なし確認: a button of the form ``confirm``, with the versions that are shown."""
        address = _address("procedure_confirm")
        return (
            '<button class="button button--secondary button--small" type="submit" form="confirm" '
            f'formaction="{address}" name="seen" value="{{pk}}.{{seen}}" hx-post="{address}" '
            'hx-target="#procedure-{pk}" hx-swap="outerHTML">'
            '変更なし確認<span class="visually-hidden">：{name}</span></button>'
        )

    @cached_property
    def place_tags(self) -> str:
        """To the place on the procedure's page where the chosen set is worked off, if any."""
        if self.chosen not in _PLACES:
            return ""
        place, words = _PLACES[self.chosen]
        return _link_tags(f"{_address('procedure_detail')}{place}", words)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row for the screen: ``cells`` is everything in its <tr>."""

    pk: int
    name: str
    may_edit: bool
    cells: SafeString


def table_rows(
    keys: Iterable[int], table: Table, *, user: User, on: date, is_editing: bool = False
) -> list[ListRow]:
    """The rows of the procedures ``keys``, in that order, as they are on the day ``on``.

    One query. Keys that ``user`` may not read, or that are gone, are left out.
    """
    keys = list(keys)
    stored = _prepared(table.values, on, thresholds()).visible_to(user).filter(pk__in=keys)
    rows = {row["pk"]: row for row in stored}
    return [_list_row(rows[pk], table, is_editing) for pk in keys if pk in rows]


def rows_html(rows: Iterable[ListRow]) -> SafeString:
    """The rows as a list has them, before anything is done with one (_procedure_row.html)."""
    return format_html_join(
        "\n",
        '<tbody id="procedure-{}">\n<tr>{}</tr>\n</tbody>',
        ((str(row.pk), row.cells) for row in rows),
    )


@lru_cache(maxsize=64)
def _prepared(
    values: tuple[str, ...], on: date, _: tuple[int, ...]
) -> QuerySet[Procedure, dict[str, Any]]:
    """The values of every row: a query that is kept, see ``prepared``."""
    concerns = (*CONCERNS, "to_confirm", "deciding")
    rows = with_concerns(with_progress(Procedure.objects.order_by()), on, concerns, PreparedCase)
    rows = rows.annotate(annual_volume=newest_volume("pk", PreparedSubquery))
    return with_issue_counts(rows).values(*values)


def _list_row(row: Row, table: Table, is_editing: bool) -> ListRow:
    may_edit = table.rights.covers(row["department_id"])
    cells = format_html(
        _row_tags(row, table, may_edit, is_editing),
        *[column.cell(row) for column in table.columns],
        pk=str(row["pk"]),
        name=row["name"],
        seen=f"{row['version']}.{row['plan__version'] or 0}",
    )
    return ListRow(row["pk"], row["name"], may_edit, cells)


def _row_tags(row: Row, table: Table, may_edit: bool, is_editing: bool) -> str:
    """The whole row, for ``format_html`` with its cells and what its buttons name."""
    check = actions = ""
    if table.has_forms:
        check = CHECK_TAGS if may_edit else NO_CHECK_TAGS
    if is_editing:
        actions = EDITING_TAGS
    elif may_edit:
        actions = table.edit_tags
        if row["is_to_confirm"] and table.has_forms:
            actions += table.confirm_tags
        if row["unanswered"]:
            actions += table.interview_tags
        actions += table.place_tags
    return f'{check}{table.cell_tags}<td class="actions-cell">{actions}</td>'


def _cell_tags(column: Column) -> str:
    css = f' class="{column.css}"' if column.css else ""
    if column is NAME:
        return f'<th scope="row"><a href="{_address("procedure_detail")}">{{}}</a></th>'
    return f'<td data-label="{column.label}"{css}>{{}}</td>'


def _link_tags(address: str, words: str) -> str:
    who = '<span class="visually-hidden">：{name}</span>'
    return f'<a class="small" href="{address}">{words}{who}</a>'


def _address(name: str) -> str:
    """The address of a page about one procedure, with ``{pk}`` for its key."""
    before, after = reverse(name, args=[0]).split("0")
    return f"{before}{{pk}}{after}"
