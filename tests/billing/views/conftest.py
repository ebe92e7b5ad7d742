import pytest
from django.test import Client as Browser

from billing.models import Client
from tests.billing.views.pages import PASSWORD, log_in
from tests.builders import World, make_client


@pytest.fixture
def visitor() -> Browser:
    """A visitor without a login."""
    return Browser()


@pytest.fixture
def anna(world: World) -> Client:
    """A client who can log in."""
    return make_client(email="anna.client@example.com", password=PASSWORD)


@pytest.fixture
def anna_browser(anna: Client) -> Browser:
    return log_in(anna)
