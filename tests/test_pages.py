"""The helper that puts an htmx answer into a page: as htmx does it, and blind to no difference."""

import pytest
from django.http import HttpResponse

from tests.pages import element, same_page, swapped, words

PAGE = """
<!doctype html><html lang="ja"><body>
<main id="main">
  <ul id="queue"><li>期限超過 {late}</li></ul>
  <table>
    <tbody id="row-1"><tr><td>{first}</td></tr></tbody>
    <tbody id="row-2"><tr><td>二行目</td></tr></tbody>
  </table>
</main>
<div id="inbox"></div>
</body></html>
"""
OLD = PAGE.format(late=0, first="一行目")
NEW = PAGE.format(late=1, first="変更後")
ROW = '<tbody id="row-1" data-focus-id="edit-1"><tr class="is-saved"><td>変更後</td></tr>{}</tbody>'
MESSAGE = '<tr class="is-saved"><td colspan="1"><strong>保存しました。</strong></td></tr>'
QUEUE = '<ul id="queue" hx-swap-oob="true"><li>期限超過 {}</li></ul>'
TOAST = '<div hx-swap-oob="beforeend:#inbox"><p>保存しました。</p></div>'
ANSWER = ROW.format(MESSAGE) + QUEUE.format(1) + TOAST


def test_an_answer_is_put_in_place_of_its_target_and_its_other_parts_where_they_belong():
    page = swapped(OLD, ANSWER, "row-1")
    assert words(element(page, "row-1")) == "変更後 保存しました。"
    assert words(element(page, "row-2")) == "二行目"
    assert words(element(page, "queue")) == "期限超過 1"
    assert words(element(page, "inbox")) == "保存しました。"
    assert "hx-swap-oob" not in str(page)


def test_what_tells_of_the_edit_is_no_difference():
    same_page(OLD, ANSWER, "row-1", NEW)
    same_page(HttpResponse(OLD), HttpResponse(ANSWER), "row-1", HttpResponse(NEW))


def test_an_answer_goes_into_a_page_that_has_had_one_and_changes_neither():
    first = swapped(OLD, ANSWER, "row-1")
    again = swapped(first, '<tbody id="row-2"><tr><td>次</td></tr></tbody>', "row-2")
    assert words(element(again, "row-1")) == "変更後 保存しました。"
    assert words(element(again, "row-2")) == "次"
    assert words(element(first, "row-2")) == "二行目"
    same_page(first, ANSWER, "row-1", NEW)


@pytest.mark.parametrize(
    "answer",
    [
        ROW.format(MESSAGE) + QUEUE.format(2) + TOAST,
        ROW.format(MESSAGE) + TOAST,
        ROW.format(MESSAGE).replace("変更後", "一行目") + QUEUE.format(1),
        ROW.format("<tr><td>余分</td></tr>") + QUEUE.format(1),
        ROW.format("").replace('id="row-1"', 'id="row-1" class="is-editing"') + QUEUE.format(1),
    ],
    ids=["counter differs", "counter is missing", "row differs", "row too many", "class differs"],
)
def test_a_difference_fails_and_is_shown(answer):
    with pytest.raises(AssertionError, match=r"(?s)if loaded again.*\n[-+]"):
        same_page(OLD, answer, "row-1", NEW)


def test_only_what_is_named_is_left_out():
    answer = '<tbody id="row-1"><tr><td><form id="f"></form></td></tr></tbody>'
    same_page(OLD, answer, "row-1", OLD, but=["row-1"])
    with pytest.raises(AssertionError):
        same_page(OLD, answer, "row-1", NEW, but=["row-1"])


def test_tokens_of_forms_differ_with_every_page():
    page = '<main id="main"><p id="p">{}</p><input name="csrfmiddlewaretoken" value="{}"></main>'
    same_page(page.format("旧", "a"), '<p id="p">新</p>', "p", page.format("新", "b"))


def test_an_id_that_comes_twice_fails():
    answer = '<tbody id="row-1"><tr><td id="row-2">変更後</td></tr></tbody>'
    with pytest.raises(AssertionError, match="two elements with the id row-2"):
        same_page(OLD, answer, "row-1", NEW, but=["row-1"])


@pytest.mark.parametrize("answer", [QUEUE.replace("queue", "absent"), TOAST.replace("#inbox", "")])
def test_a_part_that_finds_no_place_fails(answer):
    with pytest.raises(AssertionError):
        swapped(OLD, ROW + answer, "row-1")


def test_a_page_without_the_target_fails():
    with pytest.raises(AssertionError, match="row-9"):
        swapped(OLD, ROW, "row-9")


def test_of_an_answer_that_is_a_page_one_part_is_taken():
    same_page(OLD, NEW, "queue", PAGE.format(late=1, first="一行目"), select="queue")


@pytest.mark.parametrize("status", [409, 422])
def test_a_conflict_and_a_refused_form_are_swapped_in(status):
    page = swapped(OLD, HttpResponse(ANSWER, status=status), "row-1")
    assert words(element(page, "queue")) == "期限超過 1"


@pytest.mark.parametrize("status", [204, 403, 404, 500])
def test_a_refusal_leaves_the_page_as_it_is(status):
    same_page(OLD, HttpResponse(ANSWER, status=status), "row-1", OLD)


@pytest.mark.parametrize("header", ["HX-Redirect", "HX-Location", "HX-Refresh"])
def test_an_answer_that_loads_another_page_is_none(header):
    with pytest.raises(AssertionError, match=header):
        swapped(OLD, HttpResponse(ANSWER, headers={header: "true"}), "row-1")
