"""Imports: each file that came in, what it would do, what was done; and how files are read."""

from django.conf import settings
from django.db import models
from django.db.models import Q


def _person(label: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        null=null,
        blank=null,
        on_delete=models.PROTECT,
        related_name="+",
    )


class ImportRun(models.Model):
    """取込: one uploaded file with its preview and its result. Kept for ever."""

    class State(models.TextChoices):
        READING = "reading", "読取り中"
        MAPPING = "mapping", "列の確認待ち"
        REFUSED = "refused", "読み取れず"
        PREVIEWED = "previewed", "確認待ち"
        APPLYING = "applying", "取込中"
        APPLIED = "applied", "取込済"
        UNDOING = "undoing", "取消し中"
        UNDONE = "undone", "取消し済"
        DISCARDED = "discarded", "取りやめ"
        BROKEN_OFF = "broken_off", "中断"

    WORKING = (State.READING, State.APPLYING, State.UNDOING)
    """The states in which a process is at work on the run."""

    created_by = _person("実行者")
    created_at = models.DateTimeField("日時", auto_now_add=True)
    deputy = _person("代わりに取り込める人", null=True)
    file_name = models.CharField("ファイル名", max_length=255)
    file = models.FileField("ファイル", upload_to="imports/")
    file_size = models.PositiveBigIntegerField("大きさ（バイト）")
    file_sha256 = models.CharField("SHA-256", max_length=64)
    file_kind = models.CharField("様式", max_length=10, blank=True, default="")
    state = models.CharField("状態", max_length=12, choices=State.choices)
    message = models.TextField("説明", blank=True, default="")
    notes = models.JSONField("読取りの記録", default=list)

    # How the file is read: `spreadsheet.mapping` knows the shapes of both.
    outline = models.JSONField("列の候補", default=dict, editable=False)
    mapping = models.JSONField("列の対応", default=dict, editable=False)
    unknown_values = models.JSONField("読み取れない値", default=dict, editable=False)
    fiscal_year = models.PositiveIntegerField(
        "件数の年度", null=True, blank=True, help_text="年度の列がない件数は、この年度のものです。"
    )
    confirms_exemptions = models.BooleanField("適用除外を確認済として取り込む", default=False)

    new_count = models.PositiveIntegerField("新規", default=0)
    changed_count = models.PositiveIntegerField("変更", default=0)
    unchanged_count = models.PositiveIntegerField("変更なし", default=0)
    rejected_count = models.PositiveIntegerField("取り込めない", default=0)
    passed_over_count = models.PositiveIntegerField("対象外の行", default=0)
    # Why the person is asked once more before it is applied: sentences.
    cautions = models.JSONField("確認してほしいこと", default=list)
    # The newest procedure that the preview was compared with; later ones make it stale.
    newest_procedure = models.PositiveBigIntegerField(default=0, editable=False)

    asks_mapping = models.BooleanField(default=False, editable=False)

    # For whom and by which process it is being worked on: a run that died is recognised by them.
    asked_by = _person("依頼者", null=True)
    worker = models.CharField(max_length=100, blank=True, default="", editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    progress_done = models.PositiveIntegerField(default=0, editable=False)
    progress_total = models.PositiveIntegerField(default=0, editable=False)
    progress_step = models.CharField(max_length=60, blank=True, default="", editable=False)

    applied_by = _person("取込者", null=True)
    applied_at = models.DateTimeField("取込日時", null=True, blank=True)
    undone_by = _person("取り消した人", null=True)
    undone_at = models.DateTimeField("取消し日時", null=True, blank=True)
    # [{"procedure", "name", "fields": [labels], "reason"}]: what an undo left to a person.
    undo_left = models.JSONField("取り消さなかったもの", default=list)

    class Meta:
        verbose_name = "取込"
        verbose_name_plural = "取込"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="import_applied_by_whom_and_when",
                condition=Q(
                    state__in=["applied", "undoing", "undone"],
                    applied_by__isnull=False,
                    applied_at__isnull=False,
                )
                | (
                    ~Q(state__in=["applied", "undoing", "undone"])
                    & Q(applied_by__isnull=True, applied_at__isnull=True)
                ),
                violation_error_message="取込済には、取込者と取込日時が要ります。",
            ),
            models.CheckConstraint(
                name="import_undone_by_whom_and_when",
                condition=Q(state="undone", undone_by__isnull=False, undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_by__isnull=True, undone_at__isnull=True)),
                violation_error_message="取消し済には、取り消した人と日時が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}（{self.get_state_display()}）"

    @property
    def counts(self) -> dict["ImportRow.Outcome", int]:
        """Rows per outcome; their sum is the number of rows in the file."""
        return {outcome: getattr(self, f"{outcome.value}_count") for outcome in ImportRow.Outcome}

    @property
    def is_working(self) -> bool:
        """Whether a process is at work on it, as far as the record says."""
        return self.state in self.WORKING


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
    # The outcome that the row had before a person left it out, "" for one that nobody did.
    left_out_from = models.CharField(max_length=12, blank=True, default="")
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
    # part → field → {"base", "now", "file", "choice"}; a person chooses "now" or "file".
    conflicts = models.JSONField("食い違い", default=dict)
    # [{"column", "cell", "value", "message"}]
    problems = models.JSONField("理由", default=list)
    notes = models.JSONField("注記", default=list)
    # [{"procedure": key or None, "row": number or None, "name", "score"}]
    similar = models.JSONField("似た手続", default=list)
    # Whether the stored procedure was changed between an earlier preview and this one.
    is_stale = models.BooleanField("プレビューの後に変更", default=False)
    moves_category = models.BooleanField("区分が変わる", default=False)
    category_before = models.CharField("区分（前）", max_length=10, blank=True, default="")
    category_after = models.CharField("区分（後）", max_length=10, blank=True, default="")

    class Meta:
        verbose_name = "取込の行"
        verbose_name_plural = "取込の行"
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "outcome"], name="import_row_outcome")]

    def __str__(self) -> str:
        return f"{self.row_number}行目"


class RememberedMapping(models.Model):
    """列の対応: how a file with these headings is read, as a person decided once."""

    shape = models.CharField("見出しの並び", max_length=64, unique=True)
    headings = models.JSONField("見出し", default=list)
    # One column key per heading, "" for one that is not read.
    columns = models.JSONField("列", default=list)
    # column key → written value → the word that it stands for.
    values = models.JSONField("値", default=dict)
    decided_by = _person("決めた人")
    decided_at = models.DateTimeField("決めた日時")

    class Meta:
        verbose_name = "列の対応"
        verbose_name_plural = "列の対応"
        ordering = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return "・".join(self.headings)[:100]
