"""Whatever is done in whatever order, every invoice, payment and balance equals its entries.

Hypothesis makes up the sequence of actions; the audit and a till of our own, which only counts what came in, judge it.
LEDGER_EXAMPLES sets how many sequences the long test tries.
"""

import os
from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.invoicing import InvoiceNotCancellable, cancel_invoice
from billing.actions.ledger import UnbalancedPosting, post
from billing.actions.order_decisions import OrderClosed, OrderNotPending, accept_order, cancel_order, mark_order_fraud
from billing.actions.ordering import OrderInvalid, place_order
from billing.actions.payments import InvoiceNotPayable, NotEnoughCredit, add_credit, pay_with_credit, record_payment
from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import RenewalRefused, issue_renewal_now
from billing.models import Account, Client, Invoice, LedgerEntry, Order, Posting, Promotion, Service, TaxRule
from billing.queries.books import find_differences
from billing.queries.clock import business_date, database_now
from catalog.models import Product
from tests.builders import World, make_client, make_product
from tests.examples import examples

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "60"))
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target]  # shrinking takes minutes; the steps are few
PLACES = st.integers(0, 30)
CENTS = st.integers(1, 3000).map(lambda cents: Decimal(cents) / 100)


def test_a_posting_that_does_not_balance_is_never_stored(world: World) -> None:
    amounts = {Account.CLEARING: Decimal(5), Account.CREDIT: Decimal("-4.99")}
    with pytest.raises(UnbalancedPosting):
        post("test", client=world.client, currency_id="EUR", amounts=amounts, now=database_now())
    assert not Posting.objects.exists()


def test_what_moves_no_money_is_not_posted(world: World) -> None:
    amounts = dict.fromkeys(Account, Decimal(0))
    assert post("test", client=world.client, currency_id="EUR", amounts=amounts, now=database_now()) is None
    assert not Posting.objects.exists()


class Bookkeeping(RuleBasedStateMachine):
    """Two clients, products with tax, setup fee and odd prices, a promo code that takes all of it."""

    clients: tuple[Client, ...]
    products: tuple[Product, ...]

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.undo.enter_context(transaction.atomic())
        self.now = database_now()
        self.number = 0
        self.till = Decimal(0)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.close()

    @initialize()
    def begin(self) -> None:
        self.order(client=0, product=0, quantity=1, code="", is_credit=False)

    def invoice(self, place: int) -> Invoice:
        found = Invoice.objects.order_by("id")
        return found[place % found.count()]

    def next_number(self) -> int:
        self.number += 1
        return self.number

    @rule(
        client=PLACES,
        product=PLACES,
        quantity=st.integers(1, 3),
        code=st.sampled_from(["", "", "HALF", "ALL"]),
        is_credit=st.booleans(),
    )
    def order(self, client: int, product: int, quantity: int, code: str, is_credit: bool) -> None:
        try:
            place_order(
                checkout=Checkout(
                    client=self.clients[client % len(self.clients)],
                    items=[ItemRequest(self.products[product % len(self.products)], "MONTHLY", quantity)],
                    payment_method="credit" if is_credit else "bank_transfer",
                    key=f"sequence-{self.next_number()}",
                    promo_code=code,
                ),
                actor="test",
                now=self.now,
            )
        except OrderInvalid as refusal:
            # All or nothing: the credit does not cover it.
            if list(refusal.errors) != ["payment_method"]:
                raise

    @rule(place=PLACES, how=st.sampled_from(["all of it", "a part", "too much"]), amount=CENTS)
    def pay(self, place: int, how: str, amount: Decimal) -> None:
        invoice = self.invoice(place)
        due = max(invoice.balance, Decimal("0.01"))
        amount = {"all of it": due, "a part": min(amount, due), "too much": due + amount}[how]
        reference = f"transfer-{self.next_number()}"
        for _delivery in range(2):
            try:
                record_payment(
                    invoice=invoice, gateway="manual", reference=reference, amount=amount, actor="test", now=self.now
                )
            except InvoiceNotPayable:
                return
        self.till += amount

    @rule(place=PLACES)
    def pay_with_credit(self, place: int) -> None:
        try:
            pay_with_credit(invoice=self.invoice(place), actor="test", now=self.now)
        except (InvoiceNotPayable, NotEnoughCredit):
            return

    @rule(client=PLACES, amount=CENTS)
    def pay_in_advance(self, client: int, amount: Decimal) -> None:
        add_credit(
            client=self.clients[client % len(self.clients)], amount=amount, reason="", actor="test", now=self.now
        )
        self.till += amount

    @rule(place=PLACES)
    def cancel_invoice(self, place: int) -> None:
        try:
            cancel_invoice(invoice=self.invoice(place), now=self.now)
        except InvoiceNotCancellable:
            return

    @rule(place=PLACES, decision=st.sampled_from([cancel_order, cancel_order, accept_order, mark_order_fraud]))
    def decide(self, place: int, decision: Any) -> None:
        """Cancelling what was paid gives it back as credit."""
        orders = Order.objects.order_by("id")
        more = {"is_bought_ended": True} if decision is mark_order_fraud else {}
        try:
            decision(order=orders[place % orders.count()], actor="test", now=self.now, **more)
        except (OrderNotPending, OrderClosed):
            return

    @precondition(lambda self: self.number > 2)
    @rule(place=PLACES)
    def renew_one(self, place: int) -> None:
        services = Service.objects.order_by("id")
        service = services[place % services.count()]
        with suppress(RenewalRefused):
            issue_renewal_now(service=service, actor="test", now=self.now, on=business_date(self.now))

    @precondition(lambda self: self.number > 2)
    @rule(days=st.sampled_from([1, 20, 40]))
    def nights_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        Service.objects.filter(status="PENDING", paid_until__isnull=False).update(status="ACTIVE")
        issue_renewals(on=business_date(self.now), now=self.now)

    @invariant()
    def every_document_equals_its_entries(self) -> None:
        assert [str(one) for one in find_differences()] == []
        # On PostgreSQL the database looks for itself what otherwise waits for the commit.
        connection.check_constraints()

    @invariant()
    def what_came_in_is_in_the_till(self) -> None:
        clearing = LedgerEntry.objects.filter(account=Account.CLEARING).aggregate(sum=Sum("amount"))["sum"] or 0
        assert round(clearing, 4) == self.till


@pytest.fixture
def bookkeeping(world: World) -> type[Bookkeeping]:
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))
    for code, value in (("HALF", 50), ("ALL", 100)):
        Promotion.objects.create(code=code, value=value, is_recurring=True)
    kinds = (("9.99", "3.33"), ("0.01", "0"), ("1000", "0"))
    products = tuple(
        make_product(world.group, tariff_id="", name=f"Hosting {price}", price=price, setup_fee=setup, module="")
        for price, setup in kinds
    )
    clients = (world.client, make_client(country="US"))
    return type("WithWorld", (Bookkeeping,), {"clients": clients, "products": products})


def play(machine: type[Bookkeeping], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=PHASES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_sequence_of_actions_balances(bookkeeping: type[Bookkeeping]) -> None:
    play(bookkeeping, examples=examples(16), steps=14)


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_many_long_sequences_of_actions_balance(bookkeeping: type[Bookkeeping]) -> None:
    play(bookkeeping, examples=EXAMPLES, steps=40)
