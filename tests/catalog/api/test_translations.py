"""Translations of the catalog over REST."""

from rest_framework.test import APIClient

from catalog.models import ProductGroup
from tests.catalog.samples import make_plain_product

RUSSIAN = {"name_ru": "Лицензия", "description_ru": "Домены: 10"}


def test_products_take_and_show_them(api: APIClient, group: ProductGroup) -> None:
    address = f"/api/v1/products/{make_plain_product(group).pk}/"
    assert api.patch(address, {"translations": RUSSIAN}, format="json").json()["translations"] == RUSSIAN
    refused = api.patch(address, {"translations": {"name_xx": "?"}}, format="json")
    assert refused.status_code == 400
    assert "name_xx" in str(refused.json())
    assert api.get(address).json()["translations"] == RUSSIAN


def test_groups_take_and_show_them(api: APIClient, group: ProductGroup) -> None:
    address = f"/api/v1/product-groups/{group.pk}/"
    assert api.patch(address, {"translations": {"headline_ru": "Всё"}}, format="json").json()["translations"] == {
        "headline_ru": "Всё"
    }
