"""What other editions of the policy would change in a list: `python -m benchmarks.what_if FILE`.

FILE is a list that the import reads. Prints the table of each edition, the seconds that it takes,
and their ratio to a floor of the same run: the same rows read as they are, by nothing but the
database. Then the same as if every question that the list does not ask at all were answered 不要,
as nothing is a priority without that. `--rows N` measures so many made-up procedures at the end.
Best of three.
"""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    Category,
    PolicyRevision,
    describe_change,
    label,
)

from .export import best, bring_in
from .office import temporary_office

NOT_NEEDED = frozenset({Answer.NOT_NEEDED})


def stricter(key: str, aspects: Iterable[Aspect], **changes: Any) -> PolicyRevision:
    """The policy of 2024, but that the answers to ``aspects`` must be 不要."""
    accepted = dict(POLICY_2024.accepted) | dict.fromkeys(aspects, NOT_NEEDED)
    return replace(POLICY_2024, key=key, accepted=accepted, **changes)


EDITIONS = {
    "in-person, physical item, deliverable and payment must be not needed": stricter(
        "strict", (Aspect.IN_PERSON, Aspect.PHYSICAL_ITEM, Aspect.DELIVERABLE, Aspect.PAYMENT)
    ),
    "identity check and attachments must be not needed": stricter(
        "bare", (Aspect.IDENTITY_CHECK, Aspect.ATTACHMENTS)
    ),
}


def main() -> None:
    """Print the tables and times of a list, and of made-up rows where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=0, help="then with so many made-up rows")
    options = parser.parse_args()
    with temporary_office() as account:
        bring_in(options.file, account)
        measure()
        with every_open_question_answered():
            measure()
        if options.rows:
            from .dashboard import fill

            fill(options.rows, account)
            measure()


@contextmanager
def every_open_question_answered() -> Iterator[None]:
    """Within, the questions that nobody answered for any procedure have the answer 不要."""
    from procedures.models import ASPECT_FIELDS, Procedure
    from tracking.past import supposing

    answered = Procedure.objects.exclude
    unknown = Answer.UNKNOWN.value
    open_ones = [name for name in ASPECT_FIELDS if not answered(**{name: unknown}).exists()]
    print(f"\nAs if answered 不要: {', '.join(label(Aspect(name)) for name in open_ones)}")
    answers = dict.fromkeys(open_ones, Answer.NOT_NEEDED.value)
    with supposing(dict.fromkeys(Procedure.objects.values_list("pk", flat=True), answers)):
        yield


def measure() -> None:
    """Every edition against the policy of 2024, over the inventory as it is."""
    from procedures.models import Procedure

    floor = best(read_bare)
    print(f"{Procedure.objects.count():,} procedures; reading the same rows bare {floor:.2f} s")
    for name, edition in EDITIONS.items():
        show(name, edition, floor)


def show(name: str, edition: PolicyRevision, floor: float) -> None:
    """The table of one edition with its reasons, and what it costs."""
    from django.utils import timezone

    from tracking.what_if import Move, figures_before_and_after, what_if

    found = what_if(edition, POLICY_2024)
    print(f"\n{name}: {found.changed_count:,} of {found.procedure_count:,} change")
    print(f"{'':<8}" + "".join(f"{label(after):>12}" for after in Category))
    for before in Category:
        cells = [found.by_move[Move(before, after)].procedure_count for after in Category]
        print(f"{label(before):<8}" + "".join(f"{cell:>12,}" for cell in cells))
    print(f"  by standing {dict(found.by_standing)}; others {found.same_category_count:,}")
    for reason, tally in found.by_reason.items():
        print(f"  {tally.procedure_count:>6,}  {describe_change(reason)}")
    seconds = best(lambda: what_if(edition, POLICY_2024).by_department)
    start = perf_counter()
    figures_before_and_after(found, on=timezone.localdate(), is_in_force=True)
    print(
        f"  {seconds:.2f} s, {seconds / floor:.1f} x the floor; "
        f"the rates beside it {perf_counter() - start:.2f} s"
    )


def read_bare() -> None:
    """The facts, departments and volumes of all procedures, read and put down again."""
    from django.db import connection

    from procedures.models import ASPECT_FIELDS, FLAG_FIELDS

    columns = ", ".join(f"p.{name}" for name in (*ASPECT_FIELDS, *FLAG_FIELDS))
    statements = (
        "SELECT procedure_id, level FROM procedures_legalbasis",
        "SELECT p.id, p.national_priority_id, p.department_id, p.scope, p.abolished_on, "  # noqa: S608 - names of our own columns
        f"e.state, e.ground, {columns}, (SELECT v.total FROM procedures_yearlyvolume v "
        "WHERE v.procedure_id = p.id AND v.total IS NOT NULL ORDER BY v.fiscal_year DESC LIMIT 1) "
        "FROM procedures_procedure p LEFT JOIN procedures_exemption e ON e.procedure_id = p.id",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


if __name__ == "__main__":
    main()
