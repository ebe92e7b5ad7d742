import pytest

from billing.models import Client, StaffRole
from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, make_client, make_shop


@pytest.fixture
def admin(db: None) -> Api:
    return Api.of_role(StaffRole.FULL_ADMINISTRATOR)


@pytest.fixture
def sales(db: None) -> Api:
    return Api.of_role(StaffRole.SALES_OPERATOR)


@pytest.fixture
def support(db: None) -> Api:
    return Api.of_role(StaffRole.SUPPORT_OPERATOR)


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Shop:
    """An account at the partner, a monthly license product, and Anna who may order it."""
    return make_shop(sandbox.url)


@pytest.fixture
def anna(shop: Shop) -> Api:
    """Anna's own key."""
    return Api.of_client(shop.client)


@pytest.fixture
def boris(db: None) -> Client:
    return make_client("boris@example.com")


@pytest.fixture
def stranger(boris: Client) -> Api:
    """The key of another client."""
    return Api.of_client(boris)
