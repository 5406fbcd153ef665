"""What the database itself refuses, each with the sentence that a person reads."""

from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from procedures.models import (
    ApplicationService,
    Department,
    Division,
    Exemption,
    ImportRun,
    LegalBasis,
    NationalPriorityProcedure,
    Procedure,
    Role,
    TeamMembership,
    YearlyVolume,
)
from tests import factories

pytestmark = pytest.mark.django_db


def refusal_of(obj) -> str:
    """The sentence for which the database refuses ``obj``: the form's, and the row's own."""
    with pytest.raises(ValidationError) as refused:
        obj.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(obj).objects.bulk_create([obj])
    return " ".join(refused.value.messages)


def procedure(**fields) -> Procedure:
    """A procedure in memory that the database takes, but for ``fields``."""
    fields = {"number": "1", "name": "転入届", "name_key": "転入届"} | fields
    return Procedure(changed_at=timezone.now(), version=1, **fields)


@pytest.mark.parametrize("field", ["number", "name", "name_key"])
def test_a_procedure_has_a_number_and_a_name(field):
    assert refusal_of(procedure(**{field: ""})) == "手続番号と手続名を入力してください。"


def test_a_division_needs_its_department():
    division = factories.DivisionFactory()

    assert refusal_of(procedure(division=division)) == "課を選ぶときは部局室も選んでください。"


@pytest.mark.parametrize("field", ["identity_check", "other"])
def test_an_answer_is_one_of_the_known_words(field):
    assert refusal_of(procedure(**{field: "たぶん要る"})) == (
        "調査の回答は、決められた選択肢から選んでください。"
    )


def test_a_number_is_given_once(department):
    factories.ProcedureFactory(number="A-1", department=department)

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.ProcedureFactory(number="A-1", department=department)


def test_a_procedure_has_one_primary_basis_and_any_number_of_others():
    stored = factories.LegalBasisFactory()
    factories.LegalBasisFactory(procedure=stored.procedure, is_primary=False)
    factories.LegalBasisFactory(procedure=stored.procedure, is_primary=False)

    assert refusal_of(LegalBasis(procedure=stored.procedure, is_primary=True)) == (
        "主たる根拠は一つの手続に一つだけです。"
    )


def test_a_year_has_one_volume():
    stored = factories.VolumeFactory(fiscal_year=2025)

    assert refusal_of(YearlyVolume(procedure=stored.procedure, fiscal_year=2025)) == (
        "この年度の件数はすでにあります。"
    )


def test_online_applications_are_part_of_all(department):
    owner = factories.ProcedureFactory(department=department)

    assert refusal_of(YearlyVolume(procedure=owner, fiscal_year=2025, total=10, online=11)) == (
        "オンライン件数は年間件数以下にしてください。"
    )


@pytest.mark.parametrize(("total", "online"), [(None, 5), (5, None), (None, None), (0, 0), (5, 5)])
def test_an_unknown_volume_contradicts_nothing_and_is_not_zero(total, online):
    volume = factories.VolumeFactory(total=total, online=online)

    stored = YearlyVolume.objects.get(pk=volume.pk)
    assert (stored.total, stored.online) == (total, online)


@pytest.mark.parametrize("year", [1988, 2101])
def test_a_fiscal_year_is_within_reach(year, department):
    owner = factories.ProcedureFactory(department=department)

    with pytest.raises(ValidationError) as refused:
        YearlyVolume(procedure=owner, fiscal_year=year).full_clean()

    assert set(refused.value.error_dict) == {"fiscal_year"}


@pytest.mark.parametrize(
    ("state", "confirmed"),
    [("confirmed", False), ("proposed", True), ("withdrawn", True)],
)
def test_a_confirmed_exemption_says_by_whom_and_when_and_no_other_does(state, confirmed, reader):
    now = timezone.now()
    exemption = Exemption(
        procedure=factories.ProcedureFactory(),
        ground="rule_art16",
        state=state,
        proposed_by=reader,
        proposed_at=now,
        confirmed_by=reader if confirmed else None,
        confirmed_at=now if confirmed else None,
    )

    assert refusal_of(exemption) == "確認済の適用除外には、確認者と確認日時が要ります。"


@pytest.mark.parametrize("model", [Department, Division])
def test_a_unit_ends_after_it_began(model, department):
    unit = model(code="x", name="新設", valid_from=date(2026, 4, 1), valid_to=date(2026, 3, 31))
    if model is Division:
        unit.department = department

    assert refusal_of(unit) == "有効期間の終わりは、始め以後の日にしてください。"


def test_a_unit_of_one_day_is_possible():
    factories.DepartmentFactory(valid_from=date(2026, 4, 1), valid_to=date(2026, 4, 1))


def test_a_division_name_is_given_once_in_a_department(department):
    assert refusal_of(Division(code="x", name="市民サービス課", department=department)) == (
        "同じ部局室に同じ名称の課があります。"
    )


def test_a_name_may_come_back_once_the_old_division_has_ended(department):
    department.divisions.update(valid_to=date(2026, 3, 31))

    factories.DivisionFactory(department=department, name="市民サービス課")


@pytest.mark.parametrize(("role", "has_department"), [(Role.MEMBER, False), (Role.DIVISION, True)])
def test_a_team_role_has_a_department_and_an_office_role_has_none(
    role, has_department, department, reader
):
    membership = TeamMembership(
        user=reader, role=role, department=department if has_department else None
    )

    assert refusal_of(membership) == (
        "DX推進チームの役割には部局室を選び、それ以外の役割では空欄にしてください。"
    )


def test_a_person_is_in_a_team_once(member, department):
    again = TeamMembership(user=member, role=Role.LEADER, department=department)

    assert refusal_of(again) == "この利用者はすでにこの部局室のチーム員です。"


def test_an_office_role_is_given_once(division_person):
    again = TeamMembership(user=division_person, role=Role.DIVISION)

    assert refusal_of(again) == "この利用者はすでにこの役割を持っています。"


def test_a_national_number_is_given_once_in_an_edition():
    stored = factories.NationalPriorityFactory(number=23)
    factories.NationalPriorityFactory(number=23, edition=factories.EditionFactory())

    assert refusal_of(NationalPriorityProcedure(edition=stored.edition, number=23, name="別")) == (
        "同じ版に同じ番号の手続があります。"
    )


def test_a_service_ends_after_it_began():
    service = ApplicationService(
        code="x",
        name="x",
        kind="general",
        available_from=date(2026, 4, 1),
        available_until=date(2026, 3, 31),
    )

    assert refusal_of(service) == "利用終了日は、利用開始日以後の日にしてください。"


@pytest.mark.parametrize("state", ["applied", "previewed"])
def test_an_applied_import_and_no_other_says_by_whom_and_when(state, administrator):
    by = None if state == "applied" else administrator
    at = None if by is None else timezone.now()
    run = ImportRun(
        created_by=administrator,
        file_name="a.xlsx",
        file_size=1,
        state=state,
        applied_by=by,
        applied_at=at,
    )

    assert refusal_of(run) == "取込済には、取込者と取込日時が要ります。"


def test_codes_are_a_tuple_in_and_out_and_can_be_looked_up(department):
    stored = factories.ProcedureFactory(
        department=department, applicants=["individual", "organisation"], payment="offline"
    )
    factories.ProcedureFactory(department=department)

    found = Procedure.objects.get(obstacles__contains="payment")
    assert found == stored
    assert found.applicants == ("individual", "organisation")
    assert found.obstacles == ("payment",)
    assert found.applicant_labels == ["個人", "団体"]


def test_only_those_who_have_signed_in_see_procedures(department, reader):
    stored = factories.ProcedureFactory(department=department)

    assert list(Procedure.objects.visible_to(reader)) == [stored]
    assert not Procedure.objects.visible_to(AnonymousUser()).exists()


def test_office_order_puts_procedures_without_a_department_last():
    second = factories.DepartmentFactory(order=2)
    first = factories.DepartmentFactory(order=1)
    nobody = factories.ProcedureFactory(unassigned=True, number="0")
    late = factories.ProcedureFactory(department=second, number="1")
    early = factories.ProcedureFactory(department=first, number="2")

    assert list(Procedure.objects.in_office_order()) == [early, late, nobody]


def test_current_units_are_those_of_the_day():
    on = date(2026, 4, 1)
    old = factories.DepartmentFactory(valid_to=date(2026, 3, 31))
    new = factories.DepartmentFactory(valid_from=on)
    coming = factories.DepartmentFactory(valid_from=date(2027, 4, 1))
    always = factories.DepartmentFactory()

    assert set(Department.objects.current(on)) == {new, always}
    assert set(Department.objects.current(date(2026, 3, 31))) == {old, always}
    assert set(Department.objects.current(date(2027, 4, 1))) == {new, coming, always}
