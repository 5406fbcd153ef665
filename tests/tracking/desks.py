"""A person before a list, who edits rows in it as a browser does."""

from django.test import Client
from django.urls import reverse

from procedures.models import Procedure
from tests.pages import element, sent_by, text
from tracking.models import MigrationPlan

HTMX = {"HX-Request": "true"}


class Desk:
    """A person before a list, who edits rows in it."""

    def __init__(self, client: Client, user, page="team", query=""):
        client.force_login(user)
        self.client = client
        self.page = page
        self.next = reverse("team" if page == "team" else "procedure_list") + query

    def opens(self, procedure) -> str:
        """The row with its form, as 編集 brings it."""
        response = self.client.get(
            reverse("row_edit", args=[procedure.pk]),
            {"shown_on": self.page, "next": self.next},
            headers=HTMX,
        )
        assert response.status_code == 200, text(response)
        return text(response)

    def saves(self, procedure, html, headers=HTMX, **changes):
        """The answer to 保存 after ``changes`` in the form of ``html``."""
        sent = sent_by(html, f"row-form-{procedure.pk}", **changes)
        return self.client.post(
            reverse("row_edit", args=[procedure.pk]), sent, headers=headers or {}
        )

    def edits(self, procedure, headers=HTMX, **changes):
        """編集, ``changes``, 保存."""
        return self.saves(procedure, self.opens(procedure), headers, **changes)

    def reads(self, procedure):
        """The row in a freshly loaded list."""
        return element(text(self.client.get(self.next)), f"procedure-{procedure.pk}")


def written() -> tuple[int, int]:
    """How many changes of procedures and of plans the history knows."""
    return Procedure.history.count(), MigrationPlan.history.count()
