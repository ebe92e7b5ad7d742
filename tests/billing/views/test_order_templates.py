"""Order form templates: of the group, of the store, of a link."""

from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.models import StoreSettings
from catalog.models import Currency, OrderForm, Price, Product, ProductGroup
from tests.billing.views.pages import PRODUCT, read
from tests.builders import World

GROUP = "/store/licenses/"
# What only one of the templates has.
MARKS = {"STANDARD": 'class="product-grid"', "COMPARISON": 'class="comparison"', "SINGLE_PAGE": 'id="chooser"'}


def shown(browser: Browser, address: str = GROUP) -> list[str]:
    page = read(browser, address)
    return [name for name, mark in MARKS.items() if mark in page]


class TestWhichOne:
    @pytest.mark.parametrize("template", OrderForm.values)
    def test_a_group_has_its_own(self, world: World, visitor: Browser, template: str) -> None:
        ProductGroup.objects.update(order_form=template)
        assert shown(visitor) == [template]

    def test_else_the_store_decides(self, world: World, visitor: Browser) -> None:
        assert shown(visitor) == ["STANDARD"]
        StoreSettings.objects.create(pk=1, order_form=OrderForm.COMPARISON)
        assert shown(visitor) == ["COMPARISON"]

    @pytest.mark.parametrize("word", ["comparison", "COMPARISON"])
    def test_a_link_decides_for_the_rest_of_the_visit(self, world: World, visitor: Browser, word: str) -> None:
        ProductGroup.objects.update(order_form=OrderForm.SINGLE_PAGE)
        assert shown(visitor, f"{GROUP}?template={word}") == ["COMPARISON"]
        assert shown(visitor) == ["COMPARISON"]
        assert shown(Browser()) == ["SINGLE_PAGE"]

    @pytest.mark.parametrize("name", ["supreme_comparison", "pure_comparison"])
    def test_a_link_of_whmcs_names_one_of_theirs(self, world: World, visitor: Browser, name: str) -> None:
        visitor.get(f"/cart.php?gid={world.group.pk}&carttpl={name}")
        assert shown(visitor) == ["COMPARISON"]

    @pytest.mark.parametrize("word", ["", "boxes", "x" * 500, "single page", "<b>"])
    def test_an_unknown_one_changes_nothing(self, world: World, visitor: Browser, word: str) -> None:
        visitor.get(GROUP, {"template": word})
        assert shown(visitor) == ["STANDARD"]

    def test_a_dash_will_do(self, world: World, visitor: Browser) -> None:
        assert shown(visitor, f"{GROUP}?template=single-page") == ["SINGLE_PAGE"]

    def test_an_order_sent_to_a_group_without_a_single_page_goes_back_to_its_page(
        self, world: World, visitor: Browser
    ) -> None:
        assert visitor.post(GROUP, {"product": "ispmanager-lite"}).headers["Location"] == GROUP


class TestGroupPage:
    def test_features_of_the_group_are_listed(self, world: World, visitor: Browser) -> None:
        ProductGroup.objects.update(features="Key in a minute\n\n  <b>Support</b>  ", headline="Licenses for all")
        page = read(visitor, GROUP)
        assert "<span>Key in a minute</span>" in page
        assert "<span>&lt;b&gt;Support&lt;/b&gt;</span>" in page
        assert page.count("<li>") < 12
        assert "<h1>Licenses for all</h1>" in page

    @pytest.mark.parametrize("template", ["STANDARD", "COMPARISON", "SINGLE_PAGE"])
    def test_color_is_drawn_without_a_style(self, world: World, visitor: Browser, template: str) -> None:
        ProductGroup.objects.update(order_form=template)
        Product.objects.filter(pk=world.lite.pk).update(color="#0a7d78")
        page = read(visitor, GROUP)
        assert 'fill="#0a7d78"' in page
        assert "style=" not in page

    def test_what_is_no_color_is_not_printed(self, world: World, visitor: Browser) -> None:
        Product.objects.update(color='#"><b>')
        assert "<rect" not in read(visitor, GROUP)

    def test_longer_periods_say_what_they_come_to_a_month(self, world: World, visitor: Browser) -> None:
        eur = Currency.objects.get(code="EUR")
        Price.objects.create(product=world.lite, currency=eur, cycle="ANNUALLY", price=Decimal(50), setup_fee=1)
        for address in (GROUP, PRODUCT, f"{GROUP}?template=comparison"):
            page = read(visitor, address)
            assert "€50.00" in page
            assert "€4.17</span> a month" in page


class TestComparison:
    @pytest.fixture(autouse=True)
    def comparison(self, world: World) -> None:
        ProductGroup.objects.update(order_form=OrderForm.COMPARISON)

    def test_products_are_columns_and_features_rows(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(description="Domains: 10\nBackups")
        page = read(visitor, GROUP)
        assert page.count('<th scope="col"') == 3
        assert '<th scope="row">Domains</th>' in page
        assert "<td>10</td>" in page
        assert f'href="{PRODUCT}"' in page

    def test_what_is_sold_out_cannot_be_chosen(self, world: World, visitor: Browser) -> None:
        Product.objects.filter(pk=world.lite.pk).update(has_stock_control=True, stock_quantity=0)
        page = read(visitor, GROUP)
        assert "Sold out" in page
        assert f'href="{PRODUCT}"' not in page

    def test_a_group_with_nothing_to_sell_says_so(self, world: World, visitor: Browser) -> None:
        Price.objects.all().delete()
        assert "Nothing here right now" in read(visitor, GROUP)
