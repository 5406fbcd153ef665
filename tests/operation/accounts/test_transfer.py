"""人事異動: a list beside the accounts, what it would do, and all of it or nothing."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operation.accounts import people_list, transfer, transfer_views
from operation.accounts.people_list import Post
from operation.accounts.transfer import Fate
from procedures import acts
from procedures.editing import Overtaken
from procedures.models import Act, Role, TeamMembership, User
from procedures.records import save
from procedures.reference_data.importing import VARIANT
from tests import factories
from tests.pages import text
from tests.workbooks import workbook
from tracking.models import SavedFilter

pytestmark = pytest.mark.django_db
KANRI = {"ユーザー名": "kanri", "氏名": "管理 一郎", "部局室": None, "役割": "管理者", "異動": None}
MEMBER, LEADER = "DX推進チーム員", "DX推進チームリーダー"


@pytest.fixture
def kanri():
    return factories.administrator(username="kanri", display_name="管理 一郎")


@pytest.fixture
def office(kanri):
    """The administrator's client."""
    client = Client()
    client.force_login(kanri)
    return client


@pytest.fixture
def hanako(department):
    """A member of the team of ``department`` with a plan and an issue in hand."""
    person = factories.member_of(department, username="hanako", display_name="下関 花子")
    plan = factories.PlanFactory(procedure__department=department, assignee="下関 花子")
    factories.IssueFactory(procedure=plan.procedure, owner="下関 花子")
    return person


def row(username, name=None, department=None, role=None, move=None):
    return {"ユーザー名": username, "氏名": name, "部局室": department, "役割": role, "異動": move}


def look(client, rows, scope="some"):
    return client.post(reverse("transfer"), {"file": workbook(rows), "scope": scope})


def confirm(client, preview, **more):
    form = preview.context["form"]
    sent = {"ticket": form["ticket"].value(), "is_whole": form["is_whole"].value(), **more}
    return client.post(reverse("transfer_carry_out"), sent)


def problems(response):
    assert response.status_code == 422
    return [(problem.row, problem.heading) for problem in response.context["problems"]]


def fates(preview):
    assert preview.status_code == 200, text(preview)[:3000]
    found = preview.context["found"]
    return {entry.person.username: entry.fate for entry in found.changed}


def roles(username):
    rows = TeamMembership.objects.filter(user__username=username)
    return set(rows.values_list("role", "department__name"))


def state():
    people = list(User.objects.order_by("pk").values())
    return [people, sorted(TeamMembership.objects.values_list("user", "role", "department"))]


def test_the_list_as_it_is_changes_nothing(office, kanri, hanako, department):
    factories.TeamMembership.objects.create(user=hanako, role=Role.DIVISION)
    content = office.get(reverse("transfer_list")).content
    file = io.BytesIO(content)
    file.name = "people.xlsx"
    preview = office.post(reverse("transfer"), {"file": file, "scope": "whole"})
    assert preview.status_code == 200
    assert preview.context["found"].changed == []
    assert "変わるところはありません" in text(preview)
    names = [cells[0].value for cells in openpyxl.load_workbook(io.BytesIO(content)).active]
    assert names == ["ユーザー名", "hanako", "hanako", "kanri"]


def test_who_comes_who_moves_and_who_goes(office, kanri, hanako, department, other_department):
    leaver = factories.member_of(department, username="taro", display_name="退職 太郎")
    former = factories.UserFactory(username="jiro", is_active=False)
    before = state()
    rows = [
        row("kanri", "管理 一郎", None, "管理者"),
        row("hanako", "下関 花子", "環境部", LEADER),
        row("0123", "新人 三郎", "市民部", MEMBER),
        row("jiro", "復帰 次郎", "環境部", None),
    ]
    preview = look(office, rows, "whole")
    assert fates(preview) == {
        "hanako": Fate.MOVES, "0123": Fate.JOINS, "jiro": Fate.RETURNS, "taro": Fate.LEAVES,
    }  # fmt: skip
    assert state() == before
    assert confirm(office, preview).url == reverse("account_list")
    assert roles("hanako") == {(Role.LEADER, "環境部")}
    assert roles("0123") == {(Role.MEMBER, "市民部")}
    assert roles("jiro") == {(Role.MEMBER, "環境部")}
    assert roles("taro") == set()
    people = {person.username: person for person in User.objects.all()}
    assert not people["taro"].is_active
    assert people["taro"].password == leaver.password  # never deleted, nothing taken from it
    for name in ("0123", "jiro"):
        assert people[name].is_active
        assert not people[name].has_usable_password()
    assert people["jiro"].display_name == "復帰 次郎"
    assert former.pk == people["jiro"].pk
    assert people["taro"].history.first().by_name == "管理 一郎"


def test_whoever_leaves_is_out_at_once(office, kanri, hanako):
    desk = Client()
    desk.force_login(hanako)
    assert desk.get("/account/").status_code == 200
    confirm(office, look(office, [row("hanako", move="退職"), KANRI]), sure="on")
    assert desk.get("/account/").status_code == 302


def test_a_list_of_some_leaves_the_others_alone(office, kanri, hanako, department):
    preview = look(office, [row("taro", "新人 太郎", "市民部", MEMBER)])
    assert fates(preview) == {"taro": Fate.JOINS}
    confirm(office, preview)
    assert User.objects.get(username="hanako").is_active


def test_two_rows_are_two_roles_and_a_blank_name_stays(office, kanri, hanako, other_department):
    rows = [row("hanako", None, "市民部", LEADER), row("hanako", None, None, "情報政策課")]
    confirm(office, look(office, rows))
    assert roles("hanako") == {(Role.LEADER, "市民部"), (Role.DIVISION, None)}
    assert User.objects.get(username="hanako").display_name == "下関 花子"


def test_the_staff_number_may_be_the_key(office, kanri):
    preview = look(office, [{"職員番号": "00123", "氏名": "新人", "部局室": None, "役割": None}])
    assert fates(preview) == {"00123": Fate.JOINS}


def test_what_a_person_leaves_behind_is_shown_with_the_way_to_hand_it_over(
    office, kanri, hanako, department, other_department
):
    SavedFilter.objects.create(
        user=hanako, shown_on="team", name="期限", query="set=overdue", department=department
    )
    page = text(look(office, [row("hanako", None, "環境部", MEMBER)]))
    assert "計画1件・課題1件を引き継ぐ" in page
    assert f"/handover/?department={department.pk}&amp;source=" in page
    assert "チームと共有した条件1件" in page
    assert reverse("handover_sheet", args=[department.pk]) in page


def test_the_whole_act_is_taken_back(office, kanri, hanako, department, other_department):
    factories.member_of(department, username="taro")
    before = state()
    rows = [
        KANRI,
        row("hanako", "下関 はな", "環境部", LEADER),
        row("new", "新人", "市民部", MEMBER),
    ]
    confirm(office, look(office, rows, "whole"))
    act = Act.objects.get(kind=Act.Kind.TRANSFER)
    page = text(office.get(reverse("act_detail", args=[act.pk])))
    assert "下関 はな" in page
    acts.undo(act_id=act.pk, by=kanri)
    assert state() == before
    act.refresh_from_db()
    assert act.undo_left == []


def test_somebody_who_has_a_password_by_then_stays_when_it_is_taken_back(office, kanri, department):
    confirm(office, look(office, [row("new", "新人", "市民部", MEMBER)]))
    office.post(reverse("account_passwords"))
    act = acts.undo(act_id=Act.objects.get().pk, by=kanri)
    assert User.objects.filter(username="new").exists()
    assert roles("new") == set()
    assert any("新人" in left["name"] for left in act.undo_left)


def test_only_an_administrator_takes_it_back(office, kanri, division_person, department):
    confirm(office, look(office, [row("new", "新人", "市民部", MEMBER)]))
    with pytest.raises(PermissionDenied):
        acts.undo(act_id=Act.objects.get().pk, by=division_person)


def test_nobody_takes_back_the_role_by_which_it_is_done(office, kanri):
    confirm(office, look(office, [row("new", "新人", None, "管理者")]))
    act, new = Act.objects.get(), User.objects.get(username="new")
    with pytest.raises(acts.NotUndoable):
        acts.undo(act_id=act.pk, by=new)
    assert roles("new")
    assert acts.undo(act_id=act.pk, by=kanri).undone_by == kanri


def test_new_people_get_their_passwords_once_in_a_file(office, kanri, department):
    factories.UserFactory(username="ldap", directory="ldap", password="!")
    factories.UserFactory(username="gone", is_active=False, password="!")
    confirm(office, look(office, [row("new", "新人", "市民部", MEMBER)]))
    assert "1人の初期パスワードを発行" in text(office.get(reverse("account_list")))
    response = office.post(reverse("account_passwords"))
    assert "no-store" in response["Cache-Control"]
    rows = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)
    assert [line[:3] for line in rows[1:]] == [("new", "新人", "市民部 DX推進チーム員")]
    person = User.objects.get(username="new")
    assert person.check_password(rows[1][3])
    assert person.must_change_password
    assert office.post(reverse("account_passwords")).url == reverse("account_list")


MISTAKES = {
    "no key": ([row(None, "新人", "市民部", MEMBER)], [(2, "ユーザー名")]),
    "an unknown department": ([row("new", "新人", "市民局", MEMBER)], [(2, "部局室")]),
    "an unknown role": ([row("new", "新人", "市民部", "係長")], [(2, "役割")]),
    "a team role without department": ([row("new", "新人", None, LEADER)], [(2, "部局室")]),
    "an office role with department": ([row("new", "新人", "市民部", "管理者")], [(2, "部局室")]),
    "no name of somebody new": ([row("new", None, "市民部", MEMBER)], [(2, "氏名")]),
    "an unknown leaver": ([row("new", "新人", None, None, "退職")], [(2, "ユーザー名")]),
    "an unknown word": ([row("new", "新人", None, None, "栄転")], [(2, "異動")]),
    "a name with a sign": ([row("a b", "新人", None, None)], [(2, "ユーザー名")]),
    "a name too long": ([row("n" * 151, "新人", None, None)], [(2, "ユーザー名")]),
    "a control character": ([row("new", "新\u202e人", None, None)], [(2, "氏名")]),
    "twice in one department": (
        [row("new", "新人", "市民部", MEMBER), row("new", "新人", "市民部", LEADER)],
        [(3, "役割")],
    ),
    "two names": (
        [row("new", "新人", "市民部", MEMBER), row("new", "別人", None, None)], [(3, "氏名")],
    ),
    "goes and stays": (
        [row("hanako", None, "市民部", MEMBER), row("hanako", move="退職")], [(3, "異動")],
    ),
    "the program's own name": ([row("command", "人", None, None)], [(2, "ユーザー名")]),
    "oneself goes": ([row("kanri", move="退職")], [(2, "ユーザー名")]),
    "oneself loses the role": ([row("kanri", None, "市民部", MEMBER)], [(2, "役割")]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_written(
    office, kanri, hanako, rows, expected
):
    factories.UserFactory(username="command", is_active=False, is_superuser=True)
    before = state()
    preview = look(office, rows)
    assert problems(preview) == expected
    assert state() == before


def test_an_ended_department_is_refused(office, kanri, department):
    department.valid_to = timezone.localdate() - timedelta(days=1)
    save(department, ["valid_to"], factories.origin())
    preview = look(office, [row("new", "新人", "市民部", MEMBER)])
    assert problems(preview) == [(2, "部局室")]
    assert "終わっています" in text(preview)


def test_a_whole_list_without_oneself_is_refused(office, kanri, hanako):
    preview = look(office, [row("hanako", None, "市民部", MEMBER)], "whole")
    assert problems(preview) == [(None, "")]
    assert transfer.YOURSELF_LEAVES in text(preview)


def test_where_the_office_has_a_login_of_its_own_new_people_use_it(
    office, kanri, department, settings
):
    settings.SIGN_IN = replace(settings.SIGN_IN, ways=("local", "ldap"))
    preview = look(office, [row("new", "新人", "市民部", MEMBER)])
    assert "庁内アカウント（LDAP・Active Directory）" in text(preview)
    confirm(office, preview)
    person = User.objects.get(username="new")
    assert (person.directory, person.directory_id) == ("ldap", "")
    assert "初期パスワードを発行して受け取る" not in text(office.get(reverse("account_list")))


def test_a_number_that_lost_its_zeros_is_not_taken_for_somebody_new(office, kanri):
    factories.UserFactory(username="0123")
    preview = look(office, [row("123", "新人", None, None)])
    assert problems(preview) == [(2, "ユーザー名")]
    assert VARIANT.format(text="123", twin="0123") in text(preview).replace("&quot;", '"')


@pytest.mark.parametrize("heading", ["氏名", "部局室", "役割", "ユーザー名"])
def test_a_missing_column_is_named(office, kanri, heading):
    rows = [{key: value for key, value in KANRI.items() if key != heading}]
    assert f"「{heading}」" in text(look(office, rows))


def test_two_columns_of_keys_are_refused(office, kanri):
    assert people_list.TWO_KEYS in text(look(office, [KANRI | {"職員番号": "1"}]))


@pytest.mark.parametrize("sent", [{}, {"scope": "some"}, {"scope": "abc"}])
def test_an_empty_form_says_what_is_missing(office, sent):
    assert office.post(reverse("transfer"), sent).status_code == 422


def test_the_list_comes_back_with_what_is_to_be_corrected(office, kanri, department):
    rows = [KANRI, row("new", "新人", "市民局", MEMBER)]
    preview = look(office, rows)
    form = {"ticket": preview.context["ticket"], "is_whole": preview.context["is_whole"]}
    response = office.post(reverse("transfer_returned"), form)
    lines = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)
    assert lines[0][-1] == "直すところ"
    assert lines[1][-1] is None
    assert "市民局" in lines[2][-1]
    # It is read again as it is: the sentences are no column of the list.
    again = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    again[1]["部局室"] = "市民部"
    assert fates(look(office, again)) == {"new": Fate.JOINS}


def test_a_list_that_switches_off_more_than_a_third_is_asked_about_again(office, kanri, department):
    for number in range(4):
        factories.member_of(department, username=f"person{number}")
    rows = [KANRI, *(row(f"person{n}", None, "市民部", MEMBER) for n in range(2))]
    preview = look(office, rows, "whole")
    assert preview.context["found"].switches_off_many
    answer = confirm(office, preview)
    assert answer.status_code == 422
    assert transfer_views.SAY_SURE in text(answer)
    assert User.objects.filter(is_active=True).count() == 5
    assert confirm(office, answer, sure="on").status_code == 302
    assert User.objects.filter(is_active=True).count() == 3


def test_what_changed_since_the_preview_is_shown_again(office, kanri, hanako, other_department):
    preview = look(office, [row("hanako", None, "環境部", MEMBER)])
    TeamMembership.objects.filter(user=hanako).update(role=Role.LEADER)
    answer = confirm(office, preview)
    assert answer.status_code == 409
    assert transfer_views.CHANGED_MEANWHILE in text(answer)
    assert roles("hanako") == {(Role.LEADER, "市民部")}
    confirm(office, answer)
    assert roles("hanako") == {(Role.MEMBER, "環境部")}


def test_the_confirmation_of_another_person_is_refused(office, kanri, department):
    preview = look(office, [row("new", "新人", "市民部", MEMBER)])
    other = Client()
    other.force_login(factories.administrator())
    assert confirm(other, preview).status_code == 403
    assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize("ticket", ["", "abc", "\0", "x" * 10_000])
@pytest.mark.parametrize("name", ["transfer_carry_out", "transfer_returned"])
def test_a_ticket_that_is_none_leads_back(office, name, ticket):
    assert office.post(reverse(name), {"ticket": ticket}).url == reverse("transfer")


def test_another_scope_than_was_shown_is_shown_again(office, kanri, hanako, department):
    preview = look(office, [KANRI, row("new", "新人", "市民部", MEMBER)])
    answer = confirm(office, preview, is_whole="True")
    assert answer.status_code == 409
    assert User.objects.get(username="hanako").is_active


def test_whoever_is_no_administrator_any_more_writes_nothing(kanri, department, office):
    table = people_list.read(workbook([row("new", "新人", "市民部", MEMBER)]))
    on = timezone.localdate()
    seen = transfer.compare(table, is_whole=False, on=on, by=kanri).digest
    TeamMembership.objects.filter(user=kanri).delete()
    with pytest.raises(PermissionDenied):
        transfer.carry_out(table, is_whole=False, on=on, seen=seen, is_sure=False, by=kanri)


def test_a_post_is_told_by_role_and_department():
    assert Post(Role.MEMBER, 1) == Post(Role.MEMBER, 1) != Post(Role.LEADER, 1)


@pytest.mark.parametrize("count", [3, 40])
def test_the_preview_takes_a_constant_number_of_queries(
    office, kanri, department, other_department, count, django_assert_max_num_queries
):
    people = [factories.member_of(department, username=f"p{n}") for n in range(count)]
    for person in people:
        factories.PlanFactory(procedure__department=department, assignee=str(person))
    rows = [row(person.username, None, "環境部", MEMBER) for person in people]
    with django_assert_max_num_queries(16):
        assert len(fates(look(office, rows))) == count


@pytest.mark.parametrize("count", [3, 40])
def test_the_list_of_people_takes_a_constant_number_of_queries(
    office, kanri, department, count, django_assert_max_num_queries
):
    for n in range(count):
        factories.member_of(department, username=f"p{n}")
    with django_assert_max_num_queries(12):
        assert office.get(reverse("account_list")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_at_once_one_is_told_of_the_other(kanri, hanako, other_department):
    """The same list twice at once: written once, the other sees what is so now."""
    second = factories.administrator(username="second")
    rows = [row("hanako", None, "環境部", MEMBER), row("new", "新人", "市民部", MEMBER)]
    on, tables = timezone.localdate(), [people_list.read(workbook(rows)) for _ in range(2)]
    seen = transfer.compare(tables[0], is_whole=False, on=on, by=kanri).digest

    def one(pair):
        table, by = pair
        try:
            transfer.carry_out(table, is_whole=False, on=on, seen=seen, is_sure=False, by=by)
        except Overtaken:
            return "overtaken"
        finally:
            connections.close_all()
        return "written"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(one, zip(tables, (kanri, second), strict=True)))
    assert answers == ["overtaken", "written"]
    assert Act.objects.filter(kind=Act.Kind.TRANSFER).count() == 1
    assert User.objects.filter(username="new").count() == 1
