"""Mass assignment: what a form does not have does not change anything, whatever it is called."""

import random
from unittest import mock

import pytest
import time_machine
from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone

from tests.security.probing import (
    THOROUGH,
    Form,
    Rows,
    all_rows,
    content,
    forms_of,
    our_models,
    signed_in,
    taken_back,
)

pytestmark = pytest.mark.django_db
PART = {"member": 3, "administrator": 12}  # of the forms every so manieth, unless it is thorough


def every_field() -> dict[str, str]:
    """A value for each field of each table, and for what decides about people and writes."""
    names = {one.name for model in our_models() for one in model._meta.concrete_fields}
    names |= {one.attname for model in our_models() for one in model._meta.concrete_fields}
    names |= {"by", "user", "source", "origin", "role", "is_staff", "is_superuser", "password"}
    return dict.fromkeys(names, "1")


def written_by(client, form: Form, extra: dict[str, str]) -> Rows:
    """All rows after the form was sent with ``extra`` beside its own fields; taken back."""
    sent = {name: values for name, values in form.fields.items() if values}
    drawn = random.Random(1)  # passwords and their salts are the same each time
    with taken_back(client), mock.patch("secrets.choice", drawn.choice):
        # What was taken back has used up keys in PostgreSQL: the next row gets the same one again.
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), our_models()):
                cursor.execute(statement)
        content(client.post(form.action, extra | sent))
        return all_rows()


@pytest.mark.once
@pytest.mark.evidence
@pytest.mark.parametrize("person", ["member", "administrator"])
def test_fields_that_a_form_does_not_have_change_nothing(people, pages, person, evidence):
    """The same form is sent twice, untouched and with every field there is: the rows are the same.

    The control: a field that the form does have makes a difference.
    """
    client = signed_in(people[person])
    extra = every_field()
    forms = forms_of(pages[person])[:: 1 if THOROUGH else PART[person]]
    tried = 0
    with time_machine.travel(timezone.now(), tick=False):
        for form in forms:
            # What a page takes from its address or a hidden field is a field of the form.
            more = {name: value for name, value in extra.items() if name not in form.fields}
            plain = written_by(client, form, {})
            assert written_by(client, form, more) == plain, form.action
            tried += len(more)
        edit = next(form for form in forms_of(pages[person]) if form.action.endswith("/facts/"))
        before = written_by(client, edit, {})
        edit.fields = edit.fields | {"name": ["別の名前"]}
        assert written_by(client, edit, {}) != before
    assert tried > 500
    evidence.says(
        "攻撃の試み",
        "フォームにない項目（所属・権限・区分・版・作成者など）を送っても、何も変わらない。",
        f"{'チーム員' if person == 'member' else '管理者'}のフォーム{len(forms)}種に、"
        f"表のすべての項目{len(extra)}個を付けて送信：差0件。",
        "フォームにある項目（手続名）を変えて送ると、同じ比べ方で差が出た。",
    )
