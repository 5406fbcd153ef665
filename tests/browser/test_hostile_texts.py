"""Hostile texts in a real browser: none of them becomes a script, an element or an error."""

import pytest
from django.urls import reverse

from procedures.models import Procedure
from tests import factories
from tests.test_access import furnish
from tracking.models import Comment, Issue, MigrationPlan, SharedMeasure

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '"\'><img src=x onerror="window.ran=1"><script>window.ran=1</script>{{7*7}}\u2028\u202e'
# The pages that show the most texts, and those whose script builds parts of the page.
PAGES = ("team", "procedure_list", "comment_list", "issue_list", "measure_list", "volume_sheet")


@pytest.mark.evidence
def test_no_script_of_a_text_runs_in_a_browser(
    visitor, administrator, department, member, evidence
):
    world = furnish(department, member, administrator)
    Procedure.objects.update(name=HOSTILE, summary=HOSTILE, note=HOSTILE, other_note=HOSTILE)
    MigrationPlan.objects.update(assignee=HOSTILE[:90], service_reason=HOSTILE)
    Comment.objects.update(text=HOSTILE)
    Issue.objects.update(measure=HOSTILE, owner=HOSTILE[:90])
    SharedMeasure.objects.update(name=HOSTILE[:90], note=HOSTILE)
    type(department).objects.update(name=HOSTILE[:90])
    factories.CommentFactory(procedure_id=world["procedure"], text=HOSTILE)
    visitor.sign_in(administrator)
    places = [reverse(name) for name in PAGES]
    places += [
        reverse(name, args=[world["procedure"]]) for name in ("procedure_detail", "row_edit")
    ]
    page = visitor.page
    shown = 0
    for place in places:
        page.goto(visitor.address + place)
        assert page.evaluate("window.ran") is None, place
        assert page.locator("img[src=x], script:not([src])").count() == 0, place
        shown += "window.ran=1" in page.content()
    # A row that htmx puts into the page.
    page.goto(visitor.address + reverse("procedure_list"))
    page.get_by_role("link", name="編集").first.click()
    page.wait_for_selector("form")
    assert page.evaluate("window.ran") is None
    assert shown > 5
    assert visitor.console_errors == []
    # The control: the same text as markup; the policy of the page refuses it and says so.
    page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", HOSTILE)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src=x]").count() == 1
    assert any("Content Security Policy" in error for error in visitor.console_errors)
    evidence.says(
        "攻撃の試み",
        "文字に入れたスクリプトは、本物のブラウザーでも動かない。",
        f"攻撃の文字を表示する画面{len(places)}枚と行の編集で、実行0回、コンソールのエラー0件。",
        "同じ文字をタグとして画面に入れると要素が1個でき、CSPがスクリプトを止めてエラーを出した。",
    )
