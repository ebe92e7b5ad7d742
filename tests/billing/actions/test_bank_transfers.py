"""Statements on their whole way: a file, proposals, decisions of people, money once."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.bank_statements import StatementKnown, StatementRefused, import_statement, match_again
from billing.actions.bank_transfers import (
    TransferRefused,
    choose_credit,
    choose_invoices,
    confirm_transfer,
    ignore_transfer,
    reopen_transfer,
)
from billing.actions.payments import record_payment
from billing.models import (
    BankAccount,
    BankStatement,
    BankTransfer,
    Event,
    Invoice,
    MatchReason,
    Operation,
    Payment,
    Service,
    TransferStatus,
)
from billing.queries.books import find_differences
from billing.queries.clock import database_now
from tests.billing.statements.files import RUSSIAN, camt, client_bank, document, entry
from tests.builders import World, bill, make_client, pay, place

_files = count(1)


@pytest.fixture(autouse=True)
def _account(world: World) -> None:
    BankAccount.objects.create(currency_id="EUR", holder="Seller", number="DE89 3704 0044 0532 0130 00")
    BankAccount.objects.create(currency_id="RUB", holder="Продавец", number=RUSSIAN)


@pytest.fixture(autouse=True)
def _books_agree(world: World) -> Iterator[None]:
    yield
    assert list(find_differences()) == []


def read(content: bytes, name: str = "") -> BankStatement:
    return import_statement(content=content, file_name=name or f"{next(_files)}.xml", actor="vera", now=database_now())


def read_one(*entries: str, **more: str) -> BankTransfer:
    return read(camt(*entries, **more)).transfers.get()


def confirm(transfer: BankTransfer) -> BankTransfer:
    return confirm_transfer(transfer=transfer, actor="vera", now=database_now())


def choose(transfer: BankTransfer, *invoices: Invoice) -> BankTransfer:
    fresh = [Invoice.objects.select_related("client", "currency").get(pk=one.pk) for one in invoices]
    return choose_invoices(transfer=transfer, invoices=fresh, actor="vera", now=database_now())


def test_a_confirmed_transfer_pays_the_order_and_queues_its_service_once(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    transfer = read_one(entry("5.00", f"Invoice PRO-{order.invoice.pk}", reference="BANK-1"))
    assert (transfer.status, transfer.confidence) == ("MATCHED", "SURE")
    for _press in range(2):
        confirm(transfer)
    order.invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert order.invoice.status == "PAID"
    assert (payment.gateway, payment.reference, payment.amount) == ("bank_transfer", "BANK-1", 5)
    assert payment.transfer_share.transfer == transfer
    assert Operation.objects.get().service == Service.objects.get()
    assert Event.objects.filter(name="bank_transfer.confirmed").count() == 1


def test_a_client_bank_file_by_the_purpose_of_our_own_code(world: World) -> None:
    client = make_client(currency="RUB", country="RU", tax_id="7707083893")
    invoice = bill(client, "1500.00")
    text = f"Оплата по счёту № {invoice} от 05.11.2026, без НДС"
    transfer = read(client_bank(document(text=text))).transfers.get()
    assert (transfer.match_reason, transfer.client) == (MatchReason.NUMBER_AND_AMOUNT, client)
    confirm(transfer)
    invoice.refresh_from_db()
    assert invoice.status == "PAID"


def test_the_same_file_is_told_and_overlapping_ones_bring_only_what_is_new(world: World) -> None:
    old = [entry("1.00", "a"), entry("2.00", "b", reference="R"), entry("1.00", "a")]
    first = read(camt(*old))
    with pytest.raises(StatementKnown) as known:
        read(camt(*old))
    assert known.value.statement == first
    second = read(camt(*old, entry("3.00", "c"), version="053.001.08"))
    assert (second.transfers_found, second.transfers_known) == (4, 3)
    assert sorted(BankTransfer.objects.values_list("amount", flat=True)) == [1, 1, 2, 3]
    assert len(set(BankTransfer.objects.values_list("reference", flat=True))) == 4


def test_one_reference_for_two_amounts_is_two_transfers(world: World) -> None:
    for client in (world.client, make_client()):
        invoice = bill(client, f"{10 + client.pk}.00")
        confirm(read_one(entry(str(invoice.total), f"PRO-{invoice.pk}", reference="SAME")))
    assert Payment.objects.count() == 2


def test_several_invoices_in_one_transfer(world: World) -> None:
    bills = [bill(world.client, "10.00"), bill(world.client, "20.00")]
    transfer = confirm(read_one(entry("30.00", " ".join(map(str, bills)))))
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [10, 20]
    assert set(Invoice.objects.values_list("status", flat=True)) == {"PAID"}
    confirm(transfer)
    assert Payment.objects.count() == 2


def test_what_is_too_much_becomes_credit(world: World) -> None:
    invoice = bill(world.client, "10.00")
    transfer = read_one(entry("12.50", str(invoice)))
    assert transfer.match_reason == MatchReason.OTHER_AMOUNT
    confirm(transfer)
    world.client.refresh_from_db()
    assert world.client.credit_balance == Decimal("2.50")


def test_an_invoice_paid_meanwhile_is_not_paid_again(world: World) -> None:
    invoice = bill(world.client, "10.00")
    transfer = read_one(entry("10.00", str(invoice)))
    pay(invoice)
    with pytest.raises(TransferRefused, match="is paid already"):
        confirm(transfer)
    assert Payment.objects.count() == 1
    match_again(transfers=[transfer], actor="vera", now=database_now())
    transfer.refresh_from_db()
    assert transfer.match_reason == MatchReason.PAID_ALREADY


def test_what_was_recorded_by_hand_under_the_banks_reference_is_found(world: World) -> None:
    invoice = bill(world.client, "10.00")
    transfer = read_one(entry("10.00", str(invoice), reference="R9"))
    other = bill(world.client, "3.00")
    by_hand = record_payment(
        invoice=other, gateway="bank_transfer", reference="R9", amount=Decimal(3), actor="x", now=database_now()
    )
    with pytest.raises(TransferRefused, match="another payment"):
        confirm(transfer)
    assert list(Payment.objects.all()) == [by_hand]


def test_chosen_by_hand(world: World) -> None:
    bills = [bill(world.client, "10.00"), bill(world.client, "20.00")]
    transfer = read_one(entry("25.00", "hello", name="Nobody"))
    assert transfer.status == TransferStatus.NEW
    with pytest.raises(TransferRefused, match="choose"):
        confirm(transfer)
    choose(transfer, *bills)
    confirm(transfer)
    bills[1].refresh_from_db()
    assert bills[1].balance == 5
    with pytest.raises(TransferRefused, match="decided already"):
        choose(transfer, bills[1])


def test_what_cannot_be_chosen(world: World) -> None:
    transfer = read_one(entry("10.00", "hello"))
    mine, paid = bill(world.client, "10.00"), bill(world.client, "5.00")
    theirs = bill(make_client(), "10.00")
    rubles = bill(make_client(currency="RUB"), "10.00")
    pay(paid)
    for chosen, words in (
        ((mine, theirs), "several clients"),
        ((mine, mine), "does not reach"),
        ((paid,), "paid already"),
        ((rubles,), "another currency"),
        ((), "Choose an invoice"),
    ):
        with pytest.raises(TransferRefused, match=words):
            choose(transfer, *chosen)


def test_to_the_clients_credit(world: World) -> None:
    transfer = read_one(entry("10.00", "hello"))
    with pytest.raises(TransferRefused, match="another currency"):
        choose_credit(transfer=transfer, client=make_client(currency="RUB"), actor="vera", now=database_now())
    choose_credit(transfer=transfer, client=world.client, actor="vera", now=database_now())
    for _press in range(2):
        confirm(transfer)
    world.client.refresh_from_db()
    assert world.client.credit_balance == 10


def test_ignored_and_opened_again(world: World) -> None:
    invoice = bill(world.client, "10.00")
    transfer = read_one(entry("10.00", str(invoice)))
    with pytest.raises(TransferRefused, match="Say why"):
        ignore_transfer(transfer=transfer, reason=" ", actor="vera", now=database_now())
    ignore_transfer(transfer=transfer, reason="A loan", actor="vera", now=database_now())
    with pytest.raises(TransferRefused, match="choose"):
        confirm(transfer)
    reopen_transfer(transfer=transfer, actor="vera", now=database_now())
    match_again(transfers=[transfer], actor="vera", now=database_now())
    transfer.refresh_from_db()
    assert (transfer.status, transfer.confidence) == ("MATCHED", "SURE")
    with pytest.raises(TransferRefused, match="not left out"):
        reopen_transfer(transfer=transfer, actor="vera", now=database_now())


def test_a_payer_is_known_by_the_account_that_paid_before(world: World) -> None:
    first, second = bill(world.client, "10.00"), bill(world.client, "20.00")
    confirm(read_one(entry("10.00", str(first), account="DE02100100100006820101")))
    transfer = read_one(entry("20.00", "thanks", account="DE02100100100006820101", name=""))
    assert transfer.match_reason == MatchReason.CLIENT_AND_AMOUNT
    assert transfer.shares.get().invoice == second


def test_foreign_accounts(world: World) -> None:
    foreign = "DE02120300000000202051"
    with pytest.raises(StatementRefused, match=f"{foreign}, which is none of yours"):
        read(camt(entry(), account=foreign))
    with pytest.raises(StatementRefused, match="empty"):
        read(b"")
    BankAccount.objects.all().delete()
    statement = read(camt(entry(), account=foreign))
    assert [list(one) for one in statement.warnings] == [["no_account", foreign]]
    assert statement.transfers.count() == 1


def test_many_transfers_are_matched_with_as_many_queries_as_one(world: World) -> None:
    clients = [world.client, *(make_client() for _each in range(3))]
    bills = [bill(clients[number % 4], f"{10 + number}.00") for number in range(12)]
    counts = []
    for size in (1, 60):
        entries = [
            entry(f"{10 + number % 12}.00", f"{bills[number % 12]} {size}", reference=f"{size}-{number}")
            for number in range(size)
        ]
        with CaptureQueriesContext(connection) as captured:
            read(camt(*entries))
        # SQLite takes only so many values at once: what is written comes in batches there.
        counts.append(sum(query["sql"].startswith("SELECT") for query in captured))
    assert counts[0] == counts[1] <= 10


def test_the_command(world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    invoice = bill(world.client, "10.00")
    path = tmp_path / "november.xml"
    path.write_bytes(camt(entry("10.00", str(invoice)), entry("7.77", "?", name="")))
    call_command("import_statement", path)
    assert capsys.readouterr().out.split("\n")[:4] == ["transfers: 2", "known already: 0", "sure: 1", "new: 1"]
    with pytest.raises(CommandError, match="read already"):
        call_command("import_statement", path)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_statement", tmp_path / "none")


def test_what_belongs_to_another_bank_day_is_another_transfer(world: World) -> None:
    read(camt(entry("1.00", "rent")))
    later = read(camt(entry("1.00", "rent").replace("2026-11-27", "2026-11-28")))
    assert later.transfers_known == 0
