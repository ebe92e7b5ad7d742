"""From the price list to products, and price changes afterwards."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.price_lists import refresh_one_price_list
from billing.models import Event
from billing.queries.clock import database_now
from catalog.models import Currency, Price, Product, ProductGroup, TariffCost
from noc.models import PriceListEntry
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import text_of
from tests.builders import LITE, PRO, World, make_active_service, make_server
from tests.kept_scenes import kept_scene

CHANGES = "/admin/catalog/tariffcost/"
PAGE = f"{CHANGES}from-price-list/"


@pytest.fixture
@kept_scene
def listed(world: World) -> World:
    """The account's live list has been read."""
    refresh_one_price_list(server_id=world.server.pk, now=database_now())
    return world


@pytest.fixture
def shelf(listed: World) -> ProductGroup:
    return ProductGroup.objects.create(name="New shelf", slug="new-shelf")


def typed(world: World, group: ProductGroup, *tariffs: str, **changes: Any) -> dict[str, Any]:
    """The form as an operator fills it in."""
    return {
        "server": world.server.pk,
        "token": "token-1",
        "group": group.pk,
        "server_group": "",
        "cycles": ["MONTHLY", "ANNUALLY"],
        "tariffs": list(tariffs),
        "sell_EUR": "on",
        "percent_EUR": "50",
        "rounding_EUR": "ENDING_90",
        "percent_RUB": "50",
        "rounding_RUB": "WHOLE",
        **changes,
    }


def preview(browser: Browser, values: dict[str, Any]) -> Any:
    return browser.post(PAGE, {**values, "action": "preview"})


def seen_of(browser: Browser, values: dict[str, Any]) -> str:
    """The mark of what a preview shows."""
    return str(preview(browser, values).context["form"].data["seen"])


def create(browser: Browser, values: dict[str, Any]) -> Any:
    """Looks first, then creates what was shown."""
    return browser.post(PAGE, {**values, "seen": seen_of(browser, values), "action": "create"})


class TestProductsFromThePriceList:
    def test_the_list_says_what_can_become_a_product(self, listed: World, boss: Browser) -> None:
        PriceListEntry.objects.filter(tariff_id="55229").delete()
        words = text_of(boss.get(PAGE))
        assert f'name="tariffs" value="{PRO}"' in words
        assert 'name="tariffs" value="55229"' not in words
        assert "its cost is not known" in words
        assert "€7.00" in words
        assert listed.lite.name in words

    def test_the_preview_shows_cost_price_and_margin_and_makes_nothing(
        self, listed: World, shelf: ProductGroup, boss: Browser
    ) -> None:
        response = preview(boss, typed(listed, shelf, PRO, LITE, sell_RUB="on", rate_RUB="100"))
        words = text_of(response)
        # 7 × 1.5 = 10.50 → 10.90; 7 × 100 × 1.5 = 1050
        for shown in ("€7.00", "€10.90", "€3.90", "35.8 %", "RUB\xa01,050.00", "already a product"):
            assert shown in words
        assert "Create 2 products" in words
        assert not shelf.products.exists()

    def test_one_click_makes_them_and_is_in_the_audit_trail(
        self, listed: World, shelf: ProductGroup, sales: Browser
    ) -> None:
        response = create(sales, typed(listed, shelf, PRO, LITE, sell_RUB="on", rate_RUB="100"))
        assert response.status_code == 302
        assert response.headers["Location"].endswith(f"?group__id__exact={shelf.pk}")
        product = shelf.products.get(tariff_id=PRO)
        assert str(product.prices.get(cycle="MONTHLY", currency="EUR").price) == "10.9000"
        assert "ip" in product.custom_fields.values_list("key", flat=True)
        assert str(Currency.objects.get(code="RUB").rate) == "100.00000000"
        event = Event.objects.get(name="products.imported")
        assert event.actor == "sales_operator@example.com"
        assert sorted(event.data["products"]) == [LITE, PRO]

    def test_a_form_sent_twice_makes_them_once(self, listed: World, shelf: ProductGroup, boss: Browser) -> None:
        values = typed(listed, shelf, PRO, makes_twins="on")
        seen = seen_of(boss, values)
        for _press in range(2):
            response = boss.post(PAGE, {**values, "seen": seen, "action": "create"})
            assert response.status_code == 302
        assert shelf.products.count() == 1

    def test_a_cost_that_moved_after_the_preview_is_shown_again_first(
        self, listed: World, shelf: ProductGroup, boss: Browser
    ) -> None:
        values = typed(listed, shelf, PRO)
        seen = seen_of(boss, values)
        PriceListEntry.objects.filter(tariff_id=PRO).update(prices={"1": "8.00"})
        words = text_of(boss.post(PAGE, {**values, "seen": seen, "action": "create"}))
        assert "This is not what you saw" in words
        assert "€12.90" in words
        assert not shelf.products.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"tariffs": []}, "tariffs"),
            ({"tariffs": ["55229999"]}, "tariffs"),
            ({"sell_EUR": ""}, "__all__"),
            ({"sell_RUB": "on"}, "rate_RUB"),
            ({"sell_RUB": "on", "rate_RUB": "0"}, "rate_RUB"),
            ({"percent_EUR": "-1"}, "percent_EUR"),
            ({"fixed_EUR": "0.001"}, "fixed_EUR"),
            ({"rounding_EUR": "DOWN"}, "rounding_EUR"),
            ({"cycles": []}, "cycles"),
            ({"group": "999999"}, "group"),
        ],
    )
    def test_errors_stand_on_their_field(
        self, listed: World, shelf: ProductGroup, boss: Browser, changes: dict[str, Any], field: str
    ) -> None:
        response = preview(boss, {**typed(listed, shelf, PRO), **changes})
        assert list(response.context["form"].errors) == [field]
        assert response.context["plan"] == []
        words = text_of(response)
        assert all(str(message) in words for message in response.context["form"].errors[field])

    def test_an_account_that_the_products_are_not_bought_at(
        self, listed: World, shelf: ProductGroup, boss: Browser, sandbox: Sandbox
    ) -> None:
        other = make_server(sandbox, name="RU account", username="reseller-ru")
        refresh_one_price_list(server_id=other.pk, now=database_now())
        response = preview(boss, typed(listed, shelf, PRO, server=other.pk))
        assert "server_group" in response.context["form"].errors
        assert boss.get(f"{PAGE}?server=999999").status_code == 404

    def test_without_an_account_it_says_what_to_do(self, db: None, boss: Browser) -> None:
        assert "No partner account is connected" in text_of(boss.get(PAGE))

    def test_support_sees_neither_page(self, listed: World, support: Browser) -> None:
        for address in (PAGE, CHANGES):
            assert support.get(address).status_code == 403
        assert PAGE not in text_of(support.get("/admin/"))

    def test_it_asks_the_database_the_same_however_much_is_chosen(
        self, listed: World, shelf: ProductGroup, boss: Browser
    ) -> None:
        def count(*tariffs: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                text_of(preview(boss, typed(listed, shelf, *tariffs)))
            return len(queries)

        count(PRO)
        few = count(PRO)
        create(boss, typed(listed, shelf, PRO, LITE, "55229", token="another"))
        assert count(PRO, LITE, "55229", "55230", "55371") == few <= 19

    def test_a_product_made_so_can_be_deleted(self, listed: World, shelf: ProductGroup, boss: Browser) -> None:
        create(boss, typed(listed, shelf, PRO))
        product = shelf.products.get()
        boss.post(f"/admin/catalog/product/{product.pk}/delete/", {"post": "yes"})
        assert not Product.objects.filter(pk=product.pk).exists()


@pytest.fixture
def moved(listed: World, shelf: ProductGroup, boss: Browser) -> World:
    """Two products made of the list, both of which the partner has made dearer by the month since."""
    create(boss, typed(listed, shelf, PRO, LITE, cycles=["MONTHLY"]))
    PriceListEntry.objects.filter(tariff_id=PRO).update(prices={"1": "8.00"})
    PriceListEntry.objects.filter(tariff_id=LITE).update(prices={"1": "5.00"})
    return listed


def marks(browser: Browser) -> dict[str, str]:
    """Product ID → the mark of its change."""
    return {change.row.product.tariff_id: change.mark for change in browser.get(CHANGES).context["changes"]}


def prices(shelf: ProductGroup) -> dict[str, str]:
    rows = Price.objects.filter(product__group=shelf).values_list("product__tariff_id", "price")
    return {tariff_id: f"{price:.2f}" for tariff_id, price in rows}


class TestPriceChanges:
    def test_without_changes_it_says_so(self, listed: World, boss: Browser) -> None:
        assert "All prices fit the costs" in text_of(boss.get(CHANGES))

    def test_shows_costs_prices_and_margins(self, moved: World, boss: Browser) -> None:
        words = text_of(boss.get(CHANGES))
        for shown in ("€7.00", "€8.00", "€10.90", "€12.90", "margin 26.6 %", "margin 38.0 %"):
            assert shown in words

    def test_one_is_accepted_with_an_event_and_the_service_keeps_its_amount(
        self, moved: World, shelf: ProductGroup, boss: Browser
    ) -> None:
        service = make_active_service(moved.client, shelf.products.get(tariff_id=PRO), ip="192.0.2.10")
        boss.post(CHANGES, {"action": f"accept|{marks(boss)[PRO]}"})
        assert prices(shelf) == {PRO: "12.90", LITE: "6.90"}
        assert list(marks(boss)) == [LITE]
        event = Event.objects.get(name="price.changed")
        assert (event.data["from"], event.data["to"]) == ("10.9000", "12.90")
        assert event.actor == "full_administrator@example.com"
        service.refresh_from_db()
        assert f"{service.recurring_amount:.2f}" == "10.90"

    def test_all_that_is_shown_is_accepted(self, moved: World, shelf: ProductGroup, boss: Browser) -> None:
        boss.post(CHANGES, {"action": "accept_all", "shown": list(marks(boss).values())})
        assert prices(shelf) == {PRO: "12.90", LITE: "7.90"}
        assert marks(boss) == {}

    def test_a_price_is_kept(self, moved: World, shelf: ProductGroup, boss: Browser) -> None:
        boss.post(CHANGES, {"action": "keep", "marks": [marks(boss)[PRO]]})
        assert prices(shelf)[PRO] == "10.90"
        assert list(marks(boss)) == [LITE]
        assert Event.objects.get(name="price.kept").data["cost"] == "8.0000 EUR"

    def test_what_moved_since_it_was_shown_is_not_accepted(
        self, moved: World, shelf: ProductGroup, boss: Browser
    ) -> None:
        shown = list(marks(boss).values())
        PriceListEntry.objects.filter(tariff_id=LITE).update(prices={"1": "50.00"})
        for sent in ({"action": "accept_all", "shown": shown}, {"action": "accept"}, {"action": "accept|x"}, {}):
            response = boss.post(CHANGES, sent, follow=True)
            assert "Nothing has been changed" in text_of(response)
        assert prices(shelf) == {PRO: "10.90", LITE: "6.90"}

    def test_it_asks_the_database_the_same_however_much_has_changed(self, moved: World, boss: Browser) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                text_of(boss.get(CHANGES))
            return len(queries)

        count()
        many = count()
        TariffCost.objects.exclude(pk=TariffCost.objects.earliest("pk").pk).delete()
        assert count() == many <= 10


@pytest.mark.parametrize(("address", "lit"), [(PAGE, "From the price list"), (CHANGES, "Price changes")])
def test_each_page_lights_up_its_own_place(listed: World, boss: Browser, address: str, lit: str) -> None:
    items = [item for group in boss.get(address).context["sidebar_navigation"] for item in group["items"]]
    assert [str(item["title"]) for item in items if item["active"]] == [lit]
