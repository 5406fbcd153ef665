"""The import's pages: every bad file gets a sentence, nothing is written, no error page is seen."""

import io
import random
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures.models import ImportRun, Procedure
from tests import factories
from tests.procedures.spreadsheet.old_excel import container
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db

GOOD = {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部"}


def bomb() -> bytes:
    """An archive of some 300 kB that unpacks to 100 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (100 * 1024 * 1024))
        # What does not shrink brings the archive to the size of an ordinary list.
        archive.writestr("xl/media/image1.png", random.Random(1).randbytes(200_000))
    return file.getvalue()


BAD = {
    "text named xlsx": (b"just text\n", "list.xlsx", "保存し直してください"),
    "encrypted": (
        container({"EncryptedPackage": b"\x01" * 5000}), "list.xlsx", "パスワードを外して",
    ),
    "bomb": (bomb(), "list.xlsx", "極端に大きくなる"),
    "no heading": (
        workbook([{"列A": 1, "列B": 2}]).read(), "list.xlsx", "手続の一覧が見つかりません",
    ),
    "zip that is no workbook": (
        b"PK\x05\x06" + b"\x00" * 18, "list.xlsx", "保存し直してください",
    ),
    "page named xlsx": ("<html>表</html>".encode("cp932"), "list.xlsx", "保存し直してください"),
}  # fmt: skip


@pytest.fixture
def administration(signed_in, administrator, department):
    """The administrator's client."""
    return signed_in(administrator)


def upload(client, content: bytes, name: str = "list.xlsx", **fields):
    data = {"file": SimpleUploadedFile(name, content), **fields}
    return client.post(reverse("import_list"), data, follow=True)


@pytest.mark.parametrize(("content", "name", "sentence"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read(administration, content, name, sentence):
    response = upload(administration, content, name)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert ImportRun.objects.get().state == ImportRun.State.REFUSED
    assert not Procedure.objects.exists()


def test_an_empty_file(administration):
    response = upload(administration, b"")
    assert response.status_code == 422
    assert "ファイルが空です" in response.content.decode()
    assert not ImportRun.objects.exists()


def test_no_file(administration):
    response = administration.post(reverse("import_list"), {})
    assert response.status_code == 422
    assert "ファイルを選んでください" in response.content.decode()


def test_a_file_that_is_too_large_says_how_large_it_may_be(administration, settings):
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    response = upload(administration, b"x" * (1024 * 1024 + 1))
    assert "1MB以下" in response.content.decode()


def test_an_unknown_department_is_named_with_the_nearest(administration):
    response = upload(administration, workbook([GOOD | {"部局室": "市民局"}]).read())
    page = response.content.decode()
    assert "部局室「市民局」は登録されていません" in page
    assert "市民部" in page
    assert not Procedure.objects.exists()


def test_the_preview_shows_old_and_new(administration):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    administration.post(reverse("import_apply", args=[run.pk]))
    changed = workbook([GOOD | {"手続名": "転入の届出（新）", "年度": 2025, "年間件数": 0}])
    page = upload(administration, changed.read()).content.decode()
    assert re.search(r"<del[^>]*>転入の届出</del>\s*<ins[^>]*>転入の届出（新）</ins>", page)
    assert re.search(r"2025年度 年間件数：.*（空）.*>0</ins>", page)


def test_pressing_apply_twice_applies_once(administration):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    first = administration.post(reverse("import_apply", args=[run.pk]), follow=True)
    second = administration.post(reverse("import_apply", args=[run.pk]), follow=True)
    assert "取り込みました" in first.content.decode()
    assert "すでに終わっています" in second.content.decode()
    assert Procedure.history.count() == 1


def test_another_administrator_cannot_apply_it(administration, client):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    client.force_login(factories.administrator())
    response = client.post(reverse("import_apply", args=[run.pk]))
    assert response.status_code == 403
    assert "内容を確認した" in response.content.decode()
    assert not Procedure.objects.exists()


def test_a_discarded_import_stays_in_the_list_and_cannot_be_applied(administration):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    administration.post(reverse("import_discard", args=[run.pk]))
    administration.post(reverse("import_apply", args=[run.pk]))
    assert not Procedure.objects.exists()
    assert "取りやめ" in administration.get(reverse("import_list")).content.decode()


def test_a_number_taken_meanwhile_stops_the_import(administration):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    factories.ProcedureFactory(number="1")
    response = administration.post(reverse("import_apply", args=[run.pk]), follow=True)
    assert "もう一度比べ直して" in response.content.decode()
    assert Procedure.objects.count() == 1


def test_an_unknown_outcome_is_not_found(administration):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    response = administration.get(reverse("import_detail", args=[run.pk]), {"outcome": "x"})
    assert response.status_code == 404


def test_the_preview_is_paged_at_a_constant_number_of_queries(
    administration, django_assert_max_num_queries
):
    rows = [GOOD | {"手続番号": str(n), "手続名": f"手続{n}の申請"} for n in range(250)]
    run = upload(administration, workbook(rows).read()).context["run"]
    with django_assert_max_num_queries(12):
        response = administration.get(reverse("import_detail", args=[run.pk]))
    assert len(response.context["rows"]) == 100
    assert len(response.content) < 300_000
