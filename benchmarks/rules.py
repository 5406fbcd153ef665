"""How many procedures a second the rules engine classifies: `python -m benchmarks.rules`."""

from collections.abc import Callable, Sequence
from itertools import cycle, product
from time import perf_counter

from procedures.rules import (
    ASPECTS,
    POLICY_2024,
    Answer,
    BasisLevel,
    Classification,
    ExemptionGround,
    Facts,
    PolicyRevision,
    classify,
)

PASSES = 5
REPEATS = 12


def main() -> None:
    """Print the first and the best pass, and how they compare with two floors of the same run."""
    facts = sample()
    first = rate_of(classify, facts)
    best = max(rate_of(classify, facts) for _ in range(PASSES))
    floors: dict[str, Callable[[Facts], object]] = {
        "call of a function that decides nothing": decide_nothing,
        "building one Facts": build,
    }
    print(f"{len(facts):,} procedures, one core, best of {PASSES} passes")
    print(f"{'classify, first pass':<39}: {first:>12,.0f} a second")
    print(f"{'classify':<39}: {best:>12,.0f} a second")
    for name, floor in floors.items():
        rate = max(rate_of(floor, facts) for _ in range(PASSES))
        print(f"{name:<39}: {rate:>12,.0f} a second; classify takes {rate / best:.1f} x its time")


def sample() -> list[Facts]:
    """Every combination of the seven answers, with grounds and bases in turn; always the same."""
    decided = cycle(product((False, True), BasisLevel, ExemptionGround))
    facts = []
    for answers in product(Answer, repeat=len(ASPECTS)):
        for _ in range(REPEATS):
            is_listed, basis, exemption = next(decided)
            facts.append(
                Facts(
                    national_priority=is_listed,
                    identity_check=answers[0],
                    attachments=answers[1],
                    in_person=answers[2],
                    physical_item=answers[3],
                    deliverable=answers[4],
                    payment=answers[5],
                    other=answers[6],
                    basis=basis,
                    exemption=exemption,
                )
            )
    return facts


def rate_of(function: Callable[[Facts], object], facts: Sequence[Facts]) -> float:
    """Calls a second over one pass."""
    start = perf_counter()
    for one in facts:
        function(one)
    return len(facts) / (perf_counter() - start)


def decide_nothing(facts: Facts, policy: PolicyRevision = POLICY_2024) -> Classification:
    """The cost of the call itself: the signature of `classify`, a result ready beforehand."""
    return READY


def build(_: Facts) -> Facts:
    """The least that handing one procedure to the engine costs."""
    return Facts()


READY = classify(Facts())

if __name__ == "__main__":
    main()
