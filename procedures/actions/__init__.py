"""The only writers of inventory facts: permission, comparison, validation, history in each."""

from .accounts import (
    NotIssued,
    change_password,
    end_sessions,
    issue_missing_passwords,
    issue_passwords,
    without_password,
)
from .confirmation import CHANGED_SINCE, confirm_unchanged, is_confirmed, write_confirmation
from .exemptions import (
    CONFIRMED_ALREADY,
    NO_EXEMPTION,
    NOT_PROPOSED,
    confirm_exemption,
    propose_exemption,
    renew_exemption,
    return_proposal,
    withdraw_exemption,
)
from .legal_bases import NO_PRIMARY, BasisDraft, drafts_of, replace_legal_bases
from .procedures import (
    EDITABLE_FIELDS,
    NUMBER_TAKEN,
    WRONG_DIVISION,
    assign_department,
    check_division,
    create_procedure,
    lock_procedure,
    update_procedure,
    write_procedure,
    write_touched,
)
from .references import (
    command_account,
    delete_reference,
    directory_account,
    save_reference,
)
from .services import add_service, change_service, service_state
from .volumes import VolumeEdit, VolumesResult, set_volume, set_volumes, volumes_as_seen

__all__ = [
    "CHANGED_SINCE",
    "CONFIRMED_ALREADY",
    "EDITABLE_FIELDS",
    "NOT_PROPOSED",
    "NO_EXEMPTION",
    "NO_PRIMARY",
    "NUMBER_TAKEN",
    "WRONG_DIVISION",
    "BasisDraft",
    "NotIssued",
    "VolumeEdit",
    "VolumesResult",
    "add_service",
    "assign_department",
    "change_password",
    "change_service",
    "check_division",
    "command_account",
    "confirm_exemption",
    "confirm_unchanged",
    "create_procedure",
    "delete_reference",
    "directory_account",
    "drafts_of",
    "end_sessions",
    "is_confirmed",
    "issue_missing_passwords",
    "issue_passwords",
    "lock_procedure",
    "propose_exemption",
    "renew_exemption",
    "replace_legal_bases",
    "return_proposal",
    "save_reference",
    "service_state",
    "set_volume",
    "set_volumes",
    "update_procedure",
    "volumes_as_seen",
    "withdraw_exemption",
    "without_password",
    "write_confirmation",
    "write_procedure",
    "write_touched",
]
