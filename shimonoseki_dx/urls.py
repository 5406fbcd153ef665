"""All addresses of the program: sign-in, the inventory's, the migration's, the admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("imports/", include("procedures.urls")),
    path("", include("operation.urls")),
    path("", include("tracking.urls")),
]
handler400 = "operation.error_pages.bad_request"
handler403 = "operation.error_pages.permission_denied"
handler404 = "operation.error_pages.page_not_found"
handler500 = "operation.error_pages.server_error"
