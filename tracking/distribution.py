"""配付: the workbooks that the departments are handed, and how many have come back."""

import itertools
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from procedures import audit
from procedures.bulk_import.lookups import Lookups
from procedures.fiscal_year import fiscal_year
from procedures.models import (
    AuditEvent,
    Department,
    DistributedSheet,
    Distribution,
    ImportRun,
    Procedure,
    User,
)
from procedures.permissions import DIVISION_ONLY, rights_of

from .export import write_workbook

NO_DEPARTMENT = "配付する部局室を選んでください。"
NAME_TAKEN = (
    "「{name}」という名称の配付がすでにあります。名称を変えるか、その配付の画面で表を受け取って"
    "ください。"
)
NOTHING_TO_DISTRIBUTE = (
    "「{department}」には、配付する手続がありません。その部局室を外してください。"
)
NOT_YOUR_WORKBOOK = (
    "この表は「{department}」の表です。受け取れるのは、その部局室のDX推進チームと情報政策課です。"
)
HANDED_OUT = "配付「{name}」を作りました（{departments}部局室）。"
NOT_RETURNED = "未提出"
SUGGESTED_NAME = "令和{year}年度 第{number}回 手続調査"

# These left nothing of the department's in the inventory: its workbook is still awaited.
AWAITED_AGAIN = (
    ImportRun.State.REFUSED,
    ImportRun.State.DISCARDED,
    ImportRun.State.UNDONE,
)

_FIRST_REIWA_YEAR = 2019
_NOT_IN_A_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_LONGEST_NAME = 60  # characters; file systems take 255 bytes


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One department on the board."""

    sheet: DistributedSheet
    state: str
    """The import's state as a code, "" while nothing has come back."""
    state_label: str
    is_returned: bool
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Board:
    """How a distribution stands on a day."""

    rows: list[BoardRow]
    returned_count: int
    taken_in_count: int
    overdue_count: int
    procedure_count: int

    @property
    def awaited_count(self) -> int:
        """How many are not back."""
        return len(self.rows) - self.returned_count


def check_can_distribute(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may hand out workbooks and see the boards."""
    if not rights_of(user).is_office_wide:
        raise PermissionDenied(DIVISION_ONLY)


def check_can_receive(user: User, department: Department) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may receive the workbook of ``department``."""
    rights = rights_of(user)
    if not rights.is_office_wide and department.pk not in rights.department_ids:
        raise PermissionDenied(NOT_YOUR_WORKBOOK.format(department=department))


@transaction.atomic
def distribute(
    *, name: str, due_on: date | None, departments: Collection[Department], by: User
) -> Distribution:
    """Records that ``departments`` are handed their workbooks, each with its number of rows.

    Raises ``PermissionDenied`` or ``ValidationError``; then nothing is written. The workbooks
    themselves are made when somebody receives them.
    """
    check_can_distribute(by)
    # Locked, so that a second press of the button waits and then finds the name taken.
    chosen = list(Department.objects.select_for_update().filter(pk__in=[d.pk for d in departments]))
    if not chosen:
        raise ValidationError({"departments": NO_DEPARTMENT})
    if Distribution.objects.filter(name=name).exists():
        raise ValidationError({"name": NAME_TAKEN.format(name=name)})
    counts = procedure_counts()
    if empty := [department for department in chosen if department.pk not in counts]:
        sentence = NOTHING_TO_DISTRIBUTE.format(department=empty[0])
        raise ValidationError({"departments": sentence})
    distribution = Distribution.objects.create(
        name=name, due_on=due_on, created_by=by, created_at=timezone.now()
    )
    DistributedSheet.objects.bulk_create(
        DistributedSheet(
            distribution=distribution, department=department, row_count=counts[department.pk]
        )
        for department in chosen
    )
    what = HANDED_OUT.format(name=name, departments=len(chosen))
    audit.note(AuditEvent.Kind.EXPORT, what, by=by, count=sum(counts[one.pk] for one in chosen))
    return distribution


def procedures_of(department_id: int) -> QuerySet[Procedure]:
    """What the workbook of a department holds: its procedures in force, in the office's order."""
    return Procedure.objects.in_force().filter(department=department_id).in_office_order()


def procedure_counts() -> dict[int, int]:
    """By department: how many rows its workbook has; departments without any are left out."""
    owned = Procedure.objects.in_force().filter(department__isnull=False).order_by()
    return dict(owned.values_list("department").annotate(Count("pk")))


def suggested_name(on: date) -> str:
    """「令和8年度 第3回 手続調査」: the next one of the fiscal year."""
    year = fiscal_year(on)
    created = Distribution.objects.filter(
        created_at__date__gte=date(year, 4, 1), created_at__date__lt=date(year + 1, 4, 1)
    )
    return SUGGESTED_NAME.format(year=year - _FIRST_REIWA_YEAR + 1, number=created.count() + 1)


def with_counts(distributions: QuerySet[Distribution]) -> QuerySet[Distribution]:
    """Adds ``sheet_count``, ``returned_count`` and ``taken_in_count``; the newest first."""
    state = "sheets__returned_as__state"
    is_returned = Q(**{f"{state}__isnull": False}) & ~Q(**{f"{state}__in": AWAITED_AGAIN})
    return distributions.order_by("-pk").annotate(
        sheet_count=Count("sheets"),
        returned_count=Count("sheets", filter=is_returned),
        taken_in_count=Count("sheets", filter=Q(**{state: ImportRun.State.APPLIED})),
    )


def board(distribution: Distribution, on: date) -> Board:
    """The departments of ``distribution`` in the office's order, as it stands on the day ``on``."""
    sheets = distribution.sheets.select_related("department", "returned_as__created_by")
    is_late = distribution.due_on is not None and distribution.due_on < on
    rows = [_board_row(sheet, is_late) for sheet in sheets]
    return Board(
        rows=rows,
        returned_count=sum(row.is_returned for row in rows),
        taken_in_count=sum(row.state == ImportRun.State.APPLIED for row in rows),
        overdue_count=sum(row.is_overdue for row in rows),
        procedure_count=sum(row.sheet.row_count for row in rows),
    )


def awaited_sheets(department_ids: Collection[int] | None = None) -> list[DistributedSheet]:
    """What departments (None: all) still have to hand in: the newest sheet of each, if not back."""
    sheets = DistributedSheet.objects.select_related("distribution", "department", "returned_as")
    if department_ids is not None:
        sheets = sheets.filter(department__in=department_ids)
    of_department = DistributedSheet.objects.filter(department=OuterRef("department"))
    newest = of_department.order_by("-distribution_id").values("pk")[:1]
    return [sheet for sheet in sheets.filter(pk=Subquery(newest)) if not is_returned(sheet)]


def is_returned(sheet: DistributedSheet) -> bool:
    """Whether the department's workbook is in the division's hands."""
    run = sheet.returned_as
    return run is not None and run.state not in AWAITED_AGAIN


def write_sheet(target: IO[bytes], sheet: DistributedSheet, known: Lookups) -> None:
    """The workbook of one department, as the inventory is now."""
    procedures = procedures_of(sheet.department_id)
    write_workbook(target, procedures, known, distribution=sheet.distribution_id)


def write_zip(target: IO[bytes], distribution: Distribution, on: date) -> None:
    """Every department's workbook, as the inventory is now, one after the other."""
    known = Lookups(on)
    made_at = timezone.localtime().timetuple()[:6]
    sheets = distribution.sheets.select_related("department")
    with ZipFile(target, "w", ZIP_STORED) as archive:  # workbooks are compressed already
        names = file_names([sheet.department.name for sheet in sheets])
        for sheet, name in zip(sheets, names, strict=True):
            with tempfile.TemporaryFile() as file:
                write_sheet(file, sheet, known)
                file.seek(0)
                with archive.open(ZipInfo(name, made_at), "w") as member:
                    shutil.copyfileobj(file, member)


def file_name(name: str, ending: str = "xlsx", *, number: int = 1) -> str:
    """「手続台帳_市民部.xlsx」 with characters that every file system takes; 2, 3 … at its end."""
    suffix = f"_{number}" if number > 1 else ""
    return f"手続台帳_{safe_name(name)}{suffix}.{ending}"


def safe_name(name: str) -> str:
    """``name`` with characters that every file system takes, and not too many."""
    safe = _NOT_IN_A_FILE_NAME.sub("_", unicodedata.normalize("NFC", name))
    return safe[:_LONGEST_NAME].strip(" .")


def file_names(names: Collection[str]) -> list[str]:
    """A file name for each of ``names``, no two alike."""
    taken: set[str] = set()
    result = []
    for name in names:
        numbered = (file_name(name, number=number) for number in itertools.count(1))
        unique = next(each for each in numbered if each.casefold() not in taken)
        taken.add(unique.casefold())
        result.append(unique)
    return result


def _board_row(sheet: DistributedSheet, is_late: bool) -> BoardRow:
    run, has_come = sheet.returned_as, is_returned(sheet)
    return BoardRow(
        sheet=sheet,
        state=run.state if run else "",
        state_label=run.get_state_display() if run else NOT_RETURNED,
        is_returned=has_come,
        is_overdue=is_late and not has_come,
    )
