"""Whatever is done with invoices, payments, credit and refunds, in any order: the books follow from the documents."""

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from billing.actions.chargebacks import PaymentNotReversible, reverse_payment
from billing.actions.credit_notes import CreditNoteInvalid, InvoiceNotNumbered, issue_credit_note
from billing.actions.invoicing import (
    AddFundsInvalid,
    DraftLine,
    InvoiceNotCancellable,
    InvoiceNotCollectable,
    InvoiceNotDraft,
    InvoiceNotReissuable,
    MassPaymentInvalid,
    add_funds,
    cancel_invoice,
    create_draft,
    move_to_collections,
    publish_invoice,
    refund_invoice_to_credit,
    reissue_invoice,
    start_mass_payment,
    write_off_invoice,
)
from billing.actions.payments import (
    InvoiceNotPayable,
    NotEnoughCredit,
    add_credit,
    apply_credit,
    pay_with_credit,
    record_payment,
    take_credit,
    take_credit_back,
)
from billing.actions.refunds import RefundInvalid, confirm_refund, fail_refund, refund_payment
from billing.models import (
    Client,
    CreditNote,
    CreditNoteLine,
    CreditNoteTo,
    Invoice,
    Payment,
    Refund,
    RefundStatus,
    RefundWay,
    TaxRule,
)
from billing.queries.books import find_differences
from billing.queries.clock import database_now
from billing.queries.corrections import lines_left
from billing.queries.refunds import owed_notes
from tests.builders import World, place
from tests.examples import examples

AMOUNTS = st.decimals("0.01", "60", places=2)
PICK = st.integers(0, 1000)
REFUSALS = (
    AddFundsInvalid,
    CreditNoteInvalid,
    InvoiceNotCancellable,
    InvoiceNotCollectable,
    InvoiceNotDraft,
    InvoiceNotNumbered,
    InvoiceNotPayable,
    InvoiceNotReissuable,
    MassPaymentInvalid,
    NotEnoughCredit,
    PaymentNotReversible,
    RefundInvalid,
)


class MoneyMachine(RuleBasedStateMachine):
    """One client, and everything that can happen to their money; refusals are fine, wrong books are not."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.client = Client.objects.get(pk=self.world.client.pk)
        self.now = database_now()
        self.numbers = count(1)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def act(self, action: Any, **values: Any) -> Any:
        """The action, or nothing at all where it is refused."""
        try:
            with transaction.atomic():
                return action(actor="test", now=self.now, **values)
        except REFUSALS:
            return None

    def choose(self, rows: Any, pick: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[pick % len(found)] if found else None

    def on_invoice(self, action: Any, pick: int, **values: Any) -> None:
        if (invoice := self.choose(Invoice.objects, pick)) is not None:
            self.act(action, invoice=invoice, **values)

    @rule(amounts=st.lists(AMOUNTS, min_size=1, max_size=3), is_published=st.booleans())
    def write_invoice(self, amounts: list[Decimal], is_published: bool) -> None:
        lines = [DraftLine(f"Work {index}", amount) for index, amount in enumerate(amounts)]
        draft = self.act(create_draft, client=self.client, lines=lines)
        if is_published:
            self.act(publish_invoice, invoice=draft)

    @rule()
    def order(self) -> None:
        place(self.client, self.world.lite, now=self.now, ip=f"192.0.2.{next(self.numbers) % 250 + 1}")

    @rule(pick=PICK)
    def publish(self, pick: int) -> None:
        self.on_invoice(publish_invoice, pick)

    @rule(pick=PICK, amount=AMOUNTS, fee=st.sampled_from([Decimal(0), Decimal("0.01")]), is_exact=st.booleans())
    def pay(self, pick: int, amount: Decimal, fee: Decimal, is_exact: bool) -> None:
        invoice = self.choose(Invoice.objects, pick)
        if invoice is not None:
            amount = invoice.balance if is_exact and invoice.balance > 0 else amount
            values = {"gateway": "manual", "reference": str(next(self.numbers)), "amount": amount, "fee": fee}
            self.act(record_payment, invoice=invoice, **values)

    @rule(amount=AMOUNTS)
    def credit(self, amount: Decimal) -> None:
        self.act(add_credit, client=self.client, amount=amount, reason="in advance")

    @rule(amount=AMOUNTS)
    def uncredit(self, amount: Decimal) -> None:
        self.act(take_credit, client=self.client, amount=amount, reason="by mistake")

    @rule(pick=PICK, amount=st.none() | AMOUNTS)
    def use_credit(self, pick: int, amount: Decimal | None) -> None:
        from billing.actions.payments import PaymentInvalid

        try:
            self.on_invoice(apply_credit, pick, amount=amount)
        except PaymentInvalid:
            self.on_invoice(pay_with_credit, pick)

    @rule(pick=PICK)
    def unuse_credit(self, pick: int) -> None:
        self.on_invoice(take_credit_back, pick)

    @rule(amount=AMOUNTS)
    def prepay(self, amount: Decimal) -> None:
        self.act(add_funds, client=self.client, amount=amount, payment_method="bank_transfer")

    @rule()
    def pay_together(self) -> None:
        open_ones = list(Invoice.objects.filter(status="UNPAID", kind="SALE")[:3])
        self.act(start_mass_payment, client=self.client, invoices=open_ones, payment_method="bank_transfer")

    @rule(pick=PICK, to=st.sampled_from(CreditNoteTo), share=st.integers(1, 4))
    def note(self, pick: int, to: CreditNoteTo, share: int) -> None:
        invoice = self.choose(Invoice.objects.filter(number__isnull=False), pick)
        if invoice is None:
            return
        amounts = None
        if share > 1:
            left = [(row.line.pk, round(row.left / share, 2)) for row in lines_left(invoice)]
            amounts = {key: amount for key, amount in left if amount}
        self.act(issue_credit_note, invoice=invoice, to=to, reason="wrong", amounts=amounts)

    @rule(pick=PICK, way=st.sampled_from(RefundWay), amount=AMOUNTS, is_all=st.booleans(), is_promised=st.booleans())
    def refund(self, pick: int, way: RefundWay, amount: Decimal, is_all: bool, is_promised: bool) -> None:
        payment = self.choose(Payment.objects, pick)
        if payment is None:
            return
        notes = owed_notes(payment.invoice) if is_promised else ()
        note, owed = notes[0] if notes else (None, payment.amount)
        self.act(
            refund_payment,
            payment=payment,
            amount=min(owed, payment.amount) if is_all else amount,
            way=way,
            reason="asked for",
            request_key=str(next(self.numbers)),
            credit_note=note,
        )

    @rule(pick=PICK, is_done=st.booleans())
    def settle_refund(self, pick: int, is_done: bool) -> None:
        refund = self.choose(Refund.objects.filter(status=RefundStatus.PENDING), pick)
        if refund is not None and is_done:
            self.act(confirm_refund, refund=refund)
        elif refund is not None:
            self.act(fail_refund, refund=refund, error="no")

    @rule(pick=PICK, fee=st.sampled_from([Decimal(0), Decimal(15)]))
    def charge_back(self, pick: int, fee: Decimal) -> None:
        if (payment := self.choose(Payment.objects, pick)) is not None:
            self.act(reverse_payment, payment=payment, fee=fee, reason="bank")

    @rule(pick=PICK, action=st.sampled_from([move_to_collections, write_off_invoice, refund_invoice_to_credit]))
    def close(self, pick: int, action: Any) -> None:
        self.on_invoice(action, pick)

    @rule(pick=PICK, is_money_released=st.booleans())
    def cancel(self, pick: int, is_money_released: bool) -> None:
        self.on_invoice(cancel_invoice, pick, is_money_released=is_money_released)

    @rule(pick=PICK)
    def write_anew(self, pick: int) -> None:
        self.on_invoice(reissue_invoice, pick, reason="wrong address")

    @invariant()
    def everything_holds(self) -> None:
        self.the_books_follow_from_the_documents()
        self.nothing_is_below_zero()
        self.money_on_an_invoice_is_that_of_its_payments()
        self.no_more_is_taken_back_of_a_line_than_it_charged()
        self.no_payment_is_given_back_twice()
        self.numbers_have_no_gap()

    def the_books_follow_from_the_documents(self) -> None:
        assert [str(one) for one in find_differences()] == []

    def nothing_is_below_zero(self) -> None:
        assert Client.objects.get(pk=self.client.pk).credit_balance >= 0
        assert all(invoice.balance >= 0 for invoice in Invoice.objects.all())

    def money_on_an_invoice_is_that_of_its_payments(self) -> None:
        for invoice in Invoice.objects.prefetch_related("payments"):
            assert invoice.amount_paid == sum(payment.applied_amount for payment in invoice.payments.all())
            assert (invoice.balance == 0) or invoice.status not in ("PAID", "REFUNDED")

    def no_more_is_taken_back_of_a_line_than_it_charged(self) -> None:
        for invoice in Invoice.objects.filter(number__isnull=False):
            lefts = lines_left(invoice)
            assert all(row.left >= 0 and row.taken >= 0 for row in lefts)
            assert sum(row.taken for row in lefts) == invoice.amount_credited + invoice.amount_refunded
        assert not [row for row in CreditNoteLine.objects.all() if row.amount < 0 or row.tax < 0]

    def no_payment_is_given_back_twice(self) -> None:
        for payment in Payment.objects.prefetch_related("refunds"):
            standing = [refund.amount for refund in payment.refunds.all() if refund.status != RefundStatus.FAILED]
            assert sum(standing) <= payment.amount

    def numbers_have_no_gap(self) -> None:
        for documents in (Invoice.objects.filter(number__isnull=False), CreditNote.objects.all()):
            numbers = sorted(int(one.number.rpartition("-")[2]) for one in documents)
            assert numbers == list(range(1, len(numbers) + 1))


def run(world: World, monkeypatch: pytest.MonkeyPatch, *, examples: int, steps: int) -> None:
    monkeypatch.setattr("billing.gateways.REFUNDING", frozenset({"manual"}))
    TaxRule.objects.create(name="VAT", rate=Decimal(19))
    machine = type("Machine", (MoneyMachine,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_sequence_leaves_the_books_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(world, monkeypatch, examples=examples(8), steps=20)


@pytest.mark.thorough
@pytest.mark.timeout(3000)
def test_many_long_sequences_leave_the_books_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(world, monkeypatch, examples=100, steps=40)
