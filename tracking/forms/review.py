"""The form over the BPR sheet of a procedure (clause 2 ②)."""

from dataclasses import dataclass
from typing import Any

from django import forms

from tracking.models import REVIEW_AREAS, REVIEW_FIELDS, ReviewArea

from .fields import ProseField
from .versioned import VersionedForm

# What to ask oneself about each area, by its key.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "documents": (
        "その書類がないと、何を判断できなくなりますか。",
        "庁内の情報や、ほかの行政機関との情報連携で確かめられませんか。",
        "写しや画像、本人の申告で足りませんか。",
    ),
    "examination": (
        "誰が、何を見て、どう判断していますか。同じ点を何人も見ていませんか。",
        "入力のときに自動で確かめられるものはありませんか。",
        "紙への印刷や、ほかのシステムへの打ち直しが残りませんか。",
    ),
    "approval": (
        "決裁は、その人数と段階が要りますか。基準に合えば専決にできませんか。",
        "電子決裁で、申請のデータをそのまま回せますか。",
    ),
    "records": (
        "申請のデータと添付は、どこに、何年保存しますか。",
        "紙とデータの両方を残していませんか。後から探せますか。",
    ),
}
FINDING_LABEL = "現状と気付いたこと"
DECISION_LABEL = "決めたこと"
DONE_LABEL = "見直しが済んだ"


@dataclass(frozen=True, slots=True)
class AreaFields:
    """One area for the screen: what to ask oneself, and its three fields."""

    area: ReviewArea
    questions: tuple[str, ...]
    finding: forms.BoundField
    decision: forms.BoundField
    done: forms.BoundField


class ReviewForm(VersionedForm):
    """業務の見直し（BPR）: finding, decision and done of the four areas."""

    attributes = REVIEW_FIELDS

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for area in REVIEW_AREAS:
            finding, decision, done = area.fields
            self.fields[finding] = _prose(f"{area.label}：{FINDING_LABEL}")
            self.fields[decision] = _prose(f"{area.label}：{DECISION_LABEL}")
            self.fields[done] = forms.BooleanField(
                label=f"{area.label}の{DONE_LABEL}", required=False
            )

    @property
    def areas(self) -> list[AreaFields]:
        """The areas in the policy's order."""
        return [
            AreaFields(area, QUESTIONS[area.key], *(self[name] for name in area.fields))
            for area in REVIEW_AREAS
        ]


def _prose(label: str) -> ProseField:
    return ProseField(label=label, required=False, widget=forms.Textarea(attrs={"rows": 3}))
