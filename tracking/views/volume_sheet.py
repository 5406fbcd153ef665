"""The sheet on which a team enters the yearly volumes (年間件数) of all its procedures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from procedures.actions import VolumesResult, set_volumes, volumes_as_seen
from procedures.fiscal_year import fiscal_year
from procedures.models import Department, Procedure, User, YearlyVolume
from procedures.permissions import check_can_edit, check_can_enter_volumes, rights_of
from tracking.forms.fields import add_errors, is_key
from tracking.forms.volumes import VolumeRowForm, VolumeSheetFilter

from .procedure import NO_CHANGE

ROWS_PER_PAGE = 50
SAVED = "{count}件の手続の件数を保存しました。"
YEARS_BEFORE = 2  # that a question looks at


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One procedure of the sheet: its latest years, and the form of the sheet's year."""

    procedure: Procedure
    last: YearlyVolume | None
    history: dict[int, YearlyVolume]
    form: VolumeRowForm
    is_saved: bool = False

    @property
    def needs_a_look(self) -> bool:
        """Whether it was not saved, and says why."""
        return bool(self.form.errors or self.form.comparisons)


@require_http_methods(["GET", "POST"])
def volume_sheet(request: HttpRequest) -> HttpResponse:
    """The sheet (GET). A POST saves every row that can be saved; the others stay in the form.

    409 where somebody else changed one of them meanwhile, 422 where one is asked about or wrong.
    """
    check_can_enter_volumes(request.user)
    on = timezone.localdate()
    wanted = _filter(request.user, request.GET, on)
    if not wanted.is_valid():
        return _page(request, wanted, status=422 if request.method == "POST" else 200)
    page = Paginator(_procedures(request.user, wanted), ROWS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    if request.method == "POST":
        return _save(request, wanted, page, on)
    return _page(request, wanted, page, _rows(page, wanted.cleaned_data["fiscal_year"]))


def _filter(user: User, query: QueryDict, on: date) -> VolumeSheetFilter:
    rights = rights_of(user)
    departments = Department.objects.filter(pk__in=rights.department_ids)
    if rights.is_office_wide:
        departments = Department.objects.current(on)
    return VolumeSheetFilter(
        query, departments=departments, must_choose=rights.is_office_wide, on=on
    )


def _procedures(user: User, wanted: VolumeSheetFilter) -> QuerySet[Procedure]:
    """Those of the departments chosen that are in force, in the office's order."""
    department = wanted.cleaned_data["department"]
    own = {department.pk} if department else rights_of(user).department_ids
    if rights_of(user).is_office_wide and not department:
        own = frozenset()
    rows = Procedure.objects.visible_to(user).in_force().filter(department__in=own)
    if wanted.cleaned_data["missing"]:
        known = YearlyVolume.objects.filter(
            procedure=OuterRef("pk"),
            fiscal_year=wanted.cleaned_data["fiscal_year"],
            total__isnull=False,
        )
        rows = rows.filter(~Exists(known))
    return rows.select_related("department", "division").in_office_order()


def _save(request: HttpRequest, wanted: VolumeSheetFilter, page: Page, on: date) -> HttpResponse:
    year = wanted.cleaned_data["fiscal_year"]
    rows = _rows(_sent_procedures(request), year, request.POST)
    _ask(rows, year, on)
    ready = [row.form for row in rows if row.form.is_valid()]
    result = set_volumes(fiscal_year=year, edits=[form.edit for form in ready], by=request.user)
    for form in ready:
        if form.procedure.pk in result.refused:
            add_errors(form, result.refused[form.procedure.pk])
    left = {row.procedure.pk: row for row in rows if not row.form.is_valid()}
    if not (left or result.conflicts):
        count = len(result.saved)
        messages.success(request, SAVED.format(count=count) if count else NO_CHANGE)
        return redirect(_address(wanted, page.number))
    now = _rows(_sent_procedures(request), year, result=result)
    rows = [left.get(row.procedure.pk, row) for row in now]
    return _page(request, wanted, page, rows, status=409 if result.conflicts else 422)


def _sent_procedures(request: HttpRequest) -> list[Procedure]:
    """The procedures whose rows were sent, in the sheet's order, as the person may edit them."""
    keys = request.POST.getlist("row")
    if len(keys) > ROWS_PER_PAGE:
        raise BadRequest("more rows than a page has")
    known = [key for key in keys if is_key(key)]
    rows = Procedure.objects.visible_to(request.user).filter(pk__in=known)
    procedures = list(rows.select_related("department").in_office_order())
    for procedure in procedures:
        check_can_edit(request.user, procedure)
    return procedures


def _rows(
    procedures: Iterable[Procedure],
    year: int,
    data: QueryDict | None = None,
    result: VolumesResult | None = None,
) -> list[SheetRow]:
    """The rows as stored, or as sent in ``data``; ``result`` is that of the save before."""
    procedures, result = list(procedures), result or VolumesResult()
    volumes = YearlyVolume.objects.filter(
        procedure__in=[one.pk for one in procedures],
        fiscal_year__in=range(year - YEARS_BEFORE, year + 1),
    )
    stored: dict[int, dict[int, YearlyVolume]] = {one.pk: {} for one in procedures}
    for volume in volumes:
        stored[volume.procedure_id][volume.fiscal_year] = volume
    return [
        SheetRow(
            procedure=one,
            history=stored[one.pk],
            last=stored[one.pk].get(year - 1),
            form=VolumeRowForm(
                data,
                procedure=one,
                obj=stored[one.pk].get(year) or YearlyVolume(procedure=one, fiscal_year=year),
                conflict=result.conflicts.get(one.pk),
            ),
            is_saved=one.pk in result.saved,
        )
        for one in procedures
    ]


def _ask(rows: Sequence[SheetRow], year: int, on: date) -> None:
    """Lets each valid row ask about what its author changed."""
    valid = [row for row in rows if row.form.is_valid()]
    versions = {row.procedure.pk: row.form.cleaned_data["version"] for row in valid}
    seen = volumes_as_seen([row.procedure for row in valid], versions, year)
    for row in valid:
        row.form.ask(seen[row.procedure.pk], row.history.values(), year=year, on=on)


def _page(
    request: HttpRequest,
    wanted: VolumeSheetFilter,
    page: Page | None = None,
    rows: Sequence[SheetRow] = (),
    status: int = 200,
) -> HttpResponse:
    year = wanted.cleaned_data.get("fiscal_year")
    context = {
        "filter": wanted,
        "page_obj": page,
        "rows": rows,
        "year": year,
        "is_running": year == fiscal_year(timezone.localdate()),
        "to_look_at": [row for row in rows if row.needs_a_look],
        "saved_count": sum(row.is_saved for row in rows),
        "querystring": f"{_query(wanted)}&",
        "address": _address(wanted, page.number) if page else "",
    }
    return render(request, "tracking/volume_sheet.html", context, status=status)


def _address(wanted: VolumeSheetFilter, page: int) -> str:
    """The sheet with the year named, so that it stays the same one over the turn of a year."""
    return f"{reverse('volume_sheet')}?{_query(wanted, page=page)}"


def _query(wanted: VolumeSheetFilter, **more: int) -> str:
    department = wanted.cleaned_data.get("department")
    query: dict[str, object] = {"fiscal_year": wanted.cleaned_data.get("fiscal_year")}
    if department:
        query["department"] = department.pk
    if wanted.cleaned_data.get("missing"):
        query["missing"] = "on"
    return urlencode(query | more)
