"""What a password of a local account must be, how it is given out, and how it is changed."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from operation.accounts.forms import SAME_AS_BEFORE
from operation.accounts.passwords import LOOKED_AT, GuessableWordsValidator
from procedures.actions import (
    NotIssued,
    change_password,
    end_sessions,
    issue_missing_passwords,
    issue_passwords,
)
from procedures.models import User
from tests import factories
from tests.pages import text

pytestmark = pytest.mark.django_db
GOOD = "correct horse battery"
BETTER = "mizuumi-tsukue-kaminari"
GUESSABLE = [
    "shimonoseki2026!",
    "Shimonoseki-DX-2026",
    "下関市下関市下関市下関市",
    "P@ssw0rd-P@ssw0rd",
    "password123456",
    "ｐａｓｓｗｏｒｄ１２３４５６",
    "qwertyuiop123",
    "asdfghjklasdfghjkl",
    "1qaz2wsx3edc4rfv",
    "aaaaaaaaaaaaaaaa",
    "abababababababab",
    "abcdefghijklmnop",
    "1234567890123456",
    "0832311111-0832311111",
    "gyouseitetsuzuki-online",
    "あいうえおあいうえおあいうえお",
    "さくらさくらさくらさくら",
    "welcome-admin-2026",
    "kanri-daichou-2026",
]
STRONG = [
    GOOD,
    BETTER,
    "青い海と白い船と古い時計",
    "あさがおとふるいじてんしゃ",
    "kjh7-dm3q-xw9r-tb4n",
    "7x9#2!k4$8q1@z6^",
    "shimonoseki-no-fugu-wa-umai",
    "onaji machi de sodatta inu",
]


def test_of_a_password_of_megabytes_only_the_beginning_is_looked_at():
    letters = "".join(chr(code) for code in range(0x4E00, 0x9E00)) * 20
    GuessableWordsValidator().validate(letters)
    with pytest.raises(ValidationError):
        GuessableWordsValidator().validate("a" * LOOKED_AT + letters)


@pytest.mark.parametrize("password", GUESSABLE)
def test_a_guessable_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", STRONG)
def test_a_long_password_of_unrelated_words_is_taken(password):
    validate_password(password)


def test_the_words_of_another_office_are_known_too(settings):
    settings.OFFICE_NAME, settings.PASSWORD_WORDS = "長門市", ["nagato", "長門"]
    for password in ("nagato-nagato-2026", "長門市長門市長門市長門市"):
        with pytest.raises(ValidationError):
            GuessableWordsValidator().validate(password)


def test_too_short_or_like_ones_own_name_is_refused():
    person = factories.UserFactory(username="t.yamazaki", display_name="山崎 太一")
    with pytest.raises(ValidationError) as short:
        validate_password("mizuumi-kam", person)
    assert [error.code for error in short.value.error_list] == ["password_too_short"]
    with pytest.raises(ValidationError) as alike:
        validate_password("t.yamazaki.1", person)
    assert "password_too_similar" in {error.code for error in alike.value.error_list}


def test_no_composition_is_asked_for():
    validate_password("mizuumi tsukue kaminari")  # no capital, no figure, no sign


def test_an_initial_password_meets_the_policy_and_differs_each_time(administrator):
    people = factories.UserFactory.create_batch(20)
    issued = [password for _, password in issue_passwords(people, by=administrator)]
    assert len(set(issued)) == 20
    for password in issued:
        validate_password(password)
        assert re.fullmatch(r"[a-y]{4}(-[a-y]{4}){3}", password)


def test_an_initial_password_is_kept_nowhere_in_clear(administrator, reader):
    [(_, password)] = issue_passwords([reader], by=administrator)
    stored = User.objects.get(pk=reader.pk)
    assert stored.check_password(password)
    assert stored.must_change_password
    assert password not in stored.password
    entry = stored.history.first()
    assert (entry.must_change_password, entry.change_source) == (True, "admin")
    assert not hasattr(entry, "password")


def test_only_an_administrator_gives_out_passwords(division_person, reader):
    with pytest.raises(PermissionDenied):
        issue_passwords([reader], by=division_person)
    assert User.objects.get(pk=reader.pk).password == reader.password


@pytest.mark.parametrize("change", [{"directory": "ldap"}, {"is_active": False}])
def test_whoever_has_no_password_here_gets_none_and_nobody_beside_them(
    administrator, reader, change
):
    other = factories.UserFactory(**change)
    with pytest.raises(NotIssued):
        issue_passwords([reader, other], by=administrator)
    assert User.objects.get(pk=reader.pk).password == reader.password


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_press_at_once_one_gets_the_passwords(administrator):
    people = factories.UserFactory.create_batch(20)
    User.objects.exclude(pk=administrator.pk).update(password=make_password(None))
    start = Barrier(2, timeout=30)

    def press(number: int) -> list[tuple[User, str]]:
        try:
            start.wait()
            return issue_missing_passwords(by=administrator)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        second, first = sorted(pool.map(press, range(2)), key=len)

    assert (len(first), second) == (len(people), [])
    stored = User.objects.in_bulk([person.pk for person, _ in first])
    assert all(stored[person.pk].check_password(password) for person, password in first)


def change(client, old, new, again=None):
    return client.post(
        reverse("password_change"),
        {"old_password": old, "new_password1": new, "new_password2": again or new},
    )


@pytest.fixture
def newcomer(administrator):
    """Somebody with an initial password, and that password."""
    person = factories.member_of(factories.DepartmentFactory(), username="hanako")
    return issue_passwords([person], by=administrator)[0]


@pytest.mark.parametrize("name", ["team", "procedure_list", "account_own", "admin:index"])
def test_with_an_initial_password_every_page_leads_to_the_change(client, newcomer, name):
    client.force_login(newcomer[0])
    for method in (client.get, client.post):
        assert method(reverse(name)).url == reverse("password_change")


def test_what_a_page_asks_by_itself_leads_to_the_change_as_a_whole(client, newcomer):
    client.force_login(newcomer[0])
    response = client.get(reverse("team"), headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == reverse("password_change")


def test_with_an_initial_password_one_can_sign_out_and_read_the_guide(client, newcomer):
    client.force_login(newcomer[0])
    assert client.get(reverse("guide")).status_code == 200
    assert client.post(reverse("logout")).url == reverse("login")


def test_the_first_sign_in_ends_with_a_password_of_ones_own(client, newcomer):
    person, password = newcomer
    form = {"username": person.username, "password": password}
    page = client.post(reverse("login"), form, follow=True)
    assert page.redirect_chain[-1][0] == reverse("password_change")
    assert "初めてのログインです" in text(page)
    assert SAME_AS_BEFORE in text(change(client, password, password))
    assert change(client, password, BETTER).url == reverse("password_change_done")
    assert client.get(reverse("team")).status_code == 200
    stored = User.objects.get(pk=person.pk)
    assert stored.check_password(BETTER)
    assert not stored.must_change_password
    assert stored.history.first().change_source == "form"


def test_a_change_ends_the_sign_ins_elsewhere_and_goes_on_here(client, reader):
    reader.set_password(GOOD)
    reader.save()
    elsewhere = Client()
    for each in (client, elsewhere):
        each.force_login(reader)
        assert each.get(reverse("account_own")).status_code == 200
    change(client, GOOD, BETTER)
    assert client.get(reverse("account_own")).status_code == 200
    assert elsewhere.get(reverse("account_own")).status_code == 302


def test_a_wrong_present_password_changes_nothing(client, reader):
    client.force_login(reader)
    assert change(client, "wrong", BETTER).status_code == 200
    assert User.objects.get(pk=reader.pk).password == reader.password


def test_nobody_changes_the_password_of_another(reader, member):
    with pytest.raises(PermissionDenied):
        change_password(reader, BETTER, by=member)


def test_an_administrator_ends_all_sign_ins_of_a_person(client, administrator, reader):
    client.force_login(reader)
    office = Client()
    office.force_login(administrator)
    office.post(reverse("account_sessions", args=[reader.pk]))
    assert client.get(reverse("account_own")).status_code == 302
    assert office.get(reverse("account_own")).status_code == 200


def test_one_ends_ones_own_sign_ins_elsewhere(client, reader):
    elsewhere = Client()
    for each in (client, elsewhere):
        each.force_login(reader)
    client.post(reverse("account_own_sessions"))
    assert client.get(reverse("account_own")).status_code == 200
    assert elsewhere.get(reverse("account_own")).status_code == 302


def test_nobody_else_ends_the_sign_ins_of_a_person(reader, division_person):
    with pytest.raises(PermissionDenied):
        end_sessions(reader, by=division_person)


def test_a_switched_off_account_is_out_with_the_next_request(client, reader):
    client.force_login(reader)
    assert client.get(reverse("account_own")).status_code == 200
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert client.get(reverse("account_own")).status_code == 302
    assert not Session.objects.exists()


HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


def test_a_password_hashed_before_argon2_was_installed_still_opens_and_is_hashed_anew(
    client, reader, settings
):
    settings.PASSWORD_HASHERS = HASHERS[1:]
    User.objects.filter(pk=reader.pk).update(password=make_password(GOOD))
    settings.PASSWORD_HASHERS = HASHERS
    assert client.login(username=reader.username, password=GOOD)
    assert User.objects.get(pk=reader.pk).password.startswith("argon2")
    settings.PASSWORD_HASHERS = HASHERS[1:]  # the package is gone: refused, but no failure
    assert not client.login(username=reader.username, password=GOOD)


def test_an_initial_password_opens_with_the_programs_own_hasher(
    administrator, reader, client, settings
):
    settings.PASSWORD_HASHERS = HASHERS[1:]
    [(_, password)] = issue_passwords([reader], by=administrator)
    assert client.login(username=reader.username, password=password)
    # Hashed anew in full as it is used.
    rounds = int(User.objects.get(pk=reader.pk).password.split("$")[1])
    assert rounds >= 600_000
