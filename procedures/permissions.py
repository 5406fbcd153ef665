"""Who may do what. ``check_can_x`` raises the sentence that the person reads; ``can_x`` asks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied

from .models import Department, Procedure, Role, User
from .models.organisation import DIVISION_ROLES, TEAM_ROLES

SIGN_IN = "この操作にはログインが必要です。"
NOT_YOUR_DEPARTMENT = (
    "この手続は「{department}」の手続です。変更できるのは、その部局室のDX推進チームと"
    "情報政策課です。"
)
UNASSIGNED_IS_FOR_DIVISION = (
    "この手続は所管未定です。変更できるのは情報政策課です。所管が決まると、担当の部局室の"
    "DX推進チームも変更できるようになります。"
)
DIVISION_ONLY = "この操作ができるのは情報政策課です。"
ADMINISTRATORS_ONLY = (
    "この操作ができるのは管理者です。必要なときは、管理者（情報政策課）に伝えてください。"
)
LEADER_OF_DIVISION_ONLY = "この操作ができるのは情報政策課長です。"
HANDOVER_IS_FOR_LEADERS = (
    "担当の引継ぎができるのは、その部局室のDX推進チームリーダーと情報政策課です。"
    "引継ぎが必要な場合は、リーダーに伝えてください。"
)
IMPORT_IS_FOR_TEAMS = "一覧表を取り込めるのは、各部局室のDX推進チーム、情報政策課と管理者です。"
CONFIRMING_IS_FOR_DIVISION = (
    "適用除外を確認済として取り込めるのは、情報政策課です。チェックを外してください。"
)
TEAM_OR_DIVISION_ONLY = (
    "手続を登録できるのは、各部局室のDX推進チームと情報政策課です。登録したい手続がある場合は、"
    "担当の部局室のDX推進チームに伝えてください。"
)
VOLUMES_ARE_FOR_TEAMS = (
    "件数をまとめて入力できるのは、各部局室のDX推進チームと情報政策課です。"
    "件数は、手続のページで見られます。"
)
INSPECTION_IS_FOR_TEAMS = "点検を見られるのは、各部局室のDX推進チーム、情報政策課と管理者です。"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do, read once per request."""

    is_division: bool = False
    is_division_leader: bool = False
    is_administrator: bool = False
    department_ids: frozenset[int] = frozenset()
    leader_department_ids: frozenset[int] = frozenset()

    @property
    def is_office_wide(self) -> bool:
        """May write in every department."""
        return self.is_division or self.is_administrator

    def covers(self, department_id: int | None) -> bool:
        """May change what belongs to that department (None: 所管未定)."""
        return self.is_office_wide or department_id in self.department_ids

    def is_leader_of(self, department_id: int) -> bool:
        """Leads the DX team of that department."""
        return department_id in self.leader_department_ids


def rights_of(user: Any) -> Rights:
    """The rights of ``user`` (also of an anonymous one); one query, remembered on the object."""
    if not user.is_authenticated:
        return Rights()
    if not hasattr(user, "_rights"):
        memberships = list(user.memberships.values_list("role", "department_id"))
        roles = {role for role, _ in memberships}
        user._rights = Rights(
            is_division=not roles.isdisjoint(DIVISION_ROLES),
            is_division_leader=Role.DIVISION_LEADER in roles,
            is_administrator=Role.ADMINISTRATOR in roles or user.is_superuser,
            department_ids=frozenset(
                department for role, department in memberships if role in TEAM_ROLES
            ),
            leader_department_ids=frozenset(
                department for role, department in memberships if role == Role.LEADER
            ),
        )
    return user._rights


def check_can_edit(user: User, procedure: Procedure) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may change ``procedure`` and its plan."""
    if rights_of(user).covers(procedure.department_id):
        return
    if not user.is_authenticated:
        raise PermissionDenied(SIGN_IN)
    if procedure.department_id is None:
        raise PermissionDenied(UNASSIGNED_IS_FOR_DIVISION)
    raise PermissionDenied(NOT_YOUR_DEPARTMENT.format(department=procedure.department))


def check_can_create(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may add procedures to some department."""
    rights = rights_of(user)
    if not (rights.is_office_wide or rights.department_ids):
        raise PermissionDenied(TEAM_OR_DIVISION_ONLY)


def check_can_assign(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may say which department owns a procedure."""
    if not rights_of(user).is_office_wide:
        raise PermissionDenied(DIVISION_ONLY)


def check_can_confirm_exemption(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may decide an exemption (clause 6)."""
    if not rights_of(user).is_division:
        raise PermissionDenied(DIVISION_ONLY)


def check_can_import(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may bring in a list (of some department)."""
    rights = rights_of(user)
    if not (rights.is_office_wide or rights.department_ids):
        raise PermissionDenied(IMPORT_IS_FOR_TEAMS)


def check_can_confirm_exemptions_by_import(user: User) -> None:
    """Raises ``PermissionDenied`` unless an import of ``user`` may decide exemptions (clause 6)."""
    if not rights_of(user).is_division:
        raise PermissionDenied(CONFIRMING_IS_FOR_DIVISION)


def check_can_hand_over(user: User, department: Department | None = None) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may hand a person's procedures to another.

    In ``department``, or in some department where none is given.
    """
    rights = rights_of(user)
    leads = rights.is_leader_of(department.pk) if department else rights.leader_department_ids
    if not (rights.is_office_wide or leads):
        raise PermissionDenied(HANDOVER_IS_FOR_LEADERS)


def check_can_enter_volumes(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may enter yearly volumes of some department."""
    rights = rights_of(user)
    if not (rights.is_office_wide or rights.department_ids):
        raise PermissionDenied(VOLUMES_ARE_FOR_TEAMS)


def check_can_see_dashboard(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` manages the overall progress (clause 5)."""
    if not rights_of(user).is_office_wide:
        raise PermissionDenied(DIVISION_ONLY)


def check_can_keep_registers(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` keeps what the policy rests on.

    That is the provisions of clause 6, the services, the national list and survey, the drafts of
    the policy and the structure of the office.
    """
    if not rights_of(user).is_office_wide:
        raise PermissionDenied(DIVISION_ONLY)


def check_can_adopt_policy(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` decides which policy is in force (clause 7)."""
    if not rights_of(user).is_division_leader:
        raise PermissionDenied(LEADER_OF_DIVISION_ONLY)


def check_can_inspect(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may see what the inspection finds, or a part."""
    rights = rights_of(user)
    if not (rights.is_office_wide or rights.department_ids):
        raise PermissionDenied(INSPECTION_IS_FOR_TEAMS)


def check_can_keep_accounts(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` looks after the accounts of the others."""
    if not rights_of(user).is_administrator:
        raise PermissionDenied(ADMINISTRATORS_ONLY)


def check_can_read_audit(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may see who did what: an administrator."""
    if not rights_of(user).is_administrator:
        raise PermissionDenied(ADMINISTRATORS_ONLY)


def check_can_see_status(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may see how the program is: an administrator."""
    if not rights_of(user).is_administrator:
        raise PermissionDenied(ADMINISTRATORS_ONLY)


def _asks(check: Callable[..., None]) -> Callable[..., bool]:
    def can(*args: Any) -> bool:
        try:
            check(*args)
        except PermissionDenied:
            return False
        return True

    return can


can_edit = _asks(check_can_edit)
can_create = _asks(check_can_create)
can_assign = _asks(check_can_assign)
can_confirm_exemption = _asks(check_can_confirm_exemption)
can_import = _asks(check_can_import)
can_confirm_exemptions_by_import = _asks(check_can_confirm_exemptions_by_import)
can_hand_over = _asks(check_can_hand_over)
can_enter_volumes = _asks(check_can_enter_volumes)
can_keep_accounts = _asks(check_can_keep_accounts)
can_read_audit = _asks(check_can_read_audit)
can_see_status = _asks(check_can_see_status)
can_inspect = _asks(check_can_inspect)
can_keep_registers = _asks(check_can_keep_registers)
can_adopt_policy = _asks(check_can_adopt_policy)
can_see_dashboard = _asks(check_can_see_dashboard)
