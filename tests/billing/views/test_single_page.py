"""The single page template: everything on one page, ordered at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.payments import add_credit
from billing.models import Client, Order, Promotion, Service, StoreSettings, TaxRule
from billing.queries.clock import database_now
from catalog.actions.products import update_product
from catalog.models import Currency, OrderForm, Price, Product, ProductGroup
from tests.billing.views.pages import read, text_of
from tests.billing.views.test_checkout import PERSON
from tests.builders import BITNINJA, World, make_hosting, make_product

GROUP = "/store/licenses/"
LITE = f"{GROUP}ispmanager-lite/"
HOSTING = f"{GROUP}hosting/"
LIVE = "/single-page/licenses/"
ITEM = {"product": "ispmanager-lite", "cycle": "MONTHLY", "quantity": "1", "field_ip": "192.0.2.10"}


@pytest.fixture(autouse=True)
def single_page(world: World) -> None:
    ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)


def send(browser: Browser, *, address: str = GROUP, **values: Any) -> Any:
    """Fills in the page and places the order."""
    key = browser.get(address).context["payment"]["checkout_key"].value()
    data = {**ITEM, "payment_method": "bank_transfer", "notes": "", "checkout_key": key, **values}
    return browser.post(address, data)


def change(browser: Browser, name: str, **values: Any) -> str:
    """What the page is told when the input `name` was changed."""
    headers = {"HX-Request": "true", "HX-Trigger-Name": name}
    return text_of(browser.post(LIVE, {**ITEM, **values}, headers=headers))


class TestPage:
    def test_has_everything_that_an_order_needs(self, world: World, visitor: Browser) -> None:
        page = read(visitor, LITE)
        names = ("product", "cycle", "field_ip", "email", "password_again", "payment_method", "promo_code")
        assert [name for name in names if f'name="{name}"' not in page] == []
        assert 'name="quantity"' not in page
        make_hosting(world.group)
        assert 'name="quantity"' in read(visitor, HOSTING)

    def test_the_recommended_product_is_chosen_unless_it_is_sold_out(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_featured=True)
        assert visitor.get(GROUP).context["product"] == world.lite
        Product.objects.filter(pk=world.lite.pk).update(has_stock_control=True, stock_quantity=0)
        assert visitor.get(GROUP).context["product"] != world.lite

    def test_an_address_of_a_product_chooses_it(self, world: World, visitor: Browser) -> None:
        hosting = make_hosting(world.group, price="5.50")
        assert visitor.get(f"{HOSTING}?cycle=MONTHLY&quantity=3").context["product"] == hosting
        assert "€16.50" in read(visitor, f"{HOSTING}?cycle=MONTHLY&quantity=3")

    def test_a_hidden_product_is_there_by_its_own_address_only(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_hidden=True)
        assert "ispmanager lite" not in read(visitor, GROUP)
        assert "ispmanager lite" in read(visitor, LITE)
        assert send(visitor, address=LITE, **PERSON).status_code == 302

    def test_what_is_in_the_basket_keeps_its_form(self, world: World, visitor: Browser) -> None:
        ProductGroup.objects.update(order_form=OrderForm.STANDARD)
        visitor.post(LITE, ITEM)
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)
        assert 'id="chooser"' not in read(visitor, f"{LITE}?item=0")

    def test_a_product_without_a_price_here_says_so(self, world: World, visitor: Browser) -> None:
        visitor.post("/store/currency/", {"currency": "RUB"})
        assert "not sold in RUB" in read(visitor, LITE)
        assert "No product of this group is sold in RUB" in read(visitor, GROUP)

    def test_asks_for_the_terms(self, world: World, visitor: Browser) -> None:
        StoreSettings.objects.create(pk=1, terms_url="https://shop.example/terms")
        response = send(visitor, **PERSON)
        assert list(response.context["payment"].errors) == ["is_terms_accepted"]
        assert send(visitor, **PERSON, is_terms_accepted="on").status_code == 302


class TestOrdering:
    def test_a_stranger_orders_in_one_step(self, world: World, visitor: Browser) -> None:
        response = send(visitor, **PERSON)
        placed = Order.objects.get(client__email="new.person@example.com")
        assert response.headers["Location"] == f"/orders/{placed.number}/"
        assert placed.number in read(visitor, f"/orders/{placed.number}/")
        assert Service.objects.get().dedicated_ip == "192.0.2.10"

    def test_a_client_pays_with_credit_at_once(self, anna: Client, anna_browser: Browser) -> None:
        add_credit(client=anna, amount=Decimal(20), reason="test", actor="test", now=database_now())
        send(anna_browser, uses_credit="on")
        assert Order.objects.get().invoice.status == "PAID"

    def test_sending_twice_makes_one_order(self, anna: Client, anna_browser: Browser) -> None:
        key = anna_browser.get(GROUP).context["payment"]["checkout_key"].value()
        answers = [send(anna_browser, checkout_key=key), send(anna_browser, checkout_key=key)]
        assert answers[0].headers["Location"] == answers[1].headers["Location"]
        assert Order.objects.count() == 1

    def test_leaves_the_basket_as_it_is(self, world: World, anna: Client, anna_browser: Browser) -> None:
        ProductGroup.objects.update(order_form=OrderForm.STANDARD)
        anna_browser.post(LITE, {**ITEM, "field_ip": "192.0.2.77"})
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)
        assert "What is in your basket stays there" in read(anna_browser, GROUP)
        send(anna_browser)
        assert Order.objects.get().lines.count() == 1
        assert "192.0.2.77" in read(anna_browser, "/checkout/")

    def test_addons_are_ordered_along(self, world: World, anna: Client, anna_browser: Browser) -> None:
        addon = make_product(world.group, tariff_id=BITNINJA, name="BitNinja addon", price="12.00", is_addon=True)
        update_product(product=world.lite, values={}, addons=[addon])
        name = f"addon_{addon.pk}"
        send(anna_browser, **{f"{name}-chosen": "on", f"{name}-field_bitninja_email": "a@example.com"})
        assert Order.objects.get().total == Decimal(17)
        assert Service.objects.get(product=addon).parent == Service.objects.get(product=world.lite)

    def test_a_domain_is_asked_kept_and_ordered(self, world: World, anna_browser: Browser) -> None:
        hosting = make_hosting(world.group, is_domain_required=True)
        addon = make_hosting(world.group, name="Backups", is_addon=True, is_domain_required=True)
        update_product(product=hosting, values={}, addons=[addon])
        chosen = {"product": "hosting", "field_ip": "", f"addon_{addon.pk}-chosen": "on"}
        assert list(send(anna_browser, **chosen, domain="").context["form"].errors) == ["domain"]
        assert 'value="example.com"' in change(anna_browser, "product", **chosen, domain="example.com")
        assert send(anna_browser, **chosen, domain="example.com").status_code == 302
        assert [service.domain for service in Service.objects.all()] == ["example.com"] * 2

    def test_an_addon_comes_once_for_each_service(self, world: World, anna_browser: Browser) -> None:
        hosting = make_hosting(world.group, quantity_mode="SCALING")
        addon = make_hosting(world.group, name="Backups", price="1.00", is_addon=True)
        update_product(product=hosting, values={}, addons=[addon])
        chosen = {"product": "hosting", "quantity": "3", f"addon_{addon.pk}-chosen": "on"}
        assert send(anna_browser, **chosen).status_code == 302
        assert Order.objects.get().total == Decimal(16)

    def test_another_product_is_ordered_from_the_same_address(self, world: World, anna_browser: Browser) -> None:
        send(anna_browser, address=LITE, product="ispmanager-business")
        assert Order.objects.get().total == Decimal(15)

    def test_a_promo_code_counts(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=Decimal(20))
        assert "-€1.00" in change(anna_browser, "promo_code", promo_code="spring")
        send(anna_browser, promo_code="spring")
        assert Order.objects.get().total == Decimal(4)

    def test_all_errors_show_at_once_and_nothing_typed_is_lost(self, world: World, visitor: Browser) -> None:
        response = send(visitor, **{**PERSON, "country": ""}, field_ip="999.1.1.1", payment_method="gold", notes="Hm")
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["field_ip"]
        assert list(response.context["buyer"].registration.errors) == ["country"]
        assert list(response.context["payment"].errors) == ["payment_method"]
        page = text_of(response)
        for typed in ('value="999.1.1.1"', 'value="Nora"', "Hm</textarea>"):
            assert typed in page
        assert not Client.objects.filter(email__iexact=PERSON["email"]).exists()

    def test_what_the_order_refuses_is_told_beside_its_input(self, world: World, anna_browser: Browser) -> None:
        response = send(anna_browser, product="bitninja", field_item="4711")
        assert response.status_code == 422
        assert "no live ispmanager license" in response.context["form"].errors["field_item"][0]

    @pytest.mark.parametrize("slug", ["", "no-such-product", "x" * 300])
    def test_a_product_that_is_not_there_is_none(self, world: World, visitor: Browser, slug: str) -> None:
        headers = {"HX-Request": "true", "HX-Trigger-Name": "product"}
        assert visitor.post(LIVE, {**ITEM, "product": slug}, headers=headers).status_code == 404


class TestLive:
    def test_sums_follow_the_choice(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group, price="5.50")
        assert "€16.50" in change(visitor, "quantity", product="hosting", quantity="3")

    def test_another_product_brings_its_form_with_what_was_typed(self, world: World, visitor: Browser) -> None:
        answer = change(visitor, "product", product="ispmanager-business", field_licname="web1")
        assert 'id="configuration" hx-swap-oob="true"' in answer
        assert 'value="web1"' in answer
        assert "€15.00" in answer
        assert "field-errors" in answer
        assert "Fill in this field." not in answer

    def test_another_currency_brings_its_prices(self, world: World, visitor: Browser) -> None:
        rub = Currency.objects.get(code="RUB")
        Price.objects.create(product=world.lite, currency=rub, cycle="MONTHLY", price=Decimal(500))
        answer = change(visitor, "currency", currency="RUB")
        assert 'id="configuration"' in answer
        assert "RUB\N{NO-BREAK SPACE}500.00" in answer
        assert send(visitor, **{**PERSON, "currency": "RUB"}).status_code == 302
        assert Order.objects.get().total == Decimal(500)

    def test_the_tax_of_the_country_is_counted(self, world: World, visitor: Browser) -> None:
        TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))
        assert "€5.95" in change(visitor, "country", country="DE")
        assert "€5.95" not in change(visitor, "country", country="US")

    def test_the_error_of_the_changed_input_is_told_and_no_other(self, world: World, visitor: Browser) -> None:
        answer = change(visitor, "field_ip", field_ip="999.1.1.1")
        assert 'id="id_field_ip_error"' in answer
        assert "IPv4" in answer
        assert 'id="configuration"' not in answer

    def test_a_wrong_promo_code_says_why(self, world: World, visitor: Browser) -> None:
        assert "There is no promo code" in change(visitor, "promo_code", promo_code="nothing")

    def test_number_without_sense_shows_no_price(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group)
        assert "The price appears as soon as" in change(visitor, "quantity", product="hosting", quantity="x")
