"""The words in which a procedure and the policy's verdict on it are stated: enums and Facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Aspect(StrEnum):
    """What can stand in the way of going online (支障), clause 3(1)②.

    Each value is also the name of the field of `Facts` that holds its answer.
    """

    IDENTITY_CHECK = "identity_check"
    ATTACHMENTS = "attachments"
    IN_PERSON = "in_person"
    PHYSICAL_ITEM = "physical_item"
    DELIVERABLE = "deliverable"
    PAYMENT = "payment"
    OTHER = "other"


class Answer(StrEnum):
    """One survey answer (要否) for one aspect."""

    NOT_NEEDED = "not_needed"
    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class BasisLevel(StrEnum):
    """The level of a legal basis (根拠区分), the strongest first."""

    NATIONAL = "national"
    PREFECTURAL = "prefectural"
    MUNICIPAL = "municipal"
    UNKNOWN = "unknown"


class ExemptionGround(StrEnum):
    """The ground of a decided exemption (適用除外), clause 6; a mere proposal is NONE."""

    NONE = "none"
    ORDINANCE_ART7 = "ordinance_art7"
    RULE_ART16 = "rule_art16"
    NATIONAL_LIST = "national_list"


class Category(StrEnum):
    """The result (区分): priority of clause 3(1), review of clause 3(2), exemption of clause 6."""

    PRIORITY = "priority"
    PENDING = "pending"
    EXEMPT = "exempt"


class Service(StrEnum):
    """The four kinds of e-application service (電子申請サービス) of clause 4."""

    MYNAPORTAL = "mynaportal"
    GENERAL = "general"
    FACILITY = "facility"
    OTHER = "other"


class Warning(StrEnum):
    """What a person should look at, though it does not change the category.

    It takes the name of a builtin that nothing in this package uses.
    """

    EXEMPTION_BASIS_UNKNOWN = "exemption_basis_unknown"
    EXEMPTION_GROUND_MISMATCH = "exemption_ground_mismatch"
    EXEMPT_BUT_NATIONAL_PRIORITY = "exempt_but_national_priority"


class Clause(StrEnum):
    """The clauses of the policy on which a result, a measure or an advice can rest."""

    NATIONAL_LIST = "3(1)-1"
    NO_HINDRANCE = "3(1)-2"
    REVIEW = "3(2)"
    REVIEW_CONTENT = "3(2)-content"
    REVIEW_IDENTITY = "3(2)-identity"
    REVIEW_IN_PERSON = "3(2)-in-person"
    REVIEW_ATTACHMENTS = "3(2)-attachments"
    REVIEW_PAYMENT = "3(2)-payment"
    REVIEW_DESIGNATED_MANAGER = "3(2)-designated-manager"
    SERVICE_MYNAPORTAL = "4-mynaportal"
    SERVICE_GENERAL = "4-general"
    SERVICE_FACILITY = "4-facility"
    SERVICE_DESIGNATED = "4-other-designated"
    SERVICE_LEGACY = "4-other-legacy"
    EXEMPTION = "6"
    EXEMPTION_ORDINANCE = "6-ordinance"
    EXEMPTION_RULE = "6-rule"
    EXEMPTION_NATIONAL = "6-national"


class MeasureKind(StrEnum):
    """The reviews (対応策) that clause 3(2) asks for, one by one."""

    CONTENT_REVIEW = "content_review"
    PUBLIC_IDENTIFICATION = "public_identification"
    REMOTE_INTERVIEW = "remote_interview"
    DATED_IMAGE = "dated_image"
    WORK_FLOW_REVIEW = "work_flow_review"
    DATA_LINKAGE = "data_linkage"
    END_OF_PHYSICAL_SUBMISSION = "end_of_physical_submission"
    DIGITAL_EQUIPMENT = "digital_equipment"
    E_PAYMENT = "e_payment"
    DESIGNATED_MANAGER_REVIEW = "designated_manager_review"


ASPECTS: tuple[Aspect, ...] = tuple(Aspect)
"""The aspects in the order in which every result lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one procedure; `Facts()` is "nothing known yet".

    Every answer starts as UNKNOWN, except `other`: surveys name further obstacles only where there
    are some. `exemption` is the ground of a decided exemption, `basis` the strongest legal basis.
    """

    national_priority: bool = False
    identity_check: Answer = Answer.UNKNOWN
    attachments: Answer = Answer.UNKNOWN
    in_person: Answer = Answer.UNKNOWN
    physical_item: Answer = Answer.UNKNOWN
    deliverable: Answer = Answer.UNKNOWN
    payment: Answer = Answer.UNKNOWN
    other: Answer = Answer.NOT_NEEDED
    basis: BasisLevel = BasisLevel.UNKNOWN
    exemption: ExemptionGround = ExemptionGround.NONE
    designated_manager: bool = False
    core_system: bool = False
    facility_booking: bool = False
    designated_service: bool = False
    legacy_service: bool = False

    @property
    def answers(self) -> Mapping[Aspect, Answer]:
        """The answer to every aspect, in the order of the enum; a copy."""
        return {aspect: getattr(self, aspect) for aspect in ASPECTS}


def strongest(levels: Iterable[BasisLevel]) -> BasisLevel:
    """The strongest of several legal bases; UNKNOWN where there is none."""
    return min(levels, key=_BASES_BY_STRENGTH.index, default=BasisLevel.UNKNOWN)


_BASES_BY_STRENGTH: tuple[BasisLevel, ...] = tuple(BasisLevel)
