"""組織改正: units renamed, merged, split and moved on a day, all in one act."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.models import Act
from procedures.models.history import Versioned, history


class ReorganisationQuerySet(models.QuerySet):
    """Questions that reorganisations are asked."""

    def due(self, on: date) -> "ReorganisationQuerySet":
        """The drafts whose day has come: a person carries them out, nothing does it alone."""
        return self.filter(state=Reorganisation.State.DRAFT, effective_on__lte=on)


class Reorganisation(Versioned):
    """組織改正: ``steps`` say in turn what becomes of which units; see ``tracking.structure``.

    It changes nothing until it is carried out; ``done_as`` is what an undo takes back, and what
    says that it was.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "準備中"
        DONE = "done", "実施済"

    name = models.CharField("名称", max_length=100)
    effective_on = models.DateField("実施日")
    steps = models.JSONField("内容", default=list, blank=True)
    note = models.TextField("備考", blank=True, default="")
    state = models.CharField(
        "状態", max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="実施した人",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    done_at = models.DateTimeField("実施した日時", null=True, blank=True, editable=False)
    done_as = models.ForeignKey(
        Act,
        verbose_name="まとめ操作",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = ReorganisationQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name = "組織改正"
        verbose_name_plural = "組織改正"
        ordering = ["-effective_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="reorganisation_named",
                condition=~Q(name=""),
                violation_error_message="組織改正の名称を入力してください。",
            ),
            models.CheckConstraint(
                name="reorganisation_done_by_whom_and_when",
                condition=Q(
                    state="draft", done_by__isnull=True, done_at__isnull=True, done_as__isnull=True
                )
                | (
                    ~Q(state="draft")
                    & Q(done_by__isnull=False, done_at__isnull=False, done_as__isnull=False)
                ),
                violation_error_message="実施した組織改正には、実施した人と日時が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_undone(self) -> bool:
        """Whether it was carried out and taken back: its act says so."""
        return self.done_as is not None and self.done_as.undone_at is not None
