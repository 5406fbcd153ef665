"""The migration that makes consultations of what plans said about them."""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tracking.models import Comment, Consultation

BEFORE = [("procedures", "0011_current_national_list"), ("tracking", "0013_registers")]
DAY = date(2026, 5, 1)


@pytest.fixture
def before(transactional_db):
    """The tables as they were, and every later migration again afterwards."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(newest)


def test_an_agreed_day_becomes_an_agreed_consultation(before):
    writer, account, service, plans = _written(before)

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    found = {one.procedure_id: one for one in Consultation.objects.select_related("decided_by")}
    assert set(found) == {plans["by_somebody"], plans["by_nobody"]}
    for one in found.values():
        assert (one.service_id, one.state, one.decided_on) == (service, "agreed", DAY)
        assert one.purpose
        assert one.outcome
        (entry,) = one.history.all()
        assert (entry.history_type, entry.state) == ("+", "agreed")
        assert entry.by_name == str(one.decided_by)
    assert found[plans["by_somebody"]].decided_by_id == writer
    assert found[plans["by_nobody"]].decided_by_id == account
    comment = Comment.objects.get()
    assert (comment.procedure_id, comment.is_waiting) == (plans["without_service"], False)
    assert "2026年5月1日" in comment.text
    assert comment.history.get().history_type == "+"


def _written(apps):
    """Four plans: two with a day (one has no history), one without a service, one without a day."""
    user = apps.get_model("procedures", "User").objects
    writer = user.create(username="joho", display_name="情報 花子")
    account = user.create(username="command", is_superuser=True)
    service = apps.get_model("procedures", "ApplicationService").objects.create(
        code="x", name="外のサービス", kind="other"
    )
    plans = {}
    for key, day, chosen in (
        ("by_somebody", DAY, service),
        ("by_nobody", DAY, service),
        ("without_service", DAY, None),
        ("without_day", None, service),
    ):
        procedure = apps.get_model("procedures", "Procedure").objects.create(
            number=key, name=key, name_key=key, changed_at=timezone.now()
        )
        values = {
            "procedure_id": procedure.pk,
            "service": chosen,
            "consultation_agreed_on": day,
            "changed_at": timezone.now(),
        }
        plan = apps.get_model("tracking", "MigrationPlan").objects.create(**values)
        plans[key] = procedure.pk
        if key == "by_somebody":
            _history(apps, plan, writer)
    return writer.pk, account.pk, service.pk, plans


def _history(apps, plan, writer):
    """Somebody without an account wrote the plan, then ``writer`` the day, then another a note."""
    later = apps.get_model("procedures", "User").objects.create(username="later")
    entries = apps.get_model("tracking", "HistoricalMigrationPlan").objects
    for day, user in ((None, None), (DAY, writer), (DAY, later)):
        entries.create(
            id=plan.pk,
            procedure_id=plan.procedure_id,
            service_id=plan.service_id,
            consultation_agreed_on=day,
            changed_at=plan.changed_at,
            history_date=timezone.now(),
            history_type="~",
            history_user=user,
        )
