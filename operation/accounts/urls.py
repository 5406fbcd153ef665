"""Addresses of one's own sign-in, of the accounts, and of the yearly transfer."""

from django.contrib.auth.views import PasswordChangeDoneView
from django.urls import path

from . import sign_in_views, transfer_views, views

urlpatterns = [
    path("session/", sign_in_views.session, name="session"),
    path("session/extend/", sign_in_views.session_extend, name="session_extend"),
    path("password/", sign_in_views.PasswordChange.as_view(), name="password_change"),
    path("password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("account/", sign_in_views.account_own, name="account_own"),
    path("account/sessions/", sign_in_views.account_own_sessions, name="account_own_sessions"),
    path("accounts/", views.account_list, name="account_list"),
    path("accounts/passwords/", views.account_passwords, name="account_passwords"),
    path("accounts/release/", views.account_release, name="account_release"),
    path("accounts/transfer/", transfer_views.transfer, name="transfer"),
    path("accounts/transfer/list/", transfer_views.transfer_list, name="transfer_list"),
    path("accounts/transfer/returned/", transfer_views.transfer_returned, name="transfer_returned"),
    path(
        "accounts/transfer/carry-out/",
        transfer_views.transfer_carry_out,
        name="transfer_carry_out",
    ),
    path("accounts/<int:pk>/", views.account_detail, name="account_detail"),
    path("accounts/<int:pk>/password/", views.account_password, name="account_password"),
    path("accounts/<int:pk>/sessions/", views.account_sessions, name="account_sessions"),
]
