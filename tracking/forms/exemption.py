"""The forms of exemptions (適用除外, clause 6): the proposal, the decisions, the register."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from procedures.actions.exemptions import NO_QUESTION, provisions_for
from procedures.display import field_label
from procedures.evidence import ENDINGS
from procedures.models import Exemption, ExemptionProvision, Procedure
from procedures.models.exemption import CITY_GROUNDS, GROUND_CHOICES, suggested_review
from procedures.rules import ExemptionGround
from tracking.filters import DepartmentFilter
from tracking.selections import EXEMPT, condition

from .fields import OUTDATED, CodeField, DayField, ProseField
from .rows import BAD_DATE
from .versioned import VersionedForm

NO_GROUND = "適用除外の根拠を選んでください。"
NO_REASON = "適用除外の理由を入力してください。"
NO_REASON_TO_WITHDRAW = "理由を入力してください。部局室のDX推進チームに伝わります。"
BAD_DAY = "見直しの期日は、2028年3月31日 のような日で入力してください。"
BAD_PROVISION = "条項を選び直してください。一覧にあるのは、今日有効な条項です。"
BAD_EVIDENCE = "根拠資料を読み取れません。ファイルを選び直してください。"
_NO_CHOICE = ("", "（選んでください）")


class ExemptionForm(forms.Form):
    """A proposal. What belongs to another ground than the chosen one is no part of it.

    ``seen`` is the ``Exemption.stamp`` of what it was made over, empty for none.
    """

    seen = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    ground = forms.ChoiceField(
        label="適用除外の根拠",
        choices=GROUND_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": NO_GROUND, "invalid_choice": NO_GROUND},
    )
    provision = forms.TypedChoiceField(
        label="条項（一覧から）",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="情報政策課が登録した条項のうち、今日有効なものです。",
        error_messages={"invalid_choice": BAD_PROVISION},
    )
    article = ProseField(
        label="適用除外の条項",
        max_length=200,
        required=False,
        help_text="条・項・号を書きます。一覧から条項を選んだときは、空欄でかまいません。",
    )
    law_name = ProseField(
        label=field_label(Exemption, "law_name"),
        max_length=300,
        required=False,
        help_text="国が適用除外と整理した、その法令の名称です。",
    )
    law_article = ProseField(label="法令の条項", max_length=200, required=False)
    national_id = CodeField(
        label=field_label(Exemption, "national_id"),
        max_length=20,
        required=False,
        help_text="国の調査の手続IDです。分かるときだけ書きます。",
    )
    text = ProseField(
        label=field_label(Exemption, "text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="条文のうち、適用除外に当たる部分を写します。",
    )
    reason = ProseField(
        label="適用除外の理由",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="オンライン化が適当でない理由を、情報政策課が確認できるように書きます。",
        error_messages={"required": NO_REASON},
    )
    evidence = forms.FileField(
        label=field_label(Exemption, "evidence"),
        required=False,
        allow_empty_file=True,  # the action says what is wrong with it
        help_text="PDF、画像（PNG・JPEG）、Word（.docx）、Excel（.xlsx）。10MBまで。"
        "見られるのは、このシステムにログインした職員だけです。",
        error_messages={"invalid": BAD_EVIDENCE},
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        """``on`` is the day on which provisions have to be in force."""
        super().__init__(*args, **kwargs)
        choices = _provision_choices(ExemptionProvision.objects.valid(on))
        if choices:
            self.fields["provision"].choices = [_NO_CHOICE, *choices]
        else:
            del self.fields["provision"]

    @property
    def proposal(self) -> dict[str, Any]:
        """What ``propose_exemption`` takes, of a valid form."""
        values = dict(self.cleaned_data)
        law_article = values.pop("law_article")
        values["ground"] = ExemptionGround(values["ground"])
        values["provision_id"] = values.pop("provision", None)
        if values["ground"].value not in CITY_GROUNDS:
            values["article"] = law_article
        return values


class DecisionForm(forms.Form):
    """What the division decides on the exemption that it saw as ``seen``."""

    seen = forms.CharField(
        max_length=200, widget=forms.HiddenInput, error_messages={"required": OUTDATED}
    )

    def __init__(
        self,
        data: Any = None,
        *,
        exemption: Exemption | None = None,
        on: date,
        **options: Any,
    ) -> None:
        """``exemption`` as it is stored: what the form begins with."""
        initial = {"seen": exemption.stamp} if exemption else {}
        # The page has several forms with fields of the same name.
        super().__init__(data, initial=initial, auto_id=f"{self.key}_%s", **options)
        if "review_on" in self.fields:
            self.initial["review_on"] = suggested_review(on)


class ConfirmForm(DecisionForm):
    """That a proposal is confirmed, and until when."""

    key = "confirm"
    review_on = DayField(
        label=field_label(Exemption, "review_on"),
        help_text="この日が来ると、情報政策課の「見直し」に出ます。",
        error_messages={"required": BAD_DAY, "invalid": BAD_DAY},
    )


class RenewForm(ConfirmForm):
    """That an exemption goes on, and until when; on which provision where its own has ended."""

    key = "renew"
    provision_id = forms.TypedChoiceField(
        label="今日有効な条項",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="条項が失効しているため、代わりの条項を選びます。",
        error_messages={"invalid_choice": BAD_PROVISION},
    )

    def __init__(
        self, data: Any = None, *, exemption: Exemption | None = None, on: date, **options: Any
    ) -> None:
        super().__init__(data, exemption=exemption, on=on, **options)
        if exemption and exemption.provision and exemption.provision.has_ended(on):
            provisions = provisions_for(ExemptionGround(exemption.ground), on)
            choices = [(provision.pk, provision.article) for provision in provisions]
            self.fields["provision_id"].choices = [_NO_CHOICE, *choices]
        else:
            del self.fields["provision_id"]


class ReturnForm(DecisionForm):
    """What the division asks before it decides."""

    key = "return"
    question = ProseField(
        label="質問",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="部局室のDX推進チームへのやりとりにもなります。何を直せばよいかを書きます。",
        error_messages={"required": NO_QUESTION},
    )


class WithdrawForm(DecisionForm):
    """Why the division takes an exemption back."""

    key = "withdraw"
    reason = ProseField(
        label="理由",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="部局室のDX推進チームへのやりとりになります。",
        error_messages={"required": NO_REASON_TO_WITHDRAW},
    )


DECISION_FORMS: Mapping[str, type[DecisionForm]] = {
    form.key: form for form in (ConfirmForm, ReturnForm, WithdrawForm, RenewForm)
}


class RegisterFilter(django_filters.FilterSet):
    """Over the procedures of the register. An invalid value shows its error and no rows."""

    DUE = "due"
    HOLDS, HOLDS_NOT = "yes", "no"

    state = django_filters.ChoiceFilter(
        label="状態",
        method="in_state",
        choices=[*Exemption.State.choices, (DUE, "見直しの時期")],
        empty_label="すべて",
    )
    ground = django_filters.ChoiceFilter(
        label="根拠", field_name="exemption__ground", choices=GROUND_CHOICES, empty_label="すべて"
    )
    department = DepartmentFilter()
    holds = django_filters.ChoiceFilter(
        label="区分",
        method="which_hold",
        choices=[(HOLDS, "適用除外になっている"), (HOLDS_NOT, "なっていない")],
        empty_label="すべて",
    )

    class Meta:
        model = Procedure
        fields: list[str] = []

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        """``on`` is the day on which a review is due, or not."""
        super().__init__(*args, **options)
        self._on = on

    @property
    def rows(self) -> QuerySet[Procedure]:
        """The rows to show; none when the filter is invalid."""
        return self.qs if self.form.is_valid() else self.queryset.none()

    def in_state(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows whose exemption is in a state, or is to be looked at again."""
        if value == self.DUE:
            return rows.filter(condition("exemption_review_due", self._on))
        return rows.filter(exemption__state=value)

    def which_hold(self, rows: QuerySet[Procedure], name: str, value: str) -> QuerySet[Procedure]:
        """The rows that are exempt, or are not."""
        return rows.filter(EXEMPT if value == self.HOLDS else ~Q(EXEMPT))


class ProvisionForm(VersionedForm):
    """A provision as the division writes it down."""

    attributes = ("ground", "article", "text", "valid_from", "valid_to", "note")

    ground = forms.ChoiceField(
        label="適用除外の根拠",
        choices=ExemptionProvision._meta.get_field("ground").choices,
        error_messages={"required": NO_GROUND, "invalid_choice": NO_GROUND},
    )
    article = ProseField(
        label=field_label(ExemptionProvision, "article"),
        max_length=100,
        help_text="条・項・号です。手続の根拠として選ぶときに、この名前で出ます。",
        error_messages={"required": "条項を入力してください。"},
    )
    text = ProseField(
        label=field_label(ExemptionProvision, "text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="条例・規則の原本から写します。",
    )
    valid_from = DayField(
        label=field_label(ExemptionProvision, "valid_from"),
        required=False,
        error_messages={"invalid": BAD_DATE},
    )
    valid_to = DayField(
        label=field_label(ExemptionProvision, "valid_to"),
        required=False,
        help_text="有効な最後の日です。翌日から、この条項による適用除外が見直しに出ます。",
        error_messages={"invalid": BAD_DATE},
    )
    note = ProseField(
        label=field_label(ExemptionProvision, "note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _provision_choices(
    provisions: Iterable[ExemptionProvision],
) -> list[tuple[str, list[tuple[int, str]]]]:
    """The provisions by ground."""
    grouped: dict[str, list[tuple[int, str]]] = {}
    for provision in provisions:
        label = " ".join(f"{provision.article}　{provision.text}".split())[:80]
        grouped.setdefault(provision.get_ground_display(), []).append((provision.pk, label))
    return list(grouped.items())
