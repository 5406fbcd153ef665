"""配付: the departments are handed their own rows, and the board says which are back."""

import io
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures import bulk_import
from procedures.bulk_import.lookups import Lookups
from procedures.models import DistributedSheet, Distribution, ImportRow, ImportRun
from procedures.spreadsheet.choices import CHOICES_SHEET
from procedures.spreadsheet.columns import COLUMNS
from procedures.spreadsheet.trace import TRACE_COLUMNS
from procedures.spreadsheet.writing import LIST_SHEET
from tests import factories
from tests.pages import text
from tracking import distribution as distributing
from tracking.distribution import (
    AWAITED_AGAIN,
    NAME_TAKEN,
    NO_DEPARTMENT,
    NOT_YOUR_WORKBOOK,
    NOTHING_TO_DISTRIBUTE,
    distribute,
)
from tracking.forms.distribution import DUE_IN_THE_PAST
from tracking.views.distribution import BADGES

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("distribution_list"), reverse("distribution_new")
TODAY = date(2026, 11, 24)
State = ImportRun.State


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to("2026-11-24T12:00:00+09:00", tick=False)


@pytest.fixture
def office(department, other_department):
    """Two departments with procedures, one without; one procedure abolished, one of nobody."""
    make = factories.ProcedureFactory
    for number in ("A-1", "A-2"):
        make(department=department, number=number)
    make(department=department, number="A-9", abolished_on=date(2026, 4, 1))
    make(department=other_department, number="B-1")
    make(unassigned=True, number="C-1")
    factories.DepartmentFactory(name="空の部")
    return [department, other_department]


@pytest.fixture
def made(office, division_person):
    """A distribution to both departments, due in a week."""
    return distribute(
        name="第1回", due_on=TODAY + timedelta(days=7), departments=office, by=division_person
    )


def come_back(sheet: DistributedSheet, state: str, by) -> ImportRun:
    """The workbook of ``sheet`` came back by an import that is now in ``state``."""
    run = ImportRun(created_by=by, file_name="市民部.xlsx", file_size=1, state=state)
    if state in (State.APPLIED, State.UNDOING, State.UNDONE):
        run.applied_by, run.applied_at = by, timezone.now()
    if state == State.UNDONE:
        run.undone_by, run.undone_at = by, timezone.now()
    run.save()
    sheet.returned_as = run
    sheet.save()
    return run


def sheet_of(distribution: Distribution, department) -> DistributedSheet:
    return distribution.sheets.get(department=department)


def opened(content: bytes):
    """The list of a workbook, with its headings and rows."""
    return openpyxl.load_workbook(io.BytesIO(content))


def records(content: bytes) -> list[dict[str, object]]:
    headings, *rows = opened(content)[LIST_SHEET].iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def received(client, name: str, pk: int) -> bytes:
    response = client.get(reverse(name, args=[pk]))
    assert response.status_code == 200
    return response.getvalue()


# --- The writer -------------------------------------------------------------------------------


def test_a_distribution_keeps_each_department_with_its_rows_in_force(
    made, office, division_person, department
):
    assert (made.name, made.due_on, made.created_by) == (
        "第1回",
        date(2026, 12, 1),
        division_person,
    )
    assert made.created_at == timezone.now()
    counts = dict(made.sheets.values_list("department__name", "row_count"))
    assert counts == {"市民部": 2, "環境部": 1}
    assert not made.sheets.filter(returned_as__isnull=False).exists()


@pytest.mark.parametrize("person", ["member", "reader"])
def test_only_the_division_and_administrators_distribute(office, person, request):
    with pytest.raises(PermissionDenied):
        distribute(name="x", due_on=None, departments=office, by=request.getfixturevalue(person))
    assert not Distribution.objects.exists()


def test_a_refused_distribution_writes_nothing(made, office, division_person):
    empty = factories.DepartmentFactory(name="別の空の部")
    for name, departments, sentence in (
        ("第1回", office, NAME_TAKEN.format(name="第1回")),
        ("第2回", [], NO_DEPARTMENT),
        ("第2回", [*office, empty], NOTHING_TO_DISTRIBUTE.format(department=empty)),
    ):
        with pytest.raises(ValidationError) as refusal:
            distribute(name=name, due_on=None, departments=departments, by=division_person)
        assert refusal.value.messages == [sentence]
    assert Distribution.objects.count() == 1


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2026, 3, 31), "令和7年度 第1回 手続調査"),
        (date(2026, 11, 24), "令和8年度 第3回 手続調査"),
        (date(2027, 4, 1), "令和9年度 第1回 手続調査"),
    ],
)
def test_the_suggested_name_counts_within_the_fiscal_year(office, division_person, on, name):
    for number in range(2):
        distribute(name=f"第{number}回", due_on=None, departments=office, by=division_person)
    assert distributing.suggested_name(on) == name


# --- The workbooks ----------------------------------------------------------------------------


def test_the_zip_holds_one_workbook_for_each_department(signed_in, made, administrator):
    content = received(signed_in(administrator), "distribution_zip", made.pk)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["手続台帳_市民部.xlsx", "手続台帳_環境部.xlsx"]
        assert all(member.flag_bits & 0x800 for member in archive.infolist())  # UTF-8 names
        assert {member.date_time for member in archive.infolist()} == {(2026, 11, 24, 12, 0, 0)}
        own, other = (
            records(archive.read(f"手続台帳_{name}.xlsx")) for name in ("市民部", "環境部")
        )
    assert [row["手続番号"] for row in own] == ["A-1", "A-2"]
    assert [row["手続番号"] for row in other] == ["B-1"]
    assert {row["配付番号"] for row in own + other} == {str(made.pk)}


def test_a_distributed_workbook_is_the_template_with_rows(signed_in, made, member, department):
    content = received(signed_in(member), "distributed_sheet", sheet_of(made, department).pk)
    book = opened(content)
    sheet = book[LIST_SHEET]
    headings = [cell.value for cell in sheet[1]]
    assert headings == [each.heading for each in (*COLUMNS, *TRACE_COLUMNS)]
    assert sheet.data_validations.dataValidation
    assert "環境部" in [cell.value for cell in book[CHOICES_SHEET]["A"]] or "環境部" in str(
        [rule.formula1 for rule in sheet.data_validations.dataValidation]
    )


def test_the_workbook_is_made_from_the_inventory_as_it_is_now(
    signed_in, made, administrator, department
):
    client = signed_in(administrator)
    factories.ProcedureFactory(department=department, number="A-3")
    sheet = sheet_of(made, department)
    found = records(received(client, "distributed_sheet", sheet.pk))
    assert [row["手続番号"] for row in found] == ["A-1", "A-2", "A-3"]
    page = text(client.get(reverse("distribution_detail", args=[made.pk])))
    assert "受け取るときの台帳の内容で作ります" in page


def test_a_workbook_that_comes_back_unedited_changes_nothing(
    signed_in, made, administrator, department
):
    content = received(signed_in(administrator), "distributed_sheet", sheet_of(made, department).pk)
    run = bulk_import.preview(
        ContentFile(content), file_name="手続台帳_市民部.xlsx", by=administrator
    )
    assert run.counts[ImportRow.Outcome.UNCHANGED] == 2
    assert sum(run.counts.values()) == 2


def test_a_department_workbook_belongs_to_no_distribution(signed_in, office, member, department):
    response = signed_in(member).get(reverse("department_workbook", args=[department.pk]))
    found = records(response.getvalue())
    assert [row["手続番号"] for row in found] == ["A-1", "A-2"]
    assert "配付番号" not in found[0]
    assert "filename*=utf-8''" in response["Content-Disposition"]


def test_a_team_receives_its_own_workbook_only(
    signed_in, made, member, department, other_department
):
    client = signed_in(member)
    response = client.get(reverse("distributed_sheet", args=[sheet_of(made, other_department).pk]))
    assert response.status_code == 403
    assert NOT_YOUR_WORKBOOK.format(department=other_department) in text(response)
    response = client.get(reverse("department_workbook", args=[other_department.pk]))
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["市民部", "市民部"], ["手続台帳_市民部.xlsx", "手続台帳_市民部_2.xlsx"]),
        (["A/B:C", "A_B_C"], ["手続台帳_A_B_C.xlsx", "手続台帳_A_B_C_2.xlsx"]),
        (["abc", "ABC"], ["手続台帳_abc.xlsx", "手続台帳_ABC_2.xlsx"]),
        (["長" * 100], [f"手続台帳_{'長' * 60}.xlsx"]),
        (["長" * 100, "長" * 100], [f"手続台帳_{'長' * 60}.xlsx", f"手続台帳_{'長' * 60}_2.xlsx"]),
        (["..\\..\\x. "], ["手続台帳__.._x.xlsx"]),
    ],
)
def test_file_names_are_safe_and_no_two_alike(names, files):
    assert distributing.file_names(names) == files


def test_the_number_of_queries_of_a_workbook_does_not_depend_on_its_rows(
    signed_in, made, administrator, department
):
    client = signed_in(administrator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            received(client, "distributed_sheet", sheet_of(made, department).pk)
        return len(captured)

    before = queries()
    for _ in range(30):
        factories.ProcedureFactory(department=department)
    assert queries() == before


# --- Handing out ------------------------------------------------------------------------------


def test_one_press_distributes_to_all_departments_and_the_zip_follows(
    signed_in, office, division_person
):
    client = signed_in(division_person)
    page = client.get(NEW)
    form = page.context["form"]
    assert [(row.name, count, ticked) for row, count, ticked in form.offered] == [
        ("市民部", 2, True),
        ("環境部", 1, True),
    ]
    assert 'value="令和8年度 第1回 手続調査"' in text(page)
    assert "所管未定の手続1件" in text(page)
    sent = {
        "name": "令和8年度 第1回 手続調査",
        "due_on": "2026-12-25",
        "departments": [row.pk for row in office],
    }
    response = client.post(NEW, sent, follow=True)
    made = Distribution.objects.get()
    assert response.redirect_chain[0][0] == (
        f"{reverse('distribution_detail', args=[made.pk])}?receive=zip"
    )
    assert response["Refresh"] == f"0; url={reverse('distribution_zip', args=[made.pk])}"
    assert "2部局室に配付しました" in text(response)
    assert (made.due_on, made.sheets.count()) == (date(2026, 12, 25), 2)


def test_only_the_chosen_departments_are_handed_theirs(
    signed_in, office, division_person, department
):
    signed_in(division_person).post(NEW, {"name": "x", "departments": [department.pk]})
    made = Distribution.objects.get()
    assert [sheet.department for sheet in made.sheets.all()] == [department]
    assert made.due_on is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"due_on": "2026-11-24"}, DUE_IN_THE_PAST),
        ({"departments": []}, NO_DEPARTMENT),
        ({"departments": ["999999"]}, "正しく選択してください"),
        ({"name": ""}, "名称を入力してください。"),
        ({"name": "第1回"}, NAME_TAKEN.format(name="第1回")),
    ],
)
def test_a_wrong_entry_is_told_and_what_was_ticked_stays(
    signed_in, made, division_person, department, changed, sentence
):
    sent = {"name": "第2回", "due_on": "", "departments": [department.pk]} | changed
    response = signed_in(division_person).post(NEW, sent)
    assert response.status_code == 422
    assert sentence in text(response)
    assert Distribution.objects.count() == 1
    ticked = {str(row.pk) for row, _, is_ticked in response.context["form"].offered if is_ticked}
    assert ticked == {str(pk) for pk in sent["departments"]} - {"999999"}


def test_without_procedures_the_page_says_what_to_do(signed_in, division_person, db):
    client = signed_in(division_person)
    assert reverse("import_list") in text(client.get(NEW))
    factories.ProcedureFactory(unassigned=True)
    assert "どれも所管未定です" in text(client.get(NEW))
    assert "配付はまだありません" in text(client.get(LIST))


# --- The board --------------------------------------------------------------------------------


def test_every_state_of_an_import_has_its_look_on_the_board():
    assert set(BADGES) == {"", *State}


def test_the_board_says_what_is_back_when_and_by_whom(
    signed_in, made, administrator, department, other_department
):
    run = come_back(sheet_of(made, department), State.PREVIEWED, administrator)
    page = text(signed_in(administrator).get(reverse("distribution_detail", args=[made.pk])))
    assert "2部局室のうち1部局室が提出しました" in page
    assert "確認待ち" in page
    assert "未提出" in page
    assert reverse("import_detail", args=[run.pk]) in page
    assert "2026年11月24日 12:00" in page
    assert "期限超過</span>" in page
    assert "badge--overdue" not in page


@pytest.mark.parametrize("state", State)
def test_list_board_and_team_agree_on_what_is_back(
    signed_in, made, administrator, member, department, state
):
    come_back(sheet_of(made, department), state, administrator)
    is_back = state not in AWAITED_AGAIN
    board = distributing.board(made, TODAY)
    assert board.returned_count == is_back
    assert board.awaited_count == 2 - is_back
    assert board.taken_in_count == (state == State.APPLIED)
    assert board.rows[0].state_label == state.label
    listed = distributing.with_counts(Distribution.objects.all()).get()
    assert (listed.sheet_count, listed.returned_count) == (2, board.returned_count)
    assert listed.taken_in_count == board.taken_in_count
    assert bool(distributing.awaited_sheets([department.pk])) is not is_back


def test_a_department_is_overdue_the_day_after_the_due_date_unless_it_is_back(
    signed_in, made, administrator, department
):
    come_back(sheet_of(made, department), State.APPLIED, administrator)
    for on, overdue in ((made.due_on, 0), (made.due_on + timedelta(days=1), 1)):
        board = distributing.board(made, on)
        assert board.overdue_count == overdue
        assert [row.is_overdue for row in board.rows] == [False, bool(overdue)]


def test_the_list_marks_what_is_overdue(signed_in, made, administrator, time_machine):
    client = signed_in(administrator)
    page = text(client.get(LIST))
    assert "0 ／ 2部局室" in page
    assert "期限超過" not in page
    time_machine.move_to("2026-12-02T09:00:00+09:00", tick=False)
    client.force_login(administrator)
    assert "期限超過" in text(client.get(LIST))


def test_the_number_of_queries_does_not_depend_on_departments_or_distributions(
    signed_in, made, administrator
):
    client = signed_in(administrator)
    addresses = (LIST, NEW, reverse("distribution_detail", args=[made.pk]))

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    come_back(made.sheets.first(), State.APPLIED, administrator)
    before = queries()
    for number in range(12):
        department = factories.DepartmentFactory()
        factories.ProcedureFactory(department=department)
        sheet = DistributedSheet.objects.create(
            distribution=made, department=department, row_count=1
        )
        come_back(sheet, State.APPLIED, factories.administrator())
        distribute(name=f"x{number}", due_on=None, departments=[department], by=administrator)
    assert queries() == before


# --- The team's page --------------------------------------------------------------------------


def test_the_team_sees_what_it_has_to_hand_in(signed_in, made, member, department):
    page = text(signed_in(member).get(reverse("team")))
    assert "「第1回」の表が届いています" in page
    assert "2026年12月1日（令和8年）" in page
    assert reverse("distributed_sheet", args=[sheet_of(made, department).pk]) in page
    assert reverse("department_workbook", args=[department.pk]) in page


def test_nothing_is_asked_of_a_team_that_has_handed_in(
    signed_in, made, member, department, other_department, administrator
):
    come_back(sheet_of(made, department), State.PREVIEWED, administrator)
    assert "表が届いています" not in text(signed_in(member).get(reverse("team")))
    assert distributing.awaited_sheets([other_department.pk])


def test_a_newer_distribution_takes_the_place_of_an_older_one(
    made, office, division_person, department
):
    newer = distribute(name="第2回", due_on=None, departments=[department], by=division_person)
    assert [sheet.distribution for sheet in distributing.awaited_sheets([department.pk])] == [newer]
    come_back(sheet_of(newer, department), State.APPLIED, division_person)
    assert distributing.awaited_sheets([department.pk]) == []


def test_the_navigation_offers_it_to_the_division(signed_in, office, division_person, member):
    assert f'href="{LIST}"' in text(signed_in(division_person).get(reverse("procedure_list")))
    assert f'href="{LIST}"' not in text(signed_in(member).get(reverse("procedure_list")))


def test_names_are_looked_up_once_for_the_whole_zip(made, administrator, monkeypatch):
    built = []

    class Counted(Lookups):
        def __init__(self, on):
            built.append(on)
            super().__init__(on)

    monkeypatch.setattr(distributing, "Lookups", Counted)
    distributing.write_zip(io.BytesIO(), made, TODAY)
    assert built == [TODAY]
