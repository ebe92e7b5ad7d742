from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.actions.price_changes import NoPriceProposed, PriceChangesMoved, accept_price_changes, keep_prices
from catalog.models import Currency, Price, Product, ProductGroup, TariffCost
from catalog.queries_costs import price_changes, product_margins
from noc.models import PriceListEntry, Server
from tests.catalog.samples import BITNINJA, BUSINESS, LITE, make_product, make_service
from tests.catalog.tariffs import NOW, create, list_tariff, sale, wishes
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def lite(server: Server, group: ProductGroup) -> Product:
    """Cost 4, half as much again, up to .90."""
    list_tariff(server, LITE, "ispmanager lite", m1="4.00", m12="44.00")
    (product,) = create(wishes(server, group, LITE, currencies=(sale("EUR", rounding="ENDING_90"),)))
    return product


def set_cost(**prices: str) -> None:
    """What the list says from now on."""
    PriceListEntry.objects.filter(tariff_id=LITE).update(
        prices={code.removeprefix("m"): cost for code, cost in prices.items()}
    )


def price_of(product: Product, cycle: str = "MONTHLY") -> Decimal:
    return Price.objects.get(product=product, cycle=cycle).price


def test_nothing_has_changed_at_first(lite: Product) -> None:
    assert price_changes() == []


def test_a_new_cost_is_told_with_the_price_that_the_rule_makes_of_it(lite: Product) -> None:
    set_cost(m1="5.00", m12="44.00")
    (change,) = price_changes()
    assert (change.row.cycle, change.row.cost, change.new_cost.amount) == ("MONTHLY", 4, 5)  # type: ignore[union-attr]
    assert (change.price.price, change.proposed) == (Decimal("6.90"), Decimal("7.90"))
    assert change.margin is not None
    assert change.margin.amount == Decimal("1.90")
    assert price_of(lite) == Decimal("6.90")


def test_accepting_changes_the_price_and_is_over_then(lite: Product) -> None:
    service = make_service(lite)
    set_cost(m1="5.00", m12="55.00")
    changes = price_changes()
    accept_price_changes(marks=[changes[0].mark], now=NOW)
    assert price_of(lite, changes[0].row.cycle) == changes[0].proposed
    assert [change.row.cycle for change in price_changes()] == [changes[1].row.cycle]
    service.refresh_from_db()
    assert service.first_amount == 5


def test_keeping_the_price_takes_note_of_the_cost(lite: Product) -> None:
    set_cost(m1="5.00", m12="44.00")
    keep_prices(marks=[change.mark for change in price_changes()], now=NOW)
    assert price_of(lite) == Decimal("6.90")
    assert price_changes() == []
    set_cost(m1="4.00", m12="44.00")
    assert len(price_changes()) == 1


@pytest.mark.parametrize("decide", [accept_price_changes, keep_prices])
def test_what_was_shown_differently_is_not_decided(lite: Product, decide: object) -> None:
    set_cost(m1="5.00", m12="55.00")
    marks = [change.mark for change in price_changes()]
    set_cost(m1="6.00", m12="55.00")
    for told in (marks, [], ["x"], ["9" * 40 + ":"]):
        with pytest.raises(PriceChangesMoved):
            decide(marks=told, now=NOW)  # type: ignore[operator]
    assert price_of(lite, "ANNUALLY") == Decimal("66.90")
    assert TariffCost.objects.get(cycle="ANNUALLY").cost == 44


def test_a_tariff_that_is_gone_is_told_without_a_price(lite: Product) -> None:
    set_cost(m12="44.00")
    (change,) = price_changes()
    assert (change.new_cost, change.proposed) == (None, None)
    assert "does not show it" in change.why_not
    for decide in (accept_price_changes, keep_prices):
        with pytest.raises(NoPriceProposed):
            decide(marks=[change.mark], now=NOW)


def test_another_currency_of_the_list_is_a_change_and_needs_a_rate(lite: Product) -> None:
    PriceListEntry.objects.update(currency="RUB")
    change = price_changes()[0]
    assert "RUB" in change.why_not
    Currency.objects.filter(code="RUB").update(rate=Decimal(100))
    assert price_changes()[0].proposed == Decimal("0.90")


@pytest.mark.parametrize("how", ["retired", "off_sale", "by_hand", "account_gone"])
def test_what_needs_no_decision_is_not_listed(lite: Product, group: ProductGroup, server: Server, how: str) -> None:
    set_cost(m1="5.00", m12="55.00")
    if how == "retired":
        Product.objects.update(is_retired=True)
    elif how == "off_sale":
        lite.prices.all().delete()
    elif how == "by_hand":
        TariffCost.objects.all().delete()
    else:
        server.delete()
    assert price_changes() == []


def test_figures_with_more_decimals_than_ours_are_the_same_figures(server: Server, group: ProductGroup) -> None:
    list_tariff(server, LITE, "lite", m1="913.928571")
    create(wishes(server, group, LITE))
    assert price_changes() == []


class TestMargins:
    def test_the_smallest_comes_first(self, lite: Product) -> None:
        margins = product_margins()[lite.pk]
        assert [(each.price.cycle, each.margin.percent) for each in margins] == [
            ("ANNUALLY", Decimal("34.2")),
            ("MONTHLY", Decimal("42.0")),
        ]

    def test_prices_typed_by_hand_have_one_too(self, server: Server, group: ProductGroup) -> None:
        list_tariff(server, LITE, "lite", m1="4.00")
        product = make_product(group)
        (margin,) = product_margins()[product.pk]
        assert (margin.cost, margin.margin.percent) == (4, 20)

    def test_what_is_given_away_has_none_left(self, server: Server, group: ProductGroup) -> None:
        list_tariff(server, LITE, "lite", m1="4.00")
        product = make_product(group, payment_type="FREE")
        assert product_margins() == {}
        assert product.partner_period == 1

    def test_the_account_of_the_product_decides(self, server: Server, group: ProductGroup) -> None:
        other = Server.objects.create(name="aa", hostname="my.ispmanager.ru", username="reseller", password="x")
        list_tariff(other, LITE, "lite", m1="1.00")
        product = make_product(group)
        assert product_margins() == {}
        list_tariff(server, LITE, "lite", m1="4.00")
        assert product_margins()[product.pk][0].cost == 4

    def test_counts_of_queries_do_not_grow(self, lite: Product, server: Server, group: ProductGroup) -> None:
        def count() -> tuple[int, int]:
            with CaptureQueriesContext(connection) as margins:
                product_margins()
            with CaptureQueriesContext(connection) as changes:
                price_changes()
            return len(margins), len(changes)

        few = count()
        list_tariff(server, BUSINESS, "business", m1="15.00")
        list_tariff(server, BITNINJA, "BitNinja", kind="addition", m1="9.00")
        create(wishes(server, group, BUSINESS, BITNINJA), token="more")
        PriceListEntry.objects.update(prices={"1": "20.00"})
        assert count() == few
        assert max(few) <= 6
