"""An import from its start to its end: progress, stopped work, result, undo; who sees whose."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from procedures import bulk_import
from procedures.bulk_import.progress import STOPPED
from procedures.models import ImportRun, Procedure
from procedures.permissions import NOT_YOUR_DEPARTMENT
from tests.pages import same_page, text
from tests.procedures.test_import_return import edit
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
State = ImportRun.State
GOOD = {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(client, administrator, department):
    """The administrator's client."""
    client.force_login(administrator)
    return client


@pytest.fixture
def run(administrator, department):
    """A previewed run of the administrator's."""
    return bulk_import.preview(workbook([GOOD]), file_name="list.xlsx", by=administrator)


def at_work(run, state, *, silent_for=timedelta(0), **progress):
    """Makes ``run`` look as if a process were at work on it, heard of so long ago."""
    worker = f"elsewhere/{1}/abc"
    heard_at = timezone.now() - silent_for
    who = (
        {"applied_by": run.created_by, "applied_at": run.created_at}
        if state == State.UNDOING
        else {}
    )
    ImportRun.objects.filter(pk=run.pk).update(
        state=state, worker=worker, heard_at=heard_at, **who, **progress
    )
    run.refresh_from_db()


def page_of(client, run):
    return client.get(reverse("import_detail", args=[run.pk]))


@pytest.mark.parametrize("state", ImportRun.WORKING)
def test_work_shows_its_step_and_rows(client, run, state):
    at_work(run, state, progress_step="台帳と比べています", progress_done=500, progress_total=1200)
    page = text(page_of(client, run))
    assert "台帳と比べています" in page
    assert "1,200行のうち500行が済みました" in page
    assert "最新の状態を見る" in page
    fragment = client.get(reverse("import_progress", args=[run.pk]), headers=HTMX)
    assert 'max="1200" value="500"' in text(fragment)
    assert 'hx-trigger="every 1s"' in text(fragment)


@pytest.mark.parametrize("state", ImportRun.WORKING)
def test_progress_gives_the_page_as_it_loads_afterwards(client, run, state):
    at_work(run, state, progress_step="台帳と比べています", progress_done=500, progress_total=1200)
    old = page_of(client, run)
    at_work(run, state, progress_step="書き込んでいます", progress_done=1100, progress_total=1200)
    fragment = client.get(reverse("import_progress", args=[run.pk]), headers=HTMX)
    assert "書き込んでいます" in text(fragment)
    same_page(old, fragment, "progress", page_of(client, run))


def test_when_the_work_is_over_the_page_is_loaded_again(client, run):
    fragment = client.get(reverse("import_progress", args=[run.pk]), headers=HTMX)
    assert fragment["HX-Refresh"] == "true"


@pytest.mark.parametrize("state", ImportRun.WORKING)
def test_work_that_died_is_recognised_and_says_what_to_do(client, run, state):
    at_work(run, state, silent_for=timedelta(minutes=6))
    before = list(ImportRun.objects.values())
    page = text(page_of(client, run))
    assert STOPPED[State(state)] in page
    assert ("もう一度取り消す" if state == State.UNDOING else "もう一度読む") in page
    assert client.get(reverse("import_progress", args=[run.pk]), headers=HTMX)["HX-Refresh"]
    assert "中断" in text(client.get(reverse("import_list")))
    assert list(ImportRun.objects.values()) == before


@pytest.mark.parametrize("state", [State.READING, State.APPLYING])
def test_stopped_work_is_read_again_in_one_press(client, run, state):
    at_work(run, state, silent_for=timedelta(minutes=6))
    client.post(reverse("import_again", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == State.PREVIEWED


def test_a_run_broken_off_says_so_and_is_read_again(client, run):
    at_work(run, State.READING, silent_for=timedelta(minutes=6))
    bulk_import.mark_broken_off()
    page = text(page_of(client, run))
    assert STOPPED[State.READING] in page
    assert "もう一度読む" in page
    client.post(reverse("import_again", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == State.PREVIEWED


def test_work_that_goes_on_is_not_begun_twice(client, run):
    at_work(run, State.READING)
    answer = client.post(reverse("import_again", args=[run.pk]), follow=True)
    assert "いま別の操作が進んでいる" in text(answer)
    run.refresh_from_db()
    assert run.worker


def test_an_import_is_taken_back_whole(client, run):
    client.post(reverse("import_apply", args=[run.pk]))
    page = text(page_of(client, run))
    assert "取り込みました。新規 1件、変更 0件です。" in page
    assert "取込を取り消す" in page
    page = text(client.post(reverse("import_undo", args=[run.pk]), follow=True))
    assert "この取込は取り消されました" in page
    assert "すべて元に戻りました" in page
    assert not Procedure.objects.exists()


def test_what_was_edited_since_is_named_after_an_undo(client, run, administrator):
    client.post(reverse("import_apply", args=[run.pk]))
    procedure = Procedure.objects.get()
    edit(procedure, administrator, note="後から書いた備考")
    page = text(client.post(reverse("import_undo", args=[run.pk]), follow=True))
    assert "元に戻さなかったもの（1件）" in page
    assert reverse("procedure_detail", args=[procedure.pk]) in page


def test_an_undo_that_stopped_is_pressed_again(client, run):
    client.post(reverse("import_apply", args=[run.pk]))
    at_work(run, State.UNDOING, silent_for=timedelta(minutes=6))
    client.post(reverse("import_undo", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == State.UNDONE


def test_a_refused_file_and_a_discarded_one_stay_to_be_looked_at(client, run):
    client.post(reverse("import_discard", args=[run.pk]))
    assert "取りやめ" in text(page_of(client, run))
    refused = bulk_import.preview(workbook([{"列": 1}]), file_name="list.xlsx", by=run.created_by)
    page = text(page_of(client, refused))
    assert "手続の一覧が見つかりません" in page
    assert "別のファイルを選ぶ" in page


def test_a_team_member_imports_for_the_own_department_only(client, member, other_department):
    client.force_login(member)
    rows = [GOOD, GOOD | {"手続番号": "2", "手続名": "犬の登録", "部局室": other_department.name}]
    client.post(reverse("import_list"), {"file": workbook(rows)})
    run = ImportRun.objects.get()
    assert (run.counts["new"], run.counts["rejected"]) == (1, 1)
    page = text(page_of(client, run))
    assert NOT_YOUR_DEPARTMENT.format(department=other_department.name) in page
    client.post(reverse("import_apply", args=[run.pk]))
    assert Procedure.objects.get().number == "1"
    assert "取込を取り消す" in text(page_of(client, run))
    client.post(reverse("import_undo", args=[run.pk]))
    assert not Procedure.objects.exists()


PAGES = ("import_detail", "import_progress", "import_mapping", "import_diff", "import_rejected")
ACTIONS = (
    *("import_apply", "import_again", "import_discard", "import_undo", "import_values"),
    *("import_year", "import_deputy", "import_decide_rest"),
)


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS, "import_decide", "import_leave_out"])
def test_the_import_of_another_team_is_not_there(client, member, other_member, department, name):
    run = bulk_import.preview(workbook([GOOD]), file_name="list.xlsx", by=member)
    target = run.rows.get().pk if name in ("import_decide", "import_leave_out") else run.pk
    client.force_login(other_member)
    send = client.get if name in PAGES else client.post
    assert send(reverse(name, args=[target])).status_code == 404
    assert run.file_name not in text(client.get(reverse("import_list")))


def test_the_division_may_undo_what_a_team_imported(client, member, division_person):
    run = bulk_import.preview(workbook([GOOD]), file_name="list.xlsx", by=member)
    bulk_import.apply(run.pk, by=member)
    client.force_login(division_person)
    assert "取込を取り消す" in text(page_of(client, run))
    client.post(reverse("import_undo", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == State.UNDONE


def test_the_navigation_offers_the_import_to_teams(client, member, reader):
    for person, is_offered in ((member, True), (reader, False)):
        client.force_login(person)
        page = text(client.get(reverse("procedure_list")))
        assert (f'href="{reverse("import_list")}"' in page) == is_offered
