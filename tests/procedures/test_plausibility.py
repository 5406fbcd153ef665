"""Implausible yearly volumes are questioned: what is asked, and what is not."""

from datetime import date

import pytest

from procedures.plausibility import (
    ABOUT_THE_YEAR,
    SENTENCES,
    Doubt,
    Question,
    YearVolume,
    questions,
    token_of,
)

TODAY = date(2026, 11, 24)


def doubts(*years: tuple[int | None, int | None], year: int = 2025) -> list[Doubt]:
    """What is asked about the last of consecutive years (total, online), which is ``year``."""
    first = year - len(years) + 1
    volumes = [YearVolume(first + place, *numbers) for place, numbers in enumerate(years)]
    return [one.doubt for one in questions(volumes[-1], volumes[:-1], on=TODAY)]


@pytest.mark.parametrize(
    ("last", "new", "asked"),
    [
        (100, 100, []),
        (100, 999, []),
        (100, 1000, [Doubt.TENFOLD]),
        (100, 11, []),
        (100, 10, [Doubt.TENTH]),
        (100, 0, [Doubt.TENTH]),
        (0, 50, [Doubt.TENFOLD]),
        (1, 49, []),
        (49, 1, []),
        (0, 0, []),
        (None, 1000, []),
        (1000, None, []),
    ],
)
def test_ten_times_and_a_tenth_of_last_year_are_asked_about_where_there_are_many(last, new, asked):
    assert doubts((last, None), (new, None)) == asked


@pytest.mark.parametrize(
    ("totals", "asked"),
    [
        ((7, 7, 7), [Doubt.SAME_TOTAL]),
        ((8, 7, 7), []),
        ((7, 8, 7), []),
        ((7, 7), []),
        ((0, 0, 0), []),
        ((None, None, None), []),
    ],
)
def test_the_same_total_three_years_running_is_asked_about_unless_there_was_nothing(totals, asked):
    assert doubts(*((total, None) for total in totals)) == asked


@pytest.mark.parametrize(
    ("last", "new", "asked"),
    [
        ((100, 30), (100, 0), [Doubt.SHARE_FELL]),
        ((100, 70), (100, 40), [Doubt.SHARE_FELL]),
        ((100, 29), (100, 0), []),
        ((100, 0), (100, 50), [Doubt.SHARE_ROSE]),
        ((100, 0), (100, 49), []),
        ((40, 40), (40, 0), []),
        ((100, None), (100, 90), []),
        ((0, 0), (49, 49), []),
        ((100, 90), (None, 0), []),
    ],
)
def test_a_leap_of_the_online_share_is_asked_about(last, new, asked):
    assert doubts(last, new) == asked


@pytest.mark.parametrize(
    ("new", "asked"),
    [((None, 5), [Doubt.TOTAL_UNKNOWN]), ((None, 0), []), ((None, None), []), ((5, 5), [])],
)
def test_an_online_count_without_a_total_is_asked_about(new, asked):
    assert doubts(new) == asked


@pytest.mark.parametrize(
    ("year", "asked"),
    [(2025, []), (2026, [Doubt.RUNNING_YEAR]), (2027, [Doubt.FUTURE_YEAR])],
)
def test_a_year_that_is_not_over_is_asked_about(year, asked):
    assert doubts((5, 1), year=year) == asked
    assert set(asked) <= ABOUT_THE_YEAR


def test_a_gap_in_the_history_is_no_last_year():
    assert questions(YearVolume(2025, 1000), [YearVolume(2023, 10)], on=TODAY) == ()


def test_every_doubt_has_its_question():
    assert set(SENTENCES) == set(Doubt)
    new, last = YearVolume(2025, 1200, 600), YearVolume(2024, 100, 90)
    for doubt in Doubt:
        sentence = Question(doubt, new, last).sentence
        assert sentence.endswith("か。")
        assert not set("{}") & set(sentence)


def test_a_question_names_the_numbers_that_it_is_about():
    (tenfold,) = questions(YearVolume(2025, 1200), [YearVolume(2024, 100)], on=TODAY)
    assert tenfold.sentence == (
        "前年度は100件でした。1,200件はその10倍以上ですが、桁に間違いはありませんか。"
    )
    (fell,) = questions(YearVolume(2025, 100, 0), [YearVolume(2024, 90, 45)], on=TODAY)
    assert "前年度の50%から0%に" in fell.sentence


def test_a_token_stands_for_the_same_questions_about_the_same_numbers():
    last = YearVolume(2024, 100)

    def token(total: int, before: YearVolume = last) -> str:
        return token_of(questions(YearVolume(2025, total), [before], on=TODAY))

    assert token(1000) == token(1000) != ""
    assert len({token(1000), token(2000), token(1), token(1000, YearVolume(2024, 99))}) == 4
    assert token(100) == ""
