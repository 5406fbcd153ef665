"""Which entries of the audit log are shown: the URL is the filter."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone

from procedures.models import AuditEvent, Source, User

PAGE = 50
BAD_DATE = "日付は年月日で入力してください（例：2027-03-31）。"
OUT_OF_REACH = "2000年から2100年までの日を入力してください。"
BACKWARDS = "「いつまで」は、「いつから」と同じ日か、それより後の日にしてください。"
_LONGEST = 100
_PEOPLE = 200
_LIMITS = [
    MinValueValidator(date(2000, 1, 1), OUT_OF_REACH),
    MaxValueValidator(date(2100, 12, 31), OUT_OF_REACH),
]


class _Form(forms.Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", BACKWARDS)
        return cleaned


class _DayFilter(django_filters.DateFilter):
    """A day of the office's calendar."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        errors = {"invalid": BAD_DATE}
        super().__init__(widget=widget, validators=_LIMITS, error_messages=errors, **options)


class AuditFilter(django_filters.FilterSet):
    """Over all entries, newest first. An invalid value shows its error and no entries."""

    kind = django_filters.ChoiceFilter(
        label="種類", choices=AuditEvent.Kind.choices, empty_label="すべて"
    )
    person = django_filters.CharFilter(
        label="利用者（氏名・ユーザー名）", method="of_people", max_length=_LONGEST
    )
    first = _DayFilter(label="いつから", method="from_day")
    last = _DayFilter(label="いつまで", method="to_day")
    q = django_filters.CharFilter(label="内容に含まれる語", method="saying", max_length=_LONGEST)
    source = django_filters.ChoiceFilter(label="経路", choices=Source.choices, empty_label="すべて")
    address = django_filters.CharFilter(label="アドレス", max_length=45)
    request_id = django_filters.CharFilter(label="お問い合わせ番号", max_length=64)

    class Meta:
        model = AuditEvent
        form = _Form
        fields: list[str] = []

    @property
    def entries(self) -> QuerySet[AuditEvent]:
        """The entries to show."""
        rows = self.qs if self.form.is_valid() else self.queryset.none()
        return rows.order_by("-at", "-pk")

    def of_people(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        """What was done by those whose name has ``value`` in it; looked up once, then by key."""
        wanted = Q(username__icontains=value) | Q(display_name__icontains=value)
        people = User.objects.filter(wanted).order_by("pk").values_list("pk", flat=True)
        return rows.filter(by__in=list(people[:_PEOPLE]))

    def from_day(self, rows: QuerySet[AuditEvent], name: str, value: date) -> QuerySet[AuditEvent]:
        """From the beginning of that day."""
        return rows.filter(at__gte=_begin(value))

    def to_day(self, rows: QuerySet[AuditEvent], name: str, value: date) -> QuerySet[AuditEvent]:
        """To the end of that day."""
        return rows.filter(at__lt=_begin(value + timedelta(days=1)))

    def saying(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        """What has ``value`` in its sentence or in the name of whoever did it."""
        return rows.filter(Q(what__icontains=value) | Q(by_name__icontains=value))


def page_after(entries: QuerySet[AuditEvent], place: str) -> tuple[list[AuditEvent], str]:
    """So many entries after the one with the key ``place``, and the place of the next page.

    Entries that come in meanwhile move nothing, and a far page costs as much as the first. An
    unknown place is the beginning; the place is "" where no more entries follow.
    """
    last = _entry(place)
    if last is not None:
        earlier = Q(at__lt=last.at) | Q(pk__lt=last.pk)
        entries = entries.filter(earlier, at__lte=last.at)
    found = list(entries[: PAGE + 1])
    page = found[:PAGE]
    return page, page[-1].pk.hex if len(found) > PAGE else ""


def _entry(place: str) -> AuditEvent | None:
    try:
        return AuditEvent.objects.filter(pk=UUID(place)).first()
    except ValueError:
        return None


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
