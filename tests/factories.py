"""Rows for tests: valid by default, with traits for situations, written through the writers."""

from datetime import date

import factory
from django.core.files.base import ContentFile
from django.utils import timezone

from procedures.classification import facts_of, set_classification
from procedures.evidence import keep
from procedures.models import (
    ApplicationService,
    Department,
    Division,
    Exemption,
    ExemptionProvision,
    LegalBasis,
    NationalListEdition,
    NationalPriorityProcedure,
    PolicyEdition,
    Procedure,
    Role,
    Source,
    SurveyDifference,
    SurveyEdition,
    SurveyProcedure,
    TeamMembership,
    User,
    YearlyVolume,
)
from procedures.national_list import current_edition
from procedures.policies import policy_in_force, stored_form
from procedures.records import Origin, insert, save
from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    ExemptionGround,
    MeasureKind,
    Service,
)
from procedures.spreadsheet.survey_table import search_key
from tracking.models import (
    Comment,
    Consultation,
    Goal,
    Issue,
    MigrationPlan,
    Publication,
    Reminder,
    SharedMeasure,
)
from tracking.workflow import Status


def origin() -> Origin:
    """An origin of a person who belongs to no test in particular."""
    author, _ = User.objects.get_or_create(username="factory", defaults={"is_active": False})
    return Origin(author, Source.COMMAND)


class Recorded(factory.django.DjangoModelFactory):
    """Creates rows through ``procedures.records``, so each has its history."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        obj = model_class(*args, **kwargs)
        cls.complete(obj)
        insert([obj], origin())
        return obj

    @classmethod
    def complete(cls, obj) -> None:
        """Sets what the writers set."""


class DepartmentFactory(Recorded):
    class Meta:
        model = Department

    code = factory.Sequence(lambda n: f"{n:03d}")
    name = factory.Sequence(lambda n: f"試験{n}部")
    order = factory.Sequence(lambda n: n)


class DivisionFactory(Recorded):
    class Meta:
        model = Division

    department = factory.SubFactory(DepartmentFactory)
    code = factory.Sequence(lambda n: f"{n:06d}")
    name = factory.Sequence(lambda n: f"試験{n}課")
    order = factory.Sequence(lambda n: n)


class UserFactory(factory.django.DjangoModelFactory):
    """A person without a role (a reader). ``role`` and ``department`` give one."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    display_name = factory.Sequence(lambda n: f"試験 太郎{n}")
    password = factory.django.Password("correct horse battery")

    @factory.post_generation
    def role(self, create, role, **kwargs):
        if role:
            department = kwargs.get("department")
            TeamMembership.objects.create(user=self, role=role, department=department)


def member_of(department: Department, **kwargs) -> User:
    """A member of the department's DX team."""
    return UserFactory(role=Role.MEMBER, role__department=department, **kwargs)


def division_person(**kwargs) -> User:
    """A person of the information policy division."""
    return UserFactory(role=Role.DIVISION, **kwargs)


def division_leader(**kwargs) -> User:
    """The leader of the information policy division."""
    return UserFactory(role=Role.DIVISION_LEADER, **kwargs)


def administrator(**kwargs) -> User:
    """An administrator."""
    return UserFactory(role=Role.ADMINISTRATOR, is_staff=True, **kwargs)


class EditionFactory(Recorded):
    """A draft edition of the national list; the trait ``current`` is the one that counts."""

    class Meta:
        model = NationalListEdition

    class Params:
        current = factory.Trait(state=NationalListEdition.State.CURRENT)

    key = factory.Sequence(lambda n: f"edition-{n}")
    name = factory.Sequence(lambda n: f"試験版{n}")


class NationalPriorityFactory(Recorded):
    """A procedure of the edition that counts, which is made where there is none."""

    class Meta:
        model = NationalPriorityProcedure

    edition = factory.LazyFunction(lambda: current_edition() or EditionFactory(current=True))
    number = factory.Sequence(lambda n: n + 1_001)  # above those that tests choose
    name = factory.Sequence(lambda n: f"国の優先手続{n}")


class PolicyFactory(Recorded):
    """A draft of the policy that says what the one of 2024 says."""

    class Meta:
        model = PolicyEdition

    key = factory.Sequence(lambda n: f"draft-{n}")
    name = factory.Sequence(lambda n: f"改定案{n}")
    effective_from = POLICY_2024.effective_from
    honours_national_list = True
    accepted = factory.LazyFunction(lambda: stored_form(POLICY_2024)["accepted"])
    exemption_grounds = factory.LazyFunction(lambda: stored_form(POLICY_2024)["exemption_grounds"])
    decision_document = "令和8年11月1日方針決定"


class ServiceFactory(Recorded):
    class Meta:
        model = ApplicationService

    code = factory.Sequence(lambda n: f"service-{n}")
    name = factory.Sequence(lambda n: f"試験サービス{n}")
    kind = Service.GENERAL.value


class ProcedureFactory(Recorded):
    """A procedure of a department, nothing surveyed yet: category 検討."""

    class Meta:
        model = Procedure

    class Params:
        clear = factory.Trait(
            identity_check=Answer.NOT_NEEDED,
            attachments=Answer.ONLINE,
            in_person=Answer.NOT_NEEDED,
            physical_item=Answer.NOT_NEEDED,
            deliverable=Answer.NOT_NEEDED,
            payment=Answer.NOT_NEEDED,
        )
        unassigned = factory.Trait(department=None, division=None)

    number = factory.Sequence(lambda n: f"T-{n:05d}")
    name = factory.Sequence(lambda n: f"試験手続{n}の申請")
    department = factory.SubFactory(DepartmentFactory)
    scope = "inbound"

    @classmethod
    def complete(cls, obj: Procedure) -> None:
        obj.set_name_keys()
        facts = facts_of(obj, levels=(), ground=ExemptionGround.NONE)
        set_classification(obj, facts, policy_in_force())


class LegalBasisFactory(Recorded):
    """A legal basis; the procedure is classified anew with it."""

    class Meta:
        model = LegalBasis

    procedure = factory.SubFactory(ProcedureFactory)
    level = BasisLevel.MUNICIPAL.value
    name = "試験条例"
    article = "第3条"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        basis = super()._create(model_class, *args, **kwargs)
        _classify(basis.procedure)
        return basis


class ExemptionFactory(Recorded):
    """A proposed exemption; the trait ``confirmed`` decides it and classifies anew.

    ``returned`` is one with a question, ``attached`` one with a file as evidence.
    """

    class Meta:
        model = Exemption

    class Params:
        confirmed = factory.Trait(
            state=Exemption.State.CONFIRMED,
            confirmed_by=factory.SubFactory(UserFactory),
            confirmed_at=factory.LazyFunction(timezone.now),
        )
        returned = factory.Trait(state=Exemption.State.RETURNED, question="どの号に当たりますか。")
        attached = factory.Trait(
            evidence=factory.LazyFunction(lambda: keep(ContentFile(b"%PDF-1.7", "根拠.pdf"))[0]),
            evidence_name="根拠.pdf",
        )

    procedure = factory.SubFactory(ProcedureFactory)
    ground = ExemptionGround.ORDINANCE_ART7.value
    reason = "対面での確認が条例で定められているため"
    proposed_by = factory.SubFactory(UserFactory)
    proposed_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        exemption = super()._create(model_class, *args, **kwargs)
        _classify(exemption.procedure)
        return exemption


class ProvisionFactory(Recorded):
    """A provision that stands for one; no legal text."""

    class Meta:
        model = ExemptionProvision

    ground = ExemptionGround.ORDINANCE_ART7.value
    article = factory.Sequence(lambda n: f"例示の条項{n}")


class VolumeFactory(Recorded):
    class Meta:
        model = YearlyVolume

    procedure = factory.SubFactory(ProcedureFactory)
    fiscal_year = 2025
    total = 100


class PlanFactory(Recorded):
    """A plan; the trait ``online`` is one that meets every requirement."""

    class Meta:
        model = MigrationPlan

    class Params:
        online = factory.Trait(
            status=Status.ONLINE.value,
            service=factory.SubFactory(ServiceFactory),
            launched_on=date(2026, 4, 1),
            plain_wording_checked=True,
            items_reviewed=True,
            input_help_checked=True,
        )

    procedure = factory.SubFactory(ProcedureFactory)


class PublicationFactory(Recorded):
    """A procedure that is approved for the public table."""

    class Meta:
        model = Publication

    procedure = factory.SubFactory(ProcedureFactory)
    approved_by = factory.SubFactory(UserFactory)
    approved_at = factory.LazyFunction(timezone.now)


class ConsultationFactory(Recorded):
    """A consultation that was asked for; the trait ``agreed`` is one that is agreed."""

    class Meta:
        model = Consultation

    class Params:
        agreed = factory.Trait(
            state=Consultation.State.AGREED.value,
            decided_by=factory.SubFactory(UserFactory),
            decided_on=date(2026, 5, 1),
        )

    procedure = factory.SubFactory(ProcedureFactory)
    service = factory.SubFactory(ServiceFactory, kind=Service.OTHER.value)
    purpose = "国の様式に合わせた専用の画面が要るためです。"
    asked_by = factory.SubFactory(UserFactory)
    asked_at = factory.LazyFunction(timezone.now)


class CommentFactory(Recorded):
    """A comment that waits for the team; the trait ``done`` is one that is 済."""

    class Meta:
        model = Comment

    class Params:
        done = factory.Trait(
            done_by=factory.SubFactory(UserFactory), done_at=factory.LazyFunction(timezone.now)
        )

    procedure = factory.SubFactory(ProcedureFactory)
    text = "添付書類を減らせるか、確かめてください。"
    addressee = Comment.Addressee.TEAM.value
    written_by = factory.SubFactory(UserFactory)
    written_at = factory.LazyFunction(timezone.now)


class ReminderFactory(factory.django.DjangoModelFactory):
    """A reminder for somebody without a mail address, not put away."""

    class Meta:
        model = Reminder

    user = factory.SubFactory(UserFactory)
    day = date(2026, 11, 24)
    subject = "市民部：期限超過3件（11月24日）"
    body = "次の手続が待っています。"
    created_at = factory.LazyFunction(timezone.now)


class IssueFactory(Recorded):
    """An open issue about an obstacle, without a date."""

    class Meta:
        model = Issue

    procedure = factory.SubFactory(ProcedureFactory)
    aspect = Aspect.IN_PERSON.value
    kind = MeasureKind.REMOTE_INTERVIEW.value


class MeasureFactory(Recorded):
    """A planned shared measure of the division, without a date."""

    class Meta:
        model = SharedMeasure

    name = factory.Sequence(lambda n: f"共通の対応策{n}")
    aspect = Aspect.PAYMENT.value
    kind = MeasureKind.E_PAYMENT.value


class GoalFactory(Recorded):
    class Meta:
        model = Goal

    fiscal_year = 2026
    online_rate = 0.8


def _classify(procedure: Procedure) -> None:
    fresh = Procedure.objects.get(pk=procedure.pk)
    set_classification(fresh, facts_of(fresh), policy_in_force())
    save(
        fresh,
        ["category", "grounds", "obstacles", "unanswered", "warnings", "policy_key"],
        origin(),
    )
    for field in fresh._meta.concrete_fields:
        setattr(procedure, field.attname, getattr(fresh, field.attname))


class SurveyEditionFactory(factory.django.DjangoModelFactory):
    """A loaded edition of the national survey."""

    class Meta:
        model = SurveyEdition

    name = factory.Sequence(lambda n: f"調査{n}")
    file_name = "調査.xlsx"
    state = SurveyEdition.State.LOADED
    loaded_by = factory.SubFactory(UserFactory)
    started_at = factory.LazyFunction(timezone.now)
    loaded_at = factory.LazyFunction(timezone.now)


class SurveyProcedureFactory(factory.django.DjangoModelFactory):
    """A row of the national survey."""

    class Meta:
        model = SurveyProcedure

    national_id = factory.Sequence(lambda n: f"N{n}")
    name = factory.LazyAttribute(lambda row: f"国の届出{row.national_id}")
    law_name = "住民基本台帳法"
    state = "not_started"
    planned_year = 2026
    total_volume = 1000
    online_volume = 250
    search_key = factory.LazyAttribute(search_key)


class SurveyDifferenceFactory(factory.django.DjangoModelFactory):
    """What a new edition says otherwise; the trait ``dismissed`` has it put away."""

    class Meta:
        model = SurveyDifference

    class Params:
        dismissed = factory.Trait(
            reason="担当課に伝えた。",
            dismissed_by=factory.SubFactory(UserFactory),
            dismissed_at=factory.LazyFunction(timezone.now),
        )

    edition = factory.SubFactory(SurveyEditionFactory)
    national_id = factory.Sequence(lambda n: f"N{n}")
    name = factory.LazyAttribute(lambda row: f"国の届出{row.national_id}")
    fact = SurveyDifference.Fact.STATE
    old = "not_started"
    new = "online"
