"""Who may enter the admin: the administrators, by their role here."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from procedures.permissions import check_can_keep_accounts, rights_of


class OfficeAdminSite(AdminSite):
    """管理画面: organisation, people, services, the national list, goals."""

    site_header = site_title = "行政手続オンライン化管理台帳の管理"
    index_title = "管理"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is an administrator (Django's own staff flag plays no part)."""
        return request.user.is_active and rights_of(request.user).is_administrator

    @method_decorator([never_cache, login_not_required])
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The program's own sign-in page, which knows all ways in; the admin has none beside it.

        Raises ``PermissionDenied`` for whoever has signed in and is no administrator.
        """
        target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target)  # it leads to no other site
        check_can_keep_accounts(request.user)
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The program's own page: people of the office's login have no password here."""
        return redirect("password_change")
