"""The preview's page: filters and counts, decisions row by row, what an answer brings along."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import bulk_import
from procedures.bulk_import.applying import ASKED_ONCE_MORE, UNDECIDED
from procedures.bulk_import.deciding import LEFT_OUT
from procedures.import_display import LONGEST_VALUE
from procedures.models import ImportRow, ImportRun, Procedure
from procedures.views.import_context import NOTHING_TO_WRITE, STILL_UNDECIDED
from procedures.views.import_decisions import DEPUTY_NAMED
from tests import factories
from tests.pages import element, same_page, text, words
from tests.procedures.test_import_return import edit, exported
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
GOOD = {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(client, administrator, department):
    """The administrator's client."""
    client.force_login(administrator)
    return client


def preview(*rows, by):
    return bulk_import.preview(workbook(rows), file_name="list.xlsx", by=by)


def page_of(client, run, **query):
    return client.get(reverse("import_detail", args=[run.pk]), query)


def post(client, name, target, data=None, **options):
    return client.post(reverse(name, args=[target.pk]), data or {}, **options)


@pytest.fixture
def contested(department, administrator):
    """A run with one row whose note and whose assignee were changed on both sides."""
    procedure = factories.ProcedureFactory(department=department, note="元の備考")
    factories.PlanFactory(procedure=procedure, assignee="山田")
    line = exported(procedure, 備考="表の備考", 担当者="佐藤")
    edit(procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考")
    return preview(line, by=administrator)


@pytest.fixture
def alike(department, administrator):
    """A run with two new rows of the same name in the same division."""
    unit = {"部局室": "市民部", "課": "市民サービス課"}
    rows = [unit | {"手続番号": number, "手続名": "犬の登録の申請"} for number in ("D-1", "D-2")]
    return preview(*rows, by=administrator)


def test_the_counts_account_for_every_row(client, administrator):
    rows = [GOOD, GOOD | {"手続番号": "2", "部局室": "ない部"}, {"手続番号": "", "手続名": "合計"}]
    run = preview(*rows, by=administrator)
    page = page_of(client, run)
    assert "新規 1 + 変更 0 + 変更なし 0 + 取り込めない 1 + 対象外の行 1 = 全 3行" in text(page)


def test_each_count_is_the_number_of_rows_that_its_link_shows(client, contested):
    page = page_of(client, contested)
    for choice in [*page.context["outcomes"], *page.context["marks"]]:
        shown = client.get(reverse("import_detail", args=[contested.pk]) + f"?{choice.query}")
        assert shown.context["page_obj"].paginator.count == choice.count, choice
        assert sum(each.is_current for each in shown.context["outcomes"]) == 1


def test_outcome_mark_and_words_narrow_together(client, administrator, department):
    factories.ProcedureFactory(department=department, number="7", name="転居の届出", clear=True)
    rows = [
        GOOD,
        GOOD | {"手続番号": "7", "手続名": "転居の届出", "対面": "要"},
        GOOD | {"手続番号": "8", "手続名": "犬の登録"},
    ]
    run = preview(*rows, by=administrator)
    found = page_of(client, run, outcome="changed", mark="category", q="転居")
    assert [item.row.number for item in found.context["rows"]] == ["7"]
    assert not page_of(client, run, outcome="new", mark="category").context["rows"]
    assert "この条件の行はありません" in text(page_of(client, run, q="ありません"))


@pytest.mark.parametrize("query", [{"outcome": "x"}, {"mark": "x"}, {"row": "x"}])
def test_a_filter_that_cannot_be_is_not_found(client, alike, query):
    assert page_of(client, alike, **query).status_code == 404


def test_undecided_conflicts_are_shown_first_and_stop_the_button(client, contested):
    page = page_of(client, contested)
    assert page.context["chosen"].mark == "conflict"
    html = text(page)
    for value in ("元の備考", "画面の備考", "表の備考"):
        assert value in html
    assert STILL_UNDECIDED.format(count=2) in html
    assert re.search(r'id="apply-button"[^>]* disabled', html)


@pytest.mark.parametrize("choice", ["now", "file"])
def test_a_decision_answers_what_a_freshly_loaded_page_shows(client, contested, choice):
    row = contested.rows.get()
    data = {"decision": f"procedure note {choice}", "filter": "outcome=all&mark=conflict"}
    old = page_of(client, contested, outcome="all", mark="conflict")
    answer = post(client, "import_decide", row, data, headers=HTMX)
    assert answer.status_code == 200
    fresh = page_of(client, contested, outcome="all", mark="conflict")
    same_page(old, answer, f"row-{row.pk}", fresh)
    assert STILL_UNDECIDED.format(count=1) in text(fresh)


def test_all_decided_it_can_be_applied(client, contested, administrator):
    row = contested.rows.get()
    post(client, "import_decide", row, {"decision": "procedure note file"})
    post(client, "import_decide", row, {"decision": "plan assignee now"})
    post(client, "import_apply", contested)
    procedure = Procedure.objects.get()
    assert (procedure.note, procedure.plan.assignee) == ("表の備考", "鈴木")


def test_without_htmx_a_decision_goes_back_to_the_row(client, contested):
    row = contested.rows.get()
    data = {"decision": "procedure note now", "filter": "outcome=all&mark=conflict"}
    answer = post(client, "import_decide", row, data)
    assert answer.url == (
        reverse("import_detail", args=[contested.pk]) + f"?outcome=all&mark=conflict#row-{row.pk}"
    )


def test_a_decision_that_breaks_a_rule_is_said_at_the_row(client, department, administrator):
    procedure = factories.ProcedureFactory(department=department)
    factories.PlanFactory(procedure=procedure)
    line = exported(procedure, 状況="オンライン化済")
    edit(procedure, administrator, plan={"status": "preparing"})
    row = preview(line, by=administrator).rows.get()
    answer = post(client, "import_decide", row, {"decision": "plan status file"}, headers=HTMX)
    assert answer.status_code == 409
    assert "利用サービス" in words(element(text(answer), f"row-{row.pk}"))
    row.refresh_from_db()
    assert "choice" not in row.conflicts["plan"]["status"]


def test_the_rest_is_decided_at_once(client, contested):
    post(client, "import_decide", contested.rows.get(), {"decision": "procedure note now"})
    answer = client.post(
        reverse("import_decide_rest", args=[contested.pk]), {"choice": "file"}, follow=True
    )
    assert "残りの食い違いを決めました（1行）" in text(answer)
    assert bulk_import.undecided_count(contested) == 0


def test_applying_undecided_conflicts_is_refused_with_the_reason(client, contested):
    answer = client.post(reverse("import_apply", args=[contested.pk]), follow=True)
    assert UNDECIDED.format(count=2) in text(answer)
    assert Procedure.objects.get().note == "画面の備考"


def test_leaving_a_row_out_answers_what_a_freshly_loaded_page_shows(client, alike):
    row = alike.rows.first()
    for leave in ("1", "0"):
        data = {"leave": leave, "filter": "outcome=all&mark=similar"}
        old = page_of(client, alike, outcome="all", mark="similar")
        answer = post(client, "import_leave_out", row, data, headers=HTMX)
        fresh = page_of(client, alike, outcome="all", mark="similar")
        same_page(old, answer, f"row-{row.pk}", fresh)
        assert (LEFT_OUT in text(answer)) == (leave == "1")


def test_a_row_left_out_does_not_come_in(client, alike):
    row = alike.rows.first()
    post(client, "import_leave_out", row, {"leave": "1"})
    post(client, "import_apply", alike)
    assert [each.number for each in Procedure.objects.all()] == ["D-2"]


def test_near_duplicates_are_named_with_how_much_they_are_alike(client, alike):
    page = text(page_of(client, alike, mark="similar"))
    assert "同じ名前" in page
    assert "3行目の「犬の登録の申請」" in page


def test_cautions_are_asked_once_more(client, department, administrator):
    for number in range(12):
        factories.ProcedureFactory(department=department, number=f"N{number}", note="元")
    rows = [
        {"手続番号": each.number, "手続名": each.name, "部局室": "市民部", "備考": "新"}
        for each in Procedure.objects.all()
    ]
    run = preview(*rows, by=administrator)
    assert "3分の1より多く" in text(page_of(client, run))
    refused = client.post(reverse("import_apply", args=[run.pk]), follow=True)
    assert ASKED_ONCE_MORE in text(refused)
    client.post(reverse("import_apply", args=[run.pk]), {"confirmed": "1"})
    run.refresh_from_db()
    assert run.state == ImportRun.State.APPLIED


def test_rows_changed_since_the_preview_are_compared_again_and_shown_first(
    client, department, administrator
):
    procedure = factories.ProcedureFactory(department=department, number="1", note="元")
    row = {"手続番号": "1", "手続名": procedure.name, "部局室": "市民部", "備考": "表"}
    run = preview(row, by=administrator)
    edit(procedure, administrator, note="画面")
    page = client.post(reverse("import_apply", args=[run.pk]), follow=True)
    assert "プレビューの後に変更された手続が1件あります" in text(page)
    assert page.context["chosen"].mark == "stale"
    assert [item.row.is_stale for item in page.context["rows"]] == [True]
    procedure.refresh_from_db()
    assert procedure.note == "画面"


def test_a_deputy_goes_on_with_it(client, alike, division_person):
    address = reverse("import_deputy", args=[alike.pk])
    named = client.post(address, {"deputy": division_person.pk}, follow=True)
    assert DEPUTY_NAMED.format(person=division_person) in text(named)
    client.force_login(division_person)
    assert "取り込みますか" in text(page_of(client, alike))
    client.post(reverse("import_discard", args=[alike.pk]))
    alike.refresh_from_db()
    assert alike.state == ImportRun.State.DISCARDED


def test_somebody_who_may_not_apply_it_sees_no_button(client, alike, division_person):
    client.force_login(division_person)
    page = text(page_of(client, alike))
    assert "ここでは内容だけを見られます" in page
    for name in ("import_apply", "import_discard", "import_deputy", "import_again"):
        assert reverse(name, args=[alike.pk]) not in page
    assert "この行を取り込まない" not in page


def test_a_file_that_changes_nothing_says_so(client, administrator):
    run = preview(GOOD, by=administrator)
    bulk_import.apply(run.pk, by=administrator)
    again = preview(GOOD, by=administrator)
    page = text(page_of(client, again))
    assert NOTHING_TO_WRITE in page
    assert re.search(r'id="apply-button"[^>]* disabled', page)


@pytest.mark.parametrize("outcome", ["new", "all"])
def test_the_page_needs_as_many_queries_for_a_thousand_rows_as_for_one(
    client, administrator, outcome
):
    counted = []
    for count in (1, 1_000):
        rows = [
            GOOD | {"手続番号": f"{count}-{n}", "手続名": f"手続{n}の申請", "課": "市民サービス課"}
            for n in range(count)
        ]
        run = preview(*rows, by=administrator)
        page_of(client, run, outcome=outcome)
        with CaptureQueriesContext(connection) as queries:
            page = page_of(client, run, outcome=outcome)
        counted.append(len(queries))
        assert len(page.content) < 300_000
    assert counted[0] == counted[1] <= 16


def test_a_page_of_long_rows_stays_small_and_a_row_alone_is_whole(client, administrator):
    long = {"概要": "長" * 2_000, "備考": "備" * 2_000, "条項": "第1条", "根拠法令": "条例"}
    rows = [GOOD | long | {"手続番号": f"L{n}", "手続名": f"手続{n}の申請"} for n in range(100)]
    run = preview(*rows, by=administrator)
    page = page_of(client, run, outcome="new")
    assert len(page.content) < 300_000
    item = page.context["rows"][0]
    assert item.left_count
    assert max(len(change.new) for change in item.changes) <= LONGEST_VALUE
    alone = page_of(client, run, row=item.row.pk).context["rows"][0]
    assert alone.left_count == 0
    assert "備" * 2_000 in [change.new for change in alone.changes]


def test_looking_writes_nothing(client, contested):
    before = _state()
    for query in ({}, {"outcome": "all"}, {"mark": "conflict"}, {"q": "x"}, {"page": "9"}):
        page_of(client, contested, **query)
    for name in ("import_diff", "import_rejected", "import_mapping", "import_progress"):
        b"".join(client.get(reverse(name, args=[contested.pk])))
    client.get(reverse("import_list"))
    assert _state() == before


def _state():
    return (
        list(ImportRun.objects.values()),
        list(ImportRow.objects.values()),
        list(Procedure.objects.values()),
        Procedure.history.count(),
    )
