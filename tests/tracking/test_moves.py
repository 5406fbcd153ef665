"""What moved: every difference told once, and the page that lists exactly what it counts."""

from dataclasses import fields, replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from procedures.records import delete, save
from procedures.rules import Category
from procedures.templatetags.inventory import with_era
from tests import factories
from tests.tracking.inventories import NOW, TODAY
from tracking.forms import days
from tracking.models import Edition, MigrationPlan
from tracking.moves import Kind, RowState, moves_between, row_states
from tracking.past import BEFORE_HISTORY, IN_THE_FUTURE
from tracking.workflow import Status

START = date(2026, 3, 1)
BEFORE_ON, AFTER_ON = date(2026, 10, 1), date(2026, 11, 1)
ROW = RowState(
    pk=1,
    number="T-1",
    name="犬の登録の申請",
    department_id=1,
    department="市民部",
    division_id=None,
    division="",
    category="pending",
    status="not_started",
    target_date=None,
    launched_on=None,
    national_due=None,
    is_abolished=False,
    is_in_scope=True,
    ground="",
    annual_volume=None,
)

# Which fields each kind tells of; the names of units are told with what points at them.
TOLD_BY = {
    kind: fields
    for kinds, fields in {
        "launched taken_back advanced went_back held resumed": {"status", "launched_on"},
        "launch_date": {"launched_on"},
        "target_set target_earlier target_later target_cleared": {"target_date"},
        "national_due": {"national_due"},
        "category exempted not_exempt ground": {"category", "ground"},
        "out_of_scope into_scope": {"is_in_scope"},
        "moved": {"department_id", "division_id"},
        "renamed": {"number", "name"},
        "volume": {"annual_volume"},
        "abolished reinstated": {"is_abolished"},
    }.items()
    for kind in kinds.split()
}
NAMES_OF_UNITS = {"department", "division"}


def states(pk: int = 1) -> st.SearchStrategy[RowState]:
    """States of one procedure as a database can have them."""
    day = st.none() | st.sampled_from([date(2026, 9, 30), date(2026, 10, 15), date(2027, 3, 31)])
    plain = st.builds(
        RowState,
        pk=st.just(pk),
        number=st.sampled_from(["T-1", "T-2"]),
        name=st.sampled_from(["犬の登録の申請", "犬の登録の届出"]),
        department_id=st.sampled_from([None, 1, 2]),
        department=st.just("市民部"),
        division_id=st.sampled_from([None, 1]),
        division=st.just("窓口課"),
        category=st.sampled_from([category.value for category in Category]),
        status=st.sampled_from([status.value for status in Status]),
        target_date=day,
        launched_on=day,
        national_due=day,
        is_abolished=st.booleans(),
        is_in_scope=st.booleans(),
        ground=st.sampled_from(["ordinance_art7", "rule_art16"]),
        annual_volume=st.sampled_from([None, 0, 12_345]),
    )
    return plain.map(lambda row: row if row.category == "exempt" else replace(row, ground=""))


def between(before, after):
    return moves_between(before, after, before_on=BEFORE_ON, after_on=AFTER_ON)


def told(**changes):
    """What is told of one row that changed, without its becoming overdue."""
    (move,) = between([ROW], [replace(ROW, **changes)])
    return move.kind.label, move.before, move.after


@given(rows=st.lists(states(), max_size=1))
def test_nothing_moves_between_a_state_and_itself(rows):
    assert moves_between(rows, rows, before_on=AFTER_ON, after_on=AFTER_ON) == ()


@given(before=states(), after=states())
def test_every_difference_is_told_exactly_once(before, after):
    kinds = [move.kind for move in between([before], [after])]
    different = {
        field.name
        for field in fields(RowState)
        if getattr(before, field.name) != getattr(after, field.name)
    }
    became_overdue = after.is_overdue(AFTER_ON) and not before.is_overdue(BEFORE_ON)
    assert kinds.count(Kind.OVERDUE) == became_overdue
    told_of = [TOLD_BY[kind] for kind in kinds if kind != Kind.OVERDUE]
    for name in different - NAMES_OF_UNITS:
        assert sum(name in told for told in told_of) == 1, name
    for one in told_of:
        assert one & different, "something is told that did not change"


@given(before=states(), after=states(), other=states(pk=2))
def test_new_and_deleted_rows_are_told_as_such_alone(before, after, other):
    (added,) = between([before], [before, other])[-1:]
    assert (added.kind, added.row, added.before) == (Kind.ADDED, other, "")
    (deleted,) = between([other], [])
    assert (deleted.kind, deleted.row, deleted.after) == (Kind.DELETED, other, "")


@given(row=states())
def test_a_state_is_the_same_after_it_was_stored(row):
    assert RowState.from_json(row.as_json()) == row


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("not_started", "online", "オンライン化した"),
        ("on_hold", "online", "オンライン化した"),
        ("online", "on_hold", "オンライン化を取りやめた"),
        ("online", "testing", "オンライン化を取りやめた"),
        ("reviewing", "testing", "状況が進んだ"),
        ("testing", "reviewing", "状況が戻った"),
        ("testing", "on_hold", "保留にした"),
        ("on_hold", "not_started", "保留を解いた"),
    ],
)
def test_what_a_move_of_the_status_is_called(before, after, kind):
    (move,) = between([replace(ROW, status=before)], [replace(ROW, status=after)])
    assert move.kind.label == kind


def test_what_is_said_of_each_change():
    day = date(2027, 3, 31)
    assert told(status="online", launched_on=date(2026, 10, 20)) == (
        "オンライン化した", "未着手", "オンライン化済、開始日 2026年10月20日（令和8年）",
    )  # fmt: skip
    assert told(target_date=day) == ("目標日が決まった", "未定", "2027年3月31日（令和9年）")
    assert told(category="priority") == ("区分が変わった", "検討", "優先")
    assert told(category="exempt", ground="ordinance_art7")[0] == "適用除外になった"
    assert told(department_id=2, department="環境部", division="ごみ課") == (
        "所管が移った", "市民部", "環境部 ごみ課",
    )  # fmt: skip
    assert told(department_id=None, department="") == ("所管が移った", "市民部", "所管未定")
    assert told(annual_volume=0) == ("年間件数が変わった", "不明", "0件")
    assert told(is_abolished=True) == ("廃止した", "現行", "廃止")
    assert told(is_in_scope=False) == ("対象外になった", "対象", "対象外")


def test_a_target_date_moves_to_either_side():
    early, late = (replace(ROW, target_date=date(2027, month, 1)) for month in (1, 2))
    kinds = [between([one], [other])[0].kind for one, other in ((early, late), (late, early))]
    assert kinds == [Kind.TARGET_LATER, Kind.TARGET_EARLIER]


def test_time_alone_makes_a_row_overdue():
    row = replace(ROW, target_date=BEFORE_ON)
    (move,) = between([row], [row])
    assert (move.kind, move.after) == (Kind.OVERDUE, "目標日 2026年10月1日（令和8年）")
    assert moves_between([row], [row], before_on=AFTER_ON, after_on=AFTER_ON) == ()


def test_a_department_that_is_renamed_moves_none_of_its_procedures():
    assert between([ROW], [replace(ROW, department="市民生活部")]) == ()


# --- The states of the database ----------------------------------------------------------------


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def on(day):
    return time_machine.travel(NOW.replace(year=day.year, month=day.month, day=day.day), tick=False)


def test_a_state_says_what_the_lists_say(department, django_assert_num_queries):
    division = department.divisions.get()
    plan = factories.PlanFactory(
        online=True, procedure__department=department, procedure__division=division
    )
    factories.VolumeFactory(procedure=plan.procedure, fiscal_year=2025, total=12)
    factories.ProcedureFactory(unassigned=True, scope="outside")
    with django_assert_num_queries(1):
        first, last = row_states()
    assert (first.department, first.division) == ("市民部", "市民サービス課")
    assert (first.status, first.launched_on, first.annual_volume) == (
        "online", date(2026, 4, 1), 12,
    )  # fmt: skip
    assert (last.department_id, last.department, last.status) == (None, "", "not_started")
    assert not last.is_in_scope


def test_only_an_exemption_in_effect_has_a_ground(department):
    proposed = factories.ExemptionFactory(procedure__department=department)
    basis = factories.LegalBasisFactory(procedure__department=department)
    factories.ExemptionFactory(procedure=basis.procedure, confirmed=True)
    found = {row.pk: (row.category, row.ground) for row in row_states()}
    assert found == {
        proposed.procedure_id: ("pending", ""),
        basis.procedure_id: ("exempt", "ordinance_art7"),
    }


# --- The page ----------------------------------------------------------------------------------


@pytest.fixture
def inventory(department, other_department):
    """Plans of two departments from March on; since the summer each has moved in its own way."""
    with on(START):
        mine = [factories.PlanFactory(procedure__department=department) for _ in range(3)]
        other = factories.PlanFactory(procedure__department=other_department)
    with on(date(2026, 8, 1)):
        move(mine[0], status="reviewing")
        move(mine[1], target_date=date(2026, 9, 1))
        move(other, status="testing")
    with on(TODAY - timedelta(days=2)):
        move(mine[0], status="preparing")
        delete([mine[2]], factories.origin())
        delete([mine[2].procedure], factories.origin())
    return mine, other


def move(plan: MigrationPlan, **changes) -> None:
    for name, value in changes.items():
        setattr(plan, name, value)
    save(plan, list(changes), factories.origin())


@pytest.fixture
def look(signed_in, division_person):
    client = signed_in(division_person)

    def get(**query):
        return client.get(reverse("moves"), query)

    return get


def listed(response) -> list[tuple[str, str]]:
    """Kind and procedure of what the page lists, in its order."""
    groups = response.context["groups"]
    return [(move.kind.label, move.row.number) for group in groups for move in group.moves]


def test_what_moved_since_a_day_by_department(look, inventory, department, other_department):
    mine, other = inventory
    response = look(since="2026-04-01")
    assert [group.name for group in response.context["groups"]] == ["市民部", "環境部"]
    assert listed(response) == [
        ("状況が進んだ", mine[0].procedure.number),
        ("目標日が決まった", mine[1].procedure.number),
        ("期限超過になった", mine[1].procedure.number),
        ("削除した", mine[2].procedure.number),
        ("状況が進んだ", other.procedure.number),
    ]


def test_each_number_lists_exactly_its_rows(look, inventory, department):
    for query in ({"since": "2026-04-01"}, {"since": "2026-04-01", "department": department.pk}):
        for choice in look(**query).context["kinds"]:
            asked = {name: values[0] for name, values in parse_qs(choice.url[1:]).items()}
            shown = listed(look(**asked))
            assert len(shown) == choice.count > 0
            assert {kind for kind, _ in shown} == {choice.label}


def test_until_an_earlier_day(look, inventory):
    response = look(since="2026-04-01", until="2026-08-15", kind="advanced")
    assert response.context["page_obj"].paginator.count == 2
    assert not response.context["is_until_today"]
    moved = [move for group in response.context["groups"] for move in group.moves]
    assert (moved[0].before, moved[0].after) == ("未着手", "課題整理中")


def test_without_a_day_it_is_since_the_edition_before_today(look, inventory, division_person):
    assert look().context["since"] == TODAY - timedelta(days=30)
    for day in (date(2026, 10, 1), TODAY):
        Edition.objects.create(
            title=f"{day:%m月}", reference_date=day, content={}, rows=[],
            digest="", frozen_by=division_person, frozen_at=NOW,
        )  # fmt: skip
    response = look()
    assert response.context["since"] == date(2026, 10, 1)
    assert [(one.label, one.is_current) for one in response.context["starts"]] == [
        ("前回の版（10月）", True),
        ("30日前", False),
        ("今年度の始め（4月1日）", False),
    ]


def test_a_young_inventory_begins_with_its_first_day(look, department):
    factories.ProcedureFactory(department=department)
    response = look()
    assert (response.context["since"], response.context["groups"]) == (TODAY, [])
    assert "この間に動きはありません" in response.content.decode()


def test_an_empty_inventory_says_what_to_do(look):
    assert "台帳に手続がまだありません" in look().content.decode()


def test_the_figures_then_and_now_lead_to_their_rows(look, department):
    with on(date(2026, 3, 1)):
        plan = factories.PlanFactory(procedure__department=department)
        factories.ProcedureFactory(department=department)
    move(
        plan,
        status="online",
        launched_on=date(2026, 11, 2),
        service_id=factories.ServiceFactory().pk,
        checklist_exception="様式を変えないため",
    )
    line = look(since="2026-04-01").context["figures"][0]
    assert (line.change.label, line.change.before, line.change.after, line.change.difference) == (
        "オンライン化率（手続の数）", "0.0%（0 ÷ 2）", "50.0%（1 ÷ 2）", "+50.0",
    )  # fmt: skip
    assert urlsplit(line.before_url).path == reverse("past_rows")
    assert parse_qs(urlsplit(line.before_url).query) == {"set": ["target"], "as_of": ["2026-04-01"]}
    assert urlsplit(line.after_url).path == reverse("procedure_list")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "0001-01-01"}, BEFORE_HISTORY.format(first=with_era(START))),
        ({"since": "9999-12-31"}, IN_THE_FUTURE),
        ({"since": "2026-04-01", "until": "9999-12-31"}, IN_THE_FUTURE),
        ({"since": "2026-02-30"}, days.NO_DAY),
        ({"since": "きのう"}, days.NO_DAY),
        ({"since": "2026-08-01", "until": "2026-04-01"}, days.WRONG_ORDER),
        ({"since": "2026-04-01", "kind": "no"}, "選択"),
        ({"since": "2026-04-01", "department": "9" * 40}, "選択"),
        ({"since": "2026-04-01", "department": "\0"}, ""),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_listed(look, inventory, query, sentence):
    response = look(**query)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "groups" not in response.context


def test_the_page_asks_the_database_as_often_for_many_as_for_one(look, inventory, department):
    def count():
        look(since="2026-04-01")  # the figures of today are kept by the first look
        with CaptureQueriesContext(connection) as captured:
            look(since="2026-04-01")
        return len(captured)

    few = count()
    factories.PlanFactory.create_batch(30, procedure__department=department)
    factories.PlanFactory.create_batch(3)
    assert count() == few
