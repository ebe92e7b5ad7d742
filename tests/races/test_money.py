"""Money under fire, on PostgreSQL with real row locks: never doubled, never lost, no deadlock."""

import random
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.billing_settings import save_billing_settings
from billing.actions.chargebacks import PaymentNotReversible, reverse_payment
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.credit_notes import CreditNoteInvalid, issue_credit_note
from billing.actions.invoicing import (
    InvoiceNotCancellable,
    InvoiceNotReissuable,
    MassPaymentInvalid,
    cancel_invoice,
    reissue_invoice,
    start_mass_payment,
)
from billing.actions.order_decisions import OrderNotPending, cancel_order
from billing.actions.ordering import OrderInvalid, place_order
from billing.actions.payments import (
    InvoiceNotPayable,
    NotEnoughCredit,
    PaymentConflict,
    add_credit,
    apply_credit,
    record_payment,
    take_credit,
)
from billing.actions.refunds import RefundInvalid, refund_payment
from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import issue_renewal_now
from billing.models import Client, CreditNoteTo, Invoice, Order, Payment, Refund, RefundWay, Service
from billing.queries.clock import business_date, database_now
from noc.sandbox.server import Sandbox
from tests.billing.actions.books import books_are_right, credit_of, fresh, give_credit
from tests.builders import World, bill, make_active_service, make_client, make_hosting, make_world, pay, place
from tests.races.threads import THREADS, at_once, ledger_balance

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
D = Decimal


@pytest.fixture
def world(transactional_db: None, sandbox: Sandbox) -> World:
    from catalog.models import Currency

    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    return make_world(sandbox)


def receive(invoice: Invoice, amount: Decimal, reference: str) -> Payment:
    return record_payment(
        invoice=invoice, gateway="manual", reference=reference, amount=amount, actor="x", now=database_now()
    )


def pay_together(client: Client, *invoices: Invoice) -> Invoice:
    return start_mass_payment(
        client=client, invoices=invoices, payment_method="bank_transfer", actor="x", now=database_now()
    )


def test_twenty_payments_of_different_clients_are_numbered_without_a_gap(world: World) -> None:
    invoices = [place(make_client(), world.lite, ip=f"192.0.2.{unit + 1}").invoice for unit in range(20)]
    at_once(lambda number: receive(invoices[number], invoices[number].total, f"r{number}"), threads=20)
    numbers = sorted(int(str(number).rpartition("-")[2]) for number in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 21))
    assert books_are_right()


def test_a_format_that_changes_meanwhile_gives_no_number_twice(world: World) -> None:
    invoices = [bill(make_client(), "5") for _number in range(THREADS)]

    def act(number: int) -> Any:
        if number % 3 == 0:
            reset = ("NEVER", "MONTHLY", "YEARLY", "NEVER")[number // 3]
            formats = {"number_format": "N{YEAR}{MONTH}-{NUMBER}", "credit_note_format": "C{YEAR}{MONTH}-{NUMBER}"}
            save_billing_settings(values={**formats, "number_reset": reset}, actor="x", now=database_now())
        return receive(invoices[number], D(5), f"r{number}")

    assert len(at_once(act)) == THREADS
    assert Invoice.objects.filter(status="PAID").values("number").distinct().count() == THREADS


def test_one_reference_is_one_payment_whoever_it_comes_for(world: World) -> None:
    invoices = [bill(make_client(), "5") for _number in range(THREADS)]
    paid = at_once(lambda number: receive(invoices[number], D(5), "the same"), refusals=(PaymentConflict,))
    assert len(paid) == Payment.objects.count() == 1


@pytest.mark.parametrize("key", ["the same", ""])
def test_two_refunds_at_once_never_give_back_more_than_was_paid(world: World, key: str) -> None:
    invoice = bill(world.client, "100")
    payment = pay(invoice)

    def give_back(number: int) -> Refund:
        return refund_payment(
            payment=payment,
            amount=D(60),
            way=RefundWay.RECORDED,
            reason="x",
            request_key=key or f"key {number}",
            actor="x",
            now=database_now(),
        )

    refunds = at_once(give_back, refusals=(RefundInvalid,))
    assert {refund.pk for refund in refunds} == {Refund.objects.get().pk}
    assert fresh(invoice).amount_refunded == 60
    assert books_are_right()


def test_notes_at_once_never_take_back_more_than_the_line(world: World) -> None:
    invoice = bill(world.client, "100")
    pay(invoice)
    line = invoice.lines.get()

    def take_back(_number: int) -> Any:
        return issue_credit_note(
            invoice=invoice,
            to=CreditNoteTo.CREDIT,
            reason="x",
            amounts={line.pk: D(30)},
            actor="x",
            now=database_now(),
        )

    assert len(at_once(take_back, refusals=(CreditNoteInvalid,))) == 3
    assert credit_of(world.client) == 90
    assert books_are_right()


def test_a_mass_payment_and_single_payments_at_once_pay_each_invoice_once(world: World) -> None:
    client = world.client
    orders = [place(client, world.lite, ip=f"192.0.2.{unit + 1}").invoice for unit in range(4)]
    mass = pay_together(client, *orders)

    def act(number: int) -> Payment:
        if number % 3 == 0:
            return receive(mass, mass.total, "mass")
        return receive(orders[number % 4], D(5), f"single {number}")

    payments = {payment.pk: payment for payment in at_once(act)}
    received = sum(payment.amount for payment in payments.values())
    for invoice in (*orders, mass):
        invoice.refresh_from_db()
        assert (invoice.status, invoice.amount_paid) == ("PAID", invoice.total)
    assert ledger_balance("CLEARING") == received
    assert credit_of(client) == received - sum(invoice.total for invoice in orders)
    assert {service.operations.count() for service in Service.objects.all()} == {1}
    assert books_are_right()


def test_one_mass_payment_is_open_at_a_time(world: World) -> None:
    invoices = [bill(world.client, "5") for _number in range(3)]
    at_once(lambda _number: pay_together(world.client, *invoices))
    assert Invoice.objects.filter(kind="MASS_PAY", status="UNPAID").count() == 1


def test_credit_is_taken_and_used_at_once_never_below_zero(world: World) -> None:
    give_credit(world.client, "50")
    invoices = [bill(world.client, "10") for _number in range(THREADS)]

    def act(number: int) -> Any:
        if number % 2:
            return apply_credit(invoice=invoices[number], actor="x", now=database_now())
        return take_credit(client=world.client, amount=D(10), reason="x", actor="x", now=database_now())

    assert len(at_once(act, refusals=(NotEnoughCredit,))) == 5
    assert credit_of(world.client) == 0
    assert books_are_right()


REFUSALS = (
    CreditNoteInvalid,
    InvoiceNotCancellable,
    InvoiceNotPayable,
    InvoiceNotReissuable,
    MassPaymentInvalid,
    NotEnoughCredit,
    OrderInvalid,
    OrderNotPending,
    PaymentNotReversible,
    RefundInvalid,
)


def test_no_two_actions_wait_for_each_other(world: World) -> None:
    """Everything that locks money, services and numbers, in any order on one client: a deadlock raises here."""
    client = world.client
    services = [make_active_service(client, world.lite, ip=f"192.0.2.{unit + 1}") for unit in range(4)]
    hosting = make_hosting(world.group)
    orders = [place(client, hosting, quantity=2) for _number in range(6)]
    give_credit(client, "100")
    today = business_date(database_now())
    deeds: list[Any] = [
        lambda pick, key: receive(pick(Invoice), D(5), key),
        lambda pick, _key: apply_credit(invoice=pick(Invoice), actor="x", now=database_now()),
        lambda pick, _key: issue_renewal_now(service=random.choice(services), actor="x", now=database_now(), on=today),
        lambda pick, _key: issue_renewals(on=services[0].next_due_date, now=database_now()),
        lambda pick, _key: cancel_order(order=random.choice(orders), actor="x", now=database_now()),
        lambda pick, _key: cancel_invoice(invoice=pick(Invoice), now=database_now(), is_money_released=True),
        lambda pick, _key: reissue_invoice(invoice=pick(Invoice), reason="x", actor="x", now=database_now()),
        lambda pick, _key: pay_together(client, *Invoice.objects.filter(status="UNPAID", kind="SALE")[:3]),
        lambda pick, key: refund_payment(
            payment=pick(Payment),
            amount=D(5),
            way=RefundWay.CREDIT,
            reason="x",
            request_key=key,
            actor="x",
            now=database_now(),
        ),
        lambda pick, _key: reverse_payment(payment=pick(Payment), reason="x", actor="x", now=database_now()),
        lambda pick, _key: add_credit(client=client, amount=D(5), reason="x", actor="x", now=database_now()),
        lambda pick, key: place_order(
            checkout=Checkout(
                client=client,
                items=[ItemRequest(world.bitninja, "MONTHLY", 1, {"item": services[0].remote_id})],
                payment_method="credit",
                key=key,
            ),
            actor="x",
            now=database_now(),
        ),
    ]

    def pick(model: Any) -> Any:
        return random.choice(list(model.objects.all()))

    def act(number: int) -> int:
        done = 0
        for turn in range(8):
            try:
                random.choice(deeds)(pick, f"{number}-{turn}")
                done += 1
            except REFUSALS:
                continue
        return done

    assert sum(at_once(act)) > 0
    assert books_are_right()
    assert Order.objects.count() >= 10
