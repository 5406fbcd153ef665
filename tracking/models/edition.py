"""Frozen editions (版) of the figures, as the IT promotion headquarters was shown them."""

from django.conf import settings
from django.db import models


class EditionQuerySet(models.QuerySet):
    """Editions, the one with the latest reference date first."""

    def for_list(self) -> "EditionQuerySet":
        """Without what only a page of one edition reads."""
        return self.select_related("frozen_by").defer("content", "rows")

    def before(self, edition: "Edition") -> "EditionQuerySet":
        """Those that stand before ``edition`` in time."""
        same_day = models.Q(reference_date=edition.reference_date, pk__lt=edition.pk)
        return self.filter(models.Q(reference_date__lt=edition.reference_date) | same_day)


class Edition(models.Model):
    """One frozen edition: what the office's figures were on a reference date, for ever.

    Written once by ``tracking.actions.editions`` and never changed; ``content`` holds everything
    that the paper says, ``rows`` the state of each procedure then, and ``digest`` is the SHA-256
    of both, so that a change past the program shows.
    """

    title = models.CharField("名称", max_length=100)
    reference_date = models.DateField("基準日", db_index=True)
    content = models.JSONField("内容")
    rows = models.JSONField("手続の状態")
    digest = models.CharField("照合値", max_length=64)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="確定した人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    frozen_at = models.DateTimeField("確定した日時")

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = "版"
        verbose_name_plural = "版"
        ordering = ["-reference_date", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["title", "reference_date"],
                name="edition_title_unique_on_reference_date",
                violation_error_message="同じ名称と基準日の版がすでにあります。",
            )
        ]

    def __str__(self) -> str:
        return self.title
