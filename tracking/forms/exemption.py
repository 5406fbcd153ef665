"""The form that proposes an exemption (適用除外, clause 6)."""

from django import forms

from procedures.models import Exemption

from .fields import ProseField


class ExemptionForm(forms.Form):
    """Ground, article and reason of a proposal."""

    ground = forms.ChoiceField(
        label="適用除外の根拠",
        choices=Exemption._meta.get_field("ground").choices,
        widget=forms.RadioSelect,
        error_messages={"required": "適用除外の根拠を選んでください。"},
    )
    article = ProseField(
        label="適用除外の条項",
        max_length=200,
        required=False,
        help_text="根拠のうち、当てはまる項や号を書きます。",
    )
    reason = ProseField(
        label="適用除外の理由",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="オンライン化が適当でない理由を、情報政策課が確認できるように書きます。",
        error_messages={"required": "適用除外の理由を入力してください。"},
    )


class SeenProposalForm(forms.Form):
    """Which proposal somebody saw who decides it."""

    proposed_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)


class ReturnForm(SeenProposalForm):
    """Why the division takes an exemption back; the team reads it in the talk."""

    reason = ProseField(
        label="理由",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="部局室のDX推進チームへのやりとりになります。何を直せばよいかを書きます。",
        error_messages={"required": "理由を入力してください。部局室のDX推進チームに伝わります。"},
    )
