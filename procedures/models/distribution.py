"""Distributions: the list handed out to the departments as workbooks, and what came back."""

from django.conf import settings
from django.db import models

from .bulk_import import ImportRun
from .organisation import Department


class Distribution(models.Model):
    """配付: one workbook for each department, made at one moment."""

    name = models.CharField("名称", max_length=100, unique=True)
    due_on = models.DateField("提出の期限", null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="配付者", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("配付日時")

    class Meta:
        verbose_name = "配付"
        verbose_name_plural = "配付"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class DistributedSheet(models.Model):
    """配付した表: the workbook of one department, and the import by which it came back."""

    distribution = models.ForeignKey(Distribution, on_delete=models.CASCADE, related_name="sheets")
    department = models.ForeignKey(
        Department, verbose_name="部局室", on_delete=models.PROTECT, related_name="+"
    )
    row_count = models.PositiveIntegerField("手続の数")
    # The newest import of the workbook; its state says how far it has come.
    returned_as = models.ForeignKey(
        ImportRun,
        verbose_name="取込",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="returned_sheets",
    )

    class Meta:
        verbose_name = "配付した表"
        verbose_name_plural = "配付した表"
        ordering = ["department__order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["distribution", "department"], name="distributed_once_to_a_department"
            )
        ]

    def __str__(self) -> str:
        return f"{self.distribution}（{self.department}）"
