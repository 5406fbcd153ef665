"""The one table of columns that a list of procedures can show, and what each says of a row.

A row is what ``QuerySet.values()`` gives for the ``values`` of its columns. A cell is text, which
is escaped where it is put into the page, or HTML that was put together here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from procedures.models import ASPECT_FIELDS, FLAG_FIELDS, Procedure
from procedures.rules import Aspect, Category, Clause, Facts, Warning, advise_service, label
from procedures.rules.wording import ASPECT_LABELS, CLAUSE_NUMBERS
from procedures.spreadsheet.codes import ANSWERS, OTHER_ANSWERS, labels

from .models import OPEN_STATES, Coverage, Issue
from .workflow import STATUS_LABELS, Status

Row = Mapping[str, Any]
NONE = format_html('<span class="soft">{}</span>', "－")
UNKNOWN = format_html('<span class="soft">{}</span>', "不明")
UNASSIGNED = "所管未定"
_BREAK = mark_safe("<br>")
_REASON_SHOWN = 40  # characters; the whole stands on the procedure's page


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``cell`` says what it shows of a row that has at least ``values``.

    ``sort`` names its order in ``filters.SORTS``, ``css`` the class of its cells.
    """

    key: str
    label: str
    values: tuple[str, ...]
    cell: Callable[[Row], str]
    sort: str = ""
    css: str = ""


@lru_cache(maxsize=256)
def badge(kind: str, words: str) -> SafeString:
    """components/_badge.html; kept, because a page repeats the few that there are."""
    html = render_to_string("components/_badge.html", {"kind": kind, "label": words})
    return mark_safe(html.strip())  # noqa: S308 - a template has escaped it


def day(value: date | None) -> SafeString:
    """A day as in a list: 2027/3/31."""
    if value is None:
        return NONE
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return _day_words(value)


@lru_cache(maxsize=4096)
def _day_words(value: date) -> SafeString:
    return format_html("{}/{}/{}", value.year, value.month, value.day)


def _text(field: str, missing: str = NONE) -> Callable[[Row], str]:
    return lambda row: row[field] or missing


def _day(field: str) -> Callable[[Row], str]:
    return lambda row: day(row[field])


def _category(row: Row) -> str:
    return _reasons(
        row["category"],
        row["grounds"],
        row["obstacles"],
        row["unanswered"],
        row["warnings"],
        row["is_deciding"],
    )


@lru_cache(maxsize=2048)
def _reasons(
    category: str,
    grounds: tuple[str, ...],
    obstacles: tuple[str, ...],
    unanswered: tuple[str, ...],
    warnings: tuple[str, ...],
    is_deciding: bool,
) -> SafeString:
    """The category with its reasons; kept, because most rows of an office share a handful."""
    reasons = [
        "、".join(f"{CLAUSE_NUMBERS[Clause(code)]} {label(Clause(code))}" for code in grounds)
    ]
    if obstacles:
        reasons.append(f"支障：{_aspects(obstacles)}")
    if unanswered:
        lead = "回答すると区分が決まる項目" if is_deciding else "未調査"
        reasons.append(f"{lead}：{_aspects(unanswered)}")
    reasons += [f"注意：{label(Warning(code))}" for code in warnings]
    return format_html(
        '{} <span class="small soft">{}</span>',
        badge(category, label(Category(category))),
        format_html_join(_BREAK, "{}", ([reason] for reason in reasons)),
    )


def _aspects(codes: Iterable[str]) -> str:
    return "、".join(label(Aspect(code)) for code in codes)


def _status(row: Row) -> str:
    return badge(row["plan_status"], STATUS_LABELS[Status(row["plan_status"])])


def _service(row: Row) -> str:
    """The service; where it is none or not of the kind that clause 4 gives, also what that is."""
    name, kind = row["plan__service__name"], row["plan__service__kind"]
    advised, words = _advice(*(row[flag] for flag in FLAG_FIELDS))
    if kind == advised:
        return name
    parts = [name or NONE, words]
    if name:
        parts.append(_reason_words(row["plan__service_reason"]))
    return _lines(parts)


@lru_cache(maxsize=32)
def _advice(*flags: bool) -> tuple[str, SafeString]:
    """The kind of clause 4 for procedures with these ``FLAG_FIELDS``, and its words."""
    advice = advise_service(Facts(**dict(zip(FLAG_FIELDS, flags, strict=True))))
    words = format_html('<span class="small soft">方針4：{}</span>', label(advice.service))
    return advice.service.value, words


def _reason_words(reason: str) -> SafeString:
    text = f"理由：{reason[:_REASON_SHOWN]}" if reason else "違う理由は未記入"
    return format_html('<span class="small soft">{}</span>', text)


def _target(row: Row) -> str:
    parts = [day(row["plan__target_date"])]
    if row["is_overdue"]:
        parts.append(badge("overdue", "期限超過"))
    if row["is_behind_national"]:
        due = day(row["plan__national_due"])
        parts.append(badge("warning", "国より遅い"))
        parts.append(format_html('<span class="small soft">国の期限 {}</span>', due))
    return parts[0] if len(parts) == 1 else _lines(parts)


def _changed(row: Row) -> str:
    changed = day(row["last_change"])
    return _lines([changed, badge("stale", "更新停滞")]) if row["is_stale"] else changed


def _lines(parts: Iterable[str]) -> SafeString:
    return format_html_join(_BREAK, "{}", ([part] for part in parts))


def _volume(row: Row) -> str:
    volume = row["annual_volume"]
    return UNKNOWN if volume is None else f"{volume:,}"


def _answer(field: str) -> Callable[[Row], str]:
    words = labels(OTHER_ANSWERS if field == Aspect.OTHER else ANSWERS)
    return lambda row: words[row[field]]


def _coverage(row: Row) -> str:
    coverage = row["plan__coverage"]
    return str(Coverage(coverage).label) if coverage else NONE


def _issues(row: Row) -> str:
    return f"{row['open_issue_count']:,}"


def _url(row: Row) -> str:
    if not row["plan__url"]:
        return NONE
    return format_html(
        '<a href="{}" rel="noreferrer">開く'
        '<span class="visually-hidden">：{}の申請ページ</span></a>',
        row["plan__url"],
        row["name"],
    )


NUMBER = Column("number", "番号", ("number",), _text("number"), "number", "nowrap")
NAME = Column("name", "手続名", ("name",), _text("name"), "name")
"""Shown first in every list, whatever a person has chosen; the name leads to the procedure."""

COLUMNS = (
    Column(
        "department",
        "部局室",
        ("department__name",),
        _text("department__name", UNASSIGNED),
        "department",
        "unit-cell",
    ),
    Column("division", "課", ("division__name",), _text("division__name"), "division", "unit-cell"),
    Column(
        "category",
        "区分と理由",
        ("category", "grounds", "obstacles", "unanswered", "warnings", "is_deciding"),
        _category,
        "category",
        "reason-cell",
    ),
    Column("status", "状況", ("plan_status",), _status, "status"),
    Column(
        "target",
        "目標日",
        ("plan__target_date", "plan__national_due", "is_overdue", "is_behind_national"),
        _target,
        "target",
        "nowrap",
    ),
    Column(
        "service",
        "利用サービス",
        ("plan__service__name", "plan__service__kind", "plan__service_reason", *FLAG_FIELDS),
        _service,
        "service",
    ),
    Column("volume", "年間件数", ("annual_volume",), _volume, "volume", "num"),
    Column("changed", "更新", ("last_change", "is_stale"), _changed, "changed", "nowrap small"),
    Column("assignee", "担当者", ("plan__assignee",), _text("plan__assignee"), "assignee"),
    Column(
        "launched",
        "開始日",
        ("plan__launched_on",),
        _day("plan__launched_on"),
        "launched",
        "nowrap",
    ),
    Column(
        "national_due",
        "国の期限",
        ("plan__national_due",),
        _day("plan__national_due"),
        "national_due",
        "nowrap",
    ),
    Column("coverage", "オンラインの範囲", ("plan__coverage",), _coverage),
    *(
        Column(aspect, ASPECT_LABELS[Aspect(aspect)], (aspect,), _answer(aspect))
        for aspect in ASPECT_FIELDS
    ),
    Column(
        "confirmed", "最終確認日", ("confirmed_at",), _day("confirmed_at"), "confirmed", "nowrap"
    ),
    Column("issues", "課題", ("open_issue_count",), _issues, "", "num"),
    Column("url", "URL", ("plan__url", "name"), _url),
)
"""What a person can choose from, in the order that is offered."""

STANDARD = (
    "department", "division", "category", "status", "target", "service", "volume", "changed",
)  # fmt: skip
"""The columns of who has chosen none."""

BY_KEY = {column.key: column for column in COLUMNS}


def columns_named(keys: Iterable[str]) -> tuple[Column, ...]:
    """Number and name, then the columns of ``keys`` in that order; unknown keys are left out."""
    return (NUMBER, NAME, *(BY_KEY[key] for key in keys if key in BY_KEY))


def with_issue_counts(procedures: QuerySet[Procedure]) -> QuerySet[Procedure]:
    """Adds ``open_issue_count``, how many issues of each procedure are open."""
    open_issues = Issue.objects.filter(procedure=OuterRef("pk"), state__in=OPEN_STATES)
    count = open_issues.order_by().values("procedure").annotate(count=Count("pk")).values("count")
    return procedures.annotate(
        open_issue_count=Coalesce(Subquery(count), 0, output_field=IntegerField())
    )
