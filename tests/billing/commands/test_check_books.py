from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.actions.order_decisions import cancel_order
from billing.actions.payments import add_credit, pay_with_credit
from billing.models import Client, Order
from billing.queries.books import find_differences, unbalanced_postings
from billing.queries.clock import database_now
from tests.builders import World, pay, place


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def busy(world: World) -> Order:
    """Books with every kind of posting: unpaid, paid, paid with credit, cancelled, refunded to credit."""
    unpaid = place(world.client, world.lite, ip="192.0.2.1")
    pay(place(world.client, world.lite, ip="192.0.2.2").invoice)
    add_credit(client=world.client, amount=Decimal("50.10"), reason="advance", actor="test", now=database_now())
    pay_with_credit(
        invoice=place(world.client, world.business, ip="192.0.2.3").invoice, actor="test", now=database_now()
    )
    cancel_order(order=place(world.client, world.lite, ip="192.0.2.4"), actor="test", now=database_now())
    refunded = place(world.client, world.lite, ip="192.0.2.5")
    pay(refunded.invoice)
    cancel_order(order=refunded, actor="test", now=database_now())
    return unpaid


@pytest.mark.usefixtures("busy")
def test_the_books_are_right_after_every_kind_of_posting() -> None:
    assert (find_differences(), unbalanced_postings()) == ([], [])
    call_command("check_books")


def test_an_invoice_changed_behind_the_ledgers_back_is_named(busy: Order) -> None:
    sql("UPDATE billing_invoice SET total = total + 1 WHERE order_id = %s", busy.pk)
    with pytest.raises(CommandError, match="RECEIVABLE EUR"):
        call_command("check_books")


@pytest.mark.usefixtures("busy")
def test_a_balance_changed_behind_the_ledgers_back_is_named() -> None:
    Client.objects.update(credit_balance=Decimal(7))
    with pytest.raises(CommandError, match="CREDIT EUR: ledger"):
        call_command("check_books")


@pytest.mark.usefixtures("busy")
def test_half_a_posting_is_named() -> None:
    sql("DELETE FROM billing_ledgerentry WHERE id = (SELECT MIN(id) FROM billing_ledgerentry)")
    assert len(unbalanced_postings()) == 1
    with pytest.raises(CommandError, match="does not sum to zero"):
        call_command("check_books")
