"""The sign-in page, as a browser sends its form."""

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse


def sign_in(client: Client, username: str, password: str) -> HttpResponse:
    """The answer to a name and a password; whoever had signed in before has signed out."""
    client.logout()
    return client.post(reverse("login"), {"username": username, "password": password})
