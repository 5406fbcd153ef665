"""The tables of the migration, by noun; import them from here."""

from .comment import Comment
from .consultation import Consultation, ConsultationNote
from .edition import Edition
from .inspection import Dismissal
from .issue import FORECAST, OPEN_STATES, Issue, SharedMeasure, subject_of
from .kept import KeptFigures
from .personal import ColumnChoice, ListName, SavedFilter
from .plan import CHECK_FIELDS, Coverage, Goal, MigrationPlan
from .publication import Publication
from .reminder import Reminder
from .reorganisation import Reorganisation
from .review import REVIEW_AREAS, REVIEW_FIELDS, ReviewArea, WorkReview

__all__ = [
    "CHECK_FIELDS",
    "FORECAST",
    "OPEN_STATES",
    "REVIEW_AREAS",
    "REVIEW_FIELDS",
    "ColumnChoice",
    "Comment",
    "Consultation",
    "ConsultationNote",
    "Coverage",
    "Dismissal",
    "Edition",
    "Goal",
    "Issue",
    "KeptFigures",
    "ListName",
    "MigrationPlan",
    "Publication",
    "Reminder",
    "Reorganisation",
    "ReviewArea",
    "SavedFilter",
    "SharedMeasure",
    "WorkReview",
    "subject_of",
]
