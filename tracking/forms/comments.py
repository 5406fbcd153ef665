"""The form that writes in the talk on a procedure (やりとり)."""

from collections.abc import Iterable
from typing import Any

from django import forms

from procedures.models import Procedure, TeamMembership, User
from tracking.actions.comments import NOT_IN_THIS_TALK, people_of, usual_addressee
from tracking.models import Comment

from .fields import ProseField

NOBODY = "nobody"
"""The value of ``addressee`` that means for information only."""
TO_TEAM = "{department}のDX推進チームへ（回答や対応を頼む）"
TO_DIVISION = "情報政策課へ（回答や対応を頼む）"
TO_NOBODY = "お知らせのみ（回答は要りません）"


class CommentForm(forms.Form):
    """内容, あて先 and the person who is mentioned, for ``by`` on ``procedure``.

    ``last`` is the key of the newest comment that the page shows (0: none). Once the form is
    valid, ``values`` are what ``add_comment`` takes.
    """

    text = ProseField(
        label="書き込む内容",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "書き込む内容を入力してください。"},
    )
    addressee = forms.ChoiceField(
        label="あて先",
        widget=forms.RadioSelect,
        error_messages={"required": "あて先を選んでください。"},
    )
    mentioned = forms.TypedChoiceField(
        label="名指しする人（任意）",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="選んだ人の「やりとり」に出ます。",
        error_messages={"invalid_choice": NOT_IN_THIS_TALK},
    )
    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, procedure: Procedure, by: User, last: int = 0) -> None:
        super().__init__(data, auto_id="comment_%s")
        self.initial = {"addressee": usual_addressee(by, procedure).value, "seen": last}
        self.fields["addressee"].choices = _addressees(procedure)
        self.fields["mentioned"].choices = [
            ("", "（なし）"),
            *_people(row for row in people_of(procedure) if row.user_id != by.pk),
        ]

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of ``add_comment`` that the form gives."""
        sent = self.cleaned_data
        return {
            "text": sent["text"],
            "addressee": "" if sent["addressee"] == NOBODY else sent["addressee"],
            "mentioned_id": sent["mentioned"],
            "seen": sent["seen"] or 0,
        }


def _addressees(procedure: Procedure) -> list[tuple[str, str]]:
    sides = [(Comment.Addressee.DIVISION.value, TO_DIVISION), (NOBODY, TO_NOBODY)]
    if procedure.department_id is None:
        return sides
    to_team = TO_TEAM.format(department=procedure.department)
    return [(Comment.Addressee.TEAM.value, to_team), *sides]


def _people(rows: Iterable[TeamMembership]) -> list[tuple[str, list[tuple[int, str]]]]:
    groups: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        side = Comment.Addressee.TEAM if row.department_id else Comment.Addressee.DIVISION
        groups.setdefault(side.label, []).append((row.user_id, str(row.user)))
    return list(groups.items())
