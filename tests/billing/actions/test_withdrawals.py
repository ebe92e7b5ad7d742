from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from billing.actions.affiliate_balances import BalanceTooLow
from billing.actions.affiliates import close_affiliate
from billing.actions.commissions import clear_commissions
from billing.actions.notifications import send_email
from billing.actions.withdrawals import (
    WithdrawalInvalid,
    WithdrawalRefused,
    WithdrawalSettled,
    pay_out_to_credit,
    pay_withdrawal,
    record_payout,
    refuse_withdrawal,
    request_withdrawal,
    withdraw_to_credit,
)
from billing.models import Affiliate, Email, Event, LedgerEntry, Withdrawal
from billing.queries.books import find_differences
from catalog.models import Currency
from tests.affiliates import at, make_affiliate, make_consulting, sell_by, switch_on
from tests.billing.actions.test_commissions import CLEARS
from tests.builders import make_client
from tests.kept_scenes import kept_scene

NOW = at(CLEARS)


@pytest.fixture
@kept_scene
def affiliate(db: None) -> Affiliate:
    """Has 120.00."""
    switch_on()
    affiliate = make_affiliate()
    sell_by(affiliate, make_consulting())
    clear_commissions(on=CLEARS, now=NOW)
    affiliate.refresh_from_db()
    return affiliate


@pytest.fixture(autouse=True)
def _books_are_right(db: None) -> Any:
    yield
    assert [str(one) for one in find_differences()] == []


def ask(affiliate: Affiliate, details: str = "IBAN DE00") -> Withdrawal:
    return request_withdrawal(affiliate=affiliate, details=details, actor="anna", now=NOW)


def money_of(affiliate: Affiliate) -> tuple[Decimal, Decimal]:
    """Balance and credit."""
    affiliate.refresh_from_db()
    affiliate.client.refresh_from_db()
    return affiliate.balance, affiliate.client.credit_balance


def entries_of(kind: str) -> dict[str, Decimal]:
    rows = LedgerEntry.objects.filter(posting__kind=kind).values_list("account", "amount")
    return dict(rows)


class TestToCredit:
    def test_the_whole_balance_becomes_credit(self, affiliate: Affiliate) -> None:
        withdrawal = withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        assert (withdrawal.amount, withdrawal.status, withdrawal.way) == (120, "PAID", "CREDIT")
        assert money_of(affiliate) == (0, 120)
        assert entries_of("affiliate.credited") == {"AFFILIATE": 120, "CREDIT": -120}
        call_command("audit_ledger")

    def test_twice_there_is_nothing_left(self, affiliate: Affiliate) -> None:
        withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        with pytest.raises(WithdrawalRefused):
            withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        assert money_of(affiliate) == (0, 120)

    def test_the_smallest_payout_is_kept_to(self, affiliate: Affiliate) -> None:
        switch_on(minimum_payout=Decimal("120.01"))
        with pytest.raises(WithdrawalRefused, match=r"€120\.01"):
            withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        switch_on(minimum_payout=Decimal("120.00"))
        assert withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW).amount == 120

    def test_the_smallest_payout_is_told_in_the_affiliates_currency(self, db: None) -> None:
        switch_on(minimum_payout=Decimal(10), joining_bonus=Decimal(0))
        affiliate = make_affiliate(make_client(currency="RUB"))
        with pytest.raises(WithdrawalRefused, match="RUB"):
            withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        Currency.objects.filter(pk="RUB").update(rate=Decimal(100))
        with pytest.raises(WithdrawalRefused, match="1,000"):
            withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)

    def test_closed_affiliates_are_paid_out_by_operators_only(self, affiliate: Affiliate) -> None:
        close_affiliate(affiliate=affiliate, actor="vera", now=NOW)
        with pytest.raises(WithdrawalRefused):
            withdraw_to_credit(affiliate=affiliate, actor="anna", now=NOW)
        with pytest.raises(WithdrawalRefused):
            ask(affiliate)
        assert pay_out_to_credit(affiliate=affiliate, actor="vera", now=NOW).amount == 120

    def test_operators_need_no_smallest_payout_but_something_to_pay(self, affiliate: Affiliate) -> None:
        switch_on(minimum_payout=Decimal(500))
        pay_out_to_credit(affiliate=affiliate, actor="vera", now=NOW)
        with pytest.raises(BalanceTooLow):
            pay_out_to_credit(affiliate=affiliate, actor="vera", now=NOW)
        assert money_of(affiliate) == (0, 120)


class TestRequest:
    def test_sets_the_money_aside_and_tells_operators(
        self, affiliate: Affiliate, settings: Any, mailoutbox: Any
    ) -> None:
        settings.OPERATOR_EMAILS = ["desk@example.com"]
        withdrawal = ask(affiliate)
        assert (withdrawal.status, withdrawal.details) == ("REQUESTED", "IBAN DE00")
        assert money_of(affiliate) == (0, 0)
        assert not LedgerEntry.objects.filter(account="AFFILIATE").exists()
        send_email(email_id=Email.objects.get(letter="operator.withdrawal.requested").pk, now=NOW)
        assert f"/admin/billing/withdrawal/{withdrawal.pk}/" in mailoutbox[0].body
        assert "€120.00" in mailoutbox[0].subject

    @pytest.mark.parametrize("details", ["", "   ", "x" * 501, "a\x00b"])
    def test_wants_to_know_where_to(self, affiliate: Affiliate, details: str) -> None:
        with pytest.raises(WithdrawalInvalid) as refusal:
            ask(affiliate, details)
        assert list(refusal.value.errors) == ["details"]

    def test_is_paid_once(self, affiliate: Affiliate, mailoutbox: Any) -> None:
        withdrawal = ask(affiliate)
        paid = pay_withdrawal(withdrawal=withdrawal, reference=" bank-1 ", actor="vera", now=NOW)
        assert (paid.status, paid.reference, paid.settled_by) == ("PAID", "bank-1", "vera")
        with pytest.raises(WithdrawalSettled):
            pay_withdrawal(withdrawal=withdrawal, reference="bank-2", actor="vera", now=NOW)
        with pytest.raises(WithdrawalSettled):
            refuse_withdrawal(withdrawal=withdrawal, reason="", actor="vera", now=NOW)
        assert entries_of("affiliate.paid") == {"AFFILIATE": 120, "CLEARING": -120}
        send_email(email_id=Email.objects.get(letter="withdrawal.paid").pk, now=NOW)
        assert "We have sent you €120.00" in mailoutbox[0].body

    def test_refused_it_goes_back(self, affiliate: Affiliate, mailoutbox: Any) -> None:
        withdrawal = ask(affiliate)
        refuse_withdrawal(withdrawal=withdrawal, reason="No such account", actor="vera", now=NOW)
        with pytest.raises(WithdrawalSettled):
            refuse_withdrawal(withdrawal=withdrawal, reason="", actor="vera", now=NOW)
        assert money_of(affiliate) == (120, 0)
        send_email(email_id=Email.objects.get(letter="withdrawal.refused").pk, now=NOW)
        assert "No such account" in mailoutbox[0].body
        assert Event.objects.get(name="withdrawal.refused").actor == "vera"

    @pytest.mark.parametrize("reference", ["", " ", "x" * 201, "a\x00"])
    def test_a_payment_has_a_reference(self, affiliate: Affiliate, reference: str) -> None:
        with pytest.raises(WithdrawalInvalid) as refusal:
            pay_withdrawal(withdrawal=ask(affiliate), reference=reference, actor="vera", now=NOW)
        assert list(refusal.value.errors) == ["reference"]


class TestRecordedPayout:
    def record(self, affiliate: Affiliate, amount: str, reference: str = "bank-1") -> Withdrawal:
        return record_payout(affiliate=affiliate, amount=Decimal(amount), reference=reference, actor="vera", now=NOW)

    def test_the_same_reference_again_is_the_same_payout(self, affiliate: Affiliate) -> None:
        assert self.record(affiliate, "50") == self.record(affiliate, "50")
        assert money_of(affiliate) == (70, 0)
        assert entries_of("affiliate.paid") == {"AFFILIATE": 50, "CLEARING": -50}

    def test_the_same_reference_with_another_amount_is_refused(self, affiliate: Affiliate) -> None:
        self.record(affiliate, "50")
        with pytest.raises(WithdrawalInvalid):
            self.record(affiliate, "60")
        request = ask(affiliate)
        with pytest.raises(WithdrawalInvalid):
            pay_withdrawal(withdrawal=request, reference="bank-1", actor="vera", now=NOW)

    def test_not_more_than_there_is(self, affiliate: Affiliate) -> None:
        with pytest.raises(BalanceTooLow):
            self.record(affiliate, "120.01")
        assert not Withdrawal.objects.exists()
        assert money_of(affiliate) == (120, 0)

    @pytest.mark.parametrize("amount", ["0", "-1", "1.001", "NaN", "Infinity"])
    def test_only_amounts_of_the_currency(self, affiliate: Affiliate, amount: str) -> None:
        with pytest.raises(WithdrawalInvalid) as refusal:
            self.record(affiliate, amount)
        assert list(refusal.value.errors) == ["amount"]


def test_a_balance_changed_behind_the_statements_back_is_named(affiliate: Affiliate) -> None:
    Affiliate.objects.filter(pk=affiliate.pk).update(balance=7)
    assert affiliate.code in [one.label for one in find_differences()]
    Affiliate.objects.filter(pk=affiliate.pk).update(balance=120)
