from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Client, Order, Service
from catalog.actions.products import update_product
from catalog.models import CustomField, FieldType, Product
from tests.billing.views.pages import PRODUCT, checkout_key, choose, count_queries, read, text_of
from tests.builders import World, make_hosting, make_product

HOSTING = "/store/licenses/hosting/"
HTMX = {"HX-Request": "true", "HX-Trigger-Name": "field_ip"}


def order(browser: Browser) -> Any:
    data = {"payment_method": "bank_transfer", "notes": "", "checkout_key": checkout_key(browser)}
    return browser.post("/checkout/", data)


class TestShelves:
    def test_home_shows_groups_with_the_price_they_start_from(self, world: World, visitor: Browser) -> None:
        page = read(visitor, "/")
        assert "Licenses" in page
        assert "€5.00" in page

    def test_group_shows_products_with_prices(self, world: World, visitor: Browser) -> None:
        page = read(visitor, "/store/licenses/")
        assert "ispmanager business" in page
        assert "€15.00" in page

    def test_hidden_product_is_not_listed_but_its_link_works(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_hidden=True)
        assert "ispmanager lite" not in read(visitor, "/store/licenses/")
        assert visitor.get(PRODUCT).status_code == 200

    def test_retired_product_is_gone(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_retired=True)
        assert visitor.get(PRODUCT).status_code == 404

    @pytest.mark.parametrize("address", ["/store/no-such-group/", "/store/licenses/no-such-product/"])
    def test_unknown_address_is_not_found(self, world: World, visitor: Browser, address: str) -> None:
        assert visitor.get(address).status_code == 404

    def test_visitor_sees_another_currency_after_choosing_it(self, world: World, visitor: Browser) -> None:
        visitor.post("/store/currency/", {"currency": "RUB"})
        assert "not sold in RUB" in read(visitor, PRODUCT)

    @pytest.mark.parametrize(
        ("sent", "leads"), [("/store/licenses/", "/store/licenses/"), ("https://evil.example/", "/"), ("", "/")]
    )
    def test_choosing_a_currency_leads_back_to_where_one_was(
        self, world: World, visitor: Browser, sent: str, leads: str
    ) -> None:
        response = visitor.post("/store/currency/", {"currency": "RUB", "next": sent})
        assert response.headers["Location"] == leads

    def test_client_sees_their_own_currency_whatever_was_chosen(self, anna: Client, anna_browser: Browser) -> None:
        anna_browser.post("/store/currency/", {"currency": "RUB"})
        assert "€5.00" in read(anna_browser, PRODUCT)

    @pytest.mark.parametrize("address", ["/", "/store/licenses/"])
    def test_more_products_take_no_more_queries(self, world: World, visitor: Browser, address: str) -> None:
        before = count_queries(visitor, address)
        for number in range(5):
            make_product(world.group, tariff_id="55228", name=f"ispmanager pro {number}", price="9.00")
        assert count_queries(visitor, address) == before <= 5


class TestOrderForm:
    def test_shows_the_fields_of_the_product_with_labels(self, world: World, visitor: Browser) -> None:
        page = read(visitor, PRODUCT)
        assert 'name="field_ip"' in page
        assert "IP address" in page
        assert "lickey" not in page

    def test_wrong_ip_is_told_beside_its_field_and_what_was_typed_is_kept(self, world: World, visitor: Browser) -> None:
        response = choose(visitor, ip="999.1.1.1", licname="web1.example.com")
        assert response.status_code == 422
        assert response.context["form"].errors["field_ip"]
        page = text_of(response)
        assert 'value="999.1.1.1"' in page
        assert 'value="web1.example.com"' in page
        assert 'aria-invalid="true"' in page

    def test_missing_required_field_is_told_once(self, world: World, visitor: Browser) -> None:
        response = choose(visitor, ip="")
        assert len(response.context["form"].errors["field_ip"]) == 1

    def test_what_the_module_fills_cannot_be_set(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10", lickey="mine")
        assert "mine" not in read(visitor, "/checkout/")

    @pytest.mark.parametrize("cycle", ["ANNUALLY", "", "x"])
    def test_cycle_that_is_not_sold_is_refused(self, world: World, visitor: Browser, cycle: str) -> None:
        response = choose(visitor, cycle=cycle, ip="192.0.2.10")
        assert response.status_code == 422
        assert "cycle" in response.context["form"].errors

    @pytest.mark.parametrize("quantity", ["0", "-1", "x", "9999999999999999999"])
    def test_quantity_without_sense_is_refused_without_a_price(
        self, world: World, visitor: Browser, quantity: str
    ) -> None:
        make_hosting(world.group)
        response = visitor.post(HOSTING, {"cycle": "MONTHLY", "quantity": quantity})
        assert response.status_code == 422
        assert "quantity" in response.context["form"].errors
        assert response.context["quote"] is None
        assert f'value="{quantity}"' in text_of(response)

    def test_valid_choice_leads_to_the_review(self, world: World, visitor: Browser) -> None:
        response = choose(visitor, ip="192.0.2.10")
        assert response.headers["Location"] == "/checkout/"
        assert "192.0.2.10" in read(visitor, "/checkout/")

    def test_going_back_and_on_again_adds_nothing(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        choose(visitor, ip="192.0.2.10")
        assert len(visitor.get("/checkout/").context["basket"].lines) == 1

    def test_changing_an_item_puts_the_new_choice_in_its_place(self, world: World, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        assert 'value="192.0.2.10"' in read(visitor, f"{PRODUCT}?item=0")
        visitor.post(f"{PRODUCT}?item=0", {"cycle": "MONTHLY", "field_ip": "192.0.2.11"})
        lines = visitor.get("/checkout/").context["basket"].lines
        assert [line.values["ip"] for line in lines] == ["192.0.2.11"]

    def test_secret_of_the_basket_is_kept_encrypted_and_masked(self, world: World, visitor: Browser) -> None:
        CustomField.objects.create(
            product=world.lite,
            key="root",
            label="Root password",
            type=FieldType.PASSWORD,
            is_on_order_form=True,
            is_secret=True,
        )
        choose(visitor, ip="192.0.2.10", root="open-sesame")
        assert "open-sesame" not in str(dict(visitor.session))
        assert "open-sesame" not in read(visitor, "/checkout/")

    def test_labels_and_values_are_escaped(self, world: World, visitor: Browser) -> None:
        CustomField.objects.filter(product=world.lite, key="ip").update(description="<b>bold</b>")
        assert "<b>bold</b>" not in text_of(choose(visitor, ip="<script>"))


class TestLiveCheck:
    def check(self, visitor: Browser, address: str = PRODUCT, **values: object) -> str:
        data = {"cycle": "MONTHLY", "quantity": 1, "field_ip": "", **values}
        return text_of(visitor.post(f"{address}check/", data, headers=HTMX))

    def test_answers_with_the_price_of_what_is_chosen(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group)
        assert "€15.00" in self.check(visitor, HOSTING, quantity=3)

    def test_tells_the_error_of_the_field_that_was_changed(self, world: World, visitor: Browser) -> None:
        answer = self.check(visitor, field_ip="999.1.1.1")
        assert 'id="id_field_ip_error"' in answer
        assert "IPv4" in answer

    def test_takes_the_error_away_once_it_is_right(self, world: World, visitor: Browser) -> None:
        answer = self.check(visitor, field_ip="192.0.2.10")
        assert 'id="id_field_ip_error"' in answer
        assert "IPv4" not in answer

    def test_changes_nothing(self, world: World, visitor: Browser) -> None:
        self.check(visitor, field_ip="192.0.2.10")
        assert "The basket is empty" in read(visitor, "/checkout/")


class TestDomain:
    @pytest.fixture
    def hosting(self, world: World) -> Product:
        return make_hosting(world.group, is_domain_required=True)

    def test_is_asked_and_filled_in_by_a_link(self, hosting: Product, visitor: Browser) -> None:
        assert 'name="domain"' in read(visitor, HOSTING)
        page = read(visitor, f"{HOSTING}?domain=shop.example.com")
        assert 'value="shop.example.com"' in page
        assert "<b>" not in read(visitor, f"{HOSTING}?domain=%22%3E%3Cb%3E")

    def test_is_asked_of_no_other_product(self, world: World, visitor: Browser) -> None:
        assert 'name="domain"' not in read(visitor, f"{PRODUCT}?domain=example.com")

    @pytest.mark.parametrize("domain", ["", "localhost", "https://example.com", "x" * 400])
    def test_a_wrong_one_is_told_beside_it_and_kept(self, hosting: Product, visitor: Browser, domain: str) -> None:
        response = visitor.post(HOSTING, {"cycle": "MONTHLY", "quantity": 1, "domain": domain})
        assert response.status_code == 422
        assert len(response.context["form"].errors["domain"]) == 1
        assert domain in text_of(response)
        answer = visitor.post(
            f"{HOSTING}check/",
            {"cycle": "MONTHLY", "quantity": 1, "domain": domain},
            headers={"HX-Request": "true", "HX-Trigger-Name": "domain"},
        )
        assert 'id="id_domain_error"' in text_of(answer)

    def test_goes_through_basket_change_and_checkout(
        self, hosting: Product, anna: Client, anna_browser: Browser
    ) -> None:
        anna_browser.post(HOSTING, {"cycle": "MONTHLY", "quantity": 1, "domain": "Пример.рф"})
        assert "пример.рф" in read(anna_browser, "/checkout/")
        assert 'value="пример.рф"' in read(anna_browser, f"{HOSTING}?item=0")
        order(anna_browser)
        service = Service.objects.get()
        assert service.domain == "xn--e1afmkfd.xn--p1ai"
        assert "Hosting – пример.рф" in read(anna_browser, f"/invoices/{service.order_line.order.invoice.pk}/")

    def test_an_addon_is_for_the_same_one(self, hosting: Product, anna: Client, anna_browser: Browser) -> None:
        addon = make_hosting(hosting.group, name="Backups", is_addon=True, is_domain_required=True)
        update_product(product=hosting, values={}, addons=[addon])
        assert f'name="addon_{addon.pk}-domain"' not in read(anna_browser, HOSTING)
        chosen = {"cycle": "MONTHLY", "quantity": 1, "domain": "example.com", f"addon_{addon.pk}-chosen": "on"}
        assert anna_browser.post(HOSTING, chosen).status_code == 302
        order(anna_browser)
        assert set(Service.objects.values_list("product__name", "domain")) == {
            ("Hosting", "example.com"),
            ("Backups", "example.com"),
        }


class TestScaling:
    @pytest.fixture
    def seats(self, world: World) -> Product:
        product = make_hosting(world.group, quantity_mode="SCALING", setup_fee="3.00")
        addon = make_hosting(world.group, name="Backups", price="1", is_addon=True)
        return update_product(product=product, values={}, addons=[addon])

    def test_the_page_says_that_they_are_one_service_and_what_they_cost(self, seats: Product, visitor: Browser) -> None:
        assert "All of them are one service." in read(visitor, HOSTING)
        addon = seats.addons.get()
        data = {"cycle": "MONTHLY", "quantity": 300, f"addon_{addon.pk}-chosen": "on"}
        quote = visitor.post(f"{HOSTING}check/", data, headers={"HX-Request": "true"}).context["quote"]
        assert quote.total == 300 * 5 + 3 + 1

    def test_too_many_are_refused_on_the_quantity(self, seats: Product, visitor: Browser) -> None:
        response = visitor.post(HOSTING, {"cycle": "MONTHLY", "quantity": 1001})
        assert "quantity" in response.context["form"].errors

    def test_quote_order_and_invoice_agree(self, seats: Product, anna: Client, anna_browser: Browser) -> None:
        addon = seats.addons.get()
        anna_browser.post(HOSTING, {"cycle": "MONTHLY", "quantity": 4, f"addon_{addon.pk}-chosen": "on"})
        basket = anna_browser.get("/checkout/").context["basket"]
        assert [(line.quantity, line.amount) for line in basket.lines] == [(4, 23), (1, 1)]
        order(anna_browser)
        placed = Order.objects.get()
        assert placed.total == basket.quote.total == placed.invoice.total == 24
        assert Service.objects.count() == 2
        page = read(anna_browser, f"/orders/{placed.number}/")
        assert "€20.00" in page
        assert "€3.00" in page


class TestUnits:
    """What the partner would refuse the second of."""

    def test_a_license_has_no_quantity_to_choose(self, world: World, visitor: Browser) -> None:
        assert 'name="quantity"' not in read(visitor, PRODUCT)

    def test_several_of_one_address_are_told_on_the_quantity(self, world: World, visitor: Browser) -> None:
        CustomField.objects.filter(product=world.lite, key="ip").update(is_required=False)
        response = choose(visitor, quantity=2, ip="192.0.2.10")
        assert "one only" in response.context["form"].errors["quantity"][0]
        assert choose(visitor, quantity=2, ip="").status_code == 302

    def test_two_items_of_one_address_are_told_before_the_order(
        self, world: World, anna: Client, anna_browser: Browser
    ) -> None:
        choose(anna_browser, ip="192.0.2.10", licname="a.example.com")
        choose(anna_browser, ip="192.0.2.10", licname="b.example.com")
        response = order(anna_browser)
        assert response.status_code == 422
        assert "the same “IP address” already" in text_of(response)
        assert not Order.objects.exists()


class TestLifetime:
    def test_shelf_and_page_say_how_long_it_lasts(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group, recurring_limit=3, fixed_term_days=365)
        for address in ("/store/licenses/", HOSTING):
            page = read(visitor, address)
            assert "Renews 3 times, then it ends · For 365 days" in page
        assert "a month, 3 times." in read(visitor, HOSTING)

    def test_what_ends_within_its_first_period_promises_no_later_payment(self, world: World, visitor: Browser) -> None:
        make_hosting(world.group, fixed_term_days=20)
        response = visitor.get(HOSTING)
        assert response.context["later"] == []
        assert "until you stop it" not in text_of(response)
