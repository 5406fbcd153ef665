"""The national priority list (clause 3(1)①) as data with an edition."""

from django.db import models

from .history import history
from .organisation import Confidence


class NationalListEdition(models.Model):
    """One edition of the national list."""

    key = models.CharField("版の記号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=200)
    published_on = models.DateField("公表日", null=True, blank=True)
    note = models.TextField("備考", blank=True, default="")

    history = history()

    class Meta:
        verbose_name = "国の優先手続一覧の版"
        verbose_name_plural = "国の優先手続一覧の版"
        ordering = ["-published_on", "-pk"]

    def __str__(self) -> str:
        return self.name


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
