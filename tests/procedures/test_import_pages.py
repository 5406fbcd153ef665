"""Choosing a list: every bad file gets a sentence, nothing is written, no error page is seen."""

import io
import random
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures.bulk_import.progress import ALREADY
from procedures.forms.upload import BOTH_CHOSEN, NOTHING_CHOSEN
from procedures.models import ImportRun, Procedure
from tests import factories
from tests.pages import same_page, text
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
    assert NOTHING_CHOSEN in response.content.decode()


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
    assert ALREADY.format(state="取込済") in text(second)
    assert "取込の結果" in second.content.decode()
    assert Procedure.history.count() == 1


def test_another_administrator_cannot_apply_it(administration, client):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    client.force_login(factories.administrator())
    response = client.post(reverse("import_apply", args=[run.pk]))
    assert response.status_code == 403
    assert "ファイルを選んだ" in response.content.decode()
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
    assert "上書きしないよう、取り込まずに止めました" in response.content.decode()
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
    with django_assert_max_num_queries(16):
        response = administration.get(reverse("import_detail", args=[run.pk]))
    assert len(response.context["rows"]) == 100
    assert len(response.content) < 300_000


def test_text_pasted_from_excel_is_a_file_like_any_other(administration):
    pasted = "手続番号\t手続名\t部局室\r\n1\t転入の届出\t市民部\r\n2\t犬の登録\t市民部\r\n"
    response = administration.post(reverse("import_list"), {"pasted": pasted}, follow=True)
    run = response.context["run"]
    assert re.fullmatch(r"貼り付け_[0-9-]{10}\.tsv", run.file_name)
    assert run.counts["new"] == 2
    administration.post(reverse("import_apply", args=[run.pk]))
    assert Procedure.objects.count() == 2


def test_a_file_and_pasted_text_are_one_too_many(administration):
    response = upload(administration, workbook([GOOD]).read(), pasted="手続名\t課\t部局室\n")
    assert response.status_code == 422
    assert BOTH_CHOSEN in text(response)
    assert not ImportRun.objects.exists()


def test_a_refused_file_gives_the_page_that_a_browser_without_script_gets(administration):
    address, data = reverse("import_list"), {"pasted": ""}
    old = administration.get(address)
    answer = administration.post(address, data, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    same_page(old, answer, "upload", administration.post(address, data), select="upload")


def test_htmx_is_sent_on_to_the_page_of_the_run(administration):
    data = {"file": workbook([GOOD])}
    response = administration.post(reverse("import_list"), data, headers={"HX-Request": "true"})
    run = ImportRun.objects.get()
    assert response["HX-Redirect"] == reverse("import_detail", args=[run.pk])


def test_the_list_says_who_when_which_file_and_how_many_rows(administration, administrator):
    run = upload(administration, workbook([GOOD]).read()).context["run"]
    page = text(administration.get(reverse("import_list")))
    assert run.file_sha256[:8] in page
    assert f'title="SHA-256 {run.file_sha256}"' in page
    assert str(administrator) in page
    assert "確認待ち" in page


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_confirming_exemptions_is_offered_to_whom_it_is_allowed(client, request, person):
    client.force_login(request.getfixturevalue(person))
    page = text(client.get(reverse("import_list")))
    assert ("適用除外を確認済として取り込む" in page) == (person == "division_person")


def test_a_team_member_cannot_confirm_exemptions_by_a_forged_form(client, member):
    client.force_login(member)
    upload(client, workbook([GOOD]).read(), confirms_exemptions="on")
    assert not ImportRun.objects.get().confirms_exemptions
