"""The tables of the migration, by noun; import them from here."""

from .comment import Comment
from .issue import FORECAST, OPEN_STATES, Issue, SharedMeasure, subject_of
from .personal import ColumnChoice, ListName, SavedFilter
from .plan import CHECK_FIELDS, Coverage, Goal, MigrationPlan
from .reminder import Reminder
from .review import REVIEW_AREAS, REVIEW_FIELDS, ReviewArea, WorkReview

__all__ = [
    "CHECK_FIELDS",
    "FORECAST",
    "OPEN_STATES",
    "REVIEW_AREAS",
    "REVIEW_FIELDS",
    "ColumnChoice",
    "Comment",
    "Coverage",
    "Goal",
    "Issue",
    "ListName",
    "MigrationPlan",
    "Reminder",
    "ReviewArea",
    "SavedFilter",
    "SharedMeasure",
    "WorkReview",
    "subject_of",
]
