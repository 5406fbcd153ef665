"""The admin site of this program, in place of Django's default one."""

from django.contrib.admin.apps import AdminConfig


class OfficeAdminConfig(AdminConfig):
    default_site = "shimonoseki_dx.admin_site.OfficeAdminSite"
