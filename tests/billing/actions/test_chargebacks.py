from decimal import Decimal
from typing import Any

import pytest

from billing.actions.chargebacks import PaymentNotReversible, ReversalInvalid, reverse_payment
from billing.actions.invoicing import add_funds, write_off_invoice
from billing.actions.payments import pay_with_credit, record_payment, take_credit
from billing.actions.refunds import refund_payment
from billing.models import Client, Email, Invoice, Operation, Payment, RefundWay, Service
from billing.queries.clock import database_now
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.builders import World, bill, make_client, pay, place_paid_order

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


def take_back(payment: Payment, fee: str = "0", reason: str = "disputed") -> Payment:
    return reverse_payment(payment=payment, fee=D(fee), reason=reason, actor="x", now=database_now())


def receive(invoice: Invoice, amount: str, reference: str, fee: str = "0") -> Payment:
    return record_payment(
        invoice=invoice,
        gateway="manual",
        reference=reference,
        amount=D(amount),
        fee=D(fee),
        actor="x",
        now=database_now(),
    )


def test_a_paid_invoice_is_owed_again_with_its_number(client: Client, settings: Any) -> None:
    settings.OPERATOR_EMAILS = ["boss@example.com"]
    invoice = bill(client, "100")
    payment = receive(invoice, "100", "r", fee="2.50")
    number = fresh(invoice).number
    payment = take_back(payment, fee="15")
    again = fresh(invoice)
    assert (again.status, again.number, again.balance) == ("COLLECTIONS", number, 100)
    assert (payment.fee, payment.applied_amount) == (D("17.50"), 0)
    assert balances() == {"RECEIVABLE": D(100), "REVENUE": D(-100), "CLEARING": D("-17.5"), "FEES": D("17.5")}
    assert Email.objects.filter(letter="operator.payment.reversed").count() == 1
    assert books_are_right()


def test_paid_again_it_keeps_its_number_and_moves_nothing_twice(world: World) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.1")
    invoice = Invoice.objects.get()
    number, until = invoice.number, service.paid_until
    take_back(invoice.payments.get())
    pay(fresh(invoice))
    assert (fresh(invoice).status, fresh(invoice).number) == ("PAID", number)
    assert Service.objects.get().paid_until == until
    assert Operation.objects.filter(kind="CREATE").count() == 1
    assert books_are_right()


def test_services_stay(world: World) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.1")
    take_back(Payment.objects.get())
    again = Service.objects.get()
    assert (again.status, again.paid_until) == (service.status, service.paid_until)


def test_credit_that_it_brought_is_taken_and_what_was_spent_is_lost(client: Client) -> None:
    invoice = bill(client, "100")
    payment = receive(invoice, "150", "r")
    take_credit(client=client, amount=D(20), reason="spent", actor="x", now=database_now())
    take_back(payment)
    assert credit_of(client) == 0
    assert balances()["WRITE_OFF"] == 20
    assert fresh(invoice).balance == 100
    assert books_are_right()


def test_money_in_advance_is_asked_for_no_longer(client: Client) -> None:
    invoice = add_funds(client=client, amount=D(50), payment_method="bank_transfer", actor="x", now=database_now())
    take_back(pay(invoice))
    assert (fresh(invoice).status, credit_of(client)) == ("CANCELLED", 0)
    assert balances() == {}
    assert books_are_right()


def test_only_what_was_not_given_back_is_taken(client: Client) -> None:
    invoice = bill(client, "100")
    payment = pay(invoice)
    refund_payment(
        payment=payment,
        amount=D(30),
        way=RefundWay.RECORDED,
        reason="x",
        request_key="k",
        actor="x",
        now=database_now(),
    )
    take_back(payment)
    assert (fresh(invoice).status, fresh(invoice).balance) == ("COLLECTIONS", 70)
    assert balances()["CLEARING" if "CLEARING" in balances() else "RECEIVABLE"] == 70
    assert books_are_right()


def test_a_sale_that_was_written_off_stays_a_loss(client: Client) -> None:
    invoice = bill(client, "100")
    payment = receive(invoice, "40", "part")
    write_off_invoice(invoice=invoice, actor="x", now=database_now())
    take_back(payment)
    assert (fresh(invoice).status, fresh(invoice).amount_written_off) == ("CANCELLED", 100)
    assert balances() == {"WRITE_OFF": D(100), "REVENUE": D(-100)}
    assert books_are_right()


def test_no_bank_takes_credit_back_or_anything_twice(client: Client) -> None:
    give_credit(client, "10")
    with_credit = pay_with_credit(invoice=bill(client, "10"), actor="x", now=database_now())
    with pytest.raises(PaymentNotReversible, match="credit"):
        take_back(with_credit)
    payment = pay(bill(client, "100"))
    take_back(payment)
    with pytest.raises(PaymentNotReversible, match="already"):
        take_back(payment)


def test_a_refund_under_way_is_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.gateways.REFUNDING", frozenset({"bank_transfer"}))
    payment = pay(bill(client, "100"))
    refund_payment(
        payment=payment,
        amount=D(30),
        way=RefundWay.GATEWAY,
        reason="x",
        request_key="k",
        actor="x",
        now=database_now(),
    )
    with pytest.raises(PaymentNotReversible, match="under way"):
        take_back(payment)


@pytest.mark.parametrize(
    ("fee", "reason", "field"),
    [("-1", "x", "fee"), ("0.001", "x", "fee"), ("NaN", "x", "fee"), ("0", "", "reason")],
)
def test_a_reversal_that_cannot_be_names_its_field(client: Client, fee: str, reason: str, field: str) -> None:
    with pytest.raises(ReversalInvalid) as refusal:
        take_back(pay(bill(client, "100")), fee=fee, reason=reason)
    assert list(refusal.value.errors) == [field]
