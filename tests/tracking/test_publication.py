"""The public table: off unless it is switched on, only approved rows, nothing hidden told."""

import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from procedures import acts
from procedures.models import Act, Procedure, TeamMembership
from procedures.permissions import DIVISION_ONLY
from procedures.records import save
from tests import factories
from tests.pages import sent_by, text
from tests.test_access import PEOPLE
from tests.tracking.inventories import NOW, TODAY
from tracking import publication
from tracking.actions.bulk import NothingToWrite, Versions
from tracking.actions.publication import (
    CHANGED_MEANWHILE,
    NOT_PUBLISHABLE,
    approve,
    plan_approval,
    withdraw,
)
from tracking.masking import State
from tracking.models import Publication
from tracking.publication import public_rows, public_url, published
from tracking.timeline import timeline
from tracking.views import publication as views
from tracking.views.bulk import NOTHING_CHOSEN, NOTHING_LEFT, ROWS_CHANGED

pytestmark = pytest.mark.django_db

PUBLIC = ("public_table", "public_csv", "public_json")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def switched_on(settings):
    settings.PUBLICATION = True
    return settings


@pytest.fixture
def dog(department):
    """A procedure that is online, approved and known in every respect."""
    return published_one(
        department,
        "犬の登録",
        {2025: (1_234, 617)},
        procedure__division=department.divisions.get(),
        procedure__number="内-077",
        procedure__note="職員だけの備考",
        url="https://dogs.example.lg.jp/apply",
        assignee="担当 花子",
    )


def published_one(department, name, volumes=None, *, online=True, approved=True, **plan):
    """A procedure with volumes by year and, unless ``approved`` is False, its approval."""
    made = factories.PlanFactory(
        procedure__department=department, procedure__name=name, online=online, **plan
    ).procedure
    for year, (total, received) in (volumes or {}).items():
        factories.VolumeFactory(procedure=made, fiscal_year=year, total=total, online=received)
    if approved:
        factories.PublicationFactory(procedure=made)
    return made


def seen_of(*procedures):
    rows = Procedure.objects.select_related("plan").filter(pk__in=[one.pk for one in procedures])
    return {
        row.pk: Versions(row.version, row.plan.version if hasattr(row, "plan") else 0)
        for row in rows
    }


def row_of(procedure):
    (row,) = public_rows(Procedure.objects.filter(pk=procedure.pk), on=TODAY)
    return row


class Cells(HTMLParser):
    """The cells of the rows of a page's only table body."""

    def __init__(self, html):
        super().__init__()
        self.rows, self._is_in = [], False
        self.feed(html.split("<tbody>")[1].split("</tbody>")[0])

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_in = True

    def handle_endtag(self, tag):
        self._is_in = self._is_in and tag not in ("td", "th")

    def handle_data(self, data):
        if self._is_in:
            self.rows[-1][-1] += data


def table_rows(html):
    return [row[:7] for row in Cells(html).rows]


def csv_rows(client):
    content = client.get(reverse("public_csv")).getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# --- Who sees it ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_reads_it_once_it_is_switched_on_and_nobody_before(
    name, person, client, request, dog, settings
):
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
    assert client.get(reverse(name)).status_code == 404
    assert "public" not in client.get(reverse(name)).headers.get("Cache-Control", "")
    settings.PUBLICATION = True
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert "犬の登録" in response.getvalue().decode()


@pytest.mark.parametrize("name", PUBLIC)
def test_it_is_read_only(name, client, switched_on):
    response = client.head(reverse(name))
    assert (response.status_code, response.getvalue()) == (200, b"")
    for method in ("post", "put", "delete"):
        assert getattr(client, method)(reverse(name)).status_code == 405


def test_it_is_off_unless_the_office_switches_it_on(settings):
    assert settings.PUBLICATION is False
    assert settings.PUBLICATION_MASK_BELOW == 0


@pytest.mark.parametrize("limit", ["1", "2"])
def test_a_limit_that_hides_nothing_stops_the_start(limit, monkeypatch):
    import importlib

    from shimonoseki_dx import settings as module

    monkeypatch.setenv("DX_PUBLICATION_MASK_BELOW", limit)
    with pytest.raises(ImproperlyConfigured, match="at least 3"):
        importlib.reload(module)
    monkeypatch.undo()
    importlib.reload(module)


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("person", ["anonymous", "administrator"])
def test_it_sets_no_cookie_asks_for_no_session_and_may_be_kept(
    name, person, client, request, dog, switched_on
):
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
        client.get(reverse("procedure_list"))
    before = dict(client.cookies)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(reverse(name))
        response.getvalue()
    assert not response.cookies
    assert dict(client.cookies) == before
    assert "Cookie" not in response.headers.get("Vary", "")
    assert response.headers["Cache-Control"] == f"public, max-age={views.KEPT_FOR}"
    for table in ("django_session", "procedures_user", "procedures_teammembership"):
        assert not [query for query in queries if table in query["sql"]]


@pytest.mark.parametrize("name", PUBLIC)
def test_nothing_else_of_a_procedure_leaves_the_office(name, client, dog, switched_on):
    content = client.get(reverse(name)).getvalue().decode()
    secrets = ["内-077", "職員だけの備考", "担当 花子", "試験 太郎", dog.category, "csrf", "htmx"]
    for secret in secrets:
        assert secret not in content, secret
    if name == "public_json":
        keys = set(json.loads(content)["procedures"][0])
        assert not {key for key in keys if key.endswith("id") or key in ("pk", "number", "note")}
    if name == "public_table":
        assert "noindex" not in content
        addresses = set(re.findall(r'(?:href|action)="([^"]*)"', content))
        ours = {one for one in addresses if not one.startswith("/static/")}
        assert ours == {
            "#main",
            "https://dogs.example.lg.jp/apply",
            *map(reverse, PUBLIC),
        }


@pytest.mark.parametrize("name", PUBLIC)
def test_as_many_queries_for_one_row_as_for_many(name, client, dog, department, switched_on):
    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(reverse(name)).getvalue()
        return len(found)

    few = queries()
    for number in range(8):
        published_one(department, f"届出{number}", {2025: (number, 0), 2024: (5, 1)})
        other = factories.DepartmentFactory()
        published_one(other, f"申請{number}", {2023: (number, None)})
    assert queries() == few <= 6


# --- Which rows, in which words ---------------------------------------------------------------


def test_a_row_has_the_same_numbers_and_words_everywhere(client, dog, switched_on):
    year, method = "令和7年度（2025年度）", f"オンライン（{dog.plan.service.name}）"
    (row,) = table_rows(text(client.get(reverse("public_table"))))
    assert row == [
        "犬の登録", "市民部 市民サービス課", year, "1,234", "617", "50.0%", method,
    ]  # fmt: skip
    (row,) = csv_rows(client)
    assert row == {
        "手続名": "犬の登録",
        "部局室": "市民部",
        "課": "市民サービス課",
        "年度": year,
        "件数の確度": "実績",
        "年間件数": "1234",
        "うちオンライン": "617",
        "割合": "50.0%",
        "利用方法": method,
        "URL": "https://dogs.example.lg.jp/apply",
    }
    response = client.get(reverse("public_json"))
    assert response.headers["Content-Type"] == "application/json"
    found = json.loads(response.content)
    (row,) = found["procedures"]
    assert row == {
        "name": "犬の登録",
        "department": "市民部",
        "division": "市民サービス課",
        "fiscal_year": 2025,
        "is_estimate": False,
        "annual_applications": 1234,
        "annual_applications_state": "known",
        "online_applications": 617,
        "online_applications_state": "known",
        "online_share": 0.5,
        "online_share_state": "known",
        "is_online": True,
        "method": method,
        "url": "https://dogs.example.lg.jp/apply",
    }


def test_json_says_what_its_fields_mean(client, dog, switched_on):
    found = json.loads(client.get(reverse("public_json")).content)
    assert list(found["fields"]) == list(found["procedures"][0])
    assert all(field["type"] and field["description"] for field in found["fields"].values())
    assert found["reference_date"] == found["updated_on"] == "2026-11-23"
    assert (found["license"], found["masked_below"]) == (None, None)
    assert (found["publisher"], found["contact"]) == ("下関市", "下関市情報政策課")
    switched_on.PUBLICATION_LICENSE = "CC BY 4.0"
    assert json.loads(client.get(reverse("public_json")).content)["license"] == "CC BY 4.0"
    assert "CC BY 4.0" in text(client.get(reverse("public_table")))


@pytest.mark.parametrize(
    "change", [{"abolished_on": date(2026, 9, 30)}, {"scope": "outside"}], ids=["廃止", "対象外"]
)
def test_what_is_abolished_or_leaves_the_scope_leaves_the_table_by_itself(dog, change):
    assert list(published(TODAY)) == [dog]
    for name, value in change.items():
        setattr(dog, name, value)
    save(dog, change, factories.origin())
    assert not published(TODAY).exists()
    assert Publication.objects.get().approved_at


def test_only_approved_rows_stand_in_it(client, department, dog, switched_on):
    published_one(department, "猫の届出", approved=False)
    assert [row["手続名"] for row in csv_rows(client)] == ["犬の登録"]


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ({2025: (100, 50), 2024: (90, 40)}, (2025, "100", "50", "50.0%")),
        # 2026 is not over: it would change from day to day.
        ({2026: (7, 3), 2025: (100, 50)}, (2025, "100", "50", "50.0%")),
        ({2026: (7, 3)}, (None, "不明", "不明", "不明")),
        ({2025: (100, None), 2023: (90, 40)}, (2023, "90", "40", "44.4%")),
        ({2025: (None, 30), 2024: (80, None)}, (2024, "80", "不明", "不明")),
        ({2025: (None, 30)}, (2025, "不明", "30", "不明")),
        ({2025: (None, None), 2019: (1, 0)}, (2019, "1", "0", "0.0%")),
        ({2025: (0, 0)}, (2025, "0", "0", "－")),
        ({}, (None, "不明", "不明", "不明")),
    ],
)
def test_all_numbers_of_a_row_are_of_one_year(department, volumes, expected):
    row = row_of(published_one(department, "届出", volumes))
    assert (row.fiscal_year, row.total, row.online, row.share) == expected


def test_an_estimate_says_so(department, client, switched_on):
    made = published_one(department, "届出")
    factories.VolumeFactory(procedure=made, total=1_200, online=300, certainty="estimate")
    assert table_rows(text(client.get(reverse("public_table"))))[0][3] == "約1,200"
    assert [(row["件数の確度"], row["年間件数"]) for row in csv_rows(client)] == [("概数", "1200")]
    assert json.loads(client.get(reverse("public_json")).content)["procedures"][0]["is_estimate"]


@pytest.mark.parametrize(
    ("plan", "method", "url"),
    [
        ({"online": True, "coverage": "wholly"}, "オンライン（申請くん）", True),
        ({"online": True, "coverage": "partly"}, "一部オンライン（申請くん）", True),
        ({"online": False}, "オンライン未対応", False),
        ({"online": False, "status": "testing"}, "オンライン未対応", False),
    ],
)
def test_the_way_to_use_it(department, plan, method, url):
    service = factories.ServiceFactory(name="申請くん")
    address = "https://example.jp/"
    row = row_of(published_one(department, "届出", service=service, url=address, **plan))
    assert (row.method, row.url) == (method, address if url else "")


def test_a_procedure_without_a_plan_is_not_online(department):
    row = row_of(factories.ProcedureFactory(department=department))
    assert (row.method, row.url) == ("オンライン未対応", "")


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("https://example.jp/a?b=c", True),
        ("http://shinsei.pref.example.lg.jp/", True),
        ("http://8.8.8.8/", True),
        ("", False),
        ("ftp://example.jp/", False),
        ("javascript:alert(1)//example.jp", False),
        ("https://user:secret@example.jp/", False),
        ("http://intranet/", False),
        ("http://localhost:8000/", False),
        ("http://192.168.1.5/", False),
        ("http://[fe80::1]/", False),
        ("https://form.asp.lgwan.jp/", False),
        ("https://server.local/", False),
        ("http://[::1", False),
    ],
)
def test_only_what_opens_from_outside_is_an_address(url, is_public):
    assert public_url(url) == (url if is_public else "")


@pytest.mark.parametrize("name", ["=1+1", "+81", "-犬", "@cmd"])
def test_csv_has_no_formulas(client, department, switched_on, name):
    published_one(department, name)
    assert csv_rows(client)[0]["手続名"] == f"'{name}"


def test_names_are_escaped(client, department, switched_on):
    published_one(department, "<script>alert(1)</script>")
    html = text(client.get(reverse("public_table")))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_order_the_search_and_the_departments(client, department, switched_on):
    later = factories.DepartmentFactory(name="消防局", order=department.order + 1)
    published_one(later, "あき家の届出")
    published_one(department, "ねこの届出", procedure__name_kana="ねこのとどけで")
    published_one(department, "いぬの登録")
    factories.DepartmentFactory(name="手続のない部")

    def names(**query):
        html = text(client.get(reverse("public_table"), query))
        return [row[0] for row in table_rows(html)] if "<tbody>" in html else []

    assert names() == ["いぬの登録", "ねこの届出", "あき家の届出"]
    assert names(sort="name") == ["あき家の届出", "いぬの登録", "ねこの届出"]
    assert names(q="ネコ") == ["ねこの届出"]
    assert names(q="届出", department="消防局") == ["あき家の届出"]
    assert names(q="T-0") == []  # our numbers are not searched
    assert names(q="ない") == []
    assert "手続のない部" not in text(client.get(reverse("public_table")))


@pytest.mark.parametrize(
    "query",
    [
        {"q": "犬\x00"},
        {"q": "犬" * 101},
        {"department": "ない部"},
        {"department": "1"},
        {"sort": "total"},
    ],
)
def test_what_is_not_understood_is_said_and_shows_no_rows(client, dog, switched_on, query):
    response = client.get(reverse("public_table"), query)
    assert response.status_code == 200
    assert "次の内容を確かめてください" in text(response)
    assert "犬の登録" not in text(response)


@pytest.mark.parametrize("page", ["0", "-1", "x", "999", "9" * 40])
def test_a_page_that_is_not_there_is_one_that_is(client, dog, switched_on, page):
    assert "犬の登録" in text(client.get(reverse("public_table"), {"page": page}))


def test_the_page_is_cut_and_the_files_are_whole(client, department, switched_on, monkeypatch):
    monkeypatch.setattr(views, "PUBLIC_PAGE", 2)
    for number in range(5):
        published_one(department, f"届出{number}")
    html = text(client.get(reverse("public_table"), {"q": "届出", "page": 2}))
    assert [row[0] for row in table_rows(html)] == ["届出2", "届出3"]
    assert "?q=%E5%B1%8A%E5%87%BA&amp;page=3" in html
    assert len(csv_rows(client)) == 5
    assert len(json.loads(client.get(reverse("public_json")).content)["procedures"]) == 5


def test_an_empty_table_says_so(client, switched_on):
    assert "公表している手続はまだありません" in text(client.get(reverse("public_table")))
    found = json.loads(client.get(reverse("public_json")).content)
    assert (found["procedures"], found["updated_on"]) == ([], None)
    assert csv_rows(client) == []


# --- Small counts -----------------------------------------------------------------------------


COUNTS = st.none() | st.integers(0, 40)


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.integers(2021, 2026),
        st.tuples(COUNTS, COUNTS).map(
            lambda pair: pair if None in pair else (max(pair), min(pair))
        ),
    ),
    st.sampled_from([0, 3, 10]),
)
def test_page_and_files_tell_the_same_and_no_hidden_count(department, volumes, limit):
    """Another year tells nothing either: all the numbers of a row are of one."""
    Publication.objects.all().delete()
    published_one(department, "届出", volumes)
    with override_settings(PUBLICATION=True, PUBLICATION_MASK_BELOW=limit):
        client = Client()
        html = table_rows(text(client.get(reverse("public_table"))))[0]
        in_csv = csv_rows(client)[0]
        in_json = json.loads(client.get(reverse("public_json")).content)["procedures"][0]
    assert html[3:6] == [in_csv[key] for key in ("年間件数", "うちオンライン", "割合")]
    year = in_json["fiscal_year"]
    total, online = volumes.get(year, (None, None))
    words = {"unknown": "不明", "below_limit": f"{limit}未満", "withheld": "非公表"}
    for key, shown, count in (
        ("annual_applications", html[3], total),
        ("online_applications", html[4], online),
    ):
        state = in_json[f"{key}_state"]
        assert shown == (str(count) if state == "known" else words[state])
        assert in_json[key] == (count if state == "known" else None)
        assert (state == "unknown") == (count is None)
        if count is not None and 0 < count < limit:
            assert state != "known"
    if None not in (total, online) and 0 < total - online < limit:
        assert in_json["online_share_state"] != "known"
        assert None in (in_json["annual_applications"], in_json["online_applications"])


def test_a_masked_table_says_what_its_words_mean(client, department, switched_on):
    assert "非公表" not in text(client.get(reverse("public_table")))
    switched_on.PUBLICATION_MASK_BELOW = 10
    published_one(department, "届出", {2025: (100, 4)})
    html = text(client.get(reverse("public_table")))
    assert "1件以上10件未満の件数は「10未満」" in html
    assert table_rows(html)[0][3:6] == ["100", "10未満", "非公表"]
    assert json.loads(client.get(reverse("public_json")).content)["masked_below"] == 10


def test_nothing_orders_or_sums_the_counts(client, department, switched_on):
    """A place among known numbers, or a sum with all but one of them, would tell a hidden one."""
    switched_on.PUBLICATION_MASK_BELOW = 10
    published_one(department, "届出い", {2025: (100, 4)})
    published_one(department, "届出ろ", {2025: (200, 20)})
    assert "合計" not in text(client.get(reverse("public_table"))).split("<table")[1]
    found = json.loads(client.get(reverse("public_json")).content)
    assert not [value for value in found.values() if isinstance(value, int) and value > 10]
    assert len(csv_rows(client)) == 2


# --- Approving and withdrawing ----------------------------------------------------------------


@pytest.fixture
def waiting(department):
    """Three procedures that nobody has approved."""
    return [published_one(department, f"届出{number}", approved=False) for number in range(3)]


def test_an_approval_and_a_withdrawal_are_acts_with_history(division_person, waiting):
    act = approve(seen=seen_of(*waiting), by=division_person)
    assert (act.kind, act.label, act.count) == (Act.Kind.PUBLICATION, "公表を承認", 3)
    assert {(one.approved_by, one.approved_at) for one in Publication.objects.all()} == {
        (division_person, NOW)
    }
    assert published(TODAY).count() == 3

    act = withdraw(procedure_ids=[waiting[0].pk], by=division_person)
    assert (act.kind, act.count) == (Act.Kind.PUBLICATION, 1)
    assert set(published(TODAY)) == set(waiting[1:])
    again = approve(seen=seen_of(waiting[0]), by=division_person)
    assert again.count == 1
    entries = Publication.history.filter(procedure=waiting[0]).order_by("history_id")
    assert [(one.history_type, one.approved_at) for one in entries] == [
        ("+", NOW), ("~", None), ("~", NOW),
    ]  # fmt: skip
    shown = [change for entry in timeline(waiting[0]) for change in entry.changes]
    assert ("公表", "承認の日時") in {(change.subject, change.field) for change in shown}


def test_one_procedure_is_approved_like_many(division_person, waiting):
    assert approve(seen=seen_of(waiting[1]), by=division_person).count == 1
    assert list(published(TODAY)) == [waiting[1]]


@pytest.mark.parametrize("person", ["reader", "member", "other_member"])
def test_only_the_division_decides_what_the_public_sees(person, request, waiting, division_person):
    by = request.getfixturevalue(person)
    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        approve(seen=seen_of(*waiting), by=by)
    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        plan_approval([waiting[0].pk], by=by)
    approve(seen=seen_of(*waiting), by=division_person)
    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        withdraw(procedure_ids=[waiting[0].pk], by=by)
    assert published(TODAY).count() == 3


def test_what_may_not_be_published_is_left_out_and_named(division_person, waiting):
    gone, outside, fine = waiting
    gone.abolished_on, outside.scope = date(2026, 9, 30), "outside"
    save(gone, ["abolished_on"], factories.origin())
    save(outside, ["scope"], factories.origin())
    act = approve(seen=seen_of(*waiting), by=division_person)
    assert act.count == 1
    assert {(one["procedure"], one["reason"]) for one in act.left_out} == {
        (gone.pk, NOT_PUBLISHABLE),
        (outside.pk, NOT_PUBLISHABLE),
    }
    assert [one.procedure for one in Publication.objects.all()] == [fine]


@pytest.mark.parametrize("is_plan", [False, True], ids=["procedure", "plan"])
def test_what_changed_since_it_was_seen_is_not_approved(division_person, waiting, is_plan):
    seen = seen_of(*waiting)
    if is_plan:
        waiting[0].plan.url = "https://example.jp/"
        save(waiting[0].plan, ["url"], factories.origin())
    else:
        waiting[0].summary = "新しい内容"
        save(waiting[0], ["summary"], factories.origin())
    act = approve(seen=seen, by=division_person)
    assert [(one["procedure"], one["reason"]) for one in act.left_out] == [
        (waiting[0].pk, CHANGED_MEANWHILE)
    ]
    assert set(published(TODAY)) == set(waiting[1:])


def test_what_is_so_already_writes_nothing(division_person, waiting):
    with pytest.raises(NothingToWrite):
        withdraw(procedure_ids=[waiting[0].pk], by=division_person)
    approve(seen=seen_of(*waiting), by=division_person)
    count = Publication.history.count()
    with pytest.raises(NothingToWrite):
        approve(seen=seen_of(*waiting), by=division_person)
    assert Publication.history.count() == count
    assert Act.objects.count() == 1


def test_both_are_taken_back_like_any_act(division_person, administrator, waiting):
    approve(seen=seen_of(waiting[0]), by=division_person)
    act = approve(seen=seen_of(*waiting), by=division_person)
    acts.undo(act_id=act.pk, by=administrator)
    assert list(published(TODAY)) == [waiting[0]]
    act = withdraw(procedure_ids=[waiting[0].pk], by=division_person)
    acts.undo(act_id=act.pk, by=administrator)
    assert list(published(TODAY)) == [waiting[0]]
    assert Publication.objects.get(procedure=waiting[0]).approved_by == division_person


def test_who_has_left_the_division_may_not_publish_by_taking_back(
    division_person, department, waiting
):
    approve(seen=seen_of(*waiting), by=division_person)
    act = withdraw(procedure_ids=[waiting[0].pk], by=division_person)
    TeamMembership.objects.filter(user=division_person).delete()
    TeamMembership.objects.create(user=division_person, role="member", department=department)
    del division_person._rights
    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        acts.undo(act_id=act.pk, by=division_person)
    assert set(published(TODAY)) == set(waiting[1:])


# --- The division's page ----------------------------------------------------------------------


def confirm_page(client, action, *ticked, query=""):
    chosen = {"procedures": [one.pk for one in ticked]} if ticked else {"everything": "on"}
    selection = {"next": reverse("publication") + query, **chosen}
    address = f"{reverse(f'publication_{action}')}?{urlencode(selection, doseq=True)}"
    return address, client.get(address)


def listed(response):
    return [one.row.name for one in response.context["rows"]]


def test_the_page_says_whether_it_is_published(signed_in, division_person, dog, settings):
    client = signed_in(division_person)
    html = text(client.get(reverse("publication")))
    assert "公表していません" in html
    assert "DX_PUBLICATION" in html
    assert reverse("public_table") not in html.split("<main")[1]
    settings.PUBLICATION = True
    html = text(client.get(reverse("publication")))
    assert "公表しています" in html
    assert reverse("public_table") in html


def test_the_filters(signed_in, division_person, department, other_department):
    client = signed_in(division_person)
    published_one(department, "承認済でオンライン")
    published_one(department, "未承認でオンライン", approved=False)
    published_one(other_department, "未承認", online=False, approved=False)
    factories.ProcedureFactory(name="計画なし", department=other_department)
    factories.ProcedureFactory(name="対象外", scope="outside")

    def names(**query):
        return set(listed(client.get(reverse("publication"), query)))

    whole = {"承認済でオンライン", "未承認でオンライン", "未承認", "計画なし"}
    assert names() == whole
    assert names(state="approved") == {"承認済でオンライン"}
    assert names(state="waiting") == whole - {"承認済でオンライン"}
    assert names(online="online") == {"承認済でオンライン", "未承認でオンライン"}
    assert names(online="not_online") == {"未承認", "計画なし"}
    assert names(online="online", state="waiting") == {"未承認でオンライン"}
    assert names(department=other_department.pk) == {"未承認", "計画なし"}
    assert names(q="計画") == {"計画なし"}
    for bad in ({"state": "x"}, {"department": "9" * 30}, {"online": "?"}):
        response = client.get(reverse("publication"), bad)
        assert response.status_code == 200
        assert "次の内容を確かめてください" in text(response)
        assert not response.context["rows"]


def test_the_preview_is_what_the_public_sees(signed_in, division_person, dog, settings):
    settings.PUBLICATION_MASK_BELOW = 10
    preview = signed_in(division_person).get(reverse("publication_preview"))
    assert "public" not in preview.headers.get("Cache-Control", "")
    settings.PUBLICATION = True
    page = Client().get(reverse("public_table"))
    notice = re.compile(r'<div class="notice notice--info">.*?</div>', re.DOTALL)
    inner = text(preview)
    for name, kind in (("public_csv", "csv"), ("public_json", "json")):
        inner = inner.replace(f"{reverse('publication_preview')}?format={kind}", reverse(name))
    inner = inner.replace(reverse("publication_preview"), reverse("public_table"))
    assert "".join(notice.sub("", inner).split()) == "".join(text(page).split())
    for kind in ("csv", "json"):
        inside = signed_in(division_person).get(reverse("publication_preview"), {"format": kind})
        outside = Client().get(reverse(f"public_{kind}"))
        assert inside.getvalue() == outside.getvalue()


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"url": ""}, publication.NO_URL),
        ({"url": "http://intranet/"}, publication.URL_NOT_PUBLIC),
        ({"volumes": {}}, publication.NO_VOLUME),
        ({"volumes": {2025: (10, None)}}, publication.NO_ONLINE_VOLUME),
        ({"department": None}, publication.NO_DEPARTMENT),
        ({"name": "職員用の届出"}, publication.INTERNAL_NAME.format(word="職員用")),
    ],
)
def test_what_to_look_at_before_approving(department, change, warning):
    def warnings(**changes):
        given = {
            "department": department,
            "name": "届出",
            "volumes": {2025: (10, 5)},
            "url": "https://example.jp/",
        } | changes
        made = published_one(given["department"], given["name"], given["volumes"], url=given["url"])
        rows = Procedure.objects.filter(pk=made.pk)
        return publication.candidates(rows, on=TODAY)[0].warnings

    assert warnings() == ()
    assert warnings(**change) == (warning,)


def test_what_is_not_online_needs_no_url(department):
    made = published_one(department, "届出", {2025: (10, None)}, online=False)
    (one,) = publication.candidates(Procedure.objects.filter(pk=made.pk), on=TODAY)
    assert one.warnings == ()


def test_ticked_rows_are_looked_at_and_approved(signed_in, division_person, waiting):
    client = signed_in(division_person)
    address, page = confirm_page(client, "approve", *waiting[:2])
    html = text(page)
    assert "手続2件のうち、<strong>2件</strong>の公表を承認します" in html
    assert f"{publication.NO_URL}（2件）" in html
    assert not Publication.objects.exists()
    response = client.post(address, sent_by(html, "publication-apply"))
    act = Act.objects.get()
    assert response.url.startswith(reverse("act_detail", args=[act.pk]))
    assert set(published(TODAY)) == set(waiting[:2])
    page = client.get(response.url)
    assert "公表を承認" in text(page)
    assert waiting[0].name in text(page)


def test_all_that_match_are_withdrawn(signed_in, division_person, waiting, other_department):
    client = signed_in(division_person)
    published_one(other_department, "別の届出")
    approve(seen=seen_of(*waiting), by=division_person)
    query = f"?department={waiting[0].department_id}"
    address, page = confirm_page(client, "withdraw", query=query)
    client.post(address, sent_by(text(page), "publication-apply"))
    assert [one.name for one in published(TODAY)] == ["別の届出"]


@pytest.mark.parametrize("action", ["approve", "withdraw"])
def test_other_rows_than_were_shown_are_not_written(
    signed_in, division_person, waiting, department, action
):
    client = signed_in(division_person)
    published_one(department, "承認済の届出")
    address, page = confirm_page(client, action)
    sent = sent_by(text(page), "publication-apply")
    published_one(department, "後から来た届出", approved=False)
    before = Publication.history.count()
    response = client.post(address, sent)
    assert response.status_code == 409
    assert ROWS_CHANGED.format(expected=4, count=5) in text(response)
    assert Publication.history.count() == before
    # What the second page shows can be sent.
    response = client.post(address, sent_by(text(response), "publication-apply"))
    assert response.status_code == 302


@pytest.mark.parametrize("seen", ["", "x", "1.2", "1.1.1 1.1.1.1"])
def test_a_form_that_cannot_be_read_writes_nothing(signed_in, division_person, waiting, seen):
    address, _ = confirm_page(signed_in(division_person), "approve", waiting[0])
    response = signed_in(division_person).post(address, {"seen": seen})
    assert response.status_code == 409
    assert not Publication.objects.exists()


def test_somebody_was_faster(signed_in, division_person, administrator, waiting):
    client = signed_in(division_person)
    address, page = confirm_page(client, "approve", waiting[0])
    approve(seen=seen_of(waiting[0]), by=administrator)
    response = client.post(address, sent_by(text(page), "publication-apply"))
    assert response.status_code == 409
    assert NOTHING_LEFT in text(response)


@pytest.mark.parametrize(
    "query", [{}, {"procedures": "x"}, {"procedures": "9" * 40}, {"procedures": "999999999"}]
)
def test_nothing_chosen_leads_back(signed_in, division_person, waiting, query):
    response = signed_in(division_person).get(reverse("publication_approve"), query, follow=True)
    assert response.redirect_chain == [(reverse("publication"), 302)]
    assert NOTHING_CHOSEN in text(response)


def test_a_foreign_address_leads_back_to_our_list(signed_in, division_person, waiting):
    query = {"procedures": waiting[0].pk, "next": "https://evil.example/"}
    response = signed_in(division_person).get(reverse("publication_approve"), query)
    assert response.context["selection"].list_url == reverse("publication")


def test_the_divisions_pages_have_constant_queries(signed_in, division_person, department, dog):
    client = signed_in(division_person)

    def queries(address):
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    pages = [
        reverse("publication"),
        reverse("publication_preview"),
        f"{reverse('publication_approve')}?everything=on",
        f"{reverse('publication_withdraw')}?everything=on",
    ]
    published_one(department, "届出", {2025: (1, 1)}, approved=False)
    few = [queries(page) for page in pages]
    for number in range(20):
        unit = factories.DepartmentFactory()
        published_one(unit, f"届出{number}", {2025: (1, 1)}, approved=number % 2 == 0)
    assert [queries(page) for page in pages] == few
    assert max(few) <= 13


def test_states_are_all_put_into_words():
    assert {publication._words(publication.Shown(state), "1") for state in State} == {
        "1", "不明", "0未満", "非公表", "－",
    }  # fmt: skip
