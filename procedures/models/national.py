"""The national priority list (clause 3(1)①) as data with an edition, and who is linked to it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .history import history
from .organisation import Confidence


class NationalListEdition(models.Model):
    """One edition of the national list. Procedures are linked to items of the current one only."""

    class State(models.TextChoices):
        DRAFT = "draft", "確認中"
        CURRENT = "current", "現行"
        FORMER = "former", "旧版"

    key = models.CharField("版の記号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=200)
    published_on = models.DateField("公表日", null=True, blank=True)
    note = models.TextField("備考", blank=True, default="")
    state = models.CharField(
        "状態", max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    # What a person said of a draft: number in the edition before (text) → number here, or None.
    succession = models.JSONField("前の版との対応", default=dict, editable=False)

    history = history()

    class Meta:
        verbose_name = "国の優先手続一覧の版"
        verbose_name_plural = "国の優先手続一覧の版"
        ordering = ["-published_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="current"),
                name="national_list_one_current",
                violation_error_message="現行の版は一つだけです。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class NationalItemQuerySet(models.QuerySet):
    """Procedures of the national list."""

    def current(self) -> "NationalItemQuerySet":
        """Those of the edition that counts; no other may be linked."""
        return self.filter(edition__state=NationalListEdition.State.CURRENT)

    def municipal(self) -> "NationalItemQuerySet":
        """Those that a city has to do with."""
        return self.filter(applies_to_city=True)


class NationalPriorityProcedure(models.Model):
    """One procedure of the national list."""

    edition = models.ForeignKey(
        NationalListEdition, verbose_name="版", on_delete=models.PROTECT, related_name="procedures"
    )
    number = models.PositiveIntegerField("番号")
    name = models.CharField("手続名", max_length=300)
    group = models.CharField("区分", max_length=300, blank=True, default="")
    subgroup = models.CharField("小区分", max_length=10, blank=True, default="")
    tier = models.CharField("実施主体", max_length=100, blank=True, default="")
    legal_basis = models.TextField("根拠", blank=True, default="")
    is_special31 = models.BooleanField("特に国民の利便性向上に資する31手続", default=False)
    applies_to_city = models.BooleanField("市が対象", default=True)
    national_ids = models.CharField("国の手続ID", max_length=300, blank=True, default="")
    confidence = models.CharField(
        "確度", max_length=1, choices=Confidence.choices, default=Confidence.READ
    )
    source = models.CharField("出典", max_length=300, blank=True, default="")
    note = models.TextField("備考", blank=True, default="")
    absence = models.TextField(
        "市に制度がない理由",
        blank=True,
        default="",
        help_text="この手続が市にない場合に、その理由を書きます（制度なし）。",
    )

    objects = NationalItemQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "国の優先手続"
        verbose_name_plural = "国の優先手続"
        ordering = ["edition", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number"],
                name="national_number_unique_in_edition",
                violation_error_message="同じ版に同じ番号の手続があります。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class RefusedLink(models.Model):
    """A person's word that a procedure is not this item of the list: not to be suggested again."""

    item = models.ForeignKey(
        NationalPriorityProcedure,
        verbose_name="国の優先手続",
        on_delete=models.CASCADE,
        related_name="refusals",
    )
    procedure = models.ForeignKey(
        "procedures.Procedure", verbose_name="手続", on_delete=models.CASCADE, related_name="+"
    )
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="判断した人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    refused_at = models.DateTimeField("判断した日時")

    history = history()

    class Meta:
        verbose_name = "紐付けない判断"
        verbose_name_plural = "紐付けない判断"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "procedure"],
                name="refused_link_once",
                violation_error_message="この組は、すでに紐付けないと判断されています。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} ≠ {self.procedure}"
