"""The admin page of the goals."""

from django.contrib import admin

from procedures.admin import RecordedAdmin

from .models import Goal


@admin.register(Goal)
class GoalAdmin(RecordedAdmin):
    list_display = ["fiscal_year", "online_rate"]
