"""How long entries are kept: the oldest go, the chain begins after them, the histories stay."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min

from procedures.models import AuditChain, AuditEvent

from .chain import held, histories, vouch
from .entries import new_event

REMOVED = (
    "保存期間を過ぎた監査ログ（通し番号{first}～{last}、{before:%Y-%m-%d}より前）を消しました。"
    "変更履歴は残っています。"
)


@dataclass(frozen=True, slots=True)
class Outdated:
    """The oldest entries, whose time is over."""

    first: int
    last: int
    before: datetime

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def outdated(before: datetime) -> Outdated | None:
    """The entries that were all made before that moment, from the oldest on; None without any."""
    chain = AuditChain.objects.first()
    return chain and _outdated(chain, before)


@transaction.atomic
def remove_outdated(before: datetime, *, by_name: str) -> Outdated | None:
    """Removes them, and notes that with the hash after which the chain begins now."""
    chain = held()
    found = chain and _outdated(chain, before)
    if not found:
        return None
    gone = AuditEvent.objects.filter(number__lte=found.last)
    for label, history in histories().items():
        rows = history.objects.filter(event_id__in=gone.order_by().values("pk"))
        last = rows.aggregate(last=Max("history_id"))["last"] or 0
        chain.starts[label] = max(chain.starts.get(label, 0), last)
    chain.base_hash = gone.get(number=found.last).hash
    chain.base_number = found.last
    gone.delete()
    what = REMOVED.format(first=found.first, last=found.last, before=found.before)
    kind = AuditEvent.Kind.RETENTION
    vouch(chain, new_event(kind, what, by_name=by_name, count=found.count))
    return found


def _outdated(chain: AuditChain, before: datetime) -> Outdated | None:
    sealed = AuditEvent.objects.filter(number__isnull=False)
    first_kept = sealed.filter(at__gte=before).aggregate(first=Min("number"))["first"]
    last = chain.number if first_kept is None else first_kept - 1
    first = chain.base_number + 1
    return Outdated(first, last, before) if last >= first else None
