"""公表: a person of the division approves rows, and anybody reads them."""

import pytest
from django.urls import reverse

from tests import factories
from tracking.models import Publication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedures(department):
    """One that is online and one that is not, neither approved."""
    dog = factories.PlanFactory(
        procedure__department=department,
        procedure__name="犬の登録",
        online=True,
        url="https://dogs.example.lg.jp/apply",
    ).procedure
    factories.VolumeFactory(procedure=dog, total=1_234, online=617)
    cat = factories.ProcedureFactory(department=department, name="猫の届出")
    return dog, cat


def test_the_division_approves_and_anybody_reads(visitor, division_person, procedures, settings):
    settings.PUBLICATION = True
    settings.PUBLICATION_MASK_BELOW = 10
    page = visitor.page
    visitor.sign_in(division_person)
    visitor.follow(page.get_by_role("link", name="公表", exact=True))
    visitor.check_page()
    page.get_by_label("犬の登録を選ぶ").check()
    visitor.follow(page.get_by_role("button", name="承認 （選んだ手続）"))
    visitor.check_page()
    page.get_by_role("button", name="1件の公表を承認する").click()
    page.get_by_text("公表を承認").first.wait_for()
    assert [one.procedure for one in Publication.objects.all()] == [procedures[0]]
    page.get_by_role("link", name="一覧へ戻る").click()
    visitor.follow(page.get_by_role("link", name="公表の内容を見る"))
    visitor.check_page()

    page.context.clear_cookies()
    page.goto(visitor.address + reverse("public_table"))
    visitor.check_page()
    assert page.context.cookies() == []
    row = page.get_by_role("row").filter(has_text="犬の登録")
    assert "1,234" in row.inner_text()
    link = page.get_by_role("link", name="手続のページ ：犬の登録")
    assert link.get_attribute("href") == "https://dogs.example.lg.jp/apply"
    assert page.get_by_text("猫の届出").count() == 0
    assert page.get_by_role("navigation").count() == 0


def test_the_public_page_is_searched_with_the_keyboard_alone(visitor, procedures, settings):
    settings.PUBLICATION = True
    for procedure in procedures:
        factories.PublicationFactory(procedure=procedure)
    page = visitor.page
    page.goto(visitor.address + reverse("public_table"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "本文へ進む"
    page.get_by_label("手続名・よみ").focus()
    page.keyboard.type("犬")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="検索をやめる").wait_for()
    visitor.check_page()
    assert page.get_by_text("猫の届出").count() == 0
    page.goto(visitor.address + reverse("public_table") + "?q=" + "犬" * 101)
    visitor.check_page()
    page.goto(visitor.address + reverse("public_table") + "?q=ない手続")
    visitor.check_page()


def test_an_empty_table_and_one_of_several_pages(visitor, department, settings, monkeypatch):
    settings.PUBLICATION = True
    page = visitor.page
    page.goto(visitor.address + reverse("public_table"))
    visitor.check_page()
    monkeypatch.setattr("tracking.views.publication.PUBLIC_PAGE", 2)
    for number in range(3):
        procedure = factories.ProcedureFactory(department=department, name=f"届出{number}")
        factories.PublicationFactory(procedure=procedure)
    # Of another address: this browser keeps the first answer for a while.
    page.goto(visitor.address + reverse("public_table") + "?page=1")
    visitor.check_page()
    page.get_by_role("link", name="次へ").click()
    page.get_by_text("届出2").wait_for()
