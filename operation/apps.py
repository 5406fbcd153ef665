"""運用: what keeps the program running in an office, beside the inventory and the migration."""

from django.apps import AppConfig


class OperationConfig(AppConfig):
    """Sign-in, health, logs, backups; no tables of its own."""

    name = "operation"
    verbose_name = "運用"
