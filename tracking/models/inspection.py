"""What of the inspection (点検) a person has looked at and left as it is."""

from django.conf import settings
from django.db import models

from procedures.models import Procedure
from procedures.models.history import history


class Dismissal(models.Model):
    """確認済: a finding of one check about one procedure that is right as it is, until a day.

    ``subject`` is what the finding was about (the values, as text): when those change, the
    dismissal no longer holds.
    """

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="dismissals"
    )
    check_key = models.CharField("点検項目", max_length=40)
    subject = models.CharField("確認した内容", max_length=300, blank=True, default="")
    reason = models.TextField("理由")
    until = models.DateField("期限")
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="確認した人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    dismissed_at = models.DateTimeField("確認した日時")

    history = history()

    class Meta:
        verbose_name = "点検の確認済"
        verbose_name_plural = "点検の確認済"
        constraints = [
            models.UniqueConstraint(fields=["procedure", "check_key"], name="dismissal_once")
        ]

    def __str__(self) -> str:
        return f"{self.procedure} {self.check_key}"
