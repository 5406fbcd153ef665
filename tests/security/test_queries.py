"""Injection: no value in an address or a form reaches the database as more than a value."""

import logging
import random
from itertools import cycle
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from procedures.models import Procedure
from tests.security.probing import (
    READ,
    THOROUGH,
    Page,
    address,
    all_rows,
    content,
    forms_of,
    signed_in,
    taken_back,
)

pytestmark = pytest.mark.django_db
NASTY = (
    "' OR '1'='1",
    "1); DROP TABLE procedures_procedure; --",
    '" UNION SELECT password FROM procedures_user --',
    "1' AND 1=CAST((SELECT version()) AS int)--",
    "%_\\%",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "9" * 40,
    "-1",
    "1e999",
    "NaN",
    "٣",  # a digit of another script
    "0001-01-01",
    "9999-12-31",
    "転入" * 3_000,
    "(a+)+$" * 20,
    "[{",
    "../../etc/passwd",
    "{{7*7}}${7*7}",
    "\u202e\u2028\u200b",
    "",
)
ANSWERS = {200, 204, 302, 400, 403, 404, 405, 409, 413, 422}
# What a person may search in whose answer rows can be counted.
ALWAYS_TRUE = ("' OR '1'='1", "%' OR 1=1 --", "') OR ('a'='a", "転入' OR name LIKE '%")


def parameters(pages: dict[str, Page]) -> dict[str, set[str]]:
    """By address, the names that links and forms of the pages give it."""
    found: dict[str, set[str]] = {place: set() for place in pages}
    for here, page in pages.items():
        for form in page.forms:
            if form.method == "get":
                found.setdefault(urlsplit(form.action or here).path, set()).update(form.fields)
        for _, given in page.elements:
            parts = urlsplit(given.get("href", "") or given.get("hx-get", ""))
            if parts.query and not parts.netloc:
                names = {name for name, _ in parse_qsl(parts.query)}
                found.setdefault(parts.path or here, set()).update(names)
    return found


@pytest.mark.evidence
def test_no_value_in_an_address_breaks_a_page(people, pages, evidence):
    """Every parameter of every page at once, each with a value of ``NASTY``; each twice, too."""
    client = signed_in(people["administrator"])
    random.seed(1)
    values = cycle(NASTY)
    before = all_rows()
    tried = fields = 0
    for place, names in sorted(parameters(pages["administrator"]).items()):
        fields += len(names)
        for _ in NASTY if THOROUGH else NASTY[:1]:
            given = {name: next(values) for name in sorted(names | {"page", "next", "q", "sort"})}
            twice = {name: [value, next(values)] for name, value in given.items()}
            for query in (given, twice) if THOROUGH else (random.choice([given, twice]),):
                with taken_back(client):
                    response = client.get(f"{place}?{urlencode(query, doseq=True)}")
                    content(response)
                assert response.status_code in ANSWERS, (place, query)
                tried += 1
            next(values)  # so that a name meets another value next time
    assert all_rows() == before
    evidence.says(
        "攻撃の試み",
        "検索条件などのどの項目に、SQLの断片・制御文字・極端な数や日付を入れても、500にならない。",
        f"{fields}項目に{tried}回。エラー画面0回、データの変化0件。",
        _control(),
    )


def _control() -> str:
    """What a query does that is put together as text; it is run here and nowhere else."""
    table = Procedure._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE name = '{ALWAYS_TRUE[0]}'")  # noqa: S608
        (count,) = cursor.fetchone()
    assert count == Procedure.objects.count() > 0
    return f"文字をつないでSQLを作る問合せに同じ断片を入れると、手続{count}件がすべて返った。"


@pytest.mark.parametrize("text", ALWAYS_TRUE)
def test_a_search_finds_what_is_written_and_no_more(people, world, text):
    """Nothing is called so; and the text stands among the parameters, never in the statement."""
    client = signed_in(people["administrator"])
    for name in ("procedure_list", "team", "procedure_export"):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(name), {"q": text, "format": "csv"})
        body = content(response).decode("utf-8-sig")
        assert not any(name in body for name in _names()), (name, text)
        assert queries


def _names() -> list[str]:
    return list(Procedure.objects.values_list("name", flat=True))


@pytest.mark.evidence
def test_no_value_in_a_form_breaks_its_page(people, pages, evidence):
    """Every form of every page, all its fields with values of ``NASTY``."""
    client = signed_in(people["administrator"])
    forms = forms_of(pages["administrator"])
    values = cycle(NASTY)
    before = all_rows()
    tried = 0
    for form in forms:
        for _ in NASTY if THOROUGH else NASTY[:1]:
            sent = {name: next(values) for name in form.fields}
            with taken_back(client):
                response = client.post(form.action, sent)
                content(response)
            assert response.status_code in ANSWERS, (form.action, sent)
            tried += 1
            next(values)
    assert client.get(reverse("account_own")).status_code == 200, "not signed in to the end"
    assert all_rows() == before
    assert tried > 60
    evidence.says(
        "攻撃の試み",
        "どの入力欄に、SQLの断片・制御文字・極端な数や日付を入れて送っても、500にならない。",
        f"フォーム{len(forms)}種に{tried}回。エラー画面0回。",
        "比べる相手はない：エラーになれば、この試験が止まる（例外をそのまま上げる設定）。",
    )


@pytest.mark.parametrize("key", [0, 2**31, 2**63, 2**70])
def test_keys_that_no_row_has_are_not_there(people, world, key):
    client = signed_in(people["administrator"])
    logging.disable(logging.WARNING)
    try:
        for access in READ:
            if access.target:
                text = key if access.target != "list" else "nowhere"
                response = client.get(address(access, world, key=text))
                assert response.status_code in (302, 403, 404), access.name
    finally:
        logging.disable(logging.NOTSET)
