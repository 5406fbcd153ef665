"""The doctor finds dead work, wrong results, a broken audit log, accounts that anybody can use."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from operation.doctor import State, inventory
from procedures.models import ImportRun, Procedure, SurveyEdition
from procedures.workers import this_worker
from tests import factories
from tracking.management.commands.load_demo import PASSWORD

pytestmark = pytest.mark.django_db


def working(worker, minutes):
    """An import that ``worker`` is at, last heard of so many ``minutes`` ago."""
    return ImportRun.objects.create(
        state=ImportRun.State.APPLYING,
        worker=worker,
        heard_at=timezone.now() - timedelta(minutes=minutes),
        file_name="list.xlsx",
        file_size=1,
        created_by=factories.administrator(),
    )


def test_work_that_goes_on():
    working(this_worker(), 0)
    answer = inventory.long_work()
    assert answer.state is State.OK
    assert "1件" in answer.seen


def test_an_import_that_has_gone_silent():
    run = working(this_worker(), 10)
    answer = inventory.long_work()
    assert answer.state is State.WARN
    assert f"取込{run.pk}" in answer.seen


def test_a_survey_whose_reading_has_gone_silent():
    edition = factories.SurveyEditionFactory()
    SurveyEdition.objects.filter(pk=edition.pk).update(
        state=SurveyEdition.State.READING,
        loaded_at=None,
        worker=this_worker(),
        heard_at=timezone.now() - timedelta(minutes=10),
    )
    answer = inventory.long_work()
    assert answer.state is State.WARN
    assert f"国の調査{edition.pk}" in answer.seen


def test_results_that_somebody_changed_by_hand(department):
    procedure = factories.ProcedureFactory(department=department)
    assert inventory.results().state is State.OK
    wrong = "exempt" if procedure.category != "exempt" else "pending"
    Procedure.objects.filter(pk=procedure.pk).update(category=wrong)
    answer = inventory.results()
    assert answer.state is State.FAIL
    assert "reclassify" in answer.advice


@pytest.mark.parametrize(("ok", "state"), [(True, State.OK), (False, State.FAIL)])
def test_what_the_audit_log_says_of_itself(monkeypatch, ok, state):
    said = SimpleNamespace(ok=ok, entries=7, problems=["" if ok else "3番が書き換えられています。"])
    monkeypatch.setattr(inventory.audit, "verify", lambda: said)
    answer = inventory.audit_log()
    assert answer.state is state
    assert ok or "3番が書き換えられています。" in answer.seen


def test_how_many_can_look_after_accounts():
    assert inventory.administrators().state is State.FAIL
    first = factories.administrator()
    assert inventory.administrators().state is State.WARN
    factories.administrator()
    assert inventory.administrators().state is State.OK
    first.is_active = False
    first.save()
    assert inventory.administrators().state is State.WARN


@pytest.mark.parametrize(
    ("password", "is_active", "state"),
    [
        (PASSWORD, True, State.FAIL),
        (PASSWORD, False, State.OK),
        ("another-one-4711", True, State.OK),
    ],
)
def test_an_account_of_the_demo_that_still_has_its_password(password, is_active, state):
    person = factories.UserFactory(username="joho", is_active=is_active)
    person.set_password(password)
    person.save()
    answer = inventory.demo_accounts()
    assert answer.state is state
    assert "joho" not in answer.seen
