"""How often the store's pages ask the database: always the same, however much there is."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.models import Promotion, StoreSettings
from catalog.actions.products import OptionValues, PriceValues, update_product
from catalog.models import Currency, OrderForm, Price, Product, ProductGroup
from tests.billing.views.pages import PRODUCT, choose, count_queries, count_queries_of_post
from tests.builders import BITNINJA, World, make_product

MOST = 12
GROUP = "/store/licenses/"


@pytest.fixture(params=["guest", "client"])
def someone(request: pytest.FixtureRequest, world: World, visitor: Browser, anna_browser: Browser) -> Browser:
    StoreSettings.objects.create(pk=1, terms_url="https://shop.example/terms")
    chosen = visitor if request.param == "guest" else anna_browser
    # A visit that has begun: with a session, which is read.
    choose(chosen, ip="192.0.2.10")
    return chosen


@pytest.fixture
def most(someone: Browser) -> int:
    """The same for everybody."""
    return MOST


def add_products(world: World, count: int) -> list[Product]:
    """More of them on the shelf, each with two prices, a color, features and an option."""
    rows = [
        Product(group=world.group, name=f"Plan {number}", slug=f"plan-{number}", color="#0a7d78", description="Disk: 5")
        for number in range(count)
    ]
    made = Product.objects.bulk_create(rows)
    prices = (("MONTHLY", 5), ("ANNUALLY", 50))
    Price.objects.bulk_create(
        Price(product=one, currency_id="EUR", cycle=cycle, price=amount) for one in made for cycle, amount in prices
    )
    return made


def with_option(product: Product) -> Product:
    price = PriceValues(Currency.objects.get(code="EUR"), "MONTHLY", Decimal(5))
    return update_product(product=product, values={}, options=[OptionValues("nodes", {"maximum": 9}, [price])])


@pytest.fixture
def rich(world: World) -> Callable[[int], None]:
    """Gives the business license so many addons and recommendations; one addon and one recommendation has options."""

    def enrich(count: int) -> None:
        addons = [
            make_product(world.group, tariff_id=BITNINJA, name=f"Addon {number}", price="1.00", is_addon=True)
            for number in range(count)
        ]
        update_product(product=world.business, values={}, addons=addons)
        world.business.cross_sells.set([world.lite, *Product.objects.filter(slug__startswith="plan-")])

    with_option(world.business)
    return enrich


class TestPages:
    def test_front_page(self, world: World, someone: Browser, most: int) -> None:
        before = count_queries(someone, "/")
        for number in range(5):
            group = ProductGroup.objects.create(name=f"Group {number}", slug=f"group-{number}")
            make_product(group, tariff_id="55228", name="pro", price="9.00")
        assert count_queries(someone, "/") == before <= most

    @pytest.mark.parametrize("template", OrderForm.values)
    def test_category_with_many_products(self, world: World, someone: Browser, most: int, template: str) -> None:
        ProductGroup.objects.update(order_form=template)
        with_option(world.business)
        Product.objects.filter(pk=world.business.pk).update(is_featured=True)
        before = count_queries(someone, GROUP)
        add_products(world, 30)
        # A single page asks for the ways to pay besides.
        assert count_queries(someone, GROUP) == before <= most + (template == OrderForm.SINGLE_PAGE)

    def test_product_page(self, world: World, someone: Browser, most: int, rich: Callable[[int], None]) -> None:
        rich(1)
        address = f"{GROUP}ispmanager-business/"
        before = count_queries(someone, address)
        add_products(world, 10)
        rich(5)
        assert count_queries(someone, address) == before <= most

    def test_single_page_of_a_product(
        self, world: World, someone: Browser, most: int, rich: Callable[[int], None]
    ) -> None:
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)
        rich(1)
        address = f"{GROUP}ispmanager-business/"
        before = count_queries(someone, address)
        add_products(world, 10)
        rich(5)
        assert count_queries(someone, address) == before <= most

    def test_cart(self, world: World, someone: Browser, most: int, rich: Callable[[int], None]) -> None:
        rich(1)
        Promotion.objects.create(code="SPRING", value=20).applies_to.add(world.business, world.lite)
        someone.post(f"{GROUP}ispmanager-business/", {"cycle": "MONTHLY", "field_ip": "192.0.2.9", "quantity": 1})
        someone.post("/checkout/promo-code/", {"promo_code": "spring"})
        before = count_queries(someone, "/checkout/")
        for plan in add_products(world, 10)[:5]:
            someone.post(f"{GROUP}{plan.slug}/", {"cycle": "ANNUALLY", "quantity": 2})
        rich(5)
        someone.post(PRODUCT, {"cycle": "MONTHLY", "field_ip": "192.0.2.11", "quantity": 1})
        assert count_queries(someone, "/checkout/") == before <= most

    def test_live_check(self, world: World, someone: Browser, most: int, rich: Callable[[int], None]) -> None:
        rich(1)
        address = f"{GROUP}ispmanager-business/check/"
        before = count_queries_of_post(someone, address, cycle="MONTHLY")
        rich(5)
        assert count_queries_of_post(someone, address, cycle="MONTHLY") == before <= most
