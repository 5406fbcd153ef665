"""The inventory as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = "手続台帳"

    def ready(self) -> None:
        """As soon as there are tables, stores the first policy and begins the audit log."""
        from . import audit  # models are not there before
        from .policies import store_first_edition

        post_migrate.connect(store_first_edition, sender=self)
        post_migrate.connect(audit.begin, sender=self)
