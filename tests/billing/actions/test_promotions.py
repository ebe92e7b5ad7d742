"""Promo codes on their whole way: order, invoice, renewals, limits."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.order_decisions import cancel_order
from billing.actions.ordering import OrderInvalid, place_order
from billing.actions.renewal_runs import issue_renewals
from billing.models import Client, Invoice, Order, Promotion, Service, TaxRule
from billing.queries.books import find_differences
from catalog.models import Currency, Price, Product
from tests.builders import World, make_client, make_product, pay

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
Buy = Callable[..., Order]


@pytest.fixture
def product(world: World) -> Product:
    return make_product(world.group, tariff_id="", name="Hosting", price="1000", setup_fee="300", module="")


@pytest.fixture
def buy(world: World, product: Product) -> Buy:
    def order(
        code: str = "SPRING", *, client: Client | None = None, quantity: int = 1, product: Product = product
    ) -> Order:
        return place_order(
            checkout=Checkout(
                client=client or world.client,
                items=[ItemRequest(product, "MONTHLY", quantity)],
                payment_method="bank_transfer",
                key=f"promo-{Order.objects.count()}-{code}",
                promo_code=code,
            ),
            actor="test",
            now=NOW,
        )

    return order


def promote(code: str = "SPRING", *, products: tuple[Product, ...] = (), **values: Any) -> Promotion:
    promotion = Promotion(**{"code": code, "type": "PERCENT", "value": Decimal(20), **values})
    promotion.full_clean()
    promotion.save()
    promotion.applies_to.set(products)
    return promotion


def refusal(buy: Buy, **values: Any) -> str:
    before = Order.objects.count()
    with pytest.raises(OrderInvalid) as refused:
        buy(**values)
    assert Order.objects.count() == before
    ((path, messages),) = refused.value.errors.items()
    assert path == "promo_code"
    return messages[0]


def euro() -> Currency:
    return Currency.objects.get(code="EUR")


def lines(invoice: Invoice) -> list[tuple[str, int]]:
    return [(line.kind, int(line.amount)) for line in invoice.lines.order_by("id")]


def renew(service: Service) -> Invoice:
    Service.objects.filter(pk=service.pk).update(status="ACTIVE")
    service.refresh_from_db()
    assert service.next_due_date is not None
    issue_renewals(on=service.next_due_date, now=NOW)
    invoice = Invoice.objects.order_by("-id")[0]
    if invoice.status != "PAID":
        pay(invoice, now=NOW)
    return invoice


def test_a_percentage_for_two_renewals(buy: Buy) -> None:
    promote(is_recurring=True, renewals=2)
    order = buy("spring")
    assert (order.total, order.promo_code) == (Decimal(1100), "SPRING")
    assert lines(order.invoice) == [("SERVICE", 1000), ("SETUP", 300), ("DISCOUNT", -200)]
    pay(order.invoice, now=NOW)
    service = Service.objects.get()
    assert (service.first_amount, service.recurring_amount) == (Decimal(1100), Decimal(1000))
    assert [int(renew(service).total) for _renewal in range(3)] == [800, 800, 1000]
    assert not list(find_differences())


@pytest.mark.parametrize(
    ("kind", "value", "discount"),
    [
        ("PERCENT", "100", 1000),
        ("FIXED", "250", 250),
        ("FIXED", "5000", 1000),
        ("PRICE", "900", 100),
        ("PRICE", "2000", 0),
        ("FREE_SETUP", "0", 300),
    ],
)
def test_each_type_takes_off_what_it_says_and_no_more(buy: Buy, kind: str, value: str, discount: int) -> None:
    promote(type=kind, value=Decimal(value), currency=euro())
    order = buy(quantity=2)
    assert order.total == 2 * (1300 - discount)
    assert order.invoice.total == order.total


def test_a_discount_lowers_the_tax(world: World, buy: Buy) -> None:
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(10))
    promote()
    assert buy().tax == Decimal(110)


def test_nothing_to_pay_is_paid_at_once_and_lasts_its_period(buy: Buy, product: Product) -> None:
    Price.objects.filter(product=product).update(setup_fee=0)
    product.refresh_from_db()
    promote(value=Decimal(100), is_recurring=True, renewals=1)
    order = buy()
    order.invoice.refresh_from_db()
    assert (order.invoice.status, order.invoice.total) == ("PAID", 0)
    service = Service.objects.get()
    assert service.next_due_date == date(2026, 4, 10)
    assert [renew(service).total for _renewal in range(2)] == [0, 1000]


def test_why_a_code_is_refused(world: World, buy: Buy, product: Product) -> None:
    promote("LATE", ends_on=date(2026, 3, 9))
    promote("EARLY", starts_on=date(2026, 3, 11))
    promote("OTHER", products=(world.lite,))
    promote("YEARLY", cycles=["ANNUALLY"])
    promote("ROUBLES", type="FIXED", currency=Currency.objects.get(code="RUB"))
    promote("LOYAL", audience="EXISTING")
    promote("BUNDLE").requires.add(world.lite)
    assert refusal(buy, code="NONE") == "There is no promo code “NONE”."
    assert "expired" in refusal(buy, code="LATE")
    assert "not valid yet" in refusal(buy, code="EARLY")
    assert "not for what you order" in refusal(buy, code="OTHER")
    assert "not for what you order" in refusal(buy, code="YEARLY")
    assert "RUB" in refusal(buy, code="ROUBLES")
    assert "ordered before" in refusal(buy, code="LOYAL")
    assert "ispmanager lite" in refusal(buy, code="BUNDLE")


def test_the_last_day_counts(buy: Buy) -> None:
    promote(ends_on=date(2026, 3, 10), starts_on=date(2026, 3, 10))
    assert buy().promotion is not None


def test_uses_are_counted_and_run_out(world: World, buy: Buy) -> None:
    promotion = promote(max_uses=1)
    buy()
    promotion.refresh_from_db()
    assert promotion.uses == 1
    assert "used up" in refusal(buy, client=make_client())


def test_once_per_client_and_new_clients_only(world: World, buy: Buy) -> None:
    promote(is_once_per_client=True)
    promote("WELCOME", audience="NEW")
    order = buy()
    assert "already" in refusal(buy)
    assert "new clients" in refusal(buy, code="WELCOME")
    other = make_client()
    assert buy("WELCOME", client=other).promotion is not None
    cancel_order(order=order, actor="test", now=NOW)
    assert buy().promotion is not None


def test_owning_a_required_product_may_be_enough(world: World, buy: Buy, product: Product) -> None:
    extra = make_product(world.group, tariff_id="", name="Extra", price="10", module="")
    promotion = promote(products=(extra,))
    promotion.requires.add(product)
    assert "Hosting" in refusal(buy, product=extra)
    buy("")
    Service.objects.update(status="ACTIVE")
    assert "Hosting" in refusal(buy, product=extra)
    Promotion.objects.update(is_owning_enough=True)
    assert buy(product=extra).total == 8
