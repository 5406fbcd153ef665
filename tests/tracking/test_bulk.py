"""A bulk edit: exactly the rows that were shown, one history row each, one act, one undo."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from procedures import acts
from procedures.actions import update_procedure
from procedures.classification import differences
from procedures.models import Act, Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT
from procedures.records import UNSAVED
from procedures.rules import Answer
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.desks import written
from tracking.actions.bulk import (
    ABOLISHED,
    CHANGED_MEANWHILE,
    NOTHING_YOURS,
    Edit,
    Versions,
    apply_edit,
    plan_edit,
)
from tracking.actions.plans import update_plan
from tracking.forms.bulk import BOTH, NOTHING_CHOSEN
from tracking.models import MigrationPlan
from tracking.views import bulk as views
from tracking.views.team import ROWS_PER_PAGE
from tracking.workflow import SENTENCES, Requirement, Status

pytestmark = pytest.mark.django_db

DAY = date(2027, 3, 31)
PREPARING = {"status": Status.PREPARING.value, "target_date": DAY.isoformat()}


class Bulk:
    """A person before the bulk edit of a list, or of ticked rows of it."""

    def __init__(self, client, user, *ticked, page="team", query=""):
        client.force_login(user)
        self.client = client
        name = "team" if page == "team" else "procedure_list"
        chosen = {"procedures": [one.pk for one in ticked]} if ticked else {"everything": "on"}
        selection = {"shown_on": page, "next": reverse(name) + query, **chosen}
        self.address = f"{reverse('bulk')}?{urlencode(selection, doseq=True)}"

    def previews(self, **fields):
        """The preview of setting ``fields``."""
        html = text(self.client.get(self.address))
        return self.client.post(self.address, sent_by(html, "bulk-edit", step="preview", **fields))

    def applies(self, preview):
        """What follows the preview's button."""
        sent = sent_by(text(preview), "bulk-apply", step="apply")
        return self.client.post(self.address, sent)

    def edits(self, **fields):
        """Both; the act that came of it."""
        response = self.applies(self.previews(**fields))
        assert response.status_code == 302, text(response)
        return Act.objects.get()


@pytest.fixture
def dogs(department):
    """Three pages of procedures about dogs, and two about cats."""
    dogs = [
        factories.ProcedureFactory(department=department, name=f"犬の届出{number}")
        for number in range(2 * ROWS_PER_PAGE + 3)
    ]
    for number in range(2):
        factories.ProcedureFactory(department=department, name=f"猫の届出{number}")
    return dogs


@pytest.fixture
def two(department):
    """Two procedures of the member's department."""
    return factories.ProcedureFactory.create_batch(2, department=department)


def seen_of(*procedures) -> dict[int, Versions]:
    """The versions as they are now."""
    rows = Procedure.objects.select_related("plan").filter(pk__in=[one.pk for one in procedures])
    return {
        row.pk: Versions(row.version, row.plan.version if hasattr(row, "plan") else UNSAVED)
        for row in rows
    }


def test_all_that_match_a_search_over_three_pages_are_changed_once_and_undone_together(
    client, member, dogs
):
    act = Bulk(client, member, query="?q=犬&page=2").edits(**PREPARING)
    plans = MigrationPlan.objects.filter(target_date=DAY, status=Status.PREPARING)
    assert sorted(plans.values_list("procedure", flat=True)) == [dog.pk for dog in dogs]
    assert MigrationPlan.history.count() == act.count == len(dogs)
    assert set(MigrationPlan.history.values_list("act", "change_source")) == {
        (act.pk, Source.BULK.value)
    }
    assert Procedure.history.filter(act=act).count() == 0

    client.post(reverse("act_undo", args=[act.pk]))
    assert not MigrationPlan.objects.exists()
    act.refresh_from_db()
    assert (act.undone_by, act.undo_left) == (member, [])


def test_ticked_rows_alone_are_changed(client, member, two, department):
    other = factories.ProcedureFactory(department=department)
    act = Bulk(client, member, *two).edits(payment=Answer.ONLINE)
    assert act.count == 2
    assert list(Procedure.objects.filter(payment=Answer.ONLINE)) == two
    assert Procedure.history.filter(act=act).count() == 2
    other.refresh_from_db()
    assert other.version == 1


def test_a_preview_locks_nothing(member, two, monkeypatch):
    def lock(mode):
        pytest.fail(f"the inventory was locked: {mode}")

    monkeypatch.setattr("procedures.policies._lock_inventory", lock)
    edit = Edit(facts={"payment": Answer.ONLINE})
    planned = plan_edit([one.pk for one in two], edit, by=member, on=DAY)
    assert len(planned.rows) == 2


def test_the_preview_writes_nothing_and_says_what_would_happen(client, member, department):
    factories.ProcedureFactory(
        department=department, name="犬の登録", clear=True, payment=Answer.UNKNOWN
    )
    factories.ProcedureFactory(department=department, name="転入の届出", clear=True)
    before = written()
    preview = Bulk(client, member).previews(payment=Answer.NOT_NEEDED)
    html = text(preview)
    assert preview.status_code == 200
    assert "手続2件のうち、<strong>1件</strong>を変更します" in html
    assert "区分の変化" in html
    assert preview.context["plan"].category_changes == [("pending", "priority", 1)]
    assert [row.name for row in preview.context["plan"].same] == ["転入の届出"]
    assert "犬の登録" in html
    assert written() == before
    assert not Act.objects.exists()


def test_the_category_follows_the_answers(client, member, department):
    procedure = factories.ProcedureFactory(
        department=department, clear=True, payment=Answer.UNKNOWN
    )
    act = Bulk(client, member).edits(payment=Answer.NOT_NEEDED)
    procedure.refresh_from_db()
    assert procedure.category == "priority"
    assert not list(differences(Procedure.objects.all()))
    acts.undo(act_id=act.pk, by=member)
    procedure.refresh_from_db()
    assert (procedure.category, procedure.payment) == ("pending", "unknown")
    assert not list(differences(Procedure.objects.all()))


def test_a_row_that_somebody_changed_meanwhile_is_left_out_and_named(
    client, member, department, two
):
    bulk = Bulk(client, member)
    preview = bulk.previews(**PREPARING)
    colleague = factories.member_of(department, display_name="佐藤 花子")
    update_procedure(
        procedure_id=two[0].pk, sent={"note": "メモ"}, version=1, by=colleague, source=Source.FORM
    )
    assert bulk.applies(preview).status_code == 302
    act = Act.objects.get()
    assert act.count == 1
    assert act.left_out == [
        {
            "procedure": two[0].pk,
            "name": str(two[0]),
            "reason": CHANGED_MEANWHILE.format(person="佐藤 花子"),
        }
    ]
    assert MigrationPlan.objects.get().procedure == two[1]
    page = text(client.get(reverse("act_detail", args=[act.pk])))
    assert act.left_out[0]["reason"] in page


def test_a_plan_that_somebody_changed_meanwhile_counts_too(client, member, division_person, two):
    bulk = Bulk(client, member)
    preview = bulk.previews(payment=Answer.ONLINE)
    update_plan(
        procedure_id=two[0].pk,
        sent={"assignee": "佐藤"},
        version=UNSAVED,
        by=division_person,
        source=Source.FORM,
    )
    bulk.applies(preview)
    assert list(Procedure.objects.filter(payment=Answer.ONLINE)) == [two[1]]


def test_another_number_of_rows_than_was_shown_writes_nothing(client, member, department, two):
    bulk = Bulk(client, member)
    preview = bulk.previews(**PREPARING)
    factories.ProcedureFactory(department=department, name="あとから来た申請")
    before = written()
    answer = bulk.applies(preview)
    assert answer.status_code == 409
    assert views.ROWS_CHANGED.format(expected=2, count=3) in text(answer)
    assert "あとから来た申請" in text(answer)
    assert written() == before
    assert not Act.objects.exists()
    assert bulk.applies(answer).status_code == 302
    assert MigrationPlan.objects.count() == 3


def test_other_rows_of_the_same_number_write_nothing(client, member, department, two):
    bulk = Bulk(client, member, query="?category=pending")
    preview = bulk.previews(**PREPARING)
    factories.ProcedureFactory(department=department)
    Procedure.objects.filter(pk=two[0].pk).update(category="priority")
    assert bulk.applies(preview).status_code == 409
    assert not MigrationPlan.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "1.2", "1.2.3.4", "９９.1.0"])
def test_a_preview_that_was_tampered_with_writes_nothing(client, member, two, seen):
    bulk = Bulk(client, member)
    answer = client.post(bulk.address, {**PREPARING, "seen": seen, "step": "apply"})
    assert answer.status_code == 409
    assert not Act.objects.exists()


def test_foreign_rows_among_ones_own_are_left_out_and_named(client, member, two, other_department):
    foreign = factories.ProcedureFactory(department=other_department)
    bulk = Bulk(client, member, *two, foreign, page="list")
    preview = bulk.previews(**PREPARING)
    reason = NOT_YOUR_DEPARTMENT.format(department=other_department)
    assert reason in text(preview)
    bulk.applies(preview)
    assert Act.objects.get().left_out[0]["reason"] == reason
    assert set(MigrationPlan.objects.values_list("procedure", flat=True)) == {one.pk for one in two}


@pytest.mark.parametrize("person", ["other_member", "reader"])
@pytest.mark.parametrize("name", ["bulk", "bulk_confirm"])
def test_foreign_rows_alone_are_answered_403_and_nothing_is_written(
    client, two, person, name, request
):
    client.force_login(request.getfixturevalue(person))
    selection = urlencode({"procedures": [one.pk for one in two]}, doseq=True)
    seen = " ".join(f"{one.pk}.1.0" for one in two)
    before = written()
    for sent in ({**PREPARING, "step": "preview"}, {**PREPARING, "step": "apply", "seen": seen}):
        answer = client.post(f"{reverse(name)}?{selection}", sent)
        assert answer.status_code == 403
    assert (NOTHING_YOURS if name == "bulk" or person == "reader" else "市民部") in text(answer)
    assert written() == before
    assert not Act.objects.exists()


def test_a_status_whose_requirements_are_not_met_leaves_the_row_out_with_the_sentence(
    client, member, department
):
    service = factories.ServiceFactory()
    ready = factories.PlanFactory(
        procedure__department=department,
        service=service,
        launched_on=date(2026, 4, 1),
        checklist_exception="窓口の支援のため",
    )
    bare = factories.ProcedureFactory(department=department)
    act = Bulk(client, member).edits(status=Status.ONLINE.value)
    ready.refresh_from_db()
    assert ready.status == Status.ONLINE
    (left,) = act.left_out
    assert left["procedure"] == bare.pk
    for need in (Requirement.SERVICE, Requirement.LAUNCHED_ON, Requirement.CHECKLIST):
        assert SENTENCES[need][1] in left["reason"]
    assert not MigrationPlan.objects.filter(procedure=bare).exists()


def test_an_abolished_procedure_is_left_out(client, member, department, two):
    factories.ProcedureFactory(department=department, abolished_on=date(2026, 3, 31))
    act = Bulk(client, member).edits(**PREPARING)
    assert [left["reason"] for left in act.left_out] == [ABOLISHED]


def test_a_date_is_emptied_only_when_that_is_said(client, member, department):
    plan = factories.PlanFactory(procedure__department=department, target_date=DAY, assignee="佐藤")
    Bulk(client, member).edits(clear_target_date="on")
    plan.refresh_from_db()
    assert (plan.target_date, plan.assignee) == (None, "佐藤")


def test_a_division_of_another_department_leaves_the_row_out(
    client, division_person, department, other_department
):
    own = factories.ProcedureFactory(department=department)
    factories.ProcedureFactory(department=other_department)
    division = department.divisions.get()
    act = Bulk(client, division_person, page="list").edits(division_id=division.pk)
    own.refresh_from_db()
    assert own.division == division
    assert "環境部にはありません" in act.left_out[0]["reason"]


def test_an_edit_of_nothing_is_answered_422(client, member, two):
    answer = Bulk(client, member).previews()
    assert answer.status_code == 422
    assert NOTHING_CHOSEN in text(answer)


def test_a_field_that_is_filled_and_emptied_is_answered_422(client, member, two):
    answer = Bulk(client, member).previews(target_date=DAY.isoformat(), clear_target_date="on")
    assert answer.status_code == 422
    assert BOTH.format(label="目標日") in text(answer)


def test_going_back_from_the_preview_keeps_what_was_typed(client, member, two):
    bulk = Bulk(client, member)
    sent = sent_by(text(bulk.previews(assignee="佐藤", **PREPARING)), "bulk-apply", step="edit")
    form = sent_by(text(client.post(bulk.address, sent)), "bulk-edit")
    assert (form["assignee"], form["target_date"]) == ("佐藤", DAY.isoformat())


def test_equal_values_write_nothing(client, member, department):
    factories.PlanFactory(procedure__department=department, status="preparing", target_date=DAY)
    bulk = Bulk(client, member)
    preview = bulk.previews(**PREPARING)
    assert "変更する</button>" not in text(preview)
    before = written()
    assert bulk.applies(preview).status_code == 409
    assert written() == before
    assert not Act.objects.exists()


def test_no_rows_lead_back_to_the_list_with_a_sentence(client, member, department):
    client.force_login(member)
    answer = client.get(reverse("bulk"), {"procedures": ["x", "9" * 30, "999999"]}, follow=True)
    assert answer.redirect_chain == [(reverse("procedure_list"), 302)]
    assert views.NOTHING_CHOSEN in text(answer)


def test_a_filter_that_cannot_be_understood_means_no_rows(client, member, two):
    bulk = Bulk(client, member, query="?status=finished")
    assert client.get(bulk.address).status_code == 302


def test_nothing_leads_to_another_site(client, member, two):
    client.force_login(member)
    answer = client.get(reverse("bulk"), {"everything": "on", "next": "https://example.com/"})
    assert "example.com" not in text(answer).split("<main")[1]


def test_the_action_checks_every_row_itself(member, two, other_department):
    foreign = factories.ProcedureFactory(department=other_department)
    edit = Edit(plan={"assignee": "佐藤"})
    act = apply_edit(edit=edit, seen=seen_of(*two, foreign), by=member)
    assert (act.count, [left["procedure"] for left in act.left_out]) == (2, [foreign.pk])


def test_a_field_that_no_bulk_edit_may_write_is_an_error(member, two):
    with pytest.raises(ValueError, match="number"):
        plan_edit([two[0].pk], Edit(facts={"number": "1"}), by=member, on=DAY)


def test_preview_and_write_ask_the_same_number_of_queries_for_any_number_of_rows(
    member, department
):
    service = factories.ServiceFactory()
    edit = Edit(
        facts={"payment": Answer.ONLINE.value, "division_id": department.divisions.get().pk},
        plan={"status": Status.PREPARING.value, "service_id": service.pk},
    )

    def queries(count: int) -> tuple[int, int]:
        rows = factories.ProcedureFactory.create_batch(count, department=department)
        for row in rows[::2]:
            factories.PlanFactory(procedure=row, target_date=DAY)
        seen = seen_of(*rows)
        with CaptureQueriesContext(connection) as planning:
            plan_edit(list(seen), edit, by=member, on=DAY)
        with CaptureQueriesContext(connection) as applying:
            assert apply_edit(edit=edit, seen=seen, by=member).count == count
        return len(planning), len(applying)

    queries(1)  # the person's rights are read once
    assert queries(30) == queries(5)
