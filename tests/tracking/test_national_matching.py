"""Suggested links: what is like what, and how well they meet the pairs that were made by hand."""

import pytest

from tests.tracking.national_pairs import (
    CATCH_ALL,
    DEMO,
    ELSEWHERE,
    demo_quality,
    demo_rows,
    listed,
    quality_elsewhere,
)
from tracking.national_matching import (
    GROUND_LABELS,
    STRENGTH_LABELS,
    STRONG,
    Candidate,
    Ground,
    ListedItem,
    Match,
    Names,
    Strength,
    ids_of,
    suggest,
)

ITEMS = [
    ListedItem(10, "道路占用許可申請等", "道路法第32条第1項・第2項", frozenset({"34641"})),
    ListedItem(8, "水道使用開始届等", "水道法第14条に基づく供給規程(給水条例)"),
    ListedItem(23, "消防法令における申請・届出等", "消防法第8条・第8条の2の2 等"),
    ListedItem(34, "支給認定の申請", "子ども・子育て支援法第20条第1項", frozenset({"111689"})),
    ListedItem(36, "保育施設等の現況届", "子ども・子育て支援法第22条・施行規則第9条"),
]
NAMES = Names([item.name for item in ITEMS])


def found(*candidates: Candidate, refused=frozenset()) -> list[Match]:
    return suggest(ITEMS, candidates, names=NAMES, refused=refused)


def best(name: str, law: str = "", article: str = "", national_id: str = "") -> Match | None:
    bases = ((law, article),) if law else ()
    matches = found(Candidate(1, name, bases, national_id))
    return matches[0] if matches else None


def test_the_same_name_and_basis_say_so():
    match = best("道路占用許可申請等", "道路法", "第32条")
    assert (match.item, match.strength) == (10, Strength.STRONG)
    assert match.grounds == (Ground.SAME_NAME, Ground.SAME_ARTICLE)


def test_a_shared_national_id_is_certain_whatever_the_name():
    match = best("教育・保育給付認定の申請", national_id="111689")
    assert (match.item, match.strength) == (34, Strength.CERTAIN)
    assert Ground.SAME_ID in match.grounds


def test_width_signs_and_common_words_do_not_count():
    assert best("道路の占用許可の申請について（新規）").item == 10
    assert best("水道 使用開始の届出").item == 8


def test_the_same_article_of_the_same_law_is_enough():
    match = best("防火管理者の選任の届出", "消防法", "第8条第2項")
    assert (match.item, match.grounds) == (23, (Ground.SAME_ARTICLE,))
    assert best("防火管理者の選任の届出", "消防法", "第36条の3") is None


def test_a_law_is_found_in_prose_by_whole_words():
    assert best("受給資格の現況届", "子ども・子育て支援法施行規則", "第9条").item == 36
    assert best("使用の届出", "道路法", "") is None
    # 下水道法 is not 水道法.
    match = best("水道使用開始届", "下水道法", "第14条")
    assert Ground.SAME_LAW not in match.grounds


def test_an_ordinance_that_the_list_names_in_general_is_the_citys_own():
    assert Ground.SAME_LAW in best("水道の使用開始の届出", "水道給水条例").grounds


def test_a_candidate_is_one_item_only_and_an_item_has_many():
    matches = found(Candidate(1, "道路占用許可申請"), Candidate(2, "道路占用許可申請（豊田）"))
    assert [(match.candidate, match.item) for match in matches] == [(1, 10), (2, 10)]


def test_a_refused_pair_makes_room_for_the_next_one():
    candidate = Candidate(1, "保育施設等の現況届", national_id="111689")
    assert [match.item for match in found(candidate)] == [34]
    assert [match.item for match in found(candidate, refused={(34, 1)})] == [36]
    assert found(candidate, refused={(34, 1), (36, 1)}) == []


@pytest.mark.parametrize("name", ["", "・", "申請", "の", "届出等", "X" * 400])
def test_strange_names_are_like_nothing(name):
    assert best(name) is None


def test_there_may_be_nothing_to_compare():
    assert suggest([], [Candidate(1, "転出届")], names=Names([])) == []
    assert suggest(ITEMS, [], names=Names([])) == []


def test_ids_stand_several_in_a_cell():
    assert ids_of("110382;110391") == {"110382", "110391"}
    assert ids_of(" 1、2, 3 ") == {"1", "2", "3"}
    assert ids_of("") == frozenset()


def test_every_ground_and_strength_has_words():
    assert set(GROUND_LABELS) == set(Ground)
    assert set(STRENGTH_LABELS) == set(Strength)


# --- Against the pairs made by hand; the measured values stand in benchmarks/national_links.py ---


def test_the_pairs_are_of_the_lists_that_they_say():
    numbers = {row["手続番号"] for row in demo_rows()}
    paired = [one for several in DEMO.values() for one in several]
    assert len(paired) == len(set(paired)) >= 40
    assert set(paired) <= numbers
    assert set(DEMO) == {item.key for item in listed()}  # all 53 have a counterpart in the demo
    assert len(ELSEWHERE) == len(dict(ELSEWHERE))
    assert sum(item is not None for _, item in ELSEWHERE) >= 40


@pytest.mark.parametrize("with_ids", [True, False])
def test_what_is_suggested_on_the_demo(with_ids):
    whole = demo_quality(with_ids=with_ids)
    assert whole.precision >= 0.77
    assert whole.recall >= 0.56
    assert demo_quality(with_ids=with_ids, without=CATCH_ALL).recall >= 0.84


def test_what_is_called_strong_on_the_demo_is_right():
    strong = demo_quality(with_ids=False, least=STRONG)
    assert strong.precision >= 0.97
    assert strong.recall >= 0.44
    assert demo_quality(with_ids=True, least=STRONG).recall >= 0.52


def test_what_is_suggested_of_names_of_other_cities():
    quality = quality_elsewhere()
    assert quality.precision >= 0.71
    assert quality.recall >= 0.80
    assert quality_elsewhere(STRONG).precision >= 0.97
