"""The catalogue of services (clause 4): when each can be used, who uses it, who keeps it."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from procedures.actions import add_service, change_service, service_state
from procedures.models import ApplicationService, Source
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.inventories import NOW, TODAY, keys_behind
from tracking.actions.plans import plan_of, update_plan
from tracking.services import Availability, availability, catalogue, objection_to, offered_services

DAY = timedelta(days=1)
VALUES = {
    "code": "booking", "name": "窓口予約サービス", "kind": "other", "owner": "市民部",
    "available_from": None, "available_until": None, "url": "", "note": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


days = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(days, days, days)
def test_a_service_is_taken_if_it_is_in_use_today_or_on_the_target_date(begins, ends, target):
    service = ApplicationService(name="試験", available_from=begins, available_until=ends)

    def is_over(day):
        return ends is not None and day > ends

    def has_begun(day):
        return begins is None or day >= begins

    may_take = not is_over(TODAY) and (has_begun(TODAY) or target is None or has_begun(target))
    assert (objection_to(service, on=TODAY, target_date=target) == "") is may_take
    is_now = availability(service, TODAY) is Availability.NOW
    assert is_now is (has_begun(TODAY) and not is_over(TODAY))


@pytest.mark.django_db
def test_a_plan_may_keep_an_ended_service_but_not_choose_it(department, member):
    ended = factories.ServiceFactory(available_until=TODAY - DAY)
    late = factories.ServiceFactory(available_from=TODAY + 30 * DAY)
    kept = factories.PlanFactory(
        procedure=factories.ProcedureFactory(department=department), service=ended
    )
    other = factories.ProcedureFactory(department=department)

    def write(procedure, **sent):
        version = plan_of(procedure).version
        return update_plan(
            procedure_id=procedure.pk, sent=sent, version=version, by=member, source=Source.FORM
        )

    assert write(kept.procedure, service_id=ended.pk, assignee="窓口係").service == ended
    with pytest.raises(ValidationError, match="新しくは選べません"):
        write(other, service_id=ended.pk)
    with pytest.raises(ValidationError, match="目標日に間に合いません"):
        write(other, service_id=late.pk, target_date=TODAY + DAY)
    assert write(other, service_id=late.pk, target_date=TODAY + 30 * DAY).service == late


@pytest.mark.django_db
def test_a_form_offers_what_can_be_used_and_marks_the_rest():
    now, late, ended = (
        factories.ServiceFactory(**what)
        for what in (
            {},
            {"available_from": TODAY + DAY},
            {"available_until": TODAY - DAY},
        )
    )
    assert offered_services([TODAY, None]) == [(now.pk, now.name)]
    assert dict(offered_services([TODAY, TODAY + DAY])) == {
        now.pk: now.name,
        late.pk: f"{late.name}（2026年11月24日（令和8年）から）",
    }
    assert dict(offered_services([TODAY], also=ended.pk))[ended.pk] == f"{ended.name}（利用終了）"


@pytest.mark.django_db
def test_every_number_of_the_catalogue_is_that_of_the_list_behind_it(signed_in, reader, department):
    service = factories.ServiceFactory(available_until=TODAY + DAY)
    for unit, what in (
        (department, {"online": True}),
        (department, {"status": "testing"}),
        (None, {"status": "testing"}),
    ):
        procedure = factories.ProcedureFactory(department=unit)
        factories.PlanFactory(procedure=procedure, **what, service=service)
    gone = factories.ProcedureFactory(department=department, abolished_on=TODAY)
    factories.PlanFactory(procedure=gone, service=service)

    (row,) = catalogue([service], user=reader, on=TODAY)

    assert row.use.total == 3
    assert "3件の計画" in row.warning
    behind = f"{reverse('procedure_list')}?set=in_force&service={service.pk}"
    assert len(keys_behind(behind)) == 3
    for status, _, count in row.use.statuses:
        assert len(keys_behind(f"{behind}&status={status}")) == count
    for line in row.use.lines:
        key = line.department.pk if line.department else "none"
        for status, count in line.cells:
            found = keys_behind(f"{behind}&department={key}&status={status}")
            assert len(found) == count
    page = text(signed_in(reader).get(reverse("service_detail", args=[service.pk])))
    assert row.warning in page
    assert "所管未定" in page


@pytest.mark.django_db
def test_the_catalogue_takes_the_same_number_of_queries(signed_in, reader):
    client, address = signed_in(reader), reverse("service_list")
    factories.PlanFactory(service=factories.ServiceFactory())
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for service in factories.ServiceFactory.create_batch(6):
        factories.PlanFactory(service=service)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


# --- Keeping it -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["member", "reader"])
def test_only_the_office_keeps_the_catalogue(person, request):
    by = request.getfixturevalue(person)
    with pytest.raises(PermissionDenied):
        add_service(values=VALUES, by=by)
    service = factories.ServiceFactory()
    with pytest.raises(PermissionDenied):
        change_service(
            service_id=service.pk, sent={"note": "x"}, seen=service_state(service), by=by
        )
    assert ApplicationService.objects.count() == 1


@pytest.mark.django_db
def test_a_service_is_added_and_changed_with_history(signed_in, division_person):
    client, address = signed_in(division_person), reverse("service_new")
    sent = sent_by(
        text(client.get(address)),
        "service-form",
        **{name: value for name, value in VALUES.items() if value},
    )
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 422, "pressed twice"
    service = ApplicationService.objects.get()
    assert [getattr(service, name) for name in VALUES] == list(VALUES.values())

    address = reverse("service_edit", args=[service.pk])
    wrong = sent_by(
        text(client.get(address)), "service-form",
        available_from="2027-04-01", available_until="2027-03-31",
    )  # fmt: skip
    answer = client.post(address, wrong)
    assert answer.status_code == 422
    assert "利用終了日は、利用開始日以後の日にしてください。" in text(answer)
    assert client.post(address, wrong | {"available_until": "2028-03-31"}).status_code == 302
    assert service.history.count() == 2


@pytest.mark.django_db
def test_two_people_see_both_values_and_the_second_decides(
    signed_in, division_person, administrator
):
    service = factories.ServiceFactory()
    client, address = signed_in(division_person), reverse("service_edit", args=[service.pk])
    seen = text(client.get(address))
    change_service(
        service_id=service.pk,
        sent={"owner": "先の課"},
        seen=service_state(service),
        by=administrator,
    )

    answer = client.post(address, sent_by(seen, "service-form", owner="後の課", note="備考"))

    assert answer.status_code == 409
    for shown in ("先の課", "後の課", str(administrator)):
        assert shown in text(answer)
    again = sent_by(text(answer), "service-form", choice_owner="theirs")
    assert client.post(address, again).status_code == 302
    service.refresh_from_db()
    assert (service.owner, service.note) == ("先の課", "備考")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad",
    [{"code": "\0"}, {"available_from": "2027-02-30"}, {"kind": "x"}, {"version": 2**70},
     {"url": "javascript:alert(1)"}, {"name": "名" * 151}],
)  # fmt: skip
def test_what_no_service_can_be_is_a_sentence(signed_in, division_person, bad):
    service = factories.ServiceFactory()
    client, address = signed_in(division_person), reverse("service_edit", args=[service.pk])
    answer = client.post(address, sent_by(text(client.get(address)), "service-form", **bad))
    assert answer.status_code == 422
    assert service.history.count() == 1
