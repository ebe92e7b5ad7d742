"""YooKassa: rubles, receipts of 54-FZ, notifications without a signature."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.gateways.automatic import queue_automatic_payment
from billing.actions.gateways.refunding import run_refund
from billing.actions.gateways.starting import PaymentNotStarted
from billing.actions.gateways.tending import tend_attempt
from billing.actions.refunds import refund_payment
from billing.gateways import ONLINE
from billing.models import (
    AttemptStatus,
    FiscalSettings,
    GatewayEvent,
    GatewayEventStatus,
    InvoiceStatus,
    Payment,
    PaymentGateway,
    Refund,
    RefundStatus,
    RefundWay,
    StoredMethod,
)
from billing.queries.clock import business_date, database_now
from tests.billing.actions.books import balances, books_are_right, fresh
from tests.billing.gateways.shop import YOOKASSA_KEYS, go_to_page, look, make_debtor, post_event, process_all, set_up
from tests.builders import bill
from tests.standins.yookassa import YooKassa

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def gateway(yookassa: YooKassa) -> PaymentGateway:
    return set_up("yookassa", YOOKASSA_KEYS)


def test_paying_on_the_page_pays_the_invoice_and_keeps_the_commission(yookassa: YooKassa) -> None:
    client, invoice = make_debtor("1000", currency="RUB", language="ru")
    attempt = go_to_page(invoice, gateway="yookassa")
    asked = yookassa.calls[-1]
    assert (asked.body["amount"], asked.body["capture"]) == ({"value": "1000.00", "currency": "RUB"}, True)
    assert asked.key == attempt.key
    yookassa.pay(attempt.external_id)
    attempt = look(attempt)
    assert attempt.payment is not None
    assert (attempt.status, attempt.payment.fee) == (AttemptStatus.SUCCEEDED, Decimal(35))
    assert fresh(invoice).status == InvoiceStatus.PAID
    assert balances(client=client)["CLEARING"] == Decimal(965)
    assert books_are_right()


def test_euros_are_not_taken(yookassa: YooKassa) -> None:
    _client, invoice = make_debtor("10")
    with pytest.raises(PaymentNotStarted, match="not offered"):
        go_to_page(invoice, gateway="yookassa")


def test_a_receipt_goes_with_the_payment_and_with_its_refund(yookassa: YooKassa) -> None:
    FiscalSettings.objects.update_or_create(pk=1, defaults={"sends_receipts": True})
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    receipt = yookassa.calls[-1].body["receipt"]
    assert sum(Decimal(item["amount"]["value"]) * Decimal(item["quantity"]) for item in receipt["items"]) == 1000
    attempt.refresh_from_db()
    assert attempt.receipt == receipt
    yookassa.pay(attempt.external_id)
    payment = look(attempt).payment
    assert payment is not None
    refund = give_back(payment, "250.55")
    receipt = yookassa.calls[-1].body["receipt"]
    assert sum(Decimal(item["amount"]["value"]) * Decimal(item["quantity"]) for item in receipt["items"]) == Decimal(
        "250.55"
    )
    assert refund.status == RefundStatus.DONE


def give_back(payment: Payment, amount: str) -> Refund:
    refund = refund_payment(
        payment=payment,
        amount=Decimal(amount),
        way=RefundWay.GATEWAY,
        reason="не подошло",
        request_key=f"k-{amount}",
        actor="op",
        now=database_now(),
    )
    run_refund(refund_id=refund.pk, clock=database_now)
    refund.refresh_from_db()
    return refund


def test_a_whole_refund_and_one_too_many(yookassa: YooKassa) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    yookassa.pay(attempt.external_id)
    payment = look(attempt).payment
    assert payment is not None
    assert give_back(payment, "1000").status == RefundStatus.DONE
    assert fresh(invoice).status == InvoiceStatus.REFUNDED
    assert books_are_right()


def test_a_lost_answer_makes_one_payment(yookassa: YooKassa) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    yookassa.fail("lost")
    with pytest.raises(PaymentNotStarted):
        go_to_page(invoice, gateway="yookassa")
    go_to_page(invoice, gateway="yookassa")
    assert len(yookassa.shop.payments) == 1


@pytest.mark.parametrize("fault", ["error", "busy", "garbage"])
def test_a_gateway_that_is_down_charges_nothing(yookassa: YooKassa, fault: str) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    yookassa.fail(fault)
    with pytest.raises(PaymentNotStarted, match="Nothing was charged"):
        go_to_page(invoice, gateway="yookassa")
    assert go_to_page(invoice, gateway="yookassa").status == AttemptStatus.PENDING


def test_a_declined_payment_is_told_why(yookassa: YooKassa) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    yookassa.decline(attempt.external_id, "insufficient_funds")
    attempt = look(attempt)
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "insufficient_funds")
    assert go_to_page(invoice, gateway="yookassa").pk != attempt.pk


def test_a_notification_is_only_a_reason_to_look(yookassa: YooKassa, gateway: PaymentGateway, client: Browser) -> None:
    """Who knows the address can say what they like: YooKassa itself says what is true."""
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    payment = yookassa.shop.payments[attempt.external_id]
    lie = yookassa.notification("payment.succeeded", {**payment, "status": "succeeded"})
    assert post_event(client, gateway, json.dumps(lie).encode()) == 200
    process_all()
    assert not Payment.objects.exists()
    yookassa.pay(attempt.external_id)
    # The true one has the same number: it is kept once, and looked into again.
    assert post_event(client, gateway, json.dumps(lie).encode()) == 200
    assert GatewayEvent.objects.count() == 1
    tend_attempt(attempt_id=attempt.pk, clock=database_now)
    attempt.refresh_from_db()
    assert attempt.status == AttemptStatus.SUCCEEDED


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"value": "1.00", "currency": "RUB"}},
        {"amount": {"value": "1000.00", "currency": "KZT"}},
        {"recipient": {"account_id": "999", "gateway_id": "1"}},
    ],
)
def test_a_notification_with_a_wrong_sum_or_shop_records_nothing(
    yookassa: YooKassa, gateway: PaymentGateway, client: Browser, change: dict[str, object]
) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    yookassa.pay(attempt.external_id)
    body = yookassa.notification("payment.succeeded", {**yookassa.shop.payments[attempt.external_id], **change})
    assert post_event(client, gateway, json.dumps(body).encode()) == 200
    process_all()
    assert GatewayEvent.objects.get().status == GatewayEventStatus.REFUSED
    assert not Payment.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"event":"payment.succeeded"}', b'{"event":1,"object":5}'])
def test_what_is_no_notification_is_refused(gateway: PaymentGateway, client: Browser, body: bytes) -> None:
    assert post_event(client, gateway, body, {}) == 400


def test_a_saved_card_pays_the_next_invoice(yookassa: YooKassa) -> None:
    client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa", saves_method=True)
    yookassa.pay(attempt.external_id)
    look(attempt)
    card = StoredMethod.objects.get(client=client)
    assert (card.last4, card.is_default) == ("4444", True)
    second = bill(client, "500")
    queued = queue_automatic_payment(
        invoice=second, day=business_date(database_now()), now=database_now(), actor="night"
    )
    assert queued is not None
    assert look(queued).status == AttemptStatus.SUCCEEDED
    assert fresh(second).status == InvoiceStatus.PAID


def test_a_saved_card_that_is_refused_or_slow(yookassa: YooKassa) -> None:
    for last4, status in (("0002", AttemptStatus.FAILED), ("0003", AttemptStatus.PENDING)):
        client, invoice = make_debtor("1000", currency="RUB")
        attempt = go_to_page(invoice, gateway="yookassa", saves_method=True)
        yookassa.pay(attempt.external_id, last4=last4)
        look(attempt)
        queued = queue_automatic_payment(
            invoice=bill(client, "500"), day=business_date(database_now()), now=database_now(), actor="night"
        )
        assert queued is not None
        assert look(queued).status == status


def test_the_keys_are_tested_in_words() -> None:
    assert "100500" in ONLINE["yookassa"].check_keys(YOOKASSA_KEYS)


def test_an_unpaid_page_ends_by_itself(yookassa: YooKassa) -> None:
    _client, invoice = make_debtor("1000", currency="RUB")
    attempt = go_to_page(invoice, gateway="yookassa")
    assert attempt.expires_at is not None
    assert attempt.expires_at - attempt.created_at < timedelta(days=1)
    yookassa.decline(attempt.external_id, "expired_on_confirmation")
    assert look(attempt).status == AttemptStatus.CANCELLED
