"""Whether the log, the histories and the rows are as the program wrote them.

Everything is read once, in the order of the entries; what is kept in memory does not grow with it.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from procedures.models import AuditChain, AuditEvent
from procedures.one_state import one_state

from .canonical import HistoryEncoder
from .chain import base_digest, hash_of, histories, seal
from .entries import digest_of
from .heads import Head, noted_heads

NOT_BEGUN = (
    "監査ログの鎖の記録（procedures_auditchain）がありません。消されたか、データベースの更新"
    "（manage.py migrate）が済んでいません。"
)
ALTERED = "監査ログの通し番号{number}（{at}、{kind}）の内容が、記録されたときと違います。"
MISSING = "監査ログの通し番号{numbers}の項目がありません。"
NOT_LINKED = "監査ログの通し番号{number}（{at}、{kind}）が、その前の項目とつながりません。"
WRONG_END = (
    "監査ログの最後の項目（通し番号{found}）が、記録された最後（通し番号{noted}）と違います。"
)
WRONG_BASE = (
    "監査ログの始まり（通し番号{number}の後）が、記録された始まりと違います。"
    "古い項目が、保存期間の整理（manage.py prune_audit）によらずに消されています。"
)
NOTED_OTHERWISE = (
    "{at}に控えた監査ログの要約値（通し番号{number}）と、今の要約値が違います。"
    "監査ログが作り直されています。"
)
NOTED_AND_GONE = (
    "{at}に控えた監査ログの通し番号{number}が、今の監査ログにありません。"
    "新しい項目が消されたか、バックアップから戻したことが記録されていません。"
)
OTHER_HISTORY = (
    "監査ログの通し番号{number}（{at}、{what}）と一緒に書かれた変更履歴（{where}）が、"
    "変えられたか、加えられたか、一部消されています。"
)
LOST_HISTORY = "監査ログの通し番号{number}（{at}、{what}）と一緒に書かれた変更履歴がありません。"
FOREIGN_HISTORY = "変更履歴（{where}）は、監査ログにない項目のものです。"
HISTORY_WITHOUT = "変更履歴（{where}）が、監査ログの項目なしに加えられています。"
OTHER_ROW = (
    "{name}（{table} の {key}）が、最後の変更履歴と違います。"
    "このプログラムを通さずに変えられています。"
)
GONE_ROW = (
    "{name}（{table} の {key}）が、削除の変更履歴なしになくなっています。"
    "このプログラムを通さずに消されています。"
)
AND_MORE = "ほかに{count:,}件の問題があります。"
RESTORED = "{at}に控えた通し番号{number}は、その後の復元より前のものなので、比べていません。"
_AT_MOST = 100
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found."""

    problems: tuple[str, ...]
    """A sentence for each; the first hundred, then how many more."""
    remarks: tuple[str, ...]
    entries: int
    """How many entries there are in the chain."""
    unsealed: int
    """How many wait to be sealed."""
    history_rows: int
    """How many rows of the histories belong to an entry."""
    earlier_rows: int
    """How many are from before the record began, or of entries whose time is over."""
    head: Head | None

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.problems


def verify(heads: Sequence[Head] | None = None) -> Verification:
    """Computes the whole chain and all digests anew and compares every row with its history.

    ``heads`` are the ends that must be in the chain; those of the file where None is given.
    """
    problems = _Problems()
    if heads is None:
        heads, unreadable = noted_heads()
        problems.extend(unreadable)
    seal()
    with one_state():
        chain = AuditChain.objects.first()
        if chain is None:
            problems.add(NOT_BEGUN)
            return Verification(problems.told(), (), 0, _unsealed(), 0, 0, None)
        walk = _Walk(chain, heads, problems)
        walk.through(_events().filter(number__isnull=False).order_by("number"))
        rows = _Rows(chain.starts, problems)
        rows.compare()
        problems.extend(_other_rows(chain.starts))
        return Verification(
            problems=problems.told(),
            remarks=tuple(walk.remarks),
            entries=walk.count,
            unsealed=_unsealed(),
            history_rows=rows.count,
            earlier_rows=rows.earlier,
            head=Head(chain.number, chain.hash, timezone.now()),
        )


class _Problems:
    """Sentences, of which a bounded number is kept."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        if len(self._kept) < _AT_MOST:
            self._kept.append(sentence)
        else:
            self._more += 1

    def extend(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.add(sentence)

    def told(self) -> tuple[str, ...]:
        more = [AND_MORE.format(count=self._more)] if self._more else []
        return (*self._kept, *more)


class _Walk:
    """Along the chain, from its beginning to its end."""

    def __init__(self, chain: AuditChain, heads: Sequence[Head], problems: _Problems) -> None:
        self._chain = chain
        self._problems = problems
        self._noted: dict[int, list[Head]] = {}
        for noted in heads:
            if noted.number > chain.base_number:
                self._noted.setdefault(noted.number, []).append(noted)
        self._last = (chain.base_number, chain.base_hash)
        self._restored_at: list[Any] = []
        self._vouched = ""
        self._doubtful: list[Head] = []
        self.count = 0
        self.remarks: list[str] = []

    def through(self, events: models.QuerySet[AuditEvent]) -> None:
        """Takes every sealed entry, in the order of the numbers."""
        for event in events.iterator(_CHUNK):
            self._step(event)
            self.count += 1
        chain = self._chain
        if self._last != (chain.number, chain.hash):
            self._problems.add(WRONG_END.format(found=self._last[0], noted=chain.number))
        if self._vouched != base_digest(chain):
            self._problems.add(WRONG_BASE.format(number=chain.base_number))
        self._tell_heads()

    def _step(self, event: AuditEvent) -> None:
        number, last_hash = self._last
        if event.number != number + 1:
            self._problems.add(MISSING.format(numbers=_span(number + 1, event.number - 1)))
        elif event.previous != last_hash:
            self._problems.add(NOT_LINKED.format(**_named(event)))
        if event.hash != hash_of(event.previous, event):
            self._problems.add(ALTERED.format(**_named(event)))
        for noted in self._noted.pop(event.number, ()):
            if noted.hash != event.hash:
                self._doubtful.append(noted)
        if event.kind in AuditEvent.VOUCHING:
            self._vouched = event.digest
        elif event.kind == AuditEvent.Kind.RESTORE:
            self._restored_at.append(event.at)
        self._last = (event.number, event.hash)

    def _tell_heads(self) -> None:
        """What was noted and is otherwise now, unless a restore afterwards explains it."""
        gone = [noted for heads in self._noted.values() for noted in heads]
        told = [(noted, NOTED_OTHERWISE) for noted in self._doubtful]
        restored = max(self._restored_at, default=None)
        for noted, sentence in [*told, *((noted, NOTED_AND_GONE) for noted in gone)]:
            values = {"at": _at(noted.at), "number": noted.number}
            if restored and noted.at < restored:
                self.remarks.append(RESTORED.format(**values))
            else:
                self._problems.add(sentence.format(**values))


class _Part(NamedTuple):
    """The history rows that one table has for one entry."""

    event_key: UUID
    label: str
    digest: bytes
    first: int
    last: int
    count: int
    people: frozenset[int | None]


class _Rows:
    """The rows of all histories beside the entries they were written with."""

    def __init__(self, starts: dict[str, int], problems: _Problems) -> None:
        self._starts = starts
        self._problems = problems
        self._tables = histories()
        self.count = 0
        self.earlier = 0

    def compare(self) -> None:
        """Takes entries and rows side by side, both in the order of the entries' keys."""
        written = _events().exclude(digest="").exclude(kind__in=AuditEvent.VOUCHING)
        events = written.order_by("pk").iterator(_CHUNK)
        event = next(events, None)
        streams = [_parts(label, history) for label, history in self._tables.items()]
        for key, group in groupby(heapq.merge(*streams), key=itemgetter(0)):
            parts = list(group)
            while event is not None and event.pk < key:
                self._problems.add(LOST_HISTORY.format(**_named(event)))
                event = next(events, None)
            if event is not None and event.pk == key:
                self._compare_with(event, parts)
                event = next(events, None)
            else:
                self._without_event(parts)
        while event is not None:
            self._problems.add(LOST_HISTORY.format(**_named(event)))
            event = next(events, None)
        for label, history in self._tables.items():
            self._without_key(label, history)

    def _compare_with(self, event: AuditEvent, parts: list[_Part]) -> None:
        self.count += sum(part.count for part in parts)
        digest = digest_of((part.label, part.digest) for part in parts)
        # No digest has their keys, which go with the account.
        people = frozenset().union(*(part.people for part in parts))
        if digest != event.digest or not people <= {None, event.by_id}:
            where = "、".join(map(self._where, parts))
            self._problems.add(OTHER_HISTORY.format(where=where, **_named(event)))

    def _without_event(self, parts: list[_Part]) -> None:
        for part in parts:
            if part.last <= self._starts.get(part.label, 0):
                self.earlier += part.count
            else:
                self._problems.add(FOREIGN_HISTORY.format(where=self._where(part)))

    def _without_key(self, label: str, history: type[models.Model]) -> None:
        """Rows that name no entry are from before the record, or were added past it."""
        rows = history.objects.filter(event_id__isnull=True)
        start = self._starts.get(label, 0)
        self.earlier += rows.filter(history_id__lte=start).count()
        table = history._meta.db_table
        added = rows.filter(history_id__gt=start).order_by("history_id")
        for key in added.values_list("history_id", flat=True).iterator(_CHUNK):
            self._problems.add(HISTORY_WITHOUT.format(where=f"{table} の {key}"))

    def _where(self, part: _Part) -> str:
        table = self._tables[part.label]._meta.db_table
        return f"{table} の {_span(part.first, part.last)}"


def _parts(label: str, history: type[models.Model]) -> Iterator[_Part]:
    """The rows of one history by their entry, in the order of the entries' keys."""
    encoder = HistoryEncoder(history)
    own, tracked = 3, 3 + len(encoder.OWN)
    entry = tracked + len(encoder.tracked)
    names = [
        "event_id",
        "history_id",
        "history_user_id",
        *encoder.OWN,
        *encoder.tracked,
        *encoder.ENTRY,
    ]
    rows = history.objects.filter(event_id__isnull=False).order_by("event_id", "history_id")
    encoded_entry = lru_cache(16)(encoder.entry)
    for key, group in groupby(rows.values_list(*names).iterator(_CHUNK), key=itemgetter(0)):
        digest, count, first, people = sha256(), 0, None, set()
        for row in group:
            first = row[1] if first is None else first
            people.add(row[2])
            own_values = row[own:tracked]
            digest.update(encoder.row(row[tracked:entry], encoded_entry(row[entry:]), own_values))
            count += 1
        yield _Part(key, label, digest.digest(), first, row[1], count, frozenset(people))


def _other_rows(starts: dict[str, int]) -> Iterator[str]:
    """Rows that are not as their newest history row says, or gone: written past the program."""
    for label, history in histories().items():
        model = apps.get_model(label)
        looks = (
            (OTHER_ROW, _differences(model, history)),
            (GONE_ROW, _gone(model, history, starts.get(label, 0))),
        )
        with connection.cursor() as cursor:
            for sentence, query in looks:
                cursor.execute(query)
                for (key,) in cursor:
                    name, table = model._meta.verbose_name, model._meta.db_table
                    yield sentence.format(name=name, table=table, key=key)


def _differences(model: type[models.Model], history: type[models.Model]) -> str:
    """The query for the keys of rows that differ from their newest history row."""
    name = connection.ops.quote_name
    differs = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    row_of, past_of = name(model._meta.db_table), name(history._meta.db_table)
    key = name(model._meta.pk.column)
    columns = [name(field.column) for field in history.tracked_fields]
    other = " OR ".join(f"now.{column} {differs} past.{column}" for column in columns)
    # Names come from the models alone.
    return (
        f"SELECT now.{key} FROM {row_of} now JOIN {past_of} past ON past.history_id = "  # noqa: S608
        f"(SELECT MAX(history_id) FROM {past_of} WHERE {key} = now.{key}) "
        f"WHERE {other} ORDER BY now.{key}"
    )


def _gone(model: type[models.Model], history: type[models.Model], start: int) -> str:
    """The query for the keys of rows that are gone though their newest history row says nothing.

    Nor does what they belonged to: it takes them along. What is older than the record is left out.
    """
    name = connection.ops.quote_name
    row_of, past_of = name(model._meta.db_table), name(history._meta.db_table)
    key = name(model._meta.pk.column)
    owners = "".join(
        f" AND EXISTS (SELECT 1 FROM {name(field.related_model._meta.db_table)} owner"  # noqa: S608
        f" WHERE owner.{name(field.target_field.column)} = past.{name(field.column)})"
        for field in model._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete is models.CASCADE
    )
    return (
        f"SELECT past.{key} FROM {past_of} past WHERE past.history_id > {int(start)} "  # noqa: S608
        f"AND past.history_type <> '-' AND past.history_id = "
        f"(SELECT MAX(history_id) FROM {past_of} WHERE {key} = past.{key}) "
        f"AND NOT EXISTS (SELECT 1 FROM {row_of} now WHERE now.{key} = past.{key}){owners} "
        f"ORDER BY past.{key}"
    )


def _events() -> models.QuerySet[AuditEvent]:
    return AuditEvent.objects.order_by()


def _unsealed() -> int:
    return AuditEvent.objects.filter(number__isnull=True).count()


def _named(event: AuditEvent) -> dict[str, Any]:
    return {
        "number": event.number or "（封印前）",
        "at": _at(event.at),
        "kind": event.get_kind_display(),
        "what": event.what,
    }


def _at(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}〜{last}"
