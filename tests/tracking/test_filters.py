"""The filters of the lists: each alone, together, in order, and what they refuse."""

import unicodedata
from datetime import date

import pytest
from django.http import QueryDict

from procedures.models import Procedure
from procedures.rules import Answer
from tests import factories
from tracking.filters import (
    SORTS,
    UNASSIGNED,
    ListFilter,
    ProcedureFilter,
    filter_for,
    listed,
    set_choices,
)
from tracking.selections import SELECTIONS

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    """The names of the rows that the list shows for the query of an address, in its order."""
    filterset = ProcedureFilter(QueryDict(query), queryset=listed(Procedure.objects.all()))
    assert filterset.form.is_valid(), filterset.form.errors
    return [procedure.name for procedure in filterset.rows]


@pytest.fixture
def inventory(department, other_department):
    """Two procedures that differ in everything that a filter looks at."""
    service = factories.ServiceFactory(pk=70)
    moving = factories.ProcedureFactory(
        number="A-001",
        name="転入届（ＷＥＢ）",
        name_kana="てんにゅうとどけ",
        department=department,
        division=department.divisions.get(),
        clear=True,
    )
    factories.PlanFactory(
        procedure=moving, online=True, service=service, target_date=date(2027, 3, 31)
    )
    factories.VolumeFactory(procedure=moving, total=500)
    dogs = factories.ProcedureFactory(
        number="B-002",
        name="犬の登録",
        name_kana="イヌノトウロク",
        department=other_department,
        clear=True,
        payment=Answer.OFFLINE,
        in_person=Answer.UNKNOWN,
    )
    factories.PlanFactory(
        procedure=dogs, status="on_hold", hold_reason="試験", target_date=date(2027, 1, 31)
    )
    factories.VolumeFactory(procedure=dogs, total=900)
    return {"moving": moving, "dogs": dogs}


MOVING, DOGS = "転入届（ＷＥＢ）", "犬の登録"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [MOVING, DOGS]),
        ("category=priority", [MOVING]),
        ("category=pending", [DOGS]),
        ("category=exempt", []),
        ("status=online", [MOVING]),
        ("status=on_hold", [DOGS]),
        ("status=not_started", []),
        ("service=70", [MOVING]),
        ("obstacle=payment", [DOGS]),
        ("obstacle=in_person", []),
        ("unanswered=in_person", [DOGS]),
        ("unanswered=payment", []),
        ("set=unfinished", [DOGS]),
        ("set=online", [MOVING]),
        ("category=priority&status=online&q=転入", [MOVING]),
        ("category=priority&status=on_hold", []),
    ],
)
def test_a_filter_shows_what_it_says(inventory, query, names):
    assert found(query) == names


def test_department_and_division_are_named_by_their_rows(inventory, department, other_department):
    division = department.divisions.get()
    assert found(f"department={department.pk}") == [MOVING]
    assert found(f"department={other_department.pk}") == [DOGS]
    assert found(f"division={division.pk}") == [MOVING]
    factories.ProcedureFactory(unassigned=True, name="所管のない手続")
    assert found(f"department={UNASSIGNED}") == ["所管のない手続"]


def test_a_procedure_without_a_plan_has_not_started(department):
    factories.ProcedureFactory(department=department, name="計画のない手続")
    assert found("status=not_started") == ["計画のない手続"]


@pytest.mark.parametrize(
    "words",
    [
        "転入",
        "転入届（WEB）",
        "ｗｅｂ",
        "転入　届",
        "届 転入",
        "a-001",
        "Ａ－００１",
        "てんにゅう",
        "テンニュウ",
        "ﾃﾝﾆｭｳ",
    ],
)
def test_a_search_finds_name_reading_and_number_in_any_width(inventory, words):
    assert found(f"q={words}") == [MOVING]


@pytest.mark.parametrize("words", ["いぬの", "イヌノ", "ｲﾇﾉ"])
def test_a_reading_in_katakana_is_found_too(inventory, words):
    assert found(f"q={words}") == [DOGS]


WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
TO_KATAKANA = str.maketrans({code: code + 0x60 for code in range(0x3041, 0x3097)})
TO_HIRAGANA = str.maketrans({code: code - 0x60 for code in range(0x30A1, 0x30F7)})
HALF = {"マイナンバーカード": "ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ", "ごみステーション": "ごみｽﾃｰｼｮﾝ", "ペット": "ﾍﾟｯﾄ"}


@pytest.mark.parametrize(
    "word", ["マイナンバーカード", "ごみステーション", "ペット", "カードのこうしん", "ID", "ケ丘"]
)
def test_however_a_part_of_a_name_is_typed_the_same_rows_are_found(department, word):
    for name in (
        "マイナンバーカードのこうしんの申請",
        "ごみステーションの設置届（ID付き）",
        "ﾍﾟｯﾄの死亡届",
        "自由ヶ丘会館の利用申込",
        "転入届",
    ):
        factories.ProcedureFactory(department=department, name=name)
    forms = {
        word,
        word.translate(TO_KATAKANA),
        word.translate(TO_HIRAGANA),
        word.translate(WIDE),
        word.lower(),
        unicodedata.normalize("NFD", word),
        HALF.get(word, word),
    }
    assert {form: len(found(f"q={form}")) for form in forms} == dict.fromkeys(forms, 1)


@pytest.mark.parametrize("words", ["%25", "_", "転入 犬", "転入届出"])
def test_a_search_finds_nothing_else(inventory, words):
    assert found(f"q={words}") == []


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("office", [MOVING, DOGS]),
        ("number", [MOVING, DOGS]),
        ("name", [DOGS, MOVING]),
        ("target", [DOGS, MOVING]),
        ("-target", [MOVING, DOGS]),
        ("volume", [MOVING, DOGS]),
        ("-volume", [DOGS, MOVING]),
        ("-name", [MOVING, DOGS]),
        ("division", [MOVING, DOGS]),
        ("category", [MOVING, DOGS]),
        ("-category", [DOGS, MOVING]),
        ("status", [MOVING, DOGS]),
        ("service", [MOVING, DOGS]),
    ],
)
def test_the_order_is_the_one_that_is_asked_for(inventory, sort, names):
    assert found(f"sort={sort}") == names


def test_the_order_of_changes_looks_at_the_plan_too(inventory):
    assert found("sort=changed") == [MOVING, DOGS]
    plan = inventory["moving"].plan
    plan.url = "https://example.jp/"
    factories.save(plan, ["url"], factories.origin())
    assert found("sort=changed") == [DOGS, MOVING]


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{key}" for key in SORTS)])
def test_rows_without_a_value_stand_last_and_no_row_twice(inventory, department, sort):
    factories.ProcedureFactory(department=department, number="Z", name="値のない手続")
    names = found(f"sort={sort}")
    assert len(names) == len(set(names)) == 3
    if sort.removeprefix("-") in {"target", "volume"}:
        assert names[-1] == "値のない手続"


def test_the_office_order_is_that_of_the_departments_with_unassigned_ones_last():
    late = factories.DepartmentFactory(order=900)
    early = factories.DepartmentFactory(order=800)
    factories.ProcedureFactory(unassigned=True, number="0", name="所管未定")
    for order in (2, 1):
        division = factories.DivisionFactory(department=early, order=order)
        factories.ProcedureFactory(department=early, division=division, name=f"早い{order}")
    factories.ProcedureFactory(department=late, number="1", name="遅い")
    assert found("") == found("sort=office") == ["早い1", "早い2", "遅い", "所管未定"]


@pytest.mark.parametrize(
    "query",
    [
        "category=urgent",
        "status=finished",
        "department=9999",
        "department=x",
        "division=9999",
        "service=x",
        "obstacle=weather",
        "unanswered=weather",
        "set=nothing",
        "sort=random",
        "sort=--name",
        "sort=-",
        "q=" + "長" * 101,
        "q=%00",
    ],
)
def test_what_is_no_value_of_a_filter_shows_an_error_there_and_no_rows(inventory, query):
    filterset = ProcedureFilter(QueryDict(query), queryset=listed(Procedure.objects.all()))
    assert list(filterset.form.errors) == [query.split("=")[0]]
    assert list(filterset.rows) == []


def test_a_filter_is_active_when_it_leaves_rows_out():
    def is_active(query: str) -> bool:
        return ProcedureFilter(QueryDict(query), queryset=Procedure.objects.none()).is_active

    assert not is_active("")
    assert not is_active("sort=name&page=2&q=&status=")
    assert is_active("q=転入")
    assert is_active("set=overdue")


def test_every_set_can_be_asked_for():
    *usual, (_, parts) = set_choices()
    assert sorted(key for key, _ in [*usual, *parts]) == sorted(SELECTIONS)


def test_a_first_look_waits_for_no_choices():
    """The further conditions come with the query that chooses or asks for one of them."""
    for query in ("", "q=転入&set=overdue&sort=name&page=2", "category=", "figures=open"):
        assert filter_for(QueryDict(query)) is ListFilter
    for query in ("category=pending", "department=none", "conditions=open"):
        assert filter_for(QueryDict(query)) is ProcedureFilter


def test_within_one_department_the_usual_order_is_that_of_its_divisions(department):
    rows = [
        factories.ProcedureFactory(department=department, division=division)
        for division in (
            None,
            factories.DivisionFactory(department=department, order=9_000),
            factories.DivisionFactory(department=department, order=8_000),
        )
    ]
    filterset = ListFilter(QueryDict(""), queryset=listed(Procedure.objects.all()))
    office = list(filterset.rows)
    filterset.usual_order = "division"
    assert list(filterset.rows) == office == [rows[2], rows[1], rows[0]]
