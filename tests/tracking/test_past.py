"""An earlier day: what every query says within, and that nothing of it is left afterwards.

``DX_TEST_HISTORIES`` makes the random histories as many as one likes.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.actions.confirmation import confirm_unchanged
from procedures.actions.exemptions import confirm_exemption, propose_exemption, withdraw_exemption
from procedures.actions.legal_bases import BasisDraft, replace_legal_bases
from procedures.actions.procedures import assign_department, create_procedure, update_procedure
from procedures.actions.references import save_reference
from procedures.actions.volumes import set_volume
from procedures.models import (
    ASPECT_FIELDS,
    ApplicationService,
    Department,
    Exemption,
    LegalBasis,
    Procedure,
    Source,
    TeamMembership,
    User,
    YearlyVolume,
)
from procedures.one_state import one_state
from procedures.records import UNSAVED, delete, save
from procedures.rules import Answer, ExemptionGround
from procedures.templatetags.inventory import with_era
from tests import factories
from tests.tracking.inventories import NOW, TODAY, TOKYO, counted_anew
from tracking import past
from tracking.actions.comments import add_comment, close_comment
from tracking.actions.issues import open_issue, solve_issue
from tracking.actions.plans import update_plan
from tracking.models import Comment, Issue, MigrationPlan
from tracking.moves import row_states
from tracking.past import as_of, check_day, first_day, shadowed
from tracking.workflow import Status

pytestmark = pytest.mark.django_db
HISTORIES = int(os.environ.get("DX_TEST_HISTORIES", "12"))
YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO = TODAY - timedelta(days=100)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=TOKYO)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def names() -> list[str]:
    return list(Procedure.objects.order_by("name").values_list("name", flat=True))


def on(day: date) -> time_machine.travel:
    return time_machine.travel(noon(day), tick=False)


@pytest.fixture
def renamed(department):
    """A procedure that was「古い名」until yesterday."""
    with on(LONG_AGO):
        procedure = factories.ProcedureFactory(name="古い名", department=department)
    procedure.name = "新しい名"
    save(procedure, ["name"], factories.origin())
    return procedure


def test_a_row_has_the_values_of_that_day(renamed):
    with as_of(YESTERDAY):
        assert names() == ["古い名"]
    with as_of(TODAY):
        assert names() == ["新しい名"]
    with as_of(LONG_AGO - timedelta(days=1)):
        assert names() == []
    assert names() == ["新しい名"]


def test_the_day_ends_at_midnight_of_the_office(department):
    for moment in (datetime(2026, 4, 1, 23, 59, 59), datetime(2026, 4, 2)):
        with time_machine.travel(moment.replace(tzinfo=TOKYO), tick=False):
            factories.ProcedureFactory(department=department)
    with as_of(date(2026, 4, 1)):
        assert Procedure.objects.count() == 1


def test_a_row_that_was_deleted_since_is_there(renamed):
    with on(LONG_AGO):
        factories.VolumeFactory(procedure=renamed, total=7)
    delete(list(renamed.volumes.all()), factories.origin())
    delete([renamed], factories.origin())
    with as_of(YESTERDAY):
        (row,) = row_states()
        assert (row.name, row.annual_volume) == ("古い名", 7)
    with as_of(TODAY):
        assert row_states() == ()


def test_a_row_that_was_loaded_without_history_is_there_before_and_after_its_first_change(db):
    service = ApplicationService.objects.create(code="s", name="初めの名", kind="general")
    other = ApplicationService.objects.create(code="t", name="変わらない", kind="general")
    with as_of(LONG_AGO):
        assert ApplicationService.objects.count() == 2
    service.name = "次の名"
    save_reference(service, by=factories.origin().by, source=Source.ADMIN)
    delete([other], factories.origin())
    with as_of(YESTERDAY):
        found = set(ApplicationService.objects.values_list("name", flat=True))
        assert found == {"初めの名", "変わらない"}
    with as_of(TODAY):
        assert ApplicationService.objects.get().name == "次の名"


def test_people_are_those_of_today(division_person):
    with as_of(LONG_AGO):
        assert User.objects.filter(pk=division_person.pk).exists()
        assert TeamMembership.objects.filter(user=division_person).exists()


def test_every_history_keeps_every_column_of_what_it_shadows():
    assert {Procedure, MigrationPlan, Exemption, YearlyVolume, Comment, Issue} <= set(shadowed())
    for model in shadowed():
        kept = {field.column for field in model.history.model._meta.concrete_fields}
        assert {field.column for field in model._meta.concrete_fields} <= kept, model


def test_a_query_may_group_by_the_key(renamed):
    with as_of(YESTERDAY):
        (row,) = Procedure.objects.annotate(count=Count("volumes"))
    assert (row.name, row.count) == ("古い名", 0)


@pytest.mark.parametrize("error", [ValueError, DatabaseError])
def test_after_an_exception_every_query_sees_the_present(renamed, error):
    def fail():
        if error is DatabaseError:
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_column FROM no_table")
        raise error

    for _ in range(3):
        with pytest.raises(error), as_of(YESTERDAY):  # noqa: PT012
            assert names() == ["古い名"]
            fail()
        assert names() == ["新しい名"]


def test_a_statement_that_the_driver_keeps_sees_the_present_again(renamed):
    for _ in range(3):
        assert [names() for _ in range(8)] == [["新しい名"]] * 8
        with as_of(YESTERDAY):
            assert [names() for _ in range(8)] == [["古い名"]] * 8
    assert names() == ["新しい名"]


def test_nothing_that_is_written_within_survives(renamed):
    before = Procedure.history.count()
    with as_of(YESTERDAY):
        procedure = Procedure.objects.get(pk=renamed.pk)
        procedure.name = "内の名"
        save(procedure, ["name"], factories.origin())
        User.objects.create(username="someone")
        assert names() == ["内の名"]
    assert names() == ["新しい名"]
    assert Procedure.history.count() == before
    assert not User.objects.filter(username="someone").exists()


def test_of_two_days_the_inner_one_holds_until_it_ends(renamed):
    with as_of(LONG_AGO - timedelta(days=1)):
        with as_of(YESTERDAY):
            assert names() == ["古い名"]
            with as_of(TODAY):
                assert names() == ["新しい名"]
            assert names() == ["古い名"]
        assert names() == []
    assert names() == ["新しい名"]


def test_within_a_transaction_what_was_written_before_it_stays(renamed):
    with transaction.atomic():
        renamed.name = "三つ目の名"
        save(renamed, ["name"], factories.origin())
        with as_of(YESTERDAY):
            assert names() == ["古い名"]
        with as_of(TODAY):
            assert names() == ["三つ目の名"]
    assert names() == ["三つ目の名"]


@pytest.mark.django_db(transaction=True)
def test_others_see_the_present_and_write_meanwhile(renamed):
    seen = []

    def somebody_else():
        try:
            seen.append(names())
            renamed.name = "よその名"
            save(renamed, ["name"], factories.origin())
        finally:
            connection.close()

    thread = threading.Thread(target=somebody_else)
    with as_of(YESTERDAY):
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive(), "a writer waits for whoever reads"
        assert seen == [["新しい名"]]
        assert names() == ["古い名"]
    assert names() == ["よその名"]


@pytest.mark.django_db(transaction=True)
def test_two_look_at_different_days_at_the_same_time(renamed):
    both = threading.Barrier(2, timeout=10)
    seen = {}

    def look(day):
        try:
            with as_of(day):
                both.wait()
                seen[day] = names()
                both.wait()
        finally:
            connection.close()

    days = (YESTERDAY, LONG_AGO - timedelta(days=1))
    threads = [threading.Thread(target=look, args=[day]) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == dict(zip(days, (["古い名"], []), strict=True))


@pytest.mark.django_db(transaction=True)
def test_one_state_shows_nothing_that_is_written_meanwhile(renamed):
    def somebody_else():
        try:
            renamed.name = "よその名"
            save(renamed, ["name"], factories.origin())
        finally:
            connection.close()

    thread = threading.Thread(target=somebody_else)
    with one_state():
        assert names() == ["新しい名"]
        thread.start()
        thread.join(timeout=10)
        assert names() == ["新しい名"]
    assert names() == ["よその名"]


@pytest.mark.django_db(transaction=True)
def test_writers_wait_in_line_again_afterwards(renamed):
    before = getattr(connection, "transaction_mode", None)
    with suppress(ZeroDivisionError), as_of(YESTERDAY):
        raise ZeroDivisionError
    assert getattr(connection, "transaction_mode", None) == before
    assert not connection.in_atomic_block


def test_days_that_the_inventory_knows(renamed):
    assert first_day() == LONG_AGO
    for day in (LONG_AGO, YESTERDAY, TODAY):
        check_day(day)


@pytest.mark.parametrize("day", [date.min, LONG_AGO - timedelta(days=1)])
def test_a_day_before_the_history_is_refused_with_the_first_one(renamed, day):
    with pytest.raises(ValidationError, match="記録は") as refused:
        check_day(day)
    assert with_era(LONG_AGO) in refused.value.messages[0]


@pytest.mark.parametrize("day", [TODAY + timedelta(days=1), date.max])
def test_a_day_to_come_is_refused(renamed, day):
    with pytest.raises(ValidationError) as refused:
        check_day(day)
    assert refused.value.messages == [past.IN_THE_FUTURE]


def test_without_procedures_there_is_no_earlier_day(db):
    assert first_day() is None
    with pytest.raises(ValidationError) as refused:
        check_day(TODAY)
    assert refused.value.messages == [past.NOTHING_KNOWN]


# --- Any days of any work ----------------------------------------------------------------------


class Office:
    """Writes as people do, through the actions; ``number`` makes one act differ from the next."""

    def __init__(self) -> None:
        self.by = factories.administrator()
        self.division = factories.division_person()
        self.units = [factories.DepartmentFactory() for _ in range(2)]
        self.service = factories.ServiceFactory()
        self.procedures: list[int] = []

    def act(self, kind: str, index: int, number: int) -> None:
        """Does one thing to one of the procedures; what the actions refuse stays undone."""
        procedure = Procedure.objects.filter(pk__in=self.procedures).order_by("pk")
        count = procedure.count()
        if kind == "register" or not count:
            self.register(number)
            return
        with suppress(ValidationError):
            getattr(self, kind)(procedure[index % count], number)

    def register(self, number: int) -> None:
        unit = [*self.units, None][number % 3]
        made = create_procedure(
            number="", department=unit, values={"name": f"手続{number}の申請"}, by=self.by
        )
        self.procedures.append(made.pk)

    def answer(self, procedure: Procedure, number: int) -> None:
        sent = {ASPECT_FIELDS[number % 7]: list(Answer)[number % 4].value}
        self._update(procedure, sent)

    def answer_all(self, procedure: Procedure, number: int) -> None:
        answer = (Answer.ONLINE, Answer.NOT_NEEDED)[number % 2]
        self._update(procedure, dict.fromkeys(ASPECT_FIELDS, answer.value))

    def rename(self, procedure: Procedure, number: int) -> None:
        self._update(procedure, {"name": f"手続{number}の届出"})

    def scope(self, procedure: Procedure, number: int) -> None:
        self._update(procedure, {"scope": ("inbound", "outside", "unknown")[number % 3]})

    def abolish(self, procedure: Procedure, number: int) -> None:
        self._update(procedure, {"abolished_on": (date(2026, 3, 31), None)[number % 2]})

    def owner(self, procedure: Procedure, number: int) -> None:
        assign_department(
            procedure_ids=[procedure.pk],
            department=self.units[number % 2],
            division=None,
            by=self.division,
        )

    def status(self, procedure: Procedure, number: int) -> None:
        self._plan(procedure, {"status": list(Status)[number % 6].value, "hold_reason": "調整中"})

    def launch(self, procedure: Procedure, number: int) -> None:
        done = {"plain_wording_checked", "items_reviewed", "input_help_checked"}
        sent = {
            "status": Status.ONLINE.value,
            "service_id": self.service.pk,
            "launched_on": date(2026, 4, 1 + number),
        }
        self._plan(procedure, sent | dict.fromkeys(done, True))

    def target(self, procedure: Procedure, number: int) -> None:
        day = TODAY + timedelta(days=number - 5) if number % 4 else None
        self._plan(procedure, {"target_date": day})

    def volume(self, procedure: Procedure, number: int) -> None:
        set_volume(
            procedure_id=procedure.pk,
            fiscal_year=2023 + number % 3,
            total=number * 10 if number % 4 else None,
            online=number if number % 2 else None,
            certainty="actual",
            version=procedure.version,
            by=self.by,
        )

    def basis(self, procedure: Procedure, number: int) -> None:
        level = ("municipal", "national")[number % 2]
        bases = [BasisDraft(level=level, name="条例", is_primary=True)] if number % 3 else []
        replace_legal_bases(
            procedure_id=procedure.pk, bases=bases, version=procedure.version, by=self.by
        )

    def propose(self, procedure: Procedure, number: int) -> None:
        ground = list(ExemptionGround)[1 + number % 2]
        propose_exemption(
            procedure_id=procedure.pk, ground=ground, article="第7条", reason="対面", by=self.by
        )

    def exempt(self, procedure: Procedure, number: int) -> None:
        confirm_exemption(procedure_id=procedure.pk, by=self.division)

    def withdraw(self, procedure: Procedure, number: int) -> None:
        withdraw_exemption(procedure_id=procedure.pk, by=self.division)

    def ask(self, procedure: Procedure, number: int) -> None:
        side = ("team", "division", "")[number % 3]
        add_comment(procedure_id=procedure.pk, text="確認を", addressee=side, by=self.division)

    def done(self, procedure: Procedure, number: int) -> None:
        waiting = procedure.comments.filter(done_at=None).exclude(addressee="").first()
        if waiting:
            close_comment(comment_id=waiting.pk, by=self.division)

    def issue(self, procedure: Procedure, number: int) -> None:
        open_issue(procedure_id=procedure.pk, aspect=ASPECT_FIELDS[number % 7], by=self.by)

    def solve(self, procedure: Procedure, number: int) -> None:
        issue = procedure.issues.filter(state="open").first()
        if issue:
            version = procedure.version
            solve_issue(issue_id=issue.pk, outcome="online", note="済", version=version, by=self.by)

    def confirm(self, procedure: Procedure, number: int) -> None:
        confirm_unchanged(
            procedure_id=procedure.pk, version=procedure.version, by=self.by, source=Source.FORM
        )

    def drop_plan(self, procedure: Procedure, number: int) -> None:
        delete(list(MigrationPlan.objects.filter(procedure=procedure)), factories.origin())

    def drop(self, procedure: Procedure, number: int) -> None:
        for model in (MigrationPlan, YearlyVolume, Exemption, LegalBasis, Comment, Issue):
            delete(list(model.objects.filter(procedure=procedure)), factories.origin())
        delete([procedure], factories.origin())

    def reorganise(self, procedure: Procedure, number: int) -> None:
        unit = Department.objects.get(pk=self.units[number % 2].pk)
        unit.name, unit.order = f"{number}部", number
        save_reference(unit, by=self.by, source=Source.ADMIN)

    def _update(self, procedure: Procedure, sent: dict[str, object]) -> None:
        update_procedure(
            procedure_id=procedure.pk,
            sent=sent,
            version=procedure.version,
            by=self.by,
            source=Source.FORM,
        )

    def _plan(self, procedure: Procedure, sent: dict[str, object]) -> None:
        plan = MigrationPlan.objects.filter(procedure=procedure).first()
        update_plan(
            procedure_id=procedure.pk,
            sent=sent,
            version=plan.version if plan else UNSAVED,
            by=self.by,
            source=Source.FORM,
        )


ACTS = [
    name
    for name, value in vars(Office).items()
    if isinstance(value, Callable) and not name.startswith("_") and name != "act"
]
DAYS_OF_WORK = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 40, 100]),
        st.lists(
            st.tuples(st.sampled_from(ACTS), st.integers(0, 4), st.integers(0, 9)),
            min_size=1,
            max_size=8,
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(work=DAYS_OF_WORK)
def test_every_earlier_day_is_what_was_counted_at_its_end(db, work):
    with transaction.atomic():
        day, live = date(2026, 4, 1), {}
        with on(day):
            office = Office()
            for number in range(4):
                office.register(number)
        for passed, acts in work:
            day += timedelta(days=passed)
            with on(day):
                for kind, index, number in acts:
                    office.act(kind, index, number)
                live[day] = counted_anew(Procedure.objects.all(), day), row_states()
        for earlier, found in live.items():
            with as_of(earlier):
                assert (counted_anew(Procedure.objects.all(), earlier), row_states()) == found
        assert (counted_anew(Procedure.objects.all(), day), row_states()) == live[day]
        transaction.set_rollback(True)
