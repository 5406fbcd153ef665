"""Stored markup and formulas: every text that is kept comes out as text, wherever it is shown.

All text of all tables is replaced by one that would break out of a page, an attribute, a script or
a cell. It is written past the writers, as a restored backup or a hole in a check might.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.db import IntegrityError, models, transaction
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat
from django.template import engines
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from procedures import bulk_import
from procedures.models import Department, Procedure, SurveyProcedure
from procedures.records import insert
from tests import factories
from tests.security.probing import (
    READ,
    THOROUGH,
    Page,
    address,
    content,
    is_html,
    our_models,
    signed_in,
)
from tests.workbooks import workbook
from tracking.actions.editions import freeze
from tracking.actions.reminders import messages
from tracking.distribution import distribute
from tracking.models import ConsultationNote, WorkReview

pytestmark = pytest.mark.django_db
PROBE = "=1+1\"'><dx{n} dxattribute></script><dx{n}>{{{{7*7}}}}\u2028\u202e"
SHORT = "=\"'><dx>"  # for fields that hold no more
# Texts that nobody types: keys, codes and digests that the program makes and compares.
CODES = {
    "action_key", "by_name", "category_after", "category_before", "check_key", "confidence",
    "content_type", "definition", "digest", "divisions", "file_kind", "file_sha256", "head",
    "hindered", "history_type", "left_out_from", "name_key", "new", "old", "password",
    "policy_key", "progress_step", "search_key", "shape", "shown_on", "subject_key", "username",
    "whole", "worker",
}  # fmt: skip
"""``by_name`` is the name of a person as it was, and poisoned with the people."""
KEYS = {("PolicyEdition", "key"), ("NationalListEdition", "key"), ("Dismissal", "subject")}
LINKS = ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href")


def poisoned_fields() -> list[tuple[type[models.Model], models.Field]]:
    """Every field that holds text of people."""
    return [
        (model, one)
        for model in our_models()
        for one in model._meta.concrete_fields
        if type(one) in (models.CharField, models.TextField, models.EmailField, models.URLField)
        and not one.choices
        and one.name not in CODES
        and (model.__name__.removeprefix("Historical"), one.name) not in KEYS
    ]


def poison() -> int:
    """Replaces every text of people; returns how many fields that were."""
    fields = poisoned_fields()
    for number, (model, one) in enumerate(fields):
        text = PROBE.format(n=number)
        length = one.max_length or 10_000
        if isinstance(one, models.URLField):
            text = f"https://example.jp/\"'><dx{number}>"
        elif isinstance(one, models.EmailField):
            text = f"\"'><dx{number}>@example.jp"
        elif length < len(text) + 8:
            text = SHORT
        value = Value(text, TextField())
        if one.name in ("code", "number", "key", "national_id") or one.unique:
            # Still different from each other, and what names the same still does.
            source = F(one.name) if one.name == "national_id" else Cast("pk", TextField())
            value = Concat(value, source)
        if one.name == "query":
            value = Value("q=%22%27%3E%3Cdx%3E&sort=name", TextField())
        try:
            with transaction.atomic():
                model._base_manager.update(**{one.name: value})
        except IntegrityError:  # an empty text says something here, as a reason that is not given
            model._base_manager.exclude(**{one.name: ""}).update(**{one.name: value})
    return len(fields)


@pytest.fixture
def poisoned(people, world):
    """The keys of the matrix, in a world of which every text is a probe; and how many fields."""
    procedure = Procedure.objects.get(pk=world["procedure"])
    by, now = people["administrator"], timezone.now()
    factories.PublicationFactory(procedure=procedure)
    insert([WorkReview(procedure=procedure)], factories.origin())
    talk = ConsultationNote(
        consultation_id=world["consultation"],
        held_on=localdate(),
        text="協議した。",
        written_by=by,
        written_at=now,
    )
    insert([talk], factories.origin())
    count = poison()
    text = PROBE.format(n="import")
    department = Department.objects.get(pk=world["department"])
    rows = [
        {"手続番号": "91", "手続名": text, "部局室": department.name, "備考": text},
        {"手続番号": "92", "手続名": text, "部局室": text, text: text, "本人確認": text},
    ]
    run = bulk_import.preview(workbook(rows), file_name=f"{text[:60]}.xlsx", by=by)
    distribution = distribute(name=text[:90], due_on=None, departments=[department], by=by)
    made = {
        "run": run.pk,
        "import_row": run.rows.first().pk,
        "edition": freeze(title=text[:100], reference_date=localdate(), by=by).pk,
        "distribution": distribution.pk,
        "sheet": distribution.sheets.get().pk,
        "survey_procedure": SurveyProcedure.objects.get().national_id,
    }
    for model in (AccessAttempt, AccessLog):  # what anybody without an account can fill
        extra = {"failures_since_start": 1} if model is AccessAttempt else {}
        model.objects.create(
            username=text, user_agent=text, path_info=text, attempt_time=now, **extra
        )
    return world | made, count


def check_page(html: str, where: str) -> None:
    """No element, no attribute and no address of the page comes from a probe."""
    for name, given in Page(html).elements:
        assert not name.startswith("dx"), f"{where}: <{name}>"
        for attribute, value in given.items():
            assert "dx" not in attribute.replace("data-idx", ""), f"{where}: <{name} {attribute}>"
            if attribute in LINKS:
                place = value.strip().lower()
                assert not place.startswith(("javascript:", "data:text", "vbscript:")), where


def check_file(body: bytes, kind: str, where: str) -> int:
    """No cell of a workbook or of a csv is a formula; returns how many probes stand in it."""
    if body.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(body))
        if "xl/workbook.xml" not in archive.namelist():
            return sum(check_file(archive.read(one), kind, where) for one in archive.namelist())
        return _check_workbook(body, where)
    if kind.startswith("application/json"):
        return json.dumps(json.loads(body), ensure_ascii=False).count("<dx")
    if not kind.startswith("text/csv"):
        return 0
    cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row]
    for cell in cells:
        assert not cell.startswith(("=", "+", "-1", "@", "\t", "\r")), f"{where}: {cell}"
    return sum("<dx" in cell for cell in cells)


def _check_workbook(body: bytes, where: str) -> int:
    found = 0
    for sheet in openpyxl.load_workbook(io.BytesIO(body)):
        for row in sheet.iter_rows():
            for cell in row:
                is_probe = "dx" in str(cell.value)
                found += is_probe
                assert not (is_probe and cell.data_type == "f"), f"{where}: {cell.coordinate}"
    return found


def admin_pages() -> Iterator[str]:
    """Every list, form, history and removal of the admin that there is a row for."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if row := model._base_manager.first():
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[row.pk])


@pytest.mark.evidence
def test_every_text_that_is_kept_is_shown_as_text(
    people, poisoned, evidence, settings, monkeypatch
):
    """The control: the same pages without the templates' escaping."""
    settings.PUBLICATION = True
    world, count = poisoned
    shown, files = "", 0
    pages = outputs = 0
    for person in ("administrator", "member") if THOROUGH else ("administrator",):
        client = signed_in(people[person])
        for access in READ:
            if access.name == "edition_pdf":
                continue  # made of what edition_print shows
            response = client.get(address(access, world), access.data)
            body = content(response)
            if is_html(response):
                pages += 1
                shown += (html := body.decode())
                check_page(html, access.name)
            elif response.status_code == 200:
                outputs += 1
                files += check_file(body, response.headers["Content-Type"], access.name)
    administrator = signed_in(people["administrator"])
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    for place in admin_pages():
        response = administrator.get(place)
        pages += is_html(response)
        check_page(content(response).decode(), place)
    seen = {number for number in range(count) if f"&lt;dx{number} " in shown}
    assert len(seen) > 80
    assert files > 40
    assert "}49" not in shown
    monkeypatch.setattr(engines["django"].engine, "autoescape", False)
    address_of_procedure = reverse("procedure_detail", args=[world["procedure"]])
    unescaped = Page(content(administrator.get(address_of_procedure)).decode()).elements
    broken_out = sum(name.startswith("dx") for name, _ in unescaped)
    assert broken_out
    evidence.says(
        "攻撃の試み",
        "保存された文字は、どの画面でもタグや属性にならず、表計算のファイルでも式にならない。",
        f"文字の項目{count}個をすべて攻撃の文字に置き換え、画面{pages}枚とファイル{outputs}個を確認。"
        f"タグ・属性・式になったもの0件（そのまま文字として表示{len(seen)}項目、セル{files}個）。",
        f"テンプレートの無害化を止めると、手続の画面1枚だけで{broken_out}個のタグが入った。",
    )


def test_mails_are_plain_text_of_one_recipient(people, poisoned, settings):
    """A line break in a name makes no further header."""
    settings.BASE_URL = "https://dx.example.lg.jp"
    member = people["member"]
    member.display_name, member.email = "太郎\r\nBcc: evil@example.jp", "taro@example.jp"
    for message in messages([member], on=localdate()):
        assert "\n" not in message.subject
        assert "evil@example.jp" not in message.subject


@pytest.mark.parametrize("place", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//x"])
def test_addresses_that_are_kept_are_of_the_web(people, world, place):
    """In the plan of a procedure, and of a service."""
    client = signed_in(people["administrator"])
    for name, key in (("plan_edit", "procedure"), ("service_edit", "service")):
        response = client.post(reverse(name, args=[world[key]]), {"url": place, "version": 1})
        assert response.status_code == 422
        (form,) = [form for form in _forms(response) if "url" in form.fields]
        assert "url" in form.errors, name


def _forms(response):
    contexts = [one.flatten() for one in response.context if hasattr(one, "flatten")]
    found = {
        id(value): value for one in contexts for value in one.values() if hasattr(value, "errors")
    }
    return [form for form in found.values() if hasattr(form, "fields")]
