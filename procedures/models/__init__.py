"""The tables of the inventory, by noun; import them from here."""

from .act import Act
from .audit import AuditChain, AuditEvent
from .bulk_import import ImportRow, ImportRun, RememberedMapping
from .change import ChangedDepartment
from .distribution import DistributedSheet, Distribution
from .exemption import Exemption, ExemptionProvision
from .history import HistoryEntry, Source
from .national import NationalListEdition, NationalPriorityProcedure, RefusedLink
from .organisation import (
    Department,
    DirectoryGroup,
    DirectoryKind,
    Division,
    Role,
    TeamMembership,
    User,
)
from .policy import PolicyEdition
from .procedure import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    NAME_KEYS,
    Certainty,
    LawKind,
    LegalBasis,
    NationalState,
    Procedure,
    Scope,
    YearlyVolume,
)
from .service import ApplicationService
from .survey import SurveyDifference, SurveyEdition, SurveyProcedure

__all__ = [
    "ASPECT_FIELDS",
    "FLAG_FIELDS",
    "NAME_KEYS",
    "Act",
    "ApplicationService",
    "AuditChain",
    "AuditEvent",
    "Certainty",
    "ChangedDepartment",
    "Department",
    "DirectoryGroup",
    "DirectoryKind",
    "DistributedSheet",
    "Distribution",
    "Division",
    "Exemption",
    "ExemptionProvision",
    "HistoryEntry",
    "ImportRow",
    "ImportRun",
    "LawKind",
    "LegalBasis",
    "NationalListEdition",
    "NationalPriorityProcedure",
    "NationalState",
    "PolicyEdition",
    "Procedure",
    "RefusedLink",
    "RememberedMapping",
    "Role",
    "Scope",
    "Source",
    "SurveyDifference",
    "SurveyEdition",
    "SurveyProcedure",
    "TeamMembership",
    "User",
    "YearlyVolume",
]
