"""The commands' promises: exit status, the JSON line, the template, the check of stored results."""

import io
import json
from pathlib import Path

import pytest
from django.core.files import File
from django.core.management import CommandError, call_command

from procedures import bulk_import
from procedures.management.terminal import TerminalReport
from procedures.models import ImportRun, Procedure, Source
from tests import factories
from tests.workbooks import workbook
from tracking.actions.plans import save_row

pytestmark = pytest.mark.django_db
SURVEY = Path(__file__).parents[3] / "shared" / "data" / "national_inventory_local.xlsx"
needs_survey = pytest.mark.skipif(
    not SURVEY.exists(), reason="the national survey file is not beside the project"
)


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path, department):
    """A workbook with one good row and one bad one."""
    rows = [
        {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部", "本人確認": "要"},
        {"手続番号": "2", "手続名": "転居の届出", "部局室": "市民部", "本人確認": "要?"},
    ]
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(rows).read())
    return path


def test_import_prints_one_last_line_of_json(file):
    result = json.loads(run("import_procedures", file, "--json").splitlines()[-1])
    assert result.pop("seconds") >= 0
    assert result == {"new": 1, "changed": 0, "unchanged": 0, "rejected": 1}
    assert Procedure.objects.get().history.get().by_name == "コマンド実行"


def test_import_names_the_rejected_cell_and_what_is_allowed(file):
    text = run("import_procedures", file)
    assert "3行目「本人確認」" in text
    assert "未調査" in text


def test_dry_run_writes_nothing_at_all(file):
    result = json.loads(run("import_procedures", file, "--dry-run", "--json").splitlines()[-1])
    assert result["new"] == 1
    assert not Procedure.objects.exists()
    assert not ImportRun.objects.exists()


def test_import_by_a_named_administrator(file, administrator):
    run("import_procedures", file, "--by", administrator.username)
    assert Procedure.objects.get().history.get().history_user == administrator


@pytest.mark.parametrize("name", ["reader", "nobody"])
def test_import_by_somebody_else_is_refused(file, reader, name):
    with pytest.raises(CommandError, match=name):
        run("import_procedures", file, "--by", name)
    assert not Procedure.objects.exists()


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_file_that_cannot_be_read_ends_with_status_2(tmp_path, db, dry):
    path = tmp_path / "list.xlsx"
    path.write_text("これはブックではありません")
    with pytest.raises(CommandError) as refusal:
        run("import_procedures", path, *dry)
    assert refusal.value.returncode == 2
    assert "保存し直してください" in str(refusal.value)


def test_a_file_that_is_not_there_ends_with_status_2(tmp_path, db):
    with pytest.raises(CommandError) as refusal:
        run("import_procedures", tmp_path / "none.xlsx")
    assert refusal.value.returncode == 2


def test_the_template_reads_back_empty(tmp_path, department):
    factories.ServiceFactory()
    path = tmp_path / "template.xlsx"
    run("make_template", path)
    result = json.loads(run("import_procedures", path, "--json").splitlines()[-1])
    assert [result[key] for key in ("new", "changed", "unchanged", "rejected")] == [0, 0, 0, 0]


def test_check_inventory_passes_and_finds_a_tampered_result(department):
    procedure = factories.ProcedureFactory(clear=True)
    assert "違いはありません" in run("check_inventory")
    Procedure.objects.filter(pk=procedure.pk).update(category="exempt")
    with pytest.raises(CommandError):
        run("check_inventory")
    assert "1件の結果が変わりました" in run("reclassify")
    assert "違いはありません" in run("check_inventory")


def test_reclassify_of_a_correct_inventory_writes_no_history(department):
    procedure = factories.ProcedureFactory(clear=True)
    assert "0件の結果が変わりました" in run("reclassify")
    assert procedure.history.count() == 1


@pytest.mark.once
@pytest.mark.skipif(
    not SURVEY.exists(), reason="the national survey file is not beside the project"
)
def test_the_survey_changes_only_the_reference_of_a_procedure_that_the_city_keeps(department):
    kept = factories.ProcedureFactory(
        department=department, name="市の呼び名の届出", national_id="9064", clear=True
    )
    result = json.loads(run("import_procedures", SURVEY, "--json").splitlines()[-1])
    assert (result["new"], result["changed"]) == (9011, 1)
    kept.refresh_from_db()
    assert kept.national_state == "not_started"
    assert (kept.name, kept.identity_check, kept.department) == (
        "市の呼び名の届出", "not_needed", department,
    )  # fmt: skip
    assert not kept.legal_bases.exists()


@pytest.mark.skipif(
    not SURVEY.exists(), reason="the national survey file is not beside the project"
)
def test_the_national_survey_comes_in_whole_and_once(db):
    first = json.loads(run("import_procedures", SURVEY, "--json").splitlines()[-1])
    assert (first["new"], first["rejected"]) == (9012, 0)
    written = Procedure.history.count()
    again = json.loads(run("import_procedures", SURVEY, "--json").splitlines()[-1])
    assert (again["unchanged"], again["changed"], again["new"]) == (9012, 0, 0)
    assert Procedure.history.count() == written
    assert Procedure.objects.unassigned().count() == 9012
    assert not Procedure.objects.filter(category="exempt").exists()
    assert "違いはありません" in run("check_inventory")


def test_undo_import_takes_it_back_and_names_what_it_left(file, administrator):
    run("import_procedures", file)
    procedure = Procedure.objects.get()
    assert "0件" in run("undo_import", ImportRun.objects.get().pk)
    assert not Procedure.objects.exists()
    run("import_procedures", file)
    procedure = Procedure.objects.get()
    save_row(
        procedure_id=procedure.pk, answers={"note": "後の備考"}, plan={}, plan_version=0,
        procedure_version=procedure.version, by=administrator, source=Source.INLINE,
    )  # fmt: skip
    said = run("undo_import", ImportRun.objects.first().pk)
    assert str(procedure) in said
    assert "1件" in said


def test_undo_import_of_what_is_not_there_is_refused(db):
    with pytest.raises(CommandError, match="999"):
        run("undo_import", 999)


def test_work_on_import_does_what_a_run_waits_for(file, administrator):
    with Path(file).open("rb") as opened:
        waiting = bulk_import.receive(File(opened), file_name="list.xlsx", by=administrator)
    run("work_on_import", waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == ImportRun.State.PREVIEWED
    with pytest.raises(CommandError, match="確認待ち"):
        run("work_on_import", waiting.pk)


def test_conflicts_stay_as_they_are_unless_the_command_is_told(tmp_path, administrator, department):
    procedure = factories.ProcedureFactory(department=department, note="前")
    line = {
        "手続番号": procedure.number, "手続名": procedure.name, "備考": "表",
        "台帳ID": procedure.pk, "台帳の版": "1版0",
    }  # fmt: skip
    save_row(
        procedure_id=procedure.pk, answers={"note": "画面"}, plan={}, plan_version=0,
        procedure_version=1, by=administrator, source=Source.INLINE,
    )  # fmt: skip
    path = tmp_path / "returned.xlsx"
    path.write_bytes(workbook([line]).read())
    assert "食い違い" in run("import_procedures", path)
    procedure.refresh_from_db()
    assert procedure.note == "画面"
    run("import_procedures", path, "--conflicts", "file")
    procedure.refresh_from_db()
    assert procedure.note == "表"


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "shown"),
    [(True, "\r比べています… 1/4行（25%）"), (False, "読んでいます…\n比べています…\n")],
)
def test_progress_is_one_line_of_a_terminal_and_a_line_a_step_elsewhere(is_terminal, shown):
    screen = Screen(is_terminal)
    report = TerminalReport(screen)
    report("読んでいます", 0, 0)
    report("比べています", 0, 4)
    report("比べています", 1, 4)
    assert shown in screen.getvalue()
    assert screen.getvalue().count("\n") == (0 if is_terminal else 2)
