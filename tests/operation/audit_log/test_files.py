"""Every file that somebody takes along is noted, or it is not handed out."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from operation.audit_log.files import FilesMiddleware
from procedures import audit
from procedures.models import AuditEvent
from tests import factories
from tests.test_access import MATRIX

pytestmark = pytest.mark.django_db
FILE = {"Content-Disposition": "attachment; filename*=utf-8''%E4%B8%80%E8%A6%A7.xlsx"}
Kind = AuditEvent.Kind


def exports() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=Kind.EXPORT).order_by("number"))


def answered(response, user, path="/list/?q=転入&empty="):
    request = RequestFactory().get(path)
    request.user, request.resolver_match = user, None
    return FilesMiddleware(lambda asked: response)(request)


def test_who_takes_a_list_along_is_noted_with_its_conditions_and_its_rows(
    signed_in, member, department
):
    factories.ProcedureFactory(department=department, name="転入届")
    factories.ProcedureFactory(department=department, name="転出届")

    address = reverse("procedure_export")
    signed_in(member).get(address, {"q": "転入", "format": "csv"}).getvalue()

    (event,) = exports()
    assert (event.by, event.count, event.address) == (member, 1, "127.0.0.1")
    assert event.what.startswith("「手続一覧_")
    assert event.what.endswith("csv」を取り出しました（条件：q=転入、format=csv）。")
    assert event.request_id


def test_a_page_and_a_refusal_are_not_noted(member):
    answered(HttpResponse("a"), member)
    answered(HttpResponse("a", status=404, headers=FILE), member)

    assert exports() == []


def test_nobody_is_noted_for_what_nobody_has_to_sign_in_for():
    answered(HttpResponse("a", headers=FILE), AnonymousUser())

    assert exports() == []


def test_a_file_that_cannot_be_noted_is_not_handed_out(member, monkeypatch):
    def fail(*given, **named):
        raise DatabaseError

    response = HttpResponse("a", headers=FILE)
    monkeypatch.setattr(audit, "note", fail)

    with pytest.raises(DatabaseError):
        answered(response, member)
    assert response.closed


def test_the_admin_too_hands_out_nothing_unseen(signed_in, administrator, monkeypatch):
    client = signed_in(administrator)
    data = {"format": "0", "resource": "0"}
    monkeypatch.setattr("django.conf.settings.IMPORT_EXPORT_SKIP_ADMIN_ACTION_EXPORT_UI", False,
                        raising=False)  # fmt: skip
    response = client.post(reverse("admin:procedures_department_export"), data)

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert exports()[-1].by == administrator


def test_every_address_whose_name_says_file_is_in_the_matrix_and_so_noted():
    """Downloads are known by what they answer, not by a list that somebody could forget."""
    names = {access.name for access in MATRIX}
    assert {"procedure_export", "audit_log_csv", "edition_workbook", "distribution_zip"} <= names
