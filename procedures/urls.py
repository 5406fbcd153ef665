"""Addresses of the import, below /imports/."""

from django.urls import path

from .views import import_decisions, import_files, import_reading, import_work, imports

urlpatterns = [
    path("", imports.import_list, name="import_list"),
    path("template/", import_files.import_template, name="import_template"),
    path("<int:pk>/", imports.import_detail, name="import_detail"),
    path("<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("<int:pk>/columns/", import_reading.import_mapping, name="import_mapping"),
    path("<int:pk>/values/", import_reading.import_values, name="import_values"),
    path("<int:pk>/year/", import_reading.import_year, name="import_year"),
    path("<int:pk>/deputy/", import_decisions.import_deputy, name="import_deputy"),
    path("<int:pk>/rest/", import_decisions.import_decide_rest, name="import_decide_rest"),
    path("rows/<int:pk>/decide/", import_decisions.import_decide, name="import_decide"),
    path("rows/<int:pk>/leave-out/", import_decisions.import_leave_out, name="import_leave_out"),
    path("<int:pk>/diff/", import_files.import_diff, name="import_diff"),
    path("<int:pk>/rejected/", import_files.import_rejected, name="import_rejected"),
    path("<int:pk>/apply/", import_work.import_apply, name="import_apply"),
    path("<int:pk>/again/", import_work.import_again, name="import_again"),
    path("<int:pk>/undo/", import_work.import_undo, name="import_undo"),
    path("<int:pk>/discard/", import_work.import_discard, name="import_discard"),
]
