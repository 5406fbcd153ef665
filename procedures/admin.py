"""The admin pages of reference data; they write through ``procedures.actions`` like every page."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group

from .actions import delete_reference, save_reference
from .models import (
    ApplicationService,
    Department,
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


class MembershipInline(ForAdministrators, admin.TabularInline):
    model = TeamMembership
    extra = 1


@admin.register(User)
class PersonAdmin(ForAdministrators, RecordedWrites, FileImport, UserAdmin):
    resource_classes = [resources.PersonResource]
    list_display = ["username", "display_name", "is_active", "last_login"]
    list_filter = ["is_active", "memberships__role", "memberships__department"]
    search_fields = ["username", "display_name"]
    filter_horizontal: list[str] = []
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("人", {"fields": ["display_name", "email", "is_active"]}),
    ]
    add_fieldsets = [
        (
            None,
            {"fields": ["username", "display_name", "usable_password", "password1", "password2"]},
        ),
    ]


@admin.register(TeamMembership)
class TeamMembershipAdmin(ImportedAdmin):
    resource_classes = [resources.MembershipResource]
    list_display = ["user", "role", "department"]
    list_filter = ["role", "department"]
    list_select_related = ["user", "department"]
    search_fields = ["user__username", "user__display_name"]
    autocomplete_fields = ["user"]


@admin.register(ApplicationService)
class ApplicationServiceAdmin(ImportedAdmin):
    resource_classes = [resources.ServiceResource]
    list_display = ["code", "name", "kind", "owner", "available_from", "available_until"]
    list_filter = ["kind"]


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
