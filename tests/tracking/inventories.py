"""Random inventories, and what every figure over them must be, computed in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import QueryDict
from hypothesis import strategies as st

from procedures.classification import facts_of, set_classification
from procedures.models import (
    ASPECT_FIELDS,
    ApplicationService,
    Department,
    Division,
    Exemption,
    ExemptionProvision,
    LegalBasis,
    Procedure,
    Source,
    YearlyVolume,
)
from procedures.records import Origin, insert
from procedures.rules import POLICY_2024
from procedures.spreadsheet.keys import name_key, search_key
from tests import factories
from tracking.filters import ProcedureFilter, listed
from tracking.models import Comment, Consultation, Issue, MigrationPlan, SharedMeasure
from tracking.stats import Figures, Overview, by_department, figures_by_unit, overview_of, total

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=TOKYO)
TODAY = NOW.date()
LAST_COMPLETE_YEAR = 2025
STALE_AFTER = CONFIRM_AFTER = 90
NOTICE_DAYS = 14
STATUSES = ("not_started", "reviewing", "preparing", "testing", "online", "on_hold")
CLEAR = ("not_needed",) * 7
GROUNDS = ("ordinance_art7", "rule_art16", "national_list")
# Clause 6 in plain words: basis and ground that fit each other.
EXEMPTS = {
    ("municipal", "ordinance_art7"),
    ("municipal", "rule_art16"),
    ("national", "national_list"),
}


@dataclass(frozen=True)
class Talk:
    """One message on a procedure; ``to`` is the side that has to act, empty for nobody."""

    to: str = ""
    is_done: bool = False


@dataclass(frozen=True)
class Obstacle:
    """One issue of a procedure, with the date of its own and that of a shared measure."""

    state: str = "open"
    due_in: int | None = None
    measure_in: int | None = None

    @property
    def is_due(self) -> bool:
        days = self.due_in if self.measure_in is None else self.measure_in
        return self.state in {"open", "working"} and days is not None and days <= NOTICE_DAYS


@dataclass(frozen=True)
class Case:
    """One procedure as a test imagines it; days are counted from ``TODAY``.

    ``division`` is the place of one among those of its department, if it has so many.
    """

    unit: int | None = 0
    scope: str = "inbound"
    is_abolished: bool = False
    answers: tuple[str, ...] = CLEAR
    is_national: bool = False
    basis: str = ""
    exemption: str = ""
    ground: str = "ordinance_art7"
    review_in: int | None = None
    provision_ends_in: int | None = None
    status: str = ""
    target_in: int | None = None
    national_due_in: int | None = None
    changed: datetime = NOW
    plan_changed: datetime = NOW
    volumes: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    confirmed: datetime | None = None
    talk: tuple[Talk, ...] = ()
    issues: tuple[Obstacle, ...] = ()
    launched_ago: int = 236
    coverage: str = ""
    division: int | None = None
    kind: str = ""
    applicants: tuple[str, ...] = ()
    service: int = 0
    consultation: str = ""

    @property
    def category(self) -> str:
        if self.exemption == "confirmed" and (self.basis, self.ground) in EXEMPTS:
            return "exempt"
        hindered = {"offline", "unknown"} & set(self.answers)
        return "pending" if hindered and not self.is_national else "priority"

    @property
    def is_target(self) -> bool:
        in_scope = self.scope in {"inbound", "unknown"}
        return in_scope and not self.is_abolished and self.category != "exempt"

    @property
    def is_online(self) -> bool:
        return self.is_target and self.status == "online"

    @property
    def is_unfinished(self) -> bool:
        return self.is_target and self.status != "online"

    @property
    def target_after(self) -> int | None:
        return self.target_in if self.status else None

    @property
    def national_due_after(self) -> int | None:
        return self.national_due_in if self.status else None

    @property
    def days_unchanged(self) -> int:
        changes = [self.changed] + ([self.plan_changed] if self.status else [])
        return _days_since(max(changes))

    @property
    def is_to_confirm(self) -> bool:
        signs = [self.days_unchanged] + ([_days_since(self.confirmed)] if self.confirmed else [])
        return self.is_target and min(signs) > CONFIRM_AFTER

    def waits_for(self, side: str) -> bool:
        return any(one.to == side and not one.is_done for one in self.talk)

    @property
    def annual_volume(self) -> int | None:
        known = {year: total for year, (total, _) in self.volumes.items() if total is not None}
        return known[max(known)] if known else None

    @property
    def is_in_scope(self) -> bool:
        return not self.is_abolished and self.scope != "outside"

    @property
    def is_deciding(self) -> bool:
        return (
            self.is_target
            and self.category == "pending"
            and "unknown" in self.answers
            and "offline" not in self.answers
        )

    @property
    def is_overdue(self) -> bool:
        return self.is_unfinished and self.target_after is not None and self.target_after < 0

    @property
    def usage(self) -> tuple[int, int] | None:
        total, online = self.volumes.get(LAST_COMPLETE_YEAR, (None, None))
        return None if total is None or online is None else (online, total)

    @property
    def is_behind_national(self) -> bool:
        if not self.is_unfinished or self.national_due_after is None:
            return False
        return self.target_after is None or self.target_after > self.national_due_after

    @property
    def has_warning(self) -> bool:
        if self.is_abolished or self.exemption != "confirmed":
            return False
        return (self.basis, self.ground) not in EXEMPTS or self.is_national

    @property
    def is_exempt(self) -> bool:
        return self.is_in_scope and self.category == "exempt"

    @property
    def is_review_due(self) -> bool:
        if self.is_abolished or self.exemption != "confirmed":
            return False
        is_due = self.review_in is not None and self.review_in <= 0
        return is_due or (self.provision_ends_after is not None and self.provision_ends_after < 0)

    @property
    def provision_ends_after(self) -> int | None:
        return None if self.ground == "national_list" else self.provision_ends_in


def _days_since(moment: datetime) -> int:
    return (TODAY - moment.astimezone(TOKYO).date()).days


def cases() -> st.SearchStrategy[Case]:
    """Procedures of every kind, with dates at and around each boundary."""
    answer = st.sampled_from(["not_needed", "online", "offline", "unknown"])
    count = st.none() | st.sampled_from([0, 1, 7, 250])
    days = st.none() | st.sampled_from([-400, -1, 0, 1, 60])
    return st.builds(
        Case,
        unit=st.none() | st.integers(0, 2),
        scope=st.sampled_from(["inbound", "inbound", "unknown", "outside"]),
        is_abolished=st.sampled_from([False, False, False, True]),
        answers=st.just(CLEAR) | st.tuples(*[answer] * len(ASPECT_FIELDS)),
        is_national=st.sampled_from([False, False, True]),
        basis=st.sampled_from(["", "municipal", "municipal", "national"]),
        exemption=st.sampled_from(["", "", "proposed", "returned", "confirmed", "withdrawn"]),
        ground=st.sampled_from(GROUNDS),
        review_in=st.none() | st.sampled_from([-1, 0, 1]),
        provision_ends_in=st.none() | st.sampled_from([-1, 0]),
        status=st.sampled_from(["", *STATUSES, "online"]),
        target_in=days,
        national_due_in=days,
        changed=_moments(),
        plan_changed=_moments(),
        volumes=st.dictionaries(
            st.integers(2023, 2026), st.builds(_volume, count, count), max_size=3
        ),
        confirmed=st.none() | _moments(),
        talk=st.lists(_talk(), max_size=2).map(tuple),
        consultation=st.sampled_from(["", "asked", "discussing", "agreed", "withdrawn"]),
        issues=st.lists(_obstacles(), max_size=1).map(tuple),
        launched_ago=st.sampled_from([0, 30, 236, 500]),
        coverage=st.sampled_from(["", "wholly", "partly"]),
        division=st.none() | st.integers(0, 1),
        kind=st.sampled_from(["", "application", "notification"]),
        applicants=st.sampled_from([(), ("individual",), ("individual", "corporation")]),
        service=st.integers(0, 1),
    )


def build(cases: Sequence[Case], units: Sequence[Department]) -> list[Procedure]:
    """Writes the cases, in their order, with everything that belongs to them."""
    by = factories.origin().by
    services = [factories.ServiceFactory() for _ in range(2)]
    national = factories.NationalPriorityFactory()
    divisions = [list(unit.divisions.all()) for unit in units]
    first = Procedure.objects.count()
    procedures = [
        _procedure(number, case, units, divisions, national, by)
        for number, case in enumerate(cases, first)
    ]
    pairs = list(zip(cases, procedures, strict=True))
    _insert_at(by, [(case.changed, procedure) for case, procedure in pairs])
    _insert_at(by, [(NOW, _basis(case, one)) for case, one in pairs if case.basis])
    exemptions = [_exemption(case, one, by) for case, one in pairs if case.exemption]
    _insert_at(by, [(NOW, one.provision) for one in exemptions if one.provision])
    _insert_at(by, [(NOW, exemption) for exemption in exemptions])
    _insert_at(
        by, [(case.plan_changed, _plan(case, one, services)) for case, one in pairs if case.status]
    )
    volumes = [
        YearlyVolume(procedure=one, fiscal_year=year, total=total, online=online)
        for case, one in pairs
        for year, (total, online) in case.volumes.items()
    ]
    _insert_at(by, [(NOW, volume) for volume in volumes])
    talk = [_comment(talk, one, by) for case, one in pairs for talk in case.talk]
    _insert_at(by, [(NOW, comment) for comment in talk])
    issues = [_issue(issue, one) for case, one in pairs for issue in case.issues]
    _insert_at(by, [(NOW, issue.shared_measure) for issue in issues if issue.shared_measure])
    _insert_at(by, [(NOW, issue) for issue in issues])
    asked = [_consultation(case, one, by) for case, one in pairs if case.consultation]
    _insert_at(by, [(NOW, consultation) for consultation in asked])
    return procedures


def keys_behind(url: str) -> list[int]:
    """The keys of the rows that the list shows at ``url``."""
    return list(rows_behind(url).values_list("pk", flat=True))


def rows_behind(url: str) -> QuerySet[Procedure]:
    """The rows that the list shows at ``url``."""
    query = QueryDict(urlsplit(url).query)
    chosen = ProcedureFilter(query, queryset=listed(Procedure.objects.all()))
    assert chosen.form.is_valid(), chosen.form.errors
    unread = set(query) - set(chosen.filters)
    assert not unread, f"the list does not know {unread}"
    return chosen.rows


def _moments() -> st.SearchStrategy[datetime]:
    days = st.sampled_from([0, 1, STALE_AFTER - 1, STALE_AFTER, STALE_AFTER + 1, 400])
    times = st.sampled_from([time(0, 0), time(12, 0), time(23, 59, 59, 999_999)])
    return st.builds(
        lambda ago, at: datetime.combine(TODAY - timedelta(days=ago), at, TOKYO), days, times
    )


def _talk() -> st.SearchStrategy[Talk]:
    return st.builds(Talk, st.sampled_from(["", "team", "division"]), st.booleans())


def _obstacles() -> st.SearchStrategy[Obstacle]:
    days = st.none() | st.sampled_from([-1, NOTICE_DAYS, NOTICE_DAYS + 1])
    return st.builds(Obstacle, st.sampled_from(["open", "working", "solved"]), days, days)


def _volume(total: int | None, online: int | None) -> tuple[int | None, int | None]:
    return total, online if total is None or online is None else min(online, total)


def _procedure(
    number: int,
    case: Case,
    units: Sequence[Department],
    divisions: Sequence[Sequence[Division]],
    national: object,
    by: object,
) -> Procedure:
    name = f"試験手続{number}"
    procedure = Procedure(
        number=f"C-{number:05d}",
        name=name,
        name_key=name_key(name),
        search_key=search_key(name),
        department=None if case.unit is None else units[case.unit],
        division=_division(case, divisions),
        kind=case.kind,
        applicants=case.applicants,
        scope=case.scope,
        abolished_on=date(2026, 3, 31) if case.is_abolished else None,
        national_priority=national if case.is_national else None,
        confirmed_by=by if case.confirmed else None,
        confirmed_at=case.confirmed,
        **dict(zip(ASPECT_FIELDS, case.answers, strict=True)),
    )
    ground = case.ground if case.exemption == "confirmed" else "none"
    levels = [case.basis] if case.basis else []
    facts = facts_of(procedure, levels=levels, ground=ground)
    set_classification(procedure, facts, POLICY_2024)
    return procedure


def _division(case: Case, divisions: Sequence[Sequence[Division]]) -> Division | None:
    if case.unit is None or case.division is None:
        return None
    return next(iter(divisions[case.unit][case.division :]), None)


def _basis(case: Case, procedure: Procedure) -> LegalBasis:
    return LegalBasis(procedure=procedure, level=case.basis, name="試験条例")


def _exemption(case: Case, procedure: Procedure, by: object) -> Exemption:
    decided = {"confirmed_by": by, "confirmed_at": NOW, "review_on": _day(case.review_in)}
    return Exemption(
        procedure=procedure,
        ground=case.ground,
        provision=_provision(case),
        question="試験" if case.exemption == "returned" else "",
        state=case.exemption,
        proposed_by=by,
        proposed_at=NOW,
        **(decided if case.exemption == "confirmed" else {}),
    )


def _provision(case: Case) -> ExemptionProvision | None:
    if case.provision_ends_after is None:
        return None
    return factories.ProvisionFactory.build(
        ground=case.ground, valid_to=_day(case.provision_ends_after)
    )


def _plan(case: Case, procedure: Procedure, services: Sequence[object]) -> MigrationPlan:
    online = {
        "service": services[case.service],
        "launched_on": _day(-case.launched_ago),
        "checklist_exception": "試験",
        "coverage": case.coverage,
    }
    return MigrationPlan(
        procedure=procedure,
        status=case.status,
        target_date=_day(case.target_in),
        national_due=_day(case.national_due_in),
        hold_reason="試験" if case.status == "on_hold" else "",
        **(online if case.status == "online" else {}),
    )


def _consultation(case: Case, procedure: Procedure, by: object) -> Consultation:
    service = ApplicationService.objects.order_by("pk")[0]
    is_decided = case.consultation in {"agreed", "not_agreed"}
    decided = {"decided_by": by, "decided_on": TODAY} if is_decided else {}
    return Consultation(
        procedure=procedure,
        service=service,
        state=case.consultation,
        purpose="試験",
        asked_by=by,
        asked_at=NOW,
        **decided,
    )


def _comment(talk: Talk, procedure: Procedure, by: object) -> Comment:
    done = {"done_by": by, "done_at": NOW} if talk.is_done else {}
    return Comment(
        procedure=procedure, text="試験", addressee=talk.to, written_by=by, written_at=NOW, **done
    )


def _issue(issue: Obstacle, procedure: Procedure) -> Issue:
    is_solved = issue.state == "solved"
    return Issue(
        procedure=procedure,
        aspect="payment",
        kind="e_payment",
        state=issue.state,
        due=_day(issue.due_in),
        shared_measure=_measure(issue.measure_in, procedure),
        outcome="online" if is_solved else "",
        closed_on=TODAY if is_solved else None,
    )


def _measure(after: int | None, procedure: Procedure) -> SharedMeasure | None:
    if after is None:
        return None
    return SharedMeasure(
        name=f"対応策{procedure.number}",
        aspect="payment",
        kind="e_payment",
        goes_live_on=_day(after),
    )


def _day(after: int | None) -> date | None:
    return None if after is None else TODAY + timedelta(days=after)


def _insert_at(by: object, stamped: Iterable[tuple[datetime, object]]) -> None:
    by_moment = defaultdict(list)
    for moment, obj in stamped:
        by_moment[moment].append(obj)
    for moment, objects in by_moment.items():
        insert(objects, Origin(by, Source.COMMAND, at=moment))


def counted_anew(procedures: QuerySet[Procedure], on: date) -> Figures:
    """The figures over ``procedures``, which no store of results has part in."""
    return total(figures_by_unit(procedures, on=on).values())


def whole_office(on: date) -> Overview:
    """The office with its departments, counted anew."""
    return overview_of(by_department(figures_by_unit(Procedure.objects.all(), on=on)), on=on)
