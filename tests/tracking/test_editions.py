"""Editions: they hold everything they say, and nothing that happens afterwards reaches them."""

import json
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from procedures.models import Exemption, Procedure
from procedures.records import delete, save
from tests import factories
from tests.tracking.inventories import NOW, TODAY, Case, build, cases, counted_anew
from tests.tracking.test_selections import a_bit_of_everything
from tests.tracking.test_stats import examples
from tracking.actions.editions import (
    FROZEN_ALREADY,
    UNREADABLE,
    freeze,
)
from tracking.edition_comparison import Reason, Side, compare, steps_between
from tracking.edition_draft import LATE_LISTED, draft
from tracking.editions import (
    EditionNextStep,
    UnreadableEdition,
    content_of,
    digest_of,
    is_intact,
    rows_of,
)
from tracking.models import Edition, MigrationPlan
from tracking.moves import Kind, RowState, row_states
from tracking.paper.composing import paper_of
from tracking.past import BEFORE_HISTORY, IN_THE_FUTURE, NOTHING_KNOWN, as_of
from tracking.selections import condition, with_progress
from tracking.stats import Ratio, by_department, figures_by_unit, total
from tracking.views.comparison import points, tenths

pytestmark = pytest.mark.django_db
FORMAT_1 = Path(__file__).with_name("edition_format_1.json")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    units = [factories.DepartmentFactory() for _ in range(3)]
    factories.DivisionFactory(department=units[0], name="市民課")
    return units


def frozen(by, *, on=TODAY, title="第1回", **more):
    """An edition as the database has it."""
    return Edition.objects.get(pk=freeze(title=title, reference_date=on, by=by, **more).pk)


def later(days):
    return time_machine.travel(NOW + timedelta(days=days), tick=False)


def counted(on=TODAY):
    return figures_by_unit(Procedure.objects.all(), on=on)


def check_says(edition, units, rows):
    """Everything that is counted in ``edition`` is what counting gave."""
    content = content_of(edition.content)
    assert content.office == total(units.values())
    found = by_department(units)
    assert {one.id: one.figures for one in content.departments if one.figures.counts["all"]} == {
        key: part for key, part in found.items() if part.counts["all"]
    }
    assert {
        (department.id, division.id): division.figures
        for department in content.departments
        for division in department.divisions
    } == units
    assert rows_of(edition.rows) == rows
    assert is_intact(edition)


# --- What is frozen is what was counted ----------------------------------------------------------


@examples(25)
@given(inventory=st.lists(cases(), min_size=1, max_size=12))
def test_frozen_figures_are_those_of_that_moment(units, division_person, inventory):
    with transaction.atomic():
        build(inventory, units)
        edition = frozen(division_person, decisions="予算のこと\n人のこと")
        check_says(edition, counted(), row_states())
        content = content_of(edition.content)
        assert content_of(json.loads(json.dumps(content.as_json()))) == content
        assert content.as_json() == edition.content
        transaction.set_rollback(True)


@examples(10)
@given(inventory=st.lists(cases(), min_size=1, max_size=8))
def test_an_edition_of_an_earlier_day_says_what_one_frozen_that_day_says(
    units, division_person, inventory
):
    with transaction.atomic():
        build(inventory, units)
        that_day = frozen(division_person)
        with later(days=3):
            change_everything(units)
            factories.ProcedureFactory.create_batch(2, department=units[0])
            edition = frozen(division_person, title="後から")
            with as_of(TODAY):
                check = counted(), row_states()
            check_says(edition, *check)
        content = content_of(edition.content)
        assert content.office == content_of(that_day.content).office
        assert content.departments == content_of(that_day.content).departments
        assert edition.rows == that_day.rows
        assert content.moves == ()
        transaction.set_rollback(True)


def change_everything(units):
    """Renames, moves, deletes and decides what an edition could still look at."""
    origin = factories.origin()
    for unit in units:
        unit.name = f"新しい部{unit.pk}"
        unit.order = 1_000_000 - unit.order
        save(unit, ["name", "order"], origin)
        for division in unit.divisions.all():
            division.name = "新しい課"
            save(division, ["name"], origin)
    rows = list(Procedure.objects.order_by("pk"))
    for row in rows[::2]:
        row.name, row.department = f"改め{row.name}", units[-1]
        save(row, ["name", "department_id"], origin)
    for plan in MigrationPlan.objects.exclude(status="online").order_by("pk")[:5]:
        plan.target_date = TODAY + timedelta(days=900)
        save(plan, ["target_date"], origin)
    gone = rows[1::4]
    delete(list(MigrationPlan.objects.filter(procedure__in=gone)), origin)
    delete(list(Exemption.objects.filter(procedure__in=gone)), origin)
    delete(gone, origin)


def test_nothing_that_happens_afterwards_reaches_an_edition(units, division_person):
    goal = factories.GoalFactory(fiscal_year=2026, online_rate=0.6)
    build(a_bit_of_everything(), units)
    frozen(division_person, on=TODAY, title="第1回")
    edition = frozen(division_person, title="第2回", decisions="決めてほしいこと")
    said = json.dumps(edition.content), json.dumps(edition.rows), printed(edition)
    with later(days=500), override_settings(STALE_DAYS=7, CONFIRM_DAYS=9, OFFICE_NAME="新市"):
        change_everything(units)
        goal.online_rate = 0.9
        save(goal, ["online_rate"], factories.origin())
        division_person.display_name = "別の名"
        division_person.save()
        again = Edition.objects.get(pk=edition.pk)
        assert (json.dumps(again.content), json.dumps(again.rows), printed(again)) == said
        assert is_intact(again)


def printed(edition):
    """The paper, as bytes."""
    paper = paper_of(content_of(edition.content), edition.digest)
    return render_to_string("tracking/_edition_paper.html", {"paper": paper}).encode()


def test_it_holds_the_words_the_goals_and_the_settings(units, division_person, settings):
    settings.STALE_DAYS = 45
    factories.GoalFactory(fiscal_year=2026, online_rate=0.6)
    factories.GoalFactory(fiscal_year=2027, online_rate=0.8)
    build([Case(unit=0), Case(unit=None)], units)
    content = content_of(frozen(division_person, decisions="費用").content)
    assert content.office_name == settings.OFFICE_NAME
    assert content.frozen_by == str(division_person)
    assert (content.title, content.reference_date) == ("第1回", TODAY)
    assert (content.policy_key, content.policy_effective_from) == ("2024-04-01", date(2024, 4, 1))
    assert content.settings["stale_days"] == 45
    assert [goal.online_rate for goal in content.goals] == [0.6, 0.8]
    assert (content.goal_year, content.goal_rate) == (2026, 0.6)
    assert "45日" in content.definition("stale").note
    assert "{" not in "".join(one.note + one.formula for one in content.definitions)
    assert content.labels["statuses"]["online"] == "オンライン化済"
    assert content.labels["moves"] == {kind.value: kind.label for kind in Kind}
    assert content.decisions == "費用"
    assert [one.name for one in content.departments] == [*map(str, units), "所管未定"]


def test_lists_name_what_is_longest_due(units, division_person):
    many = [Case(status="testing", target_in=-days) for days in range(1, LATE_LISTED + 6)]
    build([*many, Case(status="testing", target_in=5, national_due_in=2)], units)
    content = content_of(frozen(division_person).content)
    assert content.ratio("overdue").numerator == len(many)
    days = [one.target_date for one in content.overdue]
    assert days == sorted(days)
    assert (len(days), days[0]) == (LATE_LISTED, TODAY - timedelta(days=LATE_LISTED + 5))
    [behind] = content.behind_national
    assert (behind.due, behind.target_date) == (TODAY + timedelta(2), TODAY + timedelta(5))
    listed = with_progress(Procedure.objects.all()).filter(condition("overdue", TODAY))
    assert {one.number for one in content.overdue} <= {row.number for row in listed}


def test_obstacles_are_those_of_the_unfinished(units, division_person):
    def case(*hindered, volume=None, **more):
        answers = ["not_needed"] * 7
        for place, answer in hindered:
            answers[place] = answer
        volumes = {2025: (volume, None)} if volume is not None else {}
        return Case(answers=tuple(answers), volumes=volumes, **more)

    payment, identity = (5, "offline"), (0, "unknown")
    build(
        [
            case(volume=7),
            case(payment, volume=30),
            case(payment),
            case(payment, identity, volume=500),
            case(identity, volume=4),
            case(payment, status="online"),
        ],
        units,
    )
    content = content_of(frozen(division_person).content)
    assert (content.free_count, content.free_applications) == (1, 7)
    found = {one.aspect: one for one in content.obstacles}
    assert len(found) == 7
    pay = found["payment"]
    assert (pay.procedure_count, pay.freed_count, pay.freed_applications) == (3, 2, 30)
    assert (pay.possible_count, pay.possible_applications) == (3, 530)
    assert found["attachments"].procedure_count == 0
    assert content.unsurveyed_count == 1
    assert content.order_bound == "certain"
    assert [(step.aspect, step.freed_count, step.free_count) for step in content.best_order] == [
        ("payment", 2, 2),
    ]
    assert content.next_step == EditionNextStep(("payment",), 2, 30)


def test_without_a_surveyed_obstacle_the_order_counts_what_is_possible(units, division_person):
    build([Case(answers=("unknown", "offline", *["unknown"] * 5))] * 2, units)
    content = content_of(frozen(division_person).content)
    assert content.order_bound == "possible"
    assert content.next_step == EditionNextStep(("attachments",), 2, 0)
    with later(days=1):
        build([Case()], units)
        delete(list(Procedure.objects.all()[:2]), factories.origin())
        after = content_of(frozen(division_person, title="第2回", on=TODAY + timedelta(1)).content)
    assert (after.next_step, after.best_order) == (None, ())


# --- What moved since the one before -------------------------------------------------------------


def test_it_tells_what_moved_since_the_edition_before_it(units, division_person):
    first, second, third = build(
        [
            Case(unit=0, status="testing"),
            Case(unit=1),
            Case(unit=1, basis="municipal", exemption="confirmed"),
        ],
        units,
    )
    before = frozen(division_person)
    with later(days=20):
        plan = first.plan
        plan.status, plan.launched_on = "online", TODAY
        plan.service, plan.checklist_exception = factories.ServiceFactory(), "試験"
        save(
            plan,
            ["status", "launched_on", "service_id", "checklist_exception"],
            factories.origin(),
        )
        [newcomer] = build([Case(unit=0, basis="municipal", exemption="confirmed")], units)
        edition = frozen(division_person, on=TODAY + timedelta(20), title="第2回")
    content = content_of(edition.content)
    assert (content.since, content.since_title) == (TODAY, before.title)
    assert content.since_office == content_of(before.content).office
    assert [(move.number, move.kind) for move in content.moves] == [
        (first.number, "launched"),
        (newcomer.number, "added"),
    ]
    assert content.move_counts == {"launched": 1, "added": 1}
    [exemption] = content.exemptions
    assert (exemption.number, exemption.ground) == (newcomer.number, "ordinance_art7")
    assert content.exemptions_by_ground == {"ordinance_art7": 2}
    assert second.number not in json.dumps(content.as_json()["moves"])
    assert third.number not in json.dumps(content.as_json()["exemptions"])


def test_the_first_one_has_nothing_to_count_from(units, division_person):
    build([Case(basis="municipal", exemption="confirmed")], units)
    content = content_of(frozen(division_person).content)
    assert (content.since, content.since_title, content.moves) == (None, "", ())
    assert (content.exemptions, content.exemptions_by_ground) == ((), {"ordinance_art7": 1})


def test_the_one_before_is_that_of_the_latest_earlier_date(units, division_person):
    build([Case()], units)
    with later(days=30):
        last = frozen(division_person, on=TODAY + timedelta(30), title="最後")
        first = frozen(division_person, on=TODAY, title="最初")
        between = frozen(division_person, on=TODAY + timedelta(9), title="間")
    assert content_of(last.content).since is None
    assert content_of(first.content).since is None
    assert content_of(between.content).since_title == "最初"
    assert list(Edition.objects.before(between)) == [first]
    assert list(Edition.objects.before(last)) == [between, first]


# --- The writer ----------------------------------------------------------------------------------


def refused(by, **more):
    """What the writer says instead of freezing."""
    with pytest.raises(ValidationError) as caught:
        freeze(**{"title": "第1回", "reference_date": TODAY, "by": by} | more)
    assert not Edition.objects.filter(title=more.get("title", "第1回")).exists()
    return caught.value.messages


def test_only_the_division_and_administrators_freeze(units, member, reader, administrator):
    build([Case()], units)
    for person in (member, reader):
        with pytest.raises(PermissionDenied):
            freeze(title="第1回", reference_date=TODAY, by=person)
    assert not Edition.objects.exists()
    assert frozen(administrator).frozen_by == administrator


def test_the_same_title_and_day_are_frozen_once(units, division_person, monkeypatch):
    build([Case()], units)
    edition = frozen(division_person)
    with pytest.raises(ValidationError) as caught:
        freeze(title="第1回", reference_date=TODAY, by=division_person)
    sentence = FROZEN_ALREADY.format(title="第1回", day="2026年11月23日（令和8年）")
    assert caught.value.message_dict == {"title": [sentence]}
    # Two who press at the same moment: the second finds out from the database.
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda self: False)
    with pytest.raises(ValidationError) as caught:
        freeze(title="第1回", reference_date=TODAY, by=division_person)
    assert caught.value.message_dict == {"title": [sentence]}
    assert list(Edition.objects.all()) == [edition]


def test_the_database_refuses_a_second_one(units, division_person):
    build([Case()], units)
    edition = frozen(division_person)
    edition.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        edition.save(force_insert=True)


def test_a_day_without_figures_is_refused(units, division_person):
    assert refused(division_person) == [NOTHING_KNOWN]
    build([Case(changed=NOW)], units)
    assert refused(division_person, reference_date=TODAY + timedelta(1)) == [IN_THE_FUTURE]
    early = refused(division_person, reference_date=TODAY - timedelta(1))
    assert early == [BEFORE_HISTORY.format(first="2026年11月23日（令和8年）")]
    assert refused(division_person, reference_date=date(1, 1, 1)) == early
    assert frozen(division_person)


def test_a_title_is_needed_and_fits(units, division_person):
    build([Case()], units)
    for title in ("", "長" * 101):
        with pytest.raises(ValidationError) as caught:
            freeze(title=title, reference_date=TODAY, by=division_person)
        assert list(caught.value.message_dict) == ["title"]


# --- What somebody changes past the program shows ------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda edition: edition.content["office"]["counts"].update(online=999),
        lambda edition: edition.rows.pop(),
        lambda edition: setattr(edition, "title", "別の名称"),
        lambda edition: setattr(edition, "reference_date", date(2026, 4, 1)),
        lambda edition: setattr(edition, "digest", "0" * 64),
        lambda edition: setattr(edition, "content", []),
    ],
)
def test_a_change_past_the_program_shows(units, division_person, change):
    build([Case(), Case(status="online")], units)
    edition = frozen(division_person)
    assert is_intact(edition)
    change(edition)
    edition.save()
    assert not is_intact(Edition.objects.get(pk=edition.pk))


def test_the_check_value_does_not_depend_on_the_order_of_keys():
    assert digest_of({"甲": 1, "乙": [2, 0.5]}, []) == digest_of({"乙": [2, 0.5], "甲": 1}, [])
    assert digest_of({"甲": 1}, [[]]) != digest_of({"甲": 1}, [])


def test_an_edition_of_format_1_stays_readable_for_ever():
    stored = json.loads(FORMAT_1.read_text(encoding="utf-8"))
    content, rows = content_of(stored["content"]), rows_of(stored["rows"])
    assert digest_of(stored["content"], stored["rows"]) == stored["digest"]
    again = content.as_json()
    assert {name: again[name] for name in stored["content"]} == stored["content"]
    assert [row.as_json()[: len(was)] for row, was in zip(rows, stored["rows"], strict=True)] == (
        stored["rows"]
    )
    assert (content.office_name, content.title) == ("試験市", "第2回")
    assert content.ratio("online") == Ratio(1, 4)
    assert paper_of(content, stored["digest"]).office_name == "試験市"
    [launched] = compare(Side(content, ()), Side(content, rows)).steps[2].rows[:1]
    assert launched.name == "試験手続0"


@pytest.mark.parametrize("stored", [None, 3, [], {}, {"format": 1}, "版"])
def test_what_is_no_content_is_called_unreadable(stored):
    with pytest.raises(UnreadableEdition):
        content_of(stored)


@pytest.mark.parametrize("count", ["1", 1.5, None, [], float("inf")])
def test_counts_that_are_no_whole_numbers_are_called_unreadable(count):
    stored = json.loads(FORMAT_1.read_text(encoding="utf-8"))["content"]
    content_of(stored)
    for unreadable in ({"office": {"counts": {"online": count}}}, {"usage_year": float("inf")}):
        with pytest.raises(UnreadableEdition):
            content_of(stored | unreadable)


@pytest.mark.parametrize("stored", [None, 3, [[1, 2]], [{}], "版"])
def test_what_are_no_rows_is_called_unreadable(stored):
    with pytest.raises(UnreadableEdition):
        rows_of(stored)


@given(place=st.integers(0, 15), value=st.sampled_from(["版", -1, 1.5, [], {}, "2026-99-99"]))
def test_a_row_of_other_values_is_read_in_their_types_or_not_at_all(place, value):
    stored = json.loads(FORMAT_1.read_text(encoding="utf-8"))
    content, intact = content_of(stored["content"]), rows_of(stored["rows"][:1])
    stored["rows"][0][place] = value
    try:
        changed = rows_of(stored["rows"][:1])
    except UnreadableEdition:
        return
    for before, after in ((intact, changed), (changed, intact)):
        compare(Side(content, before), Side(content, after))


def test_that_of_a_later_program_is_not_guessed_at(units, division_person):
    build([Case()], units)
    stored = frozen(division_person).content
    with pytest.raises(UnreadableEdition):
        content_of(stored | {"format": 2})


def test_none_is_frozen_upon_one_that_cannot_be_read(units, division_person):
    build([Case()], units)
    edition = frozen(division_person)
    edition.rows = [["?"]]
    edition.save()
    assert refused(division_person, title="第2回") == [UNREADABLE.format(edition=edition)]


# --- Two compared --------------------------------------------------------------------------------

ROW = st.builds(
    lambda pk, unit, category, status, is_abolished, is_in_scope: RowState(
        pk, f"A-{pk}", f"手続{pk}", unit, f"部{unit}", None, "", category, status, None, None, None,
        is_abolished, is_in_scope, "ordinance_art7" if category == "exempt" else "", None,
    ),
    st.integers(1, 12),
    st.sampled_from([1, 2, None]),
    st.sampled_from(["priority", "priority", "pending", "exempt"]),
    st.sampled_from(["online", "online", "testing", "on_hold"]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([True, True, True, False]),
)  # fmt: skip
ROWS = st.lists(ROW, max_size=14, unique_by=lambda row: row.pk).map(tuple)


def rate_of(rows):
    targets = [
        row for row in rows if row.category != "exempt" and row.is_in_scope and not row.is_abolished
    ]
    return Ratio(len([row for row in targets if row.status == "online"]), len(targets))


@given(before=ROWS, after=ROWS)
def test_the_steps_lead_from_one_rate_to_the_other_and_add_up(before, after):
    steps = steps_between(before, after)
    assert [step.reason for step in steps] == list(Reason)
    assert (steps[0].before, steps[-1].after) == (rate_of(before), rate_of(after))
    for one, following in pairwise(steps):
        assert one.after == following.before
    keys = [row.pk for step in steps for row in step.rows]
    assert len(keys) == len(set(keys))
    launched, taken_back, joined, left = (step.rows for step in steps)
    assert len(joined) - len(left) == rate_of(after).denominator - rate_of(before).denominator
    gained = len(launched) - len(taken_back)
    gained += sum(row.is_online for row in joined) - sum(row.is_online for row in left)
    assert gained == rate_of(after).numerator - rate_of(before).numerator
    if before and rate_of(before).denominator and rate_of(after).denominator:
        exact = sum(_fraction(step.after) - _fraction(step.before) for step in steps)
        assert exact == _fraction(rate_of(after)) - _fraction(rate_of(before))
        shown = sum(tenths(step.after) - tenths(step.before) for step in steps)
        assert shown == tenths(rate_of(after)) - tenths(rate_of(before))


def _fraction(ratio):
    return Fraction(ratio.numerator, ratio.denominator)


@given(rows=ROWS)
def test_between_equal_rows_there_is_no_step(rows):
    for step in steps_between(rows, rows):
        assert (step.rows, step.before) == ((), step.after)
        assert points(step.before, step.after) in ("±0.0", "－")


def test_two_editions_are_compared_by_their_own_rows(units, division_person):
    rows = build([Case(unit=0, status="testing"), Case(unit=0), Case(unit=1)], units)
    before = frozen(division_person)
    with later(days=9):
        rows[2].department = units[0]
        save(rows[2], ["department_id"], factories.origin())
        former, units[1].name = units[1].name, "新しい部"
        save(units[1], ["name"], factories.origin())
        build([Case(unit=1, status="online"), Case(unit=1, status="online")], units)
        after = frozen(division_person, on=TODAY + timedelta(9), title="第2回")
    found = compare(*(Side(content_of(one.content), rows_of(one.rows)) for one in (before, after)))
    online = next(one for one in found.figures if one.definition.key == "online")
    assert (online.before, online.after) == (Ratio(0, 3), Ratio(2, 5))
    assert [len(step.rows) for step in found.steps] == [0, 0, 2, 0]
    own = {one.name: one for one in found.departments}
    assert [len(step.rows) for step in own[units[0].name].steps] == [0, 0, 1, 0]
    renamed = own["新しい部"]
    assert [len(step.rows) for step in renamed.steps] == [0, 0, 2, 1]
    assert (renamed.before, renamed.after) == (Ratio(0, 1), Ratio(2, 2))
    assert renamed.former_name == former
    assert {move.kind for move in found.moves} == {Kind.ADDED, Kind.MOVED}


def test_the_steps_of_each_department_end_at_its_own_figures(units, division_person):
    build(a_bit_of_everything(), units)
    before = frozen(division_person)
    with later(days=3):
        change_everything(units)
        after = draft(on=TODAY + timedelta(3), since=None)
    found = compare(
        Side(content_of(before.content), rows_of(before.rows)), Side(after.content, after.rows)
    )
    for one in found.departments:
        assert one.steps[0].before == one.before
        assert one.steps[-1].after == one.after
    office = next(one for one in found.figures if one.definition.key == "online")
    assert (found.steps[0].before, found.steps[-1].after) == (office.before, office.after)
    assert after.content.office == counted_anew(Procedure.objects.all(), TODAY + timedelta(3))
