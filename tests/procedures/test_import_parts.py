"""Objects for thousands of rows: quickly made, and none the worse for it."""

import gc

import pytest

from procedures.bulk_import.garbage import undisturbed
from procedures.bulk_import.parts import blank, partly_read, set_changes
from procedures.models import LegalBasis, Procedure
from tests import factories


def test_a_blank_object_is_a_new_one_with_the_defaults():
    one, other = blank(Procedure), blank(Procedure)
    one.name = "転入届"
    one._state.adding = False

    fresh = Procedure()
    assert {**other.__dict__, "_state": None} == {**fresh.__dict__, "_state": None}
    assert other._state.adding


def test_blank_objects_do_not_share_their_relations():
    one, other = blank(LegalBasis), blank(LegalBasis)
    one.procedure = blank(Procedure)

    assert not LegalBasis._meta.get_field("procedure").is_cached(other)


@pytest.mark.django_db
def test_what_was_not_read_of_an_object_is_read_when_asked_for():
    stored = factories.ProcedureFactory(name="転入届", note="窓口のみ")

    procedure = partly_read(Procedure, ("id", "name"), (stored.pk, stored.name))

    assert procedure == stored
    assert (procedure.name, procedure.note) == ("転入届", "窓口のみ")


def test_changes_of_a_preview_become_python_values():
    procedure = blank(Procedure)

    set_changes(
        procedure,
        {
            "applicants": [[], ["individual"]],
            "abolished_on": [None, "2026-03-31"],
            "national_total_volume": [None, 12],
        },
    )

    assert procedure.applicants == ("individual",)
    assert procedure.abolished_on.isoformat() == "2026-03-31"
    assert procedure.national_total_volume == 12


def test_the_search_for_garbage_goes_on_afterwards():
    with undisturbed():
        assert not gc.isenabled()

    assert gc.isenabled()
