"""Entering the yearly volume of one fiscal year."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from procedures import actions
from procedures.models import Procedure, YearlyVolume
from procedures.plausibility import Doubt
from tests import factories
from tests.pages import sent_by, text
from tracking.forms.versioned import CHOOSE
from tracking.forms.volumes import UNCONFIRMED


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
        ("2024", "不明", "0", (2024, None, 0)),
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

    page = text(signed_in(member).get(address, {"fiscal_year": "令和7年度"}))

    sent = sent_by(page, "volume-form")
    assert (sent["fiscal_year"], sent["total"], sent["online"]) == ("2025", "100", "10")


@time_machine.travel(date(2026, 11, 24), tick=False)
def test_the_last_complete_year_is_opened_first_with_last_year_beside(signed_in, procedure, member):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=4321)

    page = text(signed_in(member).get(reverse("volume_set", args=[procedure.pk])))

    assert sent_by(page, "volume-form")["fiscal_year"] == "2025"
    assert "4,321" in page
    assert "前年度" in page


def test_a_year_that_cannot_be_read_opens_no_form(signed_in, procedure, member):
    address = reverse("volume_set", args=[procedure.pk])

    response = signed_in(member).get(address, {"fiscal_year": "昔"})

    assert response.status_code == 200
    assert "年度として読み取れません" in text(response)
    assert 'id="volume-form"' not in text(response)


def test_a_stored_year_is_changed(post, procedure, member):
    post(member, procedure, total="", online="", certainty="estimate")

    assert volumes() == [(2025, None, None)]
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


def asked(response) -> list[Doubt]:
    """What the form asks about."""
    return [question.doubt for question in response.context["form"].asked]


def test_an_implausible_number_is_asked_about_once_and_saved_when_confirmed(
    post, procedure, member, client
):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=90)

    response = post(member, procedure, total="1000", online="10")

    assert response.status_code == 422
    assert asked(response) == [Doubt.TENFOLD]
    assert UNCONFIRMED in text(response)
    assert volumes() == [(2024, 90, None), (2025, 100, 10)]
    token = response.context["form"].token
    again = sent_by(text(response), "volume-form", confirmed=token)
    assert client.post(f"/procedures/{procedure.pk}/volume/", again).status_code == 302
    assert volumes() == [(2024, 90, None), (2025, 1000, 10)]


def test_other_numbers_than_those_confirmed_are_asked_about_anew(post, procedure, member):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=90)
    token = post(member, procedure, total="1000").context["form"].token

    response = post(member, procedure, total="2000", confirmed=token)

    assert asked(response) == [Doubt.TENFOLD]
    assert volumes()[1] == (2025, 100, 10)


def test_numbers_that_stand_there_already_are_not_asked_about_again(
    post, procedure, member, administrator
):
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=90)
    set_volume(procedure, administrator, total=1000, online=10)
    procedure.refresh_from_db()

    response = post(member, procedure, total="1000", online="10", certainty="estimate")

    assert response.status_code == 302
    assert YearlyVolume.objects.get(fiscal_year=2025).certainty == "estimate"


@time_machine.travel(date(2026, 11, 24), tick=False)
@pytest.mark.parametrize(
    ("year", "doubt"), [("2026", Doubt.RUNNING_YEAR), ("2027", Doubt.FUTURE_YEAR)]
)
def test_a_year_that_is_not_over_is_asked_about(post, procedure, member, year, doubt):
    assert asked(post(member, procedure, fiscal_year=year, total="120")) == [doubt]
