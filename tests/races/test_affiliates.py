"""Affiliates' money under many at once, on PostgreSQL: earned once, cleared once, never more out than in."""

from decimal import Decimal
from typing import Any

import pytest

from billing.actions.affiliate_balances import BalanceTooLow
from billing.actions.affiliates import count_visit, join_program
from billing.actions.commissions import clear_commissions
from billing.actions.order_decisions import OrderNotPending, cancel_order
from billing.actions.payments import NotEnoughCredit, add_credit, pay_with_credit, record_payment
from billing.actions.withdrawals import (
    WithdrawalRefused,
    WithdrawalSettled,
    pay_withdrawal,
    record_payout,
    refuse_withdrawal,
    request_withdrawal,
    withdraw_to_credit,
)
from billing.models import (
    Affiliate,
    AffiliateEntry,
    Client,
    Commission,
    Order,
    Payment,
    Referral,
    ReferredService,
    Withdrawal,
)
from billing.queries.books import find_differences
from catalog.models import Currency, Product
from tests.affiliates import ORDERED, at, make_affiliate, make_consulting, order_by, sell_by, switch_on
from tests.billing.actions.test_commissions import CLEARS
from tests.builders import make_client
from tests.races.test_races import THREADS, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOW = at(CLEARS)


@pytest.fixture
def product(transactional_db: None) -> Product:
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    switch_on(joining_bonus=Decimal(0))
    return make_consulting("1000", "200")


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db: None) -> Any:
    yield
    assert [str(one) for one in find_differences()] == []


def make_rich(product: Product, *, sales: int = 1) -> Affiliate:
    """Has 120.00 for each sale."""
    affiliate = make_affiliate()
    for _number in range(sales):
        sell_by(affiliate, product)
    clear_commissions(on=CLEARS, now=NOW)
    affiliate.refresh_from_db()
    return affiliate


def test_one_commission_from_many_deliveries_of_a_payment(product: Product) -> None:
    affiliate = make_affiliate()
    invoice = order_by(affiliate, product).order_line.order.invoice

    def deliver(_number: int) -> Payment:
        return record_payment(
            invoice=invoice, gateway="manual", reference="bank-1", amount=invoice.total, actor="x", now=at(ORDERED)
        )

    at_once(deliver)
    assert affiliate.commissions.get().amount == 120


def test_many_workers_clear_each_commission_once(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.actions.commissions.BATCH", 3)
    affiliates = [make_affiliate() for _number in range(3)]
    for number in range(24):
        sell_by(affiliates[number % 3], product)
    cleared = at_once(lambda _number: clear_commissions(on=CLEARS, now=NOW))
    assert sum(cleared) == 24
    assert {affiliate.balance for affiliate in Affiliate.objects.all()} == {Decimal(960)}
    assert AffiliateEntry.objects.count() == 24
    assert not Commission.objects.exclude(state="CLEARED").exists()


def test_a_balance_becomes_credit_once(product: Product) -> None:
    affiliate = make_rich(product)

    def withdraw(_number: int) -> Withdrawal:
        return withdraw_to_credit(affiliate=affiliate, actor="x", now=NOW)

    assert len(at_once(withdraw, refusals=(WithdrawalRefused,))) == 1
    assert Client.objects.get(pk=affiliate.client_id).credit_balance == 120


def test_payouts_never_exceed_the_balance(product: Product) -> None:
    affiliate = make_rich(product)

    def pay_out(number: int) -> Withdrawal:
        return record_payout(affiliate=affiliate, amount=Decimal(50), reference=f"r{number}", actor="x", now=NOW)

    assert len(at_once(pay_out, refusals=(BalanceTooLow,))) == 2
    affiliate.refresh_from_db()
    assert affiliate.balance == 20


def test_the_same_payout_is_recorded_once(product: Product) -> None:
    affiliate = make_rich(product)

    def pay_out(_number: int) -> Withdrawal:
        return record_payout(affiliate=affiliate, amount=Decimal(50), reference="bank-1", actor="x", now=NOW)

    assert len({withdrawal.pk for withdrawal in at_once(pay_out)}) == 1
    affiliate.refresh_from_db()
    assert affiliate.balance == 70


def test_a_request_is_paid_or_refused_not_both(product: Product) -> None:
    affiliate = make_rich(product)
    withdrawal = request_withdrawal(affiliate=affiliate, details="IBAN", actor="x", now=NOW)

    def decide(number: int) -> Withdrawal:
        if number % 2:
            return refuse_withdrawal(withdrawal=withdrawal, reason="no", actor="x", now=NOW)
        return pay_withdrawal(withdrawal=withdrawal, reference=f"r{number}", actor="x", now=NOW)

    (decided,) = at_once(decide, refusals=(WithdrawalSettled,))
    affiliate.refresh_from_db()
    assert affiliate.balance == (120 if decided.status == "REFUSED" else 0)


def test_a_client_joins_once(product: Product) -> None:
    switch_on(joining_bonus=Decimal(5))
    client = make_client()
    joined = at_once(lambda _number: join_program(client=client, actor="x", now=NOW))
    assert len({affiliate.pk for affiliate in joined}) == 1
    assert Affiliate.objects.get().balance == 5


def test_a_client_has_one_affiliate_whoever_is_first(product: Product) -> None:
    affiliates, client = [make_affiliate() for _number in range(2)], make_client()
    at_once(lambda number: order_by(affiliates[number % 2], product, client=client))
    assert Order.objects.count() == ReferredService.objects.count() == THREADS
    assert Referral.objects.count() == 1


def test_every_visitor_counts(product: Product) -> None:
    affiliate = make_affiliate()
    at_once(lambda _number: count_visit(affiliate=affiliate))
    affiliate.refresh_from_db()
    assert affiliate.visits == THREADS


def test_refund_and_clearing_at_once_leave_nothing(product: Product) -> None:
    affiliate = make_affiliate()
    services = [sell_by(affiliate, product) for _number in range(THREADS)]

    def act(number: int) -> Any:
        cancel_order(order=services[number].order_line.order, actor="x", now=NOW)
        return clear_commissions(on=CLEARS, now=NOW)

    at_once(act, refusals=(OrderNotPending,))
    affiliate.refresh_from_db()
    assert (affiliate.balance, affiliate.debt) == (0, 0)
    assert set(Commission.objects.values_list("state", flat=True)) == {"VOIDED"}


@pytest.mark.parametrize("round_", range(3))
def test_affiliates_who_refer_each_other_never_wait_for_ever(product: Product, round_: int) -> None:
    """Each pays, withdraws, is paid out and clears while its own payments earn for the other."""
    left, right = make_rich(product, sales=2), make_rich(product, sales=2)
    pairs = ((left, right), (right, left))
    waiting = [
        [order_by(other, product, client=own.client).order_line.order.invoice for _turn in range(3)]
        for own, other in pairs
    ]
    for own, _other in pairs:
        add_credit(client=own.client, amount=Decimal(5000), reason="", actor="x", now=NOW)

    def act(number: int) -> Any:
        own, turn = pairs[number % 2][0], number // 2
        if turn < 3:
            return pay_with_credit(invoice=waiting[number % 2][turn], actor="x", now=NOW)
        if turn == 3:
            return withdraw_to_credit(affiliate=own, actor="x", now=NOW)
        if turn == 4:
            return record_payout(affiliate=own, amount=Decimal(10), reference=f"r{number}", actor="x", now=NOW)
        return clear_commissions(on=CLEARS, now=NOW)

    at_once(act, refusals=(WithdrawalRefused, BalanceTooLow, NotEnoughCredit))
    assert Commission.objects.count() == 10
    assert not Affiliate.objects.filter(balance__lt=0).exists()
