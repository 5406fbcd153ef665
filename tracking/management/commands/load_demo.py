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
from procedures.actions.policies import copy_policy
from procedures.fiscal_year import fiscal_year
from procedures.models import (
    ApplicationService,
    Department,
    Exemption,
    Procedure,
    Role,
    Source,
    TeamMembership,
    User,
)
from procedures.policies import edition_in_force
from procedures.rules import Answer, Aspect, MeasureKind, Service
from procedures.rules.classification import REPLACEABLE
from tracking.actions.comments import add_comment, return_exemption
from tracking.actions.consultations import ask, record_talk
from tracking.actions.issues import Draft, open_issue, open_issues, update_issue
from tracking.actions.measures import create_measure
from tracking.actions.reorganisation import add_steps, create_reorganisation
from tracking.management.demo_survey import load_demo_survey
from tracking.models import Comment, Goal
from tracking.structure import Kind as StepKind
from tracking.structure import Step

PASSWORD = "demo-shimonoseki"  # noqa: S105 - of accounts that exist on one's own machine only
PEOPLE = (
    ("team", "市民部 チーム員", Role.MEMBER, "市民部"),
    ("leader", "市民部 リーダー", Role.LEADER, "市民部"),
    ("fukushi", "福祉部 チーム員", Role.MEMBER, "福祉部"),
    ("joho", "情報政策課 担当", Role.DIVISION, None),
    ("kacho", "情報政策課長", Role.DIVISION_LEADER, None),
    ("kanri", "システム管理者", Role.ADMINISTRATOR, None),
)
WORKBOOK = settings.BASE_DIR / "fixtures" / "demo_procedures.xlsx"
FIXTURES = ("departments", "national_priority", "services")
QUESTION = "目標日を過ぎています。次の目標日と、残っている課題の見通しを教えてください。"
PURPOSE = "混む時期に来庁の日時を選べるようにするためです。汎用の電子申請では空きを示せません。"
TALK = "個人情報の保存場所と、費用の見込みを確かめることになりました。"
CONFIRMED = 3  # exemptions that the division has already decided in the demo
EXEMPTION_QUESTION = "どの条項に当たるか、条・項・号まで教えてください。"
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
        load_demo_survey(by=people["joho"], year=fiscal_year(timezone.localdate()))
        self._decide_exemptions(people["joho"])
        self._begin_work(people)
        self._draft_policy(people["joho"])
        self._prepare_reorganisation(people["joho"])
        self._ask(people)
        counts = "、".join(f"{outcome.label} {n}件" for outcome, n in run.counts.items())
        self.stdout.write(f"デモの一覧表を取り込みました：{counts}")

    def _prepare_reorganisation(self, by: User) -> None:
        """Two departments become one on the first day of the next fiscal year."""
        draft = create_reorganisation(
            values={
                "name": "組織改正の例（市民部と福祉部の統合）",
                "effective_on": date(fiscal_year(timezone.localdate()) + 1, 4, 1),
                "note": "準備のしかたを見るための例です。",
            },
            by=by,
        )
        sources = Department.objects.filter(name__in=("市民部", "福祉部")).values_list(
            "pk", flat=True
        )
        new = Step(StepKind.NEW_DEPARTMENT, unit="n1", name="市民福祉部", after=str(sources[0]))
        merge = Step(StepKind.MERGE_DEPARTMENTS, units=tuple(map(str, sources)), target="n1")
        add_steps(reorganisation_id=draft.pk, added=[new, merge], version=draft.version, by=by)

    def _draft_policy(self, by: User) -> None:
        """A stricter reading: whatever needs a visit or a payment hinders, online or not."""
        current = edition_in_force()
        today = timezone.localdate()
        stricter = {aspect.value: [Answer.NOT_NEEDED.value] for aspect in REPLACEABLE}
        copy_policy(
            policy_id=current.pk,
            values={
                "key": f"{today:%Y-%m-%d}",
                "name": f"{current.name}（厳しく読む案）",
                "effective_from": today,
                "accepted": current.accepted | stricter,
                "decision_document": "IT推進本部会議の資料",
                "note": "対面・現物確認・交付物・納付の要らない手続だけを支障なしとします。",
            },
            by=by,
        )

    def _decide_exemptions(self, by: User) -> None:
        """Some are confirmed, the next is sent back with a question, the others wait."""
        proposed = list(Exemption.objects.order_by("pk").values_list("procedure_id", flat=True))
        for procedure_id in proposed[:CONFIRMED]:
            confirm_exemption(procedure_id=procedure_id, by=by)
        for procedure_id in proposed[CONFIRMED : CONFIRMED + 1]:
            return_exemption(procedure_id=procedure_id, question=EXEMPTION_QUESTION, by=by)

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

    def _ask(self, people: dict[str, User]) -> None:
        """An open consultation about a service outside clause 4, with a first talk."""
        today = timezone.localdate()
        service = ApplicationService(
            code="demo-outside",
            name="窓口予約サービス（民間）",
            kind=Service.OTHER.value,
            owner="市民部",
        )
        save_reference(service, by=people["joho"], source=Source.COMMAND)
        own = Procedure.objects.filter(
            department__name="市民部", designated_service=False, legacy_service=False
        )
        consultation = ask(
            procedure_id=own.order_by("-number")[0].pk,
            service_id=service.pk,
            purpose=PURPOSE,
            due=today + timedelta(days=14),
            by=people["team"],
        )
        record_talk(consultation_id=consultation.pk, held_on=today, text=TALK, by=people["joho"])

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
