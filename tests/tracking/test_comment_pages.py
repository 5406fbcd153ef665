"""The talk on screen: on the procedure's page, in the list of what waits, and by its buttons."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.actions.exemptions import CHANGED_MEANWHILE
from procedures.models import Exemption, Procedure
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.comments import (
    CLOSED_ALREADY,
    NOT_IN_THIS_TALK,
    NOT_YOUR_TALK,
    NOT_YOURS_TO_CLOSE,
    RETURNED,
)
from tracking.models import Comment
from tracking.views.comments import CLOSED, PAGE, REOPENED, WRITTEN

pytestmark = pytest.mark.django_db
LIST = "/comments/"
QUERIES = 6  # session, person, rights, count, rows; and what the page around it asks


@pytest.fixture
def procedure(department):
    """A procedure of ``department``."""
    return factories.ProcedureFactory(department=department, name="犬の登録")


@pytest.fixture
def opens(signed_in, procedure):
    """``opens(user)`` gives the text of the procedure's page."""

    def read(user):
        response = signed_in(user).get(reverse("procedure_detail", args=[procedure.pk]))
        assert response.status_code == 200
        return text(response)

    return read


@pytest.fixture
def writes(opens, signed_in, procedure):
    """``writes(user, **changes)`` sends the form of the page after ``changes``."""

    def send(user, **changes):
        sent = sent_by(opens(user), "comment-form", **changes)
        return signed_in(user).post(reverse("comment_add", args=[procedure.pk]), sent)

    return send


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


# --- On the procedure's page -------------------------------------------------------------------


def test_a_question_of_the_team_stands_in_the_talk_and_waits(writes, opens, procedure, member):
    response = writes(member, text="印鑑は\r\n要りますか。")

    assert response["Location"] == f"/procedures/{procedure.pk}/#comments"
    assert said(response) == [WRITTEN]
    comment = Comment.objects.get()
    assert (comment.text, comment.addressee) == ("印鑑は\n要りますか。", "division")
    shown = words(element(opens(member), f"comment-{comment.pk}"))
    assert str(member) in shown
    assert "→ 情報政策課" in shown
    assert "回答待ち" in shown
    assert "印鑑は 要りますか。" in shown


def test_the_division_writes_to_the_team_and_mentions_one_person(
    writes, opens, member, division_person
):
    writes(division_person, text="確かめてください。", mentioned=member.pk)

    comment = Comment.objects.get()
    assert (comment.addressee, comment.mentioned) == ("team", member)
    shown = words(element(opens(member), f"comment-{comment.pk}"))
    assert "→ 市民部のDX推進チーム" in shown
    assert f"{member}さん" in shown


def test_for_information_only_nobody_is_waited_for(writes, opens, member):
    writes(member, text="様式を直しました。", addressee="nobody")

    comment = Comment.objects.get()
    assert comment.addressee == ""
    shown = words(element(opens(member), f"comment-{comment.pk}"))
    assert "お知らせ" in shown
    assert "回答待ち" not in shown


def test_the_same_form_sent_again_by_reloading_writes_once(opens, signed_in, procedure, member):
    sent = sent_by(opens(member), "comment-form", text="一度だけ")
    address = reverse("comment_add", args=[procedure.pk])

    for _ in range(2):
        assert signed_in(member).post(address, sent).status_code == 302

    assert Comment.objects.count() == 1


def test_nothing_written_is_said_on_the_page_and_the_choices_stay(
    writes, procedure, member, department
):
    colleague = factories.member_of(department)

    response = writes(member, text=" \r\n", addressee="nobody", mentioned=colleague.pk)

    html = text(response)
    assert response.status_code == 422
    assert "書き込む内容を入力してください。" in html
    again = sent_by(html, "comment-form")
    assert (again["addressee"], again["mentioned"]) == ("nobody", str(colleague.pk))
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"addressee": "mayor"}, {"addressee": None}, {"mentioned": "0"}, {"seen": "x"},
              {"text": "あ" * 2001}, {"text": "\x00"}, {"mentioned": "9" * 30}],
)  # fmt: skip
def test_what_no_form_sends_is_refused(writes, member, wrong):
    response = writes(member, **{"text": "質問"} | wrong)

    assert response.status_code == 422
    assert not Comment.objects.exists()


def test_a_person_who_left_meanwhile_cannot_be_mentioned(
    writes, opens, signed_in, procedure, member, department, monkeypatch
):
    colleague = factories.member_of(department)
    sent = sent_by(opens(member), "comment-form", text="質問", mentioned=colleague.pk)
    colleague.memberships.all().delete()

    response = signed_in(member).post(reverse("comment_add", args=[procedure.pk]), sent)

    assert response.status_code == 422
    assert set(response.context["comment_form"].errors) == {"mentioned"}
    assert NOT_IN_THIS_TALK in text(response)


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_read_the_talk_and_are_offered_no_form(opens, signed_in, procedure, person, request):
    user = request.getfixturevalue(person)
    comment = factories.CommentFactory(procedure=procedure)

    html = opens(user)

    assert comment.text in html
    assert 'id="comment-form"' not in html
    assert reverse("comment_done", args=[comment.pk]) not in html
    response = signed_in(user).post(
        reverse("comment_add", args=[procedure.pk]), {"text": "私も", "addressee": "division"}
    )
    assert response.status_code == 403
    assert NOT_YOUR_TALK.format(department="市民部") in text(response)
    assert Comment.history.count() == 1


def test_writing_leaves_the_procedure_as_it_is(writes, procedure, member):
    before = (Procedure.objects.get().version, Procedure.history.count())

    writes(member, text="質問")

    assert (Procedure.objects.get().version, Procedure.history.count()) == before


# --- 済 ----------------------------------------------------------------------------------------


def test_done_and_done_no_more_by_a_button(opens, signed_in, procedure, member):
    comment = factories.CommentFactory(procedure=procedure)
    address = reverse("comment_done", args=[comment.pk])
    assert f'action="{address}"' in opens(member)

    response = signed_in(member).post(address)

    assert response["Location"] == f"/procedures/{procedure.pk}/#comments"
    assert said(response) == [CLOSED]
    html = opens(member)
    assert "済を取り消す" in html
    assert str(member) in words(element(html, f"comment-{comment.pk}"))

    response = signed_in(member).post(reverse("comment_reopen", args=[comment.pk]))
    assert said(response)[-1] == REOPENED
    assert Comment.objects.get().is_waiting


def test_pressing_twice_says_who_was_first(signed_in, procedure, member, division_person):
    comment = factories.CommentFactory(procedure=procedure, done=True, done_by=division_person)

    response = signed_in(member).post(reverse("comment_done", args=[comment.pk]))

    assert said(response) == [CLOSED_ALREADY.format(by=division_person)]
    assert Comment.history.count() == 1


@pytest.mark.parametrize("name", ["comment_done", "comment_reopen"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_say_nothing_done(signed_in, procedure, name, person, request):
    comment = factories.CommentFactory(procedure=procedure, done=name == "comment_reopen")

    response = signed_in(request.getfixturevalue(person)).post(reverse(name, args=[comment.pk]))

    assert response.status_code == 403
    assert NOT_YOURS_TO_CLOSE in text(response)
    assert Comment.history.count() == 1


def test_a_comment_that_does_not_exist_is_not_found(signed_in, member):
    assert signed_in(member).post(reverse("comment_done", args=[999_999])).status_code == 404


def test_no_address_of_another_site_is_gone_on_to(signed_in, procedure, member):
    comment = factories.CommentFactory(procedure=procedure)

    response = signed_in(member).post(
        reverse("comment_done", args=[comment.pk]), {"next": "https://example.com/"}
    )

    assert response["Location"] == f"/procedures/{procedure.pk}/#comments"


# --- What waits --------------------------------------------------------------------------------


def test_what_waits_is_listed_with_its_procedure_and_done_from_there(
    signed_in, procedure, member, other_department
):
    comment = factories.CommentFactory(procedure=procedure, text="要りますか。")
    factories.CommentFactory(procedure__department=other_department, text="別の部へ")
    client = signed_in(member)

    html = text(client.get(LIST))
    assert f'href="/procedures/{procedure.pk}/#comment-{comment.pk}"' in html
    assert "犬の登録" in html
    assert "要りますか。" in html
    assert "別の部へ" not in html

    response = client.post(reverse("comment_done", args=[comment.pk]), {"next": LIST})
    assert response["Location"] == LIST
    assert "待っているやりとりはありません。" in text(client.get(LIST))
    assert "要りますか。" in text(client.get(LIST, {"show": "all"}))


def test_a_talk_that_has_not_begun_says_where_it_is_written(signed_in, member):
    assert "まだやりとりはありません。" in text(signed_in(member).get(LIST, {"show": "all"}))


@pytest.mark.parametrize(
    ("person", "is_offered"),
    [("member", True), ("division_person", True), ("administrator", True), ("reader", False)],
)
def test_the_list_is_in_the_menu_of_those_who_may_write(signed_in, person, is_offered, request):
    html = text(signed_in(request.getfixturevalue(person)).get("/procedures/"))

    assert (f'href="{LIST}"' in html) is is_offered


@pytest.mark.parametrize("query", [{}, {"show": "all"}])
def test_the_list_takes_the_same_number_of_queries_at_1_and_at_60_rows(
    signed_in, department, member, query
):
    client = signed_in(member)
    counts = []
    for rows in (1, PAGE + 9):
        for _ in range(rows):
            factories.CommentFactory(procedure__department=department, mentioned=member)
        client.get(LIST, query)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(LIST, query)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= QUERIES
    assert len(response.context["rows"]) == PAGE
    assert f"全{PAGE + 10}件" in text(response)


# --- Sent back ---------------------------------------------------------------------------------


def test_sending_back_asks_for_a_question_and_tells_the_team(
    opens, signed_in, procedure, member, division_person
):
    factories.ExemptionFactory(procedure=procedure, proposed_by=member)
    address = reverse("exemption_return", args=[procedure.pk])
    html = opens(division_person)
    assert "質問して差し戻す" in html
    client = signed_in(division_person)

    response = client.post(address, sent_by(html, "return-form"))
    assert response.status_code == 422
    assert "<details open>" in text(response)
    assert "質問を入力してください。部局室のDX推進チームに伝わります。" in text(response)
    assert Exemption.objects.get().state == Exemption.State.PROPOSED

    again = sent_by(text(response), "return-form", question="条項が違います。")
    assert client.post(address, again).status_code == 302
    assert Exemption.objects.get().state == Exemption.State.RETURNED
    shown = words(element(opens(member), f"comment-{Comment.objects.get().pk}"))
    assert "差戻し" in shown
    assert "回答待ち" in shown
    assert words(RETURNED.format(question="条項が違います。")) in shown


def test_what_is_sent_back_is_the_proposal_that_was_shown(
    opens, signed_in, procedure, division_person
):
    exemption = factories.ExemptionFactory(procedure=procedure)
    sent = sent_by(opens(division_person), "return-form", question="条項が違います。")
    Exemption.objects.filter(pk=exemption.pk).update(proposed_at=exemption.procedure.created_at)

    response = signed_in(division_person).post(
        reverse("exemption_return", args=[procedure.pk]), sent
    )

    assert said(response) == [CHANGED_MEANWHILE]
    assert Exemption.objects.get().state == Exemption.State.PROPOSED
    assert not Comment.objects.exists()
