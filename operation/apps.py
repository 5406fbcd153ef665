"""運用: what keeps the program running in an office, beside the inventory and the migration."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class OperationConfig(AppConfig):
    """Sign-in, health, logs, backups; no tables of its own."""

    name = "operation"
    verbose_name = "運用"

    def ready(self) -> None:
        """Every sign-in, by whichever door, starts its clock and is noted."""
        from .accounts import sessions
        from .audit_log import sign_ins

        user_logged_in.connect(sessions.begin, dispatch_uid="operation.accounts.sessions")
        sign_ins.connect()
