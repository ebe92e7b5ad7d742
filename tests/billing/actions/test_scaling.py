"""One service of so many units (P5) on its whole way: quote, order, invoice, renewal, stock, addons, cycles."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.cycles import change_cycle
from billing.actions.order_decisions import cancel_order
from billing.actions.ordering import place_order
from billing.actions.renewal_runs import issue_renewals
from billing.models import Invoice, Order, Promotion, Service, TaxRule
from billing.queries.books import find_differences
from catalog.actions.products import OptionValues, PriceValues, update_product
from catalog.models import Currency, Product
from tests.billing.actions.test_ordering import faults_of
from tests.builders import World, make_hosting, pay

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def price_of(cycle: str, amount: str, setup_fee: str = "0") -> PriceValues:
    return PriceValues(Currency.objects.get(code="EUR"), cycle, Decimal(amount), Decimal(setup_fee))


@pytest.fixture
def seats(world: World) -> Product:
    """10.00 a month and 7.00 once; with extra space at 2.00 a month and 1.00 once."""
    product = make_hosting(world.group, name="Seats", price="10.00", setup_fee="7.00", quantity_mode="SCALING")
    space = OptionValues("space", {"label": "Extra space"}, [price_of("MONTHLY", "2", "1"), price_of("ANNUALLY", "20")])
    prices = [price_of("MONTHLY", "10", "7"), price_of("ANNUALLY", "100")]
    return update_product(product=product, values={}, prices=prices, options=[space])


def buy(world: World, *items: ItemRequest, **options: Any) -> Order:
    return place_order(
        checkout=Checkout(
            client=world.client,
            items=items,
            payment_method="bank_transfer",
            key=f"seats-{Order.objects.count()}",
            **options,
        ),
        actor="test",
        now=NOW,
    )


def lines(invoice: Invoice) -> list[tuple[str, str, Decimal]]:
    return [(line.kind, line.description, line.amount) for line in invoice.lines.order_by("id")]


def activate(order: Order) -> Service:
    pay(order.invoice, now=NOW)
    Service.objects.filter(order_line__order=order).update(status="ACTIVE")
    return Service.objects.get(order_line__order=order)


def test_five_units_are_one_service_and_its_setup_is_charged_once(world: World, seats: Product) -> None:
    order = buy(world, ItemRequest(seats, "MONTHLY", 5, options={"space": 3}))
    line, service = order.lines.get(), Service.objects.get()
    assert (line.is_scaling, line.quantity, line.unit_price, line.setup_fee) == (True, 5, Decimal(16), Decimal(10))
    assert (service.quantity, service.recurring_amount, service.first_amount) == (5, Decimal(80), Decimal(90))
    assert lines(order.invoice) == [
        ("SERVICE", "Seats (extra space: 3) × 5", Decimal(80)),
        ("SETUP", "Seats (extra space: 3): setup fee", Decimal(10)),
    ]
    assert order.total == order.invoice.total == Decimal(90)


def test_renewals_charge_every_unit_and_no_setup(world: World, seats: Product) -> None:
    service = activate(buy(world, ItemRequest(seats, "MONTHLY", 5)))
    issue_renewals(on=date(2026, 4, 10), now=NOW)
    invoice = Invoice.objects.latest("id")
    assert lines(invoice) == [("SERVICE", "Seats × 5", Decimal(50))]
    assert invoice.lines.get().service == service
    assert not list(find_differences())


@pytest.mark.parametrize(
    ("kind", "value", "first", "later"),
    [("PERCENT", "10", 52, 45), ("FIXED", "3", 42, 35), ("PRICE", "8", 47, 40), ("FREE_SETUP", "0", 50, 50)],
)
def test_a_promo_code_comes_off_each_unit(
    world: World, seats: Product, kind: str, value: str, first: int, later: int
) -> None:
    euro = Currency.objects.get(code="EUR")
    Promotion.objects.create(code="SPRING", type=kind, value=Decimal(value), currency=euro, is_recurring=True)
    order = buy(world, ItemRequest(seats, "MONTHLY", 5), promo_code="SPRING")
    assert order.total == order.invoice.total == first
    activate(order)
    issue_renewals(on=date(2026, 4, 10), now=NOW)
    assert Invoice.objects.latest("id").total == later


def test_a_part_of_a_month_is_charged_for_every_unit(world: World, seats: Product) -> None:
    update_product(product=seats, values={"is_prorata": True, "prorata_day": 1, "prorata_next_after": 32})
    order = buy(world, ItemRequest(seats, "MONTHLY", 3))
    period = order.invoice.lines.get(kind="SERVICE")
    # 22 of 31 days of a unit are 7.10.
    assert (period.amount, period.period_end) == (Decimal("21.30"), date(2026, 4, 1))
    assert Service.objects.get().first_amount == Decimal("28.30")


def test_tax_is_rounded_once_for_all_units(world: World, seats: Product) -> None:
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal("7.7"))
    update_product(product=seats, values={}, prices=[price_of("MONTHLY", "0.10")])
    order = buy(world, ItemRequest(seats, "MONTHLY", 5))
    assert (order.tax, order.invoice.tax) == (Decimal("0.04"), Decimal("0.04"))


def test_the_stock_falls_by_the_units_and_rises_by_them(world: World, seats: Product) -> None:
    update_product(product=seats, values={"has_stock_control": True, "stock_quantity": 7})
    order = buy(world, ItemRequest(seats, "MONTHLY", 5))
    seats.refresh_from_db()
    assert seats.stock_quantity == 2
    assert list(faults_of(world, ItemRequest(seats, "MONTHLY", 3))) == ["items.0.quantity"]
    cancel_order(order=order, actor="test", now=NOW)
    seats.refresh_from_db()
    assert seats.stock_quantity == 7


@pytest.mark.parametrize(("quantity", "is_fine"), [(1000, True), (1001, False), (0, False)])
def test_many_units_are_fine_where_they_make_one_service(
    world: World, seats: Product, quantity: int, is_fine: bool
) -> None:
    item = ItemRequest(seats, "MONTHLY", quantity)
    if is_fine:
        assert buy(world, item).total == 10007
    else:
        assert list(faults_of(world, item)) == ["items.0.quantity"]


def test_an_addon_is_one_for_the_one_service(world: World, seats: Product) -> None:
    backups = make_hosting(world.group, name="Backups", price="3", is_addon=True, quantity_mode="SCALING")
    update_product(product=seats, values={}, addons=[backups])
    main = ItemRequest(seats, "MONTHLY", 5)
    errors = faults_of(world, main, ItemRequest(backups, "MONTHLY", 5, parent_item=0))
    assert errors == {"items.1.quantity": ["One is added to each service: the quantity has to be 1."]}
    order = buy(world, main, ItemRequest(backups, "MONTHLY", 1, parent_item=0))
    parent, addon = Service.objects.order_by("id")
    assert (addon.parent, addon.quantity, order.total) == (parent, 1, Decimal(60))


def test_addons_of_several_services_are_one_each_whatever_their_own_mode(world: World) -> None:
    hosting = make_hosting(world.group)
    backups = make_hosting(world.group, name="Backups", price="3", is_addon=True, quantity_mode="SCALING")
    update_product(product=hosting, values={}, addons=[backups])
    buy(world, ItemRequest(hosting, "MONTHLY", 3), ItemRequest(backups, "MONTHLY", 3, parent_item=0))
    addons = Service.objects.filter(product=backups)
    assert [(addon.quantity, addon.recurring_amount) for addon in addons] == [(1, Decimal(3))] * 3


def test_another_cycle_costs_the_catalogs_price_for_every_unit(world: World, seats: Product) -> None:
    service = activate(buy(world, ItemRequest(seats, "MONTHLY", 5, options={"space": 3})))
    changed = change_cycle(service=service, cycle="ANNUALLY", actor="test", now=NOW)
    assert changed.recurring_amount == 5 * (100 + 3 * 20)
