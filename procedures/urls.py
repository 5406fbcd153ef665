"""Addresses of the import, below /imports/."""

from django.urls import path

from .views import imports

urlpatterns = [
    path("", imports.import_list, name="import_list"),
    path("template/", imports.import_template, name="import_template"),
    path("<int:pk>/", imports.import_detail, name="import_detail"),
    path("<int:pk>/apply/", imports.import_apply, name="import_apply"),
    path("<int:pk>/again/", imports.import_again, name="import_again"),
    path("<int:pk>/discard/", imports.import_discard, name="import_discard"),
]
