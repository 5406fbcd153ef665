"""The migration's progress as a Django application."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "オンライン化の進捗"

    def ready(self) -> None:
        """Offers what the inventory knows nothing of: the plan's columns, and rows to take back."""
        from procedures import bulk_import, undoing
        from tracking.actions.plans import against_restoring
        from tracking.models import (
            Comment,
            Consultation,
            Issue,
            MigrationPlan,
            Publication,
            SharedMeasure,
            WorkReview,
        )
        from tracking.plan_import import PlanPart

        bulk_import.register(PlanPart)
        # A plan that goes back online needs the consultation as it will be.
        undoing.register(Consultation)
        undoing.register(MigrationPlan, WorkReview, Comment, Issue, SharedMeasure, Publication)
        undoing.register_rule(MigrationPlan, against_restoring)
