"""What every history row says beside the row itself: where from, by whom, which row, in words."""

from functools import cache

from django.db import models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords


class Source(models.TextChoices):
    """The door through which a change came."""

    FORM = "form", "画面"
    INLINE = "inline", "一覧での編集"
    BULK = "bulk", "まとめ操作"
    IMPORT = "import", "取込"
    UNDO = "undo", "取消し"
    REVISION = "revision", "方針の改定"
    COMMAND = "command", "コマンド"
    ADMIN = "admin", "管理画面"


class HistoryEntry(models.Model):
    """Base of all history rows; the names are text so that they outlive person and row."""

    change_source = models.CharField("経路", max_length=12, choices=Source.choices, default="")
    by_name = models.CharField("変更者", max_length=150, default="")
    row_name = models.CharField("対象", max_length=300, default="")
    import_run = models.ForeignKey(
        "procedures.ImportRun",
        verbose_name="取込",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # Found through history_date, which has an index: this one would slow every import.
    act = models.ForeignKey(
        "procedures.Act",
        verbose_name="まとめ操作",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # The entry of the audit log that was written with the row; none before there was a log.
    event_id = models.UUIDField("監査ログの項目", null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Entries(HistoryManager):
    """The package's manager, whose class is made once: it makes one for every ``row.history``."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class, class_name=None):
        return super().from_queryset(queryset_class, class_name)


def history(*, without: tuple[str, ...] = ()) -> HistoricalRecords:
    """The history of a model that people change; rows are written by ``procedures.records``.

    ``without`` names fields that no history may keep.
    """
    return HistoricalRecords(
        bases=[HistoryEntry],
        history_manager=Entries,
        verbose_name="履歴",
        excluded_fields=without,
    )


class Versioned(models.Model):
    """A row whose edits are compared: ``version`` goes up by one per write."""

    version = models.PositiveIntegerField("版", default=1, editable=False)
    changed_at = models.DateTimeField("最終変更", editable=False, db_index=True)

    class Meta:
        abstract = True
