"""Products in the back office: decisions about one and about many, the order of the store, the trail of changes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from billing.models import Event, StoreSettings
from catalog.models import Product, ProductGroup
from noc.models import Server
from tests.billing.admin.pages import ask, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, place
from tests.catalog.admin.forms import errors_of, form, whole_page
from tests.catalog.samples import DRWEB, make_plain_product
from tests.catalog.samples import make_product as make_module_product

ARRANGE = "/admin/catalog/product/arrange/"


def events() -> list[str]:
    return [*Event.objects.filter(name__startswith="product").order_by("id").values_list("name", flat=True)]


class TestTrail:
    def test_adding_changing_and_deleting_are_events(self, world: World, sales: Browser) -> None:
        sales.post("/admin/catalog/product/add/", form(world.group, ("MONTHLY", "5"), name="New"))
        product = Product.objects.get(name="New")
        sales.post(page_of(product), whole_page(product, ("MONTHLY", "6"), tagline="new"))
        sales.post(f"/admin/catalog/product/{product.pk}/delete/", {"post": "yes"})
        assert events() == ["product.added", "product.changed", "product.deleted"]
        changed = Event.objects.get(name="product.changed")
        assert changed.actor == "sales_operator@example.com"
        assert {"tagline", "prices"} <= set(changed.data["changed"])
        assert "Product changed" in text_of(sales.get(list_of(Event)))

    def test_a_product_that_clients_have_is_not_deleted(self, world: World, sales: Browser) -> None:
        place(world.client, world.lite, ip="192.0.2.10")
        sales.post(f"/admin/catalog/product/{world.lite.pk}/delete/", {"post": "yes"})
        assert Product.objects.filter(pk=world.lite.pk).exists()
        assert events() == []


class TestButtons:
    def shown(self, browser: Browser, product: Product) -> list[str]:
        return [button.code for button in browser.get(page_of(product)).context["buttons"]]

    def test_fit_the_state(self, world: World, sales: Browser) -> None:
        assert self.shown(sales, world.lite) == ["duplicate", "hide", "retire"]
        press(sales, world.lite, "hide")
        assert self.shown(sales, world.lite) == ["duplicate", "list", "retire"]
        press(sales, world.lite, "retire")
        assert self.shown(sales, world.lite) == ["duplicate", "bring-back"]
        press(sales, world.lite, "bring-back")
        press(sales, world.lite, "list")
        assert self.shown(sales, world.lite) == ["duplicate", "hide", "retire"]
        assert events() == [
            "product.hidden",
            "product.retired",
            "product.brought_back",
            "product.listed",
        ]

    def test_an_addon_is_not_listed_anyway(self, world: World, sales: Browser) -> None:
        addon = make_module_product(world.group, name="Dr.Web", tariff_id=DRWEB, is_addon=True)
        assert self.shown(sales, addon) == ["duplicate", "retire"]

    def test_retiring_says_what_goes_on_and_what_is_no_longer_offered(self, world: World, sales: Browser) -> None:
        addon = make_module_product(world.group, name="Dr.Web", tariff_id=DRWEB, is_addon=True)
        world.lite.addons.add(addon)
        world.business.cross_sells.add(world.lite)
        make_active_service(world.client, world.lite, ip="192.0.2.10")
        words = ask(sales, world.lite, "retire")
        assert "1 service that a client has goes on renewing." in words
        assert "It is no longer recommended with: ispmanager business." in words
        assert "It is no longer offered as an addon of: ispmanager lite." in ask(sales, addon, "retire")
        assert "No client has a service of it." in ask(sales, addon, "retire")
        assert not Product.objects.filter(is_retired=True).exists()

    def test_what_cannot_be_sold_again_says_why(self, world: World, sales: Browser) -> None:
        press(sales, world.lite, "retire")
        Product.objects.filter(pk=world.lite.pk).update(tariff_id="424242")
        response = press(sales, world.lite, "bring-back")
        assert not succeeded(response)
        assert "No price list shows the Product ID 424242." in text_of(response)

    def test_are_for_those_who_may_write(self, world: World, support: Browser) -> None:
        assert self.shown(support, world.lite) == []
        assert press(support, world.lite, "retire").status_code == 403
        assert press(support, world.lite, "duplicate", name="x", group=str(world.group.pk)).status_code == 403

    def test_what_is_not_there_is_not_found(self, world: World, sales: Browser) -> None:
        assert sales.get("/admin/catalog/product/999999/do/retire/").status_code == 404
        assert sales.get(f"/admin/catalog/product/{world.lite.pk}/do/explode/").status_code == 404


class TestDuplicating:
    def test_makes_a_hidden_copy_and_goes_there(self, world: World, sales: Browser) -> None:
        assert "ispmanager lite (copy)" in ask(sales, world.lite, "duplicate")
        response = press(sales, world.lite, "duplicate", name="Lite two", slug="", group=str(world.group.pk))
        copied = Product.objects.get(name="Lite two")
        assert response.headers["HX-Redirect"] == page_of(copied)
        assert (copied.is_hidden, copied.prices.get().price) == (True, 5)
        event = Event.objects.get(name="product.duplicated")
        assert (event.data["product"], event.data["from"]) == ("Lite two", "ispmanager lite")

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"name": ""}, "This field is required."),
            ({"name": "x", "slug": "ispmanager-business"}, "Another product of this group has this URL."),
            ({"name": "x", "slug": "a b"}, "Enter a valid"),
            ({"name": "x", "group": "999"}, "Select a valid choice"),
            ({"name": "x" * 151}, "at most 150 characters"),
        ],
    )
    def test_tells_what_is_wrong_and_loses_nothing(
        self, world: World, sales: Browser, values: dict[str, str], words: str
    ) -> None:
        sent = {"slug": "", "group": str(world.group.pk), **values}
        response = press(sales, world.lite, "duplicate", **sent)
        assert not succeeded(response)
        page = text_of(response)
        assert words in page
        assert f'value="{escape(sent["name"])}"' in page or not sent["name"]
        assert Product.objects.count() == 3


def choose(browser: Browser, code: str, *products: Product, **values: str) -> Any:
    pks = [product.pk for product in products]
    return browser.post(list_of(Product), {"action": code, "_selected_action": pks, **values})


class TestManyAtOnce:
    def test_asks_what_happens_to_each(self, world: World, sales: Browser) -> None:
        Product.objects.filter(pk=world.bitninja.pk).update(is_retired=True)
        make_active_service(world.client, world.lite, ip="192.0.2.10")
        words = text_of(choose(sales, "retire_selected", world.lite, world.business, world.bitninja))
        assert "Retire 2 products" in words
        assert "1 service that a client has goes on renewing." in words
        assert "Nothing: it is so already." in words
        assert Product.objects.filter(is_retired=True).count() == 1

    @pytest.mark.parametrize(
        ("code", "before", "after", "event"),
        [
            ("hide_selected", {"is_hidden": False}, {"is_hidden": True}, "product.hidden"),
            ("list_selected", {"is_hidden": True}, {"is_hidden": False}, "product.listed"),
            ("retire_selected", {"is_retired": False}, {"is_retired": True}, "product.retired"),
        ],
    )
    def test_confirmed_changes_those_chosen(
        self, world: World, sales: Browser, code: str, before: Any, after: Any, event: str
    ) -> None:
        Product.objects.update(**before)
        response = choose(sales, code, world.lite, world.business, confirmed="yes")
        assert response.status_code == 302
        changed = Product.objects.filter(**after).order_by("name")
        assert [product.name for product in changed] == ["ispmanager business", "ispmanager lite"]
        assert events() == [event, event]
        assert choose(sales, code, world.lite, confirmed="yes").status_code == 302
        assert len(events()) == 2

    def test_is_for_those_who_may_write(self, world: World, support: Browser) -> None:
        assert choose(support, "retire_selected", world.lite, confirmed="yes").status_code == 403

    def test_more_products_take_no_more_queries(self, world: World, sales: Browser) -> None:
        choose(sales, "retire_selected", world.lite)
        with CaptureQueriesContext(connection) as few:
            choose(sales, "retire_selected", world.lite)
        more = [make_plain_product(world.group, name=f"Plain {number}") for number in range(6)]
        with CaptureQueriesContext(connection) as many:
            choose(sales, "retire_selected", world.lite, *more)
        assert len(many) == len(few)


class TestReadiness:
    def test_stands_in_the_list_and_is_filtered_by(self, world: World, sales: Browser) -> None:
        world.lite.prices.all().delete()
        Product.objects.filter(pk=world.business.pk).update(has_stock_control=True, tariff_id="424242")
        Product.objects.filter(pk=world.bitninja.pk).update(is_retired=True)
        fine = make_plain_product(world.group)
        words = text_of(sales.get(list_of(Product)))
        assert "Missing: price" in words
        assert "Missing: Product ID +1" in words

        def found(value: str) -> list[str]:
            return sorted(product.name for product in rows_of(sales.get(list_of(Product, f"?ready={value}"))))

        assert found("yes") == [fine.name]
        assert found("no") == ["ispmanager business", "ispmanager lite"]
        assert found("price") == ["ispmanager lite"]
        assert found("stock") == found("tariff") == ["ispmanager business"]
        assert len(found("nonsense")) == 4

    def test_the_page_links_to_what_puts_it_right(self, world: World, boss: Browser, sales: Browser) -> None:
        Server.objects.update(is_enabled=False)
        Product.objects.filter(pk=world.lite.pk).update(has_stock_control=True)
        words = text_of(boss.get(page_of(world.lite)))
        assert "2 things are missing to sell it." in words
        assert 'href="#id_stock_quantity"' in words
        assert f'href="{page_of(world.server)}"' in words
        # Sales may not open servers: the link leads to the choice of a server group instead.
        assert page_of(world.server) not in text_of(sales.get(page_of(world.lite)))

    def test_the_page_is_green_when_it_can_be_sold(self, world: World, sales: Browser) -> None:
        assert "Clients can buy it and get it." in text_of(sales.get(page_of(world.lite)))


class TestArranging:
    @pytest.fixture
    def groups(self, world: World) -> list[ProductGroup]:
        return [world.group, ProductGroup.objects.create(name="Modules", slug="modules")]

    def sent(self, groups: list[ProductGroup], **places: str) -> dict[str, Any]:
        """The page as it stands, with the given numbers."""
        values: dict[str, Any] = {"group": [str(group.pk) for group in groups]}
        for group in groups:
            values[f"product-of-{group.pk}"] = [
                str(product.pk) for product in group.products.order_by("position", "name")
            ]
        return values | places

    def names(self) -> list[str]:
        return [product.name for product in Product.objects.all()]

    def test_the_page_shows_everything_in_its_order(self, groups: list[ProductGroup], sales: Browser) -> None:
        words = text_of(sales.get(ARRANGE))
        assert words.index("BitNinja") < words.index("ispmanager business") < words.index("ispmanager lite")
        assert "No products yet." in words

    def test_numbers_decide(self, world: World, groups: list[ProductGroup], sales: Browser) -> None:
        places = {f"product-place-{world.lite.pk}": "0", f"group-place-{groups[1].pk}": "0"}
        assert sales.post(ARRANGE, self.sent(groups, **places)).status_code == 302
        assert self.names() == ["ispmanager lite", "BitNinja", "ispmanager business"]
        assert [group.name for group in ProductGroup.objects.all()] == ["Modules", "Licenses"]
        assert Event.objects.filter(name="catalog.arranged").count() == 1

    def test_the_order_on_the_page_decides_without_numbers(
        self, world: World, groups: list[ProductGroup], sales: Browser
    ) -> None:
        sent = self.sent(groups)
        sent[f"product-of-{world.group.pk}"].reverse()
        sales.post(ARRANGE, sent | {f"product-place-{world.lite.pk}": "x"})
        assert self.names() == ["ispmanager lite", "ispmanager business", "BitNinja"]

    @pytest.mark.parametrize("fault", ["left out", "unknown", "nothing"])
    def test_what_has_come_or_gone_meanwhile_is_told(
        self, world: World, groups: list[ProductGroup], sales: Browser, fault: str
    ) -> None:
        sent = self.sent(groups)
        if fault == "left out":
            make_plain_product(world.group)
        elif fault == "unknown":
            sent["group"] = [*sent["group"], "x", "9" * 30, "424242"]
        else:
            sent = {}
        before = self.names()
        page = sales.post(ARRANGE, sent, follow=True)
        assert "have come or gone since you looked" in text_of(page)
        assert self.names() == before
        assert not Event.objects.filter(name="catalog.arranged").exists()

    def test_saving_it_unchanged_is_no_event(self, groups: list[ProductGroup], sales: Browser) -> None:
        sales.post(ARRANGE, self.sent(groups))
        sales.post(ARRANGE, self.sent(groups))
        assert Event.objects.filter(name="catalog.arranged").count() == 1

    def test_an_empty_catalog_offers_the_first_step(self, db: None, sales: Browser) -> None:
        assert "Add product group" in text_of(sales.get(ARRANGE))

    def test_is_for_those_who_may_write(self, groups: list[ProductGroup], support: Browser) -> None:
        assert support.get(ARRANGE).status_code == 403
        assert support.post(ARRANGE, self.sent(groups)).status_code == 403

    def test_more_products_take_no_more_queries(self, world: World, sales: Browser) -> None:
        sales.get(ARRANGE)
        with CaptureQueriesContext(connection) as few:
            sales.get(ARRANGE)
        for number in range(6):
            make_plain_product(world.group, name=f"Plain {number}")
        with CaptureQueriesContext(connection) as many:
            sales.get(ARRANGE)
        assert len(many) == len(few)


class TestLinks:
    def test_every_kind_of_link_stands_on_the_page(self, world: World, sales: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_domain_required=True)
        words = text_of(sales.get(page_of(world.lite)))
        home = "http://testserver/store/licenses/ispmanager-lite/"
        for address in (
            f">{home}<",
            f"{home}?cycle=MONTHLY",
            f"{home}?template=comparison",
            f"{home}?template=single_page",
            f"{home}?promo=CODE",
            f"{home}?domain=example.com",
            f"cart.php?a=add&amp;pid={world.lite.pk}<",
            f"cart.php?a=add&amp;pid={world.lite.pk}&amp;billingcycle=monthly",
            f"cart.php?a=add&amp;pid={world.lite.pk}&amp;carttpl=premium_comparison",
            f"cart.php?a=add&amp;pid={world.lite.pk}&amp;domainoption=owndomain&amp;domain=example.com",
            "http://testserver/store/licenses/?template=comparison",
            f"cart.php?gid={world.group.pk}&amp;carttpl=premium_comparison",
        ):
            assert address in words, address
        assert words.count("data-copy=") == words.count('id="link-')

    def test_without_a_required_domain_there_is_no_link_with_one(self, world: World, sales: Browser) -> None:
        assert "domain=example.com" not in text_of(sales.get(page_of(world.lite)))


def test_a_fault_of_the_form_keeps_checklist_and_links(world: World, sales: Browser) -> None:
    response = sales.post(page_of(world.lite), whole_page(world.lite, name=""))
    assert list(errors_of(response)) == ["name"]
    assert "Clients can buy it and get it." in text_of(response)


@pytest.mark.parametrize("text", ["ISPMANAGER LITE", "55227", "ispmanager-lite"])
def test_the_search_box_finds_products(world: World, support: Browser, text: str) -> None:
    results = support.get("/admin/search/", {"s": text}).context["results"]
    assert page_of(world.lite) in [result.link for result in results]


def test_a_new_product_shows_what_is_still_missing(world: World, sales: Browser) -> None:
    response = sales.post("/admin/catalog/product/add/", form(world.group, ("MONTHLY", "5"), name="New"), follow=True)
    product = Product.objects.get(name="New")
    assert response.redirect_chain == [(page_of(product), 302)]
    words = text_of(response)
    assert "New is added." in words
    assert "licname|License name" in words


def test_staff_without_a_role_see_nothing(world: World, staff_as: Callable[[str], Browser]) -> None:
    nobody = staff_as("")
    for address in (list_of(Product), list_of(ProductGroup), list_of(StoreSettings), page_of(world.lite), ARRANGE):
        assert nobody.get(address).status_code == 403, address
