"""The editions of the policy (clause 7) as data."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .history import Versioned, history


class PolicyEdition(Versioned):
    """方針の版: what is accepted, honoured and exempted, from which day, decided by whom.

    ``accepted``: aspect → the answers that put nothing in the way; ``exemption_grounds``: basis →
    the grounds that hold for it; codes of ``procedures.rules``. What is left out accepts or
    exempts nothing. One edition is in force; what classifies by it is ``procedures.policies``.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "案"
        SCHEDULED = "scheduled", "施行待ち"
        IN_FORCE = "in_force", "施行中"
        FORMER = "former", "旧版"

    key = models.CharField("版の記号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=200)
    state = models.CharField(
        "状態", max_length=10, choices=State.choices, default=State.DRAFT, editable=False
    )
    effective_from = models.DateField("施行日")
    honours_national_list = models.BooleanField("国の優先手続一覧を優先の根拠にする", default=True)
    accepted = models.JSONField("支障なしとする回答", default=dict)
    exemption_grounds = models.JSONField("根拠区分ごとの適用除外の根拠", default=dict)
    decision_document = models.CharField("決定文書", max_length=300, blank=True, default="")
    note = models.TextField("改定の趣旨", blank=True, default="")
    former = models.ForeignKey(
        "self",
        verbose_name="前の版",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    adoption_reason = models.TextField("採用の理由", blank=True, default="", editable=False)
    adopted_count = models.PositiveIntegerField(
        "採用時に区分が変わる手続", null=True, blank=True, editable=False
    )
    adopted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="採用した人",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    adopted_at = models.DateTimeField("採用した日時", null=True, blank=True, editable=False)
    adoption = models.ForeignKey(
        "procedures.Act",
        verbose_name="区分の見直し",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    history = history()

    class Meta:
        verbose_name = "方針の版"
        verbose_name_plural = "方針の版"
        ordering = ["-effective_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="in_force"),
                name="policy_one_in_force",
                violation_error_message="施行中の版は一つだけです。",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="scheduled"),
                name="policy_one_scheduled",
                violation_error_message="施行待ちの版は一つだけです。",
            ),
            models.CheckConstraint(
                name="policy_key_and_name_given",
                condition=~Q(key="") & ~Q(name=""),
                violation_error_message="版の記号と名称を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
