"""The page of the whole plan: its fields, what each status asks for, and the advice beside."""

from datetime import date

import pytest
from django.urls import reverse

from procedures.models import Source
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Answer, Aspect, Facts, Service
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.plans import update_plan
from tracking.forms.plan import CHECK_HELP
from tracking.models import CHECK_FIELDS, Coverage, MigrationPlan
from tracking.plan_display import COVERAGE_UNKNOWN, PARTLY, WILL_BE_PARTLY, completion
from tracking.workflow import REQUIREMENT_LABELS, SENTENCES, STATUS_LABELS, Requirement, Status

ONLINE = {"status": "online", "launched_on": "2026-04-01", **dict.fromkeys(CHECK_FIELDS, "on")}


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` without a plan."""
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def post(signed_in):
    """``post(user, procedure, **values)`` sends the page's form with these changes."""

    def send(user, procedure, **values):
        address = reverse("plan_edit", args=[procedure.pk])
        client = signed_in(user)
        return client.post(address, sent_by(text(client.get(address)), "plan-form", **values))

    return send


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_a_plan_begins_with_who_and_until_when(post, procedure, person, request):
    user = request.getfixturevalue(person)

    response = post(user, procedure, assignee="窓口係", national_due="2027-03-31")

    assert response.status_code == 302
    plan = MigrationPlan.objects.get()
    assert (plan.assignee, plan.national_due) == ("窓口係", date(2027, 3, 31))
    assert (plan.status, plan.history.get().by_name) == ("not_started", str(user))


def test_saving_without_an_edit_makes_no_plan(post, procedure, member):
    post(member, procedure, assignee="", national_due="")

    assert not MigrationPlan.objects.exists()


def test_what_was_not_touched_stays_as_it_is(post, procedure, member):
    plan = factories.PlanFactory(procedure=procedure, online=True, assignee="前の人")

    post(member, procedure, assignee="次の人")

    stored = MigrationPlan.objects.get()
    assert (stored.assignee, stored.status, stored.service) == ("次の人", "online", plan.service)


def test_a_day_that_the_calendar_does_not_have_is_refused(post, procedure, member):
    response = post(member, procedure, assignee="窓口係", national_due="2027-02-30")

    assert response.status_code == 422
    assert "窓口係" in response.content.decode()
    assert not MigrationPlan.objects.exists()


@pytest.mark.parametrize("person", ["other_member", "reader"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_may_not(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("plan_edit", args=[procedure.pk]))

    assert response.status_code == 403
    assert DIVISION_ONLY not in text(response)


def test_two_people_see_both_values_and_the_second_decides(
    signed_in, procedure, member, division_person
):
    address = reverse("plan_edit", args=[procedure.pk])
    client = signed_in(member)
    seen = text(client.get(address))
    update_plan(
        procedure_id=procedure.pk,
        sent={"assignee": "先の人"},
        version=0,
        by=division_person,
        source=Source.FORM,
    )

    changes = {"assignee": "後の人", "national_due": "2027-03-31", "coverage": "partly"}
    response = client.post(address, sent_by(seen, "plan-form", **changes))

    assert response.status_code == 409
    for shown in ("先の人", "後の人", str(division_person), "2027-03-31"):
        assert shown in text(response)
    assert MigrationPlan.objects.get().assignee == "先の人"

    again = sent_by(text(response), "plan-form", choice_assignee="theirs")
    assert client.post(address, again).status_code == 302
    stored = MigrationPlan.objects.get()
    assert (stored.assignee, stored.national_due) == ("先の人", date(2027, 3, 31))
    assert stored.coverage == Coverage.PARTLY


def test_the_whole_plan_is_written_from_one_page(post, procedure, member):
    service = factories.ServiceFactory()

    response = post(
        member,
        procedure,
        **ONLINE,
        service_id=str(service.pk),
        coverage="wholly",
        url="https://example.lg.jp/",
        target_date="2026-05-31",
        assignee="窓口係",
    )

    assert response.status_code == 302
    plan = MigrationPlan.objects.get()
    assert (plan.status, plan.service, plan.coverage) == ("online", service, "wholly")
    assert (plan.url, plan.target_date) == ("https://example.lg.jp/", date(2026, 5, 31))
    assert all(getattr(plan, name) for name in CHECK_FIELDS)


def test_a_status_whose_conditions_are_not_met_is_refused_and_the_input_stays(
    post, procedure, member
):
    response = post(member, procedure, **ONLINE, assignee="窓口係")

    assert response.status_code == 422
    assert SENTENCES[Requirement.SERVICE][1] in text(response)
    assert "窓口係" in text(response)
    assert not MigrationPlan.objects.exists()


def needs(page: str) -> str:
    """The card of the conditions, in words."""
    return words(element(page, "needs-card"))


def test_the_conditions_of_every_status_stand_beside_with_a_word_for_each(
    signed_in, procedure, member
):
    factories.PlanFactory(procedure=procedure, service=factories.ServiceFactory())

    card = needs(text(signed_in(member).get(reverse("plan_edit", args=[procedure.pk]))))

    for status in Status:
        assert STATUS_LABELS[status] in card
    assert f"{STATUS_LABELS[Status.NOT_STARTED]} いまの状況" in card
    assert f"済 {REQUIREMENT_LABELS[Requirement.SERVICE]}" in card
    for lacking in (Requirement.LAUNCHED_ON, Requirement.CHECKLIST, Requirement.HOLD_REASON):
        assert f"未 {REQUIREMENT_LABELS[lacking]}" in card


def test_the_advice_of_clause_4_stands_beside_with_what_another_service_asks_for(
    signed_in, department, member
):
    procedure = factories.ProcedureFactory(department=department, core_system=True)
    address = reverse("plan_edit", args=[procedure.pk])

    page = text(signed_in(member).get(address))
    assert "マイナポータル" in page
    assert "基幹系システムの事務はマイナポータル" in page
    assert "種別が「その他」のサービスを使うときは" in page

    other = factories.ServiceFactory(kind=Service.OTHER.value)
    factories.PlanFactory(procedure=procedure, service=other)
    assert "始める前に情報政策課との協議が必要です" in text(signed_in(member).get(address))


def test_names_in_charge_within_the_department_are_offered(
    signed_in, procedure, member, department, other_department
):
    for unit, name in ((department, "窓口係"), (department, "戸籍係"), (other_department, "犬係")):
        factories.PlanFactory(procedure__department=unit, assignee=name)

    page = text(signed_in(member).get(reverse("plan_edit", args=[procedure.pk])))

    assert '<option value="窓口係">' in page
    assert '<option value="戸籍係">' in page
    assert "犬係" not in page


def test_days_are_also_shown_in_the_era_and_the_national_date_beside_the_target(
    signed_in, procedure, member
):
    factories.PlanFactory(
        procedure=procedure, target_date=date(2027, 3, 31), national_due=date(2026, 12, 1)
    )

    page = text(signed_in(member).get(reverse("plan_edit", args=[procedure.pk])))

    assert "2027年3月31日（令和9年）" in page
    assert "国の期限は2026年12月1日（令和8年）です。" in page


def test_each_item_of_the_release_checklist_says_what_to_look_at(signed_in, procedure, member):
    assert set(CHECK_HELP) == set(CHECK_FIELDS)
    page = text(signed_in(member).get(reverse("plan_edit", args=[procedure.pk])))
    assert all(sentence in page for sentence in CHECK_HELP.values())


CLEAR = Facts(**dict.fromkeys(Aspect, Answer.ONLINE))
HINDERED = Facts(**dict.fromkeys(Aspect, Answer.ONLINE) | {"in_person": Answer.OFFLINE})
STAYS = "「対面」のために、来庁や郵送が残っています。"


@pytest.mark.parametrize(
    ("status", "coverage", "facts", "said"),
    [
        ("online", "wholly", CLEAR, ("来庁不要で完結します。",)),
        ("online", "wholly", HINDERED, (STAYS,)),
        ("online", "partly", CLEAR, (PARTLY,)),
        ("online", "partly", HINDERED, (PARTLY, STAYS)),
        ("online", "", CLEAR, (COVERAGE_UNKNOWN,)),
        ("online", "", HINDERED, (COVERAGE_UNKNOWN, STAYS)),
        ("testing", "", CLEAR, ("オンライン化すると、来庁不要で完結します。",)),
        ("testing", "partly", CLEAR, (WILL_BE_PARTLY,)),
        (
            "testing",
            "wholly",
            HINDERED,
            ("「対面」が残ったままオンライン化すると、来庁や郵送も残ります。",),
        ),
    ],
)
def test_whether_people_still_have_to_come_follows_from_answers_and_coverage(
    status, coverage, facts, said
):
    found = completion(MigrationPlan(status=status, coverage=coverage), facts)

    assert found.sentences == said
    assert found.is_end_to_end is (said == ("来庁不要で完結します。",))


def test_a_procedure_without_a_plan_is_told_what_it_will_be(signed_in, department, member):
    procedure = factories.ProcedureFactory(department=department, clear=True)

    page = text(signed_in(member).get(reverse("procedure_detail", args=[procedure.pk])))

    assert "オンライン化すると、来庁不要で完結します。" in page
