import pytest
from django.test import Client

from catalog.models import Currency

pytestmark = pytest.mark.django_db


def test_a_currency_keeps_its_code(sales: Client) -> None:
    sent = {"code": "XXX", "precision": "3", "is_default": "on"}
    assert sales.post("/admin/catalog/currency/EUR/change/", sent).status_code == 302
    assert set(Currency.objects.values_list("code", "precision")) == {("EUR", 3), ("RUB", 2)}


def test_a_second_default_currency_is_refused(sales: Client) -> None:
    response = sales.post("/admin/catalog/currency/RUB/change/", {"precision": "2", "is_default": "on"})
    assert response.status_code == 200
    assert not Currency.objects.get(code="RUB").is_default
