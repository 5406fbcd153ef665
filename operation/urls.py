"""Addresses of sign-in, for those who run the program, and for what watches it."""

from django.urls import URLPattern, URLResolver, include, path

from operation import health
from operation.audit_log import views as audit_log
from operation.directory import views as directory
from operation.doctor import views as doctor

urlpatterns: list[URLPattern | URLResolver] = [
    # Answered by operation.health.ProbesMiddleware before anything is resolved; named here, so
    # that they stand beside all other addresses.
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("login/", directory.SignInView.as_view(), name="login"),
    path("login/provider/", directory.sign_in_at_provider, name="sign_in_at_provider"),
    path("login/provider/answer/", directory.sign_in_answer, name="sign_in_answer"),
    path("login/proxy/", directory.sign_in_by_proxy, name="sign_in_by_proxy"),
    path("logout/", directory.SignOutView.as_view(), name="logout"),
    path("audit/", audit_log.audit_log, name="audit_log"),
    path("audit/csv/", audit_log.audit_log_csv, name="audit_log_csv"),
    path("audit/verify/", audit_log.audit_log_verify, name="audit_log_verify"),
    path("status/", doctor.program_status, name="program_status"),
    path("", include("operation.accounts.urls")),
]
