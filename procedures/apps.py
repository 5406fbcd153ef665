"""The inventory as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = "手続台帳"

    def ready(self) -> None:
        """Has the first edition of the policy stored as soon as there are tables."""
        from .policies import store_first_edition  # models are not there before

        post_migrate.connect(store_first_edition, sender=self)
