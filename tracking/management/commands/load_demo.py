"""Fills an empty database with the demo: ``manage.py load_demo``."""

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
from tracking.models import Goal

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
        counts = "、".join(f"{outcome.label} {n}件" for outcome, n in run.counts.items())
        self.stdout.write(f"デモの一覧表を取り込みました：{counts}")

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
