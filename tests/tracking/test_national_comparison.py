"""Two editions of the national list side by side: pure, on entries made by hand and at random."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tracking.national_comparison import FATE_LABELS, Entry, Fate, Pairing, compare

BIRTH = Entry(1, "妊娠の届出", "母子保健法第15条", "市町村", True, True, frozenset({"51344"}))
MOVE = Entry(2, "転出届", "住民基本台帳法第24条", "市町村")
DOG = Entry(3, "犬の登録申請、死亡届", "狂犬病予防法第4条", "市町村")
EARLIER = [BIRTH, MOVE, DOG]


def one(later: list[Entry], decided: dict[int, int | None] | None = None) -> Pairing:
    """What becomes of the first procedure."""
    return compare(EARLIER, later, decided or {}).pairings[0]


def test_the_same_edition_has_nothing_to_say():
    found = compare(EARLIER, EARLIER, {})
    assert [pairing.fate for pairing in found.pairings] == [Fate.SAME] * 3
    assert (found.added, found.undecided_count) == ((), 0)


def test_spelling_and_numbers_are_no_change():
    respelled = replace(
        BIRTH, number=9, name="妊娠 の届出", legal_basis="母子保健法第１５条", tier="市 町村"
    )
    pairing = one([respelled, MOVE, DOG])
    assert (pairing.fate, pairing.new, pairing.is_asked) == (Fate.SAME, respelled, False)


def test_each_functional_change_is_named():
    later = replace(
        BIRTH,
        legal_basis="母子保健法第16条",
        tier="都道府県",
        is_special31=False,
        applies_to_city=False,
        national_ids=frozenset({"1", "2"}),
    )
    pairing = one([later, MOVE, DOG])
    assert pairing.fate is Fate.CHANGED
    assert [(one.label, one.old, one.new) for one in pairing.differences] == [
        ("市が対象", "はい", "いいえ"),
        ("実施主体", "市町村", "都道府県"),
        ("特に利便性が高い31手続", "はい", "いいえ"),
        ("根拠", "母子保健法第15条", "母子保健法第16条"),
        ("国の手続ID", "51344", "1、2"),
    ]


def test_a_new_name_is_suggested_and_asked_for():
    renamed = replace(BIRTH, number=4, name="妊娠届出（オンライン）", national_ids=frozenset())
    found = compare(EARLIER, [renamed, MOVE, DOG], {})
    pairing = found.pairings[0]
    assert (pairing.new, pairing.fate) == (renamed, Fate.RENAMED)
    assert (pairing.is_asked, pairing.is_decided, found.undecided_count) == (True, False, 1)
    assert found.added == ()


def test_a_shared_national_id_settles_what_names_do_not():
    renamed = replace(BIRTH, number=4, name="母子健康手帳の交付", legal_basis="")
    assert one([MOVE, DOG, renamed]).new == renamed


def test_what_is_unlike_is_dropped_and_added():
    other = Entry(4, "農地の転用の許可", "農地法第4条")
    found = compare(EARLIER, [other, MOVE, DOG], {})
    assert (found.pairings[0].new, found.pairings[0].fate) == (None, Fate.DROPPED)
    assert found.added == (other,)


def test_a_person_decides_otherwise():
    renamed = replace(BIRTH, number=4, name="妊娠届出")
    pairing = one([renamed, MOVE, DOG], {1: None})
    assert (pairing.new, pairing.is_decided) == (None, True)
    assert compare(EARLIER, [renamed, MOVE, DOG], {1: None}).added == (renamed,)


def test_two_procedures_become_one():
    joint = Entry(4, "犬の登録と死亡の届出")
    death = Entry(5, "犬の死亡届")
    found = compare([DOG, death], [joint], {3: 4, 5: 4})
    assert [pairing.new for pairing in found.pairings] == [joint, joint]
    assert found.undecided_count == 0


def test_what_was_said_of_a_number_that_is_gone_is_no_decision():
    renamed = replace(BIRTH, number=4, name="妊娠届出")
    pairing = one([renamed, MOVE, DOG], {1: 77})
    assert (pairing.new, pairing.is_decided) == (renamed, False)


def test_a_name_that_stands_twice_is_asked_for():
    twice = [Entry(1, "変更の届出", "甲法"), Entry(2, "変更の届出", "乙法")]
    found = compare(twice, [replace(one, number=one.number + 5) for one in twice], {})
    assert [pairing.new.number for pairing in found.pairings] == [6, 7]  # by the law
    assert found.undecided_count == 2


def test_every_fate_has_words():
    assert set(FATE_LABELS) == set(Fate)


_NAMES = ["妊娠の届出", "転出届", "犬の登録申請", "妊娠届", "転出の届出", "粗大ごみ収集の申込", ""]
_entries = st.lists(st.sampled_from(_NAMES), max_size=6).map(
    lambda names: [Entry(number, name) for number, name in enumerate(names, 1)]
)


@given(
    _entries,
    _entries,
    st.dictionaries(st.integers(1, 7), st.none() | st.integers(1, 7), max_size=4),
)
def test_every_procedure_of_both_editions_has_one_place(earlier, later, decided):
    found = compare(earlier, later, decided)
    assert [pairing.old for pairing in found.pairings] == earlier
    followed = {pairing.new.number for pairing in found.pairings if pairing.new}
    assert followed | {entry.number for entry in found.added} == {one.number for one in later}
    assert not followed & {entry.number for entry in found.added}
    for pairing in found.pairings:
        if pairing.is_asked and pairing.is_decided:
            assert decided[pairing.old.number] == (pairing.new and pairing.new.number)
    undecided = [one.new.number for one in found.pairings if not one.is_decided and one.new]
    assert len(undecided) == len(set(undecided)), "two suggestions of one successor"
