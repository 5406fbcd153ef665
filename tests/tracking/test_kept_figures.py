"""The kept figures: always what counting anew gives, whatever was written in between."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from procedures.models import ChangedDepartment, Procedure
from procedures.records import delete, save
from tests import factories
from tests.tracking.inventories import NOW, TODAY, build
from tests.tracking.test_selections import a_bit_of_everything
from tracking.kept_figures import department_figures, division_figures
from tracking.models import KeptFigures, MigrationPlan
from tracking.stats import by_department, figures_by_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    units = [factories.DepartmentFactory() for _ in range(3)]
    for unit in units:
        factories.DivisionFactory(department=unit)
    return units


def counted(on=TODAY):
    return figures_by_unit(Procedure.objects.all(), on=on)


def check(on=TODAY):
    """What is kept, read twice, is what counting gives; by division too."""
    expected = counted(on)
    for _ in range(2):
        assert department_figures(on) == by_department(expected)
    for department in {department for department, _ in expected}:
        assert division_figures(department, on) == {
            division: part for (owner, division), part in expected.items() if owner == department
        }


def test_they_are_what_counting_gives(units):
    check()
    build(a_bit_of_everything(), units)
    check()


def test_a_write_counts_only_its_departments_again(units, django_assert_num_queries):
    procedures = build(a_bit_of_everything(), units)
    department_figures(TODAY)
    one = next(row for row in procedures if row.department == units[0])
    one.department, one.division = units[1], units[1].divisions.first()
    before = {row.department_id: row.pk for row in KeptFigures.objects.all()}
    save(one, ["department_id", "division_id"], factories.origin())
    changed = set(ChangedDepartment.objects.values_list("department_id", "is_everything"))
    assert changed == {(units[0].pk, False), (units[1].pk, False)}
    check()
    after = {row.department_id: row.pk for row in KeptFigures.objects.all()}
    assert {key for key in after if after[key] != before[key]} == {units[0].pk, units[1].pk}
    assert not ChangedDepartment.objects.exists()
    with django_assert_num_queries(2):
        department_figures(TODAY)


def test_every_kind_of_write_shows(units):
    procedures = build(a_bit_of_everything(), units)
    draw = random.Random(5)
    for _ in range(12):
        one = Procedure.objects.get(pk=draw.choice(procedures).pk)
        plan = MigrationPlan.objects.filter(procedure=one).first()
        kind = draw.choice(["answer", "plan", "volume", "owner", "gone"])
        if kind == "answer":
            one.payment = draw.choice(["online", "offline", "unknown"])
            save(one, ["payment"], factories.origin())
        elif kind == "plan" and plan is not None:
            plan.target_date = TODAY + timedelta(days=draw.choice([-1, 1]))
            save(plan, ["target_date"], factories.origin())
        elif kind == "volume":
            factories.VolumeFactory(procedure=one, fiscal_year=2020)
        elif kind == "owner":
            one.department, one.division = draw.choice([*units, None]), None
            save(one, ["department_id", "division_id"], factories.origin())
        elif kind == "gone" and plan is not None:
            delete([plan], factories.origin())
        check()


def test_another_day_and_another_setting_count_everything_again(units):
    build(a_bit_of_everything(), units)
    check()
    check(TODAY + timedelta(days=1))
    with override_settings(STALE_DAYS=1):
        check(TODAY + timedelta(days=1))
    check()


def test_what_a_faster_reader_kept_stays(units, monkeypatch):
    """Counted before another write and another reader, kept after them: left alone."""
    from tracking import kept_figures

    procedures = build(a_bit_of_everything(), units)
    slow = kept_figures._count

    def overtaken(*arguments):
        found = slow(*arguments)
        monkeypatch.setattr(kept_figures, "_count", slow)
        procedures[0].payment = "offline"
        save(procedures[0], ["payment"], factories.origin())
        department_figures(TODAY)
        return found

    monkeypatch.setattr(kept_figures, "_count", overtaken)
    department_figures(TODAY)
    check()


def test_marks_of_a_year_are_taken_away_at_once(units):
    build(a_bit_of_everything(), units)
    check()
    ChangedDepartment.objects.bulk_create(
        ChangedDepartment(department_id=units[0].pk) for _ in range(25_000)
    )
    check()
    assert not ChangedDepartment.objects.exists()
