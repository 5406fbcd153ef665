"""What the processes do that adopt a policy while others write: see ``tests.offices``."""

from pathlib import Path
from typing import Any

from procedures.actions import create_procedure
from procedures.actions.policies import adopt_policy, copy_policy, revert_policy
from procedures.classification import classified_anew, differences
from procedures.editing import Overtaken
from procedures.models import Act, Department, PolicyEdition, Procedure
from procedures.policies import edition_in_force, rules_of
from procedures.rules import Aspect
from tests import factories
from tests.office_work import person

NOT_NEEDED = {aspect.value: ["not_needed"] for aspect in Aspect}


def set_up() -> int:
    """The leader of the division, and a draft that moves whatever is online; its key."""
    factories.division_leader(username="kacho")
    values = {"key": "strict", "name": "厳しい読み方", "decision_document": "決定"}
    source = edition_in_force()
    day = {"effective_from": source.effective_from, "accepted": NOT_NEEDED}
    return copy_policy(policy_id=source.pk, values=values | day, by=person("kacho")).pk


def adopt(draft: int, mark: str = "") -> int:
    """Adopts the draft with the number of now; ``mark`` is a file that comes to be before that."""
    edition = PolicyEdition.objects.get(pk=draft)
    found = classified_anew(Procedure.objects.all(), rules_of(edition))
    if mark:
        Path(mark).touch()
    adopt_policy(
        policy_id=draft,
        reason="理由",
        expected_count=found.moved_count,
        version=edition.version,
        by=person("kacho"),
    )
    return found.moved_count


def adopt_and_revert(draft: int, times: int) -> int:
    """Adopts the draft and takes it back so many times, and leaves it adopted."""
    for _ in range(times):
        _adopt_until_done(draft)
        revert_policy(policy_id=draft, reason="理由", by=person("kacho"))
    return _adopt_until_done(draft)


def _adopt_until_done(draft: int) -> int:
    for _ in range(100):  # others change the number while it is looked at
        try:
            return adopt(draft)
        except Overtaken:
            continue
    raise AssertionError("never adopted")


def add_procedures(seed: int, count: int) -> int:
    """Adds so many procedures by hand."""
    department = Department.objects.get()
    for number in range(count):
        create_procedure(
            number=f"新-{seed}-{number}",
            department=department,
            values={"name": "新しい手続", "attachments": "online"},
            by=person(),
        )
    return count


def state() -> dict[str, Any]:
    """Which edition is in force, and by which ones the procedures are classified."""
    keys = Procedure.objects.order_by().values_list("policy_key", flat=True).distinct()
    return {
        "in_force": edition_in_force().key,
        "keys": sorted(keys),
        "acts": Act.objects.filter(kind=Act.Kind.POLICY).count(),
        "revised": Procedure.history.filter(change_source="revision").count(),
        "differences": sum(1 for _ in differences(Procedure.objects.all())),
    }
