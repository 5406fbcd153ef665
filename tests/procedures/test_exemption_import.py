"""Exemptions that come in with a list: a department's import proposes, and only proposes."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from procedures import actions, bulk_import
from procedures.actions.exemptions import CHANGED_MEANWHILE
from procedures.models import Exemption, ImportRun, Procedure
from procedures.models.exemption import suggested_review
from procedures.permissions import CONFIRMING_IS_FOR_DIVISION
from procedures.rules import ExemptionGround
from procedures.spreadsheet.survey_edition import EDITION_2025_07
from tests import factories
from tests.procedures.spreadsheet.test_survey import ROW as SURVEY_ROW
from tests.workbooks import workbook

State = Exemption.State
ROW = {
    "手続番号": "010-0001",
    "手続名": "犬の登録の申請",
    "部局室": "市民部",
    "根拠区分": "条例",
    "根拠法令": "試験条例",
    "適用除外の根拠": "条例第7条",
    "適用除外の条項": "第1号",
    "適用除外の理由": "対面が要る",
}


def imported(row, by, **options) -> ImportRun:
    """The run that has brought ``row`` in."""
    run = bulk_import.preview(workbook([row]), file_name="list.xlsx", by=by, **options)
    return bulk_import.apply(run.pk, by=by)


def stored() -> Exemption:
    """The one exemption there is."""
    return Exemption.objects.select_related("procedure").get()


# --- No import of a department confirms ---------------------------------------------------------


def test_an_upload_with_the_checkbox_forced_comes_in_as_a_proposal(signed_in, member):
    client = signed_in(member)
    client.post(reverse("import_list"), {"file": workbook([ROW]), "confirms_exemptions": "on"})
    run = ImportRun.objects.get()
    assert not run.confirms_exemptions
    client.post(reverse("import_apply", args=[run.pk]))

    assert stored().state == State.PROPOSED
    assert stored().procedure.category != "exempt"


@pytest.mark.parametrize("person", ["member", "administrator"])
def test_neither_the_program_nor_the_command_confirms_for_another_than_the_division(
    department, person, request, tmp_path
):
    user = request.getfixturevalue(person)
    with pytest.raises(PermissionDenied, match=CONFIRMING_IS_FOR_DIVISION):
        imported(ROW, user, confirms_exemptions=True)
    file = tmp_path / "list.xlsx"
    file.write_bytes(workbook([ROW]).read())
    with pytest.raises(CommandError, match=CONFIRMING_IS_FOR_DIVISION):
        call_command("import_procedures", file, by=user.username, confirm_exemptions=True)

    assert not Procedure.objects.exists()


def test_a_deputy_does_not_confirm_what_the_division_has_uploaded(
    department, member, division_person
):
    run = bulk_import.preview(
        workbook([ROW]), file_name="list.xlsx", by=division_person, confirms_exemptions=True
    )
    ImportRun.objects.update(deputy=member)

    with pytest.raises(PermissionDenied, match=CONFIRMING_IS_FOR_DIVISION):
        bulk_import.apply(run.pk, by=member)

    assert not Exemption.objects.exists()


@pytest.mark.parametrize("state", ["withdrawn", "returned"])
def test_a_row_does_not_bring_back_what_was_taken_back(department, member, division_person, state):
    imported(ROW, member)
    procedure = Procedure.objects.get()
    if state == "withdrawn":
        actions.confirm_exemption(procedure_id=procedure.pk, by=division_person)
        actions.withdraw_exemption(procedure_id=procedure.pk, by=division_person)
    else:
        actions.return_proposal(procedure_id=procedure.pk, question="何号", by=division_person)

    imported(ROW, member)  # the same again says nothing new
    assert stored().state == state

    imported(ROW | {"適用除外の理由": "現物を渡す"}, member)  # another reason answers
    found = stored()
    assert (found.state, found.question, found.confirmed_by) == (State.PROPOSED, "", None)
    assert found.procedure.category != "exempt"


def test_what_a_list_changes_is_another_proposal_than_the_one_that_was_seen(
    department, member, division_person
):
    imported(ROW, member)
    seen = stored().stamp
    imported(ROW | {"適用除外の条項": "第2号"}, member)

    with pytest.raises(ValidationError, match=CHANGED_MEANWHILE):
        actions.confirm_exemption(procedure_id=stored().procedure_id, by=division_person, seen=seen)
    assert stored().state == State.PROPOSED


def test_an_undo_changes_nothing_of_what_was_decided_or_proposed_since(
    department, member, division_person
):
    imported(ROW, member)
    second = imported(ROW | {"適用除外の根拠": "規則第16条"}, member)
    third = imported(ROW | {"適用除外の根拠": "規則第16条", "適用除外の理由": "現物を渡す"}, member)
    seen = stored().stamp

    undone = bulk_import.undo(second.pk, by=member)
    assert (stored().ground, stored().stamp) == ("rule_art16", seen)
    assert "適用除外の根拠" in undone.undo_left[0]["fields"]

    actions.confirm_exemption(procedure_id=stored().procedure_id, by=division_person, seen=seen)
    bulk_import.undo(third.pk, by=member)
    assert (stored().state, stored().reason) == (State.CONFIRMED, "現物を渡す")


def test_a_list_that_names_another_article_leaves_the_provision(department, member):
    imported(ROW, member)
    provision = factories.ProvisionFactory()
    actions.propose_exemption(
        procedure_id=stored().procedure_id,
        ground=ExemptionGround.ORDINANCE_ART7,
        provision_id=provision.pk,
        reason="対面が要る",
        by=member,
    )

    imported(ROW | {"適用除外の条項": "第2号"}, member)

    assert (stored().provision, stored().article) == (None, "第2号")


# --- The division's does, and the survey says whose law ------------------------------------------


def test_the_divisions_import_confirms_until_the_next_review(department, division_person):
    imported(ROW, division_person, confirms_exemptions=True)

    found = stored()
    assert (found.state, found.confirmed_by) == (State.CONFIRMED, division_person)
    assert found.review_on == suggested_review(timezone.localdate())
    assert found.procedure.category == "exempt"


def test_the_national_survey_names_law_article_and_id(administrator):
    said = SURVEY_ROW | {"オンライン化の実施状況": "3 適用除外"}
    row = {heading: said.get(heading) for heading in EDITION_2025_07.headings.values()}
    imported(row, administrator)

    found = stored()
    assert (found.state, found.ground) == (State.PROPOSED, "national_list")
    assert (found.law_name, found.article) == ("警察法", "第60条第1項")
    assert found.national_id == found.procedure.national_id == "DP24009650"
