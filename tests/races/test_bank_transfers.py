"""Statements read and transfers confirmed by many at once, on PostgreSQL with real row locks: money comes once."""

import pytest

from billing.actions.bank_statements import StatementKnown, import_statement
from billing.actions.bank_transfers import TransferRefused, confirm_transfer, ignore_transfer
from billing.models import BankStatement, BankTransfer, Invoice, Operation, Payment
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.billing.actions.books import books_are_right
from tests.billing.statements.files import camt, entry
from tests.builders import World, bill, make_world, place
from tests.races.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None, sandbox: Sandbox) -> World:
    from catalog.models import Currency

    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    return make_world(sandbox)


def read(content: bytes) -> BankStatement:
    return import_statement(content=content, file_name="x.xml", actor="x", now=database_now())


def test_one_file_is_read_once(world: World) -> None:
    content = camt(entry("5.00", "a"), entry("6.00", "b"))
    assert len(at_once(lambda _number: read(content), refusals=(StatementKnown,))) == 1
    assert BankTransfer.objects.count() == 2


def test_overlapping_files_bring_each_transfer_once(world: World) -> None:
    entries = [entry(f"{10 + number}.00", "x", reference=f"R{number}") for number in range(20)]
    found = at_once(lambda number: read(camt(*entries[number:], version=f"053.001.{number:02}")), threads=8)
    assert BankTransfer.objects.count() == 20
    assert sum(one.transfers_found - one.transfers_known for one in found) == 20


def test_a_transfer_confirmed_by_many_pays_once(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    other = bill(world.client, "10.00")
    transfer = read(camt(entry("15.00", f"PRO-{order.invoice.pk} {other}"))).transfers.get()
    confirmed = at_once(lambda _number: confirm_transfer(transfer=transfer, actor="x", now=database_now()))
    assert {one.status for one in confirmed} == {"CONFIRMED"}
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [5, 10]
    assert set(Invoice.objects.values_list("status", flat=True)) == {"PAID"}
    assert Operation.objects.count() == 1
    books_are_right()


def test_confirmed_or_left_out_never_both(world: World) -> None:
    invoice = bill(world.client, "10.00")
    transfer = read(camt(entry("10.00", str(invoice)))).transfers.get()

    def decide(number: int) -> BankTransfer:
        if number % 2:
            return ignore_transfer(transfer=transfer, reason="x", actor="x", now=database_now())
        return confirm_transfer(transfer=transfer, actor="x", now=database_now())

    at_once(decide, refusals=(TransferRefused,))
    transfer.refresh_from_db()
    assert Payment.objects.count() == (transfer.status == "CONFIRMED")
    books_are_right()
