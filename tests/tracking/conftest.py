"""People before a list, for the tests of the edit in place."""

import pytest
from django.test import Client

from tests import factories
from tests.tracking.desks import Desk


@pytest.fixture
def desk(client, member):
    """A member of the team at the team's page."""
    return Desk(client, member)


@pytest.fixture
def other_desk(department):
    """Another member of the same team, 佐藤 花子."""
    return Desk(Client(), factories.member_of(department, display_name="佐藤 花子"))
