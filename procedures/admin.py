"""The admin pages of reference data; they write through ``procedures.actions`` like every page."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import URLField
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from .actions import delete_reference, save_reference
from .models import (
    ApplicationService,
    Department,
    DirectoryGroup,
    Division,
    NationalListEdition,
    NationalPriorityProcedure,
    Source,
    TeamMembership,
    User,
)
from .permissions import rights_of
from .reference_data import resources
from .reference_data.pages import FileExport, FileImport

OF_DIRECTORY = (
    "ログインの方法を庁内アカウントにすると、この台帳のパスワードは使えなくなり、チーム員の役割は、"
    "ログインのたびに「庁内のグループ」のとおりになります。管理者のうち少なくとも1人は、"
    "この台帳のパスワードのままにしてください。"
)
WITHOUT_ONE_YET = "保存すると、初期パスワードを発行する画面に進みます。"
NONE_HERE = "庁内アカウントでログインする利用者のパスワードは、この台帳にはありません。"

admin.site.unregister(Group)  # roles are memberships; groups would say something else


class ForAdministrators:
    """Rights in the admin: an administrator may do everything there, others nothing."""

    def _is_administrator(self, request, obj=None) -> bool:
        return rights_of(request.user).is_administrator

    has_module_permission = _is_administrator
    has_view_permission = _is_administrator
    has_add_permission = _is_administrator
    has_change_permission = _is_administrator
    has_delete_permission = _is_administrator
    has_export_permission = _is_administrator
    has_import_permission = _is_administrator


class RecordedWrites:
    """Every write of the admin through the writers, with history."""

    def save_model(self, request, obj, form, change) -> None:
        save_reference(obj, by=request.user, source=Source.ADMIN)

    def save_formset(self, request, form, formset, change) -> None:
        for obj in formset.save(commit=False):
            save_reference(obj, by=request.user, source=Source.ADMIN)
        delete_reference(formset.deleted_objects, by=request.user, source=Source.ADMIN)

    def delete_model(self, request, obj) -> None:
        delete_reference([obj], by=request.user, source=Source.ADMIN)

    def delete_queryset(self, request, queryset) -> None:
        delete_reference(queryset, by=request.user, source=Source.ADMIN)


class RecordedAdmin(ForAdministrators, RecordedWrites, FileExport, admin.ModelAdmin):
    """A page of reference data; exports what is shown."""


class ImportedAdmin(ForAdministrators, RecordedWrites, FileImport, admin.ModelAdmin):
    """A page of reference data that also comes in from files."""


@admin.register(Department)
class DepartmentAdmin(ImportedAdmin):
    resource_classes = [resources.DepartmentResource]
    list_display = ["code", "name", "order", "valid_from", "valid_to", "confidence"]
    list_filter = ["confidence"]
    search_fields = ["name", "code"]


@admin.register(Division)
class DivisionAdmin(ImportedAdmin):
    resource_classes = [resources.DivisionResource]
    list_display = ["code", "name", "department", "order", "valid_from", "valid_to", "confidence"]
    list_filter = ["department", "confidence"]
    list_select_related = ["department"]
    search_fields = ["name", "code"]


class NewPersonForm(forms.ModelForm):
    """Somebody new, who has no password until an administrator gives one out."""

    class Meta:
        model = User
        fields = ("username",)
        field_classes: ClassVar = {"username": UsernameField}


class MembershipInline(ForAdministrators, admin.TabularInline):
    model = TeamMembership
    extra = 1


@admin.register(User)
class PersonAdmin(ForAdministrators, RecordedWrites, FileImport, UserAdmin):
    resource_classes = [resources.PersonResource]
    list_display = ["username", "display_name", "directory", "is_active", "last_login"]
    list_filter = ["is_active", "directory", "memberships__role", "memberships__department"]
    search_fields = ["username", "display_name"]
    filter_horizontal: list[str] = []
    inlines = [MembershipInline]
    readonly_fields = ["sign_in"]
    add_form = NewPersonForm
    fieldsets = [
        (None, {"fields": ["username", "sign_in"]}),
        ("人", {"fields": ["display_name", "email", "is_active"]}),
        ("庁内アカウント", {"fields": ["directory", "directory_id"], "description": OF_DIRECTORY}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "display_name", "email"], "description": WITHOUT_ONE_YET}),
        ("庁内アカウント", {"fields": ["directory"], "description": OF_DIRECTORY}),
    ]

    def save_model(self, request, obj, form, change) -> None:
        """Whoever signs in with the office's own login has no password here."""
        if not change or (obj.directory and obj.has_usable_password()):
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        """On to the page where an initial password is given."""
        return super().response_add(request, obj, reverse("account_detail", args=[obj.pk]))

    @admin.display(description="パスワード・ログイン")
    def sign_in(self, obj) -> str:
        """The way to the person's password, lockout and open sign-ins."""
        address = reverse("account_detail", args=[obj.pk])
        return format_html('<a href="{}">初期パスワードの発行・停止の解除・ログアウト</a>', address)

    def user_change_password(self, request, id, form_url=""):
        """Passwords are given out on a page of their own, which writes through the writers."""
        person = self.get_object(request, unquote(id))
        if person is not None and person.directory:
            raise PermissionDenied(NONE_HERE)
        return redirect("account_detail", person.pk) if person else redirect("account_list")


@admin.register(TeamMembership)
class TeamMembershipAdmin(ImportedAdmin):
    resource_classes = [resources.MembershipResource]
    list_display = ["user", "role", "department"]
    list_filter = ["role", "department"]
    list_select_related = ["user", "department"]
    search_fields = ["user__username", "user__display_name"]
    autocomplete_fields = ["user"]


@admin.register(DirectoryGroup)
class DirectoryGroupAdmin(ImportedAdmin):
    resource_classes = [resources.DirectoryGroupResource]
    list_display = ["name", "role", "department"]
    list_filter = ["role", "department"]
    list_select_related = ["department"]
    search_fields = ["name"]


@admin.register(ApplicationService)
class ApplicationServiceAdmin(ImportedAdmin):
    resource_classes = [resources.ServiceResource]
    list_display = ["code", "name", "kind", "owner", "available_from", "available_until"]
    list_filter = ["kind"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}


@admin.register(NationalListEdition)
class NationalListEditionAdmin(ImportedAdmin):
    resource_classes = [resources.EditionResource]
    list_display = ["key", "name", "published_on", "state"]


@admin.register(NationalPriorityProcedure)
class NationalPriorityProcedureAdmin(ImportedAdmin):
    resource_classes = [resources.NationalPriorityResource]
    list_display = ["number", "name", "subgroup", "tier", "applies_to_city", "confidence"]
    list_filter = ["edition", "subgroup", "applies_to_city", "confidence"]
    search_fields = ["name"]
    exclude = ["absence"]  # said on the list's own page, where nobody is linked

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """A procedure stays in its edition: what is linked to it must be of the current one."""
        return ["edition"] if obj else []
