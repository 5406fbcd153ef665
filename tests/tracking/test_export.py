"""The export's promise: the rows of the list go out, and coming back they change nothing."""

import csv
import io
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote

import openpyxl
import pytest
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures import bulk_import, resources
from procedures.actions import confirm_exemption
from procedures.bulk_import.lookups import Lookups
from procedures.models import (
    Certainty,
    Exemption,
    ImportRow,
    LegalBasis,
    Procedure,
    YearlyVolume,
)
from procedures.rules import Answer, BasisLevel
from procedures.spreadsheet.trace import read_trace
from procedures.spreadsheet.writing import LIST_SHEET
from tests import factories
from tests.pages import text
from tracking.export import FORMATS, LONGEST_TEXT, FileFormat, rows_of
from tracking.filters import ProcedureFilter, listed
from tracking.models import MigrationPlan
from tracking.views.export import NOT_EXPORTED
from tracking.workflow import Status

pytestmark = pytest.mark.django_db
EXPORT, LIST = reverse("procedure_export"), reverse("procedure_list")
DEMO = settings.BASE_DIR / "fixtures" / "demo_procedures.xlsx"
SURVEY = settings.BASE_DIR.parent / "shared" / "data" / "national_inventory_local.xlsx"
HISTORIES = (Procedure, LegalBasis, YearlyVolume, Exemption, MigrationPlan)
FORMULAS = ("=1+1", "+1", "-5", "@x", "'=1+1", "'-5")
Outcome = ImportRow.Outcome


def exported(client, **query) -> bytes:
    response = client.get(EXPORT, query)
    assert response.status_code == 200, text(response)
    return response.getvalue()


def records(content: bytes, ending: str) -> list[dict[str, object]]:
    """The rows of an exported file by heading, without reading them as the import does."""
    if ending == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(content))[LIST_SHEET]
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def numbers(content: bytes, ending: str = "csv") -> list[object]:
    return [row["手続番号"] for row in records(content, ending)]


def history_count() -> int:
    return sum(model.history.count() for model in HISTORIES)


def assert_changes_nothing(content: bytes, ending: str, by, count: int) -> None:
    """Imports the exported file: every row is found again and nothing is written."""
    before = history_count()
    file = ContentFile(content)
    run = bulk_import.preview(file, file_name=f"list.{ending}", by=by)
    differing = run.rows.exclude(outcome=Outcome.UNCHANGED)
    assert not list(differing.values_list("number", "changes", "problems")[:3]), run.message
    assert run.unchanged_count == count
    bulk_import.apply(run.pk, by=by)
    assert history_count() == before


def imported(path: Path, by) -> None:
    with path.open("rb") as file:
        run = bulk_import.preview(File(file), file_name=path.name, by=by)
    assert run.message == ""
    bulk_import.apply(run.pk, by=by)


@pytest.fixture
def shipped(db):
    """The shipped lists of departments, priority procedures and services."""
    call_command("loaddata", "departments", "national_priority", "services", verbosity=0)


@pytest.fixture
def hard_rows(department):
    """How many procedures there are whose cells invite a reader to take them for others."""
    make = factories.ProcedureFactory
    _with_texts(make)
    _with_units(make, department)
    make(scope="outside")
    make(applicants=("organisation", "individual"), kind="claim", scope="unknown")
    make(national_priority=factories.NationalPriorityFactory())
    factories.EditionFactory(published_on=date(2026, 1, 1))
    _with_bases_volumes_and_exemptions(make)
    _with_plans(make)
    return Procedure.objects.count()


def _with_texts(make) -> None:
    for written in FORMULAS:
        make(name=f"{written}の申請", note=written, number=written)
    for note in ("同上", "〃", "（空）", "#N/A", "001", "a\nb", " ", "_x000D_,\"；'"):
        make(note=note)
    for note in (
        "同" + " " * 70 + "上",
        "( 空 )",
        "〃\u200b",
        "前　後",
        "a\u200eb",
        "x\x7f",
        "前 ",
    ):
        make(note=note, summary=note)
    make(note="長" * (LONGEST_TEXT + 1000))
    for answer in Answer:
        for note in ("", "なし", "〃", "（空）", "あり：現物", "-5", "端\n末"):
            make(other=answer, other_note=note)


def _with_units(make, department) -> None:
    """Divisions of one name in two departments, and units that are no more."""
    gone = {"valid_to": date(2020, 3, 31)}
    division = department.divisions.get()
    closed = factories.DepartmentFactory(name="旧市民部", **gone)
    twin = factories.DivisionFactory(name=division.name)
    renamed = factories.DivisionFactory(department=department, name="旧課", **gone)
    replaced = factories.DivisionFactory(department=department, name=division.name, **gone)
    make(unassigned=True)
    make(department=department)
    make(department=closed)
    for unit in (division, twin, renamed, replaced):
        make(department=unit.department, division=unit)


def _with_bases_volumes_and_exemptions(make) -> None:
    procedure = make()
    factories.LegalBasisFactory(procedure=procedure, level=BasisLevel.UNKNOWN, name="=法")
    factories.LegalBasisFactory(procedure=procedure, name="別の条例", is_primary=False)
    factories.LegalBasisFactory(name="", article="〃")
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=7, online=0)
    factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=None, online=3)
    factories.VolumeFactory(total=0, online=0, certainty=Certainty.ESTIMATE)
    factories.VolumeFactory(total=1200, certainty=Certainty.ESTIMATE)
    factories.ExemptionFactory(article="@第7条")
    factories.ExemptionFactory(confirmed=True)
    factories.ExemptionFactory(state=Exemption.State.WITHDRAWN)


def _with_plans(make) -> None:
    factories.PlanFactory(online=True, url="https://www.example.jp/?a=1&b=2", assignee="=係")
    factories.PlanFactory(status=Status.ON_HOLD, hold_reason="国の様式を待つ")
    factories.PlanFactory(
        procedure=make(note="備考"), status=Status.ON_HOLD, hold_reason="備考とは別の理由"
    )
    factories.PlanFactory(status=Status.TESTING, target_date=date(2027, 3, 31))
    service = factories.ServiceFactory(name="紛らわしい名称")
    factories.ServiceFactory(code="紛らわしい名称")
    factories.PlanFactory(service=service, national_due=date(2026, 12, 31))


@pytest.mark.parametrize("ending", FORMATS)
def test_the_demo_comes_back_unchanged(signed_in, shipped, administrator, division_person, ending):
    imported(DEMO, administrator)
    confirm_exemption(
        procedure_id=Exemption.objects.earliest("pk").procedure_id, by=division_person
    )
    count = Procedure.objects.count()
    assert count > 100
    content = exported(signed_in(administrator), format=ending)
    assert_changes_nothing(content, ending, administrator, count)


@pytest.mark.once
@pytest.mark.skipif(not SURVEY.exists(), reason="the national survey's file is not here")
def test_the_national_survey_comes_back_unchanged_in_each_format(signed_in, shipped, administrator):
    imported(SURVEY, administrator)
    states = list(Procedure.objects.order_by("pk").values_list("national_state", flat=True))
    assert len(states) == 9_012
    for ending in FORMATS:
        content = exported(signed_in(administrator), format=ending)
        assert_changes_nothing(content, ending, administrator, 9_012)
        assert states == list(
            Procedure.objects.order_by("pk").values_list("national_state", flat=True)
        )


@pytest.mark.parametrize("ending", FORMATS)
def test_cells_that_could_be_misread_come_back_unchanged(
    signed_in, hard_rows, administrator, ending
):
    content = exported(signed_in(administrator), format=ending)
    assert_changes_nothing(content, ending, administrator, hard_rows)


def test_text_like_a_formula_is_text_in_the_workbook(signed_in, hard_rows, reader):
    content = exported(signed_in(reader), format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content))[LIST_SHEET]
    found = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value}
    for written in FORMULAS:
        assert found[written].data_type == "s"
        assert found[written].quotePrefix == (not written.startswith("'"))
    assert found["#N/A"].data_type == "s"


def test_text_like_a_formula_is_guarded_in_csv(signed_in, hard_rows, reader):
    found = records(exported(signed_in(reader), format="csv"), "csv")
    cells = [cell for row in found for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert {"'=1+1", "'+1", "'-5", "'@x", " '=1+1"} <= set(cells)


@pytest.mark.parametrize("ending", FORMATS)
def test_each_row_says_which_procedure_it_is_and_as_of_when(signed_in, reader, ending):
    bare = factories.ProcedureFactory(number="A-1")
    planned = factories.PlanFactory(procedure=factories.ProcedureFactory(number="A-2"))
    LegalBasis.objects.create(procedure=bare)
    Procedure.objects.filter(pk=bare.pk).update(version=4)
    MigrationPlan.objects.filter(pk=planned.pk).update(version=7)
    content = exported(signed_in(reader), format=ending, sort="number")
    headings = [heading for heading in records(content, ending)[0] if heading]
    assert headings[-2:] == ["台帳ID", "台帳の版"]
    traced = [(row["台帳ID"], row["台帳の版"]) for row in records(content, ending)]
    assert traced == [(str(bare.pk), "4版0"), (str(planned.procedure_id), "1版7")]
    assert [read_trace("row_versions", versions) for _, versions in traced] == [(4, 0), (1, 7)]


def test_the_file_is_sent_from_the_disk_and_gone_afterwards(signed_in, reader, monkeypatch):
    made = []

    def temporary_file():
        made.append(TemporaryFile())  # noqa: SIM115 - the answer closes it
        return made[-1]

    monkeypatch.setattr(resources, "TemporaryFile", temporary_file)
    response = signed_in(reader).get(EXPORT, {"format": "csv"})
    assert response.streaming
    assert [file.closed for file in made] == [False]
    assert response.getvalue()
    assert [file.closed for file in made] == [True]


def test_what_breaks_off_leaves_no_file_open(signed_in, reader, monkeypatch):
    opened = []

    def broken(target, procedures, on):
        opened.append(target)
        raise ConnectionError

    monkeypatch.setitem(FORMATS, "csv", FileFormat("text/csv", broken))
    with pytest.raises(ConnectionError):
        signed_in(reader).get(EXPORT, {"format": "csv"})
    assert [file.closed for file in opened] == [True]


def test_a_division_that_two_departments_have_goes_out_with_its_department(
    signed_in, hard_rows, reader
):
    found = records(exported(signed_in(reader), format="xlsx"), "xlsx")
    owners = {row["部局室"] for row in found if row["課"] == "市民サービス課"}
    assert len(owners) == 2
    assert None not in owners


def test_what_is_known_stands_in_the_columns(signed_in, reader, department):
    procedure = factories.ProcedureFactory(department=department, number="007")
    factories.LegalBasisFactory(procedure=procedure)
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=7)
    factories.VolumeFactory(
        procedure=procedure, total=1200, online=300, certainty=Certainty.ESTIMATE
    )
    factories.VolumeFactory(procedure=procedure, fiscal_year=2026, total=None, online=5)
    factories.ExemptionFactory(procedure=procedure, state=Exemption.State.WITHDRAWN)
    factories.PlanFactory(procedure=procedure, target_date=date(2027, 3, 31))
    (row,) = records(exported(signed_in(reader), format="csv"), "csv")
    assert row["手続番号"] == "007"
    assert (row["部局室"], row["根拠法令"], row["条項"]) == ("市民部", "試験条例", "第3条")
    assert (row["年度"], row["年間件数"], row["オンライン件数"]) == ("2025", "約1200", "300")
    assert (row["本人確認"], row["状況"], row["目標日"]) == ("未調査", "未着手", "2027-03-31")
    assert (row["適用除外の根拠"], row["適用除外の理由"]) == ("", "")


@pytest.fixture
def office(department, other_department):
    """Twelve procedures of a department, one of another, one of nobody."""
    for number in range(12):
        factories.ProcedureFactory(
            department=department,
            number=f"A-{number:03d}",
            name=f"届出{number}" if number % 2 else f"申請{number}",
        )
    factories.ProcedureFactory(department=other_department, number="B-001", name="申請")
    factories.ProcedureFactory(unassigned=True, number="C-001", name="申請")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 14),
        ({"q": "申請", "sort": "name"}, 8),
        ({"department": "none"}, 1),
        ({"set": "unassigned"}, 1),
        ({"status": "online"}, 0),
        ({"category": "pending", "page": "2"}, 14),
    ],
)
@pytest.mark.parametrize("ending", FORMATS)
def test_the_rows_are_those_of_the_filter_in_its_order(
    signed_in, office, reader, query, count, ending
):
    filterset = ProcedureFilter(query, queryset=listed(Procedure.objects.all()))
    wanted = [procedure.number for procedure in filterset.rows]
    content = exported(signed_in(reader), format=ending, **query)
    assert numbers(content, ending) == wanted
    assert len(wanted) == count


def test_the_team_page_gives_its_own_departments_only(signed_in, office, member, division_person):
    own = numbers(exported(signed_in(member), shown_on="team", format="csv"))
    assert own == [f"A-{number:03d}" for number in range(12)]
    assert len(numbers(exported(signed_in(member), shown_on="list", format="csv"))) == 14
    assert numbers(exported(signed_in(division_person), shown_on="team", format="csv")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"department": "999999"},
        {"status": "x"},
        {"set": "x"},
        {"sort": "x"},
        {"format": "exe"},
        {"shown_on": "x"},
    ],
)
def test_what_cannot_be_understood_gives_no_file(signed_in, office, reader, query):
    client = signed_in(reader)
    response = client.get(EXPORT, {"q": "申請", **query}, follow=True)
    assert response.redirect_chain[0][0].startswith(f"{LIST}?q=")
    assert NOT_EXPORTED in text(response)
    assert ("条件を直すと" in text(response)) == (not query.keys() & {"format", "shown_on"})


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("csv", "text/csv; charset=utf-8"),
    ],
)
def test_the_file_has_a_japanese_name(signed_in, reader, time_machine, ending, content_type):
    time_machine.move_to("2026-11-23T12:00:00+09:00", tick=False)
    response = signed_in(reader).get(EXPORT, {"format": ending})
    assert int(response["Content-Length"]) == len(response.getvalue())
    assert response["Content-Type"] == content_type
    name = quote(f"手続一覧_2026-11-23.{ending}")
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"


@pytest.mark.parametrize(("page", "person"), [("team", "member"), ("procedure_list", "reader")])
def test_the_links_carry_the_present_filter(signed_in, office, page, person, request):
    client = signed_in(request.getfixturevalue(person))
    html = text(client.get(reverse(page), {"q": "申請", "sort": "name", "page": "1"}))
    shown_on = "team" if page == "team" else "list"
    for ending, words in (("xlsx", "Excelで書き出す"), ("csv", "CSVで書き出す")):
        query = f"q={quote('申請')}&amp;sort=name&amp;shown_on={shown_on}&amp;format={ending}"
        assert f'href="{EXPORT}?{query}">{words}</a>' in html


def test_there_is_no_link_where_there_is_nothing_to_export(signed_in, office, reader):
    client = signed_in(reader)
    assert EXPORT not in text(client.get(LIST, {"status": "online"}))
    assert EXPORT not in text(client.get(LIST, {"status": "x"}))


def test_the_number_of_queries_does_not_depend_on_the_rows(department):
    def queries() -> int:
        known = Lookups(timezone.localdate())
        with CaptureQueriesContext(
            connection,
        ) as captured:
            rows = list(rows_of(Procedure.objects.all(), known))
        assert len(rows) == Procedure.objects.count()
        return len(captured)

    edition = factories.EditionFactory(current=True)
    division = department.divisions.get()
    counts = []
    for count in (1, 11):
        for _ in range(count):
            procedure = factories.ProcedureFactory(
                department=department,
                division=division,
                national_priority=factories.NationalPriorityFactory(edition=edition),
            )
            factories.LegalBasisFactory(procedure=procedure)
            factories.VolumeFactory(procedure=procedure)
            factories.ExemptionFactory(procedure=procedure)
            factories.PlanFactory(procedure=procedure, online=True)
        counts.append(queries())
    assert counts == [3, 3]
