from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import OptionPrice, Price, Product, ProductGroup
from catalog.queries_readiness import check_readiness
from catalog.readiness import Aspect, Point, Readiness, State
from noc.models import PriceListEntry, Server, ServerGroup
from tests.catalog.samples import BITNINJA, DRWEB, make_business, make_plain_product, make_product, price

pytestmark = pytest.mark.django_db


def look(product: Product) -> Readiness:
    product = Product.objects.select_related("group", "server_group").get(pk=product.pk)
    return check_readiness([product])[product.pk]


def missing(product: Product) -> set[Aspect]:
    return {point.aspect for point in look(product).missing}


def point_of(product: Product, aspect: Aspect) -> Point:
    return next(point for point in look(product).points if point.aspect == aspect)


class TestReady:
    def test_a_listed_product_with_price_tariff_fields_and_account(self, group: ProductGroup, server: Server) -> None:
        readiness = look(make_product(group, prices=[price("MONTHLY", "5"), price("MONTHLY", "500", currency="RUB")]))
        assert readiness.is_ready
        assert {point.state for point in readiness.points} == {State.DONE}

    def test_a_product_without_a_module_needs_no_account(self, group: ProductGroup) -> None:
        assert look(make_plain_product(group)).is_ready

    def test_a_free_product_needs_no_price(self, group: ProductGroup, server: Server) -> None:
        assert look(make_product(group, payment_type="FREE", prices=[])).is_ready

    @pytest.mark.parametrize(("what", "words"), [("product", "It is hidden"), ("group", "Licenses")])
    def test_what_is_hidden_is_told_but_sold(self, group: ProductGroup, server: Server, what: str, words: str) -> None:
        product = make_product(group, is_hidden=what == "product")
        ProductGroup.objects.update(is_hidden=what == "group")
        point = point_of(product, Aspect.SHELF)
        assert (point.state, words in point.words) == (State.NOTE, True)
        assert look(product).is_ready

    def test_a_currency_without_a_price_is_told(self, group: ProductGroup, server: Server) -> None:
        notes = [point.words for point in look(make_product(group)).points if point.state == State.NOTE]
        assert notes == ["No price in RUB: clients who pay in it do not see the product."]


class TestMissing:
    def test_a_price(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group)
        Price.objects.all().delete()
        assert missing(product) == {Aspect.PRICE}
        assert point_of(product, Aspect.PRICE).field == "prices"

    def test_an_unknown_product_id(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group)
        Product.objects.update(tariff_id="424242")
        assert missing(product) == {Aspect.TARIFF}

    def test_an_unknown_product_id_that_an_operator_allows_is_told(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group, tariff_id="424242", is_tariff_unchecked=True, kind="license")
        assert point_of(product, Aspect.TARIFF).state == State.NOTE
        assert look(product).is_ready

    def test_a_tariff_that_is_no_longer_sold(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group, tariff_id="4601", is_retired=True)
        Product.objects.update(is_retired=False)
        assert missing(product) == {Aspect.TARIFF}

    def test_a_period_that_the_live_list_has_dropped(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group, prices=[price("MONTHLY", "5"), price("ANNUALLY", "50")])
        put_on_list(server, prices={"1": "4.00"})
        assert missing(product) == {Aspect.PERIODS}
        assert "Annually" in point_of(product, Aspect.PERIODS).words

    def test_the_period_of_a_product_paid_once(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group, payment_type="ONE_TIME", prices=[price("ONE_TIME", "5")], partner_period=12)
        put_on_list(server, prices={"1": "4.00"})
        assert (missing(product), point_of(product, Aspect.PERIODS).field) == ({Aspect.PERIODS}, "partner_period")

    def test_fields_of_the_module(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group)
        product.custom_fields.filter(key="ip").delete()
        assert missing(product) == {Aspect.FIELDS}
        assert "ip" in point_of(product, Aspect.FIELDS).words

    @pytest.mark.parametrize("changes", [{"is_on_order_form": False}, {"is_admin_only": True}])
    def test_a_field_that_clients_are_not_asked_for(
        self, group: ProductGroup, server: Server, changes: dict[str, bool]
    ) -> None:
        product = make_product(group, tariff_id=BITNINJA)
        product.custom_fields.filter(key="item").update(**changes)
        assert missing(product) == {Aspect.FIELDS}

    def test_a_required_drop_down_without_options(self, group: ProductGroup) -> None:
        product = make_plain_product(group)
        product.custom_fields.create(
            key="size", label="Size", type="DROPDOWN", is_required=True, is_on_order_form=True, options=" , "
        )
        assert missing(product) == {Aspect.FIELDS}

    def test_stock(self, group: ProductGroup) -> None:
        product = make_plain_product(group, has_stock_control=True, stock_quantity=0)
        assert missing(product) == {Aspect.STOCK}
        Product.objects.update(stock_quantity=3)
        assert look(product).is_ready

    def test_a_retired_product(self, group: ProductGroup) -> None:
        assert missing(make_plain_product(group, is_retired=True)) == {Aspect.SHELF}

    def test_an_addon_that_no_product_offers(self, group: ProductGroup, server: Server) -> None:
        addon = make_product(group, tariff_id=DRWEB, name="Dr.Web", is_addon=True)
        assert missing(addon) == {Aspect.SHELF}
        make_product(group).addons.add(addon)
        assert point_of(addon, Aspect.SHELF).words == "Offered with: ispmanager lite."

    def test_an_option_without_a_price_is_told(self, group: ProductGroup, server: Server) -> None:
        product = make_business(group)
        assert point_of(product, Aspect.OPTIONS).state == State.NOTE
        option = product.options.get()
        OptionPrice.objects.create(option=option, currency_id="EUR", cycle="MONTHLY", price=5)
        assert Aspect.OPTIONS not in {point.aspect for point in look(product).points}


class TestAccount:
    def test_none_is_connected(self, group: ProductGroup) -> None:
        assert missing(make_product(group)) == {Aspect.ACCOUNT}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"is_enabled": False}, "The server eu is disabled"),
            ({"password": ""}, "has no username or no password"),
            ({"username": ""}, "has no username or no password"),
            ({"health": "REFUSED"}, "refuses the login of eu"),
            ({"health": "NO_MONEY"}, "is out of money"),
        ],
    )
    def test_what_is_wrong_with_it_is_told(
        self, group: ProductGroup, server: Server, changes: dict[str, Any], words: str
    ) -> None:
        product = make_product(group)
        for name, value in changes.items():
            setattr(server, name, value)
        server.save()
        (point,) = look(product).missing
        assert (point.aspect, words in point.words, point.subject) == (Aspect.ACCOUNT, True, server)

    def test_one_able_account_of_a_group_is_enough(self, group: ProductGroup, server: Server) -> None:
        servers = ServerGroup.objects.create(name="Europe")
        product = make_product(group, server_group=servers)
        assert "no servers" in point_of(product, Aspect.ACCOUNT).words
        servers.servers.add(server, Server.objects.create(name="ru", hostname="x", username="x", password="x"))
        Server.objects.filter(pk=server.pk).update(is_enabled=False)
        assert point_of(product, Aspect.ACCOUNT).words == "Bought at: ru."


def test_more_products_take_no_more_queries(group: ProductGroup, server: Server) -> None:
    servers = ServerGroup.objects.create(name="Europe")
    servers.servers.add(server)
    addon = make_product(group, tariff_id=DRWEB, name="Dr.Web", is_addon=True)
    products = [make_business(group, price("MONTHLY", "5"), server_group=servers), addon, make_product(group)]
    put_on_list(server, prices={"1": "4.00"})
    with CaptureQueriesContext(connection) as few:
        check_readiness(products)
    more = [make_product(group, name=f"Lite {number}") for number in range(5)]
    rows = list(Product.objects.select_related("group", "server_group"))
    assert len(rows) == len(products) + len(more)
    with CaptureQueriesContext(connection) as many:
        check_readiness(rows)
    assert len(many) == len(few) <= 12


def put_on_list(server: Server, *, prices: dict[str, str]) -> None:
    from datetime import UTC, datetime

    PriceListEntry.objects.create(
        server=server,
        kind="license",
        tariff_id="55227",
        name="Lite",
        currency="EUR",
        prices=prices,
        read_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def test_a_quantity_that_the_partner_does_not_sell_is_told(group: ProductGroup, server: Server) -> None:
    product = make_product(group, quantity_mode="SCALING")
    assert point_of(product, Aspect.QUANTITY).state == State.NOTE
    plain = make_plain_product(group, quantity_mode="SCALING")
    assert Aspect.QUANTITY not in {point.aspect for point in look(plain).points}
