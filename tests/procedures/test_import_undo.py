"""Undo: an import is taken back field by field; later edits stay and are named."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from procedures import bulk_import
from procedures.bulk_import.undoing import EDITED_SINCE, USED_SINCE
from procedures.classification import differences
from procedures.models import (
    Exemption,
    ImportRun,
    LegalBasis,
    Procedure,
    Source,
    YearlyVolume,
)
from tests import factories
from tests.procedures.test_bulk_import import HISTORIES, full_row, history_count, imported
from tests.procedures.test_import_return import edit
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db

STATE_OF = {
    Procedure: ("version", "changed_at"),
    LegalBasis: (),
    YearlyVolume: (),
    Exemption: (),
    MigrationPlan: ("version", "changed_at"),
}


@pytest.fixture
def office(department, other_department):
    factories.ServiceFactory(name="汎用電子申請")
    return department


def everything() -> dict[str, list[dict]]:
    """All rows that an import can change, but for versions and moments."""
    return {
        model.__name__: [
            {key: value for key, value in row.items() if key not in left_out}
            for row in model.objects.order_by("pk").values()
        ]
        for model, left_out in STATE_OF.items()
    }


def changed_row(**changes):
    """``full_row`` with another value in every table."""
    return full_row(
        **{
            "手続名": "住民票の写し等の交付請求",
            "部局室": "環境部",
            "課": None,
            "通知・交付物": "不要",
            "根拠法令": "別の法",
            "年間件数": 1500,
            "目標日": date(2028, 3, 31),
            "適用除外の根拠": "国",
            "備考": "取込の備考",
        }
        | changes
    )


def test_undo_restores_every_field_of_every_table(office, administrator):
    imported(full_row(), by=administrator)
    before = everything()
    run = imported(changed_row(), by=administrator)
    assert everything() != before
    run = bulk_import.undo(run.pk, by=administrator)
    assert everything() == before
    assert (run.state, run.undone_by, run.undo_left) == (
        ImportRun.State.UNDONE, administrator, [],
    )  # fmt: skip
    assert not list(differences(Procedure.objects.all()))


def test_undo_removes_what_the_import_added_and_keeps_its_history(office, administrator):
    run = imported(full_row(), full_row(手続番号="2", 手続名="転入の届出"), by=administrator)
    written = history_count()
    bulk_import.undo(run.pk, by=administrator)
    assert not any(model.objects.exists() for model in HISTORIES)
    assert history_count() == 2 * written
    assert {entry.change_source for entry in Procedure.history.filter(history_type="-")} == {
        Source.UNDO
    }


def test_undo_writes_history_with_who_and_why(office, administrator):
    imported(full_row(), by=administrator)
    run = imported(full_row(備考="取込の備考"), by=administrator)
    other = factories.division_person()
    bulk_import.undo(run.pk, by=other)
    entry = Procedure.objects.get().history.first()
    assert (entry.change_source, entry.by_name, entry.import_run_id) == (
        Source.UNDO, str(other), run.pk,
    )  # fmt: skip


def test_undo_leaves_a_later_edit_alone_and_names_it(office, administrator):
    imported(full_row(備考="前の備考"), by=administrator)
    run = imported(full_row(備考="取込の備考", 対面="要"), by=administrator)
    procedure = Procedure.objects.get()
    edit(procedure, administrator, note="後の備考")
    run = bulk_import.undo(run.pk, by=administrator)
    procedure.refresh_from_db()
    assert (procedure.note, procedure.in_person) == ("後の備考", "not_needed")
    assert run.undo_left == [
        {
            "procedure": procedure.pk,
            "name": str(procedure),
            "fields": ["備考"],
            "reason": EDITED_SINCE,
        }
    ]
    assert not list(differences(Procedure.objects.all()))


def test_undo_leaves_an_edited_plan_alone_and_names_its_field(office, administrator):
    imported(full_row(), by=administrator)
    run = imported(full_row(担当者="取込", 目標日=date(2028, 3, 31)), by=administrator)
    edit(Procedure.objects.get(), administrator, plan={"assignee": "後の人"})
    run = bulk_import.undo(run.pk, by=administrator)
    plan = MigrationPlan.objects.get()
    assert (plan.assignee, plan.target_date) == ("後の人", date(2027, 3, 31))
    assert run.undo_left[0]["fields"] == ["担当者"]


def test_undo_keeps_an_added_procedure_that_somebody_has_worked_on(office, administrator):
    rows = [full_row(), full_row(手続番号="2", 手続名="転入の届出")]
    run = imported(*rows, by=administrator)
    kept = Procedure.objects.get(number="2")
    edit(kept, administrator, plan={"assignee": "後の人"})
    run = bulk_import.undo(run.pk, by=administrator)
    assert list(Procedure.objects.all()) == [kept]
    assert kept.legal_bases.exists()
    assert [(left["procedure"], left["reason"]) for left in run.undo_left] == [
        (kept.pk, USED_SINCE)
    ]


def test_undo_of_an_older_import_leaves_what_a_newer_one_changed(office, administrator):
    imported(full_row(備考="一"), by=administrator)
    older = imported(full_row(備考="二", 対面="要"), by=administrator)
    imported(full_row(備考="三", 対面=None), by=administrator)
    run = bulk_import.undo(older.pk, by=administrator)
    procedure = Procedure.objects.get()
    assert (procedure.note, procedure.in_person) == ("三", "not_needed")
    assert run.undo_left[0]["fields"] == ["備考"]


def test_undo_that_would_break_a_rule_leaves_the_row_and_says_why(office, administrator):
    imported(full_row(年間件数=1200, オンライン件数=300), by=administrator)
    run = imported(full_row(年間件数=2000, オンライン件数=300), by=administrator)
    imported(full_row(年間件数=2000, オンライン件数=1900), by=administrator)
    run = bulk_import.undo(run.pk, by=administrator)
    volume = YearlyVolume.objects.get()
    assert (volume.total, volume.online) == (2000, 1900)
    assert run.undo_left[0]["fields"] == ["年間件数"]
    assert "オンライン件数は年間件数以下" in run.undo_left[0]["reason"]


def test_an_import_is_undone_once(office, administrator):
    run = imported(full_row(), by=administrator)
    bulk_import.undo(run.pk, by=administrator)
    with pytest.raises(bulk_import.NotApplicable):
        bulk_import.undo(run.pk, by=administrator)


def test_another_team_cannot_undo(office, member, other_member):
    run = imported(full_row(), by=member)
    with pytest.raises(PermissionDenied):
        bulk_import.undo(run.pk, by=other_member)
    assert Procedure.objects.exists()


def test_after_undo_the_same_file_can_be_imported_again(office, administrator):
    imported(full_row(), by=administrator)
    run = imported(changed_row(), by=administrator)
    after = everything()
    bulk_import.undo(run.pk, by=administrator)
    imported(changed_row(), by=administrator)
    again = everything()
    for rows in (after["Exemption"], again["Exemption"]):
        for row in rows:
            row.pop("id"), row.pop("proposed_at")
    assert again == after


def test_failure_in_the_middle_of_an_undo_changes_nothing(office, administrator, monkeypatch):
    imported(full_row(), by=administrator)
    run = imported(changed_row(), by=administrator)
    before = everything()

    def fails(*args):
        raise RuntimeError("power cut")

    monkeypatch.setattr(bulk_import.undoing.Undo, "_restore_procedures", fails)
    with pytest.raises(RuntimeError):
        bulk_import.undo(run.pk, by=administrator)
    run.refresh_from_db()
    assert run.state == ImportRun.State.APPLIED
    assert everything() == before
