"""The main navigation: what each person is offered, by role."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from procedures.permissions import Rights, rights_of


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the main navigation."""

    label: str
    url: str
    is_current: bool


# The division's instruments, beside each other on each of their pages: label and address.
INSTRUMENTS: tuple[tuple[str, str], ...] = (
    ("状況", "dashboard"),
    ("指標", "figure_list"),
    ("動き", "moves"),
    ("支障", "leverage"),
    ("点検", "inspection"),
    ("版と資料", "edition_list"),
    ("目標", "goals"),
    ("公表", "publication"),
)


# What the policy rests on, open to whoever has signed in: label and address.
REGISTERS: tuple[tuple[str, str], ...] = (
    ("方針", "policy"),
    ("適用除外", "exemption_list"),
    ("サービス", "service_list"),
    ("協議", "consultation_list"),
    ("国の一覧", "national_list"),
    ("国の調査", "survey"),
)
OFFICE_REGISTERS: tuple[tuple[str, str], ...] = (("組織改正", "reorganisation_list"),)
"""Those that only the division and administrators see."""

# How the program itself is kept, for administrators: label and address.
OPERATION: tuple[tuple[str, str], ...] = (
    ("利用者", "account_list"),
    ("監査ログ", "audit_log"),
    ("状態", "program_status"),
)


def instruments(current: str) -> list[NavigationItem]:
    """The division's instruments, ``current`` being the name of the address of the one shown."""
    return [NavigationItem(label, reverse(name), name == current) for label, name in INSTRUMENTS]


def registers(current: str, rights: Rights) -> list[NavigationItem]:
    """The policy's registers as a person with ``rights`` sees them, as ``instruments``."""
    entries = REGISTERS + (OFFICE_REGISTERS if rights.is_office_wide else ())
    return [NavigationItem(label, reverse(name), name == current) for label, name in entries]


def operation(current: str) -> list[NavigationItem]:
    """The pages of those who keep the program, as ``instruments``."""
    return [NavigationItem(label, reverse(name), name == current) for label, name in OPERATION]


def navigation(request: HttpRequest) -> dict[str, object]:
    """Context processor: ``office_name`` and, for whoever has signed in, ``navigation``."""
    user = getattr(request, "user", None)
    items: list[NavigationItem] = []
    if user is not None and user.is_authenticated:
        items = [
            NavigationItem(label, reverse(name), _is_at(request.path, name))
            for label, name in _entries(rights_of(user))
        ]
    return {"office_name": settings.OFFICE_NAME, "navigation": items}


def home_of(rights: Rights) -> str:
    """The name of the page on which a person with ``rights`` lands."""
    if rights.department_ids:
        return "team"
    if rights.is_division:
        return "dashboard"
    return "import_list" if rights.is_administrator else "procedure_list"


def _is_at(path: str, name: str) -> bool:
    """Whether ``path`` lies below the entry ``name``, or below a page beside it."""
    beside = [each for _, each in OPERATION]
    names = beside if name in beside else [name]
    return any(path.startswith(reverse(each)) for each in names)


def _entries(rights: Rights) -> list[tuple[str, str]]:
    entries = []
    if rights.is_office_wide:
        entries.append(("全庁の状況", "dashboard"))
    if rights.department_ids:
        entries.append(("チームの手続", "team"))
    entries += [("手続一覧", "procedure_list"), ("課題", "issue_list")]
    entries.append(("方針と登録簿", "policy"))
    if rights.is_office_wide or rights.department_ids:
        entries.append(("やりとり", "comment_list"))
    if rights.is_office_wide:
        entries += [("所管未定", "unassigned"), ("配付", "distribution_list")]
    if rights.is_office_wide or rights.department_ids:
        entries += [("取込", "import_list"), ("まとめ操作", "act_list")]
    if rights.is_administrator:
        entries += [
            ("運用", OPERATION[0][1]),
            ("管理", "admin:index"),
        ]
    entries.append(("使い方", "guide"))
    return entries
