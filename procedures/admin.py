"""The admin pages of reference data; they write through ``procedures.actions`` like every page."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, XLSX

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


class RecordedAdmin(ForAdministrators, RecordedWrites, ExportMixin, admin.ModelAdmin):
    """A page of reference data; exports what is shown."""

    formats = [XLSX, CSV]


@admin.register(Department)
class DepartmentAdmin(RecordedAdmin):
    list_display = ["code", "name", "order", "valid_from", "valid_to", "confidence"]
    list_filter = ["confidence"]
    search_fields = ["name", "code"]


@admin.register(Division)
class DivisionAdmin(RecordedAdmin):
    list_display = ["code", "name", "department", "order", "valid_from", "valid_to", "confidence"]
    list_filter = ["department", "confidence"]
    list_select_related = ["department"]
    search_fields = ["name", "code"]


class MembershipInline(ForAdministrators, admin.TabularInline):
    model = TeamMembership
    extra = 1


@admin.register(User)
class PersonAdmin(ForAdministrators, RecordedWrites, UserAdmin):
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


@admin.register(ApplicationService)
class ApplicationServiceAdmin(RecordedAdmin):
    list_display = ["code", "name", "kind", "owner", "available_from", "available_until"]
    list_filter = ["kind"]


@admin.register(NationalListEdition)
class NationalListEditionAdmin(RecordedAdmin):
    list_display = ["key", "name", "published_on"]


@admin.register(NationalPriorityProcedure)
class NationalPriorityProcedureAdmin(RecordedAdmin):
    list_display = ["number", "name", "subgroup", "tier", "applies_to_city", "confidence"]
    list_filter = ["edition", "subgroup", "applies_to_city", "confidence"]
    search_fields = ["name"]
