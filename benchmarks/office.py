"""An office of its own for a measurement: a temporary database with the shipped lists."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import django

LISTS = ("departments", "national_priority", "services")


@contextmanager
def temporary_office() -> Iterator[Any]:
    """Gives the account that may do everything; models can be imported from here on.

    Database and files are removed afterwards; the one that DATABASE_URL names is not touched.
    """
    with new_office() as settings:
        enter(settings)
        from django.db import connections

        from procedures.actions import command_account

        furnish()
        try:
            yield command_account()
        finally:
            connections.close_all()


@contextmanager
def new_office(
    server: str = "", like: Mapping[str, str] | None = None
) -> Iterator[Mapping[str, str]]:
    """The environment of an empty office, for one process or for several after each other.

    ``server``, a DATABASE_URL of PostgreSQL, lends a database that is made and removed here;
    without one it is a file of SQLite. ``like`` is the environment of another office on the same
    server, with which nobody works just now: the new one begins as a copy of it.
    """
    prefix = "dx-benchmark-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        if like:
            shutil.copytree(like["DX_DATA_DIR"], folder, dirs_exist_ok=True)
        settings = {
            "DJANGO_SETTINGS_MODULE": "shimonoseki_dx.settings",
            "DX_SECRET_KEY": secrets.token_urlsafe(60),
            "DX_INSECURE_HTTP": "1",
            "DX_DATA_DIR": folder,
        }
        if not server:
            yield settings
            return
        with _lent_database(server, like["DATABASE_URL"] if like else "") as url:
            yield settings | {"DATABASE_URL": url}


def enter(settings: Mapping[str, str]) -> None:
    """Makes this process one of the office's; models can be imported from here on."""
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(settings)
    django.setup()


def furnish() -> None:
    """Makes the tables and fills in the shipped lists."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("loaddata", *LISTS, verbosity=0)


@contextmanager
def _lent_database(server: str, like: str) -> Iterator[str]:
    import psycopg

    name = f"dx_benchmark_{secrets.token_hex(4)}"
    template = f" TEMPLATE {like.rsplit('/', 1)[1]}" if like else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{template}")  # type: ignore[call-overload]
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]
