"""The paper in a browser: on screen, printed on A4, and downloaded."""

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from tests import factories
from tracking.actions.editions import freeze

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "地方創生・関係人口拡大及び中山間地域持続的発展推進事業統括本部"


@pytest.fixture
def edition(administrator):
    """An edition of more departments than stand in one chart, with long names."""
    for number in range(14):
        unit = factories.DepartmentFactory(name=f"{LONG}{number}")
        factories.PlanFactory(procedure__department=unit, online=True)
    return freeze(
        title="第1回 IT推進本部 資料",
        reference_date=localdate(),
        decisions="一つ目",
        by=administrator,
    )


def test_the_paper_is_read_on_any_screen_and_printed_alone(visitor, administrator, edition):
    visitor.sign_in(administrator)
    visitor.page.goto(visitor.address + reverse("edition_print", args=[edition.pk]))
    visitor.check_page()
    visitor.page.emulate_media(media="print")
    assert visitor.page.locator(".paper__title").is_visible()
    assert not visitor.page.get_by_role("button", name="印刷").is_visible()
    charts = visitor.page.locator("#paper-departments ~ .paper__charts svg")
    left, right = (charts.nth(number).bounding_box() for number in range(2))
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 1


def test_the_buttons_of_an_edition_download_its_paper(visitor, administrator, edition):
    visitor.sign_in(administrator)
    visitor.page.goto(visitor.address + reverse("edition_detail", args=[edition.pk]))
    for name, ending in [("PDF", "pdf"), ("Excel", "xlsx")]:
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("link", name=name, exact=True).click()
        day = edition.reference_date.isoformat()
        assert download.value.suggested_filename == f"第1回 IT推進本部 資料_{day}.{ending}"
    visitor.check_page()
