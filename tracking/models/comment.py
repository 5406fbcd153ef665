"""The talk on a procedure between its team and the information policy division."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.models import Procedure
from procedures.models.history import history


class CommentQuerySet(models.QuerySet):
    """Questions that the talk is asked."""

    def waiting(self) -> "CommentQuerySet":
        """Those that are meant for somebody and that nobody has marked 済."""
        return self.filter(~Q(addressee="") | Q(mentioned__isnull=False), done_at__isnull=True)


class Comment(models.Model):
    """やりとり: one message; it waits for an answer until somebody says 済.

    ``addressee`` is the side that has to act (empty: for information only). ``mentioned`` is the
    person it is meant for, where it is meant for one.
    """

    class Addressee(models.TextChoices):
        TEAM = "team", "部局室のDX推進チーム"
        DIVISION = "division", "情報政策課"

    procedure = models.ForeignKey(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="comments"
    )
    text = models.TextField("内容")
    addressee = models.CharField(
        "あて先", max_length=10, choices=Addressee.choices, blank=True, default=""
    )
    mentioned = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="名指しする人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mentions",
    )
    is_return = models.BooleanField("差戻し", default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="書いた人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    written_at = models.DateTimeField("書いた日時")
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="済にした人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    done_at = models.DateTimeField("済にした日時", null=True, blank=True)

    objects = CommentQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "やりとり"
        verbose_name_plural = "やりとり"
        ordering = ["written_at", "pk"]
        indexes = [
            models.Index(
                fields=["addressee", "procedure"],
                condition=Q(done_at__isnull=True),
                name="comment_waiting",
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="comment_has_words",
                condition=~Q(text=""),
                violation_error_message="内容を入力してください。",
            ),
            models.CheckConstraint(
                name="comment_done_by_whom_and_when",
                condition=Q(done_by__isnull=True, done_at__isnull=True)
                | Q(done_by__isnull=False, done_at__isnull=False),
                violation_error_message="済にした人と日時は、両方が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure} のやりとり"

    @property
    def is_waiting(self) -> bool:
        """As ``CommentQuerySet.waiting``."""
        is_meant_for_somebody = bool(self.addressee or self.mentioned_id)
        return is_meant_for_somebody and self.done_at is None

    @property
    def has_state(self) -> bool:
        """Whether there is more to say of it than that it was written."""
        return self.is_waiting or self.is_return or self.done_at is not None
