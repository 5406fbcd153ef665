"""The sheet of a team's yearly volumes: what is saved, what is asked, and what stays."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.actions import set_volume
from procedures.models import Procedure, YearlyVolume
from procedures.permissions import NOT_YOUR_DEPARTMENT, VOLUMES_ARE_FOR_TEAMS
from procedures.plausibility import Doubt
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.forms.fields import OUTDATED
from tracking.forms.versioned import CHOOSE
from tracking.views.volume_sheet import ROWS_PER_PAGE

SHEET = "volume-sheet"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(date(2026, 11, 24)):
        yield


@pytest.fixture
def procedures(department):
    """Three procedures of the team; the first had 90 last year."""
    first, *others = factories.ProcedureFactory.create_batch(3, department=department)
    factories.VolumeFactory(procedure=first, fiscal_year=2024, total=90, online=45)
    return [first, *others]


class Sheet:
    """A person before the sheet."""

    def __init__(self, client, query="") -> None:
        self.client = client
        self.address = reverse("volume_sheet") + query

    def opens(self) -> str:
        return text(self.client.get(self.address))

    def saves(self, page: str, **changes):
        """The answer to 保存; ``total_5="7"`` is the number in the row of the procedure 5."""
        named = {}
        for name, value in changes.items():
            field, _, key = name.rpartition("_")
            named[f"row{key}-{field}"] = value
        return self.client.post(self.address, sent_by(page, SHEET, **named))


@pytest.fixture
def sheet(signed_in, member):
    """A member of the team before the sheet."""
    return Sheet(signed_in(member))


def volumes(year=2025) -> dict[int, tuple[int | None, int | None]]:
    rows = YearlyVolume.objects.filter(fiscal_year=year)
    return {row.procedure_id: (row.total, row.online) for row in rows}


def test_the_last_complete_year_is_asked_for_with_last_year_beside(sheet, procedures):
    page = sheet.opens()

    assert "令和7年度（2025年度）" in page
    row = words(element(page, f"sheet-{procedures[0].pk}"))
    assert procedures[0].name in row
    assert "90 45" in row
    assert "不明 不明" in words(element(page, f"sheet-{procedures[1].pk}"))


def test_one_press_saves_the_changed_rows_only(sheet, procedures, member):
    first, second, third = (one.pk for one in procedures)

    response = sheet.saves(
        sheet.opens(),
        **{f"total_{first}": "１００", f"online_{first}": "50", f"total_{third}": "0"},
    )

    assert response.status_code == 302
    assert response.url.startswith(f"{reverse('volume_sheet')}?fiscal_year=2025")
    (message,) = response.wsgi_request._messages
    assert str(message) == "2件の手続の件数を保存しました。"
    assert volumes() == {first: (100, 50), third: (0, None)}
    versions = dict(Procedure.objects.values_list("pk", "version"))
    assert versions == {first: 2, second: 1, third: 2}
    assert YearlyVolume.history.filter(by_name=str(member)).count() == 2


def test_saving_without_an_edit_writes_nothing(sheet, procedures):
    assert sheet.saves(sheet.opens()).status_code == 302
    assert volumes() == {}


def test_rows_with_a_question_or_a_mistake_stay_and_the_others_are_saved(sheet, procedures):
    first, second, third = (one.pk for one in procedures)

    response = sheet.saves(
        sheet.opens(),
        **{
            f"total_{first}": "900",
            f"total_{second}": "7",
            f"total_{third}": "3",
            f"online_{third}": "4",
        },
    )

    page = text(response)
    assert response.status_code == 422
    assert volumes() == {second: (7, None)}
    assert "1件は保存しました" in page
    assert "次の2件はまだ保存していません" in page
    assert "保存しました" in words(element(page, f"sheet-{second}"))
    asked = words(element(page, f"sheet-{first}"))
    assert "この値で正しい" in asked
    assert "桁に間違いはありませんか" in asked
    assert "オンライン件数は年間件数以下にしてください。" in words(element(page, f"sheet-{third}"))

    token = next(row.form.token for row in response.context["rows"] if row.procedure.pk == first)
    again = sheet.saves(page, **{f"confirmed_{first}": token, f"online_{third}": "3"})
    assert again.status_code == 302
    assert volumes() == {first: (900, None), second: (7, None), third: (3, 3)}


def test_what_is_no_number_stays_as_it_was_typed(sheet, procedures):
    key = procedures[0].pk
    response = sheet.saves(sheet.opens(), **{f"total_{key}": "たくさん"})

    assert response.status_code == 422
    assert "件数として読み取れません" in text(response)
    assert 'value="たくさん"' in text(response)


def test_a_row_that_somebody_else_changed_shows_both_and_is_saved_after_the_choice(
    sheet, procedures, division_person
):
    first, second, _ = (one.pk for one in procedures)
    page = sheet.opens()
    set_volume(
        procedure_id=first, fiscal_year=2025, total=120, online=60, certainty="actual",
        version=1, by=division_person,
    )  # fmt: skip

    response = sheet.saves(page, **{f"total_{first}": "130", f"total_{second}": "7"})

    assert response.status_code == 409
    assert volumes() == {first: (120, 60), second: (7, None)}
    row = words(element(text(response), f"sheet-{first}"))
    for shown in ("あなたの入力：130", "ほかの人の変更：120", str(division_person)):
        assert shown in row

    undecided = sheet.saves(text(response))
    assert undecided.status_code == 422
    assert CHOOSE.format(label="年間件数") in text(undecided)
    decided = sheet.saves(text(undecided), **{f"choice_total_{first}": "mine"})
    assert decided.status_code == 302
    assert volumes()[first] == (130, 60)


def test_a_row_that_somebody_else_filled_and_nobody_touched_here_stays_as_it_is(
    sheet, procedures, division_person
):
    first = procedures[0].pk
    page = sheet.opens()
    set_volume(
        procedure_id=first, fiscal_year=2025, total=900, online=None, certainty="actual",
        version=1, by=division_person,
    )  # fmt: skip

    assert sheet.saves(page).status_code == 302
    assert volumes() == {first: (900, None)}


def test_only_rows_without_a_total_can_be_asked_for(signed_in, member, procedures):
    factories.VolumeFactory(procedure=procedures[1], fiscal_year=2025, total=0)
    factories.VolumeFactory(procedure=procedures[2], fiscal_year=2025, total=None, online=0)

    page = Sheet(signed_in(member), "?fiscal_year=2025&missing=on").opens()

    assert [one.name in page for one in procedures] == [True, False, True]


def test_the_running_year_is_said_once_and_not_asked_about_in_each_row(
    signed_in, member, procedures
):
    sheet = Sheet(signed_in(member), "?fiscal_year=2026")
    page = sheet.opens()

    assert "まだ終わっていません" in page
    assert sheet.saves(page, **{f"total_{procedures[1].pk}": "5"}).status_code == 302
    assert volumes(2026) == {procedures[1].pk: (5, None)}


@pytest.mark.parametrize(
    "query", ["?fiscal_year=2027", "?fiscal_year=x", "?department=x", "?department=0"]
)
def test_an_invalid_filter_shows_its_error_and_no_rows(signed_in, member, procedures, query):
    response = signed_in(member).get(reverse("volume_sheet") + query)

    assert response.status_code == 200
    assert procedures[0].name not in text(response)
    assert "error-summary" in text(response)
    assert signed_in(member).post(reverse("volume_sheet") + query).status_code == 422


def test_abolished_procedures_and_those_of_others_are_not_in_the_sheet(
    sheet, procedures, department, other_department
):
    abolished = factories.ProcedureFactory(department=department, abolished_on=date(2026, 4, 1))
    foreign = factories.ProcedureFactory(department=other_department)

    page = sheet.opens()

    assert procedures[0].name in page
    assert abolished.name not in page
    assert foreign.name not in page


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_the_division_chooses_a_department_first(
    signed_in, procedures, department, person, request
):
    client = signed_in(request.getfixturevalue(person))
    assert "部局室を選んでください。" in Sheet(client).opens()
    assert procedures[0].name not in Sheet(client).opens()

    chosen = Sheet(client, f"?fiscal_year=2025&department={department.pk}")
    key = procedures[0].pk
    assert chosen.saves(chosen.opens(), **{f"total_{key}": "95"}).status_code == 302
    assert volumes() == {key: (95, None)}


def test_a_person_in_two_teams_sees_both_and_may_choose_one(
    signed_in, department, other_department, procedures
):
    person = factories.member_of(department)
    factories.TeamMembership.objects.create(
        user=person, role=factories.Role.MEMBER, department=other_department
    )
    other = factories.ProcedureFactory(department=other_department)

    both = Sheet(signed_in(person)).opens()
    assert other.name in both
    assert procedures[0].name in both
    one = Sheet(signed_in(person), f"?department={other_department.pk}").opens()
    assert other.name in one
    assert procedures[0].name not in one


def test_a_reader_is_told_whom_the_sheet_is_for(signed_in, reader):
    response = signed_in(reader).get(reverse("volume_sheet"))

    assert response.status_code == 403
    assert VOLUMES_ARE_FOR_TEAMS in text(response)


def test_a_row_of_another_department_is_refused_and_nothing_is_written(
    sheet, procedures, other_department
):
    foreign = factories.ProcedureFactory(department=other_department)
    own = procedures[1].pk
    sent = sent_by(sheet.opens(), SHEET, **{f"row{own}-total": "7"})
    row = f"row{foreign.pk}"
    sent |= {f"{row}-version": 1, f"{row}-total": "9", f"{row}-certainty": "actual"}

    response = sheet.client.post(sheet.address, sent | {"row": [own, foreign.pk]})

    assert response.status_code == 403
    assert NOT_YOUR_DEPARTMENT.format(department=other_department) in text(response)
    assert volumes() == {}


@pytest.mark.parametrize("keys", [["x"], ["9" * 30], ["-1"], ["0"], ["999999"]])
def test_rows_that_are_none_are_passed_over(sheet, procedures, keys):
    response = sheet.client.post(sheet.address, {"row": keys})

    assert response.status_code == 302
    assert volumes() == {}


def test_more_rows_than_a_page_has_are_refused(sheet, procedures):
    sent = {"row": [procedures[0].pk] * (ROWS_PER_PAGE + 1)}
    assert sheet.client.post(sheet.address, sent).status_code == 400


@pytest.mark.parametrize("missing", ["version", "certainty", "total"])
def test_a_row_with_a_part_left_out_writes_nothing_wrong(sheet, procedures, missing):
    key = procedures[0].pk
    factories.VolumeFactory(procedure=procedures[0], fiscal_year=2025, total=80)

    response = sheet.saves(sheet.opens(), **{f"{missing}_{key}": None, f"online_{key}": "1"})

    assert response.status_code == 422
    assert volumes() == {key: (80, None)}


def test_the_sheet_has_pages_and_stays_on_one_after_a_save(signed_in, member, department):
    factories.ProcedureFactory.create_batch(ROWS_PER_PAGE + 1, department=department)
    last = Procedure.objects.order_by("number").last()
    sheet = Sheet(signed_in(member), "?fiscal_year=2025&page=2")

    page = sheet.opens()
    assert last.name in page
    response = sheet.saves(page, **{f"total_{last.pk}": "5"})

    assert response.url.endswith("page=2")
    assert volumes() == {last.pk: (5, None)}


@pytest.mark.parametrize("is_saved", [False, True])
def test_a_full_page_takes_as_many_queries_as_one_row(signed_in, member, department, is_saved):
    def queries() -> int:
        sheet = Sheet(signed_in(member))
        page = sheet.opens()
        totals = {f"total_{one.pk}": "5" for one in Procedure.objects.all()} if is_saved else {}
        YearlyVolume.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            if is_saved:
                assert sheet.saves(page, **totals).status_code == 302
            else:
                sheet.opens()
        return len(captured)

    factories.ProcedureFactory(department=department)
    queries()  # the first row of a table costs SQLite a statement of its own
    few = queries()
    factories.ProcedureFactory.create_batch(ROWS_PER_PAGE - 1, department=department)
    assert queries() == few


def test_questions_of_a_row_are_about_its_own_last_year(sheet, procedures):
    second = procedures[1].pk
    factories.VolumeFactory(procedure=procedures[1], fiscal_year=2024, total=10)
    response = sheet.saves(
        sheet.opens(), **{f"total_{procedures[0].pk}": "100", f"total_{second}": "100"}
    )
    (asked,) = response.context["to_look_at"]
    assert asked.procedure.pk == second
    assert [question.doubt for question in asked.form.asked] == [Doubt.TENFOLD]


def test_an_impossible_number_is_refused_before_anything_is_asked(sheet, procedures):
    first = procedures[0].pk

    response = sheet.saves(sheet.opens(), **{f"total_{first}": "5", f"online_{first}": "9"})

    (row,) = response.context["to_look_at"]
    assert row.form.asked == ()
    assert "オンライン件数は年間件数以下にしてください。" in text(response)
    assert volumes() == {}


def test_a_blank_year_is_the_last_complete_one(signed_in, member, procedures):
    page = Sheet(signed_in(member), "?fiscal_year=").opens()

    assert '<option value="2025" selected>' in page


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 19, "9" * 5_000])
def test_a_version_that_no_row_has_is_refused_with_the_row_alone(sheet, procedures, version):
    first, second = procedures[0].pk, procedures[1].pk
    sent = {f"version_{first}": version, f"total_{first}": "5", f"total_{second}": "100"}

    response = sheet.saves(sheet.opens(), **sent)

    assert response.status_code == 422
    assert OUTDATED in text(response)
    assert list(volumes()) == [second]
