"""Addresses of sign-in, the lists, the procedure's page, the dashboard, 配付 and the guide."""

from django.contrib.auth import views as auth
from django.urls import path

from .views import (
    assignment,
    dashboard,
    distribution,
    export,
    legal_bases,
    pages,
    plan,
    procedure,
    rows,
    team,
    volumes,
)

urlpatterns = [
    path("", pages.home, name="home"),
    path("guide/", pages.guide, name="guide"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("team/", team.team, name="team"),
    path("procedures/", team.procedure_list, name="procedure_list"),
    path("procedures/export/", export.procedure_export, name="procedure_export"),
    path("procedures/new/", procedure.procedure_new, name="procedure_new"),
    path("procedures/<int:pk>/", procedure.procedure_detail, name="procedure_detail"),
    path("procedures/<int:pk>/facts/", procedure.facts_edit, name="facts_edit"),
    path("procedures/<int:pk>/bases/", legal_bases.bases_edit, name="bases_edit"),
    path("procedures/<int:pk>/volume/", volumes.volume_set, name="volume_set"),
    path("procedures/<int:pk>/plan/", plan.plan_edit, name="plan_edit"),
    path("procedures/<int:pk>/exemption/", procedure.exemption_propose, name="exemption_propose"),
    path(
        "procedures/<int:pk>/exemption/confirm/",
        procedure.exemption_confirm,
        name="exemption_confirm",
    ),
    path(
        "procedures/<int:pk>/exemption/withdraw/",
        procedure.exemption_withdraw,
        name="exemption_withdraw",
    ),
    path("rows/<int:pk>/", rows.row, name="row"),
    path("rows/<int:pk>/edit/", rows.row_edit, name="row_edit"),
    path("unassigned/", assignment.unassigned, name="unassigned"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("distributions/", distribution.distribution_list, name="distribution_list"),
    path("distributions/new/", distribution.distribution_new, name="distribution_new"),
    path("distributions/<int:pk>/", distribution.distribution_detail, name="distribution_detail"),
    path("distributions/<int:pk>/zip/", distribution.distribution_zip, name="distribution_zip"),
    path(
        "distributions/sheets/<int:pk>/", distribution.distributed_sheet, name="distributed_sheet"
    ),
    path(
        "departments/<int:pk>/workbook/",
        distribution.department_workbook,
        name="department_workbook",
    ),
]
