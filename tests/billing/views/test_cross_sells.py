"""Recommended products on the order form and in the basket (P15)."""

import pytest
from django.test import Client as Browser

from billing.models import StoreSettings
from catalog.models import Product
from tests.billing.views.pages import PRODUCT, choose, read
from tests.builders import World, make_product

HTMX = {"HX-Request": "true"}


@pytest.fixture
def setup_work(world: World) -> Product:
    """Asks nothing; recommended with ispmanager lite, as BitNinja is, which asks for a license."""
    values = {"module": "", "tagline": "We do it for you", "color": "#7b3fa0"}
    product = make_product(world.group, tariff_id="", name="Managed setup", price="30.00", **values)
    world.lite.cross_sells.set([world.bitninja, product])
    return product


def products(browser: Browser) -> list[str]:
    return [line.product.name for line in browser.get("/checkout/").context["basket"].lines]


class TestOnTheOrderForm:
    def test_are_shown_with_tagline_color_and_price(self, setup_work: Product, visitor: Browser) -> None:
        page = read(visitor, PRODUCT)
        for words in ("Managed setup", "We do it for you", "€30.00", 'fill="#7b3fa0"', "BitNinja"):
            assert words in page

    def test_the_store_can_switch_them_off(self, setup_work: Product, visitor: Browser) -> None:
        StoreSettings.objects.create(pk=1, has_cross_sells=False)
        assert "Managed setup" not in read(visitor, PRODUCT)
        choose(visitor, ip="192.0.2.10")
        assert "Managed setup" not in read(visitor, "/checkout/")

    def test_one_that_asks_nothing_is_ordered_along(self, setup_work: Product, visitor: Browser) -> None:
        response = choose(visitor, ip="192.0.2.10", then=setup_work)
        assert response.headers["Location"] == "/checkout/"
        assert products(visitor) == ["ispmanager lite", "Managed setup"]

    def test_one_that_asks_leads_to_its_form_with_the_first_in_the_basket(
        self, world: World, setup_work: Product, visitor: Browser
    ) -> None:
        response = choose(visitor, ip="192.0.2.10", then=world.bitninja)
        assert response.headers["Location"] == "/store/licenses/bitninja/"
        assert products(visitor) == ["ispmanager lite"]

    def test_nothing_typed_is_lost_where_the_first_is_wrong(self, setup_work: Product, visitor: Browser) -> None:
        response = choose(visitor, ip="192.0.2.300", then=setup_work)
        assert response.status_code == 422
        assert 'value="192.0.2.300"' in response.content.decode()

    def test_what_is_not_recommended_is_not_put_in_by_its_number(
        self, world: World, setup_work: Product, visitor: Browser
    ) -> None:
        world.lite.cross_sells.clear()
        choose(visitor, ip="192.0.2.10", then=setup_work)
        assert products(visitor) == ["ispmanager lite"]


class TestInTheBasket:
    def test_are_offered_until_they_are_in_it(self, world: World, setup_work: Product, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        page = read(visitor, "/checkout/")
        assert 'action="/store/licenses/managed-setup/add/"' in page
        assert 'href="/store/licenses/bitninja/"' in page
        response = visitor.post("/store/licenses/managed-setup/add/")
        assert response.headers["Location"] == "/checkout/"
        assert 'action="/store/licenses/managed-setup/add/"' not in read(visitor, "/checkout/")
        assert products(visitor) == ["ispmanager lite", "Managed setup"]

    def test_a_click_changes_the_page_in_place(self, setup_work: Product, visitor: Browser) -> None:
        choose(visitor, ip="192.0.2.10")
        answer = visitor.post("/store/licenses/managed-setup/add/", headers=HTMX).content.decode()
        assert "€35.00" in answer
        assert 'class="order-lines"' in answer
        assert "<html" not in answer

    def test_a_product_that_asks_is_not_put_in_by_a_click(self, world: World, visitor: Browser) -> None:
        response = visitor.post(f"{PRODUCT}add/")
        assert response.headers["Location"] == PRODUCT
        assert "The basket is empty" in read(visitor, "/checkout/")

    @pytest.mark.parametrize("changes", [{"stock_quantity": 0, "has_stock_control": True}, {"is_retired": True}])
    def test_a_product_that_cannot_be_had_is_not_put_in(
        self, setup_work: Product, visitor: Browser, changes: dict[str, object]
    ) -> None:
        Product.objects.filter(pk=setup_work.pk).update(**changes)
        visitor.post("/store/licenses/managed-setup/add/")
        assert "The basket is empty" in read(visitor, "/checkout/")
