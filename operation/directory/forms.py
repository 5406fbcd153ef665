"""The form of the sign-in page."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from .admission import REFUSALS


class SignInForm(AuthenticationForm):
    """User name and password, of this program or of the office's directory."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "ユーザー名かパスワードが違います。大文字と小文字を区別します。"
    }

    def clean(self) -> dict[str, Any]:
        """Signs in; why a right password was not enough stands above the form."""
        try:
            return super().clean()
        except REFUSALS as refusal:
            raise ValidationError(str(refusal)) from refusal
