import pytest
from django.test import Client

from catalog.models import Currency, ProductGroup
from tests.catalog.samples import make_product

pytestmark = pytest.mark.django_db


def test_the_list_counts_products(sales: Client, group: ProductGroup) -> None:
    make_product(group)
    response = sales.get("/admin/catalog/productgroup/")
    (row,) = response.context["cl"].result_list
    assert row.product_count == 1


def test_a_group_is_added(sales: Client) -> None:
    sent = {"name": "Modules", "slug": "modules", "position": "0"}
    assert sales.post("/admin/catalog/productgroup/add/", sent).status_code == 302
    assert ProductGroup.objects.get().slug == "modules"


def test_a_currency_keeps_its_code(sales: Client) -> None:
    sent = {"code": "XXX", "precision": "3", "is_default": "on"}
    assert sales.post("/admin/catalog/currency/EUR/change/", sent).status_code == 302
    assert set(Currency.objects.values_list("code", "precision")) == {("EUR", 3), ("RUB", 2)}


def test_a_second_default_currency_is_refused(sales: Client) -> None:
    response = sales.post("/admin/catalog/currency/RUB/change/", {"precision": "2", "is_default": "on"})
    assert response.status_code == 200
    assert not Currency.objects.get(code="RUB").is_default
