"""Rows for the driver: as each field would make them, however the row's types are mixed."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from procedures.models import ImportRow, Procedure, Scope
from procedures.rules import Answer
from procedures.statements import row_converter

ROWS = [
    {},
    {"scope": Scope.INBOUND, "payment": Answer.ONLINE},
    {"core_system": True, "national_total_volume": 12, "abolished_on": date(2026, 3, 31)},
    {
        "changed_at": datetime(2026, 4, 1, 9, tzinfo=UTC),
        "applicants": ("individual", "corporation"),
    },
    {"changed_at": datetime(2026, 4, 1, 9, tzinfo=UTC), "applicants": ()},
    {"number": 12, "national_total_volume": "12", "core_system": 1},
]


@pytest.mark.django_db
def test_a_row_is_converted_as_its_fields_convert_it():
    fields = Procedure._meta.concrete_fields
    names = [field.attname for field in fields]
    convert = row_converter(Procedure, names)

    for given in [*ROWS, *reversed(ROWS)]:
        state = Procedure(name="転入届").__dict__ | given
        values = tuple(state[name] for name in names)
        wanted = [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values, strict=True)
        ]
        assert list(convert(values)) == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("value", [{}, [], {"a": ["", "転入届"]}, [{}], "", 0, None])
def test_json_is_converted_as_its_field_converts_it(value):
    field = ImportRow._meta.get_field("changes")
    convert = row_converter(ImportRow, ["changes"])

    for _ in range(2):
        (prepared,) = convert((value,))
        expected = field.get_db_prep_save(value, connection)
        assert getattr(prepared, "obj", prepared) == getattr(expected, "obj", expected)
