"""The inventory (台帳): procedures, their legal bases, yearly volumes and exemptions."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from procedures.rules import Answer, Aspect, BasisLevel, Category
from procedures.rules.wording import (
    ANSWER_LABELS,
    ASPECT_LABELS,
    BASIS_LABELS,
    CATEGORY_LABELS,
)
from procedures.spreadsheet.codes import APPLICANTS, PROCEDURE_KINDS, SCOPES, labels
from procedures.spreadsheet.keys import name_key, search_key

from .fields import CodesField
from .history import Versioned, history
from .national import NationalPriorityProcedure
from .organisation import Department, Division

ANSWER_CHOICES = [(answer.value, ANSWER_LABELS[answer]) for answer in Answer]
ASPECT_FIELDS = tuple(aspect.value for aspect in Aspect)
FLAG_FIELDS = (
    "designated_manager",
    "core_system",
    "facility_booking",
    "designated_service",
    "legacy_service",
)
NAME_KEYS = ("name_key", "search_key")


_SCOPE_LABELS = labels(SCOPES)


class Scope(models.TextChoices):
    """対象区分: is the procedure inbound from citizens (clause 2)?"""

    INBOUND = "inbound", _SCOPE_LABELS["inbound"]
    OUTSIDE = "outside", _SCOPE_LABELS["outside"]
    UNKNOWN = "unknown", _SCOPE_LABELS["unknown"]


class NationalState(models.TextChoices):
    """How far the national survey says the procedure is online (a reference, not the city's)."""

    ONLINE = "online", "実施済"
    PARTLY = "partly", "一部実施済"
    EXEMPT = "exempt", "適用除外"
    NOT_STARTED = "not_started", "未実施"
    UNKNOWN = "unknown", "その他・不明"


def _answer(aspect: Aspect) -> models.CharField:
    default = Answer.NOT_NEEDED if aspect is Aspect.OTHER else Answer.UNKNOWN
    return models.CharField(
        ASPECT_LABELS[aspect], max_length=12, choices=ANSWER_CHOICES, default=default.value
    )


def _answers_are_known() -> Q:
    known = [answer.value for answer in Answer]
    condition = Q()
    for field in ASPECT_FIELDS:
        condition &= Q(**{f"{field}__in": known})
    return condition


class ProcedureQuerySet(models.QuerySet):
    """Questions that the inventory is asked."""

    def visible_to(self, user) -> "ProcedureQuerySet":
        """Those the person may read: everything, for whoever has signed in."""
        return self if user.is_authenticated else self.none()

    def in_force(self) -> "ProcedureQuerySet":
        """Those not abolished (廃止)."""
        return self.filter(abolished_on__isnull=True)

    def unassigned(self) -> "ProcedureQuerySet":
        """所管未定: those that no department owns yet."""
        return self.filter(department__isnull=True)

    def in_office_order(self) -> "ProcedureQuerySet":
        """In the office's own order (建制順); those without a department last."""
        return self.order_by(
            F("department__order").asc(nulls_last=True),
            F("division__order").asc(nulls_last=True),
            "number",
            "pk",
        )


class Procedure(Versioned):
    """手続: one procedure that citizens have with the city, with its survey answers.

    ``category``, ``grounds``, ``obstacles``, ``unanswered``, ``warnings`` and ``policy_key`` are
    derived; only ``procedures.classification`` sets them. ``name_key`` (names are compared by it)
    and ``search_key`` (a search looks in it) follow from the name: ``set_name_keys``.
    """

    number = models.CharField("手続番号", max_length=50, unique=True)
    name = models.CharField("手続名", max_length=400)
    name_key = models.CharField(max_length=400, db_index=True, editable=False)
    search_key = models.CharField(max_length=400, editable=False)
    name_kana = models.CharField("手続名よみ", max_length=400, blank=True, default="")
    summary = models.TextField("概要", blank=True, default="")
    department = models.ForeignKey(
        Department,
        verbose_name="部局室",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="procedures",
    )
    division = models.ForeignKey(
        Division,
        verbose_name="課",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="procedures",
    )
    applicants = CodesField("申請者", max_length=40)
    kind = models.CharField(
        "手続類型",
        max_length=20,
        choices=list(labels(PROCEDURE_KINDS).items()),
        blank=True,
        default="",
    )
    scope = models.CharField(
        "対象区分", max_length=10, choices=Scope.choices, default=Scope.UNKNOWN
    )

    identity_check = _answer(Aspect.IDENTITY_CHECK)
    attachments = _answer(Aspect.ATTACHMENTS)
    in_person = _answer(Aspect.IN_PERSON)
    physical_item = _answer(Aspect.PHYSICAL_ITEM)
    deliverable = _answer(Aspect.DELIVERABLE)
    payment = _answer(Aspect.PAYMENT)
    other = _answer(Aspect.OTHER)
    other_note = models.TextField("その他の支障の内容", blank=True, default="")

    designated_manager = models.BooleanField("指定管理者が担当", default=False)
    core_system = models.BooleanField("基幹系システムを利用", default=False)
    facility_booking = models.BooleanField("公共施設の利用申込", default=False)
    designated_service = models.BooleanField("国・県等の指定サービスあり", default=False)
    legacy_service = models.BooleanField("方針策定前の専用システムあり", default=False)

    national_priority = models.ForeignKey(
        NationalPriorityProcedure,
        verbose_name="国の優先手続",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="procedures",
    )
    national_id = models.CharField(
        "国の手続ID", max_length=20, blank=True, default="", db_index=True
    )
    national_state = models.CharField(
        "国の実施状況", max_length=12, choices=NationalState.choices, blank=True, default=""
    )
    national_concern = models.TextField("国の懸念点", blank=True, default="")
    national_planned_year = models.PositiveIntegerField("国の実施予定年度", null=True, blank=True)
    national_total_volume = models.PositiveBigIntegerField("全国の総件数", null=True, blank=True)
    national_online_volume = models.PositiveBigIntegerField(
        "全国のオンライン件数", null=True, blank=True
    )
    survey_note = models.TextField("調査メモ", blank=True, default="")
    note = models.TextField("備考", blank=True, default="")
    abolished_on = models.DateField("廃止日", null=True, blank=True)

    category = models.CharField(
        "区分",
        max_length=10,
        choices=[(category.value, CATEGORY_LABELS[category]) for category in Category],
        default=Category.PENDING.value,
        editable=False,
        db_index=True,
    )
    grounds = CodesField("根拠条項", editable=False)
    obstacles = CodesField("支障", editable=False)
    unanswered = CodesField("未調査の項目", editable=False)
    warnings = CodesField("注意", editable=False)
    policy_key = models.CharField("適用した方針", max_length=40, default="", editable=False)

    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="確認者",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField("変更なし確認の日時", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("登録日時", auto_now_add=True)

    objects = ProcedureQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "手続"
        verbose_name_plural = "手続"
        ordering = ["number", "pk"]
        constraints = [
            models.CheckConstraint(
                name="procedure_number_and_name_given",
                condition=~Q(number="") & ~Q(name="") & ~Q(name_key=""),
                violation_error_message="手続番号と手続名を入力してください。",
            ),
            models.CheckConstraint(
                name="procedure_division_within_department",
                condition=Q(division__isnull=True) | Q(department__isnull=False),
                violation_error_message="課を選ぶときは部局室も選んでください。",
            ),
            models.CheckConstraint(
                name="procedure_answers_known_words",
                condition=_answers_are_known(),
                violation_error_message="調査の回答は、決められた選択肢から選んでください。",
            ),
            models.CheckConstraint(
                name="procedure_confirmed_by_whom_and_when",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                violation_error_message="変更なし確認には、確認者と日時の両方が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def set_name_keys(self) -> None:
        """Sets ``NAME_KEYS`` (in memory) as the name has them."""
        self.name_key, self.search_key = name_key(self.name), search_key(self.name)

    @property
    def applicant_labels(self) -> list[str]:
        """The kinds of applicants in Japanese."""
        return [labels(APPLICANTS)[code] for code in self.applicants]


class LawKind(models.TextChoices):
    """What sort of text a national basis is."""

    ACT = "act", "法律"
    CABINET_ORDER = "cabinet_order", "政令"
    MINISTERIAL_ORDER = "ministerial_order", "府省令"
    RULE = "rule", "規則"


class LegalBasis(models.Model):
    """根拠法令: one legal basis of a procedure; one of them is the primary one."""

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="legal_bases"
    )
    level = models.CharField(
        "根拠区分",
        max_length=12,
        choices=[(level.value, BASIS_LABELS[level]) for level in BasisLevel],
        default=BasisLevel.UNKNOWN.value,
    )
    law_kind = models.CharField(
        "法令の種類", max_length=20, choices=LawKind.choices, blank=True, default=""
    )
    name = models.CharField("根拠法令", max_length=300, blank=True, default="")
    law_number = models.CharField("法令番号", max_length=100, blank=True, default="")
    article = models.CharField("条項", max_length=200, blank=True, default="")
    is_primary = models.BooleanField("主たる根拠", default=True)

    history = history()

    class Meta:
        verbose_name = "根拠法令"
        verbose_name_plural = "根拠法令"
        ordering = ["-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure"],
                condition=Q(is_primary=True),
                name="legal_basis_one_primary",
                violation_error_message="主たる根拠は一つの手続に一つだけです。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}{self.article}" or self.get_level_display()


class Certainty(models.TextChoices):
    """How sure a yearly volume is."""

    ACTUAL = "actual", "実績"
    ESTIMATE = "estimate", "概数"


class YearlyVolume(models.Model):
    """年間件数 of one fiscal year (April to March). Unknown is null, which is not 0."""

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="volumes"
    )
    fiscal_year = models.PositiveIntegerField(
        "年度", validators=[MinValueValidator(1989), MaxValueValidator(2100)]
    )
    total = models.PositiveBigIntegerField("年間件数", null=True, blank=True)
    online = models.PositiveBigIntegerField("オンライン件数", null=True, blank=True)
    certainty = models.CharField(
        "確度", max_length=10, choices=Certainty.choices, default=Certainty.ACTUAL
    )

    history = history()

    class Meta:
        verbose_name = "年間件数"
        verbose_name_plural = "年間件数"
        ordering = ["-fiscal_year"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "fiscal_year"],
                name="volume_once_per_year",
                violation_error_message="この年度の件数はすでにあります。",
            ),
            models.CheckConstraint(
                name="volume_online_within_total",
                condition=Q(online__isnull=True)
                | Q(total__isnull=True)
                | Q(online__lte=F("total")),
                violation_error_message="オンライン件数は年間件数以下にしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fiscal_year}年度"
