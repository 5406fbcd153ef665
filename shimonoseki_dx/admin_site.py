"""Who may enter the admin: the administrators, by their role here."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from procedures.permissions import rights_of


class OfficeAdminSite(AdminSite):
    """管理画面: organisation, people, services, the national list, goals."""

    site_header = site_title = "行政手続オンライン化管理台帳の管理"
    index_title = "管理"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is an administrator (Django's own staff flag plays no part)."""
        return request.user.is_active and rights_of(request.user).is_administrator
