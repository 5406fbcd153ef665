"""What another edition of the policy would change for one procedure, and why (clause 7)."""

from dataclasses import dataclass, replace

from .classification import Classification, ClauseFinding, classify, explain
from .facts import Category, Clause, ExemptionGround, Facts, Warning
from .revisions import PolicyRevision


@dataclass(frozen=True, slots=True)
class Reclassification:
    """The results of one procedure under two editions.

    `reasons` are the findings of the second edition for which the category differs; there are
    some exactly where it does.
    """

    before: Classification
    after: Classification
    reasons: tuple[ClauseFinding, ...] = ()

    @property
    def changes_category(self) -> bool:
        """Whether the category differs."""
        return self.before.category is not self.after.category

    @property
    def changes_basis_only(self) -> bool:
        """Whether the category is the same, but grounds, obstacles or warnings are not."""
        return self.before != self.after and not self.changes_category

    @property
    def new_warnings(self) -> tuple[Warning, ...]:
        """What only the second edition warns of."""
        return tuple(one for one in self.after.warnings if one not in self.before.warnings)


def reclassify(facts: Facts, new: PolicyRevision, old: PolicyRevision) -> Reclassification:
    """What `new` makes of a procedure that is classified by `old`."""
    before, after = classify(facts, old), classify(facts, new)
    if before.category is after.category:
        return Reclassification(before, after)
    return Reclassification(before, after, _reasons(facts, new, old))


def _reasons(facts: Facts, new: PolicyRevision, old: PolicyRevision) -> tuple[ClauseFinding, ...]:
    """The findings that differ, but for those that decide nothing."""
    deciding = {Clause.EXEMPTION} | _deciding_clauses(facts, new, old)
    return tuple(
        now
        for was, now in zip(explain(facts, old), explain(facts, new), strict=True)
        if now.reason is not was.reason and now.clause in deciding
    )


def _deciding_clauses(facts: Facts, new: PolicyRevision, old: PolicyRevision) -> set[Clause]:
    """The grounds of clause 3(1) that are won or lost, if they decide beside the exemption."""
    if classify(facts, new).category is Category.EXEMPT:
        return set()
    otherwise = replace(facts, exemption=ExemptionGround.NONE)
    before, after = classify(otherwise, old), classify(otherwise, new)
    if before.category is after.category:
        return set()
    return set(before.grounds) ^ set(after.grounds)
