from decimal import Decimal
from typing import Any

import pytest

from billing.actions.billing_settings import save_billing_settings
from billing.actions.invoicing import (
    AddFundsInvalid,
    MassPaymentInvalid,
    add_funds,
    cancel_invoice,
    start_mass_payment,
)
from billing.actions.order_decisions import accept_order
from billing.actions.payments import InvoiceNotPayable, apply_credit, pay_with_credit, record_payment
from billing.actions.refunds import refund_payment
from billing.models import Client, Invoice, Operation, Posting, RefundWay, TaxRule
from billing.queries.clock import database_now
from billing.queries.prepayment import is_outdated
from catalog.models import Currency
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.builders import World, bill, draft, make_client, pay, place

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


def settings_are(**values: Any) -> None:
    save_billing_settings(values=values, actor="boss", now=database_now())


def prepay(client: Client, amount: str) -> Invoice:
    return add_funds(client=client, amount=D(amount), payment_method="bank_transfer", actor="anna", now=database_now())


def pay_together(client: Client, *invoices: Invoice) -> Invoice:
    return start_mass_payment(
        client=client, invoices=invoices, payment_method="bank_transfer", actor="anna", now=database_now()
    )


def receive(invoice: Invoice, amount: str, reference: str) -> None:
    record_payment(
        invoice=invoice, gateway="manual", reference=reference, amount=D(amount), actor="x", now=database_now()
    )


class TestAddFunds:
    def test_becomes_credit_once_it_is_paid(self, client: Client) -> None:
        TaxRule.objects.create(name="VAT", rate=D(19))
        invoice = prepay(client, "50")
        assert (invoice.status, invoice.kind, invoice.tax) == ("UNPAID", "ADD_FUNDS", 0)
        assert not Posting.objects.exists()
        pay(invoice)
        paid = fresh(invoice)
        assert (paid.status, paid.number, credit_of(client)) == ("PAID", None, 50)
        assert balances() == {"CLEARING": D(50), "CREDIT": D(-50)}
        assert books_are_right()

    def test_a_part_is_credit_at_once(self, client: Client) -> None:
        invoice = prepay(client, "50")
        receive(invoice, "20", "a")
        assert (fresh(invoice).status, fresh(invoice).balance, credit_of(client)) == ("UNPAID", 30, 20)
        cancel_invoice(invoice=invoice, now=database_now())
        assert credit_of(client) == 20
        assert books_are_right()

    def test_the_example_of_whmcs(self, client: Client) -> None:
        settings_are(add_funds_minimum=D(100), add_funds_maximum=D(10_000), most_credit=D(15_000))
        give_credit(client, "9000")
        for amount, words in (("7000", "at most"), ("99.99", "at least"), ("10000.01", "at once")):
            with pytest.raises(AddFundsInvalid, match=words) as refusal:
                prepay(client, amount)
            assert list(refusal.value.errors) == ["amount"]
        assert prepay(client, "6000").total == 6000

    def test_limits_are_converted(self, db: None) -> None:
        client = make_client(currency="RUB")
        settings_are(add_funds_minimum=D(1), add_funds_maximum=D(10))
        with pytest.raises(AddFundsInvalid, match="not possible"):
            prepay(client, "500")
        Currency.objects.filter(code="RUB").update(rate=D("92.5"))
        client.refresh_from_db()
        with pytest.raises(AddFundsInvalid, match="at least"):
            prepay(client, "92.49")
        with pytest.raises(AddFundsInvalid, match="at most"):
            prepay(client, "925.01")
        assert prepay(client, "92.50").exchange_rate == D("92.5")

    def test_can_be_switched_off(self, client: Client) -> None:
        settings_are(has_add_funds=False)
        with pytest.raises(AddFundsInvalid, match="not possible"):
            prepay(client, "50")

    def test_can_need_an_active_order(self, world: World) -> None:
        settings_are(needs_order_to_add_funds=True)
        order = place(world.client, world.lite, ip="192.0.2.1")
        with pytest.raises(AddFundsInvalid):
            prepay(world.client, "50")
        accept_order(order=order, actor="x", now=database_now())
        assert prepay(world.client, "50").total == 50

    @pytest.mark.parametrize("amount", ["0", "-5", "1.001", "NaN"])
    def test_an_amount_that_cannot_be_names_its_field(self, client: Client, amount: str) -> None:
        with pytest.raises(AddFundsInvalid) as refusal:
            prepay(client, amount)
        assert list(refusal.value.errors) == ["amount"]

    def test_credit_does_not_pay_for_credit(self, client: Client) -> None:
        give_credit(client, "80")
        invoice = prepay(client, "50")
        for action in (pay_with_credit, apply_credit):
            with pytest.raises(InvoiceNotPayable, match="Credit cannot"):
                action(invoice=invoice, actor="x", now=database_now())

    def test_choosing_again_cancels_the_older(self, client: Client) -> None:
        older = prepay(client, "50")
        newer = prepay(client, "60")
        assert (fresh(older).status, fresh(newer).status) == ("CANCELLED", "UNPAID")
        receive(older, "50", "late")
        assert (credit_of(client), fresh(older).status) == (50, "CANCELLED")

    def test_can_be_given_back_while_it_is_there(self, client: Client) -> None:
        invoice = prepay(client, "50")
        payment = pay(invoice)
        values: dict[str, Any] = {"payment": payment, "reason": "x", "actor": "x", "now": database_now()}
        refund_payment(amount=D(20), way=RefundWay.RECORDED, request_key="a", **values)
        assert (fresh(invoice).status, credit_of(client)) == ("PAID", 30)
        refund_payment(amount=D(30), way=RefundWay.RECORDED, request_key="b", **values)
        assert (fresh(invoice).status, credit_of(client)) == ("REFUNDED", 0)
        assert books_are_right()


class TestMassPayment:
    def test_pays_what_its_lines_name(self, world: World) -> None:
        client = world.client
        order = place(client, world.lite, ip="192.0.2.1")
        other = bill(client, "40")
        mass = pay_together(client, order.invoice, other)
        assert (mass.total, mass.kind, mass.number) == (45, "MASS_PAY", None)
        assert sorted(line.about_id for line in mass.lines.all()) == [order.invoice.pk, other.pk]
        pay(mass)
        assert {fresh(one).status for one in (mass, order.invoice, other)} == {"PAID"}
        assert (fresh(mass).number, credit_of(client)) == (None, 0)
        assert {payment.gateway for payment in fresh(other).payments.all()} == {"credit"}
        assert Operation.objects.get().kind == "CREATE"
        assert balances() == {"CLEARING": D(45), "REVENUE": D(-45)}
        assert books_are_right()

    def test_one_that_was_paid_meanwhile_leaves_credit(self, client: Client) -> None:
        first, second = bill(client, "30"), bill(client, "40")
        mass = pay_together(client, first, second)
        assert not is_outdated(mass)
        pay(first)
        assert is_outdated(mass)
        pay(mass)
        assert (fresh(second).status, credit_of(client)) == ("PAID", 30)
        assert first.payments.count() == 1
        assert books_are_right()

    def test_one_that_was_cancelled_meanwhile_leaves_credit(self, client: Client) -> None:
        first, second = bill(client, "30"), bill(client, "40")
        mass = pay_together(client, first, second)
        cancel_invoice(invoice=first, now=database_now())
        pay(mass)
        assert (fresh(first).status, fresh(second).status, credit_of(client)) == ("CANCELLED", "PAID", 30)

    def test_takes_what_is_open_of_each(self, client: Client) -> None:
        first, second = bill(client, "30"), bill(client, "40")
        receive(first, "10", "part")
        mass = pay_together(client, first, second)
        assert mass.total == 60
        receive(second, "15", "another part")
        pay(mass)
        assert {fresh(first).status, fresh(second).status} == {"PAID"}
        assert credit_of(client) == 15

    def test_parts_wait_as_credit_until_it_is_paid_up(self, client: Client) -> None:
        first, second = bill(client, "30"), bill(client, "40")
        mass = pay_together(client, first, second)
        receive(mass, "30", "a")
        assert (fresh(first).status, credit_of(client)) == ("UNPAID", 30)
        receive(mass, "40", "b")
        assert {fresh(first).status, fresh(second).status} == {"PAID"}

    def test_credit_that_is_gone_pays_nothing(self, client: Client) -> None:
        first, second = bill(client, "30"), bill(client, "40")
        mass = pay_together(client, first, second)
        receive(mass, "30", "a")
        apply_credit(invoice=bill(client, "20"), actor="x", now=database_now())
        receive(mass, "40", "b")
        assert (fresh(first).status, fresh(second).balance, credit_of(client)) == ("PAID", 20, 0)
        assert books_are_right()

    def test_one_is_open_at_a_time(self, client: Client) -> None:
        invoices = [bill(client, "30") for _number in range(3)]
        older = pay_together(client, *invoices[:2])
        newer = pay_together(client, *invoices)
        assert (fresh(older).status, fresh(newer).status) == ("CANCELLED", "UNPAID")
        assert all(fresh(one).status == "UNPAID" for one in invoices)

    def test_needs_two_open_invoices_of_this_client(self, client: Client) -> None:
        mine, paid, hers = bill(client, "30"), bill(client, "30"), bill(make_client(), "30")
        pay(paid)
        for chosen in ([], [mine], [mine, paid], [mine, hers], [mine, draft(client, "5")], [mine, prepay(client, "5")]):
            with pytest.raises(MassPaymentInvalid) as refusal:
                pay_together(client, *chosen)
            assert list(refusal.value.errors) == ["invoices"]

    def test_the_method_has_to_be_one(self, client: Client) -> None:
        with pytest.raises(MassPaymentInvalid) as refusal:
            start_mass_payment(
                client=client,
                invoices=[bill(client, "30"), bill(client, "40")],
                payment_method="gold",
                actor="x",
                now=database_now(),
            )
        assert list(refusal.value.errors) == ["payment_method"]
