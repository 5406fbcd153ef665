"""Foreign lists: a person says once what their columns and words mean, and it is remembered."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures import bulk_import
from procedures.forms.columns import NO_NAME, NO_ROW_ABOVE, NOTHING_READ, TWICE
from procedures.models import ImportRun, Procedure, RememberedMapping, YearlyVolume
from procedures.views.import_reading import NO_WORD_CHOSEN
from tests.pages import same_page, sent_by, text
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
State = ImportRun.State

FOREIGN = [
    {"整理": "A-1", "事務の呼び名": "転入の届出", "受け持ち": "市民部", "対面の要不要": "要"},
    {"整理": "A-2", "事務の呼び名": "犬の登録", "受け持ち": "市民部", "対面の要不要": "不要"},
]
CHOSEN = {"c0-0": "number", "c0-1": "name", "c0-2": "department", "c0-3": "in_person"}


@pytest.fixture
def client(client, administrator, department):
    """The administrator's client."""
    client.force_login(administrator)
    return client


def upload(client, file):
    client.post(reverse("import_list"), {"file": file})
    return ImportRun.objects.first()


def mapping(client, run, **query):
    return client.get(reverse("import_mapping", args=[run.pk]), query)


def decide(client, run, **changes):
    data = sent_by(text(mapping(client, run)), "columns-form", **changes)
    response = client.post(reverse("import_mapping", args=[run.pk]), data)
    run.refresh_from_db()
    return response


def sheets(**rows_by_name):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in rows_by_name.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile("sheets.xlsx", file.getvalue())


def test_a_foreign_list_waits_for_its_columns(client):
    run = upload(client, workbook(FOREIGN))
    assert run.state == State.MAPPING
    page = client.get(reverse("import_detail", args=[run.pk]), follow=True)
    assert page.redirect_chain[-1][0] == reverse("import_mapping", args=[run.pk])
    for shown in ("事務の呼び名", "転入の届出／犬の登録", "次に同じ見出しのファイルが来たときは"):
        assert shown in text(page)
    assert not Procedure.objects.exists()


def test_its_columns_are_decided_once_and_remembered_for_the_next_file(client):
    run = upload(client, workbook(FOREIGN))
    assert decide(client, run, **CHOSEN).status_code == 302
    assert (run.state, run.counts["new"]) == (State.PREVIEWED, 2)
    client.post(reverse("import_apply", args=[run.pk]))
    assert Procedure.objects.get(number="A-1").in_person == "offline"
    later = upload(client, workbook([FOREIGN[0] | {"整理": "A-3", "事務の呼び名": "転居の届出"}]))
    assert (later.state, later.counts["new"]) == (State.PREVIEWED, 1)


def test_the_template_and_known_headings_need_no_step(client):
    run = upload(client, workbook([{"No.": "1", "手続名称": "転入の届出", "部局": "市民部"}]))
    assert run.state == State.PREVIEWED


def test_without_a_column_of_names_nothing_is_decided(client):
    run = upload(client, workbook(FOREIGN))
    response = decide(client, run, **CHOSEN | {"c0-1": ""})
    assert response.status_code == 422
    assert NO_NAME in text(response)
    assert (run.state, RememberedMapping.objects.count()) == (State.MAPPING, 0)


def test_a_column_chosen_twice_is_said_beside_the_second(client):
    run = upload(client, workbook(FOREIGN))
    response = decide(client, run, **CHOSEN | {"c0-3": "department"})
    assert response.status_code == 422
    assert response.context["mapping"].parts[0].errors["3"] == [
        TWICE.format(heading="部局室", letters="C")
    ]
    assert 'aria-invalid="true"' in text(response)


def test_another_heading_row_renders_other_proposals_and_writes_nothing(client):
    rows = [["手続の一覧表"], ["整理", "呼び名", "受け持ち"], ["A-1", "転入の届出", "市民部"]]
    run = upload(client, sheets(一覧=rows))
    before = list(ImportRun.objects.values())
    page = mapping(
        client, run, look="1", **{"s0-sheets": "0", "s0-last_row": "3", "s0-levels": "1"}
    )
    assert [line["text"] for line in page.context["mapping"].parts[0].lines] == [
        "A-1", "転入の届出", "市民部",
    ]  # fmt: skip
    refused = mapping(
        client, run, look="1", **{"s0-sheets": "0", "s0-last_row": "1", "s0-levels": "2"}
    )
    assert NO_ROW_ABOVE in text(refused)
    assert list(ImportRun.objects.values()) == before


def test_another_heading_row_gives_the_page_as_it_loads_with_it(client):
    rows = [["手続の一覧表"], ["整理", "呼び名", "受け持ち"], ["A-1", "転入の届出", "市民部"]]
    run = upload(client, sheets(一覧=rows))
    query = {"look": "1", "s0-sheets": "0", "s0-last_row": "3", "s0-levels": "1"}
    old, address = mapping(client, run), reverse("import_mapping", args=[run.pk])
    answer = client.get(address, query, headers={"HX-Request": "true"})
    same_page(old, answer, "mapping", mapping(client, run, **query), select="mapping")


def test_the_heading_row_that_was_looked_at_is_the_one_that_counts(client):
    rows = [["整理", "呼び名", "受け持ち"], ["整理番", "件", "部"], ["A-1", "転入の届出", "市民部"]]
    run = upload(client, sheets(一覧=rows))
    layout = {"s0-sheets": "0", "s0-last_row": "2", "s0-levels": "1"}
    page = mapping(client, run, look="1", **layout)
    data = sent_by(
        text(page), "columns-form", **{"c0-0": "number", "c0-1": "name", "c0-2": "department"}
    )
    client.post(reverse("import_mapping", args=[run.pk]), data)
    run.refresh_from_db()
    assert run.mapping["sheets"][0]["last_row"] == 2
    assert run.counts["new"] == 1


def test_sheets_with_the_same_headings_are_decided_together(client, other_department):
    head = ["整理", "事務の呼び名", "対面の要不要"]
    run = upload(
        client,
        sheets(
            市民部=[head, ["A-1", "転入の届出", "要"]], 環境部=[head, ["A-2", "犬の登録", "要"]]
        ),
    )
    page = mapping(client, run)
    assert len(page.context["mapping"].parts) == 1
    decide(client, run, **{"c0-0": "number", "c0-1": "name", "c0-2": "in_person"})
    client.post(reverse("import_apply", args=[run.pk]))
    assert {each.department.name for each in Procedure.objects.all()} == {"市民部", "環境部"}


def test_a_sheet_can_be_left_unread_but_not_all(client):
    head = ["整理", "事務の呼び名", "受け持ち"]
    run = upload(
        client,
        sheets(
            一=[head, ["A-1", "転入の届出", "市民部"]], 二=[head, ["A-2", "犬の登録", "市民部"]]
        ),
    )
    chosen = {"c0-0": "number", "c0-1": "name", "c0-2": "department"}
    nothing = decide(client, run, **{"s0-sheets": None}, **chosen)
    assert nothing.status_code == 422
    assert NOTHING_READ in text(nothing)
    decide(client, run, **{"s0-sheets": "1"}, **chosen)
    assert [row.number for row in run.rows.all()] == ["A-2"]


def test_columns_can_be_corrected_from_the_preview(client):
    run = upload(client, workbook([{"手続番号": "1", "手続名": "転入の届出", "備考": "市民部"}]))
    assert run.state == State.PREVIEWED
    assert "列の対応を直す" in text(client.get(reverse("import_detail", args=[run.pk])))
    decide(client, run, **{"c0-2": "department"})
    assert run.state == State.PREVIEWED
    client.post(reverse("import_apply", args=[run.pk]))
    assert Procedure.objects.get().department.name == "市民部"


def test_columns_of_an_import_that_was_applied_stay(client):
    run = upload(client, workbook(FOREIGN))
    data = sent_by(text(mapping(client, run)), "columns-form", **CHOSEN)
    decide(client, run, **CHOSEN)
    client.post(reverse("import_apply", args=[run.pk]))
    before = list(RememberedMapping.objects.values())
    response = client.post(reverse("import_mapping", args=[run.pk]), data | {"c0-3": "note"})
    assert response.status_code == 302
    assert list(RememberedMapping.objects.values()) == before


def test_the_mapping_page_is_small_for_many_columns(client):
    row = {f"独自の項目{n}": f"値{n}" for n in range(80)}
    run = upload(client, workbook([{"事務の呼び名": "転入の届出"} | row]))
    assert len(mapping(client, run).content) < 500_000


UNKNOWN = [
    {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部", "対面": "窓口のみ"},
    {"手続番号": "2", "手続名": "転居の届出", "部局室": "市民部", "対面": "窓口のみ"},
    {"手続番号": "3", "手続名": "犬の登録", "部局室": "市民部", "対面": "保留中"},
]


def words_of(client, run, **changes):
    page = text(client.get(reverse("import_detail", args=[run.pk])))
    return sent_by(page, "words", **changes)


def test_unknown_values_are_explained_once_and_remembered(client):
    run = upload(client, workbook(UNKNOWN))
    assert run.counts["rejected"] == 3
    page = client.get(reverse("import_detail", args=[run.pk]))
    lines = page.context["words_form"].lines
    assert [(line["value"], line["count"]) for line in lines] == [("窓口のみ", 2), ("保留中", 1)]
    data = words_of(
        client, run, **{lines[0]["field"].html_name: "要", lines[1]["field"].html_name: "-"}
    )
    client.post(reverse("import_values", args=[run.pk]), data)
    run.refresh_from_db()
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (State.PREVIEWED, 3, 0)
    client.post(reverse("import_apply", args=[run.pk]))
    assert [each.in_person for each in Procedure.objects.order_by("number")] == [
        "offline", "offline", "unknown",
    ]  # fmt: skip
    later = upload(client, workbook([UNKNOWN[0] | {"手続番号": "4", "手続名": "住民票の写し"}]))
    assert later.counts["rejected"] == 0


def test_words_that_nobody_chose_are_asked_for(client):
    run = upload(client, workbook(UNKNOWN))
    response = client.post(
        reverse("import_values", args=[run.pk]), words_of(client, run), follow=True
    )
    assert NO_WORD_CHOSEN in text(response)


def test_many_unknown_values_leave_the_page_small(client):
    rows = [
        {"手続番号": str(n), "手続名": f"手続{n}の申請", "対面": f"値{n}", "現物確認": f"値{n}"}
        for n in range(150)
    ]
    run = upload(client, workbook(rows))
    page = client.get(reverse("import_detail", args=[run.pk]))
    assert len(page.content) < 300_000
    assert page.context["words_form"].left_count == 300 - 40


def test_the_fiscal_year_of_volumes_without_one_can_be_changed(client):
    rows = [{"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部", "年間件数": 12}]
    run = upload(client, workbook(rows))
    page = text(client.get(reverse("import_detail", args=[run.pk])))
    assert "年度の書かれていない件数は" in page
    client.post(reverse("import_year", args=[run.pk]), {"fiscal_year": run.fiscal_year - 1})
    year = run.fiscal_year - 1
    run.refresh_from_db()
    assert (run.state, run.fiscal_year) == (State.PREVIEWED, year)
    client.post(reverse("import_apply", args=[run.pk]))
    assert YearlyVolume.objects.get().fiscal_year == year


def test_somebody_else_is_told_who_decides(client, division_person):
    run = upload(client, workbook(FOREIGN))
    client.force_login(division_person)
    page = text(client.get(reverse("import_detail", args=[run.pk])))
    assert "どの列が何に当たるかを決めるのを待っています" in page
    assert bulk_import.visible_runs(division_person).count() == 1
