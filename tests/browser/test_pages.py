"""Every page of the access matrix as an administrator sees it: axe, two widths, a quiet console."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests import factories
from tests.test_access import MATRIX, furnish

pytestmark = pytest.mark.django_db(transaction=True)

# A redirect, a page with a test of its own, a fragment, and files.
NO_PAGE = {
    *("healthz", "readyz"),
    # Not switched on; gone through in tests/browser/test_directory.py.
    *("sign_in_at_provider", "sign_in_answer"),
    *("session", "transfer_list", "audit_log_csv"),
    *("home", "login", "row", "import_template", "procedure_export"),
    *("distribution_zip", "distributed_sheet", "department_workbook"),
    *("import_progress", "import_diff", "import_rejected", "survey_progress"),
    # Switched off; looked at in tests/browser/test_publication.py.
    *("public_table", "public_csv", "public_json"),
    *("edition_pdf", "edition_workbook", "exemption_evidence", "policy_what_if_download"),
    "issues_open",  # looked at with rows in tests/browser/test_issues.py
    # Of one procedure, and of the division; looked at in tests/browser/test_consultation.py.
    *("consultation_new", "consultation_decide"),
    # For the leader of the division; looked at in tests/browser/test_policy.py.
    *("policy_adopt", "policy_revert"),
}
PAGES = [access for access in MATRIX if access.method == "get" and access.name not in NO_PAGE]


@pytest.fixture
def world(department, member, administrator):
    """What the matrix is about: a procedure with everything, an import."""
    return furnish(department, member, administrator)


@pytest.mark.parametrize("access", PAGES, ids=lambda access: access.name)
def test_page(access, visitor, administrator, world):
    assert access.expected[-1] == 200
    visitor.sign_in(administrator)
    target = [world[access.target]] if access.target else []
    query = f"?{urlencode(access.data)}" if access.data else ""
    visitor.page.goto(visitor.address + reverse(access.name, args=target) + query)
    visitor.check_page()


def test_the_login_page_and_what_a_wrong_password_is_answered(visitor, administrator):
    visitor.page.goto(visitor.address + reverse("login"))
    visitor.check_page()
    visitor.page.get_by_label("ユーザー名").fill(administrator.username)
    visitor.page.get_by_label("パスワード").fill("wrong")
    visitor.page.get_by_role("button", name="ログイン").click()
    visitor.page.wait_for_selector(".error-summary")
    visitor.check_page()


@pytest.mark.parametrize("path", ["/nowhere/", "/procedures/999999/"])
def test_a_page_that_is_not_there(visitor, administrator, path):
    visitor.sign_in(administrator)
    response = visitor.page.goto(visitor.address + path)
    assert response.status == 404
    visitor.console_errors.clear()  # the browser logs the 404 itself
    visitor.check_page()


def test_a_page_that_is_not_for_this_person(visitor, member):
    visitor.sign_in(member)
    response = visitor.page.goto(visitor.address + reverse("dashboard"))
    assert response.status == 403
    visitor.console_errors.clear()
    assert "情報政策課" in visitor.page.inner_text("main")
    visitor.check_page()


def test_a_full_list_and_dashboard(visitor, administrator, department):
    """With rows of every status and category, as the demo has them."""
    factories.GoalFactory()
    factories.PlanFactory(procedure__department=department, online=True)
    factories.PlanFactory(
        procedure__department=department, status="on_hold", hold_reason="条例の改正を待つため"
    )
    factories.ProcedureFactory(department=department, clear=True)
    visitor.sign_in(administrator)
    for name in ("dashboard", "procedure_list"):
        visitor.page.goto(visitor.address + reverse(name))
        visitor.check_page()
