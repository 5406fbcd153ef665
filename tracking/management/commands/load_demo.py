"""Fills an empty database with the demo: ``manage.py load_demo``."""

from datetime import date, timedelta

from django.conf import settings
from django.core.files import File
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from procedures import bulk_import
from procedures.actions import command_account, confirm_exemption, save_reference
from procedures.fiscal_year import fiscal_year
from procedures.models import (
    Department,
    Exemption,
    Procedure,
    Role,
    Source,
    TeamMembership,
    User,
)
from procedures.rules import Aspect, MeasureKind
from tracking.actions.comments import add_comment
from tracking.actions.issues import Draft, open_issue, open_issues, update_issue
from tracking.actions.measures import create_measure
from tracking.models import Comment, Goal

PASSWORD = "demo-shimonoseki"  # noqa: S105 - of accounts that exist on one's own machine only
PEOPLE = (
    ("team", "市民部 チーム員", Role.MEMBER, "市民部"),
    ("leader", "市民部 リーダー", Role.LEADER, "市民部"),
    ("fukushi", "福祉部 チーム員", Role.MEMBER, "福祉部"),
    ("joho", "情報政策課 担当", Role.DIVISION, None),
    ("kanri", "システム管理者", Role.ADMINISTRATOR, None),
)
WORKBOOK = settings.BASE_DIR / "fixtures" / "demo_procedures.xlsx"
FIXTURES = ("departments", "national_priority", "services")
QUESTION = "目標日を過ぎています。次の目標日と、残っている課題の見通しを教えてください。"
CONFIRMED = 3  # exemptions that the division has already decided in the demo
GOAL = 0.6


class Command(BaseCommand):
    help = "デモ用のデータを入れます。手続が一件でもあれば何もしません。"

    def handle(self, *args, **options) -> None:
        if not settings.INSECURE_HTTP:
            raise CommandError(
                "デモの利用者はパスワードが公開されているため、本番の設定では作りません。"
            )
        if not Procedure.objects.exists():
            self._fill()
        self.stdout.write(f"デモの利用者（パスワードはどれも {PASSWORD}）：")
        for username, name, _, _ in PEOPLE:
            self.stdout.write(f"  {username:<8}{name}")

    @transaction.atomic
    def _fill(self) -> None:
        call_command("loaddata", *FIXTURES, verbosity=0)
        by = command_account()
        people = {row[0]: self._person(*row, by=by) for row in PEOPLE}
        goal = Goal(fiscal_year=fiscal_year(timezone.localdate()), online_rate=GOAL)
        save_reference(goal, by=by, source=Source.COMMAND)
        with WORKBOOK.open("rb") as file:
            run = bulk_import.preview(File(file), file_name=WORKBOOK.name, by=people["kanri"])
        if run.message:
            raise CommandError(run.message)
        bulk_import.apply(run.pk, by=people["kanri"])
        proposed = Exemption.objects.order_by("pk").values_list("procedure_id", flat=True)
        for procedure_id in proposed[:CONFIRMED]:
            confirm_exemption(procedure_id=procedure_id, by=people["joho"])
        self._begin_work(people)
        counts = "、".join(f"{outcome.label} {n}件" for outcome, n in run.counts.items())
        self.stdout.write(f"デモの一覧表を取り込みました：{counts}")

    def _begin_work(self, people: dict[str, User]) -> None:
        """A measure for the whole office, the issues that wait on it, and a question to a team."""
        today = timezone.localdate()
        measure = create_measure(
            values={
                "name": "電子決済の導入",
                "aspect": Aspect.PAYMENT.value,
                "kind": MeasureKind.E_PAYMENT.value,
                "budget_year": fiscal_year(today) + 1,
                "goes_live_on": date(fiscal_year(today) + 1, 10, 1),
            },
            by=people["joho"],
        )
        own = Procedure.objects.filter(department__name="市民部").order_by("number")
        hindered = own.filter(obstacles__contains=Aspect.PAYMENT.value)
        draft = Draft(measure.aspect, measure.kind, shared_measure_id=measure.pk)
        open_issues(
            procedure_ids=list(hindered.values_list("pk", flat=True)),
            drafts=[draft],
            by=people["team"],
        )
        inspected = hindered[0]
        issue = open_issue(
            procedure_id=inspected.pk, aspect=inspected.obstacles[0], by=people["team"]
        )
        update_issue(
            issue_id=issue.pk,
            sent={"due": today + timedelta(days=7)},
            version=issue.version,
            by=people["team"],
        )
        add_comment(
            procedure_id=inspected.pk,
            text=QUESTION,
            addressee=Comment.Addressee.TEAM,
            by=people["joho"],
        )

    def _person(
        self, username: str, name: str, role: Role, department: str | None, *, by: User
    ) -> User:
        person = User(username=username, display_name=name)
        person.set_password(PASSWORD)
        save_reference(person, by=by, source=Source.COMMAND)
        membership = TeamMembership(
            user=person,
            role=role,
            department=Department.objects.get(name=department) if department else None,
        )
        save_reference(membership, by=by, source=Source.COMMAND)
        return person
