"""Imports: each file that came in, what it would do, and what was done."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ImportRun(models.Model):
    """取込: one uploaded file with its preview and its result. Kept for ever."""

    class State(models.TextChoices):
        REFUSED = "refused", "読み取れず"
        PREVIEWED = "previewed", "確認待ち"
        APPLIED = "applied", "取込済"
        DISCARDED = "discarded", "取りやめ"

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="実行者", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("日時", auto_now_add=True)
    file_name = models.CharField("ファイル名", max_length=255)
    file = models.FileField("ファイル", upload_to="imports/")
    file_size = models.PositiveBigIntegerField("大きさ（バイト）")
    file_sha256 = models.CharField("SHA-256", max_length=64)
    file_kind = models.CharField("様式", max_length=10, blank=True, default="")
    state = models.CharField("状態", max_length=12, choices=State.choices)
    message = models.TextField("説明", blank=True, default="")
    notes = models.JSONField("読取りの記録", default=list)
    new_count = models.PositiveIntegerField("新規", default=0)
    changed_count = models.PositiveIntegerField("変更", default=0)
    unchanged_count = models.PositiveIntegerField("変更なし", default=0)
    rejected_count = models.PositiveIntegerField("取り込めない", default=0)
    passed_over_count = models.PositiveIntegerField("対象外の行", default=0)
    # The newest procedure that the preview was compared with; later ones make it stale.
    newest_procedure = models.PositiveBigIntegerField(default=0, editable=False)
    confirms_exemptions = models.BooleanField("適用除外を確認済として取り込む", default=False)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="取込者",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    applied_at = models.DateTimeField("取込日時", null=True, blank=True)

    class Meta:
        verbose_name = "取込"
        verbose_name_plural = "取込"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="import_applied_by_whom_and_when",
                condition=Q(state="applied", applied_by__isnull=False, applied_at__isnull=False)
                | (~Q(state="applied") & Q(applied_by__isnull=True, applied_at__isnull=True)),
                violation_error_message="取込済には、取込者と取込日時が要ります。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name}（{self.get_state_display()}）"

    @property
    def counts(self) -> dict["ImportRow.Outcome", int]:
        """Rows per outcome; their sum is the number of rows in the file."""
        return {outcome: getattr(self, f"{outcome.value}_count") for outcome in ImportRow.Outcome}


class ImportRow(models.Model):
    """What one row of the file would do."""

    class Outcome(models.TextChoices):
        NEW = "new", "新規"
        CHANGED = "changed", "変更"
        UNCHANGED = "unchanged", "変更なし"
        REJECTED = "rejected", "取り込めない"
        PASSED_OVER = "passed_over", "対象外の行"

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField("シート", max_length=100, blank=True, default="")
    row_number = models.PositiveIntegerField("行")
    outcome = models.CharField("結果", max_length=12, choices=Outcome.choices)
    procedure = models.ForeignKey(
        "procedures.Procedure",
        verbose_name="手続",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    number = models.CharField("手続番号", max_length=50, blank=True, default="")
    name = models.CharField("手続名", max_length=400, blank=True, default="")
    # part → field → [old, new]; see procedures.bulk_import for the parts and their values.
    changes = models.JSONField("変更内容", default=dict)
    # [{"column", "cell", "value", "message"}]
    problems = models.JSONField("理由", default=list)
    notes = models.JSONField("注記", default=list)
    category_before = models.CharField("区分（前）", max_length=10, blank=True, default="")
    category_after = models.CharField("区分（後）", max_length=10, blank=True, default="")

    class Meta:
        verbose_name = "取込の行"
        verbose_name_plural = "取込の行"
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "outcome"], name="import_row_outcome")]

    def __str__(self) -> str:
        return f"{self.row_number}行目"
