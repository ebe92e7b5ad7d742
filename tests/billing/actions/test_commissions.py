from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.affiliates import close_affiliate
from billing.actions.commissions import clear_commissions, earn_commissions
from billing.actions.invoicing import refund_invoice_to_credit
from billing.actions.lifecycle import end_service
from billing.actions.order_decisions import cancel_order
from billing.actions.payments import record_payment
from billing.actions.renewal_runs import issue_renewals
from billing.actions.withdrawals import pay_out_to_credit
from billing.models import (
    Affiliate,
    AffiliateEntry,
    AffiliateSettings,
    Client,
    Commission,
    Event,
    Invoice,
    LedgerImmutable,
    Promotion,
    Service,
    ServiceStatus,
    TaxRule,
)
from billing.queries.books import find_differences
from catalog.models import Currency
from tests.affiliates import (
    ORDERED,
    amounts_of,
    at,
    commission_of,
    make_affiliate,
    make_consulting,
    order_by,
    sell_by,
    switch_on,
)
from tests.builders import make_client, pay
from tests.examples import examples

CLEARS = date(2027, 3, 31)


@pytest.fixture
def program(db: None) -> AffiliateSettings:
    return switch_on()


@pytest.fixture
def affiliate(program: AffiliateSettings) -> Affiliate:
    return make_affiliate()


def clear(on: date = CLEARS) -> int:
    return clear_commissions(on=on, now=at(on))


def refund(service: Service, on: date = ORDERED) -> None:
    with transaction.atomic():
        refund_invoice_to_credit(invoice=service.order_line.order.invoice, now=at(on))


def balance_of(affiliate: Affiliate) -> Decimal:
    affiliate.refresh_from_db()
    return affiliate.balance


def renew(service: Service, *, year: int) -> None:
    """The renewal invoice of that year, issued and paid."""
    due = service.registered_on.replace(year=year)
    issue_renewals(on=due - timedelta(days=14), now=at(due - timedelta(days=14)))
    pay(Invoice.objects.get(lines__service=service, lines__period_start=due), now=at(due))


class TestWorkedExample:
    def test_ten_percent_of_an_annual_product_with_a_setup_fee(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting("1000", "200"))
        commission = commission_of(service)
        assert (commission.amount, commission.base, commission.state) == (Decimal("120.00"), 1200, "PENDING")
        assert commission.clears_on == CLEARS
        assert balance_of(affiliate) == 0

        assert clear(CLEARS - timedelta(days=1)) == 0
        assert clear(CLEARS) == 1
        assert balance_of(affiliate) == Decimal("120.00")
        commission.refresh_from_db()
        assert (commission.state, commission.settled_at) == ("CLEARED", at(CLEARS))

        renew(service, year=2028)
        assert commission_of(service).amount == Decimal("100.00")
        assert clear(date(2028, 3, 31)) == 1
        assert balance_of(affiliate) == Decimal("220.00")

    def test_it_is_voided_if_the_service_ended_meanwhile(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        end_service(service=service, status=ServiceStatus.TERMINATED, now=at(date(2027, 3, 20)))
        assert clear() == 1
        commission = commission_of(service)
        assert (commission.state, commission.void_reason) == ("VOIDED", "SERVICE_ENDED")
        assert balance_of(affiliate) == 0

    def test_the_night_clears_it(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        clear_commissions(on=at(CLEARS).date(), now=at(CLEARS))
        assert commission_of(service).state == "CLEARED"


class TestBase:
    def test_tax_is_never_counted(self, affiliate: Affiliate) -> None:
        TaxRule.objects.create(name="VAT", rate=20, country="DE", valid_from=date(2020, 1, 1))
        service = sell_by(affiliate, make_consulting("1000", "200"))
        assert service.order_line.order.invoice.total == 1440
        assert commission_of(service).amount == 120

    def test_nor_a_tax_that_the_price_includes(self, affiliate: Affiliate, settings: Any) -> None:
        settings.PRICES_INCLUDE_TAX = True
        TaxRule.objects.create(name="VAT", rate=20, country="DE", valid_from=date(2020, 1, 1))
        service = sell_by(affiliate, make_consulting("1200", "0"))
        assert service.order_line.order.invoice.total == 1200
        assert commission_of(service).amount == 100

    def test_a_percentage_falls_with_a_promo_code(self, affiliate: Affiliate) -> None:
        Promotion.objects.create(code="HALF", type="PERCENT", value=50)
        service = sell_by(affiliate, make_consulting("1000", "200"), promo_code="HALF")
        invoice = service.order_line.order.invoice
        assert commission_of(service).amount == invoice.total / 10
        assert invoice.total < 1200

    def test_a_fixed_amount_does_not(self, affiliate: Affiliate) -> None:
        Promotion.objects.create(code="HALF", type="PERCENT", value=50)
        product = make_consulting(affiliate_pay="FIXED", affiliate_amount=Decimal(25))
        service = sell_by(affiliate, product, promo_code="HALF")
        assert commission_of(service).amount == 25

    def test_what_costs_nothing_earns_nothing_by_any_rule(self, affiliate: Affiliate) -> None:
        Promotion.objects.create(code="GIFT", type="PERCENT", value=100)
        for values in ({}, {"affiliate_pay": "FIXED", "affiliate_amount": Decimal(25)}):
            service = sell_by(affiliate, make_consulting("1000", "0", **values), promo_code="GIFT")
            assert service.order_line.order.invoice.status == "PAID"
        assert amounts_of(affiliate) == []

    def test_each_service_of_an_order_earns_for_itself(self, affiliate: Affiliate) -> None:
        sell_by(affiliate, make_consulting("0.25", "0"), quantity=2)
        # 2.5 cents each: rounded by themselves
        assert amounts_of(affiliate) == [Decimal("0.03"), Decimal("0.03")]

    def test_other_services_of_the_client_earn_nothing(self, affiliate: Affiliate) -> None:
        product, client = make_consulting(), make_client()
        before = sell_by(None, product, client=client, on=date(2027, 2, 1))
        referred = sell_by(affiliate, product, client=client)
        assert [one.referred.service for one in affiliate.commissions.all()] == [referred]
        renew(before, year=2028)
        assert affiliate.commissions.count() == 1


class TestRules:
    def test_the_product_goes_first_then_the_affiliate_then_the_default(self, program: AffiliateSettings) -> None:
        own = make_affiliate(pay="PERCENT", pay_amount=Decimal(20))
        sell_by(own, make_consulting("1000", "0", affiliate_pay="PERCENT", affiliate_amount=Decimal("7.5")))
        sell_by(own, make_consulting("1000", "0"))
        plain = make_affiliate()
        sell_by(plain, make_consulting("1000", "0"))
        assert amounts_of(own) == [75, 200]
        assert amounts_of(plain) == [100]

    def test_a_product_may_earn_nothing(self, affiliate: Affiliate) -> None:
        sell_by(affiliate, make_consulting(affiliate_pay="NONE"))
        assert amounts_of(affiliate) == []

    def test_an_affiliate_may_have_a_fixed_amount(self, program: AffiliateSettings) -> None:
        own = make_affiliate(pay="FIXED", pay_amount=Decimal("12.50"))
        service = sell_by(own, make_consulting())
        renew(service, year=2028)
        assert amounts_of(own) == [Decimal("12.50"), Decimal("12.50")]

    @pytest.mark.parametrize("at_product", [True, False])
    def test_one_time_at_either_level_counts_the_first_payment_only(
        self, program: AffiliateSettings, at_product: bool
    ) -> None:
        affiliate = make_affiliate(is_once=not at_product)
        service = sell_by(affiliate, make_consulting("1000", "200", is_affiliate_once=at_product))
        renew(service, year=2028)
        assert amounts_of(affiliate) == [120]

    def test_one_time_waits_for_a_payment_of_something(self, program: AffiliateSettings) -> None:
        Promotion.objects.create(code="GIFT", type="PERCENT", value=100)
        affiliate = make_affiliate(is_once=True)
        service = sell_by(affiliate, make_consulting("1000", "0"), promo_code="GIFT")
        renew(service, year=2028)
        renew(service, year=2029)
        assert amounts_of(affiliate) == [100]

    def test_the_rule_is_frozen_with_the_payment(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        switch_on(default_percent=50, clearing_days=1)
        assert clear(date(2027, 3, 2)) == 0
        assert clear() == 1
        assert commission_of(service).amount == 120

    def test_a_closed_affiliate_or_program_earns_nothing_more(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        close_affiliate(affiliate=affiliate, actor="test", now=at(ORDERED))
        renew(service, year=2028)
        assert amounts_of(affiliate) == [120]
        assert clear() == 1
        assert balance_of(affiliate) == 120

    def test_a_program_that_is_off_earns_nothing(self, affiliate: Affiliate) -> None:
        service = order_by(affiliate, make_consulting())
        switch_on(is_on=False)
        pay(service.order_line.order.invoice, now=at(ORDERED))
        assert amounts_of(affiliate) == []


class TestCurrencies:
    def test_the_rate_of_the_payment_is_frozen(self, program: AffiliateSettings) -> None:
        Currency.objects.filter(pk="RUB").update(rate=Decimal("90.5"))
        affiliate = make_affiliate(make_client(currency="RUB"))
        service = sell_by(affiliate, make_consulting("1000", "200"))
        commission = commission_of(service)
        assert (commission.amount, commission.currency_id, commission.source_currency_id) == (10860, "RUB", "EUR")
        Currency.objects.filter(pk="RUB").update(rate=Decimal(1))
        clear()
        assert balance_of(affiliate) == 10860

    def test_a_fixed_amount_of_a_product_is_in_the_default_currency(self, program: AffiliateSettings) -> None:
        Currency.objects.filter(pk="RUB").update(rate=Decimal(100))
        client = make_client(currency="RUB")
        product = make_consulting("5000", "0", currency="RUB", affiliate_pay="FIXED", affiliate_amount=Decimal(3))
        assert commission_of(sell_by(make_affiliate(), product, client=client)).amount == 3
        in_rubles = make_affiliate(make_client(currency="RUB"))
        assert commission_of(sell_by(in_rubles, product, client=make_client(currency="RUB"))).amount == 300

    def test_an_affiliates_fixed_amount_is_in_its_own_currency(self, program: AffiliateSettings) -> None:
        own = make_affiliate(make_client(currency="RUB"), pay="FIXED", pay_amount=Decimal(500))
        commission = commission_of(sell_by(own, make_consulting()))
        assert (commission.amount, commission.currency_id) == (500, "RUB")

    def test_without_a_rate_the_payment_goes_on_and_the_amount_follows(self, program: AffiliateSettings) -> None:
        affiliate = make_affiliate(make_client(currency="RUB"))
        service = sell_by(affiliate, make_consulting())
        assert service.order_line.order.invoice.status == "PAID"
        assert commission_of(service).amount is None
        assert clear() == 0
        Currency.objects.filter(pk="RUB").update(rate=Decimal(100))
        assert clear() == 1
        assert balance_of(affiliate) == 12000


class TestTwice:
    def test_the_same_news_of_a_payment_earns_once(self, affiliate: Affiliate) -> None:
        invoice = order_by(affiliate, make_consulting()).order_line.order.invoice
        for _delivery in range(3):
            record_payment(
                invoice=invoice,
                gateway="bank_transfer",
                reference="the same",
                amount=invoice.total,
                actor="test",
                now=at(ORDERED),
            )
        assert amounts_of(affiliate) == [120]

    def test_an_invoice_that_is_paid_again_earns_once(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        invoice = service.order_line.order.invoice
        assert earn_commissions(invoice=invoice, actor="test", now=at(ORDERED)) == []
        assert amounts_of(affiliate) == [120]

    def test_the_database_refuses_a_second_one(self, affiliate: Affiliate) -> None:
        commission = commission_of(sell_by(affiliate, make_consulting()))
        commission.pk = None
        commission._state.adding = True
        with pytest.raises(IntegrityError), transaction.atomic():
            commission.save()

    def test_clearing_again_adds_nothing(self, affiliate: Affiliate) -> None:
        sell_by(affiliate, make_consulting())
        assert [clear(), clear(), clear()] == [1, 0, 0]
        assert balance_of(affiliate) == 120

    def test_a_statement_holds_a_commission_once_and_is_never_changed(self, affiliate: Affiliate) -> None:
        sell_by(affiliate, make_consulting())
        clear()
        entry = AffiliateEntry.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            AffiliateEntry.objects.create(
                affiliate=affiliate, kind="COMMISSION", amount=1, commission=entry.commission, at=at(CLEARS)
            )
        with pytest.raises(LedgerImmutable):
            entry.delete()


class TestRefund:
    def test_what_is_pending_is_voided(self, affiliate: Affiliate) -> None:
        service = order_by(affiliate, make_consulting())
        pay(service.order_line.order.invoice, now=at(ORDERED))
        cancel_order(order=service.order_line.order, actor="test", now=at(ORDERED))
        commission = commission_of(service)
        assert (commission.state, commission.void_reason) == ("VOIDED", "REFUNDED")
        assert clear() == 0
        assert balance_of(affiliate) == 0

    def test_what_has_cleared_is_taken_off_the_balance(self, affiliate: Affiliate) -> None:
        kept, refunded = (sell_by(affiliate, make_consulting()) for _number in range(2))
        clear()
        refund(refunded)
        assert balance_of(affiliate) == 120
        assert [commission_of(kept).state, commission_of(refunded).state] == ["CLEARED", "VOIDED"]
        assert sorted(AffiliateEntry.objects.values_list("amount", flat=True)) == [-120, 120, 120]

    def test_what_was_paid_out_already_is_settled_with_later_ones(self, affiliate: Affiliate) -> None:
        first = sell_by(affiliate, make_consulting("1000", "200"))
        clear()
        pay_out_to_credit(affiliate=affiliate, actor="test", now=at(CLEARS))
        refund(first)
        affiliate.refresh_from_db()
        assert (affiliate.balance, affiliate.debt) == (0, 120)

        sell_by(affiliate, make_consulting("500", "0"))
        clear()
        affiliate.refresh_from_db()
        assert (affiliate.balance, affiliate.debt) == (0, 70)
        sell_by(affiliate, make_consulting("1000", "0"))
        clear()
        affiliate.refresh_from_db()
        assert (affiliate.balance, affiliate.debt) == (30, 0)
        assert [str(one) for one in find_differences()] == []

    def test_a_second_refund_takes_nothing_more(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        clear()
        refund(service)
        refund(service)
        affiliate.refresh_from_db()
        assert (affiliate.balance, affiliate.debt) == (0, 0)


class TestClearing:
    def test_a_service_that_is_not_live_yet_keeps_it_waiting(self, affiliate: Affiliate) -> None:
        service = order_by(affiliate, make_consulting())
        pay(service.order_line.order.invoice, now=at(ORDERED))
        assert clear() == 0
        Service.objects.filter(pk=service.pk).update(status="SUSPENDED")
        assert clear() == 1
        assert balance_of(affiliate) == 120

    def test_a_service_that_ran_its_whole_term_earns(self, affiliate: Affiliate) -> None:
        service = sell_by(affiliate, make_consulting())
        Service.objects.filter(pk=service.pk).update(status="COMPLETED")
        clear()
        assert commission_of(service).state == "CLEARED"

    def test_each_one_is_told_of(self, affiliate: Affiliate) -> None:
        live, ended = (sell_by(affiliate, make_consulting()) for _number in range(2))
        Service.objects.filter(pk=ended.pk).update(status="CANCELLED")
        clear()
        names = Event.objects.filter(name__startswith="commission.").order_by("id").values_list("name", "service_id")
        assert list(names) == [
            ("commission.earned", live.pk),
            ("commission.earned", ended.pk),
            ("commission.voided", ended.pk),
            ("commission.cleared", live.pk),
        ]

    def test_it_asks_no_more_for_more_of_them(self, program: AffiliateSettings) -> None:
        def questions(number: int) -> int:
            affiliates = [make_affiliate() for _place in range(2)]
            for place in range(number):
                sell_by(affiliates[place % 2], make_consulting())
            with CaptureQueriesContext(connection) as asked:
                assert clear() == number
            return len(asked)

        assert questions(2) == questions(12)

    def test_it_works_through_more_than_one_batch(self, affiliate: Affiliate, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("billing.actions.commissions.BATCH", 2)
        for _number in range(5):
            sell_by(affiliate, make_consulting())
        assert clear() == 5
        assert balance_of(affiliate) == 600


def test_a_payment_of_somebody_else_asks_one_question_more(program: AffiliateSettings) -> None:
    invoice = order_by(None, make_consulting()).order_line.order.invoice
    with CaptureQueriesContext(connection) as asked:
        assert earn_commissions(invoice=invoice, actor="test", now=at(ORDERED)) == []
    assert len(asked) == 1


def test_a_payment_is_undone_together_with_its_commission(
    affiliate: Affiliate, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = order_by(affiliate, make_consulting()).order_line.order.invoice

    def earn_and_break(**arguments: Any) -> None:
        earn_commissions(**arguments)
        raise RuntimeError("the worker dies")

    monkeypatch.setattr("billing.actions.payments.settling.earn_commissions", earn_and_break)
    with pytest.raises(RuntimeError):
        pay(invoice, now=at(ORDERED))
    assert not Commission.objects.exists()
    monkeypatch.undo()
    pay(invoice, now=at(ORDERED))
    assert amounts_of(affiliate) == [120]


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["sell", "clear", "end", "refund", "pay out"]), min_size=1, max_size=10))
def test_whatever_happens_the_balance_follows_from_the_statement(program: AffiliateSettings, steps: list[str]) -> None:
    affiliate, product = make_affiliate(), make_consulting()
    for step in steps:
        sold = Service.objects.filter(referred__referral__affiliate=affiliate, status="ACTIVE").first()
        if step == "sell":
            sell_by(affiliate, product)
        elif step == "clear":
            clear()
        elif step == "pay out" and balance_of(affiliate):
            pay_out_to_credit(affiliate=affiliate, actor="test", now=at(CLEARS))
        elif step == "end" and sold:
            end_service(service=sold, status=ServiceStatus.TERMINATED, now=at(CLEARS))
        elif step == "refund" and sold and sold.order_line.order.invoice.status == "PAID":
            refund(sold)
    assert [str(one) for one in find_differences()] == []
    affiliate.refresh_from_db()
    cleared = sum(one.amount or 0 for one in affiliate.commissions.filter(state="CLEARED"))
    paid_out = sum(one.amount for one in affiliate.withdrawals.all())
    assert affiliate.balance - affiliate.debt == cleared - paid_out
    assert Client.objects.get(pk=affiliate.client_id).credit_balance == paid_out
