"""The e-application services in use (clause 4)."""

from django.db import models
from django.db.models import Q

from procedures.rules import Service
from procedures.rules.wording import SERVICE_LABELS

from .history import history


class ApplicationService(models.Model):
    """利用サービス: one entry of the catalogue, of one of the four kinds of clause 4."""

    code = models.CharField("コード", max_length=40, unique=True)
    name = models.CharField("名称", max_length=150, unique=True)
    kind = models.CharField(
        "種別", max_length=20, choices=[(kind.value, SERVICE_LABELS[kind]) for kind in Service]
    )
    owner = models.CharField("所管", max_length=150, blank=True, default="")
    available_from = models.DateField("利用開始日", null=True, blank=True)
    available_until = models.DateField("利用終了日", null=True, blank=True)
    url = models.URLField("URL", blank=True, default="")
    note = models.TextField("備考", blank=True, default="")

    history = history()

    class Meta:
        verbose_name = "電子申請サービス"
        verbose_name_plural = "電子申請サービス"
        ordering = ["kind", "code"]
        constraints = [
            models.CheckConstraint(
                name="service_lifetime",
                condition=Q(available_from__isnull=True)
                | Q(available_until__isnull=True)
                | Q(available_until__gte=models.F("available_from")),
                violation_error_message="利用終了日は、利用開始日以後の日にしてください。",
            )
        ]

    def __str__(self) -> str:
        return self.name
