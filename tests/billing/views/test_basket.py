"""Changes in the basket itself, and what several windows do to it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Client, Order, TaxRule
from catalog.models import Product
from tests.billing.views.pages import checkout_key, choose, read, text_of
from tests.billing.views.test_checkout import PERSON, order
from tests.builders import World, make_hosting

HTMX = {"HX-Request": "true"}


def lines(browser: Browser) -> list[tuple[str, int]]:
    return [(line.values["ip"], line.quantity) for line in browser.get("/checkout/").context["basket"].lines]


def choose_hosting(browser: Browser, *, quantity: int = 1) -> None:
    """Something that one may have several of."""
    browser.post("/store/licenses/hosting/", {"cycle": "MONTHLY", "quantity": quantity})


class TestQuantity:
    @pytest.fixture(autouse=True)
    def hosting(self, world: World) -> Product:
        return make_hosting(world.group)

    def lines(self, browser: Browser) -> list[tuple[str, int]]:
        return [(line.product.name, line.quantity) for line in browser.get("/checkout/").context["basket"].lines]

    def test_is_changed_in_the_basket(self, visitor: Browser) -> None:
        choose_hosting(visitor)
        assert visitor.post("/checkout/0/quantity/", {"quantity": 3}).headers["Location"] == "/checkout/"
        assert self.lines(visitor) == [("Hosting", 3)]
        assert "€15.00" in read(visitor, "/checkout/")

    @pytest.mark.parametrize("quantity", ["0", "-1", "x", "", "101", "9" * 30])
    def test_without_sense_is_told_at_its_input_and_changes_nothing(self, visitor: Browser, quantity: str) -> None:
        choose_hosting(visitor)
        answer = text_of(visitor.post("/checkout/0/quantity/", {"quantity": quantity}, headers=HTMX))
        assert 'aria-describedby="quantity-0-error"' in answer
        assert 'id="quantity-0-error"' in answer
        assert self.lines(visitor) == [("Hosting", 1)]

    @pytest.mark.parametrize(("mode", "most"), [("MULTIPLE", 100), ("SCALING", 1000)])
    def test_goes_as_far_as_an_order_does(self, hosting: Product, visitor: Browser, mode: str, most: int) -> None:
        Product.objects.filter(pk=hosting.pk).update(quantity_mode=mode)
        choose_hosting(visitor)
        visitor.post("/checkout/0/quantity/", {"quantity": most})
        visitor.post("/checkout/0/quantity/", {"quantity": most + 1})
        assert self.lines(visitor) == [("Hosting", most)]
        assert f'max="{most}"' in read(visitor, "/checkout/")

    def test_without_sense_is_told_without_scripts_too(self, visitor: Browser) -> None:
        choose_hosting(visitor)
        page = visitor.post("/checkout/0/quantity/", {"quantity": "0"}, follow=True).content.decode()
        assert "greater than or equal to 1" in page

    def test_more_than_are_in_stock_is_told_at_its_input(self, anna: Client, anna_browser: Browser) -> None:
        choose_hosting(anna_browser, quantity=2)
        Product.objects.update(has_stock_control=True, stock_quantity=1)
        assert "Only 1 left in stock." in read(anna_browser, "/checkout/")
        page = text_of(order(anna_browser))
        assert page.count("Only 1 left in stock.") == 2
        assert not Order.objects.exists()

    def test_is_not_asked_of_what_is_sold_one_at_a_time(self, visitor: Browser) -> None:
        Product.objects.update(quantity_mode="ONE")
        choose_hosting(visitor)
        assert "/checkout/0/quantity/" not in read(visitor, "/checkout/")

    def test_several_of_what_is_sold_one_at_a_time_now_can_become_one(self, hosting: Product, visitor: Browser) -> None:
        choose_hosting(visitor, quantity=2)
        Product.objects.filter(pk=hosting.pk).update(quantity_mode="ONE")
        assert "/checkout/0/quantity/" in read(visitor, "/checkout/")
        visitor.post("/checkout/0/quantity/", {"quantity": 1})
        assert self.lines(visitor) == [("Hosting", 1)]

    def test_is_not_asked_where_each_needs_an_address_of_its_own(self, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        assert "/checkout/0/quantity/" not in read(visitor, "/checkout/")
        page = visitor.post("/checkout/0/quantity/", {"quantity": 2}, follow=True).content.decode()
        assert "can be used for one only" in page
        assert lines(visitor) == [("192.0.2.10", 1)]

    @pytest.mark.parametrize("place", [1, 99, 10**12])
    def test_of_what_is_not_there_changes_nothing(self, visitor: Browser, place: int) -> None:
        choose_hosting(visitor)
        visitor.post(f"/checkout/{place}/quantity/", {"quantity": 3})
        visitor.post(f"/checkout/{place}/quantity/", {"quantity": 0}, headers=HTMX)
        assert self.lines(visitor) == [("Hosting", 1)]


class TestInPlace:
    def test_the_answer_has_the_parts_that_change_and_nothing_that_was_typed(
        self, world: World, visitor: Browser
    ) -> None:
        choose(visitor, ip="192.0.2.10")
        choose(visitor, ip="192.0.2.11")
        answer = text_of(visitor.post("/checkout/0/remove/", headers=HTMX))
        for part in (
            'class="order-lines"',
            'id="sums"',
            'id="methods"',
            'id="basket-link"',
            "Taken out of the basket.",
        ):
            assert part in answer
        assert "192.0.2.10" not in answer
        assert 'name="first_name"' not in answer

    def test_sums_keep_the_tax_of_what_a_visitor_has_typed(self, world: World, visitor: Browser) -> None:
        TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))
        make_hosting(world.group)
        choose_hosting(visitor)
        said = {"quantity": 2, "country": "DE", "currency": "EUR"}
        assert "€11.90" in text_of(visitor.post("/checkout/0/quantity/", said, headers=HTMX))

    def test_the_last_thing_taken_out_leads_to_the_empty_page(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        assert visitor.post("/checkout/0/remove/", headers=HTMX).headers["HX-Redirect"] == "/checkout/"

    def test_a_wrong_promo_code_is_told_at_its_input(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        answer = text_of(visitor.post("/checkout/promo-code/", {"promo_code": "<b>"}, headers=HTMX))
        assert "There is no promo code “&lt;b&gt;”." in answer
        assert 'aria-describedby="promo_code_error"' in answer

    def test_the_key_of_the_order_comes_along(self, world: World, anna_browser: Browser) -> None:
        make_hosting(world.group)
        choose_hosting(anna_browser)
        answer = anna_browser.post("/checkout/0/quantity/", {"quantity": 2}, headers=HTMX)
        key = answer.context["payment"]["checkout_key"].value()
        assert f'value="{key}"' in text_of(answer)
        assert order(anna_browser, key=key).status_code == 302


class TestTwoWindows:
    def test_the_same_basket_sent_from_both_makes_one_order(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        keys = [checkout_key(anna_browser), checkout_key(anna_browser)]
        answers = [order(anna_browser, key=key) for key in keys]
        assert Order.objects.count() == 1
        assert answers[0].headers["Location"] == answers[1].headers["Location"]

    def test_a_stranger_sends_both_and_is_one_client_with_one_order(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        keys = [checkout_key(visitor), checkout_key(visitor)]
        other = Browser()
        other.cookies = visitor.cookies.copy()
        answers: list[Any] = [order(visitor, key=keys[0], **PERSON), order(other, key=keys[1], **PERSON)]
        assert Order.objects.count() == 1
        assert answers[0].headers["Location"] == answers[1].headers["Location"]

    def test_a_window_that_is_behind_orders_nothing_that_it_does_not_show(
        self, anna: Client, anna_browser: Browser
    ) -> None:
        choose(anna_browser, ip="192.0.2.10")
        behind = checkout_key(anna_browser)
        choose(anna_browser, ip="192.0.2.11")
        response = order(anna_browser, key=behind, notes="Typed already")
        assert response.status_code == 422
        page = text_of(response)
        assert "The basket was changed in another window." in page
        assert "Typed already" in page
        assert "192.0.2.11" in page
        assert order(anna_browser, key=response.context["payment"]["checkout_key"].value()).status_code == 302
        assert Order.objects.get().lines.count() == 2

    def test_the_next_order_has_a_key_of_its_own(self, anna: Client, anna_browser: Browser) -> None:
        for address in ("192.0.2.10", "192.0.2.10"):
            choose(anna_browser, ip=address)
            order(anna_browser)
        assert Order.objects.count() == 2
