"""The national survey (行政手続等の悉皆調査) as a reference table, replaced as a whole."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from procedures.rules import Answer
from procedures.rules.wording import ANSWER_LABELS

from .procedure import NationalState

_ANSWERS = [(answer.value, ANSWER_LABELS[answer]) for answer in Answer]


class SurveyEdition(models.Model):
    """One loading of the survey; the rows of the newest loaded one are in the table.

    Kept for ever. One at a time is being read, by the process that ``worker`` names.
    """

    class State(models.TextChoices):
        READING = "reading", "読込中"
        LOADED = "loaded", "読込済"
        REFUSED = "refused", "読み込めず"
        BROKEN_OFF = "broken_off", "中断"

    name = models.CharField("版の名称", max_length=100)
    file_name = models.CharField("ファイル名", max_length=255)
    file = models.FileField("ファイル", upload_to="surveys/")
    file_sha256 = models.CharField("SHA-256", max_length=64)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.READING)
    message = models.TextField("説明", blank=True, default="")
    row_count = models.PositiveIntegerField("手続の数", default=0)
    added_count = models.PositiveIntegerField("増えた手続", default=0)
    dropped_count = models.PositiveIntegerField("なくなった手続", default=0)
    difference_count = models.PositiveIntegerField("変更点", default=0)
    refreshed_count = models.PositiveIntegerField("参考値を改めた市の手続", default=0)
    left_out_count = models.PositiveIntegerField("取り入れなかった行", default=0)
    # The first of them: sheet, row, cell, message (a sentence).
    left_out = models.JSONField("取り入れなかった行の内容", default=list, blank=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="読み込んだ人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    started_at = models.DateTimeField("始めた日時")
    loaded_at = models.DateTimeField("読み込んだ日時", null=True, blank=True, db_index=True)

    worker = models.CharField(max_length=100, blank=True, default="", editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    progress_done = models.PositiveIntegerField(default=0, editable=False)
    progress_total = models.PositiveIntegerField(default=0, editable=False)
    progress_step = models.CharField(max_length=60, blank=True, default="", editable=False)

    class Meta:
        verbose_name = "国の調査の版"
        verbose_name_plural = "国の調査の版"
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="reading"),
                name="survey_edition_one_at_a_time",
                violation_error_message="国の調査を読み込んでいるところです。",
            ),
            models.CheckConstraint(
                name="survey_edition_loaded_when",
                condition=Q(state="loaded", loaded_at__isnull=False)
                | (~Q(state="loaded") & Q(loaded_at__isnull=True)),
                violation_error_message="読込済には、読み込んだ日時が要ります。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a process is at work on it, as far as the record says."""
        return self.state == self.State.READING


class SurveyProcedure(models.Model):
    """One procedure of the national survey, in the inventory's terms; found by ``national_id``."""

    national_id = models.CharField("国の手続ID", max_length=20, unique=True)
    name = models.CharField("手続名", max_length=400)
    law_name = models.CharField("法令名", max_length=300, blank=True, default="")
    law_number = models.CharField("法令番号", max_length=100, blank=True, default="")
    article = models.CharField("条項", max_length=200, blank=True, default="")
    state = models.CharField(
        "国の実施状況", max_length=12, choices=NationalState.choices, blank=True, default=""
    )
    planned_year = models.PositiveIntegerField("国の実施予定年度", null=True, blank=True)
    concern = models.TextField("国の懸念点", blank=True, default="")
    identity_check = models.CharField(
        "本人確認", max_length=12, choices=_ANSWERS, default=Answer.UNKNOWN.value
    )
    attachments = models.CharField(
        "添付書類", max_length=12, choices=_ANSWERS, default=Answer.UNKNOWN.value
    )
    payment = models.CharField(
        "金銭納付", max_length=12, choices=_ANSWERS, default=Answer.UNKNOWN.value
    )
    total_volume = models.PositiveBigIntegerField("全国の総件数", null=True, blank=True)
    online_volume = models.PositiveBigIntegerField("全国のオンライン件数", null=True, blank=True)
    # Id, name and law as they are searched: one width, one case, no blanks.
    search_key = models.TextField(default="", editable=False)

    class Meta:
        verbose_name = "国の調査の手続"
        verbose_name_plural = "国の調査の手続"
        ordering = ["pk"]  # as in the file

    def __str__(self) -> str:
        return f"{self.national_id} {self.name}"


class SurveyDifference(models.Model):
    """One fact of one procedure that a new edition of the survey says otherwise than the last.

    Only facts that bear on the work, never spelling; ``old`` and ``new`` are codes. It waits until
    somebody puts it away with a reason.
    """

    class Fact(models.TextChoices):
        STATE = "state", "国の実施状況"
        EXEMPT = "exempt", "国の適用除外"
        PLANNED_YEAR = "planned_year", "国の実施予定年度"
        IDENTITY_CHECK = "identity_check", "本人確認"
        ATTACHMENTS = "attachments", "添付書類"
        PAYMENT = "payment", "手数料"

    edition = models.ForeignKey(
        SurveyEdition, verbose_name="版", on_delete=models.CASCADE, related_name="differences"
    )
    national_id = models.CharField("国の手続ID", max_length=20, db_index=True)
    name = models.CharField("手続名", max_length=400)
    fact = models.CharField("項目", max_length=16, choices=Fact.choices)
    old = models.CharField("前の版", max_length=12, blank=True, default="")
    new = models.CharField("新しい版", max_length=12, blank=True, default="")
    reason = models.TextField("確認した内容", blank=True, default="")
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="確認した人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    dismissed_at = models.DateTimeField("確認した日時", null=True, blank=True)

    class Meta:
        verbose_name = "国の調査の変更点"
        verbose_name_plural = "国の調査の変更点"
        ordering = ["national_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "national_id", "fact"], name="survey_difference_once"
            ),
            models.CheckConstraint(
                name="survey_difference_dismissed_with_reason",
                condition=Q(dismissed_by__isnull=True, dismissed_at__isnull=True, reason="")
                | (Q(dismissed_by__isnull=False, dismissed_at__isnull=False) & ~Q(reason="")),
                violation_error_message="確認済にするには、その理由を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.national_id} {self.get_fact_display()}"
