"""The writers of reference data, and the account under which commands write."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from procedures.models import Source, User
from procedures.records import Origin, begin_history, delete, insert, save


@transaction.atomic
def save_reference(obj: models.Model, *, by: User, source: Source) -> None:
    """Writes a row of reference data (departments, people, services, the national list).

    The caller has validated it. A row that is as stored writes nothing.
    """
    origin = Origin(by, source)
    if obj._state.adding:
        insert([obj], origin)
        return
    stored = type(obj)._default_manager.select_for_update().get(pk=obj.pk)
    names = [field.attname for field in obj._meta.concrete_fields if not field.primary_key]
    changed = [name for name in names if getattr(obj, name) != getattr(stored, name)]
    if changed:
        # What came in without a history: what it was stays known.
        begin_history([stored], replace(origin, at=origin.at - timedelta.resolution))
        save(obj, changed, origin)


@transaction.atomic
def delete_reference(objects: Iterable[models.Model], *, by: User, source: Source) -> None:
    """Deletes rows of reference data that nothing points at; their history stays."""
    for obj in objects:
        delete([obj], Origin(by, source))


def command_account() -> User:
    """The account under whose name commands write when no person is named; nobody can sign in."""
    return _account_of_nobody("command", "コマンド実行")


def directory_account() -> User:
    """The account under whose name the office's own login writes; nobody can sign in."""
    return _account_of_nobody("directory-sync", "庁内アカウントの連携")


def _account_of_nobody(username: str, display_name: str) -> User:
    account = User.objects.filter(username=username).first()
    if account is None:
        account = User(
            username=username,
            display_name=display_name,
            password=make_password(None),
            is_active=False,
            is_superuser=True,
        )
        insert([account], Origin(account, Source.COMMAND))
    return account
