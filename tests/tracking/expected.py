"""What every set and every figure over random inventories must be, in plain words."""

from collections.abc import Callable, Iterable

from tests.tracking.inventories import GROUNDS, STALE_AFTER, Case

# One entry for every named set: whoever adds a set says here, in plain words, what it holds.
EXPECTED: dict[str, Callable[[Case], bool]] = {
    "all": lambda case: True,
    "target": lambda case: case.is_target,
    "abolished": lambda case: case.is_abolished,
    "outside": lambda case: not case.is_abolished and case.scope == "outside",
    "exempt": lambda case: case.is_exempt,
    "exempt_online": lambda case: case.is_exempt and case.status == "online",
    **{
        f"exempt_{ground}": lambda case, ground=ground: case.is_exempt and case.ground == ground
        for ground in GROUNDS
    },
    **{
        f"exempt_{ground}_online": lambda case, ground=ground: (
            case.is_exempt and case.ground == ground and case.status == "online"
        )
        for ground in GROUNDS
    },
    "online": lambda case: case.is_online,
    "unfinished": lambda case: case.is_unfinished,
    "priority": lambda case: case.is_target and case.category == "priority",
    "priority_online": lambda case: case.is_online and case.category == "priority",
    "pending": lambda case: case.is_target and case.category == "pending",
    "priority_unfinished": lambda case: case.is_unfinished and case.category == "priority",
    "priority_overdue": lambda case: case.is_overdue and case.category == "priority",
    "overdue": lambda case: case.is_overdue,
    "no_target_date": lambda case: case.is_unfinished and case.target_after is None,
    "behind_national": lambda case: case.is_behind_national,
    "national_due": lambda case: case.is_unfinished and case.national_due_after is not None,
    "no_national_due": lambda case: case.is_unfinished and case.national_due_after is None,
    "stale": lambda case: case.is_unfinished and case.days_unchanged > STALE_AFTER,
    "to_confirm": lambda case: case.is_to_confirm,
    "asked": lambda case: case.waits_for("team"),
    "asking": lambda case: case.waits_for("division"),
    "consulting": lambda case: case.consultation in {"asked", "discussing"},
    "issue_due": lambda case: not case.is_abolished and any(one.is_due for one in case.issues),
    "fresh": lambda case: case.is_target and not case.is_to_confirm,
    "deciding": lambda case: case.is_deciding,
    "decided": lambda case: case.is_target and not case.is_deciding,
    "end_to_end": lambda case: (
        case.is_online
        and case.coverage != "partly"
        and set(case.answers) <= {"online", "not_needed"}
    ),
    "free": lambda case: case.is_unfinished and set(case.answers) <= {"online", "not_needed"},
    "hindered": lambda case: case.is_unfinished and "offline" in case.answers,
    "hindered_surveyed": lambda case: (
        case.is_unfinished and "offline" in case.answers and "unknown" not in case.answers
    ),
    "unsurveyed": lambda case: (
        case.is_unfinished and "offline" not in case.answers and "unknown" in case.answers
    ),
    "incomplete": lambda case: case.is_target and "unknown" in case.answers,
    "volume_known": lambda case: case.is_target and case.annual_volume is not None,
    "volume_unknown": lambda case: case.is_target and case.annual_volume is None,
    "volume_known_online": lambda case: case.is_online and case.annual_volume is not None,
    "usage_known": lambda case: case.is_online and case.usage is not None,
    "usage_unknown": lambda case: case.is_online and case.usage is None,
    "unassigned": lambda case: case.unit is None,
    "exemption_proposed": lambda case: case.exemption == "proposed",
    "exemption_returned": lambda case: case.exemption == "returned",
    "exemption_review_due": lambda case: case.is_review_due,
    "not_national": lambda case: case.is_target and not case.is_national,
    "warned": lambda case: case.has_warning,
    "status_not_started": lambda case: case.is_target and case.status in {"", "not_started"},
    "status_reviewing": lambda case: case.is_target and case.status == "reviewing",
    "status_preparing": lambda case: case.is_target and case.status == "preparing",
    "status_testing": lambda case: case.is_target and case.status == "testing",
    "status_online": lambda case: case.is_target and case.status == "online",
    "status_on_hold": lambda case: case.is_target and case.status == "on_hold",
}

BASES: dict[str, Callable[[Case], bool]] = {
    "in_scope": lambda case: case.is_in_scope,
    "in_force": lambda case: not case.is_abolished,
    "priority": lambda case: case.is_target and case.category == "priority",
    "national": lambda case: case.is_target and case.is_national,
}


def _over(base: Callable[[Case], bool], name: str) -> dict[str, Callable[[Case], bool]]:
    def has_volume(case: Case) -> bool:
        return case.annual_volume is not None

    return {
        name: base,
        f"{name}_online": lambda case: base(case) and case.status == "online",
        f"{name}_volume_known": lambda case: base(case) and has_volume(case),
        f"{name}_volume_known_online": lambda case: (
            base(case) and has_volume(case) and case.status == "online"
        ),
        f"{name}_volume_unknown": lambda case: base(case) and not has_volume(case),
    }


for _name, _base in BASES.items():
    EXPECTED |= _over(_base, _name)


def expected_ratios(cases: Iterable[Case]) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of every figure, by its key in ``figures.DEFINITIONS``."""
    cases = list(cases)
    target = [case for case in cases if case.is_target]
    online = [case for case in target if case.is_online]
    unfinished = [case for case in target if not case.is_online]
    priority = [case for case in target if case.category == "priority"]
    due = [case for case in unfinished if case.national_due_after is not None]
    usage = [case.usage for case in online if case.usage is not None]

    def count(key: str) -> int:
        return sum(map(EXPECTED[key], cases))

    return {
        "online": (len(online), len(target)),
        "applications": _volumes(target),
        "end_to_end": (count("end_to_end"), len(target)),
        "usage": (sum(online for online, _ in usage), sum(total for _, total in usage)),
        "priority": (sum(case.is_online for case in priority), len(priority)),
        "completeness": (
            sum(answer != "unknown" for case in target for answer in case.answers),
            7 * len(target),
        ),
        "decided": (sum(not case.is_deciding for case in target), len(target)),
        "fresh": (sum(not case.is_to_confirm for case in target), len(target)),
        "volume_unknown": (sum(case.annual_volume is None for case in target), len(target)),
        "exempt": (count("exempt"), len(target) + count("exempt")),
        "overdue": (sum(case.is_overdue for case in unfinished), len(unfinished)),
        "priority_overdue": (
            sum(case.is_overdue for case in priority),
            sum(case.is_unfinished for case in priority),
        ),
        "behind_national": (sum(case.is_behind_national for case in due), len(due)),
        "stale": (
            sum(case.days_unchanged > STALE_AFTER for case in unfinished),
            len(unfinished),
        ),
        **{
            key: (count(key), len(cases))
            for key in (
                *("unassigned", "exemption_proposed", "exemption_review_due"),
                *("consulting", "asking"),
            )
        },
    }


def expected_online_rate(cases: Iterable[Case], base: str, weight: str) -> tuple[int, int]:
    """Numerator and denominator of オンライン化率 over another base."""
    rows = [case for case in cases if EXPECTED[base](case)]
    if weight == "applications":
        return _volumes(rows)
    return sum(case.status == "online" for case in rows), len(rows)


def _volumes(rows: Iterable[Case]) -> tuple[int, int]:
    known = [case for case in rows if case.annual_volume is not None]
    return (
        sum(case.annual_volume for case in known if case.status == "online"),
        sum(case.annual_volume for case in known),
    )
