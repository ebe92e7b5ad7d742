"""Books with every kind of posting, and how to put something wrong into them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from billing.actions.order_decisions import cancel_order
from billing.actions.payments import add_credit, pay_with_credit, record_payment
from billing.append_only import put_up, take_down
from billing.models import Client, Invoice
from billing.queries.clock import database_now
from tests.builders import World, pay, place
from tests.kept_scenes import kept_scene


@dataclass(frozen=True)
class Books:
    """One invoice in each state, of one client."""

    client: Client
    unpaid: Invoice
    partly_paid: Invoice
    paid: Invoice
    paid_with_credit: Invoice
    cancelled: Invoice
    refunded: Invoice


@kept_scene
def keep_books(world: World) -> Books:
    """Unpaid, paid in part, paid and more than paid, paid with credit, cancelled, refunded to credit."""
    now = database_now()
    client, lite = world.client, world.lite
    invoices = [place(client, lite, ip=f"192.0.2.{unit}").invoice for unit in range(1, 5)]
    unpaid, partly_paid, paid, cancelled = invoices
    pay_part(partly_paid, "1.30")
    pay_part(paid, "7.00")
    add_credit(client=client, amount=Decimal("50.10"), reason="advance", actor="test", now=now)
    paid_with_credit = place(client, world.business, ip="192.0.2.5").invoice
    pay_with_credit(invoice=paid_with_credit, actor="test", now=now)
    cancel_order(order=cancelled.order, actor="test", now=now)
    refunded = place(client, lite, ip="192.0.2.6").invoice
    pay(refunded)
    cancel_order(order=refunded.order, actor="test", now=now)
    return Books(client, unpaid, partly_paid, paid, paid_with_credit, cancelled, refunded)


def pay_part(invoice: Invoice, amount: str) -> None:
    """Some money arrives for it."""
    record_payment(
        invoice=invoice,
        gateway="bank_transfer",
        reference=f"part-{invoice.pk}-{amount}",
        amount=Decimal(amount),
        actor="test",
        now=database_now(),
    )


@contextmanager
def unguarded() -> Iterator[None]:
    """The ledger with its triggers taken down: what somebody with all rights could do to it."""
    # Triggers cannot be dropped while foreign keys wait to be checked.
    connection.check_constraints()
    take_down(connection)
    yield
    connection.check_constraints()
    put_up(connection)


def sql(statement: str, *values: object) -> int:
    """Behind the models' back; returns how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
