"""What the probes share: the addresses of the matrix, all rows as they stand, pages as data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.test_access import MATRIX, OK, Access

READ = [access for access in MATRIX if access.method == "get"]
SENT = [access for access in MATRIX if access.method == "post"]
OURS = ("procedures", "tracking")
# What the pages add up and keep for each other, and the log of who signed in and took what out.
BESIDE = ("KeptFigures", "ChangedDepartment", "AuditEvent", "AuditChain")
THOROUGH = bool(os.environ.get("DX_EVIDENCE"))
"""Whether every combination is tried (``run.py evidence``) or a part of them, each one in turn."""

Rows = dict[str, dict[Any, tuple[Any, ...]]]


def address(access: Access, world: dict[str, Any], key: Any = None) -> str:
    """The address of the matrix's line, about the row of ``world`` or about ``key``."""
    if not access.target:
        return reverse(access.name)
    return reverse(access.name, args=[world[access.target] if key is None else key])


def answer(client: Client, access: Access, world: dict[str, Any]) -> HttpResponse:
    """What the program answers to the line of the matrix."""
    return getattr(client, access.method)(address(access, world), access.data)


def content(response: HttpResponse) -> bytes:
    """The whole answer; a file is closed once it is read to its end."""
    return response.getvalue()


def signed_in(user: Any, **options: Any) -> Client:
    """A browser in which ``user`` has signed in."""
    client = Client(**options)
    client.force_login(user)
    return client


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """Whatever is written within is taken back; ``client`` is signed in afterwards as before."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def our_models() -> list[type[models.Model]]:
    """Every table of the program, histories too."""
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def all_rows() -> Rows:
    """Every row of every table of the program, by the table and the row's key."""
    return {
        model.__name__: {
            row[0]: row for row in model._base_manager.values_list("pk", *_names(model))
        }
        for model in our_models()
        if model.__name__ not in BESIDE
    }


def _names(model: type[models.Model]) -> list[str]:
    # When somebody last signed in, and the line of the log that a row of history belongs to.
    other = ("last_login", "event_id")
    return [one.attname for one in model._meta.concrete_fields if one.name not in other]


@dataclass
class Form:
    """A form of a page: where it goes and what a browser would send of it, untouched."""

    method: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """A page as a browser takes it apart: ``elements`` (name, attributes) and ``forms``."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._inside: Form | None = None
        self._select: tuple[list[str], bool] | None = None
        self._area: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "form":
            self._inside = Form(given.get("method", "get").lower(), given.get("action", ""))
            self.forms.append(self._inside)
            if "id" in given:
                self._by_id[given["id"]] = self._inside
            return
        if tag == "option" and self._select is not None:
            values, is_many = self._select
            if "selected" in given or not (values or is_many):
                values[:] = (
                    [*values, given.get("value", "")] if is_many else [given.get("value", "")]
                )
        form = self._by_id.get(given["form"]) if "form" in given else self._inside
        if form is None or not given.get("name") or "disabled" in given:
            return
        values = form.fields.setdefault(given["name"], [])
        if tag == "select":
            self._select = (values, "multiple" in given)
        elif tag == "textarea":
            self._area = values
            values.append("")
        elif tag == "input":
            is_choice = given.get("type") in ("checkbox", "radio")
            if given.get("type") != "file" and (not is_choice or "checked" in given):
                values.append(given.get("value", "on" if is_choice else ""))
        elif tag == "button" and not values:
            values.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[-1] += data if self._area[-1] else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def is_html(response: HttpResponse) -> bool:
    """Whether a browser would show the answer as a page."""
    return response.headers.get("Content-Type", "").startswith("text/html")


def pages_of(client: Client, world: dict[str, Any]) -> dict[str, Page]:
    """Every page of the matrix that the person sees, by its address without a query."""
    found = {}
    for access in READ:
        response = client.get(address(access, world), access.data)
        body = content(response)
        if is_html(response) and response.status_code == OK:
            found[response.request["PATH_INFO"]] = Page(body.decode())
    return found


def forms_of(pages: dict[str, Page]) -> list[Form]:
    """Every form on the pages that writes, once by address and fields."""
    found = {}
    for place, page in pages.items():
        for form in page.forms:
            form.action = form.action or place
            if form.method == "post" and "logout" not in form.action:
                found.setdefault((form.action, frozenset(form.fields)), form)
    return list(found.values())
