from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.payments import add_credit
from billing.models import Client, InvoiceStatus, Order, Promotion, Service, TaxRule, User
from billing.queries.clock import database_now
from catalog.models import Currency, Price, Product
from tests.billing.views.pages import PASSWORD, checkout_key, choose, log_in, read, text_of
from tests.builders import World, make_client, run_due_operations

PERSON = {
    "email": "New.Person@Example.com",
    "password": "quiet-lantern-77",
    "password_again": "quiet-lantern-77",
    "first_name": "Nora",
    "last_name": "Person",
    "country": "DE",
    "city": "Berlin",
    "currency": "EUR",
    "language": "en",
}


def order(browser: Browser, *, key: str = "", **values: Any) -> Any:
    data = {"payment_method": "bank_transfer", "notes": "", "checkout_key": key or checkout_key(browser), **values}
    return browser.post("/checkout/", data)


class TestKnownClient:
    def test_order_by_transfer_waits_for_payment_and_says_so(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        response = order(anna_browser)
        placed = Order.objects.get(client=anna)
        assert response.headers["Location"] == f"/orders/{placed.number}/"
        page = read(anna_browser, f"/orders/{placed.number}/")
        assert placed.number in page
        assert "We are waiting for your payment." in page
        assert placed.invoice.status == InvoiceStatus.UNPAID

    def test_order_by_credit_is_paid_and_bought_by_itself(self, anna: Client, anna_browser: Browser) -> None:
        add_credit(client=anna, amount=Decimal(20), reason="test", actor="test", now=database_now())
        choose(anna_browser, ip="192.0.2.10")
        order(anna_browser, uses_credit="on")
        placed = Order.objects.get(client=anna)
        assert placed.invoice.status == InvoiceStatus.PAID
        run_due_operations()
        page = read(anna_browser, f"/orders/{placed.number}/")
        assert "The key is on the page of the service." in page
        anna.refresh_from_db()
        assert anna.credit_balance == Decimal(15)

    def test_credit_is_not_offered_when_it_is_too_little(self, anna: Client, anna_browser: Browser) -> None:
        add_credit(client=anna, amount=Decimal("4.99"), reason="test", actor="test", now=database_now())
        choose(anna_browser, ip="192.0.2.10")
        assert order(anna_browser, payment_method="credit").status_code == 422
        assert not Order.objects.exists()

    def test_double_submit_makes_one_order(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        key = checkout_key(anna_browser)
        answers = [order(anna_browser, key=key), order(anna_browser, key=key)]
        assert Order.objects.count() == 1
        assert answers[0].headers["Location"] == answers[1].headers["Location"]

    def test_key_of_somebody_elses_order_leads_nowhere(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        key = checkout_key(anna_browser)
        order(anna_browser, key=key)
        other = log_in(make_client())
        choose(other, ip="192.0.2.11")
        response = order(other, key=key)
        assert response.status_code == 422
        assert Order.objects.count() == 1

    def test_basket_is_empty_after_the_order(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        order(anna_browser)
        assert "The basket is empty" in read(anna_browser, "/checkout/")

    def test_two_products_make_one_order(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        choose(anna_browser, ip="192.0.2.11")
        order(anna_browser)
        assert Service.objects.filter(order_line__order=Order.objects.get()).count() == 2

    def test_item_taken_out_is_not_ordered(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        choose(anna_browser, ip="192.0.2.11")
        anna_browser.post("/checkout/0/remove/")
        order(anna_browser)
        assert Service.objects.get().dedicated_ip == "192.0.2.11"

    def test_product_retired_meanwhile_is_refused_with_words(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        key = checkout_key(anna_browser)
        Product.objects.update(is_retired=True)
        response = order(anna_browser, key=key)
        assert response.status_code == 422
        assert "Not available any more" in text_of(response)
        assert not Order.objects.exists()

    def test_price_is_the_one_of_the_moment_of_ordering(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        Price.objects.update(price=Decimal("7.00"))
        assert "€7.00" in read(anna_browser, "/checkout/")
        order(anna_browser)
        assert Order.objects.get().total == Decimal("7.00")

    def test_notes_typed_are_kept_on_an_error(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        page = text_of(order(anna_browser, payment_method="gold", notes="Please be quick"))
        assert "Please be quick" in page

    def test_key_of_the_form_survives_an_error(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        key = checkout_key(anna_browser)
        response = order(anna_browser, key=key, payment_method="gold")
        assert response.context["payment"]["checkout_key"].value() == key


class TestNewClient:
    def test_registers_orders_and_logs_in(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, **PERSON)
        client = Client.objects.get(email="new.person@example.com")
        placed = Order.objects.get(client=client)
        assert response.headers["Location"] == f"/orders/{placed.number}/"
        assert placed.number in read(visitor, f"/orders/{placed.number}/")
        assert client.users.get().check_password("quiet-lantern-77")

    def test_double_submit_makes_one_client_and_one_order(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        key = checkout_key(visitor)
        late = Browser()
        late.cookies = visitor.cookies.copy()
        order(visitor, key=key, **PERSON)
        second = order(late, key=key, **PERSON)
        assert (Order.objects.count(), User.objects.filter(email="new.person@example.com").count()) == (1, 1)
        assert second.headers["Location"] == f"/orders/{Order.objects.get().number}/"

    def test_wrong_password_with_a_known_key_opens_nothing(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        key = checkout_key(visitor)
        order(visitor, key=key, **PERSON)
        stranger = Browser()
        order(stranger, key=key, **{**PERSON, "password": "guessed-wrong-1"})
        assert stranger.get(f"/orders/{Order.objects.get().number}/").status_code == 302

    def test_registered_email_is_refused_with_the_way_out(self, anna: Client, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, **{**PERSON, "email": anna.email.upper()})
        assert response.status_code == 422
        assert "registered already" in text_of(response)

    def test_refused_order_registers_nobody(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, payment_method="gold", **PERSON)
        assert response.status_code == 422
        assert not Client.objects.filter(email="new.person@example.com").exists()

    @pytest.mark.parametrize("name", ["email", "password", "password_again", "first_name", "last_name", "country"])
    def test_each_missing_particular_is_told_and_the_rest_is_kept(
        self, world: World, visitor: Browser, name: str
    ) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, **{**PERSON, name: ""})
        assert list(response.context["buyer"].registration.errors) == [name]
        assert 'value="Berlin"' in text_of(response)

    def test_weak_password_is_told_beside_its_field(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, **{**PERSON, "password": "password12", "password_again": "password12"})
        assert "password" in response.context["buyer"].registration.errors

    def test_currency_that_the_product_is_not_sold_in_is_told(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        response = order(visitor, **{**PERSON, "currency": "RUB"})
        assert response.status_code == 422
        assert "not sold in RUB" in text_of(response)

    def test_sums_follow_the_chosen_currency(self, world: World, visitor: Browser) -> None:
        rub = Currency.objects.get(code="RUB")
        Price.objects.create(product=world.lite, currency=rub, cycle="MONTHLY", price=Decimal(500))
        choose(visitor, ip="192.0.2.10")
        assert "RUB\xa0500.00" in read(visitor, "/checkout/summary/?currency=RUB")

    def test_basket_survives_a_login(self, anna: Client, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        visitor.post("/account/login/?next=/checkout/", {"username": anna.email, "password": PASSWORD})
        assert "192.0.2.10" in read(visitor, "/checkout/")

    def test_sums_hold_the_tax_of_the_country_that_a_visitor_chooses(self, world: World, visitor: Browser) -> None:
        TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))
        choose(visitor, ip="192.0.2.10")
        german = read(visitor, "/checkout/summary/?currency=EUR&country=DE")
        assert "VAT 19\N{NO-BREAK SPACE}%" in german
        assert "€5.95" in german
        assert "€5.95" not in read(visitor, "/checkout/summary/?currency=EUR&country=US")

    def test_the_promo_code_of_a_link_counts(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=Decimal(20))
        choose(anna_browser, ip="192.0.2.10")
        anna_browser.get("/cart.php?a=view&promocode=SPRING")
        assert "-€1.00" in read(anna_browser, "/checkout/")

    def test_a_promo_code_lowers_the_sums_and_a_wrong_one_says_why(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=Decimal(20))
        choose(anna_browser, ip="192.0.2.10")
        anna_browser.post("/checkout/promo-code/", {"promo_code": "summer"})
        assert "There is no promo code “summer”." in read(anna_browser, "/checkout/")
        anna_browser.post("/checkout/promo-code/", {"promo_code": "spring"})
        assert "-€1.00" in read(anna_browser, "/checkout/")
        order(anna_browser)
        assert Order.objects.get().total == Decimal(4)
        choose(anna_browser, ip="192.0.2.11")
        assert "-€1.00" not in read(anna_browser, "/checkout/")
