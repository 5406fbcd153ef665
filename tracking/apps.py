"""The migration's progress as a Django application."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "オンライン化の進捗"

    def ready(self) -> None:
        """Offers the plan's columns to the inventory's import, which knows nothing of plans."""
        from procedures import bulk_import
        from tracking.plan_import import PlanPart

        bulk_import.register(PlanPart)
