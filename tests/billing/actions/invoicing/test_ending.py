"""Invoices that are cancelled, written anew, collected or written off."""

from decimal import Decimal
from typing import Any

import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.credit_notes import CreditNoteInvalid
from billing.actions.invoicing import (
    InvoiceNotCancellable,
    InvoiceNotCollectable,
    InvoiceNotReissuable,
    PaymentMethodInvalid,
    add_funds,
    cancel_invoice,
    change_payment_method,
    mark_payment_failed,
    mark_payment_pending,
    move_to_collections,
    publish_invoice,
    refund_invoice_to_credit,
    reissue_invoice,
    write_off_invoice,
)
from billing.actions.order_decisions import cancel_order
from billing.actions.ordering import place_order
from billing.actions.payments import InvoiceNotPayable, apply_credit, record_payment
from billing.models import Client, CreditNote, Event, Invoice, InvoiceLine, Posting, Promotion, Service
from billing.queries.clock import database_now
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.builders import World, bill, draft, make_client, pay, place

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


def do(action: Any, invoice: Invoice, **values: Any) -> Any:
    return action(invoice=invoice, actor="x", now=database_now(), **values)


def receive(invoice: Invoice, amount: str) -> None:
    record_payment(invoice=invoice, gateway="manual", reference=amount, amount=D(amount), actor="x", now=database_now())


class TestCancel:
    def test_takes_the_sale_back(self, client: Client) -> None:
        invoice = bill(client, "100")
        do(cancel_invoice, invoice)
        assert fresh(invoice).status == "CANCELLED"
        assert balances() == {}
        assert books_are_right()

    def test_a_draft_was_never_in_the_books(self, client: Client) -> None:
        do(cancel_invoice, draft(client, "100"))
        assert not Posting.objects.exists()

    def test_money_stops_it_unless_it_is_to_become_credit(self, client: Client) -> None:
        invoice = bill(client, "100")
        give_credit(client, "30")
        do(apply_credit, invoice)
        receive(invoice, "20")
        with pytest.raises(InvoiceNotCancellable, match="Money was received"):
            do(cancel_invoice, invoice)
        do(cancel_invoice, invoice, is_money_released=True)
        assert (fresh(invoice).status, credit_of(client)) == ("CANCELLED", 50)
        assert not invoice.payments.filter(applied_amount__gt=0).exists()
        assert books_are_right()

    def test_a_number_stops_it(self, client: Client) -> None:
        invoice = bill(client, "100")
        pay(invoice)
        with pytest.raises(InvoiceNotCancellable, match="credit note"):
            do(cancel_invoice, invoice, is_money_released=True)

    def test_twice_is_refused(self, client: Client) -> None:
        invoice = bill(client, "100")
        do(cancel_invoice, invoice)
        with pytest.raises(InvoiceNotCancellable):
            do(cancel_invoice, invoice)

    def test_money_for_it_becomes_credit_and_operators_are_told(self, client: Client, settings: Any) -> None:
        settings.OPERATOR_EMAILS = ["boss@example.com"]
        invoice = bill(client, "100")
        do(cancel_invoice, invoice)
        receive(invoice, "100")
        assert (fresh(invoice).status, credit_of(client)) == ("CANCELLED", 100)
        assert invoice.payments.get().applied_amount == 0
        event = Event.objects.get(name="payment.not_applied")
        assert event.emails.get().letter == "operator.payment.not_applied"
        assert books_are_right()


class TestRefundToCredit:
    def test_of_a_paid_invoice_is_a_credit_note(self, client: Client) -> None:
        invoice = bill(client, "100")
        pay(invoice)
        assert do(refund_invoice_to_credit, fresh(invoice)) == 100
        assert (fresh(invoice).status, CreditNote.objects.get().to_credit) == ("REFUNDED", 100)

    def test_of_a_partly_paid_one_cancels_it(self, client: Client) -> None:
        invoice = bill(client, "100")
        receive(invoice, "40")
        assert do(refund_invoice_to_credit, invoice) == 40
        assert (fresh(invoice).status, credit_of(client)) == ("CANCELLED", 40)
        assert not CreditNote.objects.exists()
        assert books_are_right()

    def test_an_order_over_nothing_can_be_cancelled(self, world: World) -> None:
        Promotion.objects.create(code="FREE", value=100)
        order = place_order(
            checkout=Checkout(
                client=world.client,
                items=[ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"})],
                payment_method="bank_transfer",
                key="free",
                promo_code="FREE",
            ),
            actor="x",
            now=database_now(),
        )
        assert order.invoice.total == 0
        cancel_order(order=order, actor="x", now=database_now())
        assert fresh(order.invoice).status == "REFUNDED"
        assert books_are_right()


class TestReissue:
    def test_an_unpaid_one_is_cancelled_and_copied(self, world: World) -> None:
        order = place(world.client, world.lite, ip="192.0.2.1")
        old = order.invoice
        copy = do(reissue_invoice, old, reason="wrong address")
        assert (fresh(old).status, fresh(old).order_id, copy.status, copy.order_id) == (
            "CANCELLED",
            None,
            "DRAFT",
            order.pk,
        )
        before, after = (
            list(one.lines.order_by("pk").values("description", "amount", "period_start", "period_end", "service"))
            for one in (old, copy)
        )
        assert after == before
        pay(do(publish_invoice, copy))
        service = Service.objects.get()
        assert service.paid_until == after[0]["period_end"]
        assert service.operations.get().kind == "CREATE"
        assert books_are_right()

    def test_a_paid_one_is_credited_and_its_money_pays_the_copy(self, client: Client) -> None:
        old = bill(client, "100")
        pay(old)
        copy = do(reissue_invoice, old, reason="wrong address")
        assert (fresh(old).status, credit_of(client)) == ("REFUNDED", 100)
        do(apply_credit, do(publish_invoice, copy))
        assert (fresh(copy).status, credit_of(client)) == ("PAID", 0)
        assert books_are_right()

    def test_needs_a_reason(self, client: Client) -> None:
        with pytest.raises(CreditNoteInvalid):
            do(reissue_invoice, bill(client, "100"), reason="")

    def test_only_what_stands(self, client: Client) -> None:
        cancelled = bill(client, "100")
        do(cancel_invoice, cancelled)
        advance = add_funds(client=client, amount=D(5), payment_method="bank_transfer", actor="x", now=database_now())
        for invoice in (cancelled, draft(client, "5"), advance):
            with pytest.raises(InvoiceNotReissuable):
                do(reissue_invoice, invoice, reason="x")


class TestCollecting:
    def test_pending_and_back(self, client: Client) -> None:
        invoice = bill(client, "100")
        do(mark_payment_pending, invoice)
        assert fresh(invoice).status == "PAYMENT_PENDING"
        do(mark_payment_failed, invoice)
        assert fresh(invoice).status == "UNPAID"
        names = Event.objects.filter(invoice=invoice).order_by("pk").values_list("name", flat=True)
        assert list(names)[-2:] == ["invoice.payment_pending", "invoice.payment_failed"]

    def test_pending_is_paid_as_any_other(self, client: Client) -> None:
        invoice = bill(client, "100")
        do(mark_payment_pending, invoice)
        pay(invoice)
        assert fresh(invoice).status == "PAID"

    def test_collections_can_still_be_paid(self, client: Client) -> None:
        invoice = bill(client, "100")
        do(move_to_collections, invoice)
        pay(invoice)
        assert fresh(invoice).status == "PAID"

    @pytest.mark.parametrize(
        "action", [mark_payment_pending, mark_payment_failed, move_to_collections, write_off_invoice]
    )
    def test_a_paid_invoice_is_left_alone(self, client: Client, action: Any) -> None:
        invoice = bill(client, "100")
        pay(invoice)
        with pytest.raises(InvoiceNotCollectable, match="Paid"):
            do(action, invoice)

    def test_written_off_is_a_loss_of_the_rest(self, client: Client) -> None:
        invoice = bill(client, "100")
        receive(invoice, "40")
        do(write_off_invoice, invoice)
        off = fresh(invoice)
        assert (off.status, off.balance, off.amount_written_off) == ("CANCELLED", 0, 60)
        assert balances() == {"CLEARING": D(40), "REVENUE": D(-100), "WRITE_OFF": D(60)}
        assert not InvoiceLine.objects.filter(is_voided=True).exists()
        assert books_are_right()


class TestPaymentMethod:
    def test_changes_while_it_is_open(self, client: Client) -> None:
        invoice = bill(client, "100")
        Invoice.objects.update(payment_method="credit")
        do(change_payment_method, invoice, method="bank_transfer")
        assert fresh(invoice).payment_method == "bank_transfer"

    def test_not_to_just_anything(self, client: Client) -> None:
        with pytest.raises(PaymentMethodInvalid) as refusal:
            do(change_payment_method, bill(client, "100"), method="gold")
        assert list(refusal.value.errors) == ["payment_method"]

    def test_not_once_it_is_paid(self, client: Client) -> None:
        invoice = bill(client, "100")
        pay(invoice)
        with pytest.raises(InvoiceNotPayable):
            do(change_payment_method, invoice, method="bank_transfer")
