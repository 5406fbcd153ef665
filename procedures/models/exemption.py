"""The register of exemptions (適用除外, clause 6) and the provisions they rest on."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.fiscal_year import fiscal_year, last_day
from procedures.rules import ExemptionGround
from procedures.rules.wording import EXEMPTION_LABELS

from .history import Versioned, history
from .organisation import lasting
from .procedure import Procedure

GROUND_CHOICES = [
    (ground.value, EXEMPTION_LABELS[ground])
    for ground in ExemptionGround
    if ground is not ExemptionGround.NONE
]
CITY_GROUNDS = (ExemptionGround.ORDINANCE_ART7.value, ExemptionGround.RULE_ART16.value)
"""The grounds whose provisions the city itself makes, and keeps in the table below."""


def suggested_review(on: date) -> date:
    """When an exemption that is decided ``on`` that day is to be looked at again.

    The end of the fiscal year in which one year will have passed.
    """
    return last_day(fiscal_year(on) + 1)


class ProvisionQuerySet(models.QuerySet):
    """Questions that the provisions are asked."""

    def valid(self, on: date) -> "ProvisionQuerySet":
        """Those in force on the day ``on``."""
        return self.filter(lasting(on))

    def ended(self, on: date) -> "ProvisionQuerySet":
        """Those that are in force no more on the day ``on``."""
        return self.filter(valid_to__lt=on)


class ExemptionProvision(Versioned):
    """適用除外の条項: one item of the ordinance's article 7 or the rule's article 16.

    The division writes them down as they stand; the program knows no legal text of its own.
    """

    ground = models.CharField(
        "適用除外の根拠",
        max_length=20,
        choices=[choice for choice in GROUND_CHOICES if choice[0] in CITY_GROUNDS],
    )
    article = models.CharField("条項", max_length=100)
    text = models.TextField("条文", blank=True, default="")
    valid_from = models.DateField("施行日", null=True, blank=True)
    valid_to = models.DateField("失効日", null=True, blank=True)
    note = models.TextField("備考", blank=True, default="")

    objects = ProvisionQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "適用除外の条項"
        verbose_name_plural = "適用除外の条項"
        ordering = ["ground", "article", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                name="provision_of_the_city",
                condition=Q(ground__in=CITY_GROUNDS),
                violation_error_message="条例第7条か施行規則第16条を選んでください。",
            ),
            models.CheckConstraint(
                name="provision_named",
                condition=~Q(article=""),
                violation_error_message="条項を入力してください。",
            ),
            models.CheckConstraint(
                name="provision_lifetime",
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
                violation_error_message="失効日は、施行日以後の日にしてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_ground_display()} {self.article}"

    def has_ended(self, on: date) -> bool:
        """As ``ProvisionQuerySet.ended``."""
        return self.valid_to is not None and self.valid_to < on


class Exemption(models.Model):
    """適用除外 (clause 6). Only a confirmed one counts; a proposal waits for the division.

    ``provision`` is the city's own provision it rests on, ``law_name`` and ``national_id`` those
    of a national exemption; ``article`` is what is cited of either. ``question`` is what the
    division asked when it returned the proposal. From ``review_on`` on a confirmed one is to be
    looked at again. ``evidence`` is never overwritten: the history points at earlier files.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "申出（確認待ち）"
        RETURNED = "returned", "差戻し（質問あり）"
        CONFIRMED = "confirmed", "確認済"
        WITHDRAWN = "withdrawn", "取下げ"

    procedure = models.OneToOneField(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="exemption"
    )
    ground = models.CharField(
        "適用除外の根拠",
        max_length=20,
        choices=GROUND_CHOICES,
    )
    provision = models.ForeignKey(
        ExemptionProvision,
        verbose_name="条項",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="exemptions",
    )
    article = models.CharField("適用除外の条項", max_length=200, blank=True, default="")
    law_name = models.CharField("法令名", max_length=300, blank=True, default="")
    national_id = models.CharField("国の手続ID", max_length=20, blank=True, default="")
    text = models.TextField("条文の内容", blank=True, default="")
    reason = models.TextField("適用除外の理由", blank=True, default="")
    evidence = models.FileField(
        "根拠資料", max_length=200, upload_to="exemptions/", blank=True, default=""
    )
    evidence_name = models.CharField("根拠資料の名前", max_length=200, blank=True, default="")
    question = models.TextField("情報政策課からの質問", blank=True, default="")
    review_on = models.DateField("見直しの期日", null=True, blank=True, db_index=True)
    state = models.CharField(
        "状態", max_length=10, choices=State.choices, default=State.PROPOSED, db_index=True
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="申出者",
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposed_at = models.DateTimeField("申出日時")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="確認者",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField("確認日時", null=True, blank=True)

    history = history()

    class Meta:
        verbose_name = "適用除外"
        verbose_name_plural = "適用除外"
        constraints = [
            models.CheckConstraint(
                name="exemption_confirmed_by_whom_and_when",
                condition=Q(
                    state="confirmed", confirmed_by__isnull=False, confirmed_at__isnull=False
                )
                | (~Q(state="confirmed") & Q(confirmed_by__isnull=True, confirmed_at__isnull=True)),
                violation_error_message="確認済の適用除外には、確認者と確認日時が要ります。",
            ),
            models.CheckConstraint(
                name="exemption_returned_with_question",
                condition=Q(state="returned") & ~Q(question="")
                | ~Q(state="returned") & Q(question=""),
                violation_error_message="差し戻した申出には質問が要り、ほかには質問がありません。",
            ),
            models.CheckConstraint(
                name="exemption_reviewed_when_confirmed",
                condition=Q(state="confirmed") | Q(review_on__isnull=True),
                violation_error_message="見直しの期日があるのは、確認済の適用除外だけです。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_ground_display()}（{self.get_state_display()}）"

    @property
    def stamp(self) -> str:
        """Names what is stored: every proposal and every decision makes it another one."""
        moments = (self.proposed_at, self.confirmed_at, self.review_on)
        return " ".join([self.state, *(moment.isoformat() for moment in moments if moment)])
