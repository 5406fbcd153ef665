"""Whom the provider knows: a file that the tests write, read anew for every answer."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from oauth2_provider.oauth2_validators import OAuth2Validator


def told() -> dict[str, Any]:
    """``people`` by user name, and the ``redirect_uris`` to which answers may go."""
    return json.loads((settings.FOLDER / "people.json").read_text(encoding="utf-8"))


class PeopleOfTheFile(BaseBackend):
    """Signs in whoever stands in the file; each is a row with the key of the file."""

    def authenticate(self, request, username=None, password=None):
        person = told()["people"].get(username)
        if person is None or person["password"] != password:
            return None
        # Of an earlier test, under another key.
        User.objects.filter(username=username).exclude(pk=person["key"]).delete()
        user, _ = User.objects.update_or_create(pk=person["key"], defaults={"username": username})
        return user

    def get_user(self, user_id):
        return User.objects.filter(pk=user_id).first()


class TellsGroups(OAuth2Validator):
    """Says names and groups, too."""

    oidc_claim_scope = None

    def get_additional_claims(self, request):
        person = told()["people"][request.user.username]
        return {
            "preferred_username": request.user.username,
            "name": person["name"],
            "email": f"{request.user.username}@example.lg.jp",
            **({"groups": person["groups"]} if "groups" in person else {}),
        }

    def validate_redirect_uri(self, client_id, redirect_uri, request, *args, **kwargs):
        return redirect_uri in told()["redirect_uris"]
