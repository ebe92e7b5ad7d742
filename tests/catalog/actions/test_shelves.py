import pytest

from catalog.actions.products import ProductInvalid
from catalog.actions.shelves import bring_back_product, hide_products, list_products, retire_products
from catalog.models import Product, ProductGroup
from tests.catalog.samples import make_plain_product, make_product, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def products(group: ProductGroup) -> list[Product]:
    """Listed and hidden."""
    return [make_plain_product(group, name="Listed"), make_plain_product(group, name="Hidden", is_hidden=True)]


def names(products: list[Product]) -> list[str]:
    return [product.name for product in products]


def test_hiding_changes_those_that_are_listed(products: list[Product]) -> None:
    assert names(hide_products(product_ids=[product.pk for product in products])) == ["Listed"]
    assert not Product.objects.filter(is_hidden=False).exists()


def test_listing_changes_those_that_are_hidden(products: list[Product]) -> None:
    assert names(list_products(product_ids=[product.pk for product in products])) == ["Hidden"]
    assert not Product.objects.filter(is_hidden=True).exists()


def test_what_is_not_named_stays(products: list[Product]) -> None:
    assert hide_products(product_ids=[]) == []
    assert hide_products(product_ids=[999_999]) == []
    assert Product.objects.filter(is_hidden=False).count() == 1


def test_retiring_leaves_services_alone(products: list[Product]) -> None:
    service = make_service(products[0])
    assert names(retire_products(product_ids=[product.pk for product in products])) == ["Listed", "Hidden"]
    assert retire_products(product_ids=[products[0].pk]) == []
    before = service.status
    service.refresh_from_db()
    assert service.status == before


def test_a_product_comes_back(products: list[Product]) -> None:
    retire_products(product_ids=[products[0].pk])
    assert not bring_back_product(product_id=products[0].pk).is_retired
    assert not Product.objects.get(pk=products[0].pk).is_retired


def test_what_the_partner_no_longer_sells_does_not(group: ProductGroup) -> None:
    product = make_product(group, tariff_id="4601", is_retired=True)
    with pytest.raises(ProductInvalid) as raised:
        bring_back_product(product_id=product.pk)
    assert list(raised.value.errors) == ["tariff_id"]
    product.refresh_from_db()
    assert product.is_retired


def test_what_is_not_there_does_not(db: None) -> None:
    with pytest.raises(Product.DoesNotExist):
        bring_back_product(product_id=1)
