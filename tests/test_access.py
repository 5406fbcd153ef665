"""The access matrix: every address × every kind of person; one that is missing here fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.template import engines
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.timezone import localdate

from procedures import audit, bulk_import
from procedures.models import (
    Act,
    ApplicationService,
    AuditEvent,
    Department,
    Distribution,
    Exemption,
    ExemptionProvision,
    ImportRun,
    LegalBasis,
    NationalListEdition,
    NationalPriorityProcedure,
    PolicyEdition,
    Procedure,
    RefusedLink,
    SurveyDifference,
    SurveyEdition,
    TeamMembership,
    User,
    YearlyVolume,
)
from tests import factories
from tests.workbooks import workbook
from tracking.actions.bulk import Versions, apply_confirmation
from tracking.actions.editions import freeze
from tracking.actions.national_links import refuse_links
from tracking.actions.reorganisation import add_steps, create_reorganisation
from tracking.distribution import distribute
from tracking.models import (
    Comment,
    Consultation,
    ConsultationNote,
    Dismissal,
    Edition,
    Goal,
    Issue,
    MigrationPlan,
    Publication,
    Reminder,
    Reorganisation,
    SavedFilter,
    SharedMeasure,
    WorkReview,
)
from tracking.paper import pdf
from tracking.structure import Kind, Step

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "reader", "other_member", "member", "division_person", "administrator")
LOGIN, OK, NO, GONE_ON = "login", 200, 403, 302
INVALID, MISSING, CONFLICT = 422, 404, 409
DONE, UNKNOWN = 204, 401  # without a page


@dataclass(frozen=True)
class Access:
    """What each of ``PEOPLE`` gets; ``target`` names the row that the address is about."""

    name: str
    expected: tuple[object, ...]
    method: str = "get"
    target: str = ""
    data: dict[str, Any] = field(default_factory=dict)


ANYONE = (OK,) * 6
SIGNED_IN = (LOGIN, OK, OK, OK, OK, OK)
ADMINISTRATORS = (LOGIN, NO, NO, NO, NO, OK)
OFFICE_WIDE = (LOGIN, NO, NO, NO, OK, OK)
IMPORTERS = (LOGIN, NO, OK, OK, OK, OK)
# An import of the administrator's: the division may look at it, teams see their own only.
RUN_GET = (LOGIN, NO, MISSING, MISSING, OK, OK)
RUN_POST = (LOGIN, NO, MISSING, MISSING, NO, GONE_ON)
# An act of the administrator's, too.
ACT_GET = (LOGIN, MISSING, MISSING, MISSING, OK, OK)
# Where no PDF can be made the page for printing says so.
PDF_GET = (LOGIN, NO, NO, NO, *(OK if pdf.is_available() else GONE_ON,) * 2)
OWN_GET = (LOGIN, NO, NO, OK, OK, OK)
# A form sent empty: whoever may edit is told what is missing, the others that they may not.
OWN_POST = (LOGIN, NO, NO, INVALID, INVALID, INVALID)

MATRIX = [
    Access("home", (LOGIN, GONE_ON, GONE_ON, GONE_ON, GONE_ON, GONE_ON)),
    Access("guide", ANYONE),
    Access("healthz", ANYONE),
    Access("readyz", ANYONE),
    Access("program_status", (LOGIN, NO, NO, NO, NO, OK)),
    Access("login", (OK, GONE_ON, GONE_ON, GONE_ON, GONE_ON, GONE_ON)),
    # Ways in that are not switched on; signed in through in tests/operation/directory.
    Access("sign_in_at_provider", (MISSING,) * 6),
    Access("sign_in_answer", (MISSING,) * 6),
    Access("sign_in_by_proxy", (MISSING,) * 6, "post"),
    Access("logout", (GONE_ON,) * 6, "post"),
    Access("password_change", SIGNED_IN),
    Access("password_change_done", SIGNED_IN),
    Access("session", (UNKNOWN, *(DONE,) * 5)),
    Access("session_extend", (LOGIN, *(DONE,) * 5), "post"),
    Access("account_own", SIGNED_IN),
    Access("account_own_sessions", (LOGIN, *(GONE_ON,) * 5), "post"),
    Access("audit_log", ADMINISTRATORS),
    Access("audit_log_csv", ADMINISTRATORS),
    Access("audit_log_verify", (LOGIN, NO, NO, NO, NO, GONE_ON), "post"),
    Access("account_list", ADMINISTRATORS),
    Access("account_passwords", (LOGIN, NO, NO, NO, NO, GONE_ON), "post"),
    Access("account_release", (LOGIN, NO, NO, NO, NO, GONE_ON), "post"),
    Access("account_detail", ADMINISTRATORS, target="person"),
    Access("account_password", ADMINISTRATORS, "post", "person"),
    Access("account_sessions", (LOGIN, NO, NO, NO, NO, GONE_ON), "post", "person"),
    Access("transfer", ADMINISTRATORS),
    Access("transfer", (LOGIN, NO, NO, NO, NO, INVALID), "post"),
    Access("transfer_list", ADMINISTRATORS),
    # Without a ticket: back to the form, with a sentence.
    Access("transfer_returned", (LOGIN, NO, NO, NO, NO, GONE_ON), "post"),
    Access("transfer_carry_out", (LOGIN, NO, NO, NO, NO, GONE_ON), "post"),
    Access("team", SIGNED_IN),
    Access("procedure_list", SIGNED_IN),
    Access("procedure_export", SIGNED_IN),
    Access("procedure_detail", SIGNED_IN, target="procedure"),
    Access("procedure_new", (LOGIN, NO, OK, OK, OK, OK)),
    Access("procedure_new", (LOGIN, NO, INVALID, INVALID, INVALID, INVALID), "post"),
    Access("columns_set", SIGNED_IN, target="list"),
    Access("columns_set", (LOGIN, *(GONE_ON,) * 5), "post", "list"),
    Access("row", SIGNED_IN, target="procedure"),
    Access("row_edit", OWN_GET, target="procedure"),
    Access("row_edit", OWN_POST, "post", "procedure"),
    Access("facts_edit", OWN_GET, target="procedure"),
    Access("facts_edit", OWN_POST, "post", "procedure"),
    Access("procedure_interview", OWN_GET, target="procedure"),
    Access("procedure_interview", OWN_POST, "post", "procedure"),
    Access("procedure_interview_result", OWN_GET, target="procedure"),
    Access("bases_edit", OWN_GET, target="procedure"),
    Access("bases_edit", OWN_POST, "post", "procedure"),
    Access("volume_set", OWN_GET, target="procedure"),
    Access("volume_set", OWN_POST, "post", "procedure"),
    Access("volume_sheet", IMPORTERS),
    Access("volume_sheet", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("plan_edit", OWN_GET, target="procedure"),
    Access("plan_edit", OWN_POST, "post", "procedure"),
    Access("review_edit", OWN_GET, target="procedure"),
    Access("review_edit", OWN_POST, "post", "procedure"),
    Access("exemption_propose", OWN_GET, target="procedure"),
    Access("exemption_propose", OWN_POST, "post", "procedure"),
    Access("exemption_evidence", SIGNED_IN, target="procedure"),
    *(
        Access(f"exemption_{act}", (LOGIN, NO, NO, NO, answer, NO), "post", "procedure")
        for act, answer in (
            ("confirm", INVALID),
            ("return", INVALID),
            ("renew", GONE_ON),  # it is proposed only, so there is nothing to renew or withdraw
            ("withdraw", GONE_ON),
        )
    ),
    Access("exemption_list", SIGNED_IN),
    Access("provision_list", SIGNED_IN),
    Access("provision_new", OFFICE_WIDE),
    Access("provision_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("provision_edit", OFFICE_WIDE, target="provision"),
    Access("provision_edit", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "provision"),
    Access("provision_delete", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "provision"),
    Access("handover", OFFICE_WIDE),  # and leaders, whom test_handover.py tries
    Access("handover", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("handover_sheet", OWN_GET, target="department"),
    Access("comment_list", SIGNED_IN),
    Access("comment_add", OWN_POST, "post", "procedure"),
    Access("comment_done", (LOGIN, NO, NO, GONE_ON, GONE_ON, GONE_ON), "post", "comment"),
    Access("comment_reopen", (LOGIN, NO, NO, GONE_ON, GONE_ON, GONE_ON), "post", "comment"),
    Access("reminder_seen", (LOGIN, NO, NO, GONE_ON, NO, NO), "post", "reminder"),
    Access("bulk", OWN_GET, data={"everything": "on"}),
    Access("bulk", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("bulk_confirm", OWN_GET, data={"everything": "on"}),
    Access("bulk_confirm", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("procedure_confirm", (LOGIN, NO, NO, GONE_ON, GONE_ON, GONE_ON), "post", "procedure"),
    Access("act_list", SIGNED_IN),
    Access("act_detail", ACT_GET, target="act"),
    Access("act_undo", (LOGIN, MISSING, MISSING, MISSING, GONE_ON, GONE_ON), "post", "act"),
    Access("issue_list", SIGNED_IN),
    Access("issue_open", (LOGIN, NO, NO, GONE_ON, GONE_ON, GONE_ON), "post", "procedure"),
    # Without rows in the address: back to the list.
    Access("issues_open", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON)),
    Access("issues_open", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("issue_edit", OWN_GET, target="issue"),
    Access("issue_edit", OWN_POST, "post", "issue"),
    Access("issue_solve", OWN_GET, target="issue"),
    Access("issue_solve", OWN_POST, "post", "issue"),
    Access("measure_list", SIGNED_IN),
    Access("measure_new", (LOGIN, NO, OK, OK, OK, OK)),
    Access("measure_new", (LOGIN, NO, INVALID, INVALID, INVALID, INVALID), "post"),
    Access("measure_detail", SIGNED_IN, target="measure"),
    Access("measure_edit", OWN_GET, target="measure"),
    Access("measure_edit", OWN_POST, "post", "measure"),
    Access("measure_close", OWN_GET, target="measure"),
    Access("measure_close", OWN_POST, "post", "measure"),
    Access("saved_filter_add", (LOGIN, *(INVALID,) * 5), "post"),
    Access(
        "saved_filter_delete",
        (LOGIN, MISSING, MISSING, NO, MISSING, GONE_ON),
        "post",
        "saved_filter",
    ),
    Access("unassigned", OFFICE_WIDE),
    Access("unassigned", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("dashboard", OFFICE_WIDE),
    Access("edition_list", OFFICE_WIDE),
    Access("edition_new", OFFICE_WIDE),
    Access("edition_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("edition_detail", OFFICE_WIDE, target="edition"),
    Access("edition_compare", OFFICE_WIDE),
    Access("edition_print", OFFICE_WIDE, target="edition"),
    Access("edition_pdf", PDF_GET, target="edition"),
    Access("edition_workbook", OFFICE_WIDE, target="edition"),
    Access("leverage", OFFICE_WIDE),
    Access("figure_list", OFFICE_WIDE),
    Access("past_rows", OFFICE_WIDE),
    Access("goals", OFFICE_WIDE),
    Access("goals", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("goal_edit", OFFICE_WIDE, target="goal"),
    Access("goal_edit", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "goal"),
    Access("goal_delete", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "goal"),
    Access("moves", OFFICE_WIDE),
    Access("inspection", IMPORTERS),
    Access(
        "inspection_dismiss",
        (LOGIN, NO, GONE_ON, OK, OK, OK),
        data={"check": "without_basis"},
    ),
    Access("inspection_dismiss", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("inspection_dismissed", IMPORTERS),
    Access("inspection_take_back", (LOGIN, NO, GONE_ON, GONE_ON, GONE_ON, GONE_ON), "post"),
    Access("policy_what_if", OFFICE_WIDE, target="what_if"),
    Access("policy_what_if_download", OFFICE_WIDE, target="what_if"),
    Access("publication", OFFICE_WIDE),
    Access("publication_preview", OFFICE_WIDE),
    Access("publication_approve", OFFICE_WIDE, data={"everything": "on"}),
    Access("publication_approve", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post"),
    Access("publication_withdraw", OFFICE_WIDE, data={"everything": "on"}),
    Access("publication_withdraw", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post"),
    # Switched off; tests/tracking/test_publication.py switches them on.
    Access("public_table", (MISSING,) * 6),
    Access("public_csv", (MISSING,) * 6),
    Access("public_json", (MISSING,) * 6),
    Access("policy", SIGNED_IN),
    Access("policy_detail", SIGNED_IN, target="policy_draft"),
    Access("policy_copy", OFFICE_WIDE, target="policy_draft"),
    Access("policy_copy", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "policy_draft"),
    Access("policy_edit", OFFICE_WIDE, target="policy_draft"),
    Access("policy_edit", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "policy_draft"),
    Access("policy_discard", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "policy_draft"),
    Access("policy_apply", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post"),
    # For the leader of the division alone, whom test_policy_pages.py tries.
    Access("policy_adopt", (LOGIN, *(NO,) * 5), target="policy_draft"),
    Access("policy_adopt", (LOGIN, *(NO,) * 5), "post", "policy_draft"),
    Access("policy_revert", (LOGIN, *(NO,) * 5), target="policy_draft"),
    Access("policy_revert", (LOGIN, *(NO,) * 5), "post", "policy_draft"),
    Access("policy_unschedule", (LOGIN, *(NO,) * 5), "post", "policy_draft"),
    Access("service_list", SIGNED_IN),
    Access("service_detail", SIGNED_IN, target="service"),
    Access("service_new", OFFICE_WIDE),
    Access("service_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("service_edit", OFFICE_WIDE, target="service"),
    Access("service_edit", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "service"),
    Access("consultation_list", SIGNED_IN),
    # Without a procedure in the address: to the list, with a sentence.
    Access("consultation_new", (LOGIN, *(GONE_ON,) * 5)),
    Access("consultation_new", (LOGIN, *(GONE_ON,) * 5), "post"),
    Access("consultation_detail", SIGNED_IN, target="consultation"),
    Access("consultation_talk", OWN_POST, "post", "consultation"),
    Access("consultation_due", (LOGIN, NO, NO, NO, INVALID, NO), "post", "consultation"),
    Access("consultation_decide", (LOGIN, NO, NO, NO, OK, NO), target="consultation"),
    Access("consultation_decide", (LOGIN, NO, NO, NO, INVALID, NO), "post", "consultation"),
    Access("consultation_withdraw", (LOGIN, NO, NO, NO, INVALID, NO), "post", "consultation"),
    Access("reorganisation_list", OFFICE_WIDE),
    Access("reorganisation_new", OFFICE_WIDE),
    Access("reorganisation_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("reorganisation_detail", OFFICE_WIDE, target="reorganisation"),
    Access("reorganisation_edit", OFFICE_WIDE, target="reorganisation"),
    Access("reorganisation_edit", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "reorganisation"),
    Access(
        "reorganisation_step",
        OFFICE_WIDE,
        target="reorganisation",
        data={"kind": "merge_divisions"},
    ),
    # Without a kind or a place in the address: back to the draft.
    Access("reorganisation_step", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "reorganisation"),
    Access("reorganisation_split", OFFICE_WIDE, target="reorganisation", data={"step": 1}),
    Access("reorganisation_split", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "reorganisation"),
    Access(
        "reorganisation_arrange", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "reorganisation"
    ),
    Access(
        "reorganisation_delete", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "reorganisation"
    ),
    Access(
        "reorganisation_carry_out",
        (LOGIN, NO, NO, NO, INVALID, INVALID),
        "post",
        "reorganisation",
    ),
    Access("reorganisation_again", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "reorganisation"),
    Access("national_list", SIGNED_IN),
    Access("national_new", OFFICE_WIDE),
    Access("national_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("national_compare", OFFICE_WIDE, target="national_draft"),
    Access("national_compare", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "national_draft"),
    Access("national_adopt", (LOGIN, NO, NO, NO, CONFLICT, CONFLICT), "post", "national_draft"),
    Access("national_discard", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "national_draft"),
    Access("national_links", SIGNED_IN),
    # Without ticks: back to the suggestions, with a sentence.
    Access("national_link", (LOGIN, *(GONE_ON,) * 5), "post", "national_item"),
    Access("national_refusal_take_back", (LOGIN, *(GONE_ON,) * 5), "post"),
    Access("national_absence", OFFICE_WIDE, target="national_item"),
    Access("national_absence", (LOGIN, NO, NO, NO, INVALID, INVALID), "post", "national_item"),
    Access("survey", SIGNED_IN),
    Access("survey_procedure", SIGNED_IN, target="survey_procedure"),
    Access("survey_link", (LOGIN, NO, NO, GONE_ON, GONE_ON, GONE_ON), "post", "procedure"),
    Access("survey_missing", SIGNED_IN),
    Access("survey_dues", OFFICE_WIDE),
    Access("survey_dues", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("survey_load", OFFICE_WIDE),
    Access("survey_load", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("survey_edition", OFFICE_WIDE, target="survey_edition"),
    Access("survey_progress", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), target="survey_edition"),
    Access("survey_again", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post", "survey_edition"),
    Access("survey_differences", SIGNED_IN),
    Access("survey_dismiss", OFFICE_WIDE, data={"everything": "on", "count": "1"}),
    Access("survey_dismiss", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post"),
    Access("survey_dismissed", SIGNED_IN),
    Access("survey_take_back", (LOGIN, NO, NO, NO, GONE_ON, GONE_ON), "post"),
    Access("distribution_list", OFFICE_WIDE),
    Access("distribution_new", OFFICE_WIDE),
    Access("distribution_new", (LOGIN, NO, NO, NO, INVALID, INVALID), "post"),
    Access("distribution_detail", OFFICE_WIDE, target="distribution"),
    Access("distribution_zip", OFFICE_WIDE, target="distribution"),
    Access("distributed_sheet", OWN_GET, target="sheet"),
    Access("department_workbook", OWN_GET, target="department"),
    Access("import_list", (LOGIN, NO, INVALID, INVALID, INVALID, INVALID), "post"),
    Access("import_list", IMPORTERS),
    Access("import_template", IMPORTERS),
    Access("import_detail", RUN_GET, target="run"),
    Access("import_progress", (LOGIN, NO, MISSING, MISSING, GONE_ON, GONE_ON), target="run"),
    Access("import_mapping", (LOGIN, NO, MISSING, MISSING, NO, OK), target="run"),
    Access("import_mapping", (LOGIN, NO, MISSING, MISSING, NO, INVALID), "post", "run"),
    Access("import_diff", RUN_GET, target="run"),
    Access("import_rejected", RUN_GET, target="run"),
    Access("import_values", RUN_POST, "post", "run"),
    Access("import_year", RUN_POST, "post", "run"),
    Access("import_deputy", RUN_POST, "post", "run"),
    Access("import_decide", RUN_POST, "post", "import_row"),
    Access("import_leave_out", RUN_POST, "post", "import_row"),
    Access("import_decide_rest", RUN_POST, "post", "run"),
    Access("import_apply", RUN_POST, "post", "run"),
    Access("import_again", RUN_POST, "post", "run"),
    Access("import_undo", (LOGIN, NO, MISSING, MISSING, GONE_ON, GONE_ON), "post", "run"),
    Access("import_discard", RUN_POST, "post", "run"),
]


def addresses(patterns: list[Any]) -> Iterator[str]:
    """The names of all addresses of the program; those of the admin are tested as a whole."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name


def test_every_address_is_in_the_matrix():
    named = set(addresses(get_resolver().url_patterns))
    assert named == {access.name for access in MATRIX}


@contextmanager
def furnished() -> Iterator[tuple[dict[str, User], dict[str, Any]]]:
    """The people, by what ``PEOPLE`` calls them, and the rows of ``furnish``; gone afterwards.

    Made once for many tests, as it takes ten times as long as one of them: each takes back what it
    writes, in a savepoint of this transaction.
    """
    with transaction.atomic():
        department = factories.DepartmentFactory(name="市民部")
        people = {
            "reader": factories.UserFactory(),
            "other_member": factories.member_of(factories.DepartmentFactory(name="環境部")),
            "member": factories.member_of(department),
            "division_person": factories.division_person(),
            "administrator": factories.administrator(),
        }
        yield people, furnish(department, people["member"], people["administrator"])
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def everything(django_db_setup, django_db_blocker):
    """What ``furnished`` makes, once for the tests of this file."""
    with django_db_blocker.unblock(), furnished() as made:
        yield made


@pytest.fixture
def people(everything):
    """Those of the office, without the one who has not signed in."""
    return everything[0]


@pytest.fixture(scope="module")
def cookies(everything, django_db_blocker):
    """What the browser of each of them has after the sign-in."""
    people, _ = everything
    browsers = {person: Client() for person in people}
    with django_db_blocker.unblock():
        for person, browser in browsers.items():
            browser.force_login(people[person])
    return {person: browser.cookies for person, browser in browsers.items()}


@pytest.fixture
def world(everything):
    """The rows of ``furnish`` by what ``Access.target`` calls them."""
    return everything[1]


def furnish(department: Department, member: User, administrator: User) -> dict[str, Any]:
    """A procedure of ``department`` with everything that an address can be about; the keys."""
    procedure = factories.ProcedureFactory(department=department)
    factories.LegalBasisFactory(procedure=procedure)
    # Without a basis, as the inspection finds; and planned by the nation.
    factories.ProcedureFactory(department=department, national_id="S-1", national_planned_year=2026)
    factories.ProcedureFactory(department=department, national_id="S-2")
    item, draft = _national_list(department, administrator)
    survey_row = factories.SurveyProcedureFactory(national_id="S-1")
    difference = factories.SurveyDifferenceFactory(national_id="S-1")
    factories.SurveyDifferenceFactory(edition=difference.edition, dismissed=True)
    factories.ExemptionFactory(procedure=procedure, attached=True)
    factories.PlanFactory(procedure=procedure)
    comment = factories.CommentFactory(procedure=procedure)
    consultation = factories.ConsultationFactory(procedure=procedure)
    measure = factories.MeasureFactory(department=department, aspect="in_person")
    issue = factories.IssueFactory(procedure=procedure, shared_measure=measure)
    rows = [
        {"手続番号": "9", "手続名": "転入の届出", "部局室": department.name},
        {"手続番号": "10", "手続名": "犬の登録", "部局室": "ない部"},
    ]
    run = bulk_import.preview(workbook(rows), file_name="list.xlsx", by=administrator)
    distribution = distribute(name="第1回", due_on=None, departments=[department], by=administrator)
    fresh = Procedure.objects.select_related("plan").get(pk=procedure.pk)
    return {
        "procedure": procedure.pk,
        "person": member.pk,
        "provision": factories.ProvisionFactory().pk,
        "list": "team",
        "run": run.pk,
        "import_row": run.rows.first().pk,
        "act": apply_confirmation(
            seen={procedure.pk: Versions(fresh.version, fresh.plan.version)}, by=administrator
        ).pk,
        "department": department.pk,
        "consultation": consultation.pk,
        "service": consultation.service_id,
        "national_item": item.pk,
        "national_draft": draft.pk,
        "survey_procedure": survey_row.national_id,
        "survey_edition": difference.edition_id,
        "comment": comment.pk,
        "issue": issue.pk,
        "measure": measure.pk,
        "reminder": factories.ReminderFactory(user=member).pk,
        "saved_filter": SavedFilter.objects.create(
            user=administrator,
            shown_on="team",
            name="期限",
            query="set=overdue",
            department=department,
        ).pk,
        "distribution": distribution.pk,
        "sheet": distribution.sheets.get().pk,
        "goal": factories.GoalFactory().fiscal_year,
        "reorganisation": _reorganisation(department, administrator).pk,
        "what_if": factories.PolicyFactory().pk,
        "policy_draft": factories.PolicyFactory().pk,
        "edition": freeze(title="第1回", reference_date=localdate(), by=administrator).pk,
    }


@pytest.mark.parametrize("access", MATRIX, ids=lambda access: f"{access.method}-{access.name}")
@pytest.mark.parametrize("person", PEOPLE)
def test_access(access, person, cookies, world, client):
    expected = dict(zip(PEOPLE, access.expected, strict=True))[person]
    if person != "anonymous":
        client.cookies.update(cookies[person])
    address = reverse(access.name, args=[world[access.target]] if access.target else [])
    before = _state()
    response = getattr(client, access.method)(address, access.data)
    if expected == LOGIN:
        assert response.status_code == 302
        assert response.url.startswith(reverse("login"))
    else:
        content = response.getvalue()  # a file is closed once it is read to its end
        assert response.status_code == expected, content.decode(errors="replace")[:500]
    if expected in (LOGIN, NO, INVALID, MISSING, CONFLICT):
        assert _state() == before, "a refused request wrote something"


@pytest.mark.parametrize("access", MATRIX, ids=lambda access: f"{access.method}-{access.name}")
def test_the_other_method_writes_nothing(access, cookies, world, client):
    """A GET on what is sent, a POST on what is read: 405, or a form that says what is missing."""
    client.cookies.update(cookies["administrator"])
    address = reverse(access.name, args=[world[access.target]] if access.target else [])
    before = _state()
    response = client.get(address) if access.method == "post" else client.post(address, {})
    response.getvalue()
    assert response.status_code in (200, 302, NO, 405, INVALID)
    assert _state() == before


def test_everything_that_was_ever_written_stands_in_the_audit_log(world):
    """No history row without its entry, and no row that differs from its history."""
    found = audit.verify(heads=())

    assert found.problems == ()
    assert found.history_rows > 20
    assert found.earlier_rows == 1  # the policy that comes with the tables


@pytest.mark.parametrize("person", PEOPLE)
def test_the_admin_is_for_administrators(person, client, people, monkeypatch):
    # Templates of other packages may leave a variable out.
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    if person != "anonymous":
        client.force_login(people[person])
    for name in ("index", "procedures_department_changelist", "procedures_user_add",
                 "procedures_division_export"):  # fmt: skip
        response = client.get(reverse(f"admin:{name}"))
        assert response.status_code == (200 if person == "administrator" else 302), name


def _national_list(
    department: Department, by: User
) -> tuple[NationalPriorityProcedure, NationalListEdition]:
    """An open procedure of it, with a suggestion and a refusal, and a draft that renames it."""
    item = factories.NationalPriorityFactory(name="転出届")
    factories.ProcedureFactory(department=department, name="転出届")
    refused = factories.ProcedureFactory(department=department, name="転出届（郵送）")
    refuse_links(item_id=item.pk, procedure_ids=[refused.pk], by=by)
    draft = factories.EditionFactory()
    factories.NationalPriorityFactory(edition=draft, name="転出の届出")
    return item, draft


def _reorganisation(department: Department, by: User) -> Reorganisation:
    """A draft that splits ``department``, with nothing decided yet."""
    draft = create_reorganisation(
        values={"name": "組織改正", "effective_on": localdate(), "note": ""}, by=by
    )
    here = str(department.pk)
    added = [
        Step(Kind.NEW_DEPARTMENT, unit="n1", name="新設部"),
        Step(Kind.SPLIT_DEPARTMENT, unit=here, targets=(here, "n1")),
    ]
    add_steps(reorganisation_id=draft.pk, added=added, version=draft.version, by=by)
    return draft


def _state() -> list[object]:
    """What a refused request must not have changed."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return [
            cursor.fetchone(),
            list(Reminder.objects.values_list("pk", "seen_at")),
            list(ImportRun.objects.values_list("pk", "state")),
            list(SurveyEdition.objects.values_list("pk", "state")),
            list(SurveyDifference.objects.values_list("pk", "dismissed_at")),
            list(Procedure.objects.values_list("pk", "version")),
            list(Act.objects.values_list("pk", "undone_at")),
            # A file that is taken along is noted, though a GET asks for it.
            AuditEvent.objects.exclude(kind=AuditEvent.Kind.EXPORT).count(),
        ]


_COUNTED = (
    Procedure.history.model,
    MigrationPlan.history.model,
    WorkReview.history.model,
    LegalBasis.history.model,
    Exemption.history.model,
    ExemptionProvision.history.model,
    YearlyVolume.history.model,
    Comment.history.model,
    Consultation.history.model,
    ConsultationNote.history.model,
    ApplicationService.history.model,
    Issue.history.model,
    SharedMeasure.history.model,
    Publication.history.model,
    NationalListEdition.history.model,
    NationalPriorityProcedure.history.model,
    RefusedLink.history.model,
    Dismissal.history.model,
    Goal.history.model,
    Reorganisation.history.model,
    PolicyEdition.history.model,
    User.history.model,
    TeamMembership.history.model,
    Distribution,
    Edition,
    SavedFilter,
)
# In one statement: most of the time of this file would go into asking one by one.
_NUMBERS = [f"(SELECT COUNT(*) FROM {model._meta.db_table})" for model in _COUNTED]  # noqa: S608
_COUNTS = f"SELECT {', '.join(_NUMBERS)}"
