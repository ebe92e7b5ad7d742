import pytest

from catalog.models import Currency, ProductGroup
from noc.models import Server


@pytest.fixture
def group(db: None) -> ProductGroup:
    return ProductGroup.objects.create(name="Licenses", slug="licenses")


@pytest.fixture
def server(db: None) -> Server:
    return Server.objects.create(
        name="eu", hostname="eu.ispmanager.com", username="reseller", password="secret", is_default=True
    )


@pytest.fixture
def eur(db: None) -> Currency:
    return Currency.objects.get(code="EUR")


@pytest.fixture
def rub(db: None) -> Currency:
    return Currency.objects.get(code="RUB")
