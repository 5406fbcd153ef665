"""The workbooks' journey: handed out by one press, received by the team, seen on the board."""

import zipfile

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedures(department, other_department):
    """A procedure of each of two departments."""
    factories.ProcedureFactory(department=department, name="転入の届出")
    factories.ProcedureFactory(department=other_department)


def test_one_press_gives_a_workbook_for_each_department_and_the_team_its_own(
    visitor, browser, live_server, division_person, member, procedures
):
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="配付", exact=True))
    visitor.check_page()
    page.get_by_role("link", name="新しく配付する").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="配付して、表をまとめて受け取る").click()
    assert download.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["手続台帳_市民部.xlsx", "手続台帳_環境部.xlsx"]
    expect(page.get_by_text("2部局室のうち0部局室が提出しました。")).to_be_visible()
    visitor.check_page()

    team = type(visitor)(browser.new_page(), live_server.url)
    team.sign_in(member)
    expect(team.page.get_by_text("の表が届いています")).to_be_visible()
    team.check_page()
    with team.page.expect_download() as download:
        team.page.get_by_role("link", name="表を受け取る").click()
    assert download.value.suggested_filename == "手続台帳_市民部.xlsx"
    team.page.close()
