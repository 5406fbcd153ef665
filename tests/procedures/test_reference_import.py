"""Reference data as files in the admin: out and back unchanged, all or nothing, in Japanese."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connections, models
from django.template import engines
from django.test import Client
from django.urls import reverse

from procedures.models import (
    ApplicationService,
    Department,
    DirectoryGroup,
    Division,
    NationalListEdition,
    NationalPriorityProcedure,
    Role,
    TeamMembership,
    User,
)
from procedures.models.organisation import Confidence
from procedures.records import save
from procedures.reference_data import files, importing, pages, resources, tickets
from procedures.reference_data.cells import NOT_A_CHOICE, NOT_REGISTERED, NOT_WHOLE
from tests import factories
from tests.procedures.spreadsheet.open_document import ods, table, texts
from tests.procedures.test_import_pages import BAD
from tests.sign_in_servers import group
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db

MODELS = [
    Department, Division, User, TeamMembership, DirectoryGroup, ApplicationService,
    NationalListEdition, NationalPriorityProcedure,
]  # fmt: skip
FORMATS = {"xlsx": "0", "csv": "1"}
FIXTURES = ("departments", "national_priority", "services")
UNIT = {"コード": "010", "名称": "市民部"}


@pytest.fixture(autouse=True)
def admin_templates(monkeypatch):
    """Templates of other packages may leave a variable out."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")


@pytest.fixture
def administration(signed_in, administrator):
    """The administrator's client."""
    return signed_in(administrator)


@pytest.fixture
def office():
    """The shipped lists, some people, and texts that a spreadsheet would like to change."""
    call_command("loaddata", *FIXTURES, verbosity=0)
    first, second = Department.objects.all()[:2]
    factories.DepartmentFactory(
        code="0990", name="=1+1", source="@SUM(A1)\r\n次の行", successor=first,
        valid_from=date(1990, 4, 1), valid_to=date(2027, 3, 31), confidence=Confidence.UNVERIFIED,
    )  # fmt: skip
    factories.DepartmentFactory(code="0991", name=second.name, source="'=もとから'の付いた文")
    factories.ServiceFactory(
        code="-1", name="+81", note="#N/A_x0041_\x0b", url="https://a.example/"
    )
    factories.member_of(first, username="hanako", display_name="下関　花子")
    factories.member_of(second, username="0123", display_name="")
    factories.division_person(username="joho", is_active=False)
    group("CN=DX-1,OU=組,DC=例", Role.MEMBER, first)
    group("=情報", Role.DIVISION)


def address(model: type[models.Model], page: str) -> str:
    return reverse(f"admin:procedures_{model._meta.model_name}_{page}")


def exported(client, model, file_format: str) -> SimpleUploadedFile:
    response = client.post(address(model, "export"), {"format": FORMATS[file_format]})
    assert response.status_code == 200
    return SimpleUploadedFile(f"list.{file_format}", response.content)


def written_names(client, model, heading: str) -> dict[str, str]:
    """What a csv says under ``heading``, by code."""
    text = exported(client, model, "csv").read().decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {row["コード"]: row[heading] for row in rows}


def plain(value: object) -> str:
    """The value without what a spreadsheet does not keep."""
    return str(value).replace("\r", "").strip()


def look(client, model, file):
    """The answer to choosing a file: the preview, or what is wrong."""
    return client.post(address(model, "import"), {"file": file})


def confirm(client, model, preview, **kwargs):
    ticket = preview.context["ticket"]
    return client.post(address(model, "process_import"), {"ticket": ticket}, **kwargs)


def take_in(client, model, rows):
    """Chooses a file of ``rows`` and confirms what the preview shows."""
    return confirm(client, model, look(client, model, workbook(rows)), follow=True)


def rename(unit: Department, name: str) -> None:
    """Somebody else gives it another name."""
    unit.name = name
    save(unit, ["name"], factories.origin())


def problems(response) -> list[tuple[int | None, str]]:
    """Where the page says that something is wrong."""
    assert response.status_code == 422
    return [(problem.row, problem.heading) for problem in response.context["problems"]]


def state() -> list[object]:
    """Everything that an import could have changed."""
    rows = [list(model.objects.order_by("pk").values()) for model in MODELS]
    return [rows, [model.history.count() for model in MODELS]]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_exported_file_changes_nothing(administration, office, model, file_format):
    before = state()
    preview = look(administration, model, exported(administration, model, file_format))
    outcome = preview.context["outcome"]
    assert (preview.status_code, outcome.rows) == (200, ())
    assert outcome.unchanged_count == model.objects.count() > 0
    answer = confirm(administration, model, preview)
    assert pages.CHANGED_MEANWHILE in answer.content.decode()
    assert state() == before


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("model", [Department, ApplicationService, NationalListEdition])
def test_what_was_written_out_comes_back_into_an_empty_database(
    administration, office, model, file_format
):
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    # Which edition counts is decided on a page of its own; no file says it.
    names = [name for name in names if name not in ("successor_id", "state")]
    file = exported(administration, model, file_format)
    stored = list(model.objects.order_by(names[0]).values_list(*names))
    NationalPriorityProcedure.objects.all().delete()
    TeamMembership.objects.exclude(role=Role.ADMINISTRATOR).delete()
    DirectoryGroup.objects.all().delete()
    Division.objects.all().delete()
    Department.objects.update(successor=None)
    model.objects.all().delete()
    confirm(administration, model, look(administration, model, file))
    again = list(model.objects.order_by(names[0]).values_list(*names))
    assert [list(map(plain, row)) for row in again] == [list(map(plain, row)) for row in stored]


def test_text_that_looks_like_a_formula_is_text_in_the_workbook(administration, office):
    book = openpyxl.load_workbook(exported(administration, Department, "xlsx"))
    cell = next(cell for row in book.active for cell in row if cell.value == "=1+1")
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_text_that_looks_like_a_formula_is_guarded_in_the_csv(administration, office):
    assert exported(administration, Department, "csv").read().startswith(b"\xef\xbb\xbf")
    assert written_names(administration, Department, "名称")["0990"] == "'=1+1"


def test_a_workbook_holds_dates_as_dates_numbers_as_numbers_and_codes_as_text(
    administration, office
):
    sheet = openpyxl.load_workbook(exported(administration, Department, "xlsx")).active
    headings = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "0990")
    values = dict(zip(headings, (cell.value for cell in row), strict=True))
    assert values["有効期間の終わり"].date() == date(2027, 3, 31)
    assert isinstance(values["並び順（建制順）"], int)
    assert values["確度"] == Confidence.UNVERIFIED.label
    assert values["後継組織"] == Department.objects.get(code="010").name


def test_a_unit_is_named_by_its_code_where_its_name_is_not_enough(administration, office):
    twin = Department.objects.get(code="0991")
    factories.DivisionFactory(code="0991001", department=twin, name="双子の課")
    assert written_names(administration, Division, "部局室")["0991001"] == "0991"


def test_no_password_leaves_the_program(administration, administrator):
    content = exported(administration, User, "csv").read().decode("utf-8-sig")
    assert content.splitlines()[0] == "ユーザー名,氏名,メールアドレス,有効"
    assert administrator.password not in content


def test_a_list_exports_in_a_constant_number_of_queries(
    administration, office, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15):
        exported(administration, Division, "csv")


def test_new_and_changed_rows_are_written_with_history_and_the_others_not(
    administration, administrator
):
    kept = factories.DepartmentFactory(code="010", name="市民部", source="名簿")
    renamed = factories.DepartmentFactory(code="020", name="環境部")
    rows = [
        {"コード": "010", "名称": "市民部"},
        {"コード": "020", "名称": "環境共生部", "有効期間の始め": "令和9年4月1日"},
        {"コード": "030", "名称": "下水道部", "確度": "未確認"},
    ]
    answer = take_in(administration, Department, rows)
    told = pages.WRITTEN.format(what="部局室", new=1, changed=1, unchanged=1)
    assert told in answer.content.decode()
    new = Department.objects.get(code="030")
    assert (new.name, new.confidence) == ("下水道部", Confidence.UNVERIFIED)
    assert Department.objects.get(code="020").valid_from == date(2027, 4, 1)
    assert Department.objects.get(code="010").source == "名簿"
    assert kept.history.count() == 1
    for unit, kind in ((new, "+"), (renamed, "~")):
        entry = unit.history.first()
        assert (entry.history_type, entry.change_source) == (kind, "admin")
        assert entry.history_user == administrator
    assert LogEntry.objects.count() == 2


def test_a_preview_writes_nothing_and_shows_old_beside_new(administration):
    factories.DepartmentFactory(code="010", name="市民部")
    before = state()
    page = look(administration, Department, workbook([UNIT | {"名称": "市民生活部"}]))
    assert "<del>市民部</del> → <ins>市民生活部</ins>" in page.content.decode()
    assert state() == before


def test_an_empty_cell_keeps_and_the_word_for_empty_clears(administration):
    factories.DepartmentFactory(code="010", source="名簿", valid_to=date(2027, 3, 31))
    row = UNIT | {"出典": None, "有効期間の終わり": "（空）"}
    take_in(administration, Department, [row])
    assert Department.objects.values_list("source", "valid_to").get() == ("名簿", None)


def test_rows_that_the_file_lacks_stay(administration):
    factories.DepartmentFactory(code="020")
    take_in(administration, Department, [UNIT])
    assert set(Department.objects.values_list("code", flat=True)) == {"010", "020"}


def test_a_department_may_be_succeeded_by_one_that_is_new_in_the_same_file(administration):
    factories.DepartmentFactory(code="010", name="市民部")
    ends = UNIT | {"有効期間の終わり": date(2027, 3, 31), "後継組織": "市民生活部"}
    begins = {"コード": "015", "名称": "市民生活部", "有効期間の始め": date(2027, 4, 1)}
    take_in(administration, Department, [ends, begins])
    assert Department.objects.get(code="010").successor.code == "015"


def test_a_new_division_takes_the_name_that_another_gives_up_in_the_same_file(
    administration, department
):
    factories.DivisionFactory(department=department, code="1", name="窓口課")
    rows = [
        {"コード": "2", "名称": "窓口課", "部局室": "市民部"},
        {"コード": "1", "名称": "総合窓口課", "部局室": "市民部"},
    ]
    take_in(administration, Division, rows)
    assert Division.objects.get(code="2").name == "窓口課"


def test_a_new_person_cannot_sign_in_yet_and_a_known_one_keeps_the_password(
    administration, administrator
):
    rows = [
        {"ユーザー名": "hanako", "氏名": "下関 花子", "有効": "はい"},
        {"ユーザー名": "kanri", "氏名": "新しい氏名"},
    ]
    take_in(administration, User, rows)
    assert not User.objects.get(username="hanako").has_usable_password()
    known = User.objects.get(username="kanri")
    assert (known.display_name, known.password) == ("新しい氏名", administrator.password)


def test_a_membership_changes_its_role_within_its_department(administration, department):
    person = factories.member_of(department, username="hanako")
    rows = [
        {"ユーザー名": "hanako", "部局室": "市民部", "役割": "DX推進チームリーダー"},
        {"ユーザー名": "hanako", "部局室": None, "役割": "情報政策課"},
    ]
    take_in(administration, TeamMembership, rows)
    roles = set(person.memberships.values_list("role", "department"))
    assert roles == {(Role.LEADER, department.pk), (Role.DIVISION, None)}


def test_a_csv_of_the_office_in_shift_jis_is_read(administration):
    content = "コード,名称\r\n010,髙橋部①\r\n".encode("cp932")
    preview = look(administration, Department, SimpleUploadedFile("list.csv", content))
    confirm(administration, Department, preview)
    assert Department.objects.get().name == "髙橋部①"


def test_what_else_stands_in_the_file_is_named(administration):
    page = look(administration, Department, workbook([UNIT | {"メモ": "x", "並び順": 3}]))
    assert "読み取りません：メモ、並び順" in page.content.decode()


@pytest.mark.once
def test_a_long_preview_stays_light(administration):
    rows = [{"ユーザー名": f"u{n}", "氏名": f"試験 {n}"} for n in range(pages.SHOWN_ROWS + 700)]
    page = look(administration, User, workbook(rows))
    assert len(page.context["rows"]) == pages.SHOWN_ROWS
    assert "ほかに700行" in page.content.decode()
    assert len(page.content) < 300_000


def test_one_bad_row_of_three_writes_nothing(administration):
    factories.DepartmentFactory(code="010", name="市民部")
    before = state()
    rows = [
        UNIT | {"名称": "市民生活部"},
        {"コード": "020", "名称": "環境部", "並び順（建制順）": "上から2番目"},
        {"コード": "030", "名称": "下水道部"},
    ]
    page = look(administration, Department, workbook(rows))
    assert problems(page) == [(3, "並び順（建制順）")]
    assert f"「上から2番目」は{NOT_WHOLE}。" in page.content.decode()
    assert state() == before


MISTAKES = {
    "a word that is none": (
        Department, {"確度": "たぶん"}, "確度",
        f"「たぶん」は{NOT_A_CHOICE}。「出典で確認」「古い出典・二次資料」「未確認」のいずれか",
    ),
    "an unknown department": (
        Division, {"部局室": "市民局"}, "部局室",
        f"「市民局」は{NOT_REGISTERED}。近いもの：市民部。",
    ),
    "a day that is none": (
        Department, {"有効期間の終わり": "2027-02-30"}, "有効期間の終わり", "暦にない日付です",
    ),
    "a date that cannot be read": (
        Department, {"有効期間の終わり": "来年度末"}, "有効期間の終わり",
        "日付として読み取れません",
    ),
    "no name": (Department, {"名称": None}, "名称", importing.BLANK),
    "no department": (Division, {"部局室": None}, "部局室", importing.BLANK),
    "a cleared name": (Department, {"名称": "（空）"}, "名称", importing.NOT_CLEARABLE),
    "a name that is too long": (Department, {"名称": "長" * 101}, "名称", "100 文字以下"),
    "an end before the beginning": (
        Department, {"有効期間の始め": "2027-04-01", "有効期間の終わり": "2026-04-01"}, "",
        "始め以後の日にしてください",
    ),
    "a division's name twice": (
        Division, {"名称": "市民サービス課"}, "", "同じ部局室に同じ名称の課があります",
    ),
    "a cell with an error": (Department, {"名称": "#REF!"}, "名称", "#REF!"),
    "a control character": (Department, {"名称": "市民\u202e部"}, "名称", "U+202E"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "change", "heading", "sentence"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_told_with_row_column_and_what_to_do(
    administration, department, model, change, heading, sentence
):
    row = {"コード": "新700", "名称": "新しい組織"}  # no other test makes such a code
    row |= {"部局室": "市民部"} if model is Division else {}
    before = state()
    page = look(administration, model, workbook([row | change]))
    assert problems(page) == [(2, heading)]
    assert sentence in page.content.decode()
    assert state() == before


def test_a_team_role_without_a_department_is_told(administration, member):
    rows = [{"ユーザー名": "member", "部局室": None, "役割": "DX推進チーム員"}]
    page = look(administration, TeamMembership, workbook(rows))
    assert problems(page) == [(2, "")]
    assert "部局室を選び" in page.content.decode()


def test_the_same_code_twice_is_told_with_both_rows(administration):
    page = look(administration, Department, workbook([UNIT, UNIT | {"名称": "市民局"}]))
    assert problems(page) == [(3, "")]
    assert importing.REPEATED.format(other=2) in page.content.decode()


@pytest.mark.parametrize(
    ("model", "row", "text", "twin"),
    [
        (Department, {"コード": 10, "名称": "市民部"}, "10", "010"),
        (NationalListEdition, {"版の記号": "2024/7/12", "名称": "版"}, "2024/7/12", "2024-07-12"),
        (User, {"ユーザー名": "Kanri"}, "Kanri", "kanri"),
    ],
    ids=["leading zero", "date", "case"],
)
def test_a_key_that_excel_has_changed_is_no_new_row(administration, model, row, text, twin):
    factories.DepartmentFactory(code="010")
    factories.EditionFactory(key="2024-07-12")
    page = look(administration, model, workbook([row]))
    assert importing.VARIANT.format(text=text, twin=twin) in page.content.decode()


def test_a_missing_column_is_named(administration):
    page = look(administration, Department, workbook([{"コード": "010", "名前": "市民部"}]))
    assert problems(page) == [(1, "")]
    assert "見出し「名称」の列がありません" in page.content.decode()


def test_a_name_that_fits_two_departments_is_not_guessed(administration):
    factories.DepartmentFactory(code="010", name="市民部")
    factories.DepartmentFactory(code="020", name="市民部")
    rows = [{"コード": "1", "名称": "窓口課", "部局室": "市民部"}]
    page = look(administration, Division, workbook(rows))
    assert "次のどれかを書いてください：010、020。" in page.content.decode()


def test_the_last_active_administrator_cannot_be_taken_away(administration, administrator):
    page = look(administration, User, workbook([{"ユーザー名": "kanri", "有効": "いいえ"}]))
    assert resources.NO_ADMINISTRATOR_LEFT in page.content.decode()
    newcomer = {"ユーザー名": "hanako", "有効": "はい"}
    page = look(
        administration, User, workbook([{"ユーザー名": "kanri", "有効": "いいえ"}, newcomer])
    )
    assert problems(page) == [(None, "")]
    administrator.refresh_from_db()
    assert administrator.is_active


def test_one_of_two_administrators_can_be_retired(administration):
    other = factories.administrator(username="kanri2")
    take_in(administration, User, [{"ユーザー名": "kanri2", "有効": "いいえ"}])
    other.refresh_from_db()
    assert not other.is_active


TABLE = workbook([UNIT]).read()
FILES = {name: case for name, case in BAD.items() if name != "no heading"} | {
    "no heading": (workbook([{"列A": 1}]).read(), "list.xlsx", "見出しの行が見つかりません"),
    "no rows": ("コード,名称\r\n".encode(), "list.csv", files.NO_ROWS),
    "a heading twice": ("コード,名称,コード\r\n1,x,2\r\n".encode(), "list.csv", "2つ以上"),
    "nothing": (b"", "list.xlsx", pages.EMPTY_FILE),
    "blanks": (b"  \r\n", "list.csv", "見出しの行が見つかりません"),
    "cut short": (TABLE[: len(TABLE) // 2], "list.xlsx", "保存し直してください"),
    "odd bytes": (b"\xff\xff\xfe\x81", "list.csv", "1行目に、UTF-8としても"),
    "open quote": ('コード,名称\r\n"010,市民部\r\n'.encode(), "list.csv", "引用符"),
    "too many rows": (
        ("コード,名称\r\n" + "1,x\r\n" * (files.MAX_ROWS + 1)).encode(), "list.csv",
        files.TOO_MANY_ROWS,
    ),
    "too large": (b"x" * (5 * 1024 * 1024 + 1), "list.csv", pages.TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "sentence"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_used_is_answered_with_a_sentence(
    administration, content, name, sentence
):
    response = look(administration, Department, SimpleUploadedFile(name, content))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert not Department.objects.exists()


def test_another_kind_of_workbook_is_not_read(administration, tmp_path):
    path = ods(tmp_path / "list.ods", table(texts("コード", "名称")))
    response = look(administration, Department, SimpleUploadedFile("list.ods", path.read_bytes()))
    assert files.WRONG_FORMAT in response.content.decode()


def test_no_file_is_told(administration):
    response = administration.post(address(Department, "import"), {})
    assert pages.NO_FILE in response.content.decode()


@pytest.mark.parametrize("person", ["member", "division_person", "reader"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nobody_but_an_administrator_takes_in_or_writes_out(
    client, administration, request, person, model
):
    ticket = look(administration, Department, workbook([UNIT])).context["ticket"]
    client.force_login(request.getfixturevalue(person))
    before = state()
    for page in ("import", "process_import", "export"):
        sent = {"file": workbook([UNIT]), "ticket": ticket, "format": "1"}
        assert client.get(address(model, page)).status_code == 302
        assert client.post(address(model, page), sent).status_code == 302
    assert state() == before


def test_what_was_changed_after_the_preview_is_not_overwritten(administration):
    unit = factories.DepartmentFactory(code="010", name="市民部")
    preview = look(administration, Department, workbook([UNIT | {"名称": "市民生活部"}]))
    rename(unit, "くらし部")
    answer = confirm(administration, Department, preview)
    assert answer.status_code == 409
    assert pages.CHANGED_MEANWHILE in answer.content.decode()
    assert "<del>くらし部</del> → <ins>市民生活部</ins>" in answer.content.decode()
    assert Department.objects.get().name == "くらし部"
    confirm(administration, Department, answer)
    assert Department.objects.get().name == "市民生活部"


def test_an_unchanged_row_that_somebody_changed_after_the_preview_is_not_reset(administration):
    unit = factories.DepartmentFactory(code="010", name="市民部")
    preview = look(administration, Department, workbook([UNIT, {"コード": "20", "名称": "新部"}]))
    rename(unit, "くらし部")
    assert confirm(administration, Department, preview).status_code == 409
    assert list(Department.objects.values_list("name", flat=True)) == ["くらし部"]


def test_what_became_wrong_after_the_preview_is_told(administration, department):
    rows = [{"コード": "1", "名称": "窓口課", "部局室": "市民部"}]
    preview = look(administration, Division, workbook(rows))
    factories.DivisionFactory(department=department, code="2", name="窓口課")
    assert problems(confirm(administration, Division, preview)) == [(2, "")]


def test_pressing_twice_writes_once(administration):
    preview = look(administration, Department, workbook([UNIT]))
    confirm(administration, Department, preview)
    assert confirm(administration, Department, preview).status_code == 409
    assert Department.history.count() == 1


def test_another_administrator_cannot_confirm(client, administration):
    preview = look(administration, Department, workbook([UNIT]))
    client.force_login(factories.administrator(username="kanri2"))
    answer = confirm(client, Department, preview)
    assert answer.status_code == 403
    assert tickets.NOT_YOURS in answer.content.decode()
    assert not Department.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_do_not_overwrite_each_other(administration):
    unit = factories.DepartmentFactory(code="010", name="市民部")
    other = Client()
    other.force_login(factories.administrator(username="kanri2"))
    desks = {"くらし部": administration, "市民生活部": other}
    rows = {name: workbook([UNIT | {"名称": name}]) for name in desks}
    previews = {name: look(desks[name], Department, rows[name]) for name in desks}
    start = Barrier(len(desks), timeout=30)

    def press(name: str) -> int:
        start.wait()
        try:
            return confirm(desks[name], Department, previews[name]).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(desks)) as pool:
        assert sorted(pool.map(press, desks)) == [302, 409]
    assert unit.history.count() == 2


@pytest.mark.parametrize("ticket", ["", "x", "eyJhIjoxfQ:1abc:xyz", "\0"])
def test_a_ticket_that_was_not_issued_opens_nothing(administration, ticket):
    answer = administration.post(
        address(Department, "process_import"), {"ticket": ticket}, follow=True
    )
    assert tickets.UNREADABLE in answer.content.decode()


def test_a_ticket_opens_only_the_list_that_it_is_for(administration):
    preview = look(administration, Department, workbook([UNIT]))
    answer = confirm(administration, Division, preview, follow=True)
    assert tickets.UNREADABLE in answer.content.decode()


def test_a_preview_expires(administration, time_machine):
    time_machine.move_to("2026-11-24 09:00+09:00", tick=False)
    preview = look(administration, Department, workbook([UNIT]))
    time_machine.shift(tickets.VALID_SECONDS + 1)
    answer = confirm(administration, Department, preview, follow=True)
    assert tickets.EXPIRED in answer.content.decode()
    assert not Department.objects.exists()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_pages_are_in_japanese_and_without_inline_styles(administration, model):
    for page in ("import", "export", "changelist"):
        html = administration.get(address(model, page)).content.decode()
        content = html[html.index('id="content"') :]
        for foreign in (
            "style=",
            "onclick=",
            "onchange=",
            "Submit",
            "Import",
            "Export",
            "Resource",
        ):
            assert foreign not in content
