"""A quarter in which everything happens to money that can happen, by the real actions, in two currencies."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Sum

from billing.actions.chargebacks import reverse_payment
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.credit_notes import issue_credit_note
from billing.actions.invoicing import add_funds, cancel_invoice, reissue_invoice, write_off_invoice
from billing.actions.ordering import place_order
from billing.actions.payments import add_credit, apply_credit, record_payment, take_credit
from billing.actions.refunds import refund_payment
from billing.models import (
    Client,
    CreditNoteTo,
    Invoice,
    LedgerEntry,
    Order,
    Payment,
    Promotion,
    RefundWay,
    Service,
    TaxRule,
)
from billing.queries.reports import Row, Section, find_report, read_wishes
from catalog.models import Currency, Price, Product
from noc.sandbox.server import Sandbox
from tests.builders import World, bill, make_client, make_hosting, make_world
from tests.kept_rows import made_once

JANUARY = datetime(2026, 1, 12, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 12, 9, tzinfo=UTC)
MARCH = datetime(2026, 3, 12, 9, tzinfo=UTC)
DAYS = {"from": "2026-01-01", "until": "2026-03-31"}
ACTOR = {"actor": "test"}
_numbers = count(1)


def mixed_world(sandbox: Sandbox) -> World:
    """Taxes of two levels and none, promo codes, every correction, credit in all its ways; EUR and RUB.

    The first test of a process lives through it; the others get the same rows.
    """
    Currency.objects.filter(code="RUB").update(rate=Decimal(90))
    return made_once(lambda: _live(sandbox), key=("mixed", sandbox.url))


def _live(sandbox: Sandbox) -> World:
    world = make_world(sandbox)
    live_a_quarter(world)
    return world


def live_a_quarter(world: World) -> None:
    """The same in a world that is there already."""
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))
    TaxRule.objects.create(name="GST", country="CA", rate=Decimal(5))
    TaxRule.objects.create(name="QST", country="CA", rate=Decimal("9.975"), level=2)
    hosting = make_hosting(world.group, price="11.30", setup_fee="3.33")
    Price.objects.create(product=hosting, currency=Currency.objects.get(code="RUB"), cycle="MONTHLY", price=990)
    Price.objects.create(product=hosting, currency=Currency.objects.get(code="EUR"), cycle="ANNUALLY", price=120)
    Promotion.objects.create(code="SPRING", type="PERCENT", value=Decimal(25), is_recurring=True, renewals=1)
    live_through_it(make_client(country="DE"), hosting)
    live_through_it(make_client(country="CA"), hosting)
    live_through_it(make_client(country="RU", currency="RUB"), hosting)


def live_through_it(client: Client, hosting: Product) -> None:
    """Everything happens to one client."""
    _sell(client, hosting)
    _correct(client)
    _move_credit(client)


def order(client: Client, product: Product, *, now: datetime, cycle: str = "MONTHLY", code: str = "") -> Order:
    """Any product for any cycle, with a promo code."""
    return place_order(
        checkout=Checkout(
            client=client,
            items=[ItemRequest(product, cycle)],
            payment_method="bank_transfer",
            key=f"mixed-{next(_numbers)}",
            promo_code=code,
        ),
        now=now,
        **ACTOR,
    )


def receive(invoice: Invoice, amount: str = "", *, now: datetime, fee: str = "0") -> Payment:
    """Money by bank: the whole balance unless said."""
    invoice.refresh_from_db()
    return record_payment(
        invoice=invoice,
        gateway="bank_transfer",
        reference=f"mixed-{next(_numbers)}",
        amount=Decimal(amount) if amount else invoice.balance,
        fee=Decimal(fee),
        now=now,
        **ACTOR,
    )


def _sell(client: Client, hosting: Product) -> None:
    receive(order(client, hosting, now=JANUARY, code="SPRING").invoice, now=JANUARY, fee="0.35")
    if client.currency_id == "EUR":
        receive(order(client, hosting, cycle="ANNUALLY", now=FEBRUARY).invoice, now=MARCH)
    receive(order(client, hosting, now=FEBRUARY).invoice, "3.17", now=FEBRUARY)
    cancel_invoice(invoice=order(client, hosting, now=JANUARY).invoice, now=MARCH, **ACTOR)
    Service.objects.filter(paid_until__isnull=False).update(status="ACTIVE")


def _correct(client: Client) -> None:
    mistaken, lost, wrong = (bill(client, "40.10", "7.77", now=moment) for moment in (JANUARY, JANUARY, FEBRUARY))
    receive(mistaken, now=FEBRUARY)
    part = {mistaken.lines.order_by("pk")[0].pk: Decimal("10.01")}
    issue_credit_note(invoice=mistaken, to=CreditNoteTo.CREDIT, reason="less", amounts=part, now=MARCH, **ACTOR)
    receive(lost, "5.00", now=FEBRUARY)
    write_off_invoice(invoice=lost, now=MARCH, **ACTOR)
    receive(wrong, "20.00", now=FEBRUARY)
    reissue_invoice(invoice=wrong, reason="address", now=FEBRUARY, **ACTOR)
    whole = bill(client, "15.00", now=FEBRUARY)
    give_back(receive(whole, "18.00", now=FEBRUARY), "9.00", RefundWay.RECORDED, now=MARCH)
    reverse_payment(
        payment=receive(bill(client, "8.88", now=FEBRUARY), now=FEBRUARY), reason="bank", now=MARCH, **ACTOR
    )


def give_back(payment: Payment, amount: str, way: RefundWay, *, now: datetime) -> None:
    """A refund of a part."""
    key = f"mixed-{next(_numbers)}"
    refund_payment(payment=payment, amount=Decimal(amount), way=way, reason="asked", request_key=key, now=now, **ACTOR)


def _move_credit(client: Client) -> None:
    add_credit(client=client, amount=Decimal("100.00"), reason="advance", now=JANUARY, **ACTOR)
    funds = add_funds(client=client, amount=Decimal("95.00"), payment_method="bank_transfer", now=FEBRUARY, **ACTOR)
    receive(funds, now=FEBRUARY)
    apply_credit(invoice=bill(client, "25.00", now=FEBRUARY), now=MARCH, **ACTOR)
    take_credit(client=client, amount=Decimal("4.00"), reason="paid out", now=MARCH, **ACTOR)


def ledger(account: str, *, currency: str, sign: int = 1, **about: Any) -> Decimal:
    """What the entries of an account come to, here and there."""
    entries = LedgerEntry.objects.filter(account=account, currency=currency, **about)
    total = entries.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return sign * Decimal(total).quantize(Decimal("0.0001"))


def read(code: str, *, limit: int = 1000, now: datetime = MARCH, **asked: str) -> dict[str, Section]:
    """Currency → section of a report."""
    report = find_report(code)
    assert report is not None
    wishes = read_wishes(asked, asks=report.asks, now=now)
    return {section.currency: section for section in report.sections(wishes, limit=limit)}


def named(code: str, row: Row) -> Mapping[str, Any]:
    """The cells of a row by their columns."""
    report = find_report(code)
    assert report is not None
    return dict(zip((column.code for column in report.columns), row, strict=True))


def totals(code: str, section: Section) -> Mapping[str, Any]:
    """The cells below the table."""
    return named(code, section.totals)
