"""The tables of the inventory, by noun; import them from here."""

from .act import Act
from .bulk_import import ImportRow, ImportRun, RememberedMapping
from .change import ChangedDepartment
from .distribution import DistributedSheet, Distribution
from .history import HistoryEntry, Source
from .national import NationalListEdition, NationalPriorityProcedure
from .organisation import Department, Division, Role, TeamMembership, User
from .procedure import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    Certainty,
    Exemption,
    LawKind,
    LegalBasis,
    NationalState,
    Procedure,
    Scope,
    YearlyVolume,
)
from .service import ApplicationService

__all__ = [
    "ASPECT_FIELDS",
    "FLAG_FIELDS",
    "Act",
    "ApplicationService",
    "Certainty",
    "ChangedDepartment",
    "Department",
    "DistributedSheet",
    "Distribution",
    "Division",
    "Exemption",
    "HistoryEntry",
    "ImportRow",
    "ImportRun",
    "LawKind",
    "LegalBasis",
    "NationalListEdition",
    "NationalPriorityProcedure",
    "NationalState",
    "Procedure",
    "RememberedMapping",
    "Role",
    "Scope",
    "Source",
    "TeamMembership",
    "User",
    "YearlyVolume",
]
