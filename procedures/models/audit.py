"""The audit log (監査ログ): what happened, by whom, from where; and how its entries are chained."""

import secrets
import time
import uuid

from django.db import models
from django.db.models import Q

from .history import Source


def new_event_key() -> uuid.UUID:
    """A key that nobody else makes, rising with time (UUID version 7).

    Made without asking the database, so that history rows can carry it before a lock is taken.
    Of its bits 48 count milliseconds, 12 their fractions, and 62 are random.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    moment = milliseconds << 80 | fraction << 64
    return uuid.UUID(int=moment | 7 << 76 | 2 << 62 | secrets.randbits(62))


class AuditEvent(models.Model):
    """監査ログの1件. Written once; sealing adds ``number``, ``previous`` and ``hash``.

    Names are text beside keys without a constraint: an entry outlives the person and the row.
    """

    class Kind(models.TextChoices):
        CHANGE = "change", "変更"
        PERMISSION = "permission", "利用者・権限"
        SIGN_IN = "sign_in", "ログイン"
        SIGN_IN_FAILED = "sign_in_failed", "ログインの失敗"
        LOCKOUT = "lockout", "ログインの一時停止"
        SIGN_OUT = "sign_out", "ログアウト"
        EXPORT = "export", "出力"
        IMPORT = "import", "取込"
        EDITION = "edition", "版の凍結"
        BACKUP = "backup", "バックアップ"
        RESTORE = "restore", "復元"
        RETENTION = "retention", "保存期間の整理"
        VERIFICATION = "verification", "検証"
        START = "start", "記録の開始"

    VOUCHING = (Kind.RETENTION, Kind.START)
    """The kinds whose digest is that of a beginning of the chain, not of history rows."""

    id = models.UUIDField(primary_key=True, default=new_event_key, editable=False)
    at = models.DateTimeField("日時")
    kind = models.CharField("種類", max_length=16, choices=Kind.choices)
    what = models.CharField("内容", max_length=300)
    by = models.ForeignKey(
        "procedures.User",
        verbose_name="利用者",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    by_name = models.CharField("氏名", max_length=150, blank=True, default="")
    address = models.CharField("アドレス", max_length=45, blank=True, default="")
    request_id = models.CharField("お問い合わせ番号", max_length=64, blank=True, default="")
    source = models.CharField("経路", max_length=12, choices=Source.choices, blank=True, default="")
    count = models.PositiveBigIntegerField("件数", null=True, blank=True)
    # What the entry is about, for a link: a model's label and a key of it.
    row_model = models.CharField("対象の種類", max_length=60, blank=True, default="")
    row_key = models.BigIntegerField("対象の番号", null=True, blank=True)
    # SHA-256 of the history rows that were written with the entry; blank where none were.
    digest = models.CharField("履歴の要約値", max_length=64, blank=True, default="")
    number = models.BigIntegerField("通し番号", null=True, blank=True, unique=True)
    previous = models.CharField("前の要約値", max_length=64, blank=True, default="")
    hash = models.CharField("要約値", max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "監査ログ"
        verbose_name_plural = "監査ログ"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(fields=["kind", "at", "id"], name="audit_kind"),
            models.Index(fields=["by", "at", "id"], name="audit_by"),
            models.Index(fields=["address", "at", "id"], name="audit_address"),
            models.Index(fields=["request_id"], name="audit_request"),
            models.Index(fields=["id"], condition=Q(number__isnull=True), name="audit_not_sealed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.what}"


class AuditChain(models.Model):
    """The one row that says where the chain ends and where it begins.

    ``number`` and ``hash`` are those of the newest sealed entry. Entries up to ``base_number``
    are no longer there; ``base_hash`` is what the first one that is there follows. History rows
    up to ``starts`` (by model) belong to no entry that is there. The newest entry of the kinds
    START and RETENTION vouches for this beginning by its digest.
    """

    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True, default="")
    base_number = models.BigIntegerField(default=0)
    base_hash = models.CharField(max_length=64, blank=True, default="")
    starts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "監査ログの鎖"
        verbose_name_plural = "監査ログの鎖"

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"
