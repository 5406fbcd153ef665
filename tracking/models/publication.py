"""Which procedures stand in the table that anybody may read (公表)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.models import Procedure
from procedures.models.history import history


class Publication(models.Model):
    """公表の承認: this procedure may stand in the public table; both empty: not (any more)."""

    procedure = models.OneToOneField(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="publication"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="承認した人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField("承認の日時", null=True, blank=True)

    history = history()

    class Meta:
        verbose_name = "公表"
        verbose_name_plural = "公表"
        constraints = [
            models.CheckConstraint(
                name="publication_approved_by_whom_and_when",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                violation_error_message="公表の承認には、承認した人と日時の両方が要ります。",
            )
        ]

    def __str__(self) -> str:
        return str(self.procedure)
