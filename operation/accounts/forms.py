"""The forms of accounts: one's own new password, and the list of a yearly transfer."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError

from procedures.reference_data.pages import ReferenceFileForm

SAME_AS_BEFORE = "今のパスワードと同じです。別のパスワードにしてください。"
WHOLE, SOME = "whole", "some"


class OwnPasswordForm(PasswordChangeForm):
    """The present password and the new one, which is another."""

    def clean_new_password1(self) -> str:
        """The new password. Raises ValidationError where it is the present one."""
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise ValidationError(SAME_AS_BEFORE)
        return password


class TransferForm(ReferenceFileForm):
    """A list of people, and whether it has everybody."""

    scope = forms.ChoiceField(
        label="一覧にない人",
        choices=[
            (SOME, "そのまま（異動のある人だけの一覧）"),
            (WHOLE, "無効にする（全員の一覧で、いない人は転出・退職）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "一覧にない人をどうするか選んでください。"},
    )
    field_order = ("scope", "file")

    @property
    def is_whole(self) -> bool:
        """Of a valid form."""
        return self.cleaned_data["scope"] == WHOLE


class ConfirmForm(forms.Form):
    """What was shown, and that many accounts are to be switched off."""

    ticket = forms.CharField(widget=forms.HiddenInput)
    is_whole = forms.BooleanField(required=False, widget=forms.HiddenInput)
    sure = forms.BooleanField(required=False)

    def __init__(self, *args: Any, leaving: int = 0, active: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "sure"
        ].label = f"有効な利用者{active:,}人のうち{leaving:,}人を無効にすることを確かめました"
