"""Keys of others: nobody reaches a row of another department by trying its key."""

import re
from itertools import cycle
from typing import Any

import pytest
from django.db import models
from django.test import Client

from tests import factories
from tests.security.probing import (
    SENT,
    THOROUGH,
    Form,
    address,
    all_rows,
    content,
    forms_of,
    our_models,
    signed_in,
    taken_back,
)

pytestmark = pytest.mark.django_db
# Refused, not there, or back to a page with a sentence.
REFUSED = {302, 403, 404}
STRANGERS = ("reader", "other_member")


def keys_of_all_rows() -> list[int]:
    """Every key that any row of the program has, and two that none has."""
    found = {0, 2**63 - 1}
    for model in our_models():
        if not model.__name__.startswith("Historical"):
            found |= set(model._base_manager.values_list("pk", flat=True))
    return sorted(key for key in found if isinstance(key, int))


@pytest.mark.once
@pytest.mark.evidence
def test_no_key_of_any_row_opens_what_belongs_to_others(people, world, evidence):
    """Each address that writes to a row, with every key there is, by people without a right to it.

    The control: the administrator's own requests to the same addresses.
    """
    keys = keys_of_all_rows()
    before = all_rows()
    part = cycle(range(1 if THOROUGH else 20))
    tried = 0
    with_key = [access for access in SENT if access.target and access.target != "list"]
    for person in STRANGERS:
        client = signed_in(people[person])
        for access in with_key:
            for key in keys:
                if next(part):
                    continue
                response = client.post(address(access, world, key=key), access.data)
                assert response.status_code in REFUSED, (access.name, key)
                tried += 1
    assert all_rows() == before
    administrator = signed_in(people["administrator"])
    accepted = 0
    for access in with_key:
        with taken_back(administrator):
            response = administrator.post(address(access, world), access.data)
            accepted += response.status_code not in (403, 404)
    assert accepted > len(with_key) / 2
    evidence.says(
        "攻撃の試み",
        "他の部局室の行の番号を総当たりしても、開けず、書けない（IDOR）。",
        f"書き込む宛先{len(with_key)}か所に、実在するすべての番号{len(keys)}個から{tried}回。"
        "すべて断り、データの変化0件。",
        f"権限のある人（管理者）の同じ宛先{len(with_key)}か所のうち、{accepted}か所が受け付けた。",
    )


@pytest.mark.evidence
def test_forms_that_others_may_send_write_nothing(people, pages, evidence):
    """The administrator's own forms, complete and valid, sent by people without a right."""
    forms = [form for form in forms_of(pages["administrator"]) if re.search(r"/\d+/", form.action)]
    before = all_rows()
    for person in STRANGERS:
        client = signed_in(people[person])
        for form in forms:
            _send(client, form)
    assert all_rows() == before
    client = signed_in(people["administrator"])
    some = forms[:: 1 if THOROUGH else 6]
    written = 0
    for form in some:
        with taken_back(client):
            _send(client, form)
            written += all_rows() != before
    assert written
    evidence.says(
        "権限",
        "管理者の画面のフォームをそのまま、権限のない人が送っても、何も書かれない。",
        f"行についてのフォーム{len(forms)}種：読むだけの人・他の部局室のチーム員とも、書込み0件。",
        f"管理者が送ると、試した{len(some)}種のうち{written}種が書き込んだ（ほかは変更なしの送信）。",
    )


@pytest.fixture
def foreign(people):
    """A procedure of another department with what hangs on it: one row of each table."""
    procedure = factories.ProcedureFactory(department=factories.DepartmentFactory(name="消防局"))
    return [
        procedure,
        factories.PlanFactory(procedure=procedure),
        factories.LegalBasisFactory(procedure=procedure),
        factories.IssueFactory(procedure=procedure),
        factories.CommentFactory(procedure=procedure),
        factories.VolumeFactory(procedure=procedure),
        factories.ConsultationFactory(procedure=procedure),
        factories.MeasureFactory(department=procedure.department),
    ]


def test_keys_within_a_form_lead_to_no_row_of_others(people, pages, foreign):
    """A member's own forms, with the keys of another department's rows in place of their own."""
    client = signed_in(people["member"])
    before = [_row(one) for one in foreign]
    theirs = cycle(foreign)
    tried = 0
    for form in forms_of(pages["member"]):
        numbers = [name for name, values in form.fields.items() if any(map(str.isdigit, values))]
        for one in foreign if THOROUGH else [next(theirs)]:
            changed = {name: [str(one.pk)] for name in numbers if name != "version"}
            with taken_back(client):
                _send(client, Form(form.method, form.action, form.fields | changed))
                assert [_row(each) for each in foreign] == before, (form.action, changed)
                tried += bool(changed)
    assert tried > 5


def _send(client: Client, form: Form) -> None:
    sent = {name: values for name, values in form.fields.items() if values}
    content(client.post(form.action, sent))


def _row(one: models.Model) -> tuple[Any, ...]:
    return type(one)._base_manager.filter(pk=one.pk).values_list().get()
