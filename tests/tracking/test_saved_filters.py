"""保存した条件: kept under a name, one's own or a team's; only what a list understands is kept."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.models import Role, TeamMembership
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.personal import (
    NOT_YOUR_FILTER,
    NOT_YOUR_TEAM,
    delete_filter,
    save_filter,
    saved_filters,
)
from tracking.filters import ProcedureFilter
from tracking.forms.saved_filters import (
    NAMELESS,
    NOT_A_FILTER,
    NOTHING_CHOSEN,
    TOO_LONG,
    conditions_of,
)
from tracking.models import SavedFilter
from tracking.models.personal import NAME_TAKEN
from tracking.views.saved_filters import DELETED, SAVED

pytestmark = pytest.mark.django_db
LONG = (
    "category=priority&status=preparing&obstacle=identity_check&unanswered=physical_item"
    "&set=target&sort=-national_due"
)
SENT = {"shown_on": "team", "name": "期限の近いもの", "query": "set=overdue&sort=target"}


def kept(user, **changes):
    """Conditions of ``user``'s for the team's page."""
    values = {"shown_on": "team", "name": "期限", "query": "set=overdue", "department": None}
    return save_filter(user=user, **values | changes)


def add(client, **changes):
    return client.post(reverse("saved_filter_add"), SENT | changes)


def delete(client, saved):
    return client.post(reverse("saved_filter_delete", args=[saved.pk]))


def names_for(user) -> list[str]:
    return [one.name for one in saved_filters(user)]


def on_page(client, address="/team/", **query) -> str:
    """What the block of saved conditions says."""
    page = text(client.get(address, query))
    return words(element(page, "saved-filter-block")) if "saved-filter-block" in page else ""


# --- Keeping ----------------------------------------------------------------------------------


def test_the_conditions_of_a_list_are_kept_and_offered_there(signed_in, member):
    client = signed_in(member)
    page = text(client.get("/team/", {"set": "overdue", "sort": "target", "page": "2"}))
    sent = sent_by(page, "save-filter", name="期限の近いもの", department=None)
    answer = client.post(reverse("saved_filter_add"), sent)
    assert answer.status_code == 302
    assert answer.url == "/team/?set=overdue&sort=target"
    page = text(client.get(answer.url))
    assert SAVED.format(name="期限の近いもの") in page
    assert 'href="/team/?set=overdue&amp;sort=target" aria-current="true"' in page
    assert 'id="save-filter"' not in page, "it is kept already"


@pytest.mark.parametrize("person", ["reader", "member", "division_person", "administrator"])
def test_everybody_keeps_conditions_of_the_offices_list(signed_in, request, person):
    client = signed_in(request.getfixturevalue(person))
    assert add(client, shown_on="list").url == "/procedures/?set=overdue&sort=target"
    assert "期限の近いもの" in on_page(client, "/procedures/")


def test_each_list_offers_its_own(signed_in, member):
    kept(member, name="チームの")
    kept(member, name="全庁の", shown_on="list")
    client = signed_in(member)
    assert "チームの" in on_page(client)
    assert "全庁の" not in on_page(client)
    assert "全庁の" in on_page(client, "/procedures/")


def test_where_nothing_is_chosen_and_nothing_kept_there_is_no_block(signed_in, member):
    assert on_page(signed_in(member)) == ""
    assert "この条件を保存" in on_page(signed_in(member), set="overdue")


def test_only_what_a_list_understands_is_kept(signed_in, member):
    query = "page=7&x=1&conditions=open&sort=target&q=転入&q=転出&set=overdue&status="
    add(signed_in(member), query=query)
    assert QueryDict(SavedFilter.objects.get().query).dict() == {
        "q": "転出", "set": "overdue", "sort": "target"
    }  # fmt: skip


def test_the_same_conditions_are_the_same_in_any_order():
    one, other = QueryDict("sort=name&set=overdue"), QueryDict("set=overdue&page=3&sort=name")
    assert conditions_of(one) == conditions_of(other)


def test_every_condition_of_the_lists_can_be_kept():
    names = list(ProcedureFilter.base_filters)
    query = QueryDict("&".join(f"{name}=1" for name in names))
    assert list(QueryDict(conditions_of(query))) == names


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, NAMELESS),
        ({"name": "　"}, NAMELESS),
        ({"name": "あ" * 61}, "60"),
        ({"name": "\u202e"}, "U+202E"),
        ({"query": ""}, NOTHING_CHOSEN),
        ({"query": "page=2&x=1"}, NOTHING_CHOSEN),
        ({"query": "set=everything"}, NOT_A_FILTER),
        ({"query": "department=99999"}, NOT_A_FILTER),
        ({"query": "q=%00"}, NOT_A_FILTER),
        ({"query": "q=" + "%E8%BB%A2" * 100 + "&" + LONG}, TOO_LONG),
        ({"query": "q=" + "a" * 5_000}, TOO_LONG),
        ({"shown_on": "elsewhere"}, "elsewhere"),
        ({"department": "99999"}, "選択"),
        ({"department": "x"}, "選択"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence_and_nothing_typed_is_lost(
    signed_in, member, changes, sentence
):
    response = add(signed_in(member), **changes)
    assert response.status_code == 422
    assert sentence in text(response)
    assert "error-summary" in text(response)
    assert not SavedFilter.objects.exists()
    for name, value in (SENT | changes).items():
        if name in ("name", "query") and "\u202e" not in value:
            assert sent_by(text(response), "save-filter")[name] == value


def test_a_name_that_is_taken_is_said_and_the_old_conditions_stay(signed_in, member):
    client = signed_in(member)
    add(client)
    response = add(client, query="set=stale")
    assert response.status_code == 422
    assert NAME_TAKEN in text(response)
    assert SavedFilter.objects.get().query == "set=overdue&sort=target"
    again = sent_by(text(response), "save-filter", name="別の名前")
    assert client.post(reverse("saved_filter_add"), again).status_code == 302


def test_a_name_may_be_used_in_the_other_list_and_by_another_person(member, other_member):
    kept(member)
    kept(member, shown_on="list")
    kept(other_member)
    with pytest.raises(ValidationError, match=NAME_TAKEN):
        kept(member, query="set=stale")


# --- Sharing ----------------------------------------------------------------------------------


def test_shared_conditions_are_the_teams_and_say_whose_they_are(
    signed_in, member, other_member, department
):
    client = signed_in(member)
    page = text(client.get("/team/", {"set": "overdue"}))
    sent = sent_by(page, "save-filter", name="期限", department=str(department.pk))
    client.post(reverse("saved_filter_add"), sent)
    assert "期限 （市民部と共有）" in on_page(client)

    colleague = factories.member_of(department)
    block = on_page(signed_in(colleague))
    assert f"期限 （{member}さんが市民部で共有）" in block
    assert "削除" not in block
    assert on_page(signed_in(other_member)) == ""


def test_without_the_tick_nobody_else_sees_them(signed_in, member, department):
    kept(member)
    assert names_for(factories.member_of(department)) == []
    assert on_page(signed_in(factories.member_of(department))) == ""


def test_a_person_of_two_teams_chooses_which_one_and_sees_both(
    signed_in, member, department, other_department, other_member
):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)
    client = signed_in(member)
    assert "共有しない（自分だけ） 市民部 環境部" in on_page(client, set="overdue")
    add(client, department=str(other_department.pk))
    assert SavedFilter.objects.get().department == other_department
    kept(factories.member_of(department), name="市民部の", department=department)
    kept(other_member, name="環境部の", department=other_department)
    assert set(names_for(member)) == {"期限の近いもの", "市民部の", "環境部の"}


def test_conditions_cannot_be_shared_with_another_team(
    signed_in, member, division_person, other_department
):
    with pytest.raises(PermissionDenied, match="自分がDX推進チームに入っている部局室"):
        kept(member, department=other_department)
    with pytest.raises(PermissionDenied, match=NOT_YOUR_TEAM):
        kept(division_person, department=other_department)
    assert add(signed_in(member), department=str(other_department.pk)).status_code == 422
    assert not SavedFilter.objects.exists()


def test_who_is_in_no_team_is_not_offered_to_share(signed_in, division_person):
    block = on_page(signed_in(division_person), "/procedures/", set="overdue")
    assert "この条件を保存" in block
    assert "共有" not in block


# --- Deleting ---------------------------------------------------------------------------------


def test_ones_own_are_deleted_and_the_list_stays_as_it_was(signed_in, member):
    saved = kept(member)
    client = signed_in(member)
    answer = delete(client, saved)
    assert answer.url == "/team/?set=overdue"
    assert DELETED.format(name="期限") in text(client.get(answer.url))
    assert not SavedFilter.objects.exists()


def test_shared_conditions_of_a_colleague_cannot_be_deleted(signed_in, member, department):
    saved = kept(member, department=department)
    colleague = factories.member_of(department)
    response = delete(signed_in(colleague), saved)
    assert response.status_code == 403
    assert NOT_YOUR_FILTER.format(name="期限", user=member) in text(response)
    with pytest.raises(PermissionDenied):
        delete_filter(saved, user=colleague)
    assert SavedFilter.objects.exists()


@pytest.mark.parametrize("person", ["other_member", "division_person", "administrator"])
def test_conditions_that_one_does_not_see_are_not_found(signed_in, request, member, person):
    assert delete(signed_in(request.getfixturevalue(person)), kept(member)).status_code == 404
    assert SavedFilter.objects.exists()


# --- Cost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{}, {"set": "target"}])
def test_the_block_costs_the_same_query_for_one_and_for_many(signed_in, member, department, query):
    client = signed_in(member)

    def queries() -> int:
        client.get("/team/", query)
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/team/", query)
        assert sum("tracking_savedfilter" in one["sql"] for one in found) == 1
        return len(found)

    before = queries()
    for number in range(10):
        kept(member, name=f"自分の{number}")
        kept(factories.member_of(department), name=f"共有{number}", department=department)
    assert queries() == before
