"""Coverage and suggested links: confirmed, refused and taken back by those who may, 制度なし."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures import acts
from procedures.editing import Overtaken
from procedures.models import Act, Procedure, RefusedLink
from procedures.national_list import NOT_CURRENT, current_edition
from tests import factories
from tracking.actions.bulk import NothingToWrite
from tracking.actions.national_links import (
    CHANGED_MEANWHILE,
    IS_ABSENT,
    IS_LINKED,
    LINKED_MEANWHILE,
    NOT_MUNICIPAL,
    confirm_links,
    refuse_links,
    set_absence,
    take_back_refusals,
)
from tracking.national_coverage import (
    STATE_LABELS,
    Coverage,
    State,
    coverage,
    coverage_of,
    item_rows,
    refusals,
    suggestions,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return factories.NationalPriorityFactory(
        number=58, name="転出届", legal_basis="住民基本台帳法第24条", national_ids="9064"
    )


@pytest.fixture
def procedure(department):
    """A procedure that is the item, which nobody has linked yet."""
    return factories.ProcedureFactory(department=department, name="転出の届出")


def suggested(**options) -> dict[str, list[str]]:
    """Item → names of the procedures that are suggested for it."""
    found = suggestions(current_edition(), **{"shown": 10} | options)
    return {group.row.item.name: [one.procedure.name for one in group.suggested] for group in found}


def confirm(item, *procedures, by):
    seen = {one.pk: one.version for one in procedures}
    return confirm_links(item_id=item.pk, seen=seen, by=by)


# --- Coverage ----------------------------------------------------------------------------------


def test_every_municipal_item_is_linked_absent_or_open(item, department, division_person):
    factories.NationalPriorityFactory(name="自動車税住所変更届", applies_to_city=False)
    absent = factories.NationalPriorityFactory(name="港湾関係手続")
    ended = factories.NationalPriorityFactory(name="入札")
    linked = factories.NationalPriorityFactory(name="粗大ごみ収集の申込")
    make = factories.ProcedureFactory
    make(department=department, national_priority=linked)
    make(department=department, national_priority=linked)
    make(department=department, national_priority=ended, abolished_on=date(2026, 3, 31))
    set_absence(item_id=absent.pk, reason="港がないため", seen="", by=division_person)

    assert coverage() == Coverage(linked=1, absent=1, open=2)
    rows = item_rows(current_edition())
    assert coverage_of(rows) == coverage()
    assert {row.item.name: row.state for row in rows} == {
        "転出届": State.OPEN,
        "自動車税住所変更届": State.NOT_MUNICIPAL,
        "港湾関係手続": State.ABSENT,
        "入札": State.OPEN,
        "粗大ごみ収集の申込": State.LINKED,
    }
    assert coverage().total == 4
    assert set(STATE_LABELS) == set(State)


def test_without_an_edition_there_is_nothing_to_cover(db):
    assert coverage() == Coverage()


# --- Suggestions -------------------------------------------------------------------------------


def test_only_procedures_without_a_link_from_citizens_in_force_are_suggested(item, department):
    make = factories.ProcedureFactory
    for name, more in {
        "転出届": {},
        "転出届（豊田）": {"scope": "unknown"},
        "転出届（菊川）": {"national_priority": item},
        "転出届（豊浦）": {"abolished_on": date(2026, 3, 31)},
        "転出届（豊北）": {"scope": "outside"},
    }.items():
        make(department=department, name=name, **more)
    assert suggested() == {"転出届": ["転出届", "転出届（豊田）"]}


def test_a_team_is_offered_its_own_procedures(item, procedure, other_department):
    factories.ProcedureFactory(department=other_department, name="転出届")
    assert suggested(departments={procedure.department_id}) == {"転出届": ["転出の届出"]}
    assert len(suggested()["転出届"]) == 2


def test_the_likeliest_come_first_and_the_rest_is_counted(item, department):
    factories.ProcedureFactory(department=department, name="転出の届出（郵送）")
    factories.ProcedureFactory(department=department, name="転出届", national_id="9064")
    (group,) = suggestions(current_edition(), shown=1)
    assert [one.procedure.name for one in group.suggested] == ["転出届"]
    assert group.hidden_count == 1


def test_the_number_of_queries_does_not_depend_on_the_rows(item, department):
    counts = []
    for count in (1, 12):
        for place in range(count):
            factories.LegalBasisFactory(
                procedure=factories.ProcedureFactory(department=department, name="転出届")
            )
            factories.NationalPriorityFactory(name=f"国の手続{count}{place}")
        with CaptureQueriesContext(connection) as captured:
            suggestions(current_edition(), shown=10)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Confirming --------------------------------------------------------------------------------


def test_a_confirmed_link_makes_the_procedure_a_priority(item, procedure, member):
    act = confirm(item, procedure, by=member)
    stored = Procedure.objects.get()
    assert (stored.national_priority, stored.category) == (item, "priority")
    assert (act.kind, act.count, act.left_out) == (Act.Kind.LINKS, 1, [])
    acts.undo(act_id=act.pk, by=member)
    stored.refresh_from_db()
    assert (stored.national_priority, stored.category) == (None, "pending")


def test_several_are_linked_at_once_and_what_changed_meanwhile_is_left_out(
    item, department, member
):
    first, second, third = (
        factories.ProcedureFactory(department=department, name="転出届") for _ in range(3)
    )
    confirm(item, second, by=member)
    seen = {first.pk: first.version, second.pk: second.version, third.pk: third.version - 1}
    act = confirm_links(item_id=item.pk, seen=seen, by=member)
    assert act.count == 1
    assert [left["reason"] for left in act.left_out] == [LINKED_MEANWHILE, CHANGED_MEANWHILE]


def test_pressed_twice_it_is_linked_once(item, procedure, member):
    confirm(item, procedure, by=member)
    with pytest.raises(NothingToWrite):
        confirm(item, procedure, by=member)
    assert Act.objects.count() == 1


def test_nobody_links_or_refuses_for_another_department(item, procedure, other_member, reader):
    for person in (other_member, reader):
        with pytest.raises(PermissionDenied):
            confirm(item, procedure, by=person)
        with pytest.raises(PermissionDenied):
            refuse_links(item_id=item.pk, procedure_ids=[procedure.pk], by=person)
    assert Procedure.objects.get().national_priority is None
    assert not RefusedLink.objects.exists()


def test_only_what_counts_is_linked(procedure, member, division_person):
    current = factories.NationalPriorityFactory(name="転出届", applies_to_city=False)
    with pytest.raises(ValidationError) as refusal:
        confirm(current, procedure, by=member)
    assert refusal.value.messages == [NOT_MUNICIPAL.format(item=current)]
    draft = factories.NationalPriorityFactory(edition=factories.EditionFactory())
    with pytest.raises(ValidationError) as refusal:
        confirm(draft, procedure, by=member)
    assert refusal.value.messages == [NOT_CURRENT]


# --- Refusing ----------------------------------------------------------------------------------


def test_a_refused_pair_is_not_suggested_until_it_is_taken_back(item, procedure, member):
    assert suggested() == {"転出届": ["転出の届出"]}
    assert refuse_links(item_id=item.pk, procedure_ids=[procedure.pk], by=member) == 1
    assert refuse_links(item_id=item.pk, procedure_ids=[procedure.pk], by=member) == 0
    assert suggested() == {"転出届": []}
    (refusal,) = refusals()
    assert (refusal.refused_by, refusal.history.get().history_type) == (member, "+")
    assert take_back_refusals(refusal_ids=[refusal.pk], by=member) == 1
    assert take_back_refusals(refusal_ids=[refusal.pk], by=member) == 0
    assert suggested() == {"転出届": ["転出の届出"]}


def test_another_department_cannot_take_a_refusal_back(item, procedure, member, other_member):
    refuse_links(item_id=item.pk, procedure_ids=[procedure.pk], by=member)
    (refusal,) = refusals()
    with pytest.raises(PermissionDenied):
        take_back_refusals(refusal_ids=[refusal.pk], by=other_member)
    assert refusals({other_member.memberships.get().department_id}) == []


# --- 制度なし ----------------------------------------------------------------------------------


def test_what_the_city_has_not_is_neither_open_nor_suggested(item, procedure, division_person):
    set_absence(item_id=item.pk, reason="県の事務", seen="", by=division_person)
    assert coverage() == Coverage(absent=1)
    assert suggested() == {}
    with pytest.raises(ValidationError) as refusal:
        confirm(item, procedure, by=division_person)
    assert refusal.value.messages == [IS_ABSENT.format(item=item)]
    set_absence(item_id=item.pk, reason="", seen="県の事務", by=division_person)
    assert coverage() == Coverage(open=1)
    assert [row.absence for row in item.history.order_by("history_id")] == ["", "県の事務", ""]


def test_absence_is_for_the_office_and_for_what_nobody_has_linked(
    item, procedure, member, division_person
):
    with pytest.raises(PermissionDenied):
        set_absence(item_id=item.pk, reason="県の事務", seen="", by=member)
    confirm(item, procedure, by=member)
    with pytest.raises(ValidationError) as refusal:
        set_absence(item_id=item.pk, reason="県の事務", seen="", by=division_person)
    assert refusal.value.messages == [IS_LINKED.format(item=item)]


def test_two_reasons_do_not_overwrite_each_other(item, division_person, administrator):
    set_absence(item_id=item.pk, reason="県の事務", seen="", by=administrator)
    with pytest.raises(Overtaken):
        set_absence(item_id=item.pk, reason="廃止した", seen="", by=division_person)
    item.refresh_from_db()
    assert item.absence == "県の事務"
