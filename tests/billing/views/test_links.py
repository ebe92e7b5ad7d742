"""Links into the store: our own, those of WHMCS, and addresses that have changed."""

from typing import Any

import pytest
from django.test import Client as Browser

from catalog.actions.groups import save_group
from catalog.actions.products import OptionValues, update_product
from catalog.models import Product, ProductGroup, SlugHistory
from tests.billing.actions.test_ordering_addons import price_of
from tests.billing.views.pages import PRODUCT, count_queries, read
from tests.builders import World, make_hosting, make_product


def target(visitor: Browser, address: str) -> str:
    """Where a link of WHMCS leads."""
    response = visitor.get(address)
    assert response.status_code == 302
    return response.headers["Location"]


def told(visitor: Browser, address: str) -> str:
    """What the visitor reads at the end of the link."""
    response = visitor.get(address, follow=True)
    assert response.redirect_chain[-1][0] == "/"
    return response.content.decode()


class TestLinksOfWhmcs:
    @pytest.mark.parametrize(
        ("query", "chosen"),
        [
            ("", ""),
            ("&billingcycle=monthly", "?cycle=MONTHLY"),
            ("&billingcycle=SemiAnnually", "?cycle=SEMIANNUALLY"),
            ("&billingcycle=triennially", ""),
            ("&billingcycle=monthly&promocode=SPRING&carttpl=boxes", "?cycle=MONTHLY"),
            ("&configoption[nodes]=3&configoption[other]=2", "?option_nodes=3"),
            ("&configoption[nodes]=-1", ""),
            ("&configoption[nodes]=3;drop", ""),
        ],
    )
    def test_a_product_link_leads_to_its_order_form(
        self, world: World, visitor: Browser, query: str, chosen: str
    ) -> None:
        nodes = OptionValues("nodes", {"maximum": 10}, [price_of("MONTHLY", "5")])
        update_product(product=world.business, values={}, options=[nodes])
        address = f"/cart.php?a=add&pid={world.business.pk}{query}"
        assert target(visitor, address) == f"/store/licenses/ispmanager-business/{chosen}"

    def test_what_the_link_chooses_is_chosen_on_the_form(self, world: World, visitor: Browser) -> None:
        nodes = OptionValues("nodes", {"maximum": 10}, [price_of("MONTHLY", "5")])
        update_product(product=world.business, values={}, options=[nodes])
        response = visitor.get(f"/cart.php?a=add&pid={world.business.pk}&configoption[nodes]=3", follow=True)
        assert response.context["form"]["option_nodes"].value() == "3"
        assert response.context["quote"].total == 30

    @pytest.mark.parametrize(
        ("query", "domain"),
        [
            ("&sld=example&tld=.com&domainoption=owndomain", "example.com"),
            ("&sld=example&tld=com", "example.com"),
            ("&domain=shop.example.com", "shop.example.com"),
            ("&sld=example&tld=.com&domainoption=register", None),
            ("&sld=&tld=", None),
            (f"&domain={'x' * 300}", None),
        ],
    )
    def test_a_domain_in_the_link_is_filled_in(
        self, world: World, visitor: Browser, query: str, domain: str | None
    ) -> None:
        hosting = make_hosting(world.group, is_domain_required=True)
        response = visitor.get(f"/cart.php?a=add&pid={hosting.pk}{query}", follow=True)
        assert response.context["form"]["domain"].value() == domain

    def test_a_product_that_asks_for_none_is_told_none(self, world: World, visitor: Browser) -> None:
        assert target(visitor, f"/cart.php?a=add&pid={world.lite.pk}&sld=example&tld=.com") == PRODUCT

    def test_the_number_of_whmcs_goes_before_ours(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.business.pk).update(whmcs_id=world.lite.pk)
        assert target(visitor, f"/cart.php?a=add&pid={world.lite.pk}") == "/store/licenses/ispmanager-business/"

    def test_hidden_products_can_be_ordered_by_link(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_hidden=True)
        assert visitor.get(f"/cart.php?a=add&pid={world.lite.pk}", follow=True).context["form"] is not None

    def test_retired_products_lead_to_the_store_with_a_word(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(is_retired=True)
        assert "ispmanager lite is no longer sold" in told(visitor, f"/cart.php?a=add&pid={world.lite.pk}")

    @pytest.mark.parametrize("pid", ["999999", "", "x", "-1", "²", "9" * 30])
    def test_unknown_products_lead_to_the_store_with_a_word(self, world: World, visitor: Browser, pid: str) -> None:
        assert "not sold here" in told(visitor, f"/cart.php?a=add&pid={pid}")

    def test_groups_by_number(self, world: World, visitor: Browser) -> None:
        assert target(visitor, f"/cart.php?gid={world.group.pk}") == "/store/licenses/"
        ProductGroup.objects.filter(pk=world.group.pk).update(whmcs_id=77)
        assert target(visitor, "/cart.php?gid=77") == "/store/licenses/"
        assert "not here any more" in told(visitor, "/cart.php?gid=78")

    @pytest.mark.parametrize(
        ("query", "address"), [("?a=view", "/checkout/"), ("?a=checkout", "/checkout/"), ("", "/"), ("?a=empty", "/")]
    )
    def test_pages_of_the_cart(self, world: World, visitor: Browser, query: str, address: str) -> None:
        assert target(visitor, f"/cart.php{query}") == address


class TestPromo:
    @pytest.mark.parametrize("address", [f"{PRODUCT}?promo=SPRING", "/?promo=SPRING", "/cart.php?promocode=SPRING"])
    def test_the_code_of_a_link_is_kept(self, world: World, visitor: Browser, address: str) -> None:
        visitor.get(address)
        assert visitor.session["promo_code"] == "SPRING"

    @pytest.mark.parametrize("code", ["", "<b>", "x" * 51, "a b"])
    def test_what_is_no_code_changes_nothing(self, world: World, visitor: Browser, code: str) -> None:
        assert visitor.get(PRODUCT, {"promo": code}).status_code == 200
        assert "promo_code" not in visitor.session


class TestOldAddresses:
    def moved(self, visitor: Browser, address: str) -> str:
        response = visitor.get(address)
        assert response.status_code == 301
        return response.headers["Location"]

    def test_a_renamed_product_is_found_with_what_the_link_chose(self, world: World, visitor: Browser) -> None:
        update_product(product=world.lite, values={"slug": "lite"})
        assert self.moved(visitor, f"{PRODUCT}?cycle=MONTHLY") == "/store/licenses/lite/?cycle=MONTHLY"
        assert "Your order" in read(visitor, "/store/licenses/lite/")

    def test_a_renamed_group_takes_its_products_along(self, world: World, visitor: Browser) -> None:
        save_group(group=world.group, values={"slug": "panels"})
        assert self.moved(visitor, "/store/licenses/") == "/store/panels/"
        assert self.moved(visitor, PRODUCT) == "/store/panels/ispmanager-lite/"

    def test_a_product_that_moved_to_another_group_is_found(self, world: World, visitor: Browser) -> None:
        other = ProductGroup.objects.create(name="Other", slug="other")
        update_product(product=world.lite, values={"group": other, "slug": "lite"})
        save_group(group=world.group, values={"slug": "panels"})
        assert self.moved(visitor, PRODUCT) == "/store/other/lite/"

    def test_every_name_that_it_had_leads_there(self, world: World, visitor: Browser) -> None:
        for slug in ("second", "third", "ispmanager-lite", "fourth"):
            update_product(product=world.lite, values={"slug": slug})
        for slug in ("ispmanager-lite", "second", "third"):
            assert self.moved(visitor, f"/store/licenses/{slug}/") == "/store/licenses/fourth/"

    def test_what_bears_the_name_today_goes_first(self, world: World, visitor: Browser) -> None:
        update_product(product=world.lite, values={"slug": "lite"})
        make_product(world.group, tariff_id="55228", name="ispmanager lite", price="9", slug="ispmanager-lite")
        assert "€9.00" in read(visitor, PRODUCT)

    def test_an_old_name_leads_to_the_one_that_had_it_last(self, world: World, visitor: Browser) -> None:
        update_product(product=world.lite, values={"slug": "lite"})
        update_product(product=world.business, values={"slug": "ispmanager-lite"})
        update_product(product=world.business, values={"slug": "business"})
        assert self.moved(visitor, PRODUCT) == "/store/licenses/business/"

    def test_a_form_that_was_open_is_sent_on(self, world: World, visitor: Browser) -> None:
        update_product(product=world.lite, values={"slug": "lite"})
        assert visitor.post(PRODUCT, {"cycle": "MONTHLY"}).status_code == 308
        assert visitor.post(f"{PRODUCT}check/").headers["Location"] == "/store/licenses/lite/check/"

    def test_retired_products_lead_nowhere(self, world: World, visitor: Browser) -> None:
        update_product(product=world.lite, values={"slug": "lite", "is_retired": True})
        assert visitor.get(PRODUCT).status_code == 404

    def test_saving_without_a_new_name_keeps_nothing(self, world: World) -> None:
        update_product(product=world.lite, values={"name": "Lite"})
        save_group(group=world.group, values={"name": "Panels"})
        assert not SlugHistory.objects.exists()

    def test_pages_ask_nothing_more_for_it(self, world: World, visitor: Browser) -> None:
        before = count_queries(visitor, PRODUCT)
        update_product(product=world.business, values={"slug": "other"})
        assert count_queries(visitor, PRODUCT) == before


def test_links_stand_on_the_pages_of_product_and_group(world: World, admin_client: Any) -> None:
    words = admin_client.get(f"/admin/catalog/product/{world.lite.pk}/change/").content.decode()
    assert "http://testserver/store/licenses/ispmanager-lite/?cycle=MONTHLY" in words
    assert f"http://testserver/cart.php?a=add&amp;pid={world.lite.pk}&amp;billingcycle=monthly" in words
    words = admin_client.get(f"/admin/catalog/productgroup/{world.group.pk}/change/").content.decode()
    assert f"http://testserver/cart.php?gid={world.group.pk}" in words
