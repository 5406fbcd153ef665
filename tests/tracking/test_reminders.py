"""お知らせ: to the right people, once a day, through a real mail server or in the program."""

from datetime import timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from procedures.models import Role, TeamMembership
from procedures.permissions import rights_of
from procedures.rules import Answer
from tests import factories
from tests.mail_servers import mail_server
from tests.pages import sent_by, text
from tests.tracking.inventories import NOW, TODAY, keys_behind
from tracking.actions.reminders import (
    NO_ADDRESS_OF_PROGRAM,
    NO_MAIL_SERVER,
    NOT_YOURS,
    PREFIX,
    messages,
    team_people,
)
from tracking.management.commands import send_reminders as command
from tracking.models import Comment, Reminder
from tracking.selections import SELECTIONS
from tracking.work_queue import WAITING

pytestmark = pytest.mark.django_db
BASE_URL = "https://dx.example.lg.jp"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def server(settings):
    """A mail server, to which the program is set."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "行政手続オンライン化 <dx@example.lg.jp>"
        settings.BASE_URL = BASE_URL
        yield server


@pytest.fixture
def member(department):
    """A member of the team of 市民部 who has a mail address."""
    return factories.member_of(
        department, username="taro", display_name="下関 太郎", email="taro@example.lg.jp"
    )


@pytest.fixture
def waiting(department):
    """In 市民部 three procedures are overdue and one of them has a request of the division."""
    plans = [
        factories.PlanFactory(
            procedure__department=department,
            procedure__clear=True,
            procedure__other=Answer.NOT_NEEDED,
            target_date=TODAY - timedelta(days=1),
        )
        for _ in range(3)
    ]
    factories.CommentFactory(procedure=plans[0].procedure, addressee=Comment.Addressee.TEAM)
    return plans


def run(*arguments: str) -> str:
    """What ``manage.py send_reminders`` prints."""
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def fails(*arguments: str) -> tuple[str, str]:
    """The sentence with which the command ends in failure, and what it printed before."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("send_reminders", *arguments, stdout=out, stderr=out)
    return str(failure.value), out.getvalue()


def overdue(department, count=1):
    """Procedures of ``department`` whose target date is past."""
    for _ in range(count):
        factories.PlanFactory(
            procedure__department=department, target_date=TODAY - timedelta(days=1)
        )


# --- The mail -------------------------------------------------------------------------------------


def test_a_mail_arrives_in_japanese_with_what_waits_and_where(server, member, waiting):
    run("--send")
    (mail,) = server.received
    assert server.subjects == [
        f"{PREFIX}市民部：期限超過3件、情報政策課からの依頼・差戻し1件（11月23日）"
    ]
    assert mail["From"] == "行政手続オンライン化 <dx@example.lg.jp>"
    assert mail["To"] == "taro@example.lg.jp"
    body = mail.get_content()
    for said in (
        "下関 太郎 様",
        "11月23日現在",
        "■ 市民部",
        "・期限超過　3件",
        WAITING["overdue"],
        f"{BASE_URL}/team/?set=overdue",
        "・情報政策課からの依頼・差戻し　1件",
        f"{BASE_URL}/team/?set=asked",
        f"\n{BASE_URL}/team/\n",
    ):
        assert said in body.replace("\r\n", "\n")
    assert "&" not in body
    assert "未調査の項目あり" not in body, "what does not wait is not mentioned"


def test_a_mail_passes_every_server_on_the_way_and_answers_nobody(server, member, waiting):
    run("--send")
    (raw,), (mail,) = server.raw, server.received
    raw.decode("ascii")
    assert mail.get_content_charset() == "utf-8"
    assert mail["Content-Transfer-Encoding"] == "base64"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_addresses_in_a_mail_open_exactly_the_rows_that_it_counts(server, member, waiting):
    run("--send")
    body = server.received[0].get_content().splitlines()
    counted = {
        line.split("　")[0].removeprefix("・"): int(line.split("　")[1].removesuffix("件"))
        for line in body
        if line.startswith("・")
    }
    addresses = [line.strip("　") for line in body if "?set=" in line]
    assert len(addresses) == len(counted) == 2
    for address, count in zip(addresses, counted.values(), strict=True):
        query = urlsplit(address).query
        assert len(keys_behind(f"{reverse('procedure_list')}?{query}")) == count


def test_a_person_in_two_teams_gets_one_mail_with_both(
    server, member, department, other_department
):
    TeamMembership.objects.create(user=member, role=Role.LEADER, department=other_department)
    overdue(department, 1)
    overdue(other_department, 2)
    run("--send")
    (mail,) = server.received
    assert "市民部ほか1部局室：期限超過3件" in mail["Subject"]
    body = mail.get_content()
    for unit, count in [(department, 1), (other_department, 2)]:
        assert f"■ {unit.name}" in body
        assert f"・期限超過　{count}件" in body
        assert f"{BASE_URL}/team/?set=overdue&department={unit.pk}" in body


def test_a_name_with_a_line_break_adds_nothing_to_the_head(server, department, member):
    member.display_name = "太郎\r\nBcc: thief@example.com"
    member.save()
    department.name = "市民\r\nBcc: thief@example.com\r\n\r\n部"
    department.save()
    overdue(department)
    run("--send")
    (mail,) = server.received
    assert server.recipients == ["taro@example.lg.jp"]
    assert mail["Bcc"] is None
    assert "市民 Bcc: thief@example.com 部：期限超過1件" in mail["Subject"]


def test_a_long_name_leaves_the_counts_in_the_subject(department, member):
    department.name = "長" * 100
    department.save()
    overdue(department)
    (message,) = messages(team_people(), on=TODAY)
    assert message.subject.endswith("件（11月23日）")
    assert len(message.subject) <= Reminder._meta.get_field("subject").max_length


# --- To whom --------------------------------------------------------------------------------------


def test_members_and_leaders_of_teams_get_one_and_nobody_else(
    server, member, department, other_department, waiting
):
    leader = factories.UserFactory(
        role=Role.LEADER, role__department=department, email="leader@example.lg.jp"
    )
    factories.member_of(department, email="gone@example.lg.jp", is_active=False)
    factories.member_of(other_department, email="nothing@example.lg.jp")
    factories.division_person(email="joho@example.lg.jp")
    factories.administrator(email="kanri@example.lg.jp")
    factories.UserFactory(email="reader@example.lg.jp")
    run("--send")
    assert sorted(server.recipients) == [leader.email, member.email]
    assert set(Reminder.objects.values_list("mailed_to", flat=True)) == set(server.recipients)


def test_where_nothing_waits_nothing_is_sent(server, member, department):
    factories.PlanFactory(procedure__department=department, procedure__clear=True, online=True)
    factories.ProcedureFactory(department=department, clear=True, other=Answer.NOT_NEEDED)
    assert command.NOBODY in run("--send")
    assert server.received == []


@pytest.mark.parametrize("by", ["department", "to"])
def test_it_can_be_narrowed_to_departments_and_people(
    server, by, member, department, other_department
):
    other = factories.member_of(other_department, username="o", email="other@example.lg.jp")
    overdue(department)
    overdue(other_department)
    wanted = {"department": other_department.code, "to": other.username}[by]
    run("--send", f"--{by}", wanted)
    assert server.recipients == [other.email]


def test_who_is_in_a_named_department_and_another_still_hears_of_both(
    server, member, department, other_department
):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)
    overdue(department)
    overdue(other_department)
    run("--send", "--department", department.code)
    (mail,) = server.received
    assert f"■ {other_department.name}" in mail.get_content()


def test_a_department_and_a_person_that_do_not_exist_are_named(server, member, waiting, reader):
    failure, _ = fails("--send", "--department", "999999")
    assert failure == command.NO_DEPARTMENT.format(code="999999")
    for username in ("nobody", reader.username):
        failure, _ = fails("--send", "--to", username)
        assert failure == command.NO_PERSON.format(username=username)
    assert server.received == []


def test_the_number_of_queries_does_not_grow_with_the_people(
    django_assert_num_queries, member, waiting
):
    with django_assert_num_queries(2):
        assert len(messages(team_people(), on=TODAY)) == 1
    for _ in range(5):
        department = factories.DepartmentFactory()
        factories.member_of(department)
        factories.member_of(department)
        overdue(department)
    with django_assert_num_queries(2):
        assert len(messages(team_people(), on=TODAY)) == 11


# --- Once a day -----------------------------------------------------------------------------------


def test_without_send_it_says_who_would_get_what_and_sends_nothing(server, member, waiting):
    printed = run()
    for said in (
        "下関 太郎（taro）　メール taro@example.lg.jp",
        "市民部：期限超過3件、情報政策課からの依頼・差戻し1件",
        command.TOTAL.format(people=1, count=1),
        command.DRY_RUN,
    ):
        assert said in printed
    assert server.received == []
    assert not Reminder.objects.exists()


def test_a_second_run_on_the_same_day_sends_nothing_and_says_so(server, member, waiting):
    run("--send")
    assert command.SENT.format(mailed=0, shown=0, had_one=1) in run("--send")
    assert len(server.received) == Reminder.objects.count() == 1
    assert command.HAD_ONE in run()


def test_the_back_it_sends_again(server, member, waiting):
    run("--send")
    with time_machine.travel(NOW + timedelta(days=1)):
        run("--send")
    assert len(server.received) == Reminder.objects.count() == 2


def test_what_is_recorded_is_what_was_mailed(server, member, waiting):
    run("--send")
    (mail,), reminder = server.received, Reminder.objects.get()
    assert server.subjects == [PREFIX + reminder.subject]
    assert mail.get_content().replace("\r\n", "\n") == reminder.body
    assert (reminder.user, reminder.day, reminder.mailed_to) == (member, TODAY, member.email)
    assert reminder.seen_at is None


# --- What goes wrong ------------------------------------------------------------------------------


@pytest.fixture
def three(department, waiting):
    """Three members of 市民部, in the order in which they are written to."""
    return [
        factories.member_of(department, username=name, email=f"{name}@example.lg.jp")
        for name in ("a", "b", "c")
    ]


def test_a_mail_that_is_refused_stops_no_other_and_is_tried_again(server, three):
    server.refused = {"b@example.lg.jp"}
    failure, printed = fails("--send")
    assert failure == command.FAILED.format(count=1)
    assert "（b）　b@example.lg.jp：550 5.1.1 no such mailbox" in printed
    assert command.SENT.format(mailed=2, shown=0, had_one=0) in printed
    assert server.recipients == ["a@example.lg.jp", "c@example.lg.jp"]
    assert set(Reminder.objects.values_list("user__username", flat=True)) == {"a", "c"}

    server.refused = set()
    assert command.SENT.format(mailed=1, shown=0, had_one=2) in run("--send")
    assert server.recipients[2:] == ["b@example.lg.jp"]


def test_an_address_that_is_none_stops_no_other(server, three):
    three[0].email = "broken address\n@@"
    three[0].save()
    failure, _ = fails("--send")
    assert failure == command.FAILED.format(count=1)
    assert server.recipients == ["b@example.lg.jp", "c@example.lg.jp"]


def test_a_server_that_goes_away_loses_nobody_and_nobody_waits_for_it(server, settings, three):
    server.hangs_up_on = {"b@example.lg.jp"}
    failure, printed = fails("--send")
    assert failure == command.FAILED.format(count=2)
    assert server.recipients == ["a@example.lg.jp"]
    assert Reminder.objects.get().user == three[0]
    assert "b@example.lg.jp：421 4.3.2 closing" in printed
    assert "c@example.lg.jp：" in printed

    with mail_server() as back:
        settings.EMAIL_PORT = back.port
        run("--send")
        assert back.recipients == ["b@example.lg.jp", "c@example.lg.jp"]


def test_two_runs_at_the_same_time_send_one_mail_each(server, three, monkeypatch):
    """The other run sends between this one's look at the day and its own mails."""
    chosen = messages(team_people(), on=TODAY)
    monkeypatch.setattr(command, "messages", lambda *args, **kwargs: chosen)
    run("--send", "--to", "a")
    run("--send")
    assert sorted(server.recipients) == [person.email for person in three]


@pytest.mark.parametrize("missing", ["EMAIL_HOST", "DEFAULT_FROM_EMAIL"])
def test_without_a_mail_server_nothing_is_sent_or_written(
    server, settings, missing, member, department, waiting
):
    factories.member_of(department)  # who would read it in the program
    setattr(settings, missing, "")
    failure, _ = fails("--send")
    assert failure == NO_MAIL_SERVER.format(count=1)
    assert not Reminder.objects.exists()
    assert command.DRY_RUN in run()


@pytest.mark.parametrize("address", ["", "dx.example.lg.jp"])
def test_without_the_address_of_the_program_nothing_is_sent(
    server, settings, address, member, waiting
):
    settings.BASE_URL = address
    failure, _ = fails("--send")
    assert failure == NO_ADDRESS_OF_PROGRAM
    assert server.received == []
    assert not Reminder.objects.exists()


def test_a_mail_server_that_does_not_answer_is_named(server, settings, member, waiting):
    with mail_server() as gone:
        settings.EMAIL_PORT = gone.port
    failure, _ = fails("--send")
    assert "メールサーバー「127.0.0.1」につながりません" in failure
    assert not Reminder.objects.exists()


# --- In the program -------------------------------------------------------------------------------


@pytest.fixture
def without_address(department, waiting):
    """A member of 市民部 who has no mail address."""
    return factories.member_of(department, username="jiro")


def test_who_has_no_address_finds_it_on_the_team_page_until_put_away(
    server, signed_in, without_address
):
    assert command.SENT.format(mailed=0, shown=1, had_one=0) in run("--send")
    assert server.received == []
    client = signed_in(without_address)
    page = text(client.get(reverse("team")))
    reminder = Reminder.objects.get()
    assert (reminder.user, reminder.mailed_to) == (without_address, "")
    assert reminder.subject in page
    assert f'href="{BASE_URL}/team/?set=overdue"' in page

    form = sent_by(page, f"reminder-form-{reminder.pk}")
    response = client.post(reverse("reminder_seen", args=[reminder.pk]), form)

    assert (response.status_code, response["Location"]) == (302, reverse("team"))
    reminder.refresh_from_db()
    assert reminder.seen_at == pytest.approx(timezone.now(), abs=timedelta(minutes=1))
    assert reminder.subject not in text(client.get(reverse("team")))


def test_without_any_mail_address_no_mail_server_is_needed(server, settings, without_address):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "", 1
    run("--send")
    assert Reminder.objects.get().user == without_address


def test_what_came_by_mail_is_not_shown_again(server, signed_in, member, waiting):
    run("--send")
    assert Reminder.objects.get().subject not in text(signed_in(member).get(reverse("team")))


def test_only_the_newest_is_shown_and_it_takes_the_older_ones_with_it(signed_in, member):
    older, newest = (
        factories.ReminderFactory(user=member, day=TODAY - timedelta(days=days), subject=subject)
        for days, subject in [(30, "前の月のお知らせ"), (0, "今日のお知らせ")]
    )
    client = signed_in(member)
    page = text(client.get(reverse("team")))
    assert newest.subject in page
    assert older.subject not in page
    client.post(reverse("reminder_seen", args=[newest.pk]))
    assert not Reminder.objects.filter(seen_at__isnull=True).exists()


def test_nobody_puts_away_what_is_for_somebody_else(signed_in, member, other_member):
    reminder = factories.ReminderFactory(user=member)
    response = signed_in(other_member).post(reverse("reminder_seen", args=[reminder.pk]))
    assert response.status_code == 403
    assert NOT_YOURS in text(response)
    reminder.refresh_from_db()
    assert reminder.seen_at is None


def test_markup_in_a_reminder_is_shown_as_text(signed_in, member):
    factories.ReminderFactory(user=member, subject="<b>件名</b>", body="<script>本文</script>")
    page = text(signed_in(member).get(reverse("team")))
    assert "<b>件名" not in page
    assert "<script>本文" not in page


# --- What it may speak of -------------------------------------------------------------------------


def test_every_set_that_it_names_exists_and_has_its_instruction():
    assert set(WAITING) <= set(SELECTIONS)
    assert all(sentence.endswith("。") for sentence in WAITING.values())


def test_it_goes_to_exactly_the_people_who_may_change_the_rows(member, other_member, reader):
    people = set(team_people())
    assert people == {member, other_member}
    assert all(rights_of(person).department_ids for person in people)
