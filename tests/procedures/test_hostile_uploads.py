"""Hostile files through the page: a sentence in Japanese, nothing written, no error page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures.models import Procedure
from tests.procedures.spreadsheet import hostile

pytestmark = pytest.mark.django_db

REFUSED = {
    "bomb_by_ratio": "極端に大きくなる",
    "bomb_of_entries_that_share_their_bytes": "極端に大きくなる",
    "bzip2_member": "Excelが使わない方法で圧縮",
    "encrypted_archive": "パスワードを外した",
    "path_that_climbs_out": "壊れている",
    "two_members_of_one_name": "壊れている",
    "names_that_differ_in_header_and_directory": "読み取れません",
    "zip_that_is_no_workbook": "Excelのブックではない",
    "laughs_in_the_strings": "Excelが書かない定義",
    "laughs_in_an_open_document": "Excelが書かない定義",
    "outside_entity_in_a_sheet": "Excelが書かない定義",
    "two_cells_at_the_corners": "値のある範囲が広すぎます",
    "all_columns_used": "値のある範囲が広すぎます",
    "rows_out_of_order": "セルの並び",
    "cell_longer_than_excels": "長すぎるセル",
    "null_in_a_sheet": "文字コード",
    "long_string_used_everywhere": "途中で止めました",
    "sheets_that_share_one_part": "シートの名前が重なっている",
    "merged_areas_by_the_hundred_thousand": "結合セルが多すぎます",
    "strict_workbook": "Strict Open XML",
    "old_book_whose_sectors_go_in_a_ring": "壊れている",
    "old_book_of_two_far_cells": "値のある範囲が広すぎます",
    "nothing": "ファイルが空です",
    "page_in_shift_jis": "Webページ",
    "csv_with_nul": "文字コード",
    "csv_in_utf16_of_odd_length": "UTF-16",
}

# Lists that one may have doubts about: a preview, or a sentence.
READ = (
    "archive_within_the_archive",
    "control_characters",
    "csv_with_control_characters",
    "dimension_that_is_too_large",
    "duplicated_headings",
    "macros",
    "numbers_beyond_all_numbers",
    "old_book_whose_macros_go_in_a_ring",
)


@pytest.fixture
def administration(signed_in, administrator, department):
    """The administrator's client."""
    return signed_in(administrator)


def page_after_upload(client, path, name):
    file = SimpleUploadedFile(name, path.read_bytes())
    response = client.post(reverse("import_list"), {"file": file}, follow=True)
    assert response.status_code in (200, 422)
    assert not Procedure.objects.exists()
    return response.content.decode()


@pytest.mark.parametrize(("kind", "sentence"), REFUSED.items(), ids=REFUSED)
def test_hostile_upload_gets_a_sentence(administration, tmp_path, kind, sentence):
    path = getattr(hostile, kind)(tmp_path)
    assert sentence in page_after_upload(administration, path, path.name)


@pytest.mark.parametrize("kind", READ)
def test_odd_upload_is_answered_and_writes_nothing(administration, tmp_path, kind):
    path = getattr(hostile, kind)(tmp_path)
    assert path.name in page_after_upload(administration, path, path.name)


def test_workbook_with_macros_is_read_under_its_own_name(administration, tmp_path):
    page = page_after_upload(administration, hostile.macros(tmp_path), "一覧.xlsm")
    assert "住民票" in page


def test_name_of_a_file_is_never_a_path_or_a_page(administration, tmp_path):
    path = hostile.macros(tmp_path)
    page = page_after_upload(administration, path, "../<script>alert(1)</script>.xlsx")
    assert "<script>alert" not in page
