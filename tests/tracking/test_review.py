"""The BPR sheet of clause 2 ②: four areas, each with finding, decision and done."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from procedures.models import Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT
from procedures.records import UNSAVED
from tests import factories
from tests.pages import sent_by, text
from tracking.actions.plans import update_review
from tracking.forms.review import QUESTIONS
from tracking.models import REVIEW_AREAS, REVIEW_FIELDS, WorkReview
from tracking.timeline import timeline


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` without a sheet."""
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def address(procedure):
    return reverse("review_edit", args=[procedure.pk])


def write(procedure, by, version=UNSAVED, **sent) -> WorkReview:
    """One edit of the sheet by somebody who saw ``version``."""
    return update_review(
        procedure_id=procedure.pk, sent=sent, version=version, by=by, source=Source.FORM
    )


def test_the_areas_cover_every_field_of_the_sheet_and_have_questions():
    own = {field.name for field in WorkReview._meta.fields}
    assert set(REVIEW_FIELDS) == own - {"id", "procedure", "version", "changed_at"}
    assert set(QUESTIONS) == {area.key for area in REVIEW_AREAS}
    assert all(question.endswith("か。") for each in QUESTIONS.values() for question in each)


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_the_sheet_is_written_from_its_page(signed_in, address, procedure, person, request):
    user = request.getfixturevalue(person)
    client = signed_in(user)

    sent = sent_by(
        text(client.get(address)),
        "review-form",
        documents_finding="住民票の写しを求めている",
        documents_decision="公簿で確かめる",
        documents_done="on",
    )

    assert client.post(address, sent).status_code == 302
    review = WorkReview.objects.get()
    assert (review.documents_finding, review.documents_done) == ("住民票の写しを求めている", True)
    assert (review.examination_done, review.version) == (False, 1)
    assert review.history.get().by_name == str(user)


def test_saving_without_an_edit_makes_no_sheet(signed_in, address, member):
    client = signed_in(member)

    client.post(address, sent_by(text(client.get(address)), "review-form"))

    assert not WorkReview.objects.exists()


def test_a_change_of_the_sheet_is_a_sign_of_life_of_its_procedure_and_stands_in_its_history(
    procedure, member
):
    write(procedure, member, approval_decision="課長の専決にする")

    fresh = Procedure.objects.get()
    assert fresh.version == procedure.version + 1
    (change,) = timeline(fresh)[0].facts
    assert (change.subject, change.field) == ("業務の見直し", "決裁の決めたこと")
    assert change.new == "課長の専決にする"


def test_equal_values_write_nothing(procedure, member):
    review = write(procedure, member, records_done=True)
    write(procedure, member, review.version, records_done=True, records_finding="")

    assert WorkReview.history.count() == 1
    assert Procedure.objects.get().version == procedure.version + 1


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_may_not(signed_in, address, procedure, person, request):
    user = request.getfixturevalue(person)
    for method in ("get", "post"):
        response = getattr(signed_in(user), method)(address)
        assert response.status_code == 403
        assert NOT_YOUR_DEPARTMENT.format(department=procedure.department) in text(response)
    with pytest.raises(PermissionDenied):
        write(procedure, user, records_done=True)
    assert not WorkReview.objects.exists()


def test_two_people_in_different_areas_both_keep_their_work(procedure, member, division_person):
    write(procedure, division_person, documents_done=True)
    write(procedure, member, records_done=True, documents_done=False)

    review = WorkReview.objects.get()
    assert (review.documents_done, review.records_done) == (True, True)


def test_two_people_in_one_field_see_both_and_the_second_decides(
    signed_in, address, procedure, member, division_person
):
    client = signed_in(member)
    seen = text(client.get(address))
    write(procedure, division_person, documents_decision="写しは要らない")

    response = client.post(
        address, sent_by(seen, "review-form", documents_decision="原本のまま", records_done="on")
    )

    assert response.status_code == 409
    for shown in ("写しは要らない", "原本のまま", str(division_person)):
        assert shown in text(response)
    again = sent_by(text(response), "review-form", choice_documents_decision="mine")
    assert client.post(address, again).status_code == 302
    review = WorkReview.objects.get()
    assert (review.documents_decision, review.records_done) == ("原本のまま", True)


def test_what_is_not_a_field_of_the_sheet_is_a_programming_error(procedure, member):
    with pytest.raises(ValueError, match="changed_at"):
        write(procedure, member, changed_at=None)


def test_the_page_of_the_procedure_shows_how_many_areas_are_done(
    signed_in, procedure, member, reader
):
    write(procedure, member, documents_done=True, documents_finding="写しを求めている")
    address = reverse("procedure_detail", args=[procedure.pk])

    page = text(signed_in(reader).get(address))

    assert "1／4 済" in page
    assert "写しを求めている" in page
    assert reverse("review_edit", args=[procedure.pk]) not in page
    assert reverse("review_edit", args=[procedure.pk]) in text(signed_in(member).get(address))
