"""The price table of a product."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Currency, Product, ProductGroup
from noc.models import PriceListEntry, Server, ServerGroup
from tests.catalog.admin.forms import ADD, LIST, errors_of, form, page_of, price_inputs, whole_page
from tests.catalog.samples import DRWEB, LITE, make_business, make_plain_product, make_product, price

pytestmark = pytest.mark.django_db
PRICES = f"{LIST}prices/"


def lines_of(response: Any) -> dict[str, dict[str, Any]]:
    """ "EUR-MONTHLY" → what the table shows of the line."""
    shown = response.context.get("adminform")
    bound = (shown.form if shown else response.context["form"])["prices"]
    context = bound.field.widget.get_context("prices", bound.value(), {"id": "id_prices"})
    rows = [row for _currency, lines in context["widget"]["tables"] for row in lines]
    return {row["switch"].removeprefix("prices-").removesuffix("-offered"): row for row in rows}


def closed(response: Any) -> set[str]:
    return {code for code, line in lines_of(response).items() if line["is_closed"]}


class TestTheTable:
    def test_has_a_line_for_each_currency_and_cycle(self, sales: Client, group: ProductGroup) -> None:
        Currency.objects.create(code="USD")
        lines = lines_of(sales.get(page_of(make_product(group))))
        assert len(lines) == 3 * 5
        assert [line["is_offered"] for line in lines.values()].count(True) == 1
        assert lines["EUR-MONTHLY"]["inputs"][0]["value"] == "5.00"

    def test_closes_what_the_tariff_does_not_sell_and_says_why(self, sales: Client, group: ProductGroup) -> None:
        response = sales.get(page_of(make_product(group)))
        assert closed(response) == {"EUR-QUARTERLY", "EUR-SEMIANNUALLY", "RUB-QUARTERLY", "RUB-SEMIANNUALLY"}
        assert lines_of(response)["EUR-QUARTERLY"]["remark"] == "ispmanager 6 lite is not sold for this period."

    @pytest.mark.parametrize("changes", [{"is_tariff_unchecked": True}, {"tariff_id": "424242", "kind": "license"}])
    def test_closes_nothing_where_nobody_knows(
        self, sales: Client, group: ProductGroup, changes: dict[str, Any]
    ) -> None:
        product = make_product(group, is_retired=True, **changes)
        assert closed(sales.get(page_of(product))) == set()

    def test_closes_nothing_without_a_module(self, sales: Client, group: ProductGroup) -> None:
        assert closed(sales.get(page_of(make_plain_product(group)))) == set()

    def test_leaves_a_stored_price_open_that_is_no_longer_sold(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(
            group, prices=[price("MONTHLY", "5"), price("QUARTERLY", "14")], is_tariff_unchecked=True
        )
        Product.objects.update(is_tariff_unchecked=False)
        response = sales.get(page_of(product))
        assert "EUR-QUARTERLY" not in closed(response)
        assert "not sold for this period" in lines_of(response)["EUR-QUARTERLY"]["remark"]

    def test_follows_the_product_id_that_was_typed_when_it_comes_back(self, sales: Client, group: ProductGroup) -> None:
        response = sales.post(ADD, form(group, tariff_id=DRWEB, name=""))
        assert closed(response) == {"EUR-QUARTERLY", "RUB-QUARTERLY"}
        assert lines_of(response)["EUR-QUARTERLY"]["remark"].startswith("Dr.Web")


class TestSaving:
    def test_only_what_is_switched_on(self, sales: Client, group: ProductGroup) -> None:
        sent = form(group, ("MONTHLY", "5"), **{"prices-EUR-ANNUALLY-price": "50", "prices-XXX-MONTHLY-offered": "on"})
        response = sales.post(ADD, sent)
        assert response.status_code == 302, errors_of(response)
        assert [*Product.objects.get().prices.values_list("currency_id", "cycle")] == [("EUR", "MONTHLY")]

    def test_a_price_of_nothing_is_a_price(self, sales: Client, group: ProductGroup) -> None:
        sales.post(ADD, form(group, ("MONTHLY", "0")))
        assert Product.objects.get().prices.get().price == 0

    def test_both_currencies(self, sales: Client, group: ProductGroup) -> None:
        sent = form(group, ("MONTHLY", "5"), **price_inputs(("MONTHLY", "490"), currency="RUB"))
        sales.post(ADD, sent)
        assert dict(Product.objects.get().prices.values_list("currency_id", "price")) == {"EUR": 5, "RUB": 490}

    def test_the_last_price_is_not_switched_off(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        sent = whole_page(product)
        del sent["prices-EUR-MONTHLY-offered"]
        response = sales.post(page_of(product), sent)
        assert errors_of(response) == {"prices": ["Give at least one price."]}
        assert product.prices.get().price == 5
        assert 'name="prices-EUR-MONTHLY-price" value="5.00"' in response.content.decode()


class TestAskingAnew:
    def test_shows_the_periods_of_the_id_as_it_is_typed(self, sales: Client, group: ProductGroup) -> None:
        product = make_plain_product(group)
        typed = whole_page(product, module="ispmanager_noc", tariff_id=LITE)
        response = sales.post(f"{PRICES}?product={product.pk}", typed)
        assert "EUR-QUARTERLY" in closed(response)
        words = response.content.decode()
        assert 'id="tariff-words" hx-swap-oob="true">ispmanager 6 lite' in words
        assert 'name="prices-EUR-MONTHLY-price" value="5.00"' in words
        product.refresh_from_db()
        assert product.tariff_id == ""

    def test_says_that_no_list_shows_it(self, sales: Client, group: ProductGroup) -> None:
        response = sales.post(PRICES, form(group, tariff_id="424242"))
        assert "No price list shows this Product ID." in response.content.decode()

    @pytest.mark.parametrize("sent", [{}, {"server_group": "x"}, {"server_group": "999"}, {"tariff_id": "x" * 500}])
    def test_takes_whatever_is_typed(self, sales: Client, sent: dict[str, str]) -> None:
        assert sales.post(PRICES, sent).status_code == 200

    def test_of_a_product_that_is_not_there(self, sales: Client, db: None) -> None:
        assert sales.post(f"{PRICES}?product=999", {}).status_code == 404

    def test_is_for_those_who_may_write(self, staff_as: Callable[[str], Client], group: ProductGroup) -> None:
        support, product = staff_as("SUPPORT_OPERATOR"), make_product(group)
        assert support.post(PRICES, {}).status_code == 403
        assert support.post(f"{PRICES}?product={product.pk}", {}).status_code == 403


def test_the_page_takes_no_more_queries_for_more_rows(sales: Client, group: ProductGroup) -> None:
    small, large = make_business(group, price("MONTHLY", "5")), make_business(group, price("MONTHLY", "5"))
    for number in range(4):
        large.custom_fields.create(key=f"own{number}", label="Own", position=number)
        option = large.options.create(key=f"own{number}", label="Own")
        option.prices.create(currency_id="EUR", cycle="MONTHLY", price=1)
        ServerGroup.objects.create(name=f"Group {number}")
    large.prices.create(currency_id="EUR", cycle="ANNUALLY", price=150)
    sales.get(page_of(small))
    with CaptureQueriesContext(connection) as few:
        assert sales.get(page_of(small)).status_code == 200
    with CaptureQueriesContext(connection) as many:
        assert sales.get(page_of(large)).status_code == 200
    assert len(many) == len(few) <= 43


def test_a_price_shows_what_is_left_of_it(sales: Client, group: ProductGroup, server: Server) -> None:
    product = make_product(group)
    PriceListEntry.objects.create(
        server=server,
        kind="license",
        tariff_id=LITE,
        name="Lite",
        currency="EUR",
        prices={"1": "4.00", "12": "40.00"},
        read_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    lines = lines_of(sales.get(page_of(product)))
    assert lines["EUR-MONTHLY"]["remark"] == "Costs 4.00, margin 20.0 %."
    assert lines["EUR-ANNUALLY"]["remark"] == ""
