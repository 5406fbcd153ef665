"""Entering the yearly volume of one fiscal year."""

import pytest
from django.urls import reverse

from procedures import actions
from procedures.models import Procedure, YearlyVolume
from tests import factories
from tracking.forms.versioned import CHOOSE


@pytest.fixture
def procedure(department, administrator):
    """A procedure with a volume of 2025: 100, of which 10 online."""
    procedure = factories.ProcedureFactory(department=department)
    set_volume(procedure, administrator, total=100, online=10)
    procedure.refresh_from_db()
    return procedure


def set_volume(procedure, by, *, total, online) -> None:
    """The volume of 2025, written by somebody who saw the present state."""
    actions.set_volume(
        procedure_id=procedure.pk,
        fiscal_year=2025,
        total=total,
        online=online,
        certainty="actual",
        version=Procedure.objects.get(pk=procedure.pk).version,
        by=by,
    )


@pytest.fixture
def post(signed_in):
    """``post(user, procedure, **values)`` sends the form."""

    def send(user, procedure, **values):
        sent = {"version": procedure.version, "fiscal_year": "2025", "certainty": "actual"}
        address = reverse("volume_set", args=[procedure.pk])
        return signed_in(user).post(address, sent | values)

    return send


def volumes() -> list[tuple[int, int | None, int | None]]:
    """What is stored, by year."""
    rows = YearlyVolume.objects.order_by("fiscal_year")
    return list(rows.values_list("fiscal_year", "total", "online"))


@pytest.mark.parametrize(
    ("year", "total", "online", "stored"),
    [
        ("令和6年度", "1,200", "", (2024, 1200, None)),
        ("R6", "１２００", "0", (2024, 1200, 0)),
        ("2024", "不明", "5", (2024, None, 5)),
        ("2024", "0", "0", (2024, 0, 0)),
    ],
)
def test_numbers_are_read_as_people_write_them_and_unknown_is_not_zero(
    post, procedure, member, year, total, online, stored
):
    response = post(member, procedure, fiscal_year=year, total=total, online=online)

    assert response.status_code == 302
    assert volumes() == [stored, (2025, 100, 10)]


def test_a_stored_year_is_opened_with_its_numbers(signed_in, procedure, member):
    address = reverse("volume_set", args=[procedure.pk])

    text = signed_in(member).get(address, {"fiscal_year": "2025"}).content.decode()

    assert 'value="100"' in text
    assert 'value="10"' in text
    assert 'value="2025"' in text


def test_a_stored_year_is_changed(post, procedure, member):
    post(member, procedure, total="", online="10", certainty="estimate")

    assert volumes() == [(2025, None, 10)]
    assert YearlyVolume.objects.get().certainty == "estimate"


def test_a_new_year_of_which_nothing_is_known_is_said_not_to_be_stored(post, procedure, member):
    response = post(member, procedure, fiscal_year="2024")

    assert volumes() == [(2025, 100, 10)]
    (message,) = response.wsgi_request._messages
    assert str(message) == "令和6年度（2024年度）の件数は、どちらも不明のため登録していません。"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"total": "10", "online": "11"}, "オンライン件数は年間件数以下にしてください。"),
        ({"total": "たくさん"}, "件数として読み取れません"),
        ({"total": "-5"}, "件数として読み取れません"),
        ({"fiscal_year": ""}, "年度を入力してください。"),
        ({"fiscal_year": "昔"}, "年度として読み取れません"),
        ({"fiscal_year": "1900"}, "年度"),
        ({"certainty": ""}, "確度"),
        ({"version": ""}, ""),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is_written(post, procedure, member, values, said):
    response = post(member, procedure, **{"total": "7", "online": ""} | values)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert volumes() == [(2025, 100, 10)]


@pytest.mark.parametrize("person", ["other_member", "reader"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_may_not(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    assert getattr(client, method)(f"/procedures/{procedure.pk}/volume/").status_code == 403


def test_two_people_on_one_number_see_both_and_the_second_decides(
    post, client, procedure, member, division_person
):
    set_volume(procedure, division_person, total=120, online=10)

    response = post(member, procedure, total="130", online="12")

    text = response.content.decode()
    assert response.status_code == 409
    assert str(division_person) in text
    (one,) = response.context["form"].comparisons
    assert (one.name, one.mine, one.theirs) == ("total", "130", "120")
    assert volumes() == [(2025, 120, 10)]

    again = {
        "version": response.context["form"]["version"].value(),
        "fiscal_year": "2025",
        "total": "130",
        "online": "12",
        "certainty": "actual",
        "contested": "total",
    }
    undecided = client.post(f"/procedures/{procedure.pk}/volume/", again)
    assert undecided.status_code == 422
    assert CHOOSE.format(label="年間件数") in undecided.content.decode()

    theirs = client.post(f"/procedures/{procedure.pk}/volume/", again | {"choice_total": "theirs"})
    assert theirs.status_code == 302
    assert volumes() == [(2025, 120, 12)]
