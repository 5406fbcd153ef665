"""The page of the audit log, its csv, and the verification that is asked for there."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from operation.audit_log import filters, verifying, views
from procedures import audit
from procedures.models import AuditEvent, Procedure
from tests import factories
from tests.pages import text

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def listed(signed_in, administrator):
    client = signed_in(administrator)
    return lambda query="": client.get(f"{reverse('audit_log')}{query}")


def shown(response) -> list[str]:
    return [event.what for event in response.context["entries"]]


def noted(count: int, **values) -> list[AuditEvent]:
    return [audit.note(Kind.EXPORT, f"一覧{place}", **values) for place in range(count)]


def test_the_newest_entry_stands_first_and_links_to_its_procedure(listed, department):
    procedure = factories.ProcedureFactory(department=department, name="転入届")

    response = listed()

    first = response.context["entries"][0]
    assert first.what.endswith("転入届」の登録")
    assert reverse("procedure_detail", args=[procedure.pk]) in text(response)
    Procedure.objects.all().delete()
    assert reverse("procedure_detail", args=[procedure.pk]) not in text(listed())


def test_each_condition_narrows_the_list(listed, member, administrator):
    noted(1, by=member, address="10.0.0.7", request_id="7KQM-X2TD-94RA")
    noted(1, by=administrator)
    audit.note(Kind.BACKUP, "バックアップを作りました。", by_name="コマンド（dx）")

    assert shown(listed("?kind=backup")) == ["バックアップを作りました。"]
    assert shown(listed("?kind=export&person=member")) == ["一覧0"]
    assert shown(listed("?address=10.0.0.7")) == ["一覧0"]
    assert shown(listed("?request_id=7KQM-X2TD-94RA")) == ["一覧0"]
    assert shown(listed("?q=バックアップを")) == ["バックアップを作りました。"]
    assert shown(listed("?q=コマンド（dx）")) == ["バックアップを作りました。"]
    assert shown(listed("?person=だれでもない")) == []
    assert shown(listed("?kind=export&source=form")) == []


def test_days_are_those_of_the_office(listed, member):
    late = timezone.make_aware(datetime(2026, 3, 31, 23, 59, 59))
    for place, event in enumerate(noted(2, by=member)):
        AuditEvent.objects.filter(pk=event.pk).update(at=late + timedelta(seconds=place))

    assert shown(listed("?first=2026-03-31&last=2026-03-31")) == ["一覧0"]
    assert shown(listed("?first=2026-04-01&last=2026-04-01")) == ["一覧1"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=2026-13-01", filters.BAD_DATE),
        ("first=0001-01-01", filters.OUT_OF_REACH),
        ("last=9999-12-31", filters.OUT_OF_REACH),
        ("first=2026-04-02&last=2026-04-01", filters.BACKWARDS),
        ("kind=nothing", "nothing"),
        (f"q={'あ' * 101}", "100"),
        ("address=%00", ""),
    ],
)
def test_a_condition_that_cannot_be_shows_its_error_and_no_entries(listed, query, said):
    response = listed(f"?{query}")

    assert response.status_code == 200
    assert shown(response) == []
    assert said in text(response)
    assert response.context["filter"].form.errors


def test_pages_follow_each_other_without_a_gap_while_entries_come_in(listed, member, monkeypatch):
    monkeypatch.setattr(filters, "PAGE", 3)
    same = timezone.now()
    noted(7, by=member)
    AuditEvent.objects.filter(kind=Kind.EXPORT).update(at=same)  # all of one moment
    seen, place = [], ""
    while True:
        response = listed(f"?kind=export&after={place}")
        seen += shown(response)
        place = response.context["place"]
        if not place:
            break
        noted(1, by=member)

    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("place", ["x", "%00", "9" * 40, "01a2190c78037319b17e7b8cec6a036b"])
def test_an_unknown_place_is_the_beginning(listed, place):
    assert shown(listed(f"?after={place}"))[0] == "ログインしました。"


def test_a_page_costs_the_same_queries_at_any_size(listed, member, django_assert_num_queries):
    noted(1, by=member)
    listed()
    with django_assert_num_queries(6):
        listed()
    noted(120, by=member)
    with django_assert_num_queries(6):
        listed()


def test_the_csv_has_what_the_filter_finds_and_no_formula(listed, member, client):
    audit.note(Kind.EXPORT, "=HYPERLINK(1)", by=member)
    listed()

    response = client.get(f"{reverse('audit_log_csv')}?kind=export")

    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert rows[0][:4] == ["通し番号", "日時", "種類", "内容"]
    assert [row[3] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    last = AuditEvent.objects.order_by("number").last()
    assert (last.kind, last.count) == (Kind.EXPORT, 1)
    assert "kind=export" in last.what


def test_a_filter_that_cannot_be_understood_is_not_written_out(listed, client):
    listed()
    response = client.get(f"{reverse('audit_log_csv')}?first=x")

    assert response.url == f"{reverse('audit_log')}?first=x"


def test_a_verification_is_noted_and_shown(listed, client, administrator):
    assert "まだ検証していません" in text(listed())

    response = client.post(reverse("audit_log_verify"), follow=True)

    assert "問題はありません" in text(response)
    event = AuditEvent.objects.get(kind=Kind.VERIFICATION)
    assert event.by == administrator
    assert response.context["last_verification"] == event


def test_problems_are_told_the_first_ones_in_full(listed, client, member):
    events = noted(8, by=member)
    AuditEvent.objects.filter(pk__in=[event.pk for event in events]).update(by_name="別人")
    listed()

    answer = text(client.post(reverse("audit_log_verify"), follow=True))

    assert f"通し番号{events[0].number}（" in answer
    assert f"通し番号{events[7].number}（" not in answer
    assert views.MORE in answer


def test_what_takes_too_long_for_a_page_is_left_to_the_command(listed, client, monkeypatch):
    listed()
    monkeypatch.setattr(verifying, "AT_ONCE", 0)

    answer = text(client.post(reverse("audit_log_verify"), follow=True))

    assert views.TOO_LARGE in answer
    assert not AuditEvent.objects.filter(kind=Kind.VERIFICATION).exists()


def test_only_administrators_verify(division_person):
    with pytest.raises(PermissionDenied):
        verifying.verify_on_page(by=division_person)
