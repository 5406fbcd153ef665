"""A second national survey: only the rows that say something new change anything."""

import pytest

from procedures import bulk_import
from procedures.models import ImportRow, ImportRun
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db
Outcome = ImportRow.Outcome


def row(number: int, **given: object) -> dict[str, object]:
    return {
        "手続ID": f"{number:04d}",
        "手続名": f"届出{number}",
        "法令名": "住民基本台帳法",
        "根拠条項号": "第22条",
        "手続主体": "5 国民等",
        "オンライン化の実施状況": "2 未実施",
        "総手続件数": 100,
    } | given


@pytest.fixture
def previewed(administrator):
    def preview(rows: list[dict[str, object]]) -> ImportRun:
        file = workbook(rows)
        return bulk_import.preview(file, file_name="調査.xlsx", by=administrator)

    return preview


@pytest.fixture
def kept(previewed, administrator):
    """An inventory that has procedures 1 to 3 from a first survey."""
    run = previewed([row(number) for number in (1, 2, 3)])
    bulk_import.apply(run.pk, by=administrator, confirmed=True)


def test_unchanged_rows_show_the_procedure_that_they_are_about(kept, previewed):
    run = previewed([row(1), row(2, 総手続件数=101), row(3)])

    first, second, third = run.rows.all()
    assert [each.outcome for each in (first, second, third)] == [
        Outcome.UNCHANGED, Outcome.CHANGED, Outcome.UNCHANGED,
    ]  # fmt: skip
    assert second.changes == {"procedure": {"national_total_volume": [100, 101]}}
    for each in (first, third):
        assert (each.number, each.changes) == (each.procedure.number, {})
        assert each.category_before == each.category_after == each.procedure.category
        assert not each.moves_category


def test_a_cell_that_says_nothing_changes_nothing(kept, previewed):
    run = previewed([row(1, 総手続件数=0), row(2, 総手続件数=None), row(4)])

    assert [each.outcome for each in run.rows.all()] == [
        Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.NEW,
    ]  # fmt: skip


def test_two_rows_of_one_procedure_are_not_both_settled(kept, previewed):
    run = previewed([row(1), row(1, 総手続件数=101)])

    assert [each.outcome for each in run.rows.all()] == [Outcome.REJECTED] * 2
