"""改定の試算: what an edition of the policy would change, before anybody adopts it (clause 7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from procedures.models import Department, PolicyEdition, Procedure
from procedures.permissions import check_can_keep_registers, rights_of
from procedures.policies import edition_in_force, rules_of
from procedures.resources import XLSX, download
from procedures.rules import Category, describe_change, label
from tracking.distribution import safe_name
from tracking.edition_comparison import FigureChange
from tracking.figures import DEFINITIONS, RATES
from tracking.filters import UNASSIGNED
from tracking.forms.what_if import AgainstForm, ChangedRowsForm, reason_key
from tracking.moves import NO_DEPARTMENT
from tracking.navigation import registers
from tracking.policy_words import differences
from tracking.selections import SELECTIONS
from tracking.stats import total
from tracking.what_if import (
    TALLY_COLUMNS,
    Move,
    Row,
    Tally,
    WhatIf,
    figures_before_and_after,
    together,
    what_if,
)
from tracking.what_if_workbook import Titles, write_workbook

from .comparison import NOTHING, Change, figure_change
from .figures import TOTAL, Cell, Table
from .figures import Row as Line

ROWS_ON_PAGE = 100


@dataclass(frozen=True, slots=True)
class RowLine:
    """One procedure of the list, named; ``sentences`` say why."""

    row: Row
    number: str
    name: str
    department: str
    division: str

    @property
    def move(self) -> Move:
        """From which category to which."""
        return self.row.move


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two editions: ``new`` is the one whose page it is."""

    new: PolicyEdition
    old: PolicyEdition

    @property
    def is_old_in_force(self) -> bool:
        return self.old.state == PolicyEdition.State.IN_FORCE

    def found(self) -> WhatIf:
        """What the new one would change."""
        return what_if(rules_of(self.new), rules_of(self.old))


@require_GET
def policy_what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """What the edition would change against the one in force, or against ``against``."""
    check_can_keep_registers(request.user)
    edition = get_object_or_404(PolicyEdition, pk=pk)
    form = AgainstForm(request.GET, edition=edition)
    context: dict[str, Any] = {
        "registers": registers("policy", rights_of(request.user)),
        "edition": edition,
        "form": form,
    }
    if form.is_valid():
        pair = _Pair(edition, form.against or edition_in_force())
        context |= {"old": pair.old, "is_same": pair.old == edition}
        if pair.old != edition:
            context |= _shown(request, pair)
    return render(request, "tracking/what_if.html", context)


@require_GET
def policy_what_if_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as a workbook, with every changed row; a bad address leads back to the page."""
    check_can_keep_registers(request.user)
    edition = get_object_or_404(PolicyEdition, pk=pk)
    form = AgainstForm(request.GET, edition=edition)
    if not form.is_valid():
        return redirect(f"{reverse('policy_what_if', args=[pk])}?{request.GET.urlencode()}")
    pair = _Pair(edition, form.against or edition_in_force())
    on = timezone.localdate()
    found = pair.found()
    titles = Titles(str(edition), str(pair.old), on)
    return download(
        lambda file: write_workbook(file, found, titles),
        file_name=f"{safe_name(f'改定の試算_{edition}')}_{on.isoformat()}.xlsx",
        content_type=XLSX,
        row_count=len(found.changed),
    )


def _shown(request: HttpRequest, pair: _Pair) -> dict[str, Any]:
    """What the page shows of two editions."""
    found = pair.found()
    rows_form = ChangedRowsForm(request.GET, reasons=found.by_reason)
    address = _Address(request.GET.get("against", ""))
    units = dict(Department.objects.values_list("pk", "name")) | {None: NO_DEPARTMENT}
    query = {name: request.GET.get(name, "") for name in rows_form.fields}
    context = {
        "found": found,
        "differences": differences(found.new, found.old) if pair.is_old_in_force else (),
        "standings": [(SELECTIONS[key].label, n) for key, n in found.by_standing.items()],
        "warnings": [(label(one), n) for one, n in found.by_warning.items()],
        "matrix": _matrix(found, address),
        "moves": _moves(found, address),
        "departments": _departments(found, units, address),
        "reasons": _reasons(found, address),
        "figures": _figure_changes(found, is_in_force=pair.is_old_in_force),
        "rows_form": rows_form,
        "against": address.against,
        "download_url": address.download(pair.new),
        "all_rows_url": address.rows(),
        "querystring": f"{address.rows(**query)[1:]}&",
    }
    if rows_form.is_valid():
        chosen = rows_form.chosen
        wanted = [row for row in found.changed if _is_chosen(row, chosen)]
        page = Paginator(wanted, ROWS_ON_PAGE).get_page(request.GET.get("page"))
        context |= {
            "page_obj": page,
            "rows": _row_lines(page.object_list),
            "is_filtered": bool(chosen),
        }
    return context


@dataclass(frozen=True, slots=True)
class _Address:
    """The page's own addresses, all against the same edition."""

    against: str

    def rows(self, **conditions: str) -> str:
        """The list of the changed rows, narrowed by ``conditions``."""
        asked = {"against": self.against} | conditions
        return f"?{urlencode({name: value for name, value in asked.items() if value})}"

    def listed(self, **conditions: str) -> str:
        """As ``rows``, right at the list."""
        return f"{self.rows(**conditions)}#rows"

    def download(self, edition: PolicyEdition) -> str:
        """The workbook."""
        return f"{reverse('policy_what_if_download', args=[edition.pk])}{self.rows()}"


def _is_chosen(row: Row, chosen: Mapping[str, Any]) -> bool:
    return (
        ("department" not in chosen or row.department_id == chosen["department"])
        and ("move" not in chosen or row.move.key == chosen["move"])
        and ("reason" not in chosen or chosen["reason"] in row.result.reasons)
    )


def _matrix(found: WhatIf, address: _Address) -> Table:
    """Category before by category after; what changes leads to its rows."""
    lines = []
    for before in Category:
        moves = [Move(before, after) for after in Category]
        cells = [_move_cell(move, found.by_move[move], address) for move in moves]
        whole = sum(found.by_move[move].procedure_count for move in moves)
        lines.append(Line(label(before), (*cells, Cell(f"{whole:,}"))))
    sums = [
        sum(found.by_move[Move(before, after)].procedure_count for before in Category)
        for after in Category
    ]
    return Table(
        title="区分の変化（台帳の全手続。縦が変わる前、横が変わった後の区分）",
        head="変わる前の区分",
        columns=(*(f"{label(category)}になる" for category in Category), "計"),
        rows=tuple(lines),
        total=Line("計", tuple(Cell(f"{n:,}") for n in (*sums, found.procedure_count))),
    )


def _move_cell(move: Move, tally: Tally, address: _Address) -> Cell:
    is_listed = move.is_change and tally.procedure_count
    return Cell(f"{tally.procedure_count:,}", address.listed(move=move.key) if is_listed else "")


def _moves(found: WhatIf, address: _Address) -> Table:
    """Every change that occurs, with its yearly applications, and all together."""
    return Table(
        title="区分の変化と年間件数",
        head="区分の変化",
        columns=TALLY_COLUMNS,
        rows=tuple(
            Line(str(move), _tally_cells(found.by_move[move], address.listed(move=move.key)))
            for move in found.occurring
        ),
        total=Line("変わる手続の計", _tally_cells(together(found.by_move), address.listed())),
    )


def _departments(found: WhatIf, units: Mapping[int | None, str], address: _Address) -> Table:
    """Each department with procedures: how many change, and how."""

    def line(name: str, value: str, parts: Mapping[Move, Tally]) -> Line:
        whole = sum(tally.procedure_count for tally in parts.values())
        cells = [Cell(f"{whole:,}")]
        for move in found.occurring:
            count = parts.get(move, Tally()).procedure_count
            url = address.listed(department=value, move=move.key) if count else ""
            cells.append(Cell(f"{count:,}", url))
        changed = together(parts)
        url = address.listed(department=value) if changed.procedure_count else ""
        return Line(name, (*cells, *_tally_cells(changed, url)))

    return Table(
        title="部局室ごとの変化",
        head="部局室",
        columns=("台帳", *map(str, found.occurring), "変わる手続", *TALLY_COLUMNS[1:]),
        rows=tuple(
            line(units.get(key, ""), UNASSIGNED if key is None else str(key), parts)
            for key, parts in found.by_department.items()
        ),
        total=line(TOTAL, "", found.by_move),
    )


def _reasons(found: WhatIf, address: _Address) -> Table:
    """How many change for each reason."""
    return Table(
        title="理由ごとの手続（理由が二つ以上ある手続は、それぞれに数えます）",
        head="理由",
        columns=TALLY_COLUMNS,
        rows=tuple(
            Line(
                describe_change(reason),
                _tally_cells(tally, address.listed(reason=reason_key(reason))),
            )
            for reason, tally in found.by_reason.items()
        ),
        total=None,
    )


def _tally_cells(tally: Tally, url: str) -> tuple[Cell, ...]:
    """The numbers of a tally; the first leads to the rows."""
    first, *rest = (f"{number:,}" for number in tally.numbers)
    return (Cell(first, url), *map(Cell, rest))


def _figure_changes(found: WhatIf, *, is_in_force: bool) -> list[tuple[Change, str]]:
    """The rates of the office under both editions, and every other figure that would differ.

    Each with the unit of its difference.
    """
    parts = figures_before_and_after(found, on=timezone.localdate(), is_in_force=is_in_force)
    before, after = (total(figures.values()) for figures in parts)
    lines = []
    for key, definition in DEFINITIONS.items():
        pair = before.ratio(key), after.ratio(key)
        change = figure_change(FigureChange(definition, *pair))
        if definition in RATES or change.before != change.after:
            unit = definition.unit if definition.is_count else "ポイント"
            lines.append((change, "" if change.difference == NOTHING else unit))
    return lines


def _row_lines(rows: Iterable[Row]) -> list[RowLine]:
    """The rows of a page with their names, in one query."""
    shown = list(rows)
    columns = ("number", "name", "department__name", "division__name")
    named = {
        pk: names
        for pk, *names in Procedure.objects.filter(pk__in=[row.pk for row in shown]).values_list(
            "pk", *columns
        )
    }
    return [
        RowLine(row, number, name, department or NO_DEPARTMENT, division or "")
        for row in shown
        if row.pk in named
        for number, name, department, division in [named[row.pk]]
    ]
