"""The survey as a reference table: replaced as a whole, linked by national id, told apart."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from procedures import bulk_import, survey, workers
from procedures.actions import create_procedure, update_procedure
from procedures.models import (
    Procedure,
    Source,
    SurveyDifference,
    SurveyEdition,
    SurveyProcedure,
)
from procedures.survey import loading
from procedures.survey.editions import BUSY, NOT_STOPPED, STOPPED
from tests import factories
from tests.surveys import survey_file, survey_row
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
State = SurveyEdition.State


@pytest.fixture
def load(division_person):
    """Loads a survey with the given rows."""

    def loaded(*rows, name="版", **options):
        file = survey_file(*rows)
        return survey.load(file, file_name=file.name, name=name, by=division_person, **options)

    return loaded


def table():
    return dict(SurveyProcedure.objects.values_list("national_id", "state"))


def told(edition):
    return [
        (one.national_id, one.fact, one.old, one.new)
        for one in edition.differences.order_by("national_id", "fact")
    ]


def said(procedure):
    procedure.refresh_from_db()
    return (
        procedure.national_state,
        procedure.national_planned_year,
        procedure.national_total_volume,
        procedure.national_online_volume,
    )


def test_a_first_edition_fills_the_table_and_tells_no_differences(load):
    edition = load(survey_row(1), survey_row(2, state="3 適用除外"), name="2025年版")
    assert edition.state == State.LOADED
    assert (edition.row_count, edition.added_count, edition.dropped_count) == (2, 2, 0)
    assert table() == {"1": "not_started", "2": "exempt"}
    assert told(edition) == []
    assert survey.current_edition() == edition


def test_a_new_edition_replaces_the_table_and_tells_functional_differences_only(load):
    load(survey_row(1), survey_row(2), survey_row(3))
    edition = load(
        survey_row(1, state="11：未　実施", name="届出 1", total=7),
        survey_row(2, state="3 適用除外", identity="2 押印"),
        survey_row(4),
    )
    assert (edition.row_count, edition.added_count, edition.dropped_count) == (3, 1, 1)
    assert table() == {"1": "not_started", "2": "exempt", "4": "not_started"}
    assert told(edition) == [
        ("2", "exempt", "not_started", "exempt"),
        ("2", "identity_check", "not_needed", "offline"),
    ]
    assert edition.difference_count == 2


def test_a_row_that_cannot_be_read_keeps_the_facts_of_the_edition_before(load):
    load(survey_row(1, state="1 実施済"), survey_row(2))
    edition = load(survey_row(1, state="?"), survey_row(2), survey_row(3, state="?"))
    assert table() == {"1": "online", "2": "not_started"}
    assert told(edition) == []
    assert (edition.left_out_count, edition.dropped_count) == (2, 0)
    assert [(row["national_id"], row["cell"]) for row in edition.left_out] == [
        ("1", "I2"),
        ("3", "I4"),
    ]


def test_linked_procedures_say_what_the_table_says_and_nothing_else_of_them_changes(load):
    linked = factories.ProcedureFactory(national_id="1", clear=True)
    other = factories.ProcedureFactory()
    vanished = factories.ProcedureFactory(national_id="99", national_state="online")
    before = linked.category, linked.changed_at, other.version
    edition = load(survey_row(1, state="1 実施済"))
    assert edition.refreshed_count == 1
    assert said(linked) == ("online", 2026, 1000, 250)
    other.refresh_from_db()
    assert (linked.category, linked.changed_at, other.version) == before
    entry = linked.history.first()
    assert (entry.change_source, entry.version) == (Source.COMMAND, 2)
    vanished.refresh_from_db()
    assert (vanished.national_state, vanished.version) == ("online", 1)
    again = load(survey_row(1, state="1 実施済"))
    assert again.refreshed_count == 0
    linked.refresh_from_db()
    assert linked.version == 2


def test_a_national_id_typed_later_brings_what_the_table_says(load, division_person):
    load(survey_row(1), survey_row(2, state="1 実施済", total=5, online=None))
    procedure = create_procedure(
        number="", department=None, values={"name": "届出", "national_id": "1"}, by=division_person
    )
    assert said(procedure) == ("not_started", 2026, 1000, 250)
    for national_id, expected in (
        ("2", ("online", 2026, 5, None)),
        ("77", ("", None, None, None)),
    ):
        update_procedure(
            procedure_id=procedure.pk,
            sent={"national_id": national_id},
            version=procedure.version,
            by=division_person,
            source=Source.FORM,
        )
        assert said(procedure) == expected


def test_an_edit_that_leaves_the_national_id_alone_asks_the_survey_nothing(load, division_person):
    procedure = factories.ProcedureFactory()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        update_procedure(
            procedure_id=procedure.pk,
            sent={"note": "x"},
            version=procedure.version,
            by=division_person,
            source=Source.FORM,
        )
    assert not [one for one in queries if "survey" in one["sql"].lower().replace("survey_note", "")]


def test_a_list_that_brings_national_ids_brings_what_the_table_says(load, administrator):
    load(survey_row(1))
    department = factories.DepartmentFactory(name="市民部")
    rows = [
        {
            "手続番号": number,
            "手続名": f"届出{number}",
            "部局室": department.name,
            "国の手続ID": key,
        }
        for number, key in (("A-1", "1"), ("A-2", "77"), ("A-3", None))
    ]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    bulk_import.apply(run.pk, by=administrator, confirmed=True)
    states = dict(Procedure.objects.values_list("number", "national_state"))
    assert states == {"A-1": "not_started", "A-2": "", "A-3": ""}
    bulk_import.undo(run.pk, by=administrator)
    assert not Procedure.objects.exists()


def test_undoing_an_import_gives_back_what_the_survey_said_before(load, administrator):
    load(survey_row(1), survey_row(2, state="1 実施済"))
    procedure = factories.ProcedureFactory(number="A-1", national_id="1")
    load(survey_row(1), survey_row(2, state="1 実施済"))
    rows = [{"手続番号": "A-1", "手続名": procedure.name, "備考": None, "国の手続ID": "2"}]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    bulk_import.apply(run.pk, by=administrator, confirmed=True)
    assert said(procedure)[0] == "online"
    bulk_import.undo(run.pk, by=administrator)
    assert said(procedure)[0] == "not_started"
    assert procedure.national_id == "1"


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("調査.xlsx", b"no workbook"),
        SimpleUploadedFile("一覧.csv", "手続番号,手続名,部局室\n1,届出,市民部\n".encode()),
    ],
)
def test_a_file_that_is_no_survey_is_refused_and_the_table_stays(load, division_person, file):
    load(survey_row(1))
    edition = survey.load(file, file_name=file.name, name="", by=division_person)
    assert edition.state == State.REFUSED
    assert edition.message.endswith("。")
    assert table() == {"1": "not_started"}
    assert survey.current_edition().name == "版"


def test_only_the_division_and_administrators_load(member, administrator):
    file = survey_file(survey_row(1))
    with pytest.raises(PermissionDenied):
        survey.receive(file, file_name=file.name, name="", by=member)
    assert not SurveyEdition.objects.exists()
    assert survey.receive(file, file_name=file.name, name="", by=administrator).name == "調査"


def test_a_failure_in_the_writing_leaves_the_old_edition_whole_and_can_be_done_again(
    load, division_person, monkeypatch
):
    load(survey_row(1))
    linked = factories.ProcedureFactory(national_id="2")
    with monkeypatch.context() as broken:
        broken.setattr(loading, "write_references", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            load(survey_row(2), name="新しい版")
    edition = SurveyEdition.objects.get(name="新しい版")
    assert (edition.state, edition.message) == (State.BROKEN_OFF, STOPPED)
    assert table() == {"1": "not_started"}
    assert not SurveyDifference.objects.exists()
    assert said(linked)[0] == ""
    survey.ask_again(edition, by=division_person)
    survey.perform(edition.pk)
    assert table() == {"2": "not_started"}
    assert said(linked)[0] == "not_started"


def test_one_file_at_a_time_and_a_stopped_one_is_recognised(division_person, load):
    file = survey_file(survey_row(1))
    first = survey.receive(file, file_name=file.name, name="一つ目", by=division_person)
    with pytest.raises(survey.NotLoadable, match=BUSY):
        survey.receive(file, file_name=file.name, name="二つ目", by=division_person)
    with pytest.raises(survey.NotLoadable, match="読込中"):
        survey.ask_again(first, by=division_person)
    assert not survey.has_stopped(first)
    long_ago = timezone.now() - workers.START - timedelta(seconds=1)
    SurveyEdition.objects.update(heard_at=long_ago)
    first.refresh_from_db()
    assert survey.has_stopped(first)
    load(survey_row(2), name="二つ目")
    first.refresh_from_db()
    assert first.state == State.BROKEN_OFF
    with pytest.raises(survey.NotLoadable):
        survey.perform(first.pk)


def test_work_that_was_taken_for_dead_writes_nothing(division_person, load, monkeypatch):
    load(survey_row(1))
    file = survey_file(survey_row(2))
    late = survey.receive(file, file_name=file.name, name="遅い版", by=division_person)

    def declared_dead(*arguments):
        SurveyEdition.objects.filter(pk=late.pk).update(state=State.BROKEN_OFF, worker="")
        return read_table(*arguments)

    read_table = loading.read_table
    monkeypatch.setattr(loading, "read_table", declared_dead)
    with pytest.raises(survey.NotLoadable):
        survey.perform(late.pk)
    assert table() == {"1": "not_started"}


def test_the_same_queries_for_one_row_and_for_many(load, monkeypatch):
    def queries_of(count):
        with CaptureQueriesContext(connection) as queries:
            load(*(survey_row(number) for number in range(count)))
        # As progress is told twice a second at most, a slow machine may tell of it more often.
        return len([one for one in queries if "progress_step" not in one["sql"]])

    load(survey_row(1))
    assert queries_of(2) == queries_of(300)


def test_the_command_says_what_came_of_it(tmp_path, capsys, load):
    path = tmp_path / "調査.xlsx"
    path.write_bytes(survey_file(survey_row(1), survey_row(2, state="?")).read())
    call_command("load_national_survey", str(path), "--name", "2026年版", "--json")
    output, errors = capsys.readouterr()
    assert "手続の数: 1\n" in output
    assert "かかった時間" in output
    assert '"row_count": 1' in output
    assert "3行目「オンライン化の実施状況」の「?」は" in errors
    assert survey.current_edition().name == "2026年版"
    path.write_bytes(b"")
    with pytest.raises(CommandError, match="空です"):
        call_command("load_national_survey", str(path))
    with pytest.raises(CommandError, match="ありません"):
        call_command("load_national_survey", str(tmp_path / "none.xlsx"))
    with pytest.raises(CommandError, match=NOT_STOPPED[:8]):
        call_command("work_on_survey", str(survey.current_edition().pk))
