"""Acts: what one person did to many rows at once, to be named and to be taken back."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Act(models.Model):
    """まとめ操作: one press of a button over one or many procedures.

    The history rows of what it wrote refer to it. ``left_out`` and ``undo_left`` list what stayed
    as it was: ``procedure`` (key), ``name``, ``reason`` (a sentence); ``undo_left`` also
    ``fields`` (labels).
    """

    class Kind(models.TextChoices):
        EDIT = "edit", "まとめて変更"
        CONFIRMATION = "confirmation", "変更なし確認"
        ISSUES = "issues", "課題の登録"
        SOLUTION = "solution", "課題の解決"
        MEASURE = "measure", "共通の対応策の完了"
        HANDOVER = "handover", "担当の引継ぎ"
        PUBLICATION = "publication", "公表"
        LINKS = "links", "国の優先手続との紐付け"
        NATIONAL_LIST = "list", "国の優先手続一覧の改定"
        DUES = "dues", "国の期限の設定"
        POLICY = "policy", "方針の改定"
        REORGANISATION = "reorg", "組織改正"
        CONSULTATION = "consultation", "協議の結論"
        TRANSFER = "transfer", "人事異動"

    kind = models.CharField("種類", max_length=12, choices=Kind.choices)
    label = models.CharField("内容", max_length=300)
    count = models.PositiveIntegerField("手続の数", default=0)
    left_out = models.JSONField("変えなかった手続", default=list, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="操作した人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField("操作した日時", db_index=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="元に戻した人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    undone_at = models.DateTimeField("元に戻した日時", null=True, blank=True)
    undo_left = models.JSONField("元に戻さなかった内容", default=list, blank=True)

    class Meta:
        verbose_name = "まとめ操作"
        verbose_name_plural = "まとめ操作"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="act_undone_by_whom_and_when",
                condition=Q(undone_by__isnull=True, undone_at__isnull=True)
                | Q(undone_by__isnull=False, undone_at__isnull=False),
                violation_error_message="元に戻した人と日時は、両方が要ります。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.label}"
