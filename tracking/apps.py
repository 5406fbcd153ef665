"""The migration's progress as a Django application."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "オンライン化の進捗"

    def ready(self) -> None:
        """Offers what the inventory knows nothing of: the plan's columns, and rows to take back."""
        from procedures import bulk_import, undoing
        from tracking.models import (
            Comment,
            Issue,
            MigrationPlan,
            Publication,
            SharedMeasure,
            WorkReview,
        )
        from tracking.plan_import import PlanPart

        bulk_import.register(PlanPart)
        undoing.register(MigrationPlan, WorkReview, Comment, Issue, SharedMeasure, Publication)
