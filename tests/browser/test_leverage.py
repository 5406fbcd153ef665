"""The division finds what solving one obstacle frees, with clicks alone."""

import pytest

from procedures.rules import Answer
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedures(department, other_department):
    """Three that payment alone hinders, one that needs two things solved, one that is free."""
    paid = [
        factories.ProcedureFactory(department=department, clear=True, payment=Answer.OFFLINE)
        for _ in range(3)
    ]
    both = {"payment": Answer.OFFLINE, "in_person": Answer.OFFLINE}
    factories.ProcedureFactory(department=other_department, clear=True, **both)
    free = factories.ProcedureFactory(department=other_department, clear=True, name="犬の登録")
    for procedure, total in [(paid[0], 1200), (free, 300)]:
        factories.VolumeFactory(procedure=procedure, total=total)
    return paid


def test_what_would_e_payment_unlock(visitor, division_person, procedures):
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="支障", exact=True))
    visitor.check_page()
    row = page.get_by_role("region", name="支障ごとの効果の表").get_by_role("row", name="金銭納付")
    assert "1,200" in row.inner_text()
    row.get_by_role("link", name="3", exact=True).first.click()
    page.get_by_text("3件", exact=True).wait_for()
    visitor.check_page()
    assert page.get_by_label("金銭納付").is_checked()


def test_the_procedures_that_people_feel_most_and_one_department(
    visitor, division_person, procedures, other_department
):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="支障", exact=True).click()
    page.get_by_role("link", name="市民に影響の大きい手続").click()
    felt = page.get_by_role("region", name="市民に影響の大きい手続の表").get_by_role("row")
    assert "1,200" in felt.nth(1).inner_text()
    assert "犬の登録" in felt.nth(2).inner_text()
    page.get_by_label("部局室", exact=True).select_option(label=other_department.name)
    page.get_by_label("支障の組合せ", exact=True).and_(page.locator("select")).select_option(
        label="すべての組合せ"
    )
    page.get_by_role("button", name="表示").click()
    page.get_by_text(f"対象：{other_department.name}").wait_for()
    visitor.check_page()
    sets = page.get_by_role("region", name="支障の組合せの表")
    assert sets.get_by_role("row", name="対面＋金銭納付").first.is_visible()
