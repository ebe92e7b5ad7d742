"""What is ordered costs what the page showed: another total is shown before anything is ordered."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import translation

from billing.models import Client, Invoice, Order, TaxRule
from catalog.models import OrderForm, Price, ProductGroup
from tests.billing.views.pages import checkout_key, choose, read, text_of
from tests.billing.views.test_checkout import PERSON, order
from tests.billing.views.test_single_page import GROUP, ITEM, change
from tests.builders import World, make_hosting

SUMS = "/checkout/summary/"


def seen_on(page: str) -> str:
    """The total that a page holds for the order, for each place where it stands."""
    (seen,) = set(re.findall(r'name="seen_total" form="checkout" value="([^"]*)"', page))
    return seen


@pytest.fixture
def taxed(world: World) -> None:
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))


class TestCheckout:
    def test_a_tax_that_was_not_shown_is_shown_first(self, taxed: None, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        before = seen_on(read(visitor, "/checkout/"))
        assert before == "5 EUR"
        again = order(visitor, **PERSON, seen_total=before)
        page = text_of(again)
        assert again.status_code == 422
        assert "The total is €5.95 now." in page
        assert not Order.objects.exists()
        assert not Client.objects.filter(email__iexact=PERSON["email"]).exists()
        assert seen_on(page) == "5.95 EUR"
        assert order(visitor, **PERSON, seen_total="5.95 EUR").status_code == 302
        assert Invoice.objects.get().total == Decimal("5.95")

    def test_the_sums_of_what_was_chosen_bring_their_total(self, taxed: None, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        seen = seen_on(read(visitor, f"{SUMS}?currency=EUR&country=DE"))
        assert order(visitor, **PERSON, seen_total=seen).status_code == 302

    def test_a_price_that_changed_meanwhile(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        seen = seen_on(read(anna_browser, "/checkout/"))
        Price.objects.update(price=6)
        page = text_of(order(anna_browser, seen_total=seen))
        assert "The total is €6.00 now." in page
        assert not Order.objects.exists()
        assert order(anna_browser, seen_total=seen_on(page)).status_code == 302

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_is_said_alike_in_every_language(self, anna: Client, anna_browser: Browser, language: str) -> None:
        Price.objects.update(price=Decimal("1234.5"))
        choose(anna_browser, ip="192.0.2.10")
        anna_browser.cookies["django_language"] = language
        with translation.override(language):
            assert seen_on(read(anna_browser, "/checkout/")) == "1234.5 EUR"

    @pytest.mark.parametrize("seen", ["5 RUB", "0 EUR", "NaN", "5.00 EUR", "<b>"])
    def test_what_no_page_said_is_no_total(self, anna: Client, anna_browser: Browser, seen: str) -> None:
        choose(anna_browser, ip="192.0.2.10")
        assert "The total is €5.00 now." in text_of(order(anna_browser, seen_total=seen))


class TestSinglePage:
    @pytest.fixture(autouse=True)
    def single_page(self, world: World) -> None:
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)

    def send(self, browser: Browser, **values: Any) -> Any:
        key = browser.get(GROUP).context["payment"]["checkout_key"].value()
        data = {**ITEM, **PERSON, "payment_method": "bank_transfer", "notes": "", "checkout_key": key, **values}
        return browser.post(GROUP, data)

    def test_a_total_that_was_not_shown_is_shown_first(self, taxed: None, visitor: Browser) -> None:
        before = seen_on(read(visitor, GROUP))
        again = self.send(visitor, seen_total=before)
        assert "The total is €5.95 now." in text_of(again)
        assert not Order.objects.exists()
        shown = seen_on(change(visitor, "country", **PERSON))
        assert shown == seen_on(text_of(again)) == "5.95 EUR"
        assert self.send(visitor, seen_total=shown).status_code == 302

    def test_a_quantity_that_makes_no_sense_has_no_total(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group)
        page = text_of(self.send(visitor, seen_total="5 EUR", product="hosting", quantity="many"))
        assert "The price appears as soon as the quantity is right." in page
        assert "The total is" not in page
        assert not Order.objects.exists()


def test_a_page_that_says_nothing_of_a_total_is_an_older_one(anna: Client, anna_browser: Browser) -> None:
    choose(anna_browser, ip="192.0.2.10")
    assert checkout_key(anna_browser)
    assert order(anna_browser).status_code == 302
