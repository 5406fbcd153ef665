"""The audit log: one entry for each write, in a chain, with a digest of the history rows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from django.utils import timezone as now_of

from procedures import audit, request_context
from procedures.audit import chain
from procedures.audit.canonical import HistoryEncoder, row_encoder
from procedures.models import (
    AuditChain,
    AuditEvent,
    Department,
    HistoryEntry,
    ImportRun,
    PolicyEdition,
    Procedure,
    Source,
    TeamMembership,
)
from procedures.records import Origin, StaleVersion, begin_history, delete, insert, save, save_many
from tests import factories

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind


@pytest.fixture(autouse=True)
def _no_heads_of_others(tmp_path, settings):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def origin(member):
    return Origin(member, Source.FORM)


@pytest.fixture
def procedures(department):
    return factories.ProcedureFactory.create_batch(3, department=department)


def newest() -> AuditEvent:
    return AuditEvent.objects.order_by("number").last()


def test_the_record_begins_with_the_tables_and_with_what_history_there_is():
    first = AuditEvent.objects.get()
    starts = AuditChain.objects.get().starts

    assert (first.kind, first.number, first.previous) == (Kind.START, 1, "")
    assert starts["procedures.policyedition"] == PolicyEdition.history.get().history_id
    assert set(starts) == set(audit.histories())
    found = audit.verify()
    assert (found.ok, found.entries, found.history_rows, found.earlier_rows) == (True, 1, 0, 1)


def test_a_record_that_has_begun_does_not_begin_again():
    audit.begin()
    AuditChain.objects.all().delete()
    audit.begin()

    assert AuditEvent.objects.count() == 1
    assert not AuditChain.objects.exists()


def test_a_write_of_many_rows_has_one_entry_that_its_history_rows_carry(procedures, origin):
    for procedure in procedures:
        procedure.note = "後"
    before = newest().number

    save_many(procedures, ["note"], origin)

    event = newest()
    assert event.number == before + 1
    assert (event.kind, event.what, event.count) == (Kind.CHANGE, "手続3件の変更（備考）", 3)
    assert (event.by, event.by_name, event.source) == (origin.by, str(origin.by), "form")
    assert (event.row_model, event.row_key) == ("", None)
    written = Procedure.history.filter(event_id=event.pk)
    assert {row.id for row in written} == {procedure.pk for procedure in procedures}


def test_an_entry_about_one_procedure_names_it_whatever_of_it_was_written(procedures, origin):
    plan = factories.PlanFactory.build(procedure=procedures[0])

    insert([plan], origin)

    event = newest()
    assert event.what.startswith("オンライン化計画「")
    assert event.what.endswith("」の登録")
    assert (event.row_model, event.row_key) == ("procedures.procedure", procedures[0].pk)


def test_a_deletion_and_the_beginning_of_a_history_have_entries(department, origin):
    Department.objects.bulk_create([Department(code="X", name="古い部")])
    shipped = Department.objects.get(code="X")

    begin_history([shipped], origin)
    begun = newest()
    begin_history([shipped], origin)  # known by now
    assert newest() == begun
    delete([shipped], origin)

    assert (begun.what, newest().what) == ("部局室「古い部」の変更", "部局室「古い部」の削除")
    assert audit.verify().ok


def test_what_gives_rights_and_what_an_import_writes_are_of_their_own_kinds(
    department, member, administrator, origin
):
    insert([TeamMembership(user=administrator, department=department, role="member")], origin)
    assert newest().kind == Kind.PERMISSION
    run = ImportRun.objects.create(
        created_by=administrator, file_name="一覧.xlsx", file_size=1, state="previewed"
    )
    procedure = factories.ProcedureFactory.build(department=department)
    factories.ProcedureFactory.complete(procedure)

    insert([procedure], Origin(administrator, Source.IMPORT, import_run=run))

    assert newest().kind == Kind.IMPORT
    assert newest().what.startswith(f"取込「{run}」：手続「")


def test_an_entry_knows_the_request_and_keeps_no_sign_that_a_database_refuses(member):
    number = request_context.request_id.set("7KQM-X2TD-94RA")
    address = request_context.address.set("10.0.0.7")
    try:
        event = audit.note(Kind.EXPORT, "一覧\0\n" + "あ" * 400, by=member, count=3)
    finally:
        request_context.request_id.reset(number)
        request_context.address.reset(address)

    stored = AuditEvent.objects.get(pk=event.pk)
    assert (stored.request_id, stored.address) == ("7KQM-X2TD-94RA", "10.0.0.7")
    assert stored.what == ("一覧" + "あ" * 400)[:300]
    assert audit.verify().ok


def test_an_entry_costs_three_queries(member, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(5):  # two are of the savepoint
        audit.note(Kind.EXPORT, "一覧", by=member)


def test_what_is_rolled_back_leaves_no_entry_and_the_chain_goes_on(procedures, origin):
    theirs = Procedure.objects.get(pk=procedures[0].pk)
    save(theirs, ["note"], origin)
    before = (AuditEvent.objects.count(), AuditChain.objects.get().hash)

    with pytest.raises(StaleVersion):
        save_many(procedures, ["note"], origin)
    assert (AuditEvent.objects.count(), AuditChain.objects.get().hash) == before

    with transaction.atomic():
        audit.note(Kind.EXPORT, "前", by=origin.by)
        point = transaction.savepoint()
        audit.note(Kind.EXPORT, "中", by=origin.by)
        transaction.savepoint_rollback(point)
        audit.note(Kind.EXPORT, "後", by=origin.by)

    assert [event.what for event in AuditEvent.objects.order_by("number")][-2:] == ["前", "後"]
    assert audit.verify().ok


def test_entries_that_could_not_be_sealed_are_sealed_by_whoever_comes_next(member, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(chain, "_chain", lambda wait: None)  # somebody else holds the end
        waiting = [audit.note(Kind.EXPORT, f"{place}", by=member) for place in range(3)]
    assert AuditEvent.objects.filter(number__isnull=True).count() == 3

    monkeypatch.setattr(chain, "_BESIDE", 2)
    audit.note(Kind.EXPORT, "次", by=member)
    order = AuditEvent.objects.filter(kind=Kind.EXPORT, number__gt=0).order_by("number")
    assert [event.what for event in order] == ["0", "1", "次"]  # no writer seals without a limit

    assert audit.seal() == 1
    assert [event.what for event in order.all()] == ["0", "1", "次", "2"]
    assert order.last().pk == waiting[2].pk
    found = audit.verify()
    assert (found.ok, found.unsealed) == (True, 0)


def test_the_same_row_has_the_same_bytes_before_it_is_written_and_after_it_is_read(
    department, origin
):
    procedure = factories.ProcedureFactory.build(
        department=department, obstacles=("payment", "visit"), note="同じ\n＝「”」𠮷"
    )
    procedure.confirmed_at = datetime(2026, 4, 1, 9, 0, 0, 5, timezone(timedelta(hours=9)))
    procedure.confirmed_by = origin.by
    factories.ProcedureFactory.complete(procedure)
    insert([procedure], origin)
    encoder = HistoryEncoder(Procedure.history.model)
    encode = row_encoder(Procedure.history.model, encoder.tracked)

    row = Procedure.history.values_list(*encoder.tracked).get(id=procedure.pk)

    before = encode([getattr(procedure, name) for name in encoder.tracked])
    assert encode(row) == before
    assert b'"2026-04-01T00:00:00.000005+00:00"' in before


def test_bytes_are_the_same_on_every_database_and_in_every_year():
    """What is hashed may never change: everything noted before could no longer be verified."""
    event = AuditEvent(
        id="01a2190c-7803-7319-b17e-7b8cec6a036b",
        at=datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
        kind=Kind.EXPORT,
        what="「一覧」を取り出しました。",
        by_name="下関 花子",
        count=3,
        number=7,
    )
    event.clean_fields(exclude={"by"})  # the key as it is read

    digest = "a8c4e28bc20956f10c06fb74c7bf852b3b6153df81290c6e67f8116130fa7c98"
    assert chain.hash_of("ab", event) == digest


def test_a_field_that_a_history_gets_later_changes_no_digest_made_before():
    model = Department.history.model
    fewer = row_encoder(model, ["code", "name"])
    more = row_encoder(model, ["code", "confidence", "name", "source", "valid_from"])

    # What old rows get: the default of the field.
    assert more(["A", "A", "市民部", "", None]) == fewer(["A", "市民部"])
    assert more(["A", "B", "市民部", "", None]) != fewer(["A", "市民部"])


def test_every_column_of_every_history_is_hashed_but_those_that_are_left_out_on_purpose():
    for history in audit.histories().values():
        encoder = HistoryEncoder(history)
        columns = {field.attname for field in history._meta.concrete_fields}
        hashed = {*encoder.tracked, *encoder.ENTRY, *encoder.OWN}
        assert columns - hashed <= {*encoder.LEFT_OUT, "name_key", "search_key"}, history


def test_no_history_is_without_a_place_for_its_entry():
    assert all(issubclass(history, HistoryEntry) for history in audit.histories().values())
    assert len(audit.histories()) >= 25


def test_entries_are_kept_in_the_order_of_their_keys(member):
    first, second = (audit.note(Kind.EXPORT, "一覧", by=member) for _ in range(2))

    assert (first.pk.version, first.pk.variant) == (7, "specified in RFC 4122")
    assert abs(now_of.now().timestamp() * 1000 - (first.pk.int >> 80)) < 60_000
    assert first.pk.int >> 80 <= second.pk.int >> 80
