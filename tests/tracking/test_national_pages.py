"""The pages of the national list: rights, bad input, two people at once, numbers of queries."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.models import Act, NationalListEdition, Procedure, RefusedLink
from procedures.reference_data.files import Line, Table
from tests import factories
from tests.pages import sent_by, text
from tests.workbooks import workbook
from tracking.actions.national import GONE, draft_edition
from tracking.forms.fields import OUTDATED
from tracking.forms.national import NO_KEY, NOT_AN_EDITION
from tracking.national_coverage import coverage
from tracking.views.national import (
    ABSENCE_CHANGED,
    NO_REFUSAL_CHOSEN,
    NOTHING_CHOSEN,
    NOTHING_LEFT,
    SHOWN,
)
from tracking.views.national import (
    GONE as REFUSAL_GONE,
)
from tracking.views.national_editions import NO_DRAFT, REVISION_CHANGED, SUCCESSION_CHANGED

pytestmark = pytest.mark.django_db
HUGE = str(2**70)


@pytest.fixture
def item():
    return factories.NationalPriorityFactory(number=58, name="転出届", legal_basis="住民基本台帳法")


@pytest.fixture
def linked(item, department):
    return factories.ProcedureFactory(
        department=department, name="転出の届出", national_priority=item
    )


@pytest.fixture
def draft(item, division_person):
    """A draft in which 転出届 has another name."""
    return _draft(division_person, (58, "転出の届出（オンライン）"), (60, "転入予約"))


def _draft(by, *rows):
    lines = tuple(Line(place, tuple(map(str, row))) for place, row in enumerate(rows, 2))
    values = {"key": "new", "name": "新しい版"}
    return draft_edition(values=values, table=Table(("番号", "手続名"), lines), by=by)


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --- The list ----------------------------------------------------------------------------------


def test_the_list_says_what_the_city_has(signed_in, reader, item, linked):
    factories.NationalPriorityFactory(name="自動車税住所変更届", applies_to_city=False)
    factories.NationalPriorityFactory(name="港湾関係手続")
    page = signed_in(reader).get(reverse("national_list"))
    assert page.context["coverage"] == coverage()
    assert "転出の届出" in text(page)
    assert "市が対象でない手続（1件）" in text(page)
    assert "制度なしにする" not in text(page)


def test_only_one_state_is_shown(signed_in, division_person, item, linked):
    factories.NationalPriorityFactory(name="港湾関係手続")
    client = signed_in(division_person)
    rows = client.get(reverse("national_list"), {"state": "open"}).context["rows"]
    assert [row["item"].name for row in rows] == ["港湾関係手続"]
    assert "制度なしにする" in text(client.get(reverse("national_list")))


@pytest.mark.parametrize("bad", [{"edition": "x"}, {"edition": HUGE}, {"state": "x\0"}])
def test_a_bad_address_shows_its_error_and_no_rows(signed_in, reader, item, bad):
    page = signed_in(reader).get(reverse("national_list"), bad)
    assert page.status_code == 200
    assert "次の内容を確かめてください" in text(page)
    assert page.context["rows"] == []


def test_drafts_are_for_the_office(signed_in, member, division_person, draft):
    page = signed_in(member).get(reverse("national_list"), {"edition": draft.pk})
    assert NOT_AN_EDITION in text(page)
    assert "確認中の版" not in text(page)
    assert "確認中の版：新しい版" in text(signed_in(division_person).get(reverse("national_list")))


def test_the_pages_ask_the_same_number_of_queries_for_any_number_of_rows(
    signed_in, division_person, department, item, draft
):
    client = signed_in(division_person)
    pages = [
        reverse("national_list"),
        reverse("national_links"),
        reverse("national_compare", args=[draft.pk]),
    ]
    counts = []
    for count in (1, 12):
        for place in range(count):
            other = factories.NationalPriorityFactory(name=f"国の手続{count}の{place}")
            for more in ({"national_priority": other}, {"name": "転出届"}, {"name": "転出届"}):
                one = factories.ProcedureFactory(department=department, **more)
                factories.LegalBasisFactory(procedure=one)
            RefusedLink.objects.create(
                item=other, procedure=one, refused_by=division_person,
                refused_at=one.changed_at,
            )  # fmt: skip
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page).status_code == 200
            found.append(len(captured))
        counts.append(found)
    assert counts[0] == counts[1]


# --- A new edition -----------------------------------------------------------------------------


def test_a_file_becomes_a_draft_and_is_compared(signed_in, division_person, item, linked):
    file = workbook([{"番号": 1, "手続名": "転出届", "市が対象": "はい"}])
    sent = {"key": "2027", "name": "2027年の一覧", "published_on": "2027-01-01", "file": file}
    page = signed_in(division_person).post(reverse("national_new"), sent, follow=True)
    draft = NationalListEdition.objects.get(key="2027")
    assert page.redirect_chain[-1][0] == reverse("national_compare", args=[draft.pk])
    assert "1件の紐付けを移し、0件を外して改定する" in text(page)


def test_a_bad_file_says_where_and_what(signed_in, division_person):
    client = signed_in(division_person)
    file = workbook([{"番号": "一", "手続名": "転出届"}])
    page = client.post(reverse("national_new"), {"key": "1", "name": "版", "file": file})
    assert page.status_code == 422
    assert re.search(r"2行目.*番号.*整数として読み取れません", text(page), re.DOTALL)
    nothing = SimpleUploadedFile("list.xlsx", b"PK\x03\x04 no workbook")
    page = client.post(reverse("national_new"), {"key": "1", "name": "版", "file": nothing})
    assert page.status_code == 422
    page = client.post(reverse("national_new"), {"name": "x\0", "published_on": "9999999-1-1"})
    assert page.status_code == 422
    assert NO_KEY in text(page)
    assert not NationalListEdition.objects.exists()


def test_a_renaming_is_confirmed_and_adopted(signed_in, division_person, item, linked, draft):
    client = signed_in(division_person)
    address = reverse("national_compare", args=[draft.pk])
    page = text(client.get(address))
    assert "adopt-form" not in page
    answer = client.post(address, sent_by(page, "succession-form"), follow=True)
    page = text(answer)
    act = client.post(reverse("national_adopt", args=[draft.pk]), sent_by(page, "adopt-form"))
    assert act.url == reverse("act_detail", args=[Act.objects.get().pk])
    linked.refresh_from_db()
    assert linked.national_priority == draft.procedures.get(number=58)
    detail = text(client.get(act.url))
    assert "58 転出の届出（オンライン）" in detail
    assert client.get(address).url == reverse("national_list")


def test_another_persons_decision_is_not_overwritten(
    signed_in, division_person, item, linked, draft
):
    client = signed_in(division_person)
    address = reverse("national_compare", args=[draft.pk])
    page = text(client.get(address))
    client.post(address, sent_by(page, "succession-form", successor_58=""))
    answer = client.post(address, sent_by(page, "succession-form"))
    assert answer.status_code == 409
    assert SUCCESSION_CHANGED in text(answer)
    assert NationalListEdition.objects.get(key="new").succession["pairs"] == {"58": None}


@pytest.mark.parametrize(
    "sent",
    [
        {"successor_58": "99"},
        {"successor_58": HUGE},
        {"seen": "x"},
        {"seen": f"58:{'9' * 5000}"},
        {"seen": "\0"},
    ],
)
def test_what_no_form_sends_is_refused(signed_in, division_person, item, draft, sent):
    answer = signed_in(division_person).post(reverse("national_compare", args=[draft.pk]), sent)
    assert answer.status_code in (409, 422)
    draft.refresh_from_db()
    assert draft.succession == {}


def test_an_adoption_that_would_do_something_else_is_shown_anew(
    signed_in, division_person, item, linked, department
):
    draft = _draft(division_person, (58, "転出届"))
    client = signed_in(division_person)
    page = text(client.get(reverse("national_compare", args=[draft.pk])))
    factories.ProcedureFactory(department=department, national_priority=item)
    address = reverse("national_adopt", args=[draft.pk])
    answer = client.post(address, sent_by(page, "adopt-form"))
    assert answer.status_code == 409
    assert REVISION_CHANGED in text(answer)
    assert "2件の紐付けを移し、0件を外して改定する" in text(answer)
    assert client.post(address, {"seen": "\0"}).status_code == 409


def test_a_draft_that_is_gone_or_adopted_says_so(signed_in, division_person, item, draft):
    client = signed_in(division_person)
    client.post(reverse("national_discard", args=[draft.pk]))
    for name in ("national_compare", "national_adopt", "national_discard"):
        assert client.post(reverse(name, args=[draft.pk])).status_code == 404
    answer = client.post(reverse("national_discard", args=[item.edition_id]), follow=True)
    assert told(answer) == [NO_DRAFT.format(edition=item.edition, state="現行")]
    assert GONE not in text(answer)


# --- Links -------------------------------------------------------------------------------------


def test_a_suggestion_is_confirmed_with_its_reason_beside_it(signed_in, member, item, department):
    procedure = factories.ProcedureFactory(department=department, name="転出の届出")
    client = signed_in(member)
    page = text(client.get(reverse("national_links")))
    assert "名称が似ています" in page
    assert "市に制度がない" not in page
    sent = sent_by(page, f"link-{item.pk}", procedures=f"{procedure.pk}.{procedure.version}")
    answer = client.post(reverse("national_link", args=[item.pk]), sent)
    assert answer.url.startswith(reverse("act_detail", args=[Act.objects.get().pk]))
    procedure.refresh_from_db()
    assert procedure.category == "priority"
    again = client.post(reverse("national_link", args=[item.pk]), sent, follow=True)
    assert told(again) == [NOTHING_LEFT]


def test_a_suggestion_is_refused_and_taken_back(signed_in, member, item, department):
    procedure = factories.ProcedureFactory(department=department, name="転出の届出")
    client = signed_in(member)
    sent = {"procedures": f"{procedure.pk}.{procedure.version}", "refuse": "on"}
    page = client.post(reverse("national_link", args=[item.pk]), sent, follow=True)
    assert "違うものとして記録した組（1件）" in text(page)
    assert page.context["groups"] == []
    back = reverse("national_refusal_take_back")
    key = RefusedLink.objects.get().pk
    assert len(client.post(back, {"refusals": key}, follow=True).context["groups"]) == 1
    assert told(client.post(back, {"refusals": key}, follow=True)) == [REFUSAL_GONE]
    assert told(client.post(back, {"refusals": ["x", HUGE]}, follow=True)) == [NO_REFUSAL_CHOSEN]


def test_what_cannot_be_ticked_is_refused(signed_in, division_person, item):
    client = signed_in(division_person)
    address = reverse("national_link", args=[item.pk])
    assert told(client.post(address, {}, follow=True)) == [NOTHING_CHOSEN]
    for sent in ("1", "x.1", f"{HUGE}.1", "1.2.3", "1.\0"):
        assert told(client.post(address, {"procedures": sent}, follow=True)) == [OUTDATED]
    assert told(client.post(address, {"procedures": "999999.1"}, follow=True)) == [NOTHING_LEFT]


def test_a_person_in_no_team_reads_and_ticks_nothing(signed_in, reader, item, department):
    factories.ProcedureFactory(department=department, name="転出の届出")
    page = text(signed_in(reader).get(reverse("national_links")))
    assert "転出の届出" in page
    assert 'type="checkbox"' not in page


def test_many_suggestions_come_by_and_by(signed_in, division_person, item, department):
    factories.ProcedureFactory.create_batch(SHOWN + 2, department=department, name="転出届")
    page = signed_in(division_person).get(reverse("national_links"))
    assert len(page.context["groups"][0]["rows"]) == SHOWN
    assert "ほかに2件あります" in text(page)


def test_absence_is_said_changed_by_two_and_taken_back(signed_in, division_person, item):
    client = signed_in(division_person)
    address = reverse("national_absence", args=[item.pk])
    page = text(client.get(address))
    assert client.post(address, sent_by(page, "absence-form", reason="")).status_code == 422
    client.post(address, sent_by(page, "absence-form", reason="県の事務"))
    answer = client.post(address, sent_by(page, "absence-form", reason="廃止した"))
    assert answer.status_code == 409
    assert ABSENCE_CHANGED in text(answer)
    assert coverage().absent == 1
    page = text(client.get(address))
    client.post(address, sent_by(page, "absence-form") | {"take_back": "on"})
    assert coverage().absent == 0
    assert Procedure.objects.count() == 0
