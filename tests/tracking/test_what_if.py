"""The what-if of another edition: a full recomputation under both, and what an adoption does."""

import io
from collections import Counter
from dataclasses import dataclass
from datetime import date

import openpyxl
import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.actions.policies import adopt_policy
from procedures.classification import classify_and_store
from procedures.models import ASPECT_FIELDS, PolicyEdition, Procedure
from procedures.policies import policy_in_force, stored_form
from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    ExemptionGround,
    PolicyRevision,
)
from tests import factories
from tests.tracking.inventories import CLEAR, NOW, TODAY, Case, build, cases, counted_anew
from tracking.figures import DEFINITIONS
from tracking.forms.what_if import NOT_A_MOVE, NOT_A_REASON, NOT_AN_EDITION
from tracking.past import supposing
from tracking.stats import total
from tracking.what_if import Move, WhatIf, figures_before_and_after, what_if
from tracking.what_if_workbook import DEPARTMENTS, ROWS, SUMMARY

pytestmark = pytest.mark.django_db
PRIORITY_TO_PENDING = Move(Category.PRIORITY, Category.PENDING)
STRICT_ASPECTS = ("in_person", "physical_item", "deliverable", "payment")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass(frozen=True)
class PlainPolicy:
    """An edition in plain words: which answers are fine, which grounds exempt on which basis."""

    honours: bool
    fine: dict[str, list[str]]
    exempting: dict[str, list[str]]

    def category_of(self, case: Case) -> str:
        """The four steps of the policy, read once more."""
        basis = case.basis or "unknown"
        if case.exemption == "confirmed" and case.ground in self.exempting[basis]:
            return "exempt"
        if case.is_national and self.honours:
            return "priority"
        for name, answer in zip(ASPECT_FIELDS, case.answers, strict=True):
            if answer == "unknown" or answer not in self.fine[name]:
                return "pending"
        return "priority"

    def as_rules(self, key: str) -> PolicyRevision:
        return PolicyRevision(
            key=key,
            effective_from=POLICY_2024.effective_from,
            honours_national_list=self.honours,
            accepted={Aspect(name): set(map(Answer, fine)) for name, fine in self.fine.items()},
            exemption_grounds={
                BasisLevel(basis): set(map(ExemptionGround, grounds))
                for basis, grounds in self.exempting.items()
            },
        )


def plain_policies() -> st.SearchStrategy[PlainPolicy]:
    """Random editions, also such as accept an answer that nobody should."""
    fine = st.sampled_from([["not_needed", "online"], ["not_needed"], ["not_needed", "offline"]])
    grounds = st.sampled_from([[], ["ordinance_art7"], ["rule_art16", "national_list"]])
    return st.builds(
        PlainPolicy,
        honours=st.booleans(),
        fine=st.fixed_dictionaries(dict.fromkeys(ASPECT_FIELDS, fine)),
        exempting=st.fixed_dictionaries({basis.value: grounds for basis in BasisLevel}),
    )


def standing(case: Case, before: str) -> str:
    if case.is_abolished:
        return "abolished"
    if case.scope == "outside":
        return "outside"
    return "exempt" if before == "exempt" else "target"


def assert_counts(found: WhatIf, told: list[tuple[Case, str, str]]) -> None:
    """Every number of ``found`` against loops over what each procedure is before and after."""
    changed = [one for one in told if one[1] != one[2]]
    assert found.procedure_count == len(told)
    assert found.changed_count == len(changed)
    stands = Counter(standing(case, before) for case, before, _ in changed)
    assert found.by_standing == {
        key: stands[key] for key in ("target", "exempt", "outside", "abolished")
    }
    for move, tally in found.by_move.items():
        own = [case for case, *pair in told if tuple(pair) == tuple(move)]
        counted = [one for one in own if one.is_in_scope]
        volumes = [one.annual_volume for one in counted]
        assert tally.numbers == (
            len(own),
            len(counted),
            sum(volume for volume in volumes if volume is not None),
            volumes.count(None),
        )
    by_unit = Counter(case.unit for case, before, after in changed)
    found_by_unit = [
        sum(tally.procedure_count for move, tally in parts.items() if move.is_change)
        for parts in found.by_department.values()
    ]
    assert sorted(filter(None, found_by_unit)) == sorted(by_unit.values())


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(inventory=st.lists(cases(), max_size=10), new=plain_policies(), old=plain_policies())
def test_it_is_the_recomputation_under_both_and_what_an_adoption_then_does(
    inventory, new, old, request
):
    with transaction.atomic():
        units = [factories.DepartmentFactory() for _ in range(3)]
        procedures = build(inventory, units)
        told = [(case, old.category_of(case), new.category_of(case)) for case in inventory]
        expected = {
            procedure.pk: (before, after)
            for procedure, (_, before, after) in zip(procedures, told, strict=True)
        }
        new_rules, old_rules = new.as_rules("new"), old.as_rules("old")
        found = what_if(new_rules, old_rules)

        assert {row.pk: tuple(map(str, row.move)) for row in found.rows} == expected
        assert_counts(found, told)

        everything, origin = Procedure.objects.all(), factories.origin()
        classify_and_store(everything, origin, old_rules)
        before = dict(Procedure.objects.values_list("pk", "category"))
        before_figures = counted_anew(everything, TODAY)
        classify_and_store(everything, origin, new_rules)
        after = dict(Procedure.objects.values_list("pk", "category"))
        after_figures = counted_anew(everything, TODAY)
        assert {pk: (before[pk], after[pk]) for pk in before} == expected
        assert {row.pk for row in found.changed} == {pk for pk in before if before[pk] != after[pk]}

        supposed = figures_before_and_after(found, on=TODAY, is_in_force=False)
        assert [total(parts.values()) for parts in supposed] == [before_figures, after_figures]
        transaction.set_rollback(True)


def edition(policy: PolicyRevision, name: str = "改定案") -> PolicyEdition:
    """A stored draft that says what ``policy`` says."""
    return factories.PolicyFactory(**stored_form(policy), name=name)


def stricter(key: str = "strict") -> PolicyRevision:
    """In person, physical item, deliverable and payment must be not needed."""
    accepted = dict(POLICY_2024.accepted)
    accepted |= dict.fromkeys(map(Aspect, STRICT_ASPECTS), frozenset({Answer.NOT_NEEDED}))
    return PolicyRevision(
        key=key,
        effective_from=date(2026, 11, 1),
        honours_national_list=True,
        accepted=accepted,
        exemption_grounds=POLICY_2024.exemption_grounds,
    )


@pytest.fixture
def draft(db):
    return edition(stricter())


@pytest.fixture
def inventory(department, other_department):
    """Three that stricter() makes 検討 (one abolished, one by two reasons), two that stay."""
    paid = {"clear": True, "payment": "online"}
    make = factories.ProcedureFactory
    listed = factories.NationalPriorityFactory()
    rows = {
        "paid": make(name="犬の登録の申請", department=department, **paid),
        "both": make(name="=SUM(A1)", department=other_department, deliverable="online", **paid),
        "abolished": make(unassigned=True, abolished_on=date(2026, 3, 31), **paid),
        "stays": make(name="転入の届出", department=department, clear=True),
        "listed": make(department=department, national_priority=listed, payment="online"),
    }
    factories.VolumeFactory(procedure=rows["paid"], total=1_200)
    factories.VolumeFactory(procedure=rows["abolished"], total=50)
    return rows


def test_an_adoption_takes_its_number_and_changes_exactly_its_rows(draft, inventory):
    found = what_if(stricter(), policy_in_force())
    before = dict(Procedure.objects.values_list("pk", "category"))
    adopt_policy(
        policy_id=draft.pk,
        reason="オンライン化の前提を見直すため",
        expected_count=found.changed_count,
        version=draft.version,
        by=factories.division_leader(),
    )
    after = dict(Procedure.objects.values_list("pk", "category"))
    assert {row.pk: tuple(row.move) for row in found.rows} == {
        pk: (before[pk], after[pk]) for pk in before
    }


@pytest.fixture
def opened(signed_in, division_person, draft):
    """Opens the page of the draft and gives its context and its text."""
    client = signed_in(division_person)

    def open_page(**query):
        response = client.get(reverse("policy_what_if", args=[draft.pk]), query)
        assert response.status_code == 200
        return response

    return open_page


def names(response) -> list[str]:
    return [line.name for line in response.context["rows"]]


def test_the_page_says_how_many_change_and_where_they_stand(opened, inventory):
    response = opened()
    found = response.context["found"]
    assert (found.changed_count, found.procedure_count) == (3, 5)
    assert dict(response.context["standings"]) == {
        "対象手続": 2, "適用除外": 0, "対象外": 0, "廃止": 1,
    }  # fmt: skip
    assert found.by_move[PRIORITY_TO_PENDING].numbers == (3, 2, 1_200, 1)
    assert found.same_category_count == 1, "the listed one has an obstacle more"
    text = response.content.decode()
    assert "「金銭納付」が「必要（オンライン可）」のため、この版では" in text
    assert "ここで見ただけでは、何も変わりません" in text


def test_departments_stand_in_office_order_and_what_nobody_owns_last(opened, inventory):
    table = opened().context["departments"]
    assert [line.label for line in table.rows] == ["市民部", "環境部", "所管未定"]
    # 台帳, 優先 → 検討, 変わる手続, うち現行・対象, 年間件数, 件数不明
    assert [[cell.text for cell in line.cells] for line in (*table.rows, table.total)] == [
        ["3", "1", "1", "1", "1,200", "0"],
        ["1", "1", "1", "1", "0", "1"],
        ["1", "1", "1", "0", "0", "0"],
        ["5", "3", "3", "2", "1,200", "1"],
    ]


def test_every_number_with_an_address_leads_to_as_many_rows(opened, inventory):
    context = opened().context
    links = [
        (cell.text, cell.url)
        for name in ("matrix", "moves", "departments", "reasons")
        for line in (*context[name].rows, *filter(None, [context[name].total]))
        for cell in line.cells
        if cell.url
    ]
    assert len(links) >= 12
    for text, url in links:
        query = url.removeprefix("?").partition("#")[0]
        chosen = dict(part.split("=") for part in query.split("&") if part)
        assert opened(**chosen).context["page_obj"].paginator.count == int(text), url


def test_the_rows_are_narrowed_by_department_move_and_reason(opened, inventory):
    assert names(opened()) == ["犬の登録の申請", "=SUM(A1)", inventory["abolished"].name]
    own = inventory["paid"].department_id
    assert names(opened(department=own)) == ["犬の登録の申請"]
    assert names(opened(department="none")) == [inventory["abolished"].name]
    assert names(opened(move="priority-pending", reason="answer_hinders-deliverable-online")) == [
        "=SUM(A1)"
    ]
    assert names(opened(move="pending-exempt")) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"move": "up"}, NOT_A_MOVE),
        ({"move": "\x00"}, NOT_A_MOVE),
        ({"reason": "answer_hinders-attachments-online"}, NOT_A_REASON),
        ({"against": str(2**70)}, NOT_AN_EDITION),
        ({"against": "x\x00"}, NOT_AN_EDITION),
        ({"against": "0"}, NOT_AN_EDITION),
        ({"department": str(2**70)}, "正しく選択してください"),
        ({"department": "x\x00"}, "部局室"),
    ],
)
def test_a_bad_address_is_told_and_shows_no_rows(opened, inventory, query, sentence):
    response = opened(**query)
    assert sentence in response.content.decode()
    assert "rows" not in response.context


def test_the_download_of_a_bad_address_leads_back(signed_in, division_person, draft):
    client = signed_in(division_person)
    response = client.get(
        reverse("policy_what_if_download", args=[draft.pk]), {"against": "x"}, follow=True
    )
    assert NOT_AN_EDITION in response.content.decode()


def test_any_two_editions_can_be_compared(opened, inventory, draft, signed_in, division_person):
    like = edition(stricter("like"), "同じ内容の案")
    response = opened(against=like.pk)
    assert response.context["found"].changed_count == 0
    assert "区分が変わる手続はありません" in response.content.decode()
    back = signed_in(division_person).get(
        reverse("policy_what_if", args=[PolicyEdition.objects.get(state="in_force").pk]),
        {"against": draft.pk},
    )
    assert back.context["found"].by_move[Move(Category.PENDING, Category.PRIORITY)].numbers[0] == 3


def test_the_edition_in_force_asks_for_another_one(signed_in, division_person, inventory):
    in_force = PolicyEdition.objects.get(state="in_force")
    response = signed_in(division_person).get(reverse("policy_what_if", args=[in_force.pk]))
    assert "この版は施行中の版です" in response.content.decode()
    assert "found" not in response.context


def test_an_empty_inventory_says_what_to_do(opened):
    assert "台帳に手続がまだありません" in opened().content.decode()


def test_an_absurd_edition_is_not_found(signed_in, division_person):
    client = signed_in(division_person)
    for name in ("policy_what_if", "policy_what_if_download"):
        assert client.get(reverse(name, args=[2**70])).status_code == 404


def test_the_rates_are_those_of_the_inventory_once_it_is_adopted(opened, inventory):
    factories.PlanFactory(procedure=inventory["stays"], online=True)
    lines = {change.label: change for change, _ in opened().context["figures"]}
    assert {DEFINITIONS[key].label for key in ("online", "priority", "usage")} <= lines.keys()
    rate = lines["優先手続のオンライン化率"]
    assert (rate.before, rate.after) == ("25.0%（1 ÷ 4）", "50.0%（1 ÷ 2）")
    assert lines["オンライン化率（手続の数）"].difference == "±0.0"

    classify_and_store(Procedure.objects.all(), factories.origin(), stricter())
    ratio = counted_anew(Procedure.objects.all(), TODAY).ratio("priority")
    assert (ratio.numerator, ratio.denominator) == (1, 2)


def test_looking_writes_nothing(opened, inventory):
    before = list(Procedure.objects.order_by("pk").values())
    opened()
    assert list(Procedure.objects.order_by("pk").values()) == before
    assert Procedure.history.count() == len(before)


def test_what_is_supposed_is_gone_afterwards(inventory):
    pk = inventory["paid"].pk
    with supposing({pk: {"category": "exempt", "obstacles": ("payment",)}}):
        seen = Procedure.objects.get(pk=pk)
        assert (seen.category, seen.obstacles) == ("exempt", ("payment",))
        assert Procedure.objects.get(pk=inventory["stays"].pk).category == "priority"
    assert Procedure.objects.get(pk=pk).category == "priority"


def test_the_workbook_has_the_totals_the_departments_and_every_changed_row(
    signed_in, division_person, draft, inventory
):
    response = signed_in(division_person).get(reverse("policy_what_if_download", args=[draft.pk]))
    book = openpyxl.load_workbook(io.BytesIO(response.getvalue()))
    assert book.sheetnames == [SUMMARY, DEPARTMENTS, ROWS]
    summary = {row[0]: row[1:] for row in book[SUMMARY].iter_rows(values_only=True)}
    assert summary["区分が変わる手続"][0] == 3
    assert summary["うち廃止"][0] == 1
    assert summary["優先 → 検討"][:4] == (3, 2, 1_200, 1)
    assert [row[:2] for row in book[DEPARTMENTS].iter_rows(min_row=2, values_only=True)] == [
        ("市民部", 3), ("環境部", 1), ("所管未定", 1), ("全庁", 5),
    ]  # fmt: skip
    rows = list(book[ROWS].iter_rows(min_row=2))
    assert [row[1].value for row in rows] == [
        "犬の登録の申請", "=SUM(A1)", inventory["abolished"].name,
    ]  # fmt: skip
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert [cell.value for cell in rows[0]] == [
        inventory["paid"].number, "犬の登録の申請", "市民部", None, "優先", "検討",
        "「金銭納付」が「必要（オンライン可）」のため、この版ではオンライン化の支障になります。",
        1_200, "対象手続",
    ]  # fmt: skip
    assert rows[1][6].value.count("\n") == 1, "two reasons"
    assert rows[2][8].value == "廃止"


def test_page_and_reading_take_the_same_number_of_queries_for_any_number_of_rows(
    opened, inventory, department
):
    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            opened()
        return len(queries)

    opened()  # what is kept is counted once
    few = counted()
    build([Case(unit=0, answers=(*CLEAR[:-2], "online", "not_needed"))] * 30, [department])
    opened()
    assert counted() == few
    with CaptureQueriesContext(connection) as queries:
        what_if(stricter(), policy_in_force())
    reads = [one for one in queries if "SAVEPOINT" not in one["sql"]]
    assert len(reads) == 4, "bases, facts, the rows, and the policy in force"
