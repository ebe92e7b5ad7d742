"""The quoted price is the charged price, line by line, whatever is ordered (B8)."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.models import InvoiceLine, Order, Promotion, Service, TaxRule
from billing.queries.books import find_differences
from billing.queries.orders import check_items
from billing.queries.promotions import find_promotion
from billing.queries.terms import PricingTerms
from catalog.actions.products import OptionValues, PriceValues, create_product
from catalog.models import Currency, Product
from catalog.money import round_money
from catalog.pricing import Quote, quote
from tests.builders import World
from tests.examples import examples

_numbers = count(1)
amounts = st.decimals(min_value=0, max_value=9999, places=2)
terms = st.fixed_dictionaries(
    {
        "payment_type": st.sampled_from(["RECURRING", "RECURRING", "ONE_TIME", "FREE"]),
        "quantity_mode": st.sampled_from(["MULTIPLE", "SCALING"]),
        "is_prorata": st.booleans(),
        "prorata_day": st.integers(1, 31),
        "prorata_next_after": st.integers(0, 32),
        "recurring_limit": st.integers(0, 2),
        "fixed_term_days": st.sampled_from([0, 10, 100]),
        "tax_treatment": st.sampled_from(["STANDARD", "EXEMPT"]),
    }
)
lines = st.tuples(terms, amounts, amounts, st.integers(1, 7), st.integers(0, 3))
promotions = st.none() | st.tuples(
    st.sampled_from(["PERCENT", "FIXED", "PRICE", "FREE_SETUP"]),
    st.decimals(min_value=0, max_value=100, places=2),
)


def make_product(world: World, values: dict[str, Any], price: Decimal, fee: Decimal) -> Product:
    kind = values["payment_type"]
    if kind != "RECURRING":
        values = {**values, "is_prorata": False, "recurring_limit": 0}
    euro = Currency.objects.get(code="EUR")
    cycle = "MONTHLY" if kind == "RECURRING" else "ONE_TIME"
    half = PriceValues(euro, cycle, *(round_money(amount / 2, precision=2) for amount in (price, fee)))
    option = OptionValues("space", {"label": "Extra space", "maximum": 9}, [half])
    return create_product(
        values={"group": world.group, "name": f"Thing {next(_numbers)}", "module": "", **values},
        prices=[] if kind == "FREE" else [PriceValues(euro, cycle, price, fee)],
        options=[] if kind == "FREE" else [option],
    )


def order_line(product: Product, quantity: int, space: int) -> ItemRequest:
    is_free = product.payment_type == "FREE"
    cycle = "MONTHLY" if product.payment_type == "RECURRING" else "ONE_TIME"
    return ItemRequest(product, cycle, quantity, options={} if is_free else {"space": space})


def charged(order: Order) -> list[tuple[int, str, Decimal, Decimal]]:
    """(line of the order, kind, amount, tax) of each invoice line."""
    places = {line.pk: index for index, line in enumerate(order.lines.order_by("id"))}
    rows = InvoiceLine.objects.filter(invoice__order=order).select_related("service")
    return [(places[row.service.order_line_id], row.kind, row.amount, row.tax) for row in rows if row.service]


def assert_same(order: Order, quoted: Quote) -> None:
    """Sums of the invoice by item and kind of line against those of the quote."""
    asked: dict[tuple[int, str], Decimal] = {}
    for line in quoted.lines:
        kind = "SERVICE" if line.kind == "OPTION" else line.kind
        asked[line.item_index, kind] = asked.get((line.item_index, kind), Decimal(0)) + line.amount
    billed: dict[tuple[int, str], Decimal] = {}
    for place, kind, net, tax in charged(order):
        amount = net + tax if quoted.services[place].taxation.is_included else net
        billed[place, kind] = billed.get((place, kind), Decimal(0)) + amount
    assert {key: amount for key, amount in asked.items() if amount} == {
        key: amount for key, amount in billed.items() if amount
    }


@pytest.mark.django_db
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(lines, min_size=1, max_size=3), promotion=promotions, rate=st.integers(0, 30), data=st.data())
def test_the_invoice_charges_what_was_quoted(
    world: World, settings: Any, chosen: list[Any], promotion: Any, rate: int, data: Any
) -> None:
    settings.PRICES_INCLUDE_TAX = data.draw(st.booleans())
    now = datetime(2026, data.draw(st.integers(1, 12)), data.draw(st.integers(1, 28)), 12, tzinfo=UTC)
    with transaction.atomic():
        TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(rate))
        items = [
            order_line(make_product(world, values, price, fee), quantity, space)
            for values, price, fee, quantity, space in chosen
        ]
        code = ""
        if promotion is not None:
            code = "SPRING"
            kind, value = promotion
            euro = Currency.objects.get(code="EUR")
            Promotion.objects.create(code=code, type=kind, value=value, currency=euro, is_recurring=True)
        checked = check_items(client=world.client, items=items, payment_method="bank_transfer")
        found = None
        if code:
            wanted = [(item.product, item.cycle) for item in checked]
            found = find_promotion(code, client=world.client, currency_id="EUR", wanted=wanted, on=now.date())
        priced = PricingTerms(client=world.client, on=now.date(), promotion=found)
        quoted = quote([item.priced(priced) for item in checked])
        order = place_order(
            checkout=Checkout(
                client=world.client,
                items=items,
                payment_method="bank_transfer",
                key=f"quote-{next(_numbers)}",
                promo_code=code,
            ),
            actor="test",
            now=now,
        )
        assert (order.total, order.tax) == (quoted.total, quoted.tax)
        services = list(Service.objects.filter(order_line__order=order).order_by("id"))
        assert len(services) == sum(item.services for item in checked)
        assert all(
            service.first_amount >= 0 and service.order_line.later_discount <= service.recurring_amount
            for service in services
            if service.recurring_amount
        )
        if hasattr(order, "invoice"):
            assert (order.invoice.total, order.invoice.tax) == (quoted.total, quoted.tax)
            assert_same(order, quoted)
        else:
            assert quoted.total == 0
        assert not list(find_differences())
        transaction.set_rollback(True)
