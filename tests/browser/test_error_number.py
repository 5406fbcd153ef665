"""The number of a failed request reaches whoever looks at the page."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_toast_shows_the_number_of_the_answer_and_comes_once(visitor, administrator):
    visitor.sign_in(administrator)
    page = visitor.page
    page.goto(visitor.address + reverse("guide"))
    ask = "htmx.ajax('GET', '/nowhere/', {target: '#main', swap: 'none'})"
    with page.expect_response("**/nowhere/") as answered:
        page.evaluate(ask)
    number = answered.value.headers["x-request-id"]
    toast = page.locator("#toast-alerts .toast")
    assert f"お問い合わせ番号：{number}" in toast.inner_text()
    # The next failure has another number and is the same to the reader.
    with page.expect_response("**/nowhere/"):
        page.evaluate(ask)
    assert toast.count() == 1
