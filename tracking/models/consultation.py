"""協議: the talk with the information policy division about a service outside clause 4."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.models import ApplicationService, Procedure
from procedures.models.history import Versioned, history


class Consultation(Versioned):
    """協議 on one service for one procedure (clause 4, last paragraph).

    Only an agreed one lets the procedure go online with a service that needs it.
    """

    class State(models.TextChoices):
        ASKED = "asked", "申込み"
        DISCUSSING = "discussing", "協議中"
        AGREED = "agreed", "調った"
        NOT_AGREED = "not_agreed", "調わなかった"
        WITHDRAWN = "withdrawn", "取下げ"

    OPEN = (State.ASKED, State.DISCUSSING)
    """The states in which it waits for its end."""

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="consultations"
    )
    service = models.ForeignKey(
        ApplicationService,
        verbose_name="使いたいサービス",
        on_delete=models.PROTECT,
        related_name="consultations",
    )
    state = models.CharField(
        "状態", max_length=10, choices=State.choices, default=State.ASKED, db_index=True
    )
    purpose = models.TextField("使いたい理由")
    due = models.DateField("期限", null=True, blank=True)
    conditions = models.TextField("条件", blank=True, default="")
    outcome = models.TextField("結論の理由", blank=True, default="")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="申し込んだ人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    asked_at = models.DateTimeField("申込みの日時")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="結論を出した人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_on = models.DateField("結論の日", null=True, blank=True)

    history = history()

    class Meta:
        verbose_name = "協議"
        verbose_name_plural = "協議"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "service"],
                condition=Q(state__in=["asked", "discussing", "agreed"]),
                name="consultation_one_open_or_agreed",
                violation_error_message="このサービスについての協議は、すでにあります。",
            ),
            models.CheckConstraint(
                name="consultation_decided_by_whom_and_when",
                condition=Q(
                    state__in=["agreed", "not_agreed"],
                    decided_by__isnull=False,
                    decided_on__isnull=False,
                )
                | Q(
                    state__in=["asked", "discussing", "withdrawn"],
                    decided_by__isnull=True,
                    decided_on__isnull=True,
                ),
                violation_error_message="協議の結論には、出した人と日の両方が要ります。",
            ),
            models.CheckConstraint(
                name="consultation_with_purpose",
                condition=~Q(purpose=""),
                violation_error_message="使いたい理由を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure}：{self.service}"


class ConsultationNote(models.Model):
    """協議の記録: what was said in one talk, on which day, by whom written down."""

    consultation = models.ForeignKey(
        Consultation, verbose_name="協議", on_delete=models.CASCADE, related_name="notes"
    )
    held_on = models.DateField("協議の日")
    text = models.TextField("内容")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="書いた人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    written_at = models.DateTimeField("書いた日時")

    history = history()

    class Meta:
        verbose_name = "協議の記録"
        verbose_name_plural = "協議の記録"
        ordering = ["held_on", "pk"]

    def __str__(self) -> str:
        return f"{self.consultation}（{self.held_on}）"
