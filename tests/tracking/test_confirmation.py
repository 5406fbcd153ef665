"""変更なし確認: somebody looked, nothing changed; one history row, no field, no sign of life."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from procedures import acts
from procedures.actions import CHANGED_SINCE, confirm_unchanged, update_procedure
from procedures.models import Act, Procedure, Source
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.desks import HTMX
from tests.tracking.test_bulk import seen_of
from tracking.actions.bulk import CHANGED_MEANWHILE, Versions, apply_confirmation, confirm_row
from tracking.actions.plans import update_plan
from tracking.selections import condition, with_progress
from tracking.timeline import CONFIRMED, UNCONFIRMED, timeline
from tracking.views.confirm import CONFIRMED as SAID

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=200)


@pytest.fixture
def old(department):
    """A procedure that nobody has touched for a long time."""
    with time_machine.travel(timezone.now() - LONG_AGO, tick=False):
        return factories.ProcedureFactory(department=department, name="犬の登録")


def is_in(key, procedure) -> bool:
    on = timezone.localdate()
    rows = with_progress(Procedure.objects.filter(pk=procedure.pk))
    return rows.filter(condition(key, on)).exists()


def confirmed(procedure, by):
    return confirm_unchanged(
        procedure_id=procedure.pk, version=procedure.version, by=by, source=Source.FORM
    )


def test_a_confirmation_writes_who_and_when_and_no_other_field(member, old):
    before = Procedure.objects.filter(pk=old.pk).values().get()
    confirmed(old, member)
    after = Procedure.objects.filter(pk=old.pk).values().get()
    assert after["confirmed_by_id"] == member.pk
    assert timezone.now() - after["confirmed_at"] < timedelta(minutes=1)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"confirmed_by_id", "confirmed_at", "version"}
    assert old.history.count() == 2


def test_a_confirmation_ends_the_waiting_but_is_no_change(member, old):
    assert is_in("to_confirm", old)
    assert is_in("stale", old)
    confirmed(old, member)
    assert not is_in("to_confirm", old)
    assert is_in("stale", old)


def test_the_same_day_a_second_time_writes_nothing(member, old):
    again = confirmed(confirmed(old, member), member)
    assert (again.version, old.history.count()) == (2, 2)


def test_a_changed_procedure_can_be_confirmed_again_the_same_day(member, old):
    confirmed(old, member)
    plan = update_plan(
        procedure_id=old.pk, sent={"assignee": "佐藤"}, version=0, by=member, source=Source.FORM
    )
    confirm_row(procedure_id=old.pk, seen=Versions(2, plan.version), by=member, source=Source.FORM)
    assert old.history.count() == 3


def test_a_procedure_that_changed_since_it_was_seen_is_not_confirmed(member, old):
    update_procedure(
        procedure_id=old.pk, sent={"note": "メモ"}, version=1, by=member, source=Source.FORM
    )
    with pytest.raises(ValidationError, match=CHANGED_SINCE[:20]):
        confirmed(old, member)


def test_a_plan_that_changed_since_it_was_seen_is_not_confirmed(member, old):
    update_plan(
        procedure_id=old.pk, sent={"assignee": "佐藤"}, version=0, by=member, source=Source.FORM
    )
    with pytest.raises(ValidationError, match=CHANGED_SINCE[:20]):
        confirm_row(procedure_id=old.pk, seen=Versions(1, 0), by=member, source=Source.FORM)
    old.refresh_from_db()
    assert old.confirmed_at is None


def test_another_team_cannot_confirm(other_member, old):
    with pytest.raises(PermissionDenied):
        confirmed(old, other_member)


def test_the_timeline_says_so_and_says_when_it_was_taken_back(member, old):
    act = apply_confirmation(seen=seen_of(old), by=member)
    entry = timeline(old)[0]
    assert (entry.note, entry.changes, entry.by_name) == (CONFIRMED, (), str(member))
    acts.undo(act_id=act.pk, by=member)
    assert timeline(old)[0].note == UNCONFIRMED


class TestThePage:
    """The button on the procedure's page."""

    def test_it_confirms_and_comes_back(self, signed_in, member, old):
        client = signed_in(member)
        page = reverse("procedure_detail", args=[old.pk])
        sent = sent_by(text(client.get(page)), f"confirm-{old.pk}")
        address = reverse("procedure_confirm", args=[old.pk])
        answer = client.post(address, sent, follow=True)
        assert answer.redirect_chain == [(page, 302)]
        assert SAID.format(name=old.name) in text(answer)
        assert f"（{member}）" in text(answer)

    def test_a_page_that_has_grown_old_is_told_so(self, signed_in, member, old):
        client = signed_in(member)
        sent = sent_by(
            text(client.get(reverse("procedure_detail", args=[old.pk]))), f"confirm-{old.pk}"
        )
        update_procedure(
            procedure_id=old.pk, sent={"note": "メモ"}, version=1, by=member, source=Source.FORM
        )
        address = reverse("procedure_confirm", args=[old.pk])
        answer = client.post(address, sent, follow=True)
        assert CHANGED_SINCE in text(answer)
        assert Procedure.objects.get(pk=old.pk).confirmed_at is None

    def test_others_have_no_button_and_are_refused(self, signed_in, other_member, old):
        client = signed_in(other_member)
        html = text(client.get(reverse("procedure_detail", args=[old.pk])))
        assert f"confirm-{old.pk}" not in html
        address = reverse("procedure_confirm", args=[old.pk])
        answer = client.post(address, {"seen": f"{old.pk}.1.0"})
        assert answer.status_code == 403
        assert Procedure.objects.get(pk=old.pk).confirmed_at is None

    def test_an_answer_to_htmx_is_the_row(self, signed_in, member, old):
        answer = signed_in(member).post(
            reverse("procedure_confirm", args=[old.pk]),
            {"seen": f"{old.pk}.1.0", "shown_on": "team", "next": reverse("team")},
            headers=HTMX,
        )
        assert answer.status_code == 200
        assert f'id="procedure-{old.pk}"' in text(answer)
        assert SAID.format(name=old.name) in text(answer)


class TestTheWholeList:
    """変更なし確認 for all rows that match."""

    @pytest.fixture
    def address(self):
        selection = {"everything": "on", "shown_on": "team", "next": reverse("team") + "?q=犬"}
        return f"{reverse('bulk_confirm')}?{urlencode(selection)}"

    @pytest.fixture
    def dogs(self, department):
        """Two of the rows that match, and one that does not."""
        factories.ProcedureFactory(department=department, name="猫の届出")
        return [
            factories.ProcedureFactory(department=department, name=f"犬の届出{number}")
            for number in range(2)
        ]

    def test_what_was_shown_is_confirmed_as_one_act_and_undone(
        self, signed_in, member, old, dogs, address
    ):
        client = signed_in(member)
        preview = text(client.get(address))
        assert "手続3件のうち、<strong>3件</strong>" in preview
        assert not Act.objects.exists()
        answer = client.post(address, sent_by(preview, "bulk-apply"))
        act = Act.objects.get()
        assert answer.url.startswith(reverse("act_detail", args=[act.pk]))
        assert (act.kind, act.count) == (Act.Kind.CONFIRMATION, 3)
        assert Procedure.history.filter(act=act).count() == 3
        assert Procedure.objects.filter(confirmed_by=member).count() == 3
        assert CONFIRMED in text(client.get(answer.url))

        changed_at = dict(Procedure.objects.values_list("pk", "changed_at"))
        client.post(reverse("act_undo", args=[act.pk]))
        assert not Procedure.objects.filter(confirmed_at__isnull=False).exists()
        assert dict(Procedure.objects.values_list("pk", "changed_at")) == changed_at

    def test_a_row_that_changed_meanwhile_is_left_out_and_named(
        self, signed_in, member, division_person, dogs, address
    ):
        client = signed_in(member)
        preview = text(client.get(address))
        update_procedure(
            procedure_id=dogs[0].pk,
            sent={"note": "メモ"},
            version=1,
            by=division_person,
            source=Source.FORM,
        )
        client.post(address, sent_by(preview, "bulk-apply"))
        (left,) = Act.objects.get().left_out
        assert left["reason"] == CHANGED_MEANWHILE.format(person=division_person)
        assert list(Procedure.objects.filter(confirmed_by=member)) == [dogs[1]]

    def test_what_is_confirmed_already_today_is_not_confirmed_again(
        self, signed_in, member, dogs, address
    ):
        confirmed(dogs[0], member)
        client = signed_in(member)
        preview = client.get(address)
        assert preview.context["plan"].same == (dogs[0],)
        client.post(address, sent_by(text(preview), "bulk-apply"))
        assert Act.objects.get().count == 1
        assert dogs[0].history.count() == 2
