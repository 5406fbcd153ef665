"""Every page of the access matrix as an administrator sees it: axe, two widths, a quiet console.

They are only looked at, so one office is furnished for all tests of this file.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import reverse

from procedures.models import User
from tests import factories
from tests.browser.conftest import SIZES
from tests.test_access import MATRIX, furnish

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
DOCUMENT = "<!doctype html><html lang=ja><title>表</title><main><h1>表</h1>{}</main></html>"
PALE = "p {color: #bbb}"
FAULTS = {
    "pale": (f"<style>{PALE}</style><p>薄い字</p>", "color-contrast"),
    "pale and narrow": (
        f"<style>@media (width < 40rem) {{{PALE}}}</style><p>薄い字</p>",
        "color-contrast",
    ),
    "at 640 px": (
        "<style>@media not (width: 640px) {a {display: none}}</style><a href=/></a>",
        "link-name",
    ),
    "wide": ("<div style='width: 500px'>字</div>", "px wide"),
    "console": ("<script>throw Error('lost')</script>", "lost"),
}
PAGES = [access for access in MATRIX if access.method == "get" and access.name not in NO_PAGE]


@dataclass(frozen=True, slots=True)
class Office:
    """Two of its people, and what the matrix is about."""

    member: User
    administrator: User
    world: dict[str, Any]


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """One database for all tests of this file instead of one for each; emptied after the last."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def office(transactional_db):
    """A procedure with everything, an import."""
    department = factories.DepartmentFactory(name="市民部")
    member, administrator = factories.member_of(department), factories.administrator()
    return Office(member, administrator, furnish(department, member, administrator))


@pytest.mark.parametrize("access", PAGES, ids=lambda access: access.name)
def test_page(access, visitor, office):
    assert access.expected[-1] == 200
    visitor.carry_session(office.administrator)
    target = [office.world[access.target]] if access.target else []
    query = f"?{urlencode(access.data)}" if access.data else ""
    visitor.page.goto(visitor.address + reverse(access.name, args=target) + query)
    visitor.check_page(by_itself=True)


def test_the_login_page_and_what_a_wrong_password_is_answered(visitor, office):
    visitor.page.goto(visitor.address + reverse("login"))
    visitor.check_page(by_itself=True)
    visitor.page.get_by_label("ユーザー名").fill(office.administrator.username)
    visitor.page.get_by_label("パスワード").fill("wrong")
    visitor.page.get_by_role("button", name="ログイン").click()
    visitor.page.wait_for_selector(".error-summary")
    visitor.check_page(by_itself=True)


@pytest.mark.parametrize("path", ["/nowhere/", "/procedures/999999/"])
def test_a_page_that_is_not_there(visitor, office, path):
    visitor.carry_session(office.administrator)
    response = visitor.page.goto(visitor.address + path)
    assert response.status == 404
    visitor.console_errors.clear()  # the browser logs the 404 itself
    visitor.check_page(by_itself=True)


def test_a_page_that_is_not_for_this_person(visitor, office):
    visitor.carry_session(office.member)
    response = visitor.page.goto(visitor.address + reverse("dashboard"))
    assert response.status == 403
    visitor.console_errors.clear()
    assert "情報政策課" in visitor.page.inner_text("main")
    visitor.check_page(by_itself=True)


def test_no_style_sheet_tells_the_two_narrow_widths_apart():
    """``check_page`` looks at the colours of one of them only."""
    sheets = Path(finders.find("css/base.css")).parents[1].rglob("*.css")
    conditions = re.findall(r"@media[^{]*", "".join(sheet.read_text() for sheet in sheets))
    widths = re.findall(r"\b(max|min)-width: ([\d.]+)rem", "".join(conditions))
    assert len(widths) == "".join(conditions).count("width") > 0
    for bound, rem in widths:
        applies = [
            size["width"] <= float(rem) * 16 if bound == "max" else size["width"] >= float(rem) * 16
            for size in SIZES[1:]
        ]
        assert len(set(applies)) == 1, f"{bound}-width: {rem}rem"


@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(visitor, fault, said):
    """The control of everything that ``check_page`` says here and elsewhere."""
    visitor.page.set_content(DOCUMENT.format("<p>字</p>"))
    visitor.check_page(by_itself=True)
    visitor.page.set_content(DOCUMENT.format(fault))
    with pytest.raises(AssertionError, match=said):
        visitor.check_page(by_itself=True)
