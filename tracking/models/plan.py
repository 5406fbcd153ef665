"""The migration plan of a procedure, and the goals of the office."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from procedures.models import ApplicationService, Procedure
from procedures.models.history import Versioned, history
from tracking.workflow import STATUS_LABELS, Status

CHECK_FIELDS = ("plain_wording_checked", "items_reviewed", "input_help_checked")


class Coverage(models.TextChoices):
    """How much of a procedure is done online once it is (オンラインの範囲)."""

    WHOLLY = "wholly", "全部"
    PARTLY = "partly", "一部"


class MigrationPlan(Versioned):
    """オンライン化計画 of one procedure. A procedure without one counts as 未着手."""

    procedure = models.OneToOneField(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="plan"
    )
    status = models.CharField(
        "状況",
        max_length=12,
        choices=[(status.value, STATUS_LABELS[status]) for status in Status],
        default=Status.NOT_STARTED.value,
        db_index=True,
    )
    target_date = models.DateField("目標日", null=True, blank=True)
    launched_on = models.DateField("開始日", null=True, blank=True)
    service = models.ForeignKey(
        ApplicationService,
        verbose_name="利用サービス",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="plans",
    )
    service_reason = models.TextField("方針4と違うサービスを使う理由", blank=True, default="")
    coverage = models.CharField(
        "オンラインの範囲", max_length=8, choices=Coverage.choices, blank=True, default=""
    )
    url = models.URLField("URL", max_length=500, blank=True, default="")
    national_due = models.DateField("国の期限", null=True, blank=True)
    assignee = models.CharField("担当者", max_length=100, blank=True, default="")
    hold_reason = models.TextField("保留の理由", blank=True, default="")
    plain_wording_checked = models.BooleanField("表記が分かりやすい", default=False)
    items_reviewed = models.BooleanField("記載項目を見直した", default=False)
    input_help_checked = models.BooleanField("入力の補助がある", default=False)
    checklist_exception = models.TextField("公開前の確認をしない理由", blank=True, default="")

    history = history()

    class Meta:
        verbose_name = "オンライン化計画"
        verbose_name_plural = "オンライン化計画"
        constraints = [
            models.CheckConstraint(
                name="plan_online_with_service_and_launch",
                condition=~Q(status=Status.ONLINE.value)
                | Q(service__isnull=False, launched_on__isnull=False),
                violation_error_message=("オンライン化済には、利用サービスと開始日が要ります。"),
            ),
            models.CheckConstraint(
                name="plan_online_with_checklist",
                condition=~Q(status=Status.ONLINE.value)
                | Q(**dict.fromkeys(CHECK_FIELDS, True))
                | ~Q(checklist_exception=""),
                violation_error_message=(
                    "オンライン化済には、公開前の確認3項目か、確認しない理由が要ります。"
                ),
            ),
            models.CheckConstraint(
                name="plan_on_hold_with_reason",
                condition=~Q(status=Status.ON_HOLD.value) | ~Q(hold_reason=""),
                violation_error_message="保留には、その理由が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure} の計画"


class Goal(models.Model):
    """目標: the online rate that the division wants to have reached by the end of a fiscal year."""

    fiscal_year = models.PositiveIntegerField(
        "年度", unique=True, validators=[MinValueValidator(1989), MaxValueValidator(2100)]
    )
    online_rate = models.FloatField(
        "オンライン化率の目標",
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0 から 1 の数で入力します（80% は 0.8）。",
    )

    history = history()

    class Meta:
        verbose_name = "目標"
        verbose_name_plural = "目標"
        ordering = ["-fiscal_year"]
        constraints = [
            models.CheckConstraint(
                name="goal_rate_between_0_and_1",
                condition=Q(online_rate__gte=0, online_rate__lte=1),
                violation_error_message="目標は 0 から 1 の数にしてください。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.fiscal_year}年度"
