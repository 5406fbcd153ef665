"""The BPR sheet of a procedure (clause 2 ②): what was found, what is decided, what is done."""

from dataclasses import dataclass

from django.db import models

from procedures.models import Procedure
from procedures.models.history import Versioned, history


@dataclass(frozen=True, slots=True)
class ReviewArea:
    """One part of the work that clause 2 ② wants reviewed; ``key`` starts its fields' names."""

    key: str
    label: str

    @property
    def fields(self) -> tuple[str, str, str]:
        """The names of its finding, decision and done-flag."""
        return f"{self.key}_finding", f"{self.key}_decision", f"{self.key}_done"


REVIEW_AREAS = (
    ReviewArea("documents", "必要書類"),
    ReviewArea("examination", "審査"),
    ReviewArea("approval", "決裁"),
    ReviewArea("records", "保存"),
)
REVIEW_FIELDS = tuple(name for area in REVIEW_AREAS for name in area.fields)
_DOCUMENTS, _EXAMINATION, _APPROVAL, _RECORDS = (area.label for area in REVIEW_AREAS)


def _text(area: str, part: str) -> models.TextField:
    return models.TextField(f"{area}の{part}", blank=True, default="")


def _done(area: str) -> models.BooleanField:
    return models.BooleanField(f"{area}の見直しが済んだ", default=False)


class WorkReview(Versioned):
    """業務の見直し（BPR） of one procedure: finding, decision and done for each area."""

    procedure = models.OneToOneField(
        Procedure, verbose_name="手続", on_delete=models.CASCADE, related_name="work_review"
    )
    documents_finding = _text(_DOCUMENTS, "現状")
    documents_decision = _text(_DOCUMENTS, "決めたこと")
    documents_done = _done(_DOCUMENTS)
    examination_finding = _text(_EXAMINATION, "現状")
    examination_decision = _text(_EXAMINATION, "決めたこと")
    examination_done = _done(_EXAMINATION)
    approval_finding = _text(_APPROVAL, "現状")
    approval_decision = _text(_APPROVAL, "決めたこと")
    approval_done = _done(_APPROVAL)
    records_finding = _text(_RECORDS, "現状")
    records_decision = _text(_RECORDS, "決めたこと")
    records_done = _done(_RECORDS)

    history = history()

    class Meta:
        verbose_name = "業務の見直し"
        verbose_name_plural = "業務の見直し"

    def __str__(self) -> str:
        return f"{self.procedure} の業務の見直し"
