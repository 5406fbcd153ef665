"""The paper: one content for page, PDF and workbook, sentences that read right, the same bytes."""

import io
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zipfile import ZipFile

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from procedures.models import Procedure
from procedures.records import save
from procedures.templatetags.inventory import cell_text, era_day, percent
from tests import factories
from tests.pages import text
from tests.tracking.inventories import NOW, TODAY, Case, build
from tracking.actions.editions import freeze
from tracking.edition_draft import draft
from tracking.editions import content_of
from tracking.models import Edition, MigrationPlan
from tracking.paper import pdf
from tracking.paper.composing import COVER, paper_of
from tracking.paper.parts import ROWS_ON_PAPER, Column, Table, in_order
from tracking.paper.summary import data_quality, summary
from tracking.paper.workbook import TERMS
from tracking.stats import Figures
from tracking.views.paper import NO_PDF, UNREADABLE

pytestmark = pytest.mark.django_db
SHEETS = [
    *(COVER, "全庁", "部局室別", "区分と状況", "推移", "前回からの動き", "支障", "期限超過"),
    TERMS,
]
FILES = ("edition_pdf", "edition_workbook")
INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 poppler-utils"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def pdf_tools():
    """Without the tools that .ci/run installs there is no PDF to look at: that is no success."""
    if not (pdf.is_available() and shutil.which("pdftotext")):
        pytest.fail(f"WeasyPrint, its libraries or pdftotext are missing: {INSTALL}")


@pytest.fixture
def units(department, other_department):
    return [department, other_department]


@pytest.fixture
def office(signed_in, division_person):
    """The browser of a person of the division."""
    return signed_in(division_person)


@pytest.fixture
def edition(units, division_person):
    """The first edition of an inventory with something to say in every part."""
    factories.GoalFactory(fiscal_year=2026, online_rate=0.9)
    build(
        [
            *[Case(unit=0, status="online", volumes={2025: (300, 200)}) for _ in range(3)],
            Case(unit=1, status="preparing", target_in=-10, volumes={2025: (50, 0)}),
            Case(unit=1, status="preparing", target_in=50, national_due_in=10),
            Case(unit=1, answers=("offline", *("not_needed",) * 6)),
            Case(unit=0, exemption="confirmed", basis="municipal"),
            Case(unit=None, is_abolished=True),
        ],
        units,
    )
    return frozen(division_person, decisions="=1+1 を決定すること。\n\n二つ目。")


def frozen(by, *, title="第1回 資料", **more):
    made = freeze(title=title, reference_date=TODAY, by=by, **more)
    return Edition.objects.get(pk=made.pk)


def paper(edition):
    return paper_of(content_of(edition.content), edition.digest)


def fetched(client, name, edition):
    """What is downloaded, as bytes."""
    response = client.get(reverse(name, args=[edition.pk]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def workbook(client, edition):
    return load_workbook(io.BytesIO(fetched(client, "edition_workbook", edition)))


def cells(sheet):
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def change_everything():
    """What happens after an edition was frozen."""
    Procedure.objects.update(name="後で変えた名前", category="pending")
    factories.ProcedureFactory.create_batch(3)


@pytest.mark.parametrize("name", ["edition_print", *FILES])
def test_an_edition_that_is_not_there_has_no_paper(office, name):
    assert office.get(reverse(name, args=[99])).status_code == 404


@pytest.mark.usefixtures("pdf_tools")
@pytest.mark.parametrize("name", FILES)
def test_the_files_are_the_same_bytes_whatever_happens_afterwards(office, edition, name):
    first = fetched(office, name, edition)
    with time_machine.travel(NOW + timedelta(days=400), tick=False):
        change_everything()
        office.force_login(edition.frozen_by)
        assert fetched(office, name, edition) == first


@pytest.mark.parametrize(("name", "ending"), [("edition_pdf", "pdf"), ("edition_workbook", "xlsx")])
def test_the_files_have_names_that_say_what_they_are(office, edition, name, ending, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: True)
    monkeypatch.setattr(pdf, "write_pdf", lambda file, html, identifier: None)
    response = office.get(reverse(name, args=[edition.pk]))
    quoted = "%E7%AC%AC1%E5%9B%9E%20%E8%B3%87%E6%96%99_2026-11-23"
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{quoted}.{ending}"
    response.close()


@pytest.mark.usefixtures("pdf_tools")
def test_the_text_of_the_pdf_is_that_of_the_paper(office, edition):
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"],  # noqa: S607 - wherever the system has it
        input=fetched(office, "edition_pdf", edition),
        capture_output=True,
        check=True,
    )
    found = "".join(read.stdout.decode().split())
    made = paper(edition)
    assert made.title in found
    assert "".join(made.summary.split()) in found
    assert f"照合値{edition.digest[:12]}" in found
    assert "1／" in found
    assert "＝1＋1" not in found
    for section in made.sections:
        assert section.heading in found
        for table in section.tables:
            if table.is_on_paper and table.rows:
                for value in (value for row in table.shown for value in row):
                    # A long name stands on several lines between other cells.
                    assert isinstance(value, str) or cell_text(value) in found


@pytest.mark.usefixtures("pdf_tools")
def test_nothing_is_fetched_for_a_pdf(edition, caplog, tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: '漏れた' }")
    page = (
        f'<link rel="stylesheet" href="{secret.as_uri()}"><img src="http://192.0.2.1/a.png">'
        '<p>本文</p><svg xmlns="http://www.w3.org/2000/svg">'
        f'<image href="{secret.as_uri()}"/></svg>'
    )
    target = io.BytesIO()
    pdf.write_pdf(target, page, identifier="x")
    assert target.getvalue().startswith(b"%PDF-")
    refused = [record.getMessage() for record in caplog.records if "disallowed" in record.message]
    assert len(refused) >= 2


def test_without_weasyprint_the_page_for_printing_says_how(office, edition, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    response = office.get(reverse("edition_pdf", args=[edition.pk]), follow=True)
    assert response.redirect_chain == [(reverse("edition_print", args=[edition.pk]), 302)]
    assert NO_PDF in text(response)


def test_a_missing_package_is_no_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert pdf.is_available.__wrapped__() is False


@pytest.mark.parametrize("name", ["edition_print", *FILES])
def test_an_edition_that_cannot_be_read_has_a_sentence(office, edition, name):
    Edition.objects.filter(pk=edition.pk).update(content={"office": 1})
    response = office.get(reverse(name, args=[edition.pk]), follow=True)
    assert response.redirect_chain == [(reverse("edition_detail", args=[edition.pk]), 302)]
    assert UNREADABLE in text(response)


def test_page_and_screen_show_the_same_paper(office, edition):
    printed = text(office.get(reverse("edition_print", args=[edition.pk])))
    shown = text(office.get(reverse("edition_detail", args=[edition.pk])))
    start, end = '<article class="paper"', "</article>"
    assert printed.split(start)[1].split(end)[0] == shown.split(start)[1].split(end)[0]


def test_the_paper_needs_no_query_but_that_for_the_edition(
    office, edition, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        office.get(reverse("edition_print", args=[edition.pk]))


# --- The workbook -----------------------------------------------------------------------------


def test_the_workbook_has_a_sheet_for_each_part(office, edition):
    assert workbook(office, edition).sheetnames == SHEETS


def test_numbers_of_the_workbook_are_those_of_the_paper(office, edition):
    book = workbook(office, edition)
    for section in paper(edition).sections:
        rows = list(map(stored, book[section.sheet].iter_rows(values_only=True)))
        for table in section.tables:
            if table.is_in_workbook:
                for row in table.rows:
                    assert stored(row) in rows


def stored(row):
    """A row as a workbook keeps it: without empty cells at its end, to twelve digits."""
    values = [as_stored(value) for value in row]
    while values and values[-1] is None:
        values.pop()
    return values


def as_stored(value):
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min)
    return value if value != "" else None


def test_rates_counts_and_days_are_no_text(office, edition):
    book = workbook(office, edition)
    formats = {
        cell.number_format: cell.value for cell in cells(book["全庁"]) if cell.data_type == "n"
    }
    assert formats.keys() == {"0.0%", "#,##0"}
    assert isinstance(formats["0.0%"], float | int)
    assert book[COVER]["B3"].is_date
    assert [cell for sheet in book for cell in cells(sheet) if cell.data_type == "f"] == []


def test_text_that_looks_like_a_formula_stays_text(office, edition):
    found = [cell for cell in cells(workbook(office, edition)[COVER]) if "1+1" in str(cell.value)]
    assert [(cell.value, cell.data_type) for cell in found] == [("=1+1 を決定すること。", "s")]
    assert all(cell.quotePrefix for cell in found)


def test_heads_stay_in_view_and_are_printed_on_every_page(office, edition):
    sheet = workbook(office, edition)["部局室別"]
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == "部局室")
    assert sheet.freeze_panes == f"A{head + 1}"
    assert sheet.print_title_rows == f"${head}:${head}"
    assert sheet.page_setup.paperSize == 9


def test_the_workbook_has_the_time_of_the_edition(office, edition):
    with ZipFile(io.BytesIO(fetched(office, "edition_workbook", edition))) as package:
        stamps = {member.date_time for member in package.infolist()}
        core = package.read("docProps/core.xml").decode()
    assert stamps == {(2026, 11, 23, 3, 0, 0)}
    assert core.count("2026-11-23T03:00:00Z") == 2


# --- What it says -----------------------------------------------------------------------------


def content_with(*, target=0, online=0, before=None, **more):
    """The content of an edition with these figures of the office."""
    counts = {"target": target, "online": online, **more}
    volumes = {"volume_known": target, "volume_known_online": online}
    since = None if before is None else Figures.from_json({"counts": before})
    return replace(
        of_nothing(),
        office=Figures.from_json({"counts": counts, "volumes": volumes}),
        since=None if before is None else date(2026, 8, 31),
        since_office=since,
        goals=(),
    )


@pytest.mark.parametrize(
    ("target", "online", "before", "sentence"),
    [
        (0, 0, None, "令和8年11月23日現在、対象手続はまだありません。"),
        (1, 0, None, "令和8年11月23日現在、対象手続1件のうちオンライン化済のものは0件です。"),
        (1, 1, None, "令和8年11月23日現在、対象手続1件はすべてオンライン化済です。"),
        (
            1500,
            30,
            None,
            "令和8年11月23日現在、対象手続1,500件のうち30件（2.0%）がオンライン化済です。",
        ),
        (
            1500,
            30,
            {"target": 1500, "online": 18},
            "令和8年11月23日現在、対象手続1,500件のうち30件（2.0%）がオンライン化済で、"
            "前回（令和8年8月31日、1.2%）から12件増えました。",
        ),
        (
            10,
            1,
            {"target": 10, "online": 3},
            "令和8年11月23日現在、対象手続10件のうち1件（10.0%）がオンライン化済で、"
            "前回（令和8年8月31日、30.0%）から2件減りました。",
        ),
        (
            10,
            0,
            {"target": 0, "online": 0},
            "令和8年11月23日現在、対象手続10件のうちオンライン化済のものは0件で、"
            "前回（令和8年8月31日、－）から件数の増減はありません。",
        ),
    ],
)
def test_the_summary_reads_right_at_none_some_and_all(target, online, before, sentence):
    content = content_with(target=target, online=online, before=before)
    assert summary(content).startswith(sentence)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "期限超過の手続も、国の期限より遅い計画もありません。"),
        ({"overdue": 2}, "期限超過は2件、国の期限より遅い計画は0件です。"),
        (
            {"overdue": 2, "priority_overdue": 1, "behind_national": 3},
            "期限超過は2件（うち優先手続1件）、国の期限より遅い計画は3件です。",
        ),
    ],
)
def test_the_summary_says_what_is_late(counts, sentence):
    assert summary(content_with(target=9, **counts)).endswith(sentence)


def test_the_summary_says_how_far_the_goal_is(edition):
    assert "今年度の目標90.0%まで、あと3件です。" in summary(content_of(edition.content))


@given(
    st.integers(0, 5000).flatmap(
        lambda target: st.tuples(st.just(target), *[st.integers(0, target) for _ in range(4)])
    ),
    st.none() | st.integers(0, 5000),
)
def test_the_sentences_never_say_none_or_a_negative_number(numbers, before):
    target, online, priority, overdue, unknown = numbers
    content = content_with(
        target=target,
        online=online,
        before=None if before is None else {"target": before, "online": before},
        priority=priority,
        overdue=overdue,
        volume_unknown=unknown,
    )
    said = summary(content) + data_quality(content)
    assert "None" not in said
    assert "-" not in said
    assert "。。" not in said
    assert said.endswith("。")


@cache
def of_nothing():
    """The content of an edition of an empty inventory."""
    return draft(on=TODAY, title="試験", since=None).content


def test_an_empty_inventory_has_a_whole_paper():
    made = paper_of(of_nothing(), "0" * 64)
    assert [section.key for section in made.sections] == [
        *("office", "departments", "standing", "course", "moves", "obstacles", "late"),
    ]


def test_decisions_stand_in_the_paper_only_where_some_are_asked_for(edition, division_person):
    assert paper(edition).sections[-1].sentences == ("=1+1 を決定すること。", "二つ目。")
    without = frozen(division_person, title="第2回 資料", decisions=" \n")
    assert paper(without).sections[-1].key == "late"


def test_what_is_newly_online_is_named(edition, division_person):
    plan = MigrationPlan.objects.filter(status="preparing").first()
    plan.status, plan.launched_on = "online", TODAY
    plan.service, plan.checklist_exception = factories.ServiceFactory(), "試験"
    changed = ["status", "launched_on", "service_id", "checklist_exception"]
    save(plan, changed, factories.origin())
    after = paper(frozen(division_person, title="第2回 資料"))
    tables = {table.title: table for table in section(after, "moves").tables}
    assert [row[1] for row in tables["新たにオンライン化した手続"].rows] == [plan.procedure.name]
    assert "前回（令和8年11月23日、50.0%）から1件増えました。" in after.summary
    assert section(after, "office").tables[0].columns[2].label == "前回"


def section(made, key):
    return next(section for section in made.sections if section.key == key)


def test_a_long_list_says_how_many_are_left_out():
    rows = tuple((f"{number}",) for number in range(ROWS_ON_PAPER + 3))
    table = Table("題", (Column("番号"),), rows, more=4, is_list=True)
    assert len(table.shown) == ROWS_ON_PAPER
    assert table.left_out == 7
    assert Table("題", (Column("番号"),), rows).left_out == 0


def test_codes_that_the_program_knows_no_more_stand_last():
    assert in_order({"b": "B", "a": "A", "z": "Z"}, ["a", "c", "b"]) == ["a", "b", "z"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "－"),
        (12345, "12,345"),
        (0.5, percent(0.5)),
        (date(2026, 4, 1), "R8.4.1"),
        (date(2019, 4, 30), "H31.4.30"),
        (date(1988, 1, 2), "1988.1.2"),
        ("文", "文"),
    ],
)
def test_a_cell_is_worded_by_its_kind(value, shown):
    assert cell_text(value) == shown


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2026, 11, 26), "令和8年11月26日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1988, 12, 31), "1988年12月31日"),
    ],
)
def test_days_of_the_era(day, shown):
    assert era_day(day) == shown
