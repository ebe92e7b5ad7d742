"""Options and addons on the pages of the store: chosen, priced, reviewed, ordered."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Client, Order, Service
from catalog.actions.products import OptionValues, PriceValues, update_product
from catalog.models import Currency, Product
from tests.billing.views.pages import PRODUCT, checkout_key, count_queries, log_in, read, text_of
from tests.builders import BITNINJA, PRO, World, make_active_service, make_client, make_product
from tests.kept_scenes import kept_scene

BUSINESS = "/store/licenses/ispmanager-business/"


def euros(cycle: str, amount: str) -> PriceValues:
    return PriceValues(Currency.objects.get(code="EUR"), cycle, Decimal(amount))


@pytest.fixture
def business(world: World) -> Product:
    """Additional servers cost 5.00 a month, and are not sold by the year."""
    nodes = OptionValues("nodes", {"maximum": 10}, [euros("MONTHLY", "5")])
    prices = [euros("MONTHLY", "15"), euros("ANNUALLY", "150")]
    return update_product(product=world.business, values={}, prices=prices, options=[nodes])


@pytest.fixture
@kept_scene
def module(world: World) -> Product:
    """BitNinja, sold with ispmanager lite."""
    addon = make_product(world.group, tariff_id=BITNINJA, name="BitNinja addon", price="12.00", is_addon=True)
    update_product(product=world.lite, values={}, addons=[addon])
    return addon


def choose(browser: Browser, address: str, *, item: str = "", **values: Any) -> Any:
    return browser.post(address + item, {"cycle": "MONTHLY", "quantity": 1, "field_ip": "192.0.2.10", **values})


def with_addon(addon: Product, **values: Any) -> dict[str, Any]:
    return {f"addon_{addon.pk}-{name}": value for name, value in {"chosen": "on", **values}.items()}


def order(browser: Browser) -> Any:
    data = {"payment_method": "bank_transfer", "notes": "", "checkout_key": checkout_key(browser)}
    return browser.post("/checkout/", data)


class TestOptions:
    def test_are_asked_with_the_price_of_one(self, business: Product, visitor: Browser) -> None:
        page = read(visitor, BUSINESS)
        assert 'name="option_nodes"' in page
        assert "Price of one: Monthly: €5.00." in page

    def test_price_follows_the_number(self, business: Product, visitor: Browser) -> None:
        values = {"cycle": "MONTHLY", "field_ip": "", "option_nodes": 3}
        answer = text_of(visitor.post(f"{BUSINESS}check/", values, headers={"HX-Request": "true"}))
        assert "€30.00" in answer
        assert "ispmanager business: additional servers" in answer

    @pytest.mark.parametrize(
        ("cycle", "count", "words"),
        [
            ("MONTHLY", "11", "from 0 to 10"),
            ("MONTHLY", "-1", "from 0 to 10"),
            ("MONTHLY", "x", "whole number"),
            ("MONTHLY", "1.5", "whole number"),
            ("MONTHLY", "9" * 30, "from 0 to 10"),
            ("ANNUALLY", "1", "not offered for this period"),
        ],
    )
    def test_number_without_sense_is_told_beside_it_and_kept(
        self, business: Product, visitor: Browser, cycle: str, count: str, words: str
    ) -> None:
        response = choose(visitor, BUSINESS, cycle=cycle, option_nodes=count)
        assert response.status_code == 422
        (message,) = response.context["form"].errors["option_nodes"]
        assert words in message
        assert response.context["quote"] is None
        assert f'value="{count}"' in text_of(response)

    def test_go_through_basket_and_checkout(self, business: Product, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, BUSINESS, option_nodes=3)
        page = read(anna_browser, "/checkout/")
        assert "Additional servers:" in page
        assert "€30.00" in page
        assert 'name="option_nodes" value="3"' in read(anna_browser, f"{BUSINESS}?item=0")
        order(anna_browser)
        assert Order.objects.get().lines.get().description == "ispmanager business (additional servers: 3)"

    def test_one_no_longer_sold_is_told_before_the_order(self, business: Product, visitor: Browser) -> None:
        choose(visitor, BUSINESS, option_nodes=3)
        business.options.update(maximum=2)
        assert "Not available any more" in read(visitor, "/checkout/")

    def test_hidden_one_is_not_asked(self, business: Product, visitor: Browser) -> None:
        business.options.update(is_hidden=True)
        assert "option_nodes" not in read(visitor, BUSINESS)


class TestAddons:
    def test_are_offered_with_price_and_own_fields_but_no_number(
        self, world: World, module: Product, visitor: Browser
    ) -> None:
        page = read(visitor, PRODUCT)
        assert f'name="addon_{module.pk}-chosen"' in page
        assert f'name="addon_{module.pk}-field_bitninja_email"' in page
        assert f"addon_{module.pk}-field_item" not in page

    def test_are_not_on_the_shelves(self, world: World, module: Product, visitor: Browser) -> None:
        for address in ("/", "/store/licenses/"):
            assert "BitNinja addon" not in read(visitor, address)

    def test_own_page_says_what_it_is_sold_with(self, world: World, module: Product, visitor: Browser) -> None:
        response = visitor.get("/store/licenses/bitninja-addon/")
        assert response.context["form"] is None
        page = text_of(response)
        assert "Sold together with other products" in page
        assert PRODUCT in page
        assert visitor.post("/store/licenses/bitninja-addon/check/").status_code == 404

    def test_price_counts_what_is_chosen(self, world: World, module: Product, visitor: Browser) -> None:
        values = {"cycle": "MONTHLY", **with_addon(module)}
        answer = text_of(visitor.post(f"{PRODUCT}check/", values, headers={"HX-Request": "true"}))
        assert "€17.00" in answer

    def test_wrong_value_is_told_beside_its_input(self, world: World, module: Product, visitor: Browser) -> None:
        response = choose(visitor, PRODUCT, **with_addon(module, field_bitninja_email="nobody"))
        assert response.status_code == 422
        assert "field_bitninja_email" in response.context["form"].addon_forms[0].errors
        name = f"addon_{module.pk}-field_bitninja_email"
        answer = visitor.post(
            f"{PRODUCT}check/",
            {"cycle": "MONTHLY", **with_addon(module, field_bitninja_email="nobody")},
            headers={"HX-Request": "true", "HX-Trigger-Name": name},
        )
        assert f'id="id_{name}_error"' in text_of(answer)

    def test_not_chosen_is_not_judged(self, world: World, module: Product, visitor: Browser) -> None:
        values = {f"addon_{module.pk}-field_bitninja_email": "nobody"}
        assert choose(visitor, PRODUCT, **values).status_code == 302

    def test_are_ordered_together(self, module: Product, anna: Client, anna_browser: Browser) -> None:
        choose(anna_browser, PRODUCT, **with_addon(module, field_bitninja_email="a@example.com"))
        assert "€17.00" in read(anna_browser, "/checkout/")
        order(anna_browser)
        parents = Service.objects.filter(product__tariff_id="55227").order_by("id")
        children = Service.objects.filter(product=module).order_by("id")
        assert [child.parent for child in children] == [*parents]
        assert len(parents) == 1

    def test_change_shows_what_was_chosen(self, module: Product, visitor: Browser) -> None:
        choose(visitor, PRODUCT, **with_addon(module, field_bitninja_email="a@example.com"))
        page = read(visitor, f"{PRODUCT}?item=0")
        assert 'value="a@example.com"' in page
        choose(visitor, PRODUCT, item="?item=0")
        assert [line.product.pk for line in visitor.get("/checkout/").context["basket"].lines] != [module.pk]
        assert len(visitor.get("/checkout/").context["basket"].lines) == 1

    def test_taking_it_out_leaves_the_product(self, world: World, module: Product, visitor: Browser) -> None:
        choose(visitor, PRODUCT, **with_addon(module))
        visitor.post(f"/checkout/0/addons/{module.pk}/remove/")
        (line,) = visitor.get("/checkout/").context["basket"].lines
        assert line.product == world.lite

    def test_taking_the_product_out_takes_it_along(self, world: World, module: Product, visitor: Browser) -> None:
        choose(visitor, PRODUCT, **with_addon(module))
        visitor.post("/checkout/0/remove/")
        assert "The basket is empty" in read(visitor, "/checkout/")

    @pytest.mark.parametrize("address", ["/checkout/7/addons/1/remove/", "/checkout/0/addons/999/remove/"])
    def test_taking_out_what_is_not_there_changes_nothing(
        self, module: Product, visitor: Browser, address: str
    ) -> None:
        choose(visitor, PRODUCT, **with_addon(module))
        visitor.post(address)
        assert len(visitor.get("/checkout/").context["basket"].lines) == 2

    def test_retired_meanwhile_can_be_taken_out(self, world: World, module: Product, visitor: Browser) -> None:
        choose(visitor, PRODUCT, **with_addon(module))
        Product.objects.filter(pk=module.pk).update(is_retired=True)
        page = read(visitor, "/checkout/")
        assert f"/checkout/0/addons/{module.pk}/remove/" in page
        assert len(visitor.get("/checkout/").context["basket"].lines) == 1

    def test_license_addon_does_not_ask_for_the_ip_again(self, world: World, visitor: Browser) -> None:
        addon = make_product(world.group, tariff_id=PRO, name="pro", price="9.00", is_addon=True)
        update_product(product=world.lite, values={}, addons=[addon])
        assert f"addon_{addon.pk}-field_ip" not in read(visitor, PRODUCT)
        assert choose(visitor, PRODUCT, **with_addon(addon)).status_code == 302

    def test_more_of_them_take_no_more_queries(self, world: World, module: Product, visitor: Browser) -> None:
        choose(visitor, PRODUCT, **with_addon(module))
        before = count_queries(visitor, PRODUCT)
        basket_before = count_queries(visitor, "/checkout/")
        more = [
            make_product(world.group, tariff_id=BITNINJA, name=f"Addon {number}", price="1.00", is_addon=True)
            for number in range(4)
        ]
        update_product(product=world.lite, values={}, addons=[module, *more])
        assert count_queries(visitor, PRODUCT) == before <= 15
        choose(visitor, PRODUCT, item="?item=0", **with_addon(module), **with_addon(more[0]), **with_addon(more[1]))
        assert count_queries(visitor, "/checkout/") == basket_before <= 12


class TestForAService:
    @pytest.fixture
    def parent(self, world: World, anna: Client) -> Service:
        return make_active_service(anna, world.lite, ip="192.0.2.9")

    def test_leads_to_the_order_form_and_to_an_order(
        self, parent: Service, module: Product, anna_browser: Browser
    ) -> None:
        response = anna_browser.get(f"/services/{parent.pk}/add/{module.pk}/")
        address = response.headers["Location"]
        page = read(anna_browser, address)
        assert "field_item" not in page
        assert 'name="quantity"' not in page
        assert "192.0.2.9" in page
        assert choose(anna_browser, address).status_code == 302
        assert f"&amp;parent={parent.pk}" in read(anna_browser, "/checkout/")
        order(anna_browser)
        assert Service.objects.get(product=module).parent == parent

    def test_change_in_the_basket_keeps_the_service(
        self, parent: Service, module: Product, anna_browser: Browser
    ) -> None:
        address = f"/store/licenses/bitninja-addon/?parent={parent.pk}"
        choose(anna_browser, address)
        choose(anna_browser, address, item="&item=0", field_bitninja_email="b@example.com")
        (line,) = anna_browser.get("/checkout/").context["basket"].lines
        assert (line.parent, line.values["bitninja_email"]) == (parent, "b@example.com")

    def test_service_that_ended_meanwhile_is_told_with_words(
        self, parent: Service, module: Product, anna_browser: Browser
    ) -> None:
        choose(anna_browser, f"/store/licenses/bitninja-addon/?parent={parent.pk}")
        Service.objects.filter(pk=parent.pk).update(status="TERMINATED")
        response = order(anna_browser)
        assert response.status_code == 422
        assert "The service has ended." in text_of(response)

    def test_services_of_others_are_not_found(self, parent: Service, module: Product) -> None:
        stranger = log_in(make_client())
        for address in (
            f"/services/{parent.pk}/add/{module.pk}/",
            f"/store/licenses/bitninja-addon/?parent={parent.pk}",
        ):
            assert stranger.get(address).status_code == 404

    @pytest.mark.parametrize("parent_id", ["x", "0", "999999", "9" * 30, "-1"])
    def test_parents_without_sense_are_not_found(self, module: Product, anna_browser: Browser, parent_id: str) -> None:
        assert anna_browser.get(f"/store/licenses/bitninja-addon/?parent={parent_id}").status_code == 404

    def test_product_that_is_not_offered_is_not_found(
        self, world: World, parent: Service, module: Product, anna_browser: Browser
    ) -> None:
        assert anna_browser.get(f"/services/{parent.pk}/add/{world.business.pk}/").status_code == 404

    def test_visitor_logs_in_first(self, parent: Service, module: Product, visitor: Browser) -> None:
        response = visitor.get(f"/store/licenses/bitninja-addon/?parent={parent.pk}")
        assert "/account/login/" in response.headers["Location"]
