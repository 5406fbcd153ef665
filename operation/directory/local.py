"""The accounts of this program itself, with a password that it keeps."""

from django.contrib.auth.backends import ModelBackend

from procedures.models import User


class LocalBackend(ModelBackend):
    """Signs in whoever has a password here; never an account of the office's own login."""

    def user_can_authenticate(self, user: User) -> bool:
        """Whether the account is in use, and of this program."""
        return super().user_can_authenticate(user) and not user.directory
