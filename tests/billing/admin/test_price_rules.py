"""The pages of tax rules, promo codes and a client's exemption."""

from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.models import Promotion, TaxRule
from tests.billing.admin.pages import add_page, ask, list_of
from tests.builders import World

RULE = {"name": "НДС", "rate": "22", "country": "RU", "region": "", "level": "1", "valid_from": "2026-01-01"}
CODE = {
    "code": "SPRING",
    "type": "PERCENT",
    "value": "20",
    "renewals": "0",
    "max_uses": "5",
    "audience": "ALL",
    "cycles": ["MONTHLY"],
}


def test_a_tax_rule_is_added_and_listed(sales: Browser) -> None:
    assert sales.post(add_page(TaxRule), RULE).status_code == 302
    assert "22 %" in sales.get(list_of(TaxRule)).content.decode()
    again = sales.post(add_page(TaxRule), RULE)
    assert "valid for the same place" in again.content.decode()
    assert TaxRule.objects.get().rate == Decimal(22)


def test_a_promo_code_is_added_and_listed(sales: Browser) -> None:
    assert sales.post(add_page(Promotion), CODE).status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.cycles, promotion.max_uses) == (["MONTHLY"], 5)
    page = sales.get(list_of(Promotion)).content.decode()
    assert "20 % off" in page
    assert "0 / 5" in page
    amount = sales.post(add_page(Promotion), CODE | {"code": "FIVE", "type": "FIXED"})
    assert "An amount is of a currency" in amount.content.decode()


@pytest.mark.parametrize("chosen", ["all", "9" * 18, "\N{SUPERSCRIPT TWO}"])
def test_a_product_that_nobody_can_choose_is_refused_on_its_field(sales: Browser, chosen: str) -> None:
    form = sales.post(add_page(Promotion), CODE | {"applies_to": [chosen]}).context["adminform"].form
    assert list(form.errors) == ["applies_to"]
    assert not Promotion.objects.exists()


def test_support_reads_and_does_not_write(support: Browser) -> None:
    assert support.get(list_of(TaxRule)).status_code == 200
    assert support.get(add_page(TaxRule)).status_code == 403
    assert support.get(add_page(Promotion)).status_code == 403


def test_the_exemption_of_a_client_says_what_it_does(world: World, sales: Browser) -> None:
    assert "exempt" in ask(sales, world.client, "tax-exemption").lower()
