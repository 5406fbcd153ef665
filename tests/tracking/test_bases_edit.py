"""Editing the legal bases as a whole page."""

import pytest
from django.urls import reverse

from procedures import actions
from procedures.actions import NO_PRIMARY, drafts_of
from procedures.models import LegalBasis, Procedure
from procedures.rules import Category
from tests import factories
from tracking.forms.legal_bases import EMPTY_BASIS, RELOAD

LAW = {"level": "national", "name": "住民基本台帳法", "article": "第22条"}


@pytest.fixture
def procedure(department):
    """A procedure whose only basis is an ordinance of the city."""
    return factories.LegalBasisFactory(
        procedure__department=department, name="市条例", article="第1条"
    ).procedure


def rows_of(procedure) -> list[dict]:
    """The stored bases as the rows of the form."""
    return [
        {"pk": draft.pk, **{k: v for k, v in draft.values.items() if k != "is_primary"}}
        for draft in drafts_of(procedure.legal_bases.all())
    ]


def form_of(procedure, rows, *, primary=0, initial=None, **changes) -> dict:
    """What a browser sends: ``rows``, the first ``initial`` of which are stored."""
    initial = procedure.legal_bases.count() if initial is None else initial
    sent = {
        "version": procedure.version,
        "bases-TOTAL_FORMS": len(rows),
        "bases-INITIAL_FORMS": initial,
        "primary": primary,
    }
    for index, row in enumerate(rows):
        sent |= {f"bases-{index}-{name}": value for name, value in row.items()}
    return sent | changes


@pytest.fixture
def post(signed_in):
    """``post(user, procedure, rows, …)`` sends the form."""

    def send(user, procedure, rows, **kwargs):
        address = reverse("bases_edit", args=[procedure.pk])
        return signed_in(user).post(address, form_of(procedure, rows, **kwargs))

    return send


def names(procedure) -> list[tuple[str, bool]]:
    """Names of the stored bases, and which is the primary one."""
    return [(basis.name, basis.is_primary) for basis in procedure.legal_bases.all()]


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_a_basis_is_added(signed_in, post, procedure, person, request):
    user = request.getfixturevalue(person)
    page = signed_in(user).get(reverse("bases_edit", args=[procedure.pk]))
    assert page.status_code == 200

    response = post(user, procedure, [*rows_of(procedure), LAW, {"level": "unknown"}])

    assert response.status_code == 302
    assert names(procedure) == [("市条例", True), ("住民基本台帳法", False)]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_may_not(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("bases_edit", args=[procedure.pk]))

    assert response.status_code == 403


def test_opening_and_saving_without_an_edit_writes_nothing(post, procedure, member):
    history = LegalBasis.history.count()

    post(member, procedure, [*rows_of(procedure), {"level": "unknown"}, {"level": "unknown"}])

    assert LegalBasis.history.count() == history
    assert Procedure.objects.get().version == procedure.version


def test_another_basis_becomes_the_primary_one_and_the_category_follows(post, procedure, member):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    procedure.refresh_from_db()
    assert procedure.category == Category.EXEMPT

    post(member, procedure, [*rows_of(procedure), LAW], primary=1)

    assert names(procedure) == [("住民基本台帳法", True), ("市条例", False)]
    assert Procedure.objects.get().category == Category.PENDING


def test_a_basis_is_removed_and_the_one_that_is_left_is_the_primary_one(post, procedure, member):
    factories.LegalBasisFactory(procedure=procedure, name="市規則", is_primary=False)
    procedure.refresh_from_db()
    first, second = rows_of(procedure)

    post(member, procedure, [first | {"DELETE": "on"}, second], primary=0)

    assert names(procedure) == [("市規則", True)]


def test_among_several_one_must_be_primary(post, procedure, member):
    response = post(member, procedure, [*rows_of(procedure), LAW], primary="")

    assert response.status_code == 422
    assert NO_PRIMARY in response.content.decode()
    assert names(procedure) == [("市条例", True)]


def test_a_row_that_says_nothing_is_asked_about_and_the_input_is_kept(post, procedure, member):
    emptied = rows_of(procedure)[0] | {"level": "unknown", "name": "", "article": "第9条の2"}

    response = post(member, procedure, [emptied, LAW])

    text = response.content.decode()
    assert response.status_code == 422
    assert EMPTY_BASIS in text
    assert "第9条の2" in text
    assert "住民基本台帳法" in text
    assert names(procedure) == [("市条例", True)]


@pytest.mark.parametrize("version", ["", "x", "-1"])
def test_a_form_without_a_version_is_to_be_loaded_again(post, procedure, member, version):
    response = post(member, procedure, [*rows_of(procedure), LAW], version=version)

    assert response.status_code == 422
    assert RELOAD in response.content.decode()
    assert names(procedure) == [("市条例", True)]


def test_two_people_see_both_lists_and_the_second_decides(
    signed_in, post, client, procedure, member, division_person
):
    rows = rows_of(procedure)
    seen = form_of(procedure, [*rows, LAW], initial=1)
    actions.replace_legal_bases(
        procedure_id=procedure.pk,
        bases=[
            *drafts_of(procedure.legal_bases.all()),
            actions.BasisDraft(level="municipal", name="市規則"),
        ],
        version=procedure.version,
        by=division_person,
    )
    address = reverse("bases_edit", args=[procedure.pk])

    response = signed_in(member).post(address, seen)

    text = response.content.decode()
    assert response.status_code == 409
    for shown in (
        "住民基本台帳法第22条（法令）",
        "市規則（市の条例・規則・要綱等）",
        "・主たる根拠",
    ):
        assert shown in text
    assert str(division_person) in text
    assert names(procedure) == [("市条例", True), ("市規則", False)]

    newest = response.context["version"]
    assert newest == Procedure.objects.get().version
    formset = response.context["formset"]
    again = {
        **{f"{form.prefix}-{name}": form[name].value() or "" for form in formset for name in LAW},
        **{f"{form.prefix}-pk": form["pk"].value() or "" for form in formset},
        "bases-TOTAL_FORMS": formset.total_form_count(),
        "bases-INITIAL_FORMS": formset.initial_form_count(),
        "primary": formset.primary,
        "version": newest,
    }
    assert client.post(address, again).status_code == 302
    assert names(procedure) == [("市条例", True), ("住民基本台帳法", False)]


def test_an_edit_of_the_facts_meanwhile_is_no_conflict(post, procedure, member, division_person):
    rows = rows_of(procedure)
    actions.update_procedure(
        procedure_id=procedure.pk,
        sent={"note": "備考"},
        version=procedure.version,
        by=division_person,
        source="form",
    )

    assert post(member, procedure, [*rows, LAW]).status_code == 302

    assert len(names(procedure)) == 2
    assert Procedure.objects.get().note == "備考"


@pytest.mark.parametrize("field", ["version", "primary"])
def test_a_number_too_long_to_be_one_is_refused(post, procedure, member, field):
    before = names(procedure)

    response = post(member, procedure, [*rows_of(procedure), LAW], **{field: "9" * 5_000})

    assert response.status_code == 422
    assert names(procedure) == before
