import pytest
from django.test import Client as Browser

from billing.models import Client
from catalog.models import CustomField, FieldType, Product
from tests.billing.views.pages import PRODUCT, choose, count_queries, read, text_of
from tests.builders import World, make_product

HTMX = {"HX-Request": "true", "HX-Trigger-Name": "field_ip"}


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
        response = choose(visitor, quantity=3, ip="999.1.1.1", licname="web1.example.com")
        assert response.status_code == 422
        assert response.context["form"].errors["field_ip"]
        page = text_of(response)
        assert 'value="999.1.1.1"' in page
        assert 'value="web1.example.com"' in page
        assert 'value="3"' in page
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
        response = visitor.post(PRODUCT, {"cycle": "MONTHLY", "quantity": quantity, "field_ip": "192.0.2.10"})
        assert response.status_code == 422
        assert response.context["quote"] is None

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
        visitor.post(f"{PRODUCT}?item=0", {"cycle": "MONTHLY", "quantity": 2, "field_ip": "192.0.2.11"})
        lines = visitor.get("/checkout/").context["basket"].lines
        assert [(line.quantity, line.values["ip"]) for line in lines] == [(2, "192.0.2.11")]

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
    def check(self, visitor: Browser, **values: object) -> str:
        data = {"cycle": "MONTHLY", "quantity": 1, "field_ip": "", **values}
        return text_of(visitor.post(f"{PRODUCT}check/", data, headers=HTMX))

    def test_answers_with_the_price_of_what_is_chosen(self, world: World, visitor: Browser) -> None:
        assert "€15.00" in self.check(visitor, quantity=3)

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
