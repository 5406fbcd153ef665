"""How good and how fast the links are that are suggested: ``python -m benchmarks.national_links``.

Against the pairs that were made by hand (tests/tracking/national_pairs.py), and on an inventory of
ten thousand made of the demo's procedures.
"""

from time import perf_counter

from tests.tracking.national_pairs import (
    CATCH_ALL,
    Quality,
    demo_candidates,
    demo_quality,
    listed,
    quality_elsewhere,
)
from tracking.national_matching import STRONG, SUGGESTED, Candidate, Names, suggest

WANTED = 10_000


def main() -> None:
    """Prints precision and recall, and the seconds."""
    for title, least in (("all shown", SUGGESTED), ("the strong ones", STRONG)):
        for with_ids in (True, False):
            ids = "with national ids" if with_ids else "by name and basis alone"
            _print(f"demo, {ids}, {title}", demo_quality(with_ids=with_ids, least=least))
            narrow = demo_quality(with_ids=with_ids, least=least, without=CATCH_ALL)
            _print(f"  without the two catch-all items, {title}", narrow)
        _print(f"names of other cities, {title}", quality_elsewhere(least))
    rows = list(demo_candidates(with_ids=True))
    many = []
    for key in range(WANTED):
        turn, place = divmod(key, len(rows))
        many.append(Candidate(key, f"{rows[place].name}{turn}", rows[place].bases))
    begin = perf_counter()
    names = Names([*(item.name for item in listed()), *(one.name for one in many)])
    found = suggest(listed(), many, names=names)
    print(f"{len(listed())} × {WANTED:,}: {perf_counter() - begin:.2f} s, {len(found):,} suggested")


def _print(title: str, one: Quality) -> None:
    print(
        f"{title}: precision {one.precision:.2f} ({one.right} of {one.suggested}), "
        f"recall {one.recall:.2f} (of {one.pairs})"
    )


if __name__ == "__main__":
    main()
