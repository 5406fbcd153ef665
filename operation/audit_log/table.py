"""The audit log as a file, without holding it in memory."""

import csv
import io
from collections.abc import Iterator
from typing import IO

from django.db.models import QuerySet
from django.utils import timezone

from procedures.models import AuditEvent
from procedures.spreadsheet.safety import guarded

HEADINGS = (
    "通し番号", "日時", "種類", "内容", "氏名", "ユーザーの番号", "アドレス", "経路", "件数",
    "お問い合わせ番号", "項目の番号", "要約値",
)  # fmt: skip
_CHUNK = 2_000


def write_csv(target: IO[bytes], entries: QuerySet[AuditEvent]) -> None:
    """``entries`` in UTF-8 with the mark by which Excel knows it; no cell is a formula."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(map(guarded, row) for row in _rows(entries))
    text.detach()


def _rows(entries: QuerySet[AuditEvent]) -> Iterator[tuple[str, ...]]:
    for event in entries.iterator(_CHUNK):
        yield (
            _text(event.number),
            timezone.localtime(event.at).isoformat(sep=" ", timespec="milliseconds"),
            event.get_kind_display(),
            event.what,
            event.by_name,
            _text(event.by_id),
            event.address,
            event.get_source_display(),
            _text(event.count),
            event.request_id,
            event.pk.hex,
            event.hash,
        )


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
