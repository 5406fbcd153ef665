"""The public table (公表): which procedures stand in it, and each of them as the public reads it.

Nothing else about a procedure leaves the office this way. No sums over rows: beside them a hidden
number could be worked out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import Certainty, Procedure, YearlyVolume
from procedures.spreadsheet.safety import guarded
from procedures.templatetags.inventory import fiscal_year_label, percent

from .masking import Shown, ShownCounts, State, masked
from .models import Coverage, Publication
from .selections import condition
from .workflow import Status

TITLE = "行政手続のオンライン化の状況"
UNKNOWN, BELOW, WITHHELD, NONE = "不明", "{limit}未満", "非公表", "－"
ONLINE, PARTLY_ONLINE = "オンライン（{service}）", "一部オンライン（{service}）"
NOT_ONLINE = "オンライン未対応"
MASKING_NOTE = (
    "1件以上{limit}件未満の件数は「{below}」とし、ほかの数字から少ない件数が分かってしまうものは"
    "「非公表」としています。"
)
SOURCE = "{office}が行政手続オンライン化管理台帳から作成"
INTERNAL_WORDS = ("内部", "庁内", "職員用", "テスト", "試行", "仮称", "（仮）", "(仮)")
NO_URL = "オンラインの手続ですが、URLがありません。"
URL_NOT_PUBLIC = "URLが庁外から開けるものではないため、表に出しません。"
NO_VOLUME, NO_ONLINE_VOLUME = "年間件数が不明です。", "オンライン件数が不明です。"
NO_DEPARTMENT = "担当の部局室が決まっていません。"
INTERNAL_NAME = "手続名に「{word}」があります。"
CSV_HEADINGS = (
    "手続名", "部局室", "課", "年度", "件数の確度", "年間件数", "うちオンライン", "割合",
    "利用方法", "URL",
)  # fmt: skip
OFFICE_ORDER = (
    F("department__order").asc(nulls_last=True),
    F("division__order").asc(nulls_last=True),
    "name_key",
    "pk",
)
NAME_ORDER = ("name_key", "pk")
_VALUES = (
    "pk", "name", "department__name", "division__name", "plan__status", "plan__coverage",
    "plan__service__name", "plan__url", "publication__approved_at",
)  # fmt: skip
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement
_INNER_DOMAINS = ("local", "localhost", "lan", "internal", "lgwan.jp")


@dataclass(frozen=True, slots=True)
class PublicRow:
    """One procedure as the public reads it: what is published, and the words for it.

    ``fiscal_year`` is that of all its numbers, None where none is known. ``url`` is empty where
    the procedure is not online or has none that opens from outside.
    """

    name: str
    department: str
    division: str
    fiscal_year: int | None
    is_estimate: bool
    counts: ShownCounts
    total: str
    online: str
    share: str
    method: str
    url: str

    @property
    def year(self) -> str:
        """The fiscal year in words."""
        return fiscal_year_label(self.fiscal_year) if self.fiscal_year else UNKNOWN


@dataclass(frozen=True, slots=True)
class Candidate:
    """A procedure that may stand in the table, as the division sees it.

    ``approved_at`` is None where nobody has approved it. ``warnings`` are sentences on what to
    look at before that.
    """

    pk: int
    row: PublicRow
    approved_at: datetime | None
    warnings: tuple[str, ...]


def publishable(on: date) -> QuerySet[Procedure]:
    """The procedures that may stand in the table on the day ``on``: in force and in scope."""
    return Procedure.objects.filter(condition("in_scope", on))


def published(on: date) -> QuerySet[Procedure]:
    """Those of them that the division has approved; whether the table can be read or not."""
    return publishable(on).filter(publication__approved_at__isnull=False)


def public_rows(procedures: QuerySet[Procedure], *, on: date) -> list[PublicRow]:
    """``procedures`` in their order, in two queries (within ``_CHUNK`` of them)."""
    return [row for _, row in _read(procedures, on)]


def candidates(procedures: QuerySet[Procedure], *, on: date) -> list[Candidate]:
    """As ``public_rows``, with what the division looks at."""
    return [
        Candidate(
            values["pk"], row, values["publication__approved_at"], tuple(_warnings(values, row))
        )
        for values, row in _read(procedures, on)
    ]


def candidates_of(keys: Sequence[int], *, on: date) -> list[Candidate]:
    """As ``candidates``, of any number of procedures by their keys."""
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    rows = Procedure.objects.order_by(*OFFICE_ORDER)
    return [one for chunk in chunks for one in candidates(rows.filter(pk__in=chunk), on=on)]


def updated_on(on: date) -> date | None:
    """The last day on which something in the table may have changed; None for an empty one."""
    moments = published(on).aggregate(
        procedure=Max("changed_at"), plan=Max("plan__changed_at")
    ) | Publication.history.aggregate(approval=Max("history_date"))
    if moments["procedure"] is None:
        return None
    return timezone.localdate(max(moment for moment in moments.values() if moment))


def masking_note() -> str:
    """The sentence on hidden counts; empty where none are hidden."""
    limit = settings.PUBLICATION_MASK_BELOW
    return MASKING_NOTE.format(limit=limit, below=BELOW.format(limit=limit)) if limit else ""


def write_csv(target: IO[bytes], rows: Iterable[PublicRow]) -> None:
    """The table as csv, in UTF-8 with the mark by which Excel knows it; ``target`` stays open.

    Text that a spreadsheet would take for a formula has ' before it.
    """
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_HEADINGS)
    writer.writerows(map(guarded, _csv_cells(row)) for row in rows)
    text.detach()


def as_json(rows: Iterable[PublicRow], *, on: date) -> dict[str, Any]:
    """The table for programs: the rows, and what each of their fields means."""
    changed = updated_on(on)
    return {
        "title": TITLE,
        "publisher": settings.OFFICE_NAME,
        "source": SOURCE.format(office=settings.OFFICE_NAME),
        "contact": settings.PUBLICATION_CONTACT,
        "license": settings.PUBLICATION_LICENSE or None,
        "reference_date": on.isoformat(),
        "updated_on": changed.isoformat() if changed else None,
        "masked_below": settings.PUBLICATION_MASK_BELOW or None,
        "fields": _JSON_FIELDS,
        "procedures": [_json_row(row) for row in rows],
    }


def public_url(url: str) -> str:
    """``url`` if anybody can open it: http(s), a host on the internet, no password; or ""."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    is_open = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return url if is_open and _is_on_the_internet(host) else ""


def _is_on_the_internet(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not any(
            host == domain or host.endswith(f".{domain}") for domain in _INNER_DOMAINS
        )


def _read(
    procedures: QuerySet[Procedure], on: date
) -> Iterator[tuple[Mapping[str, Any], PublicRow]]:
    stored = list(procedures.values(*_VALUES))
    volumes = _volumes([values["pk"] for values in stored], on)
    for values in stored:
        yield values, _public_row(values, volumes.get(values["pk"]))


def _volumes(keys: Sequence[int], on: date) -> dict[int, YearlyVolume]:
    """By procedure: the newest complete fiscal year with both counts, else with the one there is.

    A year that is not over yet would change from day to day, and tell of single applications.
    """
    best: dict[int, YearlyVolume] = {}
    complete = YearlyVolume.objects.filter(fiscal_year__lte=last_complete_fiscal_year(on))
    known = complete.exclude(total__isnull=True, online__isnull=True)
    for start in range(0, len(keys), _CHUNK):
        for volume in known.filter(procedure__in=keys[start : start + _CHUNK]):
            other = best.get(volume.procedure_id)
            if other is None or _worth(volume) > _worth(other):
                best[volume.procedure_id] = volume
    return best


def _worth(volume: YearlyVolume) -> tuple[bool, bool, int]:
    is_complete = volume.total is not None and volume.online is not None
    return is_complete, volume.total is not None, volume.fiscal_year


def _public_row(values: Mapping[str, Any], volume: YearlyVolume | None) -> PublicRow:
    limit = settings.PUBLICATION_MASK_BELOW
    total, online = (volume.total, volume.online) if volume else (None, None)
    counts = masked(total, online, limit)
    is_estimate = volume is not None and volume.certainty == Certainty.ESTIMATE
    is_online = values["plan__status"] == Status.ONLINE
    about = "約" if is_estimate and counts.total.state is State.KNOWN else ""
    return PublicRow(
        name=values["name"],
        department=values["department__name"] or "",
        division=values["division__name"] or "",
        fiscal_year=volume.fiscal_year if volume else None,
        is_estimate=is_estimate,
        counts=counts,
        total=f"{about}{_words(counts.total, f'{counts.total.value or 0:,}')}",
        online=_words(counts.online, f"{counts.online.value or 0:,}"),
        share=_words(counts.share, percent(counts.share.value)),
        method=_method(values) if is_online else NOT_ONLINE,
        url=public_url(values["plan__url"]) if is_online else "",
    )


def _method(values: Mapping[str, Any]) -> str:
    is_partly = values["plan__coverage"] == Coverage.PARTLY
    return (PARTLY_ONLINE if is_partly else ONLINE).format(service=values["plan__service__name"])


def _words(shown: Shown, known: str) -> str:
    """What stands in the place of a number; ``known`` is the number itself in words."""
    return {
        State.KNOWN: known,
        State.UNKNOWN: UNKNOWN,
        State.BELOW: BELOW.format(limit=settings.PUBLICATION_MASK_BELOW),
        State.WITHHELD: WITHHELD,
        State.NONE: NONE,
    }[shown.state]


def _warnings(values: Mapping[str, Any], row: PublicRow) -> Iterator[str]:
    is_online = row.method != NOT_ONLINE
    if is_online and not row.url:
        yield URL_NOT_PUBLIC if values["plan__url"] else NO_URL
    if row.counts.total.state is State.UNKNOWN:
        yield NO_VOLUME
    elif is_online and row.counts.online.state is State.UNKNOWN:
        yield NO_ONLINE_VOLUME
    if not row.department:
        yield NO_DEPARTMENT
    for word in INTERNAL_WORDS:
        if word in row.name:
            yield INTERNAL_NAME.format(word=word)


def _csv_cells(row: PublicRow) -> tuple[str, ...]:
    certainty = Certainty.ESTIMATE if row.is_estimate else Certainty.ACTUAL
    return (
        row.name,
        row.department,
        row.division,
        row.year,
        certainty.label if row.fiscal_year else "",
        _words(row.counts.total, str(row.counts.total.value)),
        _words(row.counts.online, str(row.counts.online.value)),
        row.share,
        row.method,
        row.url,
    )


_COUNT_STATES = (
    "known：数値あり、unknown：不明、below_limit：1件以上masked_below件未満、"
    "withheld：ほかの数字から少ない件数が分かるため非公表"
)
_JSON_FIELDS = {
    "name": {"type": "string", "description": "手続名"},
    "department": {"type": "string|null", "description": "担当の部局室"},
    "division": {"type": "string|null", "description": "担当の課"},
    "fiscal_year": {
        "type": "integer|null",
        "unit": "年度（西暦。4月から翌年3月まで）",
        "description": "件数と割合の年度。件数が不明のときはnull",
    },
    "is_estimate": {"type": "boolean", "description": "件数が概数であるか"},
    "annual_applications": {
        "type": "integer|null",
        "unit": "件",
        "description": "年間件数（オンラインとそれ以外の申請等の合計）",
    },
    "annual_applications_state": {"type": "string", "description": _COUNT_STATES},
    "online_applications": {
        "type": "integer|null",
        "unit": "件",
        "description": "年間件数のうちオンラインの件数",
    },
    "online_applications_state": {"type": "string", "description": _COUNT_STATES},
    "online_share": {
        "type": "number|null",
        "unit": "0から1の割合",
        "description": "online_applications ÷ annual_applications",
    },
    "online_share_state": {
        "type": "string",
        "description": f"{_COUNT_STATES}、not_applicable：年間件数が0件",
    },
    "is_online": {"type": "boolean", "description": "オンラインで行えるか（一部を含む）"},
    "method": {"type": "string", "description": "利用方法"},
    "url": {"type": "string|null", "description": "オンラインの申請等のページ"},
}


def _json_row(row: PublicRow) -> dict[str, Any]:
    counts = row.counts
    return {
        "name": row.name,
        "department": row.department or None,
        "division": row.division or None,
        "fiscal_year": row.fiscal_year,
        "is_estimate": row.is_estimate,
        "annual_applications": counts.total.value,
        "annual_applications_state": counts.total.state,
        "online_applications": counts.online.value,
        "online_applications_state": counts.online.state,
        "online_share": counts.share.value,
        "online_share_state": counts.share.state,
        "is_online": row.method != NOT_ONLINE,
        "method": row.method,
        "url": row.url or None,
    }
