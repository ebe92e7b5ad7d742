"""What somebody may get wrong on the way to an order, each with its message on the field that it is about."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Client, Order, Promotion
from billing.queries.clock import business_date, database_now
from catalog.actions.products import OptionValues, PriceValues, update_product
from catalog.models import Currency, CustomField, OrderForm, Price, Product, ProductGroup
from tests.billing.views.pages import PRODUCT, choose, read, text_of
from tests.billing.views.test_checkout import PERSON, order
from tests.builders import World, make_client, make_hosting

ITEM = {"cycle": "MONTHLY", "quantity": 1, "field_ip": "192.0.2.10"}


def errors_of(response: Any, form: str = "form") -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context[form].errors)


class TestOrderForm:
    @pytest.fixture(params=[OrderForm.STANDARD, OrderForm.SINGLE_PAGE], autouse=True)
    def template(self, request: pytest.FixtureRequest, world: World) -> None:
        ProductGroup.objects.update(order_form=request.param)

    def test_a_cycle_that_was_switched_off(self, world: World, visitor: Browser) -> None:
        eur = Currency.objects.get(code="EUR")
        Price.objects.filter(product=world.lite).update(cycle="ANNUALLY")
        assert "Annually" in read(visitor, PRODUCT)
        errors = errors_of(visitor.post(PRODUCT, ITEM))
        assert "MONTHLY is not one of the available choices" in errors["cycle"][0]
        assert not Price.objects.filter(product=world.lite, cycle="MONTHLY", currency=eur).exists()

    def test_a_cycle_of_another_currency(self, world: World, visitor: Browser) -> None:
        rub = Currency.objects.get(code="RUB")
        Price.objects.create(product=world.lite, currency=rub, cycle="ANNUALLY", price=500)
        assert list(errors_of(visitor.post(PRODUCT, {**ITEM, "cycle": "ANNUALLY"}))) == ["cycle"]

    def test_an_option_out_of_range(self, world: World, visitor: Browser) -> None:
        price = PriceValues(Currency.objects.get(code="EUR"), "MONTHLY", Decimal(5))
        update_product(product=world.business, values={}, options=[OptionValues("nodes", {"maximum": 3}, [price])])
        address = "/store/licenses/ispmanager-business/"
        errors = errors_of(visitor.post(address, {**ITEM, "option_nodes": 4}))
        assert errors == {"option_nodes": ["Enter a number from 0 to 3."]}

    def test_a_value_that_misses_the_pattern_of_its_field(self, world: World, visitor: Browser) -> None:
        CustomField.objects.create(
            product=world.lite, key="rack", label="Rack", validation=r"[A-Z]\d+", is_on_order_form=True
        )
        errors = errors_of(visitor.post(PRODUCT, {**ITEM, "field_rack": "12"}))
        assert errors == {"field_rack": ["This value does not have the form that is asked for."]}
        assert 'id="id_field_rack_error"' in text_of(visitor.post(PRODUCT, {**ITEM, "field_rack": "12"}))

    def test_what_is_sold_out(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(has_stock_control=True, stock_quantity=0)
        assert "disabled" in read(visitor, PRODUCT)
        assert errors_of(visitor.post(PRODUCT, ITEM))["__all__"] == ["Sold out."]

    def test_what_is_sold_out_where_there_is_a_quantity(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group, has_stock_control=True, stock_quantity=0)
        address = "/store/licenses/hosting/"
        assert "disabled" in read(visitor, address)
        data = {"product": "hosting", "cycle": "MONTHLY", "quantity": 1}
        assert errors_of(visitor.post(address, data))["quantity"] == ["Sold out."]

    def test_a_retired_product_by_its_link_leads_to_what_there_is(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_retired=True)
        response = visitor.get(PRODUCT)
        assert response.status_code == 404
        page = response.content.decode()
        assert "ispmanager lite is no longer sold" in page
        assert 'href="/store/licenses/"' in page

    def test_a_hidden_retired_product_was_never_there(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_retired=True, is_hidden=True)
        response = visitor.get(PRODUCT)
        assert response.status_code == 404
        assert "ispmanager lite" not in response.content.decode()

    def test_a_hidden_product_by_its_link_can_be_ordered(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_hidden=True)
        assert 'name="field_ip"' in read(visitor, PRODUCT)


class TestPrices:
    def test_a_price_in_the_form_is_ignored(self, anna: Client, anna_browser: Browser) -> None:
        forged = {"price": "0.01", "unit_price": "0.01", "total": "0.01", "setup_fee": "-5", "discount": "4.99"}
        anna_browser.post(PRODUCT, {**ITEM, **forged})
        order(anna_browser, **forged)
        assert Order.objects.get().total == Order.objects.get().invoice.total == Decimal(5)

    def test_a_price_in_the_single_page_is_ignored(self, anna: Client, anna_browser: Browser) -> None:
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)
        key = anna_browser.get(PRODUCT).context["payment"]["checkout_key"].value()
        sent = {**ITEM, "payment_method": "bank_transfer", "checkout_key": key, "price": "0.01", "total": "0.01"}
        assert anna_browser.post(PRODUCT, sent).status_code == 302
        assert Order.objects.get().total == Decimal(5)

    def test_a_currency_in_the_form_of_a_client_is_ignored(self, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, ip="192.0.2.10")
        order(anna_browser, currency="RUB")
        assert Order.objects.get().currency_id == "EUR"


class TestPromoCodes:
    @pytest.fixture
    def today(self, db: None) -> Any:
        return business_date(database_now())

    def told(self, browser: Browser) -> str:
        """What stands at the promo code, and that the order is refused for it."""
        choose(browser, ip="192.0.2.10")
        browser.post("/checkout/promo-code/", {"promo_code": "SPRING"})
        page = read(browser, "/checkout/")
        assert 'aria-invalid="true" aria-describedby="promo_code_error"' in page
        assert order(browser).status_code == 422
        assert not Order.objects.exists()
        return page.split('id="promo_code_error">')[1].split("<")[0]

    def test_expired(self, world: World, anna_browser: Browser, today: Any) -> None:
        Promotion.objects.create(code="SPRING", value=20, ends_on=today - timedelta(days=1))
        assert self.told(anna_browser) == "This promo code has expired."

    def test_not_valid_yet(self, world: World, anna_browser: Browser, today: Any) -> None:
        Promotion.objects.create(code="SPRING", value=20, starts_on=today + timedelta(days=1))
        assert self.told(anna_browser) == "This promo code is not valid yet."

    def test_of_another_product(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=20).applies_to.add(world.business)
        assert self.told(anna_browser) == "This promo code is not for what you order."

    def test_that_needs_another_product(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=20).requires.add(world.business)
        assert "needs one of these products in the order: ispmanager business" in self.told(anna_browser)

    def test_used_up(self, world: World, anna_browser: Browser) -> None:
        Promotion.objects.create(code="SPRING", value=20, max_uses=2, uses=2)
        assert self.told(anna_browser) == "This promo code is used up."

    def test_of_another_currency(self, world: World, anna_browser: Browser) -> None:
        rub = Currency.objects.get(code="RUB")
        Promotion.objects.create(code="SPRING", value=20, type="FIXED", currency=rub)
        assert self.told(anna_browser) == "This promo code is for payments in RUB."

    def test_that_was_never_there(self, world: World, anna_browser: Browser) -> None:
        assert self.told(anna_browser) == "There is no promo code “SPRING”."


class TestRegistration:
    @pytest.fixture(autouse=True)
    def basket(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")

    def wrong(self, visitor: Browser, **values: str) -> dict[str, list[str]]:
        response = order(visitor, **{**PERSON, **values})
        assert not Order.objects.exists()
        assert response.status_code == 422
        return dict(response.context["buyer"].registration.errors)

    def test_an_email_that_is_taken_is_told_without_whose_it_is(self, visitor: Browser) -> None:
        make_client(email="taken@example.com", first_name="Zinaida", company="Secret Works")
        response = order(visitor, **{**PERSON, "email": "Taken@Example.com"})
        errors = response.context["buyer"].registration.errors
        assert dict(errors) == {"email": ["This e-mail is registered already. Log in, or reset the password."]}
        page = text_of(response)
        assert "Zinaida" not in page
        assert "Secret Works" not in page

    @pytest.mark.parametrize(
        ("password", "words"),
        [
            ("short1", "too short"),
            ("password12", "too common"),
            ("New.Person@Example.com", "too similar to the e"),
        ],
    )
    def test_a_weak_password(self, visitor: Browser, password: str, words: str) -> None:
        errors = self.wrong(visitor, password=password, password_again=password)
        assert list(errors) == ["password"]
        assert any(words in message for message in errors["password"])

    def test_two_passwords_that_differ(self, visitor: Browser) -> None:
        errors = self.wrong(visitor, password_again="quiet-lantern-78")
        assert errors == {"password_again": ["The two passwords are not the same."]}

    def test_a_tax_number_without_the_form_of_its_country(self, visitor: Browser) -> None:
        assert list(self.wrong(visitor, tax_id="DE12")) == ["tax_id"]
